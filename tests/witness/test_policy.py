"""Policies: every form of the format, every fault with its line, and what a quorum asks for."""

import pytest

from tallystick.ledger import checkpoint as checkpoints
from tallystick.ledger import policy as policies
from tallystick.ledger.cosignature import Cosigner
from tallystick.ledger.policy import BadPolicy
from tallystick.ledger.signer import SoftwareSigner

LOG = SoftwareSigner("log.example/one", bytes(range(32)))
SIGNED = checkpoints.sign(LOG.name, 7, bytes(32), signers=[LOG])
WITNESSES = {f"X{n}": Cosigner(f"x{n}.example/w", bytes([n]) * 32) for n in range(1, 6)}
LINES = "".join(f"witness {name} {one.key.line} https://{name}.example/prefix/\n" for name, one in WITNESSES.items())
TWO_LEVELS = f"""# who counts
log {LOG.vkey} https://log.example
\t
{LINES}group X 2 X1 X2 X3
  group\tY any   X4 X5
group both all X Y
quorum both
"""


def signed_by(*names: str) -> str:
    text = SIGNED.note.rpartition("\n\n")[0] + "\n"
    return SIGNED.note + "".join(WITNESSES[name].cosign(text, time=9) for name in names)


@pytest.mark.parametrize(
    ("names", "is_met"),
    [("", False), ("X1 X2", False), ("X4", False), ("X1 X4", False), ("X1 X3 X5", True), ("X1 X2 X3 X4 X5", True)],
)
def test_a_quorum_of_groups(names: str, is_met: bool) -> None:
    policy = policies.parse(TWO_LEVELS.encode())
    signed, verdict = policy.open(signed_by(*names.split()))
    assert signed.size == 7
    assert verdict.is_met is is_met
    assert {*verdict.missing} == {*WITNESSES} - {*names.split()}
    assert "both" in str(verdict)
    assert policy.witnesses[0].url == "https://X1.example/prefix"


def test_a_policy_may_ask_for_one_witness_or_for_none() -> None:
    assert policies.parse(b"quorum none\n").judge(SIGNED.note).is_met
    one = policies.parse(f"{LINES}quorum X2\n".encode())
    assert not one.judge(signed_by("X1")).is_met
    assert one.judge(signed_by("X2")).is_met
    with pytest.raises(BadPolicy, match="does not name"):
        one.open(SIGNED.note)


W1 = f"witness a {WITNESSES['X1'].key.line}\n"
FAULTS = {
    "quorum none": "line 1: expected a newline",
    "": "expected one line 'quorum NAME'",
    "quorum none\nquorum none\n": "line 2: expected one quorum line",
    "quorum b\n": "line 1: expected a witness or group that is defined above",
    f"quorum a\n{W1}": "line 1: expected a witness or group",
    "quorum\n": "line 1: expected 'quorum NAME'",
    "Quorum none\n": "line 1: expected log, witness, group or quorum",
    "quorum none\r\n": "line 1: expected no control characters",
    "quorum none # why\n": "line 1: expected 'quorum NAME'",
    f"log {WITNESSES['X1'].key.line}\nquorum none\n": "line 1: expected the key of a log",
    f"witness a {LOG.vkey}\nquorum none\n": "line 1: expected the key of a witness",
    "log x\nquorum none\n": "line 1: expected a verifier key",
    f"log {LOG.vkey} ftp://x\nquorum none\n": "line 1: expected an address",
    f"log {LOG.vkey} http://[\nquorum none\n": "line 1: expected an address",
    f"log {LOG.vkey} https://a b\nquorum none\n": "line 1: expected 'log VKEY",
    f"log {LOG.vkey}\nlog {LOG.vkey}\nquorum none\n": "line 2: expected each log key once",
    f"{W1}witness b {WITNESSES['X1'].key.line}\nquorum a\n": "line 2: expected each witness key once",
    f"{W1}witness a {WITNESSES['X2'].key.line}\nquorum a\n": "line 2: expected a name of its own",
    f"witness none {WITNESSES['X1'].key.line}\nquorum none\n": "line 1: expected a name of its own",
    f"{W1}group a all a\nquorum a\n": "line 2: expected members that are defined above",
    f"{W1}group g all a a\nquorum g\n": "line 2: expected each name in one group only",
    f"{W1}group g all a\ngroup h all a\nquorum g\n": "line 3: expected each name in one group only",
    f"{W1}group g 2 a\nquorum g\n": "line 2: expected any, all or a number from 1 to 1",
    f"{W1}group g 0 a\nquorum g\n": "line 2: expected any, all or a number",
    f"{W1}group g 01 a\nquorum g\n": "line 2: expected any, all or a number",
    f"{W1}group g some a\nquorum g\n": "line 2: expected any, all or a number",
    f"{W1}group g all\nquorum g\n": "line 2: expected 'group NAME",
    f"{W1}group g any none\nquorum g\n": "line 2: expected members",
    "witness a\nquorum none\n": "line 1: expected 'witness NAME VKEY",
}


@pytest.mark.parametrize("text", FAULTS, ids=range(len(FAULTS)))
def test_a_fault_is_named_with_its_line(text: str) -> None:
    with pytest.raises(BadPolicy) as found:
        policies.parse(text.encode())
    assert str(found.value).startswith(FAULTS[text])


def test_a_policy_in_other_bytes_than_utf8_is_refused() -> None:
    with pytest.raises(BadPolicy, match="line 1: expected UTF-8"):
        policies.parse(b"# \xff\nquorum none\n")
