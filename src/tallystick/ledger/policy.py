"""Which logs are trusted, which witnesses count, and how many of them must have signed: C2SP tlog-policy. Pure.

Strict: an unknown word, a name used twice or a key in two places is an error with its line, never a guess.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tallystick.ledger import checkpoint as checkpoints
from tallystick.ledger import cosignature
from tallystick.ledger.checkpoint import Checkpoint
from tallystick.ledger.cosignature import Cosignature
from tallystick.ledger.note import COSIGNATURES, ED25519, BadKey, VerifierKey, parse_vkey

NONE = "none"
LINES_MAX = 1_000


class BadPolicy(ValueError):
    """The text is not a policy. The message names the line, what was expected and what was found."""


@dataclass(frozen=True, slots=True)
class Log:
    """A trusted log: its key, and where to read it if the policy says."""

    key: VerifierKey
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness that counts: its name in the policy, its key, and where to ask it if the policy says."""

    name: str
    key: VerifierKey
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Members of which `needed` must have witnessed, for the group to have."""

    name: str
    needed: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a policy says of one checkpoint.

    cosigned  the good cosignatures of witnesses of the policy
    missing   names of the policy's witnesses without one
    is_met    the quorum is reached
    """

    cosigned: tuple[Cosignature, ...]
    missing: tuple[str, ...]
    is_met: bool
    rule: str

    def __str__(self) -> str:
        names = ", ".join(one.key.label for one in self.cosigned) or "nobody"
        lacking = f"; without {', '.join(self.missing)}" if self.missing else ""
        return f"quorum {self.rule!r} {'is' if self.is_met else 'is not'} met: cosigned by {names}{lacking}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A whole policy."""

    logs: tuple[Log, ...]
    witnesses: tuple[Witness, ...]
    groups: tuple[Group, ...]
    quorum: str

    def log_keys(self, origin: str) -> list[VerifierKey]:
        """The keys under which a log of this name is trusted."""
        return [log.key for log in self.logs if log.key.name == origin]

    def witness_keys(self) -> list[VerifierKey]:
        """The keys of all witnesses."""
        return [witness.key for witness in self.witnesses]

    def judge(self, note: str) -> Verdict:
        """Whether the cosignatures in a note reach the quorum. Does not look at the log's signature.

        raises  note.BadNote when the note is malformed or a line of one of these witnesses is not good
        """
        return self.judge_lines(cosignature.found_in(note, self.witness_keys()))

    def judge_lines(self, cosigned: Sequence[Cosignature]) -> Verdict:
        """The same for cosignatures that were verified before."""
        keys = {one.key for one in cosigned}
        has = {witness.name: witness.key in keys for witness in self.witnesses}
        for group in self.groups:  # each names only what stands before it
            has[group.name] = sum(has[member] for member in group.members) >= group.needed
        missing = tuple(witness.name for witness in self.witnesses if not has[witness.name])
        return Verdict(tuple(cosigned), missing, self.quorum == NONE or has[self.quorum], self.quorum)

    def open(self, text: str) -> tuple[Checkpoint, Verdict]:
        """A checkpoint of one of the policy's logs, and what the policy says of it.

        raises  note.BadNote, checkpoint.BadCheckpoint; BadPolicy when the policy trusts no log of its name
        """
        origin = checkpoints.read(text).origin
        keys = self.log_keys(origin)
        if not keys:
            raise BadPolicy(f"expected a log that the policy trusts, found {origin!r}, which it does not name")
        return checkpoints.open_signed(text, *keys), self.judge(text)


@dataclass(slots=True)
class _Parsed:
    logs: list[Log] = field(default_factory=list)
    witnesses: list[Witness] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    quorum: str | None = None
    names: set[str] = field(default_factory=set)
    grouped: set[str] = field(default_factory=set)


def parse(data: bytes) -> Policy:
    """The policy in the bytes of a file. Raises BadPolicy with the line."""
    if data and not data.endswith(b"\n"):
        raise BadPolicy(f"line {data.count(10) + 1}: expected a newline at the end of the policy, found none")
    lines = data.split(b"\n")[:-1]
    if len(lines) > LINES_MAX:
        raise BadPolicy(f"expected at most {LINES_MAX} lines, found {len(lines)}")
    parsed = _Parsed()
    for number, line in enumerate(lines, 1):
        try:
            _take(parsed, line)
        except (BadPolicy, BadKey) as error:
            raise BadPolicy(f"line {number}: {error}") from error
    if parsed.quorum is None:
        raise BadPolicy("expected one line 'quorum NAME', found none: write 'quorum none' to ask for no witness")
    return Policy(
        logs=tuple(parsed.logs), witnesses=tuple(parsed.witnesses), groups=tuple(parsed.groups), quorum=parsed.quorum
    )


def _take(parsed: _Parsed, line: bytes) -> None:
    if any((byte < 0x20 and byte != 0x09) or byte == 0x7F for byte in line):
        raise BadPolicy("expected no control characters but tabs, found one (carriage returns count)")
    try:
        words = [word for word in line.decode().replace("\t", " ").split(" ") if word]
    except UnicodeDecodeError as error:
        raise BadPolicy("expected UTF-8, found other bytes") from error
    if not words or words[0].startswith("#"):
        return
    take = _TAKES.get(words[0])
    if take is None:
        raise BadPolicy(f"expected log, witness, group or quorum, found {words[0]!r}")
    take(parsed, words[1:])


def _take_log(parsed: _Parsed, words: list[str]) -> None:
    if not 1 <= len(words) <= 2:
        raise BadPolicy(f"expected 'log VKEY [URL]', found {len(words)} words behind log")
    key = parse_vkey(words[0])
    if key.kind != ED25519:
        raise BadPolicy(f"expected the key of a log (type 1), found one of type {key.kind}: {key.label}")
    if any(log.key.public == key.public for log in parsed.logs):
        raise BadPolicy(f"expected each log key once, found {key.label} again")
    parsed.logs.append(Log(key, _url(words[1:])))


def _take_witness(parsed: _Parsed, words: list[str]) -> None:
    if not 2 <= len(words) <= 3:
        raise BadPolicy(f"expected 'witness NAME VKEY [URL]', found {len(words)} words behind witness")
    key = parse_vkey(words[1])
    if key.kind not in COSIGNATURES:
        raise BadPolicy(f"expected the key of a witness (type 4 or 6), found one of type {key.kind}: {key.label}")
    if any(witness.key.public == key.public for witness in parsed.witnesses):
        raise BadPolicy(f"expected each witness key once, found {key.label} again")
    _name(parsed, words[0])
    parsed.witnesses.append(Witness(words[0], key, _url(words[2:])))


def _take_group(parsed: _Parsed, words: list[str]) -> None:
    if len(words) < 3:
        raise BadPolicy("expected 'group NAME any|all|NUMBER MEMBER...', found fewer words")
    name, threshold, members = words[0], words[1], words[2:]
    for member in members:
        if member not in parsed.names or member == name:
            raise BadPolicy(f"expected members that are defined above, found {member!r}")
        if member in parsed.grouped:
            raise BadPolicy(f"expected each name in one group only, found {member!r} again")
        parsed.grouped.add(member)
    needed = {"any": 1, "all": len(members)}.get(threshold)
    if needed is None:
        if not checkpoints.is_plain_number(threshold) or not 1 <= int(threshold) <= len(members):
            raise BadPolicy(f"expected any, all or a number from 1 to {len(members)}, found {threshold!r}")
        needed = int(threshold)
    _name(parsed, name)
    parsed.groups.append(Group(name, needed, tuple(members)))


def _take_quorum(parsed: _Parsed, words: list[str]) -> None:
    if len(words) != 1:
        raise BadPolicy(f"expected 'quorum NAME', found {len(words)} words behind quorum")
    if parsed.quorum is not None:
        raise BadPolicy("expected one quorum line, found a second one")
    if words[0] != NONE and words[0] not in parsed.names:
        raise BadPolicy(f"expected a witness or group that is defined above, found {words[0]!r}")
    parsed.quorum = words[0]


def _name(parsed: _Parsed, name: str) -> None:
    if name == NONE or name in parsed.names:
        raise BadPolicy(f"expected a name of its own, found {name!r}, which is taken")
    parsed.names.add(name)


def _url(words: list[str]) -> str | None:
    if not words:
        return None
    try:
        parts = urlsplit(words[0])
    except ValueError as error:
        raise BadPolicy(f"expected an address such as https://witness.example/, found {words[0]!r}") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise BadPolicy(f"expected an address such as https://witness.example/, found {words[0]!r}")
    return words[0].rstrip("/")


_TAKES: dict[str, Callable[[_Parsed, list[str]], None]] = {
    "log": _take_log,
    "witness": _take_witness,
    "group": _take_group,
    "quorum": _take_quorum,
}
