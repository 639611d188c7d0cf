"""The auditor's check: whether sentinels stood where the secret says, no more and no fewer. Opens the secret."""

from bisect import bisect_left
from collections import Counter, defaultdict
from dataclasses import dataclass

from tallystick.app import access, looking
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.app.looking import About
from tallystick.flow import sentinel as flow
from tallystick.flow.refusal import Refused
from tallystick.flow.sentinel import Checked, Lease
from tallystick.ledger import journal
from tallystick.store import assignment
from tallystick.store import contract as contracts
from tallystick.store import sentinel as store
from tallystick.store.schema import Row

UNDECIDED_END = 2**62


@dataclass(frozen=True, slots=True)
class ScheduleCheck:
    """One policy version held against the leases that were given under it.

    secret  of that version, in hexadecimal: with it anybody can compute the places again from a copy of the log
    """

    policy: Row
    found: Checked
    secret: str


def check_schedule(
    cell: Cell, actor: Actor, programme: str, *, reason: str = "", words: str = "", key: str | None = None
) -> list[ScheduleCheck] | Refused:
    """Every policy version against what was done. That its secrets were opened is an event."""
    if not access.allows(actor, "sentinel.audit"):
        return access.ABSENT
    given = looking.chosen(actor, reason, words)
    if isinstance(given, Refused):
        return given
    with cell.read() as connection:
        if contracts.programme(connection, programme) is None:
            return access.ABSENT
    about = About(subject=programme, what="schedule", reason=given, words=words.strip())
    look = cell.look(actor, "sentinel.audit", about, key=key)
    if isinstance(look, Refused):
        return look
    with cell.read() as connection:
        versions = store.policies(connection, programme)
        leases = every_lease(connection, programme)
        found = []
        for policy in versions:
            secret = cell.open(connection, policy.secret, look).payload
            end = policy.ended_seq if policy.ended_seq is not None else UNDECIDED_END
            within = [lease for seq, lease in leases if policy.seq < seq < end]
            checked = flow.checked(secret, programme=programme, rate_ppm=policy.rate_ppm, leases=within)
            found.append(ScheduleCheck(policy, checked, secret.hex()))
    return found


def every_lease(connection: journal.Connection, programme: str) -> list[tuple[int, Lease]]:
    """Every lease with its place in its line of work, and how many gold items its expert could have been given."""
    gold: dict[str, list[int]] = defaultdict(list)
    live = {row.item: row for row in store.gold(connection, programme) if not row.is_gone}
    for row in live.values():
        gold[row.domain].append(row.seq)
    seen: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row in store.seen(connection, programme):
        if row.item in live:
            seen[row.person, row.domain].append(row.seq)
    written: dict[tuple[str, str], list[int]] = defaultdict(list)
    for item, authors in assignment.authors_of(connection, live).items():
        for author in authors:
            written[author, live[item].domain].append(live[item].seq)
    positions: Counter[tuple[str, str]] = Counter()
    found = []
    for row in store.leases(connection, programme):
        line = (row.expert, row.domain)
        unseen = bisect_left(gold[row.domain], row.seq) - bisect_left(seen[line], row.seq)
        unseen -= bisect_left(sorted(written[line]), row.seq)  # nobody is given what they wrote
        lease = Lease(
            assignment=row.assignment, expert=row.expert, domain=row.domain, position=positions[line],
            is_sentinel=row.gold is not None, is_renewal=bool(row.is_renewal), unseen=unseen,
        )  # fmt: skip
        positions[line] += 1
        found.append((row.seq, lease))
    return found
