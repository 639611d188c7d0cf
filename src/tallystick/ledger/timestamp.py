"""RFC 3161 time-stamps over checkpoints: make a request, verify an answer with a pinned certificate. Pure.

What is stamped is SHA-256 of the checkpoint's signed text: its three lines with their newlines, without the empty line
and the signatures. So a time-stamp holds whoever signed, and when: size and root of the log existed by its time.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Protocol

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as names
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from tallystick.ledger import note
from tallystick.ledger.tiles import number_path, parse_number

FOLDER = "timestamps"
EXTENSION = ".tsr"
CHAIN_MAX = 5
_HASHES: dict[str, Callable[[], hashes.HashAlgorithm]] = {
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}
"""What a signature may be made with: anything weaker could be forged in the years for which a log is kept."""

_MALFORMED = (
    ValueError, TypeError, LookupError, AttributeError, OverflowError, UnsupportedAlgorithm, x509.InvalidVersion,
    x509.DuplicateExtension,
)  # fmt: skip
"""What the libraries raise over bytes that are not what they claim to be."""


class BadTimestamp(ValueError):
    """An answer is no good time-stamp of what was asked. The message says what was expected."""


class Answer(core.Sequence):  # type: ignore[misc]  # the library has no types
    """A TimeStampResp as RFC 3161 has it: without a token when nothing was granted."""

    _fields: ClassVar = [("status", tsp.PKIStatusInfo), ("time_stamp_token", cms.ContentInfo, {"optional": True})]


class TimeStamper(Protocol):
    """Hands a request to an authority. Raises OSError when it gives no answer."""

    def stamp(self, request: bytes) -> bytes:
        """The answer to a request, both in DER."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """A time-stamp that verified.

    at           when the authority saw it, microseconds since 1970 in UTC
    accuracy_us  how far that may be off, by its own word; 0 when it says nothing
    authority    the subject of the certificate that signed
    policy       under which policy, as a dotted number
    serial       the authority's own number of it
    """

    at: int
    accuracy_us: int
    authority: str
    policy: str
    serial: int


def path_of(size: int) -> str:
    """Where the time-stamp of a checkpoint stands in a log directory."""
    return f"{FOLDER}/{number_path(size)}{EXTENSION}"


def parse_path(path: str) -> int | None:
    """The size that a path in a log directory names, or None when it is not of a time-stamp in its one right form."""
    folder, _, rest = path.partition("/")
    return parse_number(rest.removesuffix(EXTENSION)) if folder == FOLDER and rest.endswith(EXTENSION) else None


def digest_of(checkpoint: str) -> bytes:
    """What is stamped: SHA-256 of a checkpoint's signed text. Raises note.BadNote."""
    text, _ = note.split(checkpoint)
    return hashlib.sha256(text.encode()).digest()


def make_request(digest: bytes, *, nonce: int) -> bytes:
    """A request in DER that asks for the certificates, too; `nonce` is random, 64 bits."""
    imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": digest}
    asked = tsp.TimeStampReq({"version": "v1", "message_imprint": imprint, "nonce": nonce, "cert_req": True})
    return bytes(asked.dump())


def load_certificates(data: bytes) -> list[x509.Certificate]:
    """The certificates of a PEM or DER file. Raises BadTimestamp."""
    try:
        if b"-----BEGIN" in data:
            return x509.load_pem_x509_certificates(data)
        return [x509.load_der_x509_certificate(data)]
    except ValueError as error:
        raise BadTimestamp(f"expected certificates in PEM or DER, found {error}") from error


def verify(
    answer: bytes, digest: bytes, trusted: Sequence[x509.Certificate], *, nonce: int | None = None,
    policy: str | None = None,
) -> Stamp:  # fmt: skip
    """The time-stamp in an answer, if a trusted authority gave it for this digest.

    trusted  certificates of authorities themselves, or of who issued theirs
    nonce    what the request held; None when it is not known any more
    policy   the only policy to accept; None for any
    raises   BadTimestamp, saying what was expected and what was found
    """
    try:
        signed = _granted(answer)
        info, content = _info_of(signed)
        _check_info(info, digest, nonce=nonce, policy=policy)
        at = info["gen_time"].native
        signer = _check_signature(signed, content)
        _check_use(signer)
        _check_chain(signer, _certificates(signed), trusted, at)
    except BadTimestamp:
        raise
    except _MALFORMED as error:
        raise BadTimestamp(f"expected a time-stamp answer of RFC 3161, found another form: {error}") from error
    return Stamp(
        at=_microseconds(at), accuracy_us=_accuracy(info), authority=signer.subject.rfc4514_string(),
        policy=str(info["policy"].dotted), serial=int(info["serial_number"].native),
    )  # fmt: skip


def _granted(answer: bytes) -> cms.SignedData:
    found = Answer.load(answer, strict=True)
    status = found["status"]["status"].native
    if status not in ("granted", "granted_with_mods"):
        raise BadTimestamp(f"expected a granted time-stamp, found status {status}")
    token = found["time_stamp_token"]
    if token["content_type"].native != "signed_data":
        raise BadTimestamp(f"expected signed data, found {token['content_type'].native}")
    return token["content"]


def _info_of(signed: cms.SignedData) -> tuple[tsp.TSTInfo, bytes]:
    """What was signed, parsed and as it is."""
    inner = signed["encap_content_info"]
    if inner["content_type"].native != "tst_info":
        raise BadTimestamp(f"expected time-stamp information, found {inner['content_type'].native}")
    content = bytes(inner["content"])
    return tsp.TSTInfo.load(content, strict=True), content


def _check_info(info: tsp.TSTInfo, digest: bytes, *, nonce: int | None, policy: str | None) -> None:
    imprint = info["message_imprint"]
    algorithm, found = imprint["hash_algorithm"]["algorithm"].native, imprint["hashed_message"].native
    if algorithm != "sha256" or found != digest:
        raise BadTimestamp(f"expected a time-stamp of sha256 {digest.hex()}, found one of {algorithm} {found.hex()}")
    if nonce is not None and info["nonce"].native != nonce:
        raise BadTimestamp(f"expected the nonce {nonce} of the request, found {info['nonce'].native}: an old answer")
    if policy is not None and info["policy"].dotted != policy:
        raise BadTimestamp(f"expected the policy {policy}, found {info['policy'].dotted}")


def _certificates(signed: cms.SignedData) -> list[x509.Certificate]:
    given = signed["certificates"]
    if not given:
        return []
    return [x509.load_der_x509_certificate(one.chosen.dump()) for one in given if one.name == "certificate"]


def _check_signature(signed: cms.SignedData, content: bytes) -> x509.Certificate:
    """The certificate whose key signed."""
    infos = signed["signer_infos"]
    if len(infos) != 1:
        raise BadTimestamp(f"expected one signer, found {len(infos)}")
    info = infos[0]
    attributes = {one["type"].native: one["values"] for one in info["signed_attrs"]}
    name = info["digest_algorithm"]["algorithm"].native
    if name not in _HASHES:
        raise BadTimestamp(f"expected a digest of {', '.join(_HASHES)}, found {name}")
    if attributes["content_type"][0].native != "tst_info":
        raise BadTimestamp("expected a signature over time-stamp information, found one over something else")
    if attributes["message_digest"][0].native != hashlib.new(name, content).digest():
        raise BadTimestamp("the signed digest is not that of the time-stamp information: it was altered")
    signer = _signer(info, _certificates(signed), attributes)
    message = info["signed_attrs"].untag().dump()
    _verify_with(signer, info["signature"].native, message, info["signature_algorithm"], digest=name)
    return signer


def _signer(
    info: cms.SignerInfo, given: Sequence[x509.Certificate], attributes: dict[str, core.SetOf]
) -> x509.Certificate:
    """The certificate that the signer names, and vouches for under the signature (ESS signing certificate)."""
    wanted = info["sid"].chosen
    for certificate in given:
        parsed = names.Certificate.load(certificate.public_bytes(Encoding.DER))
        is_named = (
            wanted["issuer"] == parsed.issuer and wanted["serial_number"].native == parsed.serial_number
            if info["sid"].name == "issuer_and_serial_number"
            else wanted.native == parsed.key_identifier
        )  # fmt: skip
        if is_named and _is_vouched_for(certificate, attributes):
            return certificate
    raise BadTimestamp("expected the certificate that the signer names among those of the answer, found none that fits")


def _is_vouched_for(certificate: x509.Certificate, attributes: dict[str, core.SetOf]) -> bool:
    data = certificate.public_bytes(Encoding.DER)
    if "signing_certificate_v2" in attributes:
        first = attributes["signing_certificate_v2"][0]["certs"][0]
        name = first["hash_algorithm"]["algorithm"].native
        return name in _HASHES and bool(first["cert_hash"].native == hashlib.new(name, data).digest())
    if "signing_certificate" in attributes:
        first = attributes["signing_certificate"][0]["certs"][0]
        # The older attribute knows SHA-1 alone; it only chooses among certificates, which the chain then vouches for.
        return bool(first["cert_hash"].native == hashlib.sha1(data).digest())  # noqa: S324 - what RFC 2634 prescribes
    return False


def _verify_with(
    signer: x509.Certificate, signature: bytes, message: bytes, algorithm: algos.SignedDigestAlgorithm, *, digest: str
) -> None:
    key, kind = signer.public_key(), algorithm.signature_algo
    chosen = algorithm.hash_algo if algorithm["algorithm"].native not in ("rsassa_pkcs1v15", "ed25519") else digest
    try:
        if isinstance(key, ed25519.Ed25519PublicKey) and kind == "ed25519":
            key.verify(signature, message)
        elif chosen not in _HASHES:
            raise BadTimestamp(f"expected a signature with {', '.join(_HASHES)}, found {chosen}")
        elif isinstance(key, rsa.RSAPublicKey) and kind == "rsassa_pkcs1v15":
            key.verify(signature, message, padding.PKCS1v15(), _HASHES[chosen]())
        elif isinstance(key, rsa.RSAPublicKey) and kind == "rsassa_pss":
            scheme = padding.PSS(padding.MGF1(_HASHES[chosen]()), padding.PSS.AUTO)
            key.verify(signature, message, scheme, _HASHES[chosen]())
        elif isinstance(key, ec.EllipticCurvePublicKey) and kind == "ecdsa":
            key.verify(signature, message, ec.ECDSA(_HASHES[chosen]()))
        else:
            raise BadTimestamp(f"expected a signature of RSA, ECDSA or Ed25519 that fits the key, found {kind}")
    except InvalidSignature as error:
        raise BadTimestamp("the signature is not good: the time-stamp was altered, or another key made it") from error


def _check_use(signer: x509.Certificate) -> None:
    """RFC 3161, section 2.3: time-stamping alone, and marked as critical."""
    try:
        use = signer.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound as error:
        raise BadTimestamp(
            "expected a certificate for time-stamping, found one without an extended key usage"
        ) from error
    if not use.critical or list(use.value) != [ExtendedKeyUsageOID.TIME_STAMPING]:
        raise BadTimestamp("expected a certificate for time-stamping alone (critical), found another use")


def _check_chain(
    signer: x509.Certificate, given: Sequence[x509.Certificate], trusted: Sequence[x509.Certificate], at: datetime
) -> None:
    current = signer
    for _ in range(CHAIN_MAX):
        if not current.not_valid_before_utc <= at <= current.not_valid_after_utc:
            name = current.subject.rfc4514_string()
            raise BadTimestamp(
                f"expected a certificate that was valid at {at.isoformat()}, found {name}, which was not"
            )
        if current in trusted:
            return
        issuer = next((one for one in [*trusted, *given] if one != current and _has_issued(one, current)), None)
        if issuer is None:
            break
        current = issuer
    raise BadTimestamp(
        f"expected an authority under a pinned certificate, found {signer.subject.rfc4514_string()}: pin the "
        "certificate of that authority or of who issued it, if you trust them"
    )


def _has_issued(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        may_issue = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        may_sign = issuer.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
        certificate.verify_directly_issued_by(issuer)
    except (x509.ExtensionNotFound, ValueError, TypeError, InvalidSignature):
        return False
    return may_issue and may_sign


def _microseconds(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _accuracy(info: tsp.TSTInfo) -> int:
    found = info["accuracy"].native
    if not found:
        return 0
    return (found["seconds"] or 0) * 1_000_000 + (found["millis"] or 0) * 1_000 + (found["micros"] or 0)
