"""Figures of a programme, of one expert for leads, and of experts for themselves. Reads only; names are a look."""

from dataclasses import dataclass

import msgspec

from tallystick.app import access
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.app.looking import About
from tallystick.app.remembered import HARMLESS, Remembered
from tallystick.app.roster import profiles_of, reason_of
from tallystick.events.rubric import CriterionFacts
from tallystick.flow import overturn
from tallystick.flow.monitoring import figures as flow
from tallystick.flow.monitoring import own as own_flow
from tallystick.flow.monitoring.figures import Counted, Figure, Shown, Work
from tallystick.flow.monitoring.own import Beside, Own
from tallystick.flow.overturn import Decided
from tallystick.flow.refusal import Refused
from tallystick.ledger import journal
from tallystick.stats.rates import Median, Rate, counts, prior_of, rate_of
from tallystick.store import adjudication, monitoring, roster, sentinel
from tallystick.store import contract as contracts
from tallystick.store.schema import Row

DOMAIN = "domain"
_SCORES = msgspec.json.Decoder(dict[str, dict[str, int]])
_TEXTS = msgspec.json.Decoder(list[str])
_PLACES = msgspec.json.Decoder(dict[str, str])
_CRITERIA = msgspec.json.Decoder(list[CriterionFacts])


@dataclass(frozen=True, slots=True)
class Judge:
    """Somebody who judged, and how much. In order of name: nothing here ranks anybody."""

    person: str
    name: str
    judgments: int


@dataclass(frozen=True, slots=True)
class Overview:
    """What a programme's judgments show, over all experts.

    by    the axis along which items are parted into families
    axes  all of them
    """

    programme: Row
    by: str
    axes: tuple[str, ...]
    counted: Counted
    shares: tuple[Shown, ...]
    times: tuple[Median, ...]
    judges: tuple[Judge, ...]


@dataclass(frozen=True, slots=True)
class ExpertPage:
    """What one expert's judgments show, beside those of all experts: for who leads or audits the work.

    partners  with how many others they share items
    overturn  of cases in which they judged: how often the adjudicator decided otherwise; None where no case was decided
    sentinels how often they were right on gold in the normal work; None where there were none
    """

    programme: Row
    judge: Judge
    by: str
    axes: tuple[str, ...]
    figures: tuple[Figure, ...]
    times: tuple[Median, ...]
    defects: dict[str, int]
    partners: int
    overturn: Rate | None
    sentinels: Rate | None


@dataclass(frozen=True, slots=True)
class OwnPage:
    """What an expert sees of their own work in a programme."""

    programme: Row
    own: Own


def _counted_for(
    cell: Cell, actor: Actor, programme: str, *, by: str
) -> tuple[Row, tuple[str, ...], Counted] | Refused:  # fmt: skip
    """A programme and what its judgments count up to, for who leads or audits the work."""
    if not access.allows(actor, "monitor.read"):
        return access.ABSENT
    with cell.read() as connection:
        row = contracts.programme(connection, programme)
        if row is None:
            return access.ABSENT
        found = counted_shown(cell, connection, programme, by=by)
    return found if isinstance(found, Refused) else (row, *found)


def overview(cell: Cell, actor: Actor, programme: str, *, by: str = DOMAIN) -> Overview | Refused:
    """Abstention, disagreement, defects and time over all experts, by criterion and by family of items."""
    found = _counted_for(cell, actor, programme, by=by)
    if isinstance(found, Refused):
        return found
    row, axes, counted = found
    names = names_of(cell, actor, programme, counted.experts)
    if isinstance(names, Refused):
        return names
    judges = [Judge(person, names[person], counted.judged_by(person)) for person in counted.experts]
    in_order = tuple(sorted(judges, key=lambda one: (one.name, one.person)))
    return Overview(row, by, axes, counted, flow.of_programme(counted), counted.times(), in_order)


def expert(cell: Cell, actor: Actor, programme: str, person: str, *, by: str = DOMAIN) -> ExpertPage | Refused:
    """One expert's figures beside those of all experts."""
    found = _counted_for(cell, actor, programme, by=by)
    if isinstance(found, Refused):
        return found
    row, axes, counted = found
    if person not in counted.experts:
        return access.ABSENT
    names = names_of(cell, actor, programme, (person,))
    if isinstance(names, Refused):
        return names
    with cell.read() as connection:
        overturned, right = _overturned(connection, programme, person), _right(connection, programme, person)
    return ExpertPage(
        row, Judge(person, names[person], counted.judged_by(person)), by, axes, flow.of_expert(counted, person),
        counted.times(person), dict(counted.defects_of[person]), counted.partners(person), overturned, right,
    )  # fmt: skip


def own(cell: Cell, actor: Actor, programme: str) -> OwnPage | Refused:
    """Somebody's own figures. Nothing in them depends on which of their items were sentinels or are held."""
    if not access.allows(actor, "work.do"):
        return access.ABSENT
    with cell.read() as connection:
        row = contracts.programme(connection, programme)
        if row is None:
            return access.ABSENT
        asked = asked_of(connection, programme)
        work = [_work(one, asked, one.domain) for one in monitoring.own(connection, programme, actor.person)]
        beside = [
            Beside(item=one.item, expert=one.expert, verdict=one.verdict, closed_at=one.closed_at)
            for one in monitoring.closed(connection, programme, actor.person)
        ]
    return OwnPage(row, own_flow.own(work, beside, who=actor.person))


KEPT = 8
"""Of so many programmes and axes the counts are remembered in each cell."""
_COUNTED: Remembered[tuple[tuple[str, ...], Counted] | Refused] = Remembered(HARMLESS, most=KEPT)


def counted_shown(
    cell: Cell, connection: journal.Connection, programme: str, *, by: str = DOMAIN
) -> tuple[tuple[str, ...], Counted] | Refused:
    """The axes, and the counts by one of them: remembered while nothing happens that bears on a judgment.

    connection  of a reading, never one that writes
    """

    def count() -> tuple[tuple[str, ...], Counted] | Refused:
        found = _parted(connection, programme, by)
        return found if isinstance(found, Refused) else (found[0], flow.count(found[1]))

    return _COUNTED.of(cell, connection, (programme, by), count)


def _parted(connection: journal.Connection, programme: str, by: str) -> tuple[tuple[str, ...], list[Work]] | Refused:
    """The axes, and the judgments that count, parted by one of them."""
    rows, asked = monitoring.of_programme(connection, programme), asked_of(connection, programme)
    places = {text: _PLACES.decode(text) for text in {one.taxonomy for one in rows}}
    axes = (DOMAIN, *sorted({axis for place in places.values() for axis in place} - {DOMAIN}))
    if by not in axes:
        return Refused("unknown-axis", f"Expected one of {', '.join(axes)}, found {by[:60]!r}.", "by", axes)
    families = [one.domain if by == DOMAIN else places[one.taxonomy].get(by, flow.NOT_GIVEN) for one in rows]
    return axes, [_work(one, asked, family) for one, family in zip(rows, families, strict=True)]


def work_of(connection: journal.Connection, programme: str) -> list[Work]:
    """The judgments of a programme that count, parted by domain."""
    asked = asked_of(connection, programme)
    return [_work(one, asked, one.domain) for one in monitoring.of_programme(connection, programme)]


def asked_of(connection: journal.Connection, programme: str) -> dict[tuple[str, str], tuple[str, ...]]:
    """(rubric, version): its criteria."""
    rows = monitoring.criteria(connection, programme)
    return {(row.rubric, row.version): tuple(one.id for one in _CRITERIA.decode(row.criteria)) for row in rows}


def _work(row: Row, asked: dict[tuple[str, str], tuple[str, ...]], family: str) -> Work:
    scores = _SCORES.decode(row.scores)
    is_asked = row.is_observed or scores
    return Work(
        item=row.item, expert=row.expert, verdict=row.verdict, scores=scores, rubric=row.rubric,
        asked=asked.get((row.rubric, row.rubric_version), ()) if is_asked else (),
        defects=tuple(_TEXTS.decode(row.defects)) if row.is_observed else None, active_ms=row.active_ms, family=family,
    )  # fmt: skip


def names_of(cell: Cell, actor: Actor, subject: str, people: tuple[str, ...]) -> dict[str, str] | Refused:
    """Person: how this reader knows them. That names are opened is an event; who may not read them sees pseudonyms.

    Raters of another source are known by the id that the source gave them.
    """
    known = {person: person for person in people}
    with cell.read() as connection:
        rows = roster.persons(connection, people)
    named = [row for row in rows if row.origin == "imported" or access.allows(actor, "roster.read")]
    if not named:
        return known
    about = About(subject=subject, what="profile", reason=reason_of(actor), subjects=tuple(r.person for r in named))
    look = cell.look(actor, "monitor.read", about)
    if isinstance(look, Refused):
        return look
    with cell.read() as connection:
        return known | {one: profile.name for one, profile in profiles_of(cell, connection, named, look).items()}


def _overturned(connection: journal.Connection, programme: str, person: str) -> Rate | None:
    rates = overturn.by_expert(decided_in(connection, programme))
    return next((one for one in rates if one.group == (person,)), None)


def decided_in(connection: journal.Connection, programme: str) -> list[Decided]:
    """The counted judgments of settled cases."""
    return [
        Decided(
            item=one.item, domain=one.domain, expert=one.expert, verdict=one.verdict, settled=one.settled,
            criteria=tuple(_TEXTS.decode(one.criteria)),
        )
        for one in adjudication.settled_judgments(connection, programme)
    ]  # fmt: skip


def _right(connection: journal.Connection, programme: str, person: str) -> Rate | None:
    rows = sentinel.answers(connection, programme)
    if all(row.expert != person for row in rows):
        return None
    counted = counts({"expert": [row.expert for row in rows]}, [float(row.is_correct) for row in rows])
    return rate_of((person,), counted, prior=prior_of(list(counted.values())))
