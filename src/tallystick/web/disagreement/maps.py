"""The batches of a programme by the causes of their disagreements, and the map of one batch. Through app."""

from collections.abc import Iterable, Mapping

from tallystick.app import access, disagreement
from tallystick.app.disagreement import NOT_CLASSIFIED, STANDS, Map, Mapped
from tallystick.app.kernel import new_key
from tallystick.canon import PPM
from tallystick.edge import Visit
from tallystick.edge.pages import PageAnswer
from tallystick.flow.refusal import Refused
from tallystick.plots import SharePlot, ShareRow
from tallystick.web import frame, words
from tallystick.web.disagreement.words import SECTION, corrections, heading_of, standing, table
from tallystick.web.language import N_, counted, said
from tallystick.web.views import disagreement as views
from tallystick.web.views.parts import Fact

ROWS_MAX = 200
BANDS = (
    (0, N_("below 50 %")), (500_000, N_("50 to 70 %")), (700_000, N_("70 to 90 %")), (900_000, N_("90 % and more")),
)  # fmt: skip


def batches(visit: Visit) -> PageAnswer:
    """The batches of a programme, their disagreements counted by cause."""
    programme = visit.path["programme"]
    found = disagreement.batches_by_cause(visit.cell, visit.actor, programme)
    if isinstance(found, Refused):
        return found
    rows = tuple(
        views.CauseCounts(
            name=f"{one.row.name} ({one.row.domain})", href=f"/batches/{one.row.batch}/causes",
            total=one.disagreements, counts=_in_order(one.counts),
        )
        for one in found
    )  # fmt: skip
    view = views.Batches(
        table=views.CauseTable(axis=said("Batch"), columns=_columns(), rows=rows), models_href="/causes/models",
        queue_href=f"/programmes/{programme}/disagreements",
    )  # fmt: skip
    trail = (said(SECTION), f"/programmes/{programme}/disagreements")
    page = frame.page(visit, said("Disagreements by cause"), at=frame.inside(visit, programme, SECTION, trail))
    return frame.shown("disagreement/list.html", view, page)


def _columns() -> tuple[str, ...]:
    return tuple(heading_of(name) for name in STANDS)


def _in_order(counts: Mapping[str, int]) -> tuple[int, ...]:
    return tuple(counts.get(name, 0) for name in STANDS)


def shown_map(visit: Visit) -> PageAnswer:
    """The disagreement map of a batch."""
    found = disagreement.disagreement_map(visit.cell, visit.actor, visit.path["batch"])
    if isinstance(found, Refused):
        return found
    programme = found.row.programme
    trail = ((said("Disagreements by cause"), f"/programmes/{programme}/causes"),)
    heading = said("Disagreement map of %(batch)s", batch=found.row.name)
    page = frame.page(visit, heading, at=frame.inside(visit, programme, SECTION, *trail))
    return frame.shown("disagreement/map.html", _map(visit, found), page)


def _map(visit: Visit, found: Map) -> views.MapPage:
    rows = sorted(found.items, key=lambda one: (STANDS.index(one.stands), -(one.confidence_ppm or 0), one.external))
    may_classify = access.allows(visit.actor, "monitor.write")
    return views.MapPage(
        batch=found.row.name,
        plot=SharePlot(
            title=said("Disagreements by cause"),
            rows=tuple(ShareRow(label=heading_of(name), count=found.counts[name]) for name in STANDS),
        ),
        bands=_bands(found.items),
        axes=tuple(_axis(words.axis(name).capitalize(), by) for name, by in found.by_axis.items()),
        helps=tuple(Fact(term=counted("%(number)s item", "%(number)s items", n), value=one) for one, n in found.helps),
        corrections=corrections(found.corrections), rows=tuple(_row(one) for one in rows[:ROWS_MAX]),
        more=_more(len(rows) - ROWS_MAX),
        distributions=tuple(table(one, of=_name(found, one.item)) for one in found.distributions), model=found.model,
        action=f"/batches/{found.row.batch}/causes" if may_classify else None, idempotency_key=new_key(),
    )  # fmt: skip


def _more(number: int) -> str:
    if number <= 0:
        return ""
    return counted(
        "%(number)s more is in the JSON of this page.", "%(number)s more are in the JSON of this page.", number
    )


def _bands(mapped: Iterable[Mapped]) -> views.CauseTable:
    """By how likely the likeliest cause is: a cause is determined from 70 % on, different values from 80 %."""
    counts: dict[str, dict[str, int]] = {name: {} for _, name in BANDS}
    for one in mapped:
        if one.confidence_ppm is not None:
            band = next(name for start, name in reversed(BANDS) if one.confidence_ppm >= start)
            counts[band][one.stands] = counts[band].get(one.stands, 0) + 1
    return _axis(said("How likely"), counts, values={name: said(name) for _, name in BANDS})


def _axis(
    name: str, by: Mapping[str, Mapping[str, int]], *, values: Mapping[str, str] | None = None
) -> views.CauseTable:
    """Counts along an axis; columns that are empty throughout are left out."""
    kept = [stands for stands in STANDS if any(counts.get(stands) for counts in by.values())]
    rows = tuple(
        views.CauseCounts(
            name=(values or {}).get(value, value), href=None, total=sum(counts.values()),
            counts=tuple(counts.get(one, 0) for one in kept),
        )
        for value, counts in by.items()
    )  # fmt: skip
    columns = tuple(heading_of(one) for one in kept)
    return views.CauseTable(axis=name, columns=columns, rows=rows)


def _row(one: Mapped) -> views.MapRow:
    return views.MapRow(
        name=one.external, href=None if one.stands == NOT_CLASSIFIED else f"/disagreements/{one.item}/cause",
        stands=standing(one.stands), is_corrected=one.is_corrected,
        confidence=None if one.confidence_ppm is None else one.confidence_ppm / PPM, judges=one.judges,
        state=words.CASE_STATES[one.state], help=one.helps[0] if one.helps else "",
    )  # fmt: skip


def _name(found: Map, item: str) -> str:
    return next(one.external for one in found.items if one.item == item)


def classify(visit: Visit) -> PageAnswer:
    """Classify what is new in a batch, as much as one call takes."""
    batch = visit.path["batch"]
    done = disagreement.classify_batch(visit.cell, visit.actor, batch, key=visit.text("idempotency_key"), limit=200)
    if isinstance(done, Refused):
        return done
    return frame.moved(f"/batches/{batch}/causes?done={'classified-some' if done.left else 'classified'}")
