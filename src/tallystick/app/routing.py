"""Who may be given what, and for whose eyes an item is: languages, clearances, restricted domains."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import msgspec

from tallystick import canon
from tallystick.app import access, erased, welfare
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.app.kernel import Command, Decision, Receipt, Transaction
from tallystick.app.looking import About
from tallystick.events.routing import ClearanceGranted, ClearanceRevoked, LanguageConfirmed, LanguagesDeclared
from tallystick.flow import routing as flow
from tallystick.flow.assignment import SIGNAL
from tallystick.flow.refusal import Refused
from tallystick.flow.roster import Pool, covers, is_asked_for, way
from tallystick.flow.routing import Able, DomainRule, Eligibility, Known, Places
from tallystick.flow.rubric import Draw, Qualification, draw
from tallystick.ledger import journal
from tallystick.signals import BY_NAME
from tallystick.signals.preference import SIGNAL as PAIR
from tallystick.store import contract as contracts
from tallystick.store import items, roster
from tallystick.store import routing as store
from tallystick.store.assignment import OpenKind
from tallystick.store.schema import Row


def eligible(cell: Cell, connection: journal.Connection, person: str, programme: str, *, now: int) -> Eligibility:
    """Which items of a programme somebody may be given now: by region, language, clearance, and what they take on."""
    rules = store.rules(connection, programme)
    row = roster.person(connection, person)
    return Eligibility(
        rules=rules,
        able=Able(
            region=None if row is None else row.region,
            languages=_known(connection, person, rules),
            is_cleared=_is_cleared(connection, person, programme, rules, now=now),
            opted_out=welfare.settings_now(cell, connection, person).opted_out,
            closed=frozenset(welfare.closed_now(cell, connection, person, programme, now=now)),
        ),
    )  # fmt: skip


def refuse_item(cell: Cell, connection: journal.Connection, person: str, item: Row, *, now: int) -> Refused | None:
    """Why somebody may not be given an item that they name themselves: the rules of what waits for them hold for it."""
    may, places = eligible(cell, connection, person, item.programme, now=now), places_of(item)
    waiting = may.waits_for(places)
    closed = waiting and welfare.refuse_rest(cell, connection, person, item.programme, waiting=waiting, now=now)
    return closed or flow.refuse_item(may, places)


def refuse_held(cell: Cell, connection: journal.Connection, leased: Row) -> Refused | None:
    """Why the item of somebody's own assignment is not shown to them any more, or None: what they leave out is not."""
    item = items.item(connection, leased.item)
    categories = flow.categories_of(places_of(item)) if item else frozenset[str]()
    if not categories:
        return None
    opted_out = welfare.settings_now(cell, connection, leased.expert).opted_out
    return flow.refuse_held(categories, opted_out, leased.assignment)


def refuse_begun(
    cell: Cell, connection: journal.Connection, person: str, wanted: Iterable[Row], *, instead: str
) -> Refused | None:
    """Why these items are not shown any more to somebody in what they have begun, or None.

    instead  what they can do other than take the kinds on again: a sentence
    """
    categories = frozenset[str]().union(*(flow.categories_of(places_of(item)) for item in wanted))
    if not categories:
        return None
    opted_out = welfare.settings_now(cell, connection, person).opted_out
    return flow.refuse_begun(categories, opted_out, instead=instead)


def _known(connection: journal.Connection, person: str, rules: dict[str, DomainRule]) -> dict[str, Known]:
    if not any(rule.language_level for rule in rules.values()):
        return {}
    return {
        row.language: Known(level=row.level, confirmed=row.confirmed) for row in store.languages(connection, person)
    }


def _is_cleared(
    connection: journal.Connection, person: str, programme: str, rules: dict[str, DomainRule], *, now: int
) -> bool:  # fmt: skip
    is_asked = any(rule.needs_clearance for rule in rules.values())
    return is_asked and store.is_cleared(connection, person, programme, now=now)


def offered(
    cell: Cell, connection: journal.Connection, person: str, programme: str, *, strata: list[OpenKind], now: int
) -> tuple[Eligibility, list[OpenKind], Refused | None]:
    """What somebody may be given, which of these strata that leaves, and why nothing of the rest for the time being."""
    may = eligible(cell, connection, person, programme, now=now)
    waiting: set[str] = set()
    found = []
    answers: dict[flow.Asked, bool] = {}
    for row in strata:
        places, asked = _stratum_places(row.domain, row.taxonomy)
        is_allowed = answers.get(asked)
        if is_allowed is None:
            is_allowed = answers[asked] = may.allows(places)
            waiting |= frozenset() if is_allowed else may.waits_for(places)
        if is_allowed:
            found.append(row)
    why = None
    if waiting:
        why = welfare.refuse_rest(cell, connection, person, programme, waiting=waiting, now=now)
    return may, found, why


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnGold:
    """The signals of a domain that have gold items.

    asked  those that ask for a qualification of their own: there is enough of them, or somebody passed it
    short  signal: how many gold items more before anybody can take its qualification
    alike  signal: of those, where whoever always answers alike would pass, which verdicts enough of them have
    items  signal with enough of them: how many an attempt has
    """

    asked: frozenset[str]
    short: Mapping[str, int]
    alike: Mapping[str, Draw]
    items: Mapping[str, int]


NO_GOLD = OwnGold(asked=frozenset(), short={}, alike={}, items={})


def own_gold(cell: Cell, connection: journal.Connection, programme: str) -> dict[str, OwnGold]:
    """Domain with gold items and a rubric in force: what its signals ask for. Every reader of gold asks here."""
    pools, rubrics = roster.gold_pools(connection, programme), cell.rubrics_in_force(connection, programme)
    here = {domain: rubric for domain, rubric in rubrics.items() if domain in pools}
    least = {domain: rubric.qualification.gold_min for domain, rubric in here.items()}
    draws = {
        domain: _draws(cell, connection, programme, domain, asked=rubric.qualification, pools=pools[domain])
        for domain, rubric in here.items()
    }
    # Who passed what is read only where an erasure took gold items away, or those that are left are of one verdict.
    is_less = any(one.now < least[domain] <= one.ever for domain in here for one in pools[domain].values())
    is_alike = any(one.verdicts for there in draws.values() for one in there.values())
    passed = roster.passed_by_anybody(connection, programme) if is_less or is_alike else {}
    nothing: frozenset[str] = frozenset()
    return {
        domain: _own_gold(
            pools[domain], least[domain], passed.get((rubric.id, rubric.version), nothing), draws=draws[domain]
        )
        for domain, rubric in here.items()
    }


def _own_gold(
    pools: Mapping[str, Pool], gold_min: int, passed: frozenset[str], *, draws: Mapping[str, Draw]
) -> OwnGold:  # fmt: skip
    alike = {signal: one for signal, one in draws.items() if one.verdicts}
    asked = frozenset(
        signal for signal, pool in pools.items()
        if is_asked_for(pool, gold_min, is_passed=signal in passed, is_fair=signal not in alike)
    )  # fmt: skip
    short = {
        signal: gold_min - pool.now
        for signal, pool in pools.items()
        if pool.now < gold_min and (pool.now or signal in asked)
    }
    return OwnGold(
        asked=asked, short=short | {signal: one.more for signal, one in alike.items()},
        alike=alike,
        items={signal: one.items for signal, one in draws.items() if one.items},
    )  # fmt: skip


def _draws(
    cell: Cell, connection: journal.Connection, programme: str, domain: str, *, asked: Qualification,
    pools: Mapping[str, Pool],
) -> dict[str, Draw]:  # fmt: skip
    """What attempts can be drawn for each signal that has as many gold items as the rubric asks for."""
    enough = {signal: pool for signal, pool in pools.items() if pool.now >= asked.gold_min}
    # What a pool holds changes with its numbers alone: items only ever come in, and are only ever erased.
    if any(cell.gold_ways.get((programme, domain, signal), (None,))[0] != pool for signal, pool in enough.items()):
        rows = roster.gold_items(connection, programme, domain)
        ways = gold_ways(cell, connection, rows)
        for signal, pool in enough.items():
            counts = Counter(ways[row.item] for row in rows if row.signal == signal and row.item in ways)
            cell.gold_ways[programme, domain, signal] = pool, counts
    return {signal: draw(asked, cell.gold_ways[programme, domain, signal][1]) for signal in enough}


def gold_ways(cell: Cell, connection: journal.Connection, rows: list[Row]) -> dict[str, str | None]:
    """Gold item: what whoever always answers alike has to say to be right on it; None where sides are shuffled."""
    verdicts = cell.gold_verdicts(connection, rows)
    return {
        row.item: way(BY_NAME[row.signal], verdicts[row.item], candidates=row.candidates)
        for row in rows
        if row.item in verdicts
    }


def covered(
    cell: Cell, connection: journal.Connection, programme: str, *, kinds: list[OpenKind],
    passed: Mapping[str, frozenset[str]],
) -> list[OpenKind]:  # fmt: skip
    """The kinds of items for which an expert is qualified. Gold is looked up only where another signal is open.

    passed  domain: the signals whose gold items they passed there
    """
    if all(_signal(kind) in passed[kind.domain] for kind in kinds):
        return kinds
    gold = own_gold(cell, connection, programme)
    return [kind for kind in kinds if covers(passed[kind.domain], gold.get(kind.domain, NO_GOLD).asked, _signal(kind))]


def _signal(kind: OpenKind) -> str:
    return _stratum_places(kind.domain, kind.taxonomy)[0].get(SIGNAL, PAIR)


@lru_cache(maxsize=10_000)
def _stratum_places(domain: str, taxonomy: str) -> tuple[Places, flow.Asked]:
    """Where the items of a stratum stand, and what eligibility looks at: few texts, each read at every lease."""
    places = {**msgspec.json.decode(taxonomy, type=dict[str, str]), "domain": domain}
    return places, flow.asked_of(places)


def places_of(item: Row) -> Places:
    """Where an item stands, as eligibility asks it."""
    places: dict[str, str] = msgspec.json.decode(item.taxonomy)
    return places | {"domain": item.domain}


# --- whose eyes an item is for ------------------------------------------------------------------------------------


def closed_to(cell: Cell, connection: journal.Connection, actor: Actor, programme: str) -> frozenset[str]:
    """The domains of a programme whose items do not exist for somebody: restricted ones, without a clearance."""
    if actor.person == access.SYSTEM:
        return frozenset()
    return store.closed_to(connection, actor.person, programme, now=cell.kernel.now())


def hidden(cell: Cell, connection: journal.Connection, actor: Actor, item: str) -> bool:
    """Whether an item does not exist for somebody, whatever their role."""
    if actor.person == access.SYSTEM or not store.is_anything_ruled(connection):
        return False
    return bool(store.hidden_among(connection, actor.person, [item], now=cell.kernel.now()))


def visible(cell: Cell, connection: journal.Connection, actor: Actor, rows: Iterable[Row]) -> list[Row]:
    """Those of these rows whose `item` exists for somebody."""
    found = list(rows)
    if actor.person == access.SYSTEM or not store.is_anything_ruled(connection):
        return found
    names = {row.item for row in found}
    closed = store.hidden_among(connection, actor.person, names, now=cell.kernel.now())
    return [row for row in found if row.item not in closed]


# --- languages ----------------------------------------------------------------------------------------------------


def declare_languages(cell: Cell, actor: Actor, languages: dict[str, str], *, key: str) -> Receipt | Refused:
    """Say which languages one knows, and how well: tag and level. It takes the place of what one said before."""

    def decide(_tx: Transaction) -> Decision:
        refused = flow.check_languages(languages)
        return refused or [LanguagesDeclared(person=actor.person, languages=dict(sorted(languages.items())))]

    request = canon.encode(["languages", sorted(languages.items())])
    return cell.execute(Command(actor, "work.do", key, request, decide))


def confirm_language(
    cell: Cell, actor: Actor, person: str, *, language: str, level: str, how: str, key: str
) -> Receipt | Refused:  # fmt: skip
    """Confirm that somebody else knows a language at least so well. How that was found out goes into the vault."""

    def decide(tx: Transaction) -> Decision:
        if roster.person(tx.connection, person) is None:
            return access.ABSENT
        declared = [row.language for row in store.languages(tx.connection, person)]
        refused = flow.check_confirmation(declared, language, level, is_own=actor.person == person, words=how)
        if refused:
            return refused
        ref = tx.seal(how.strip().encode(), scope=f"person:{person}")
        return [LanguageConfirmed(person=person, language=language, level=level, how=ref)]

    request = canon.encode(["confirm-language", person, language, level, how])
    return cell.execute(Command(actor, "roster.write", key, request, decide))


# --- clearances ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Granted:
    """A clearance that is in force."""

    clearance: str
    receipt: Receipt


def grant(
    cell: Cell, actor: Actor, person: str, *, programme: str, until: int, reason: str, key: str
) -> Granted | Refused:  # fmt: skip
    """Let somebody see the restricted items of one programme, until a moment in microseconds."""

    def decide(tx: Transaction) -> Decision:
        if roster.person(tx.connection, person) is None or contracts.programme(tx.connection, programme) is None:
            return access.ABSENT
        refused = flow.check_grant(until=until, now=tx.now, is_own=actor.person == person, words=reason)
        if refused:
            return refused
        ref = tx.seal(reason.strip().encode(), scope=f"person:{person}")
        return [
            ClearanceGranted(
                clearance=tx.new_id("clr"), person=person, programme=programme, until=until, reason=ref
            )
        ]  # fmt: skip

    request = canon.encode(["clearance", person, programme, until, reason])
    answer = cell.execute(Command(actor, "roster.write", key, request, decide))
    if isinstance(answer, Refused):
        return answer
    fact = answer.facts[0]
    assert isinstance(fact, ClearanceGranted)
    return Granted(fact.clearance, answer)


def revoke(cell: Cell, actor: Actor, clearance: str, *, reason: str, key: str) -> Receipt | Refused:
    """Take a clearance back: from now on restricted items are absent for its person, also those that they hold."""

    def decide(tx: Transaction) -> Decision:
        row = store.clearance(tx.connection, clearance)
        if row is None:
            return access.ABSENT
        if row.revoked_at is not None or row.until <= tx.now:
            return flow.NO_CLEARANCE
        refused = flow.check_words(reason, "reason", "why they need to know no more")
        if refused:
            return refused
        ref = tx.seal(reason.strip().encode(), scope=f"person:{row.person}")
        return [ClearanceRevoked(clearance=clearance, person=row.person, programme=row.programme, reason=ref)]

    request = canon.encode(["revoke-clearance", clearance, reason])
    return cell.execute(Command(actor, "roster.write", key, request, decide))


# --- a person's page ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Clearance:
    """A clearance with its reasons. `state`: in force, ended, revoked."""

    row: Row
    state: str
    reason: str
    revoked_reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Routed:
    """What decides which items somebody is given, as leads, auditors and they themselves see it."""

    person: str
    region: str | None
    languages: tuple[Row, ...]
    clearances: tuple[Clearance, ...]


def routed(cell: Cell, actor: Actor, person: str) -> Routed | Refused:
    """Languages and clearances of somebody. What they opted out of is no part of it."""
    is_own = actor.person == person
    if not access.allows(actor, "roster.read") and not is_own:
        return access.ABSENT
    with cell.read() as connection:
        row = roster.person(connection, person)
        if row is None:
            return access.ABSENT
        rows = store.clearances_of(connection, person)
        languages = store.languages(connection, person)
    reason = "own-work" if is_own else "audit" if "auditor" in actor.roles else "staffing"
    look = cell.look(actor, "self" if is_own else "roster.read", About(subject=person, what="profile", reason=reason))
    if isinstance(look, Refused):
        return look
    now = cell.kernel.now()
    with cell.read() as connection:
        names = [name for one in rows for name in (one.reason, one.revoked_reason) if name]
        words = {name: erased.text(found) for name, found in erased.payloads(cell, connection, names, look).items()}
    clearances = tuple(
        Clearance(
            row=one, state=_state(one, now), reason=words[one.reason],
            revoked_reason=words[one.revoked_reason] if one.revoked_reason else None,
        )
        for one in rows
    )  # fmt: skip
    return Routed(person=person, region=row.region, languages=tuple(languages), clearances=clearances)


def _state(row: Row, now: int) -> str:
    if row.revoked_at is not None:
        return "revoked"
    return "in force" if row.until > now else "ended"
