"""Constitutions: publish and read them, agree on how rubrics carry principles, and note trade-offs."""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from tallystick import canon
from tallystick.app import access
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.app.kernel import Command, Decision, Receipt, Transaction
from tallystick.events.constitution import (
    ConstitutionPublished,
    OperationalizationAgreed,
    OperationalizationDeclined,
    OperationalizationProposed,
    OperationalizationSigned,
    PrincipleFacts,
    TradeOffNoted,
)
from tallystick.events.envelope import ObjectRef
from tallystick.events.judgment import JudgmentSubmitted
from tallystick.flow import constitution as flow
from tallystick.flow.constitution import Carrier, Conflict, Constitution, TradeOff
from tallystick.flow.document import Finding, Problem, read
from tallystick.flow.refusal import Refused
from tallystick.flow.rubric import DiffRow, Rubric
from tallystick.ledger import journal
from tallystick.store import constitution as store
from tallystick.store import contract as contracts
from tallystick.store import rubric as rubrics
from tallystick.store.schema import Row


@dataclass(frozen=True, slots=True)
class Published:
    """A version of a constitution that has come into force."""

    constitution: str
    version: str
    changed: tuple[str, ...]
    receipt: Receipt


def publish(
    cell: Cell, actor: Actor, *, programme: str, text: str, name: str, key: str
) -> Published | list[Problem] | Refused:
    """Bring a version of a programme's constitution into force.

    text  the YAML document
    name  what its writer calls it: it opens the sentence of every problem
    """
    if not access.allows(actor, "constitution.write"):
        return access.ABSENT
    found = read(text, name, Constitution)
    if isinstance(found, list):
        return found

    def decide(tx: Transaction) -> Decision:
        previous = _previous(cell, tx.connection, programme, found)
        return previous if isinstance(previous, Refused) else [_fact(tx, programme, text, of=(previous, found))]

    request = canon.encode(["publish-constitution", programme, text])
    answer = cell.execute(Command(actor, "constitution.write", key, request, decide))
    if isinstance(answer, Refused):
        return answer
    fact = answer.facts[0]
    assert isinstance(fact, ConstitutionPublished)
    return Published(fact.constitution, fact.version, tuple(fact.changed), answer)


def _previous(
    cell: Cell, connection: journal.Connection, programme: str, new: Constitution
) -> Constitution | Refused | None:
    if contracts.programme(connection, programme) is None:
        return access.ABSENT
    previous = cell.constitution(connection, programme)
    return flow.check_version(previous, new) or previous


def _fact(
    tx: Transaction, programme: str, text: str, *, of: tuple[Constitution | None, Constitution]
) -> ConstitutionPublished:
    payload = text.encode()
    previous, new = of
    return ConstitutionPublished(
        programme=programme, constitution=new.id, version=new.version,
        document=tx.seal(payload, scope=f"programme:{programme}"), document_digest=canon.digest(payload),
        principles=[PrincipleFacts(id=one.id, number=one.number) for one in new.principles],
        previous=previous.version if previous else None, changed=flow.changed(previous, new) if previous else [],
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Preview:
    """What publishing a text would do. carriers: principle to the criteria of rubrics in force that carry it."""

    constitution: Constitution
    previous: str | None
    rows: tuple[DiffRow, ...]
    findings: tuple[Finding, ...]
    changed: tuple[str, ...]
    carriers: dict[str, list[Carrier]]


def preview(cell: Cell, actor: Actor, *, programme: str, text: str, name: str) -> Preview | list[Problem] | Refused:
    """What publishing a text would do, with everything that `publish` checks, and nothing written."""
    if not access.allows(actor, "constitution.write"):
        return access.ABSENT
    found = read(text, name, Constitution)
    if isinstance(found, list):
        return found
    with cell.read() as connection:
        previous = _previous(cell, connection, programme, found)
        if isinstance(previous, Refused):
            return previous
        in_force = cell.rubrics_in_force(connection, programme)
    return Preview(
        found, previous.version if previous else None, tuple(flow.diff(previous, found)) if previous else (),
        tuple(flow.findings(found, in_force)), tuple(flow.changed(previous, found)) if previous else (),
        flow.carriers(found, in_force),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class RubricState:
    """How the agreement on one rubric stands.

    refused   why it is not used for new work; None when it is, or when it names no principle
    carried   criterion to the principles that it names
    proposal  the newest proposal that is about the rubric and the constitution as they read now
    """

    domain: str
    rubric: Rubric
    carried: dict[str, list[str]]
    refused: Refused | None
    proposal: Row | None


@dataclass(frozen=True, slots=True)
class ConstitutionPage:
    """One version of a constitution with its history, what carries it, and who has agreed.

    text     the YAML document, as it was published
    rubrics  how the agreement on each rubric in force stands
    """

    constitution: Constitution
    text: str
    row: Row
    versions: tuple[Row, ...]
    findings: tuple[Finding, ...]
    carriers: dict[str, list[Carrier]]
    rubrics: tuple[RubricState, ...]
    proposals: tuple[Row, ...]


def constitution_page(
    cell: Cell, actor: Actor, programme: str, version: str | None = None
) -> ConstitutionPage | Refused:
    """A version of a programme's constitution, the one in force when none is named."""
    if not access.allows(actor, "constitution.read"):
        return access.ABSENT
    with cell.read() as connection:
        history = store.versions(connection, programme)
        chosen = [row for row in history if version in (None, row.version)]
        if not chosen:
            return access.ABSENT
        found = cell.constitution_of(connection, chosen[0].document)
        in_force = cell.rubrics_in_force(connection, programme)
        return ConstitutionPage(
            found, cell.document(connection, chosen[0].document), chosen[0], tuple(history),
            tuple(flow.findings(found, in_force)), flow.carriers(found, in_force),
            tuple(_state(cell, connection, programme, domain, rubric=rubric) for domain, rubric in in_force.items()),
            tuple(store.proposals(connection, programme)),
        )  # fmt: skip


def _state(cell: Cell, connection: journal.Connection, programme: str, domain: str, *, rubric: Rubric) -> RubricState:
    current = cell.constitution(connection, programme)
    digest = flow.subject_digest(current, rubric) if current and flow.carried(rubric) else None
    about = [row for row in store.proposals(connection, programme, rubric.id) if row.subject_digest == digest]
    return RubricState(
        domain, rubric, flow.carried(rubric),
        flow.refuse_use(current, rubric, store.agreed(connection, programme)), about[0] if about else None,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Difference:
    """Two versions of a constitution side by side, and the criteria in force that carry what changed."""

    rows: tuple[DiffRow, ...]
    changed: tuple[str, ...]
    affected: tuple[Carrier, ...]


def constitution_diff(cell: Cell, actor: Actor, programme: str, *, old: str, new: str) -> Difference | Refused:
    """Two versions side by side, with their effect on the rubrics in force."""
    if not access.allows(actor, "constitution.read"):
        return access.ABSENT
    with cell.read() as connection:
        by_version = {row.version: row for row in store.versions(connection, programme)}
        if old not in by_version or new not in by_version:
            return access.ABSENT
        before, after = (cell.constitution_of(connection, by_version[name].document) for name in (old, new))
        changed = flow.changed(before, after)
        in_force = cell.rubrics_in_force(connection, programme)
    carrying = {**flow.carriers(before, in_force), **flow.carriers(after, in_force)}
    affected = {one: None for name in changed for one in carrying.get(name, [])}
    return Difference(tuple(flow.diff(before, after)), tuple(changed), tuple(affected))


# --- agreement --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Moved:
    """A proposal that was made, signed or declined; state is proposed, agreed or declined."""

    proposal: str
    programme: str
    state: str
    receipt: Receipt


def propose(cell: Cell, actor: Actor, *, programme: str, rubric: str, notes: str, key: str) -> Moved | Refused:
    """Propose that the criteria of a rubric in force carry the principles that they name."""

    def decide(tx: Transaction) -> Decision:
        row = rubrics.current(tx.connection, programme, rubric)
        if row is None:
            return access.ABSENT
        current, found = cell.constitution(tx.connection, programme), cell.rubric(tx.connection, row.document)
        waiting = store.digests(tx.connection, programme, flow.PROPOSED)
        refused = flow.refuse_proposal(current, found, agreed=store.agreed(tx.connection, programme), waiting=waiting)
        if refused or current is None:
            return refused or access.ABSENT
        return [
            OperationalizationProposed(
                proposal=tx.new_id("opz"), programme=programme, constitution=current.id,
                constitution_version=current.version, rubric=rubric, rubric_version=found.version, domain=found.domain,
                carried=flow.carried(found), subject_digest=flow.subject_digest(current, found),
                notes=_words(tx, programme, actor, notes) if notes.strip() else None,
            )
        ]  # fmt: skip

    return _moved(cell, actor, key, ["propose-operationalization", programme, rubric, notes], decide=decide)


def sign(cell: Cell, actor: Actor, proposal: str, *, role: str, key: str) -> Moved | Refused:
    """Agree to a proposal for one of the two roles, which must be one's own."""

    def decide(tx: Transaction) -> Decision:
        row = store.proposal(tx.connection, proposal)
        if row is None or role not in flow.ROLES or role not in actor.roles:
            return access.ABSENT
        standing = store.standing(row)
        refused = flow.refuse_signing(standing, role, actor.person, current=_digest_now(cell, tx, row))
        if refused:
            return refused
        signed = OperationalizationSigned(
            proposal=proposal, programme=row.programme, role=role, person=actor.person,
            subject_digest=row.subject_digest,
        )  # fmt: skip
        both = flow.agreed_by(standing, role, actor.person)
        if both is None:
            return [signed]
        agreed = OperationalizationAgreed(
            proposal=proposal, programme=row.programme, rubric=row.rubric, researcher=both["researcher"],
            lead=both["lead"], subject_digest=row.subject_digest,
        )  # fmt: skip
        return [signed, agreed]

    return _moved(cell, actor, key, ["sign-operationalization", proposal, role], decide=decide)


def decline(cell: Cell, actor: Actor, proposal: str, *, why: str, key: str) -> Moved | Refused:
    """Do not agree to a proposal, with words that a later reader can follow. It is closed."""

    def decide(tx: Transaction) -> Decision:
        row = store.proposal(tx.connection, proposal)
        if row is None:
            return access.ABSENT
        if row.state != flow.PROPOSED:
            sentence = f"Expected a proposal that waits for signatures, found one {row.state}."
            return Refused("proposal-closed", sentence)
        if len(why.strip()) < flow.NOTES_CHARACTERS_MIN:
            sentence = f"Expected at least {flow.NOTES_CHARACTERS_MIN} characters on what speaks against it."
            return Refused("notes-too-short", sentence, "why")
        words = _words(tx, row.programme, actor, why)
        return [OperationalizationDeclined(proposal=proposal, programme=row.programme, person=actor.person, why=words)]

    return _moved(cell, actor, key, ["decline-operationalization", proposal, why], decide=decide)


def _digest_now(cell: Cell, tx: Transaction, row: Row) -> str | None:
    current = cell.constitution(tx.connection, row.programme)
    rubric = rubrics.current(tx.connection, row.programme, row.rubric)
    if current is None or rubric is None:
        return None
    return flow.subject_digest(current, cell.rubric(tx.connection, rubric.document))


def _words(tx: Transaction, programme: str, actor: Actor, words: str) -> ObjectRef:
    return tx.seal(words.strip().encode(), scope=f"programme:{programme}", subjects=[f"person:{actor.person}"])


def _moved(
    cell: Cell, actor: Actor, key: str, wish: list[str], *, decide: Callable[[Transaction], Decision]
) -> Moved | Refused:
    answer = cell.execute(Command(actor, "constitution.agree", key, canon.encode(wish), decide))
    if isinstance(answer, Refused):
        return answer
    fact = answer.facts[-1]
    states = {OperationalizationAgreed: flow.AGREED, OperationalizationDeclined: flow.DECLINED}
    assert isinstance(
        fact,
        OperationalizationProposed | OperationalizationSigned | OperationalizationAgreed | OperationalizationDeclined,
    )
    return Moved(fact.proposal, fact.programme, states.get(type(fact), flow.PROPOSED), answer)


@dataclass(frozen=True, slots=True)
class ProposalPage:
    """A proposal with what is signed: the criteria and principles as they read now.

    is_current  whether the rubric and the constitution still read as when it was proposed
    may_sign    roles for which whoever looks could sign
    """

    row: Row
    constitution: Constitution
    rubric: Rubric
    carried: dict[str, list[str]]
    is_current: bool
    may_sign: tuple[str, ...]


def proposal_page(cell: Cell, actor: Actor, proposal: str) -> ProposalPage | Refused:
    """One proposal, with the criteria and principles that it ties together."""
    if not access.allows(actor, "constitution.read"):
        return access.ABSENT
    with cell.read() as connection:
        row = store.proposal(connection, proposal)
        if row is None:
            return access.ABSENT
        then = next(one for one in store.versions(connection, row.programme) if one.version == row.version)
        version = rubrics.version(connection, row.programme, row.rubric, row.rubric_version)
        now = rubrics.current(connection, row.programme, row.rubric)
        assert version is not None, "a proposal names a rubric version that was published"
        assert now is not None, "a published rubric has a version in force"
        constitution, rubric = (
            cell.constitution_of(connection, then.document),
            cell.rubric(connection, version.document),
        )
        current = cell.constitution(connection, row.programme)
        assert current is not None, "a programme with a proposal has a constitution"
        is_current = flow.subject_digest(current, cell.rubric(connection, now.document)) == row.subject_digest
    standing = store.standing(row)
    may_sign = tuple(
        role for role in flow.ROLES
        if role in actor.roles and access.allows(actor, "constitution.agree")
        and not flow.refuse_signing(standing, role, actor.person, current=row.subject_digest if is_current else None)
    )  # fmt: skip
    carried = msgspec.json.decode(row.carried, type=dict[str, list[str]])
    return ProposalPage(row, constitution, rubric, carried, is_current, may_sign)


def not_agreed(cell: Cell, connection: journal.Connection, programme: str) -> dict[str, Refused]:
    """Rubric: why no new work is given out under it, of those in force that wait for an agreement.

    Empty for a programme without a constitution.
    """
    current = cell.constitution(connection, programme)
    if current is None:
        return {}
    agreed = store.agreed(connection, programme)
    in_force = cell.rubrics_in_force(connection, programme).values()
    refused = {rubric.id: flow.refuse_use(current, rubric, agreed) for rubric in in_force}
    return {name: why for name, why in refused.items() if why is not None}


def agreed(
    cell: Cell, connection: journal.Connection, programme: str, passed: dict[str, Row]
) -> dict[str, Row] | Refused:
    """Of rubric versions by domain, those that may be used for new work; the refusal when all of some wait."""
    waiting = not_agreed(cell, connection, programme)
    found = {domain: version for domain, version in passed.items() if version.rubric not in waiting}
    return found if found or not passed else next(waiting[version.rubric] for version in passed.values())


def lacks(cell: Cell, connection: journal.Connection, programme: str) -> list[Finding] | None:
    """What a programme's constitution and its rubrics lack; None for a programme without a constitution."""
    current = cell.constitution(connection, programme)
    return None if current is None else flow.findings(current, cell.rubrics_in_force(connection, programme))


# --- trade-offs -------------------------------------------------------------------------------------------------


def principles_for(cell: Cell, actor: Actor, programme: str) -> Constitution | None:
    """The constitution in force from which an expert may choose the principles that conflicted; None without one."""
    if not access.allows(actor, "constitution.read"):
        return None
    with cell.read() as connection:
        return cell.constitution(connection, programme)


def refuse_trade_off(
    cell: Cell, connection: journal.Connection, programme: str, given: TradeOff | None
) -> Refused | None:
    """Why a trade-off cannot be noted beside a judgment, or None; asked before anything of the judgment is sealed."""
    return None if given is None else flow.refuse_trade_off(cell.constitution(connection, programme), given)


def note_trade_off(
    cell: Cell, tx: Transaction, judged: JudgmentSubmitted, given: TradeOff | None, *, run: str
) -> list[TradeOffNoted]:
    """The fact of a trade-off beside a judgment, inside its command. Empty when none was noted.

    run  the import of the item: the words may quote it, and close with it
    """
    current = None if given is None else cell.constitution(tx.connection, judged.programme)
    if given is None or current is None:
        return []
    note = tx.seal(given.note.strip().encode(), scope=f"run:{run}", subjects=[f"person:{judged.expert}"])
    return [
        TradeOffNoted(
            judgment=judged.judgment, item=judged.item, programme=judged.programme, batch=judged.batch,
            constitution=current.id, constitution_version=current.version,
            principles=flow.in_order(current, given), prevailed=given.prevailed, note=note,
        )
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Noted:
    """One trade-off, without its words. version: of the constitution then."""

    judgment: str
    item: str
    version: str
    principles: tuple[str, ...]
    prevailed: str | None
    at: int


@dataclass(frozen=True, slots=True)
class TradeOffs:
    """The trade-offs of a programme: how often principles conflicted, and on which items.

    noted  newest first, without their words: these open with the item
    """

    constitution: Constitution
    conflicts: tuple[Conflict, ...]
    noted: tuple[Noted, ...]


def trade_offs(cell: Cell, actor: Actor, programme: str) -> TradeOffs | Refused:
    """Count conflicts by pair of principles."""
    if not access.allows(actor, "gate.read"):
        return access.ABSENT
    with cell.read() as connection:
        current = cell.constitution(connection, programme)
        if current is None:
            return access.ABSENT
        rows = store.trade_offs(connection, programme)
    noted = tuple(
        Noted(row.judgment, row.item, row.version, tuple(store.names_of(row)), row.prevailed, row.at) for row in rows
    )
    return TradeOffs(current, tuple(flow.conflicts([(one.principles, one.prevailed) for one in noted])), noted)
