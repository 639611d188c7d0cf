"""Pay terms: who must accept which, what they say, and the acceptance itself. Nobody gets paid work before."""

from dataclasses import dataclass

import msgspec

from tallystick import canon
from tallystick.app import access
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.app.kernel import Command, Decision, Receipt, Transaction
from tallystick.events.pay import PayRate, PayTermsAccepted
from tallystick.flow import pay as flow
from tallystick.flow.pay.terms import not_accepted
from tallystick.flow.refusal import Refused
from tallystick.ledger import journal
from tallystick.store import contract as contracts
from tallystick.store import pay
from tallystick.store.schema import Row


@dataclass(frozen=True, slots=True)
class TermsPage:
    """The pay terms in force of a programme, and what whoever asks accepted of them.

    words     the text of the terms as the contract has it
    accepted  what this person accepted last; None when nothing
    """

    row: Row
    rates: tuple[PayRate, ...]
    words: str
    accepted: Row | None

    @property
    def is_accepted(self) -> bool:
        """Whether the terms in force are the ones that were accepted."""
        return self.accepted is not None and bool(self.accepted.terms == self.row.terms)


@dataclass(frozen=True, slots=True)
class Accepted:
    """An acceptance that is durably in the journal."""

    programme: str
    terms: str
    receipt: Receipt


def may_work(connection: journal.Connection, person: str, programme: str) -> Refused | None:
    """Why somebody gets no work in a programme until they have accepted its pay terms, or None.

    None as well in a programme whose contract says nothing about pay.
    """
    row = pay.in_force(connection, programme)
    if row is None:
        return None
    said = pay.accepted(connection, person, programme)
    return None if said is not None and said.terms == row.terms else not_accepted(programme)


def terms_page(cell: Cell, actor: Actor, programme: str) -> TermsPage | Refused:
    """The pay terms in force: for those who work by them, and for those who may read pay."""
    if not (access.allows(actor, "pay.own") or access.allows(actor, "pay.read")):
        return access.ABSENT
    with cell.read() as connection:
        row, said = contracts.programme(connection, programme), pay.in_force(connection, programme)
        if row is None or said is None:
            return access.ABSENT
        document = next(
            one.document for one in contracts.versions(connection, programme) if one.version == said.version
        )
        section = cell.contract(connection, document).pay
        assert section is not None, "a contract version with pay terms has the section"
        return TermsPage(
            row=said, rates=tuple(msgspec.json.decode(said.rates, type=list[PayRate])), words=section.terms,
            accepted=pay.accepted(connection, actor.person, programme),
        )  # fmt: skip


def accept(cell: Cell, actor: Actor, programme: str, *, terms: str, key: str) -> Accepted | Refused:
    """Accept the terms in force. Accepting them twice writes nothing new.

    terms  the digest of the terms that were shown
    """

    def decide(tx: Transaction) -> Decision:
        row = pay.in_force(tx.connection, programme)
        if row is None:
            return access.ABSENT
        if row.terms != terms:
            return flow.TERMS_CHANGED
        if may_work(tx.connection, actor.person, programme) is None:
            return []
        return [PayTermsAccepted(programme=programme, person=actor.person, terms=terms, contract_version=row.version)]

    request = canon.encode(["accept-pay-terms", programme, terms])
    answer = cell.execute(Command(actor, "pay.own", key, request, decide))
    return answer if isinstance(answer, Refused) else Accepted(programme, terms, answer)
