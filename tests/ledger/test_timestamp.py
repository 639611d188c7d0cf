"""RFC 3161 time-stamps: one of a trusted authority over these bytes is taken, every other one is refused."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from asn1crypto import tsp
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID
from sealed_cell import SIGNER
from time_authority import POLICY, TIME_STAMPING, Authority, Certified, certify, clock_at

from tallystick.ledger import checkpoint, note, timestamp
from tallystick.ledger.timestamp import BadTimestamp

AT = 1_700_000_000_000_000
CHECKPOINT = checkpoint.sign(SIGNER.name, 7, b"r" * 32, signers=[SIGNER]).note
DIGEST = timestamp.digest_of(CHECKPOINT)
NONCE = 2**63 + 5


def answered(authority: Authority) -> bytes:
    return authority.stamp(timestamp.make_request(DIGEST, nonce=NONCE))


def test_time_stamp_under_the_pinned_root_its_intermediate_or_itself_is_taken() -> None:
    authority = Authority(clock_at(AT))
    answer = answered(authority)
    assert authority.between is not None
    assert authority.signer is not None
    for pinned in (authority.root, authority.between, authority.signer):
        found = timestamp.verify(answer, DIGEST, [pinned.certificate], nonce=NONCE, policy=POLICY)
        assert (found.at, found.accuracy_us, found.policy, found.serial) == (AT, 1_000_000, POLICY, 1)
        assert found.authority == "CN=Test time-stamper"
    assert timestamp.verify(answer, DIGEST, [authority.root.certificate]).at == AT


def test_request_holds_the_digest_of_the_signed_text_and_nothing_of_the_signatures() -> None:
    asked = tsp.TimeStampReq.load(timestamp.make_request(DIGEST, nonce=NONCE)).native
    assert asked["message_imprint"]["hash_algorithm"]["algorithm"] == "sha256"
    assert (asked["message_imprint"]["hashed_message"], asked["nonce"], asked["cert_req"]) == (DIGEST, NONCE, True)
    text = CHECKPOINT.partition("\n\n")[0] + "\n"
    assert timestamp.digest_of(note.sign(text, [SIGNER, SIGNER])) == DIGEST


def test_rsa_is_taken_too() -> None:
    root = certify("Root", is_authority=True)
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
    authority = Authority(clock_at(AT), root=root, signer=certify("RSA", root, uses=TIME_STAMPING, key=key))
    assert timestamp.verify(answered(authority), DIGEST, [root.certificate]).at == AT


def signed_by(**changes: object) -> Authority:
    """An authority whose signing certificate is not as it should be."""
    root = certify("Root", is_authority=True)
    made: Certified = certify("Signer", root, **{"uses": TIME_STAMPING, **changes})  # type: ignore[arg-type]  # by name
    return Authority(clock_at(AT), root=root, signer=made)


def with_info(**changes: object) -> Authority:
    """An authority that signs something else than what was asked."""
    return Authority(clock_at(AT), change=lambda info: info.update(changes))


OTHER = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": b"x" * 32}
WEAK = {"hash_algorithm": {"algorithm": "sha1"}, "hashed_message": DIGEST[:20]}
REFUSED: dict[str, tuple[Callable[[], Authority], str]] = {
    "other-digest": (lambda: with_info(message_imprint=OTHER), "expected a time-stamp of sha256"),
    "weak-digest": (lambda: with_info(message_imprint=WEAK), "expected a time-stamp of sha256"),
    "other-nonce": (lambda: with_info(nonce=4), "expected the nonce"),
    "no-nonce": (lambda: with_info(nonce=None), "expected the nonce"),
    "other-policy": (lambda: with_info(policy="1.2.3"), "expected the policy"),
    "refused": (lambda: Authority(clock_at(AT), status="rejection"), "found status rejection"),
    "no-time-stamping": (lambda: signed_by(uses=(ExtendedKeyUsageOID.SERVER_AUTH,)), "for time-stamping alone"),
    "two-uses": (lambda: signed_by(uses=(*TIME_STAMPING, ExtendedKeyUsageOID.CODE_SIGNING)), "for time-stamping alone"),
    "not-critical": (lambda: signed_by(is_critical=False), "for time-stamping alone"),
    "no-use": (lambda: signed_by(uses=()), "without an extended key usage"),
    "expired": (lambda: signed_by(until=datetime(2021, 1, 1, tzinfo=UTC)), "which was not"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_an_authority_does_wrong_is_refused(case: str) -> None:
    make, words = REFUSED[case]
    authority = make()
    with pytest.raises(BadTimestamp, match=words):
        timestamp.verify(answered(authority), DIGEST, [authority.root.certificate], nonce=NONCE, policy=POLICY)


def test_authority_that_nobody_pinned_is_refused_whatever_it_sends_along() -> None:
    authority, other = Authority(clock_at(AT)), Authority(clock_at(AT))
    with pytest.raises(BadTimestamp, match="under a pinned certificate"):
        timestamp.verify(answered(authority), DIGEST, [other.root.certificate])
    with pytest.raises(BadTimestamp, match="under a pinned certificate"):
        timestamp.verify(answered(authority), DIGEST, [])


def test_certificate_of_a_person_issues_nothing() -> None:
    root = certify("Root", is_authority=True)
    person = certify("A person", root)
    authority = Authority(clock_at(AT), root=root, between=person, signer=certify("S", person, uses=TIME_STAMPING))
    with pytest.raises(BadTimestamp, match="under a pinned certificate"):
        timestamp.verify(answered(authority), DIGEST, [root.certificate])


def test_no_altered_byte_is_taken_for_another_time() -> None:
    authority = Authority(clock_at(AT))
    answer = answered(authority)
    for place in range(0, len(answer), 7):
        altered = answer[:place] + bytes([answer[place] ^ 0x11]) + answer[place + 1 :]
        try:
            found = timestamp.verify(altered, DIGEST, [authority.root.certificate], nonce=NONCE)
        except BadTimestamp:
            continue
        assert (found.at, found.serial, found.policy) == (AT, 1, POLICY), place


@pytest.mark.parametrize("data", [b"", b"\x30", b"<html>", b"\x30\x03\x02\x01\x00", bytes(200)])
def test_what_is_no_answer_is_refused(data: bytes) -> None:
    with pytest.raises(BadTimestamp):
        timestamp.verify(data, DIGEST, [Authority(clock_at(AT)).root.certificate])


def test_paths_have_one_right_form() -> None:
    assert timestamp.path_of(1_234_067) == "timestamps/x001/x234/067.tsr"
    assert timestamp.parse_path("timestamps/x001/x234/067.tsr") == 1_234_067
    for wrong in ("timestamps/1.tsr", "timestamps/001", "tile/001.tsr", "timestamps/001.tsr.tsr"):
        assert timestamp.parse_path(wrong) is None


def test_certificates_are_read_from_pem_and_der() -> None:
    root = certify("Root", is_authority=True)
    assert timestamp.load_certificates(root.pem() * 2) == [root.certificate] * 2
    with pytest.raises(BadTimestamp, match="PEM or DER"):
        timestamp.load_certificates(b"nothing")
