"""The shortcut audit: opens the texts that were judged, measures their form, and records what was found."""

from dataclasses import dataclass

import msgspec

from tallystick import __version__, canon
from tallystick.app import access, erased
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.app.contract import unreadable
from tallystick.app.kernel import Command, Decision, Receipt, Transaction
from tallystick.app.looking import About, Look
from tallystick.app.monitoring.figures import names_of
from tallystick.events.monitoring import ShortcutAudited
from tallystick.flow.monitoring.audit import EXPERT, Head, Measured, Preferred, audited
from tallystick.flow.refusal import Refused
from tallystick.flow.shortcuts import form_of
from tallystick.store import contract as contracts
from tallystick.store import monitoring
from tallystick.store.schema import Row

TOGETHER = 500
"""So many texts are open at once."""
ANY_LANGUAGE = ""
NOTHING_TO_AUDIT = Refused(
    "nothing-to-audit", "Expected preferences between texts that can be read, found none. Have items judged first."
)


@dataclass(frozen=True, slots=True)
class Audited:
    """A shortcut audit that is in the journal."""

    audit: str
    facts: tuple[ShortcutAudited, ...]
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class PastAudit:
    """An audit of a programme: the newest in full, with how its reader knows the experts in it."""

    audit: str
    at: int
    by: str
    seq: int
    facts: tuple[ShortcutAudited, ...]


@dataclass(frozen=True, slots=True)
class AuditsPage:
    """The shortcut audits of a programme, newest first; `names` of the experts that they speak of."""

    programme: Row
    audits: tuple[PastAudit, ...]
    names: dict[str, str]


def run(cell: Cell, actor: Actor, programme: str, *, language: str = ANY_LANGUAGE, key: str) -> Audited | Refused:
    """Hold all preferences of a programme against the form of the texts, and record what was found.

    language  of the items that are taken, such as `en`; all of them when empty. Hedges, confidence and refusals are
              measured only where every text is English
    """
    prepared = _prepared(cell, actor, programme, language, key=key)
    if isinstance(prepared, Refused):
        return prepared
    # All is measured before the writers' lock is taken. The facts name the judgments that they are of, by digest and
    # place: what comes in meanwhile is of the next audit, and nothing that is said here becomes untrue by it.
    request = canon.encode(["shortcut-audit", programme, language])

    def decide(tx: Transaction) -> Decision:
        name = tx.new_id("sca")
        return [msgspec.structs.replace(fact, audit=name) for fact in prepared]

    answer = cell.execute(Command(actor, "monitor.write", key, request, decide))
    if isinstance(answer, Refused):
        return answer
    facts = tuple(fact for fact in answer.facts if isinstance(fact, ShortcutAudited))
    return Audited(facts[0].audit, facts, answer)


def _prepared(cell: Cell, actor: Actor, programme: str, language: str, *, key: str) -> list[ShortcutAudited] | Refused:
    if not access.allows(actor, "monitor.write"):
        return access.ABSENT
    with cell.read() as connection:
        refused = unreadable(cell, connection, actor, programme)
        if contracts.programme(connection, programme) is None or refused:
            return refused or access.ABSENT
        rows = monitoring.to_audit(connection, programme)
    wanted = [row for row in rows if language in (ANY_LANGUAGE, _language(row))]
    contents = {row.content: (row.item, _language(row)) for row in wanted}
    if not contents:
        return NOTHING_TO_AUDIT
    about = About(subject=programme, what="item", reason="audit", subjects=tuple(item for item, _ in contents.values()))
    look = cell.look(actor, "monitor.write", about, key=f"{key}|texts")
    if isinstance(look, Refused):
        return look
    head = Head(audit="", programme=programme, language=language or None, code_version=__version__)
    facts = audited([_preferred(row) for row in wanted], _forms(cell, contents, look), head)
    return facts or NOTHING_TO_AUDIT


def _preferred(row: Row) -> Preferred:
    return Preferred(
        judgment=row.judgment, item=row.item, expert=row.expert, version=f"{row.rubric} {row.rubric_version}",
        verdict=row.verdict, order=row.order if row.is_observed else None, seq=row.seq,
    )  # fmt: skip


def _language(row: Row) -> str:
    """The language of an item, as its taxonomy has it; English where it says nothing."""
    places: dict[str, str] = msgspec.json.decode(row.taxonomy)
    return places.get("language", "en")


def _forms(cell: Cell, contents: dict[str, tuple[str, str]], look: Look) -> dict[str, Measured]:
    """Item: the form of its texts, a few hundred open at a time. Erased ones are left out."""
    found: dict[str, Measured] = {}
    names = list(contents)
    for start in range(0, len(names), TOGETHER):
        with cell.read() as connection:
            opened = erased.payloads(cell, connection, names[start : start + TOGETHER], look)
        for name, payload in opened.items():
            if isinstance(payload, bytes):
                item, language = contents[name]
                found[item] = _measured(payload, language)
    return found


def _measured(payload: bytes, language: str) -> Measured:
    data = msgspec.json.decode(payload)
    prompt = data["prompt"]
    first, second = (form_of(one["text"], prompt, language=language) for one in data["candidates"])
    return Measured(prompt=canon.digest(prompt.encode()), first=first, second=second)


def audits(cell: Cell, actor: Actor, programme: str) -> AuditsPage | Refused:
    """Every shortcut audit of a programme."""
    if not access.allows(actor, "monitor.read"):
        return access.ABSENT
    with cell.read() as connection:
        row = contracts.programme(connection, programme)
        if row is None:
            return access.ABSENT
        rows = monitoring.audits(connection, programme)
    found: dict[str, list[Row]] = {}
    for one in reversed(rows):
        found.setdefault(one.audit, []).append(one)
    past = [
        PastAudit(
            name, parts[0].at, parts[0].by, parts[0].seq,
            tuple(msgspec.json.decode(part.body, type=ShortcutAudited) for part in parts),
        )
        for name, parts in found.items()
    ]  # fmt: skip
    experts = {fact.name for one in past for fact in one.facts if fact.axis == EXPERT}
    names = names_of(cell, actor, programme, tuple(sorted(experts)))
    return names if isinstance(names, Refused) else AuditsPage(row, tuple(reversed(past)), names)
