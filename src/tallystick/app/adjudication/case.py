"""One case as its adjudicator sees it: the item, and the judgments without their authors."""

from collections import Counter
from dataclasses import dataclass, field

import msgspec

from tallystick.app import access, credential, erased, looking, routing
from tallystick.app.access import Actor
from tallystick.app.assignment import Shown, shown_in
from tallystick.app.cell import Cell
from tallystick.app.contract import today_of, unreadable
from tallystick.app.erased import Gone
from tallystick.app.looking import About, Look
from tallystick.flow import adjudication as flow
from tallystick.flow import assignment as order
from tallystick.flow.adjudication import Warned
from tallystick.flow.answer import Said, as_shown
from tallystick.flow.contract.assignment import SENIOR_TIERS
from tallystick.flow.refusal import Refused
from tallystick.flow.rubric import Rubric
from tallystick.flow.standing import COUNTED
from tallystick.flow.tiers import may_decide
from tallystick.ledger import journal
from tallystick.signals import BY_NAME
from tallystick.signals.shape import Mark
from tallystick.store import adjudication, assignment, items, judgment, tiers
from tallystick.store import rubric as rubrics
from tallystick.store.schema import Row


@dataclass(frozen=True, slots=True)
class BlindedJudgment:
    """One judgment as somebody sees it who decides on it: numbered, without its author, in their own order."""

    number: int
    verdict: str
    scores: dict[str, dict[str, int]]
    reasons: tuple[dict[str, str | None], ...]
    is_observed: bool
    is_mirrored: bool  # its author saw this reader's A as another: the letters in its words are of another order
    values: dict[str, str] = field(default_factory=dict)
    marks: tuple[Mark, ...] = ()
    texts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CasePage:
    """A disagreement as an adjudicator sees it.

    warned   what the class of the case says about how to end it; None without a class
    is_mine  whether whoever looks holds the case, and may decide it
    """

    row: Row
    shown: Shown
    order: str
    rubric: Rubric
    judgments: tuple[BlindedJudgment, ...]
    notes: str | None
    warned: Warned | None = None
    is_mine: bool = False

    @property
    def counts(self) -> dict[str, int]:
        """How many of the judgments say what, in the reader's own order of candidates, as everything on the page."""
        return dict(Counter(given.verdict for given in self.judgments))


def case_page(
    cell: Cell, actor: Actor, item: str, *, reason: str = "", words: str = "", key: str | None = None
) -> CasePage | Refused:
    """Open a case; that it was opened is an event. The key makes a repeat within ten minutes the same look.

    An adjudicator opens an open case only while they hold it: `case-not-taken`, `case-held`.
    reason  of somebody who is not its adjudicator: one of looking.CHOSEN
    words   what they add to it; kept in the vault
    """
    is_adjudicator = access.allows(actor, "adjudicate")

    def check(connection: journal.Connection) -> Refused | None:
        row = adjudication.disagreement(connection, item)
        if row is None or has_part(connection, actor.person, item):
            return access.ABSENT
        if row.state == "withdrawn" and access.allows(actor, "work.do"):
            return access.ABSENT  # the item is judged again, and they may be the one who does
        refused = unreadable(cell, connection, actor, row.programme, item=item)
        if refused or not is_adjudicator or gone_of(connection, item) is not None:
            return refused
        refused = flow.may_read(row.state, row.holder, row.held_until, person=actor.person, now=cell.kernel.now())
        found = items.item(connection, item)
        if refused or found is None or row.state != "open":
            return refused
        return routing.refuse_begun(cell, connection, actor.person, [found], instead=flow.GIVE_BACK)

    if not is_adjudicator and not access.allows(actor, "gate.read"):
        return access.ABSENT
    with cell.read() as connection:
        refused = check(connection)
    given = refused or ("adjudication" if is_adjudicator else looking.chosen(actor, reason, words))
    if isinstance(given, Refused):
        return given
    about = About(subject=item, what="judgments", reason=given, words=words.strip())
    look = cell.look(actor, "adjudicate" if is_adjudicator else "gate.read", about, key=key, check=check)
    if isinstance(look, Refused):
        return look
    with cell.read() as connection:
        return _page(cell, connection, item, actor, look=look)


def gone_of(connection: journal.Connection, item: str) -> Gone | None:
    """What is to be said when the content of an item was erased: nobody can decide on it any more."""
    row = items.item(connection, item)
    assert row is not None
    return erased.gone(connection, row.content)


def has_part(connection: journal.Connection, person: str, item: str) -> bool:
    """Whether somebody judged an item or wrote it: its case is not for them."""
    return judgment.of_expert_on(connection, person, item) is not None or assignment.is_author(connection, person, item)


def refuse_decider(cell: Cell, connection: journal.Connection, actor: Actor, row: Row) -> Refused | None:
    """Why an adjudicator may not decide a case: its tier of risk asks for a senior, or they lack a credential now."""
    is_senior = tiers.is_senior(connection, actor.person, row.programme)
    refused = may_decide(tiers.policy(connection, row.programme), row.risk, is_senior=is_senior)
    if refused is None and is_senior and row.risk in SENIOR_TIERS:
        refused = credential.refuse_senior(
            cell, connection, actor.person, programme=row.programme, todo=credential.CASE_OPEN
        )
    return refused or credential.refuse_work(
        connection, actor.person, programme=row.programme, domain=row.domain, today=today_of(cell),
        todo=credential.CASE_OPEN,
    )  # fmt: skip


def _page(cell: Cell, connection: journal.Connection, item: str, actor: Actor, *, look: Look) -> CasePage:
    row = adjudication.disagreement(connection, item)
    item_row = items.item(connection, item)
    assert row is not None
    assert item_row is not None
    mine = order.candidate_order(cell.order_seed, item, actor.person, candidates=item_row.candidates)
    given = counted(connection, item)
    rubric = rubric_of(cell, connection, given)
    notes = erased.text(erased.payload(cell, connection, row.notes, look)) if row.notes else None
    return CasePage(
        row, shown_in(cell, connection, item_row.content, mine, look=look), mine, rubric,
        blinded(cell, connection, given, mine, look=look), notes, flow.warning(row.cause),
        row.state == "open" and row.holder == actor.person and access.allows(actor, "adjudicate"),
    )  # fmt: skip


def counted(connection: journal.Connection, item: str) -> list[Row]:
    """The judgments of an item that count now; all of them when none does."""
    given = judgment.of_item(connection, item)
    return [row for row in given if row.standing == COUNTED] or given


def rubric_of(cell: Cell, connection: journal.Connection, given: list[Row]) -> Rubric:
    """The rubric under which an item was judged, as it is in force now.

    Not by way of the contract: it may have dropped the domain since, and its open cases still have to be ended.
    """
    row = rubrics.current(connection, given[0].programme, given[0].rubric)
    assert row is not None, "a rubric that judgments name was published"
    return cell.rubric(connection, row.document)


def blinded(
    cell: Cell, connection: journal.Connection, given: list[Row], mine: str, *, look: Look
) -> tuple[BlindedJudgment, ...]:
    """The judgments of one item without their authors, in a reader's own order of candidates.

    Numbered in an order of the item's own, so that the place in time tells nothing about the author.
    """
    by_id = {row.judgment: row for row in given}
    names = order.shuffled(cell.order_seed, list(by_id), salt=f"case|{given[0].item}")
    return tuple(_blinded(cell, connection, by_id[name], mine, number=n, look=look) for n, name in enumerate(names, 1))


def _blinded(
    cell: Cell, connection: journal.Connection, row: Row, mine: str, *, number: int, look: Look
) -> BlindedJudgment:
    payload = erased.payload(cell, connection, row.rationale, look) if row.rationale else b'{"reasons":[]}'
    marks, texts = erased.words(payload)
    own = Said(
        verdict=row.verdict, scores=msgspec.json.decode(row.scores), values=msgspec.json.decode(row.values),
        marks=marks, texts=texts,
    )  # fmt: skip
    said = as_shown(BY_NAME[row.signal], own, mine)
    return BlindedJudgment(
        number, said.verdict, said.scores, erased.reasons(payload), bool(row.is_observed),
        row.order not in (None, mine), said.values, said.marks, said.texts,
    )  # fmt: skip
