"""Judgments: drafts, submission, and what was made elsewhere."""

import hashlib
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import msgspec

from tallystick import canon
from tallystick.app import access, constitution, credential, erased
from tallystick.app.access import Actor
from tallystick.app.admission import refuse_again
from tallystick.app.assignment import shown_in
from tallystick.app.cell import Cell
from tallystick.app.contract import today_of, unreadable
from tallystick.app.kernel import Command, Decision, Receipt, Transaction
from tallystick.app.looking import About, Look
from tallystick.app.sentinel import after_judgment, may_renew
from tallystick.events.assignment import AssignmentLeasedV3
from tallystick.events.envelope import Event
from tallystick.events.judgment import JudgmentDetailed, JudgmentImported, JudgmentSubmitted, MarkFacts
from tallystick.flow import adjudication, judgment
from tallystick.flow.answer import labelled
from tallystick.flow.constitution import TradeOff
from tallystick.flow.judgment import Considered
from tallystick.flow.refusal import Refused
from tallystick.flow.standing import REQUEUED
from tallystick.ledger import journal
from tallystick.signals.shape import Answer, Mark
from tallystick.store import adjudication as cases
from tallystick.store import assignment, calibration, items, roster, routing, sessions, standing
from tallystick.store import judgment as judgments
from tallystick.store import rubric as rubrics
from tallystick.store.schema import Row
from tallystick.store.vault import draft_place

DRAFT_BYTES_MAX = 200_000
DEVICE = b"what a device keeps"
REASONS_LOOKED_AT = 10
"""Judgments of the same expert whose words a reason is held against."""
OVER = ("judged", "requeued")
"""States of an assignment whose judgment was given: nothing more is written or sent under it."""
SAW_OTHERS = Refused(
    "work-requeued",
    "Expected somebody who has not seen the judgments on this item. You have: somebody else judges it.",
)

GIVEN_BACK = Refused(
    "given-back",
    "You gave this item back, so it is for somebody else. Your draft is kept. Go back to your work and take another.",
)
CALLED_BACK = Refused(
    "called-back",
    "This item was called back from you before you sent your judgment. Your draft is kept. If it is for you again, you "
    "are offered it as new work.",
)
TAKEN = Refused(
    "lease-expired", "Your lease on this item ran out and others have judged it meanwhile. Your draft is kept."
)


@dataclass(frozen=True, slots=True)
class Saved:
    """A judgment that is durably in the journal."""

    judgment: str
    item: str
    programme: str
    receipt: Receipt


def save_draft(cell: Cell, actor: Actor, work: str, content: dict[str, object]) -> int | Refused:
    """Keep unsent work, encrypted, beside the journal; when it was saved, in microseconds.

    work  an assignment that is the expert's own, or an item of their qualification or session, as `name|item`
    """
    try:
        payload = msgspec.json.encode(content)
    except UnicodeEncodeError:
        return Refused("draft-unreadable", "Expected valid Unicode text in the draft, found half a character.")
    if len(payload) > DRAFT_BYTES_MAX:
        sentence = f"Expected a draft of at most {DRAFT_BYTES_MAX} bytes, found {len(payload)}: shorten the reasons."
        return Refused("draft-too-large", sentence)
    if not access.allows(actor, "work.do"):
        return access.ABSENT
    with journal.writing(cell.engine) as connection:
        # Beside an order of erasure, and not across one: what somebody still has on the screen must not come back.
        journal.lock_head(connection)
        item = _own_item(connection, work, actor.person)
        if item is None:
            return access.ABSENT
        gone = erased.gone(connection, item.content) or erased.gone(connection, item.hidden)
        refused = gone.refused if gone else unreadable(cell, connection, actor, item.programme, item=item.item)
        if refused:
            return refused
        now = cell.kernel.now()
        # A draft may quote the item: it closes with its import, as the item does.
        scope, subjects = f"person:{actor.person}", [f"run:{item.run}"]
        sealed = cell.vault.seal_private(connection, payload, scope=scope, subjects=subjects, place=draft_place(work))
        sessions.save_draft(connection, work=work, expert=actor.person, sealed=sealed, now=now)
    return now


def device_key(cell: Cell, actor: Actor) -> str:
    """The key under which somebody's browsers keep what the server does not have yet: 64 hexadecimal digits.

    It is the same wherever they sign in, comes from a secret of theirs in the vault, and dies with their keys.
    """
    scope = f"person:{actor.person}"
    with cell.read() as connection:
        known = cell.vault.known_digest(connection, DEVICE, scope=scope)
    if known is not None:
        return known
    with journal.writing(cell.engine) as connection:
        journal.lock_head(connection)
        return cell.vault.keyed_digest(connection, DEVICE, scope=scope)


def device_mark(cell: Cell, actor: Actor) -> str:
    """What stands before all that somebody's browsers keep, as static/keep.js makes it of their key; empty without one.

    It says nothing of the key, and makes none: pages on which nothing is written show it.
    """
    with cell.read() as connection:
        known = cell.vault.known_digest(connection, DEVICE, scope=f"person:{actor.person}")
    return mark_of(known) if known else ""


def mark_of(key: str) -> str:
    """The mark of a key of 64 hexadecimal digits."""
    return b64encode(hashlib.sha256(bytes.fromhex(key)).digest()).decode()[:10]


def _own_item(connection: journal.Connection, work: str, person: str) -> Row | None:
    """The item of somebody's own running work, or None."""
    leased = assignment.assignment(connection, work)
    if leased is not None:
        is_own = leased.expert == person and leased.state not in OVER
        return items.item(connection, leased.item) if is_own else None
    name, _, item = work.partition("|")
    session = calibration.calibration(connection, name)
    if session is not None:
        return items.item(connection, item) if _is_labelling(connection, session, item, person) else None
    running = roster.qualification(connection, name)
    if running is None or running.person != person or running.state != "running":
        return None
    return items.item(connection, item) if item in msgspec.json.decode(running.items) else None


def _is_labelling(connection: journal.Connection, session: Row, item: str, person: str) -> bool:
    """Whether somebody has still to label an item of a calibration session."""
    name = session.calibration
    done = {label.item for label in calibration.labels(connection, name, expert=person)}
    is_asked = person in calibration.participants(connection, name) and item in calibration.items(connection, name)
    return is_asked and session.state == calibration.LABELLING and item not in done


def submit(
    cell: Cell, actor: Actor, work: str, answer: Answer, *, trade_off: TradeOff | None = None, key: str
) -> Saved | Refused:
    """Submit the judgment of one's own assignment. The same key gives the same receipt, whatever happens.

    trade_off  which principles of the constitution conflicted, when the expert noted it
    """
    beside = [] if trade_off is None else [trade_off.model_dump(mode="json")]
    request = canon.encode(["judge", work, answer.model_dump(mode="json"), *beside])
    sent = _Sent(answer, trade_off)
    command = Command(actor, "work.do", key, request, lambda tx: _submit(cell, tx, actor, work, sent=sent))
    done = cell.execute(command)
    if isinstance(done, Refused):
        return done
    fact = next(fact for fact in done.facts if isinstance(fact, JudgmentSubmitted))
    return Saved(fact.judgment, fact.item, fact.programme, done)


@dataclass(frozen=True, slots=True)
class _Sent:
    """What an expert sent."""

    answer: Answer
    trade_off: TradeOff | None


def _submit(cell: Cell, tx: Transaction, actor: Actor, work: str, *, sent: _Sent) -> Decision:
    leased = assignment.assignment(tx.connection, work)
    if leased is None or leased.expert != actor.person:
        return access.ABSENT
    refused = _given_before(tx, leased)
    if refused:
        return refused
    leased = _in_place_of(tx, leased)
    item = items.item(tx.connection, leased.item)
    assert item is not None
    gone = erased.gone(tx.connection, item.content) or erased.gone(tx.connection, item.hidden)
    refused = gone.refused if gone else unreadable(cell, tx.connection, actor, item.programme, item=item.item)
    refused = refused or constitution.refuse_trade_off(cell, tx.connection, item.programme, sent.trade_off)
    refused = refused or credential.refuse_work(
        tx.connection, actor.person, programme=item.programme, domain=leased.domain, today=today_of(cell),
        todo=credential.DRAFT_KEPT,
    )  # fmt: skip
    if refused:
        return refused
    renewed = _renew(cell, tx, actor, leased)
    if isinstance(renewed, Refused):
        return renewed
    person = roster.person(tx.connection, actor.person)
    version = rubrics.version(tx.connection, leased.programme, leased.rubric, leased.rubric_version)
    assert person is not None
    assert version is not None
    # The quotes are held against the item's text, and the reasons against the author's latest: nobody sees either.
    look = tx.look_as_cell(About(subject=item.item, what="answer", reason="check"))
    shown = shown_in(cell, tx.connection, item.content, leased.order, look=look)
    considered = judgment.consider(
        sent.answer, cell.rubric(tx.connection, version.document), shown.matter,
        earlier=_earlier(cell, tx, actor.person, look),
    )  # fmt: skip
    if isinstance(considered, Refused):
        return considered
    fact = _fact(
        tx, renewed[0] if renewed else None, leased, item=item, person=person, answer=sent.answer, of=considered
    )  # fmt: skip
    for name in {work, leased.assignment}:
        sessions.drop_draft(tx.connection, name, actor.person)
    divides = divided(tx, item, [fact.verdict])
    return [
        *renewed,
        fact,
        *detailed(fact, considered.values, considered.marks),
        *constitution.note_trade_off(cell, tx, fact, sent.trade_off, run=item.run),
        *after_judgment(cell, tx, fact, item=item, look=look, divides=divides),
    ]


def _given_before(tx: Transaction, leased: Row) -> Refused | None:
    """Why nothing is taken under an assignment any more whose expert has judged its item, or None.

    A page that was left open must not become the second judgment of an item that is offered again as work of its own.
    """
    latest = judgments.of_expert_on(tx.connection, leased.expert, leased.item)
    if leased.state == "leased" or latest is None or latest.seq < leased.seq:
        return None
    if latest.standing != REQUEUED:
        return Refused("already-judged", "You have judged this item already: your judgment stands.")
    given = assignment.assignment(tx.connection, latest.assignment) if latest.assignment else None
    again = (
        "others judge it again" if given is None or given.state != "requeued" else "it comes back to you as new work"
    )
    return Refused("work-requeued", f"You have judged this item, and your judgment was set aside: {again}.")


def _in_place_of(tx: Transaction, leased: Row) -> Row:
    """The lease that counts: the item of one that ran out may have been given to the same expert again."""
    if leased.state == "leased":
        return leased
    held = assignment.active(tx.connection, leased.expert, leased.programme)
    if held is None:
        return leased
    seen = (leased.item, leased.order, leased.rubric, leased.rubric_version)
    return held if (held.item, held.order, held.rubric, held.rubric_version) == seen else leased


def _renew(cell: Cell, tx: Transaction, actor: Actor, leased: Row) -> list[AssignmentLeasedV3] | Refused:
    """A lease that ran out is taken again when its expert could be given the item anew: no work is lost without need.

    One that was given back or called back is not: what it showed would be answered by whoever likes to, when they like.
    """
    read = roster.held_until(tx.connection, leased.expert, access.READERS)
    if assignment.saw_others(tx.connection, leased.expert, leased.item, read=read):
        return SAW_OTHERS
    if leased.state == "leased" and tx.now <= leased.expires_at:
        return []
    # Of one that ran out and is not brought home yet the place is held still; the rules are the same.
    refused = _not_again(tx, leased) or refuse_again(cell, tx, actor, leased)
    if refused or leased.state == "leased":
        return refused or []
    is_free = items.work(tx.connection, leased.item) is not None and assignment.is_free(
        tx.connection, leased.expert, leased.item
    )
    if not (is_free or may_renew(tx, leased)):
        return TAKEN
    return [
        AssignmentLeasedV3(
            assignment=tx.new_id("asg"), item=leased.item, programme=leased.programme, domain=leased.domain,
            batch=leased.batch, expert=leased.expert, order=leased.order, rubric=leased.rubric,
            rubric_version=leased.rubric_version, contract_version=leased.contract_version,
            expires_at=tx.now + 60_000_000, is_renewal=True, salt=tx.new_salt(),
        )
    ]  # fmt: skip


def _not_again(tx: Transaction, leased: Row) -> Refused | None:
    """Why a lease that ended is not taken again, whoever asks, or None.

    One more judgment under an earlier version of the rubric of an item that was opened again would have to be set aside
    like those before it. And whoever has seen the judgments of others does not judge any more.
    """
    if standing.was_requeued(tx.connection, leased.item):
        if assignment.read_written(tx.connection, leased.expert, leased.item):
            return SAW_OTHERS
        current = rubrics.current(tx.connection, leased.programme, leased.rubric)
        if current is not None and current.version != leased.rubric_version:
            sentence = (
                f"This item is judged again under version {current.version} of its rubric, and your lease was under "
                f"{leased.rubric_version}. Your draft is kept: take the item anew when it is offered to you."
            )
            return Refused("work-requeued", sentence)
    last = assignment.last_on(tx.connection, leased.expert, leased.item)
    ended = {leased.state, leased.state if last is None else last.state} - {"leased", "expired"}
    if ended:
        return GIVEN_BACK if "returned" in ended else CALLED_BACK
    return None


def _earlier(cell: Cell, tx: Transaction, person: str, look: Look) -> list[str]:
    """The words of the expert's latest reasons, to find copied ones."""
    texts: list[str] = []
    latest = judgments.latest_rationales(tx.connection, person, limit=REASONS_LOOKED_AT)
    for found in cell.open_rows(tx.connection, latest, look):
        texts.extend(reason["text"] for reason in msgspec.json.decode(found.payload)["reasons"])
    return texts


def rationale_bytes(answer: Answer, of: Considered) -> bytes:
    """The words of a judgment as the vault keeps them."""
    return words_bytes([reason.model_dump(mode="json") for reason in answer.reasons], of.marks, of.texts)


def words_bytes(reasons: Sequence[Mapping[str, str | None]], marks: Sequence[Mark], texts: Mapping[str, str]) -> bytes:
    """Reasons, and marks and writings where there are any, as the vault keeps them, made here or elsewhere."""
    words: dict[str, object] = {"reasons": [dict(reason) for reason in reasons]}
    if marks:
        words["marks"] = [mark.model_dump(mode="json", exclude_none=True) for mark in marks]
    if texts:
        words["texts"] = dict(texts)
    return canon.encode(words)


def detailed(
    fact: JudgmentSubmitted | JudgmentImported, values: Mapping[str, str], marks: Sequence[Mark]
) -> list[JudgmentDetailed]:
    """What a judgment says beyond its verdict and scores, where its signal asks for more."""
    if not (values or marks):
        return []
    return [
        JudgmentDetailed(
            judgment=fact.judgment, item=fact.item, programme=fact.programme, signal=fact.signal,
            values=dict(values), marks=[MarkFacts(**asdict(labelled(mark))) for mark in marks],
        )
    ]  # fmt: skip


def _fact(
    tx: Transaction, renewed: AssignmentLeasedV3 | None, leased: Row, *, item: Row, person: Row,
    answer: Answer, of: Considered,
) -> JudgmentSubmitted:  # fmt: skip
    return JudgmentSubmitted(
        judgment=tx.new_id("jdg"), assignment=renewed.assignment if renewed else leased.assignment, item=item.item,
        programme=item.programme, batch=leased.batch, expert=person.person,
        role=_role(tx, leased, item=item, person=person, verdict=of.verdict), signal=item.signal,
        rubric=leased.rubric, rubric_version=leased.rubric_version, contract_version=leased.contract_version,
        order=leased.order, verdict=of.verdict, scores=of.scores, reasons=of.reasons,
        rationale=tx.seal(rationale_bytes(answer, of), scope=f"run:{item.run}", subjects=[f"person:{person.person}"]),
        defects=of.defects, confirmed=of.confirmed, active_ms=answer.active_ms,
        is_pre_contract=person.executed_at is None or person.executed_at > tx.now,
    )  # fmt: skip


def _role(tx: Transaction, leased: Row, *, item: Row, person: Row, verdict: str) -> str:
    """The role in which the judgment is made, by the roster and the contract in force as it is handed in."""
    rule = routing.rules(tx.connection, leased.programme).get(leased.domain)
    return judgment.role_of(
        msgspec.json.decode(person.expert_roles), signal=item.signal, verdict=verdict,
        asks_language=rule is not None and rule.language_level is not None,
    )  # fmt: skip


def divided(tx: Transaction, item: Row, new: list[str]) -> list[Event]:
    """The disagreement that opens when the last judgment of an item comes to count, if the judgments divide.

    new  verdicts that come to count with this command
    """
    work = items.work(tx.connection, item.item)
    if work is None or not work.judged < work.needed <= work.judged + len(new):
        return []
    case = cases.disagreement(tx.connection, item.item)
    if case is not None and case.state != "withdrawn":
        return []  # it stood while judgments were held, and stands
    verdicts = [row.verdict for row in judgments.counted_on(tx.connection, item.item)]
    found = adjudication.opened(
        item.item, programme=item.programme, batch=item.batch, verdicts=[*verdicts, *new], needed=work.needed,
        is_expected=bool(item.is_disagreement_expected), salt=tx.new_salt(),
    )  # fmt: skip
    return [found] if found else []
