"""Which answers stand beside which in a batch, against what chance would have. Reads through app."""

from tallystick.app import monitoring
from tallystick.app.monitoring import ConfusedPage
from tallystick.edge import Site, Visit
from tallystick.edge.pages import PageAnswer
from tallystick.flow.monitoring.confused import VERDICT
from tallystick.flow.refusal import Refused
from tallystick.web import frame, words
from tallystick.web.frame import Place
from tallystick.web.language import N_, beside_exact, counted, formats, said
from tallystick.web.monitoring.shares import limits, percent
from tallystick.web.views import monitoring as views
from tallystick.web.views.parts import Link

HEADING = N_("Which answers are given for which")
AGREEMENT = N_("Agreement")


def mount(site: Site) -> None:
    """Register confusion."""
    site.page("/batches/{batch}/confusion", confusion, permission="monitor.read")


def confusion(visit: Visit) -> PageAnswer:
    """The answers of a batch held against each other: the verdict, or one criterion."""
    batch = visit.path["batch"]
    found = monitoring.confused(visit.cell, visit.actor, batch, of=visit.query.get("of", VERDICT))
    if isinstance(found, Refused):
        return found
    between = found.between
    view = views.ConfusionPage(
        dimensions=tuple(
            Link(
                label=_dimension(name), href=f"/batches/{batch}/confusion?of={name}",
                note=said("shown") if name == between.what else "",
            )
            for name in between.dimensions
        ),
        sentence=_sentence(found), missing=_missing(between.confusion.reason),
        categories=tuple(_answer(name) for name in between.confusion.categories), rows=_rows(found),
        pairs=_pairs(found),
        by_category=tuple(
            views.CategoryRow(name=_answer(one.category), given=one.count, estimate=words.estimate_of(one))
            for one in between.categories
        ),
        notes=_notes(found),
    )  # fmt: skip
    programme = found.row.programme
    trail = (
        (programme, f"/programmes/{programme}"), (said(AGREEMENT), f"/programmes/{programme}/agreement"),
        (f"{found.row.name}, {found.row.domain}", f"/batches/{batch}"),
    )  # fmt: skip
    at = Place(trail=trail, programme=programme, section=AGREEMENT)
    return frame.shown("monitoring/confusion.html", view, frame.page(visit, said(HEADING), at=at))


def _dimension(name: str) -> str:
    return said("verdict") if name == VERDICT else name.replace("_", " ")


def _answer(name: str) -> str:
    return words.DIRECTIONS.get(name) or name


def _missing(reason: str | None) -> str:
    """Why there is no matrix; empty where there is one."""
    if reason is None:
        return ""
    return beside_exact(said("Fewer items have two judgments than are needed: have more judged."), reason)


def _sentence(found: ConfusedPage) -> str:
    worst = found.between.worst
    if worst is None or worst.observed is None or worst.expected is None:
        return said("No two judgments of one item give different answers.")
    return said(
        "“%(first)s” and “%(second)s” stand beside each other most often: in %(observed)s of comparisons, where chance "
        "alone would give %(expected)s.",
        first=_answer(worst.first), second=_answer(worst.second), observed=percent(worst.observed),
        expected=percent(worst.expected),
    )  # fmt: skip


def _rows(found: ConfusedPage) -> tuple[views.ConfusedRow, ...]:
    between = found.between.confusion
    cells = {
        (cell.first, cell.second): views.ConfusedCell(
            observed=percent(cell.observed), expected=percent(cell.expected), is_agreement=cell.first == cell.second
        )
        for cell in between.cells
        if cell.observed is not None and cell.expected is not None
    }
    if not cells:
        return ()
    return tuple(
        views.ConfusedRow(name=_answer(first), cells=tuple(cells.get((first, second)) for second in between.categories))
        for first in between.categories
    )


def _pairs(found: ConfusedPage) -> tuple[views.ConfusedPair, ...]:
    apart = [cell for cell in found.between.confusion.cells if cell.first != cell.second and cell.observed]
    return tuple(
        views.ConfusedPair(
            name=f"{_answer(cell.first)} / {_answer(cell.second)}",
            share=views.Share(value=percent(cell.observed or 0), interval=limits(cell.interval), of=""),
            expected=percent(cell.expected or 0), ratio="" if cell.ratio is None else formats.number(cell.ratio),
            items=cell.items,
        )
        for cell in sorted(apart, key=lambda cell: -(cell.observed or 0))
    )  # fmt: skip


def _notes(found: ConfusedPage) -> tuple[str, ...]:
    between = found.between
    notes = [
        said("A comparison is of two judgments of one item. By chance: if the same answers fell to items at random.")
    ]
    if between.what != VERDICT:
        notes.append(said("Scores of each candidate are compared by themselves."))
    if found.expected:
        notes.append(
            counted(
                "%(number)s judgment on items that were declared as expected to divide stays out.",
                "%(number)s judgments on items that were declared as expected to divide stay out.",
                found.expected,
            )
        )
    if between.left_out:
        notes.append(
            counted(
                "%(number)s score on an earlier, wider scale stays out.",
                "%(number)s scores on an earlier, wider scale stay out.",
                between.left_out,
            )
        )
    return tuple(notes)
