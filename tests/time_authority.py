"""A time-stamping authority of our own: root, intermediate and signing certificates, answers in DER. No network."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as names
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tallystick.ledger.timestamp import Answer

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
SINCE = datetime(2020, 1, 1, tzinfo=UTC)
UNTIL = datetime(2040, 1, 1, tzinfo=UTC)
TIME_STAMPING = (ExtendedKeyUsageOID.TIME_STAMPING,)
POLICY = "1.3.6.1.4.1.99999.1"


def name_of(words: str) -> x509.Name:
    """A subject with a common name alone."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, words)])


@dataclass
class Certified:
    """A key with its certificate."""

    key: Key
    certificate: x509.Certificate

    def pem(self) -> bytes:
        """The certificate as a file."""
        return self.certificate.public_bytes(Encoding.PEM)


def certify(
    words: str, issuer: Certified | None = None, *, is_authority: bool = False,
    uses: tuple[x509.ObjectIdentifier, ...] = (), is_critical: bool = True, until: datetime = UNTIL,
    key: Key | None = None,
) -> Certified:  # fmt: skip
    """A new certificate, by itself or by an issuer."""
    own = key or ec.generate_private_key(ec.SECP256R1())
    built = (
        x509.CertificateBuilder()
        .subject_name(name_of(words))
        .issuer_name(issuer.certificate.subject if issuer else name_of(words))
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(SINCE)
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=not is_authority, key_cert_sign=is_authority, crl_sign=is_authority,
                content_commitment=False, key_encipherment=False, data_encipherment=False, key_agreement=False,
                encipher_only=False, decipher_only=False,
            ),
            critical=True,
        )
    )  # fmt: skip
    if uses:
        built = built.add_extension(x509.ExtendedKeyUsage(uses), critical=is_critical)
    return Certified(own, built.sign((issuer.key if issuer else own), hashes.SHA256()))


@dataclass
class Authority:
    """Answers requests with the time that it is told. A test changes a part to see the answer refused."""

    now: Callable[[], datetime]
    root: Certified = field(default_factory=lambda: certify("Test root", is_authority=True))
    between: Certified | None = None
    signer: Certified | None = None
    status: str = "granted"
    change: Callable[[dict[str, object]], None] = lambda _: None
    """Changes what will be signed."""
    asked: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        """An intermediate and a signing certificate, unless given."""
        if self.signer is None:
            self.between = self.between or certify("Test intermediate", self.root, is_authority=True)
            self.signer = certify("Test time-stamper", self.between, uses=TIME_STAMPING)

    def stamp(self, request: bytes) -> bytes:
        """The answer to a request."""
        self.asked.append(request)
        asked = tsp.TimeStampReq.load(request)
        imprint = asked["message_imprint"]
        info: dict[str, object] = {
            "version": "v1", "policy": POLICY, "message_imprint": imprint, "serial_number": len(self.asked),
            "gen_time": self.now(), "accuracy": {"seconds": 1}, "nonce": asked["nonce"].native,
        }  # fmt: skip
        self.change(info)
        answer: dict[str, object] = {"status": {"status": self.status}}
        if self.status == "granted":
            answer["time_stamp_token"] = self._token(tsp.TSTInfo(info).dump())
        return bytes(Answer(answer).dump())

    def _token(self, content: bytes) -> cms.ContentInfo:
        assert self.signer is not None
        mine = self.signer.certificate.public_bytes(Encoding.DER)
        parsed = names.Certificate.load(mine)
        digest = {"algorithm": "sha256"}
        certs = tsp.ESSCertIDv2({"cert_hash": hashlib.sha256(mine).digest()})
        attributes = cms.CMSAttributes([
            {"type": "content_type", "values": ["tst_info"]},
            {"type": "message_digest", "values": [hashlib.sha256(content).digest()]},
            {"type": "signing_certificate_v2", "values": [tsp.SigningCertificateV2({"certs": [certs]})]},
        ])  # fmt: skip
        signature, algorithm = sign(self.signer.key, attributes.dump())
        chain = [self.signer, *([self.between] if self.between else [])]
        return cms.ContentInfo({
            "content_type": "signed_data",
            "content": cms.SignedData({
                "version": "v3",
                "digest_algorithms": [digest],
                "encap_content_info": {"content_type": "tst_info", "content": core.ParsableOctetString(content)},
                "certificates": [names.Certificate.load(one.certificate.public_bytes(Encoding.DER)) for one in chain],
                "signer_infos": [{
                    "version": "v1",
                    "sid": cms.SignerIdentifier(
                        "issuer_and_serial_number",
                        {"issuer": parsed.issuer, "serial_number": parsed.serial_number},
                    ),
                    "digest_algorithm": digest,
                    "signed_attrs": attributes,
                    "signature_algorithm": algorithm,
                    "signature": signature,
                }],
            }),
        })  # fmt: skip


def sign(key: Key, message: bytes) -> tuple[bytes, algos.SignedDigestAlgorithm]:
    """A signature with SHA-256, and how it was made."""
    if isinstance(key, rsa.RSAPrivateKey):
        made, name = key.sign(message, padding.PKCS1v15(), hashes.SHA256()), "rsassa_pkcs1v15"
    else:
        made, name = key.sign(message, ec.ECDSA(hashes.SHA256())), "sha256_ecdsa"
    return made, algos.SignedDigestAlgorithm({"algorithm": name})


def clock_at(at_us: int) -> Callable[[], datetime]:
    """A clock that stands, from microseconds since 1970."""
    return lambda: (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at_us)).replace(microsecond=0)
