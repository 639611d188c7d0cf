"""Judgments made elsewhere, held against the forms of their items, and read into one shape."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tallystick.app import erased
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.app.erased import Gone
from tallystick.app.looking import About
from tallystick.flow.answer import Matter, faults
from tallystick.flow.items import JudgmentRow, content_of
from tallystick.flow.refusal import Refused
from tallystick.flow.rubric import Rubric
from tallystick.signals.preference import IMPORTED_VERDICTS
from tallystick.signals.preference import SIGNAL as PAIR
from tallystick.signals.shape import LETTERS, Answer, Fault, Reason
from tallystick.store import items
from tallystick.store.schema import Row


@dataclass(frozen=True, slots=True)
class Read:
    """One row as an answer on the item's own candidates, or what is wrong with it."""

    answer: Answer
    fault: Fault | None = None


def read(
    cell: Cell, actor: Actor, rows: Mapping[int, JudgmentRow], *, programme: str, run: str,
    in_force: Mapping[str, Rubric],
) -> dict[int, Read] | Refused:  # fmt: skip
    """Line: what it says. Rows on items that are not here, or no longer readable, say so elsewhere.

    Items of pairs are not opened: their form is the same for all. That the others are opened is one event.
    """
    with cell.read() as connection:
        known = items.by_external(connection, programme, sorted({row.item for row in rows.values()}))
    others = sorted({row.item for row in known.values() if row.signal != PAIR})
    matters: dict[str, Matter] = {}
    if others:
        about = About(subject=run, what="item", reason="check", subjects=tuple(others))
        look = cell.look(actor, "item.import", about)
        if isinstance(look, Refused):
            return look
        with cell.read() as connection:
            opened = erased.payloads(
                cell, connection, [row.content for row in known.values() if row.item in others], look
            )
        contents = {row.content: row for row in known.values()}
        matters = {
            contents[name].item: _matter(payload, contents[name])
            for name, payload in opened.items()
            if not isinstance(payload, Gone)
        }
    return {line: _read(row, known.get(row.item), matters, in_force) for line, row in rows.items()}


def _matter(payload: bytes, row: Row) -> Matter:
    order = LETTERS[: row.candidates].upper()
    signal, content = content_of(payload, order)
    return Matter(signal=signal, content=content, order=order)


def _read(said: JudgmentRow, item: Row | None, matters: Mapping[str, Matter], in_force: Mapping[str, Rubric]) -> Read:
    answer = Answer(
        verdict=said.verdict, scores=dict(said.scores), values=dict(said.values), marks=list(said.marks),
        texts=dict(said.texts), reasons=list(_reasons(said)),
    )  # fmt: skip
    if item is None:
        return Read(answer)
    if item.signal == PAIR:
        return Read(answer, _pair_fault(said))
    rubric, matter = in_force.get(item.domain), matters.get(item.item)
    if rubric is None or matter is None:
        return Read(answer)
    bare = answer.model_copy(update={"reasons": []})
    wrong = next(iter(faults(bare, rubric, matter, is_whole=False)), None)
    if wrong is not None:
        return Read(answer, wrong)
    signal = matter.under(rubric).signal
    return Read(answer.model_copy(update={"verdict": signal.verdict_of(answer, matter.content)}))


def _reasons(said: JudgmentRow) -> Iterable[Reason]:
    """A rationale stands once with each criterion that it names."""
    return (Reason(criterion=name, text=said.rationale) for name in said.reasons) if said.rationale else ()


def _pair_fault(said: JudgmentRow) -> Fault | None:
    if said.verdict not in IMPORTED_VERDICTS:
        return Fault("verdict", f"one of {', '.join(IMPORTED_VERDICTS)}")
    strange = next((name for name in ("values", "marks", "texts") if getattr(said, name)), None)
    if strange:
        return Fault(strange, f"no {strange} on a pair of candidates")
    halves = next((name for name, points in said.scores.items() if set(points) != {"a", "b"}), None)
    return Fault(f"scores.{halves}", "scores of a and b") if halves else None
