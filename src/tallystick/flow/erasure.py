"""What an erasure covers, when it is refused, and what its certificate says. Pure: values in, events or text out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from tallystick import canon
from tallystick.events.envelope import Event, ObjectRef
from tallystick.events.erasure import ErasureOrdered, ObjectsErased, ReleaseCopyErased
from tallystick.flow.refusal import Refused

WHAT = ("subject", "object", "source", "retention")
ORDERED_BY_PEOPLE = ("subject", "object", "source")
TARGETS = {
    "subject": ("person", "subject"), "object": ("item", "object"), "source": ("run",), "retention": ("run",),
}  # fmt: skip
REASONS = (
    "consent-withdrawn", "subject-request", "client-request", "rights-claim", "contract-ended", "mistake",
    "legal-order", "retention",
)  # fmt: skip
TOO_MUCH = "too-much-at-once"
SCOPES_MAX = 1_000
"""An order names all its scopes in one event: one of 42 bytes each, and releases twice."""
_TOO_MUCH = (
    f"Expected at most {SCOPES_MAX} people and releases in one order, found {{found}}. Nothing was erased: erase the "
    "people of this source one by one, then the rest at once."
)
CERTIFICATE = "tallystick/erasure/v1"
CLIENT = "client"
"""The holder that every release has: whoever it was made for."""
OBJECTS_PER_EVENT = 1_500
"""An id takes 33 bytes in an event, and an event holds 65,535."""
STAYS = (
    "Events, counts, verdicts, scores and commitments stay in the log. Scores that an erased person gave stay as facts "
    "of a pseudonym: nothing in this cell leads from it to the person any more."
)
NOT_FOUND = Refused(
    "unknown-target",
    "Expected a person, a subject, an item, a vault object or an import of this cell, found none of this id: "
    "check the id.",
    "target",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be erased. `confirmed` is the target once more: a source takes much with it."""

    what: str
    target: str
    reason: str
    confirmed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Everything that an erasure takes with it, as the read tables know it.

    scopes    whose keys die: what lies under them is unreadable without naming it
    objects   vault objects, in those scopes and in others
    items     items that lose their content
    releases  releases that held some of the objects
    people    persons who are erased themselves
    """

    scopes: tuple[str, ...]
    objects: tuple[str, ...]
    items: tuple[str, ...] = ()
    judgments: int = 0
    releases: tuple[str, ...] = ()
    people: tuple[str, ...] = ()


def check(wish: Wish) -> Refused | None:
    """Why a wish is none, whatever the cell holds."""
    if wish.what not in WHAT:
        return Refused("unknown-kind", f"Expected one of {', '.join(WHAT)}, found {wish.what}.", "what")
    if wish.reason not in REASONS:
        return Refused("unknown-reason", f"Expected one of {', '.join(REASONS)}, found {wish.reason}.", "reason")
    kind, _, name = wish.target.partition(":")
    if kind not in TARGETS[wish.what] or not name:
        expected = " or ".join(f"{kind}:ID" for kind in TARGETS[wish.what])
        sentence = f"Expected {expected} as the target of this kind, found {wish.target}."
        return Refused("unknown-target", sentence, "target")
    return None


def check_orderer(wish: Wish, *, is_cell: bool) -> Refused | None:
    """That retention has ended is for the cell to say: by this name a person could erase a source unasked."""
    if is_cell or "retention" not in (wish.what, wish.reason):
        return None
    field, known = ("what", ORDERED_BY_PEOPLE) if wish.what == "retention" else ("reason", REASONS[:-1])
    sentence = f"Expected one of {', '.join(known)}, found retention: the cell orders that when a contract has ended."
    return Refused("unknown-kind" if field == "what" else "unknown-reason", sentence, field)


def already(earlier: str) -> Refused:
    """The refusal of what was erased before."""
    sentence = f"This was erased before, under {earlier}: nothing is left to erase."
    return Refused("already-erased", sentence, "target", (earlier,))


def order(
    wish: Wish, coverage: Coverage | None, *, earlier: str | None, erasure: str, note: ObjectRef | None, epoch: int,
    holders: dict[str, list[str]],
) -> list[Event] | Refused:  # fmt: skip
    """The events of an order, or why there is none.

    earlier  the erasure that took the target before, if one did
    holders  release: whom to tell, for every release of the coverage
    """
    refused = check(wish)
    if refused:
        return refused
    if earlier is not None:
        return already(earlier)
    if coverage is None:
        return NOT_FOUND
    if wish.what == "source" and wish.confirmed != wish.target:
        sentence = (
            f"This erases for ever. Items: {len(coverage.items):,}; contents: {len(coverage.objects):,}; releases that "
            f"held some of them: {len(coverage.releases):,}. Send the target once more as `confirmed`."
        )
        return Refused("needs-confirmation", sentence, "confirmed", coverage.releases)
    scopes = [*coverage.scopes, *(f"release:{release}" for release in coverage.releases)]
    number = len(scopes) + len(coverage.releases)
    if number > SCOPES_MAX:
        return Refused(TOO_MUCH, _TOO_MUCH.format(found=number), "target")
    ordered = ErasureOrdered(
        erasure=erasure, what=wish.what, target=wish.target, reason=wish.reason, order=note, scopes=scopes,
        releases=list(coverage.releases), objects=len(coverage.objects),
        objects_digest=digest_of(coverage.objects), epoch=epoch,
    )  # fmt: skip
    return [
        ordered,
        *parts(erasure, coverage.objects),
        *(ReleaseCopyErased(erasure=erasure, release=one, holders=holders[one]) for one in coverage.releases),
    ]


def digest_of(objects: Iterable[str]) -> str:
    """The digest over the ids of erased objects, whatever their order."""
    return canon.digest_of(sorted(objects))


def parts(erasure: str, objects: Sequence[str]) -> list[ObjectsErased]:
    """The ids of erased objects in events that each fit into a log entry."""
    listed = sorted(objects)
    return [
        ObjectsErased(erasure=erasure, objects=listed[start : start + OBJECTS_PER_EVENT])
        for start in range(0, len(listed), OBJECTS_PER_EVENT)
    ]


# --- the certificate ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Certified:
    """What a certificate says, line by line."""

    origin: str
    erasure: str
    what: str
    target: str
    ordered_at: int
    ordered_seq: int
    objects: int
    objects_digest: str
    epochs: tuple[tuple[int, int], ...]  # (epoch, when its key was destroyed), ascending
    final_at: int
    releases: tuple[str, ...]
    custody: str
    is_development: bool


def certificate(of: Certified) -> str:
    """The text of a certificate: lines of `name value`, then what it does not cover, one `limit` line each."""
    lines = [
        CERTIFICATE,
        f"origin {of.origin}",
        f"erasure {of.erasure}",
        f"kind {of.what}",
        f"target {of.target}",
        f"ordered {of.ordered_at} {moment(of.ordered_at)}",
        f"seq {of.ordered_seq}",
        f"objects {of.objects} {of.objects_digest}",
        *(f"epoch {epoch} destroyed {at} {moment(at)}" for epoch, at in of.epochs),
        f"final {of.final_at} {moment(of.final_at)}",
        *(f"release {release}" for release in of.releases),
        f"custody {of.custody}",
        *(f"limit {limit}" for limit in limits(of)),
    ]
    return "".join(f"{line}\n" for line in lines)


def limits(of: Certified) -> list[str]:
    """What a certificate does not cover, in sentences."""
    found = [
        "Copies that others hold, of releases and of anything they read or noted: their holders were told.",
        STAYS,
    ]
    if of.is_development:
        found.append(
            "Development custody: the keys were files. Whoever copied the key files before can open a copy of the data."
        )
    if of.custody == "cloud-kms":
        found.append("The key service keeps a key for its waiting period: the erasure is final at the time above.")
    return found


def read_certificate(text: str) -> dict[str, list[str]]:
    """Name: its values, of the text of a certificate. Raises ValueError when it is none."""
    first, *rest = text.splitlines()
    if first != CERTIFICATE:
        raise ValueError(f"expected {CERTIFICATE} in the first line, found {first!r}: give an erasure certificate")
    found: dict[str, list[str]] = {}
    for number, line in enumerate(rest, 2):
        name, space, value = line.partition(" ")
        if not space or not value:
            raise ValueError(f"line {number}: expected a name, a space and a value, found {line!r}")
        found.setdefault(name, []).append(value)
    return found


def moment(at: int) -> str:
    """Microseconds since 1970 as an ISO 8601 time in UTC."""
    return datetime.fromtimestamp(at // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def words(erasure: str, at: int) -> str:
    """What stands wherever erased content stood."""
    return f"erased on {datetime.fromtimestamp(at // 1_000_000, UTC).date()} under erasure {erasure}"
