"""Causes of disagreements: the map of a batch, one item, models, one's own groups. Reads and writes through app."""

import math
from collections.abc import Iterable, Mapping, Sequence

from tallystick.app import access, disagreement
from tallystick.app.disagreement import AXES, NOT_CLASSIFIED, STANDS, Corrections, ItemCause, Map, Mapped
from tallystick.app.kernel import new_key
from tallystick.canon import PPM
from tallystick.edge import Site, Visit, status_of
from tallystick.edge.pages import PageAnswer
from tallystick.events.disagreement import ClassModelFitted, DistributionRecorded, ModelQuality, WeighedTerm
from tallystick.flow.disagreement import BUILT_IN, CAUSE_NAMES, NO_VARIATION, UNDETERMINED
from tallystick.flow.disagreement.groups import group_words
from tallystick.flow.refusal import Refused
from tallystick.plots import SharePlot, ShareRow
from tallystick.web import frame, words
from tallystick.web.frame import Place
from tallystick.web.views import disagreement as views
from tallystick.web.views.page import Notice
from tallystick.web.views.parts import Choice, Fact, Link, Pill

READERS = "adjudicate or gate.read"
CORRECTORS = "adjudicate or monitor.write"
SECTION = "Disagreements"
FORM_BYTES = 50_000
ROWS_MAX = 200
RATHER_NOT = "Rather not say"
BANDS = ((0, "below 50 %"), (500_000, "50 to 70 %"), (700_000, "70 to 90 %"), (900_000, "90 % and more"))
STANDINGS: Mapping[str, Pill] = {
    **{cause: Pill(label=words.CAUSES[cause], tone="good") for cause in CAUSE_NAMES},
    UNDETERMINED: Pill(label="undetermined", tone="waiting"), NO_VARIATION: Pill(label="not divided"),
    NOT_CLASSIFIED: Pill(label="not classified", tone="waiting"),
}  # fmt: skip
SOURCES: Mapping[str, str] = {
    "labels": "Labels", "skill": "How often judges are wrong", "experts": "Who is qualified",
    "groups": "Declared groups", "context_seen": "Who saw more context", "retests": "Judged again, same rubric",
    "context_flags": "Asked for context", "calibration": "Judged again, clearer rubric",
    "criteria": "Criteria in reasons",
}  # fmt: skip


def mount(site: Site) -> None:
    """Register causes of disagreements and declared groups."""
    site.page("/programmes/{programme}/causes", batches, permission="gate.read")
    site.page("/batches/{batch}/causes", shown_map, permission="gate.read")
    site.page("/batches/{batch}/causes", classify, permission="monitor.write", methods=("POST",), max_bytes=4_000)
    site.page("/disagreements/{item}/cause", cause, permission=READERS)
    site.page("/disagreements/{item}/cause", correct, permission=CORRECTORS, methods=("POST",), max_bytes=FORM_BYTES)
    site.page("/causes/models", models, permission="gate.read")
    site.page("/causes/models", fit, permission="monitor.write", methods=("POST",), max_bytes=4_000)
    site.page("/causes/models/{model}", choose, permission="monitor.write", methods=("POST",), max_bytes=4_000)
    site.page("/me/groups", groups, permission="work.do")
    site.page("/me/groups", declare, permission="work.do", methods=("POST",), max_bytes=FORM_BYTES)
    site.page("/me/groups/withdraw", withdraw, permission="work.do", methods=("POST",), max_bytes=4_000)


# --- the map ------------------------------------------------------------------------------------------------------


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
        table=views.CauseTable(axis="Batch", columns=_columns(), rows=rows), models_href="/causes/models",
        queue_href=f"/programmes/{programme}/disagreements",
    )  # fmt: skip
    trail = (SECTION, f"/programmes/{programme}/disagreements")
    page = frame.page(visit, "Disagreements by cause", at=frame.inside(visit, programme, SECTION, trail))
    return frame.shown("disagreement/list.html", view, page)


def _columns() -> tuple[str, ...]:
    return tuple(STANDINGS[name].label.capitalize() for name in STANDS)


def _in_order(counts: Mapping[str, int]) -> tuple[int, ...]:
    return tuple(counts.get(name, 0) for name in STANDS)


def shown_map(visit: Visit) -> PageAnswer:
    """The disagreement map of a batch."""
    found = disagreement.disagreement_map(visit.cell, visit.actor, visit.path["batch"])
    if isinstance(found, Refused):
        return found
    programme = found.row.programme
    trail = (("Disagreements by cause", f"/programmes/{programme}/causes"),)
    heading = f"Disagreement map of {found.row.name}"
    page = frame.page(visit, heading, at=frame.inside(visit, programme, SECTION, *trail))
    return frame.shown("disagreement/map.html", _map(visit, found), page)


def _map(visit: Visit, found: Map) -> views.MapPage:
    listed = sorted(found.items, key=lambda one: (STANDS.index(one.stands), -(one.confidence_ppm or 0), one.external))
    may_classify = access.allows(visit.actor, "monitor.write")
    return views.MapPage(
        batch=found.row.name,
        plot=SharePlot(
            title="Disagreements by cause",
            rows=tuple(ShareRow(label=STANDINGS[name].label.capitalize(), count=found.counts[name]) for name in STANDS),
        ),
        bands=_bands(found.items), axes=tuple(_axis(name, by) for name, by in found.by_axis.items()),
        helps=tuple(Fact(term=words.plural(n, "item", "items"), value=told) for told, n in found.helps),
        corrections=_corrections(found.corrections), rows=tuple(_row(one) for one in listed[:ROWS_MAX]),
        more="" if len(listed) <= ROWS_MAX else f"{len(listed) - ROWS_MAX:,} more are in the JSON of this page.",
        distributions=tuple(_table(one, of=_name(found, one.item)) for one in found.distributions), model=found.model,
        action=f"/batches/{found.row.batch}/causes" if may_classify else None, idempotency_key=new_key(),
    )  # fmt: skip


def _bands(mapped: Iterable[Mapped]) -> views.CauseTable:
    """By how likely the likeliest cause is: a cause is determined from 70 % on, different values from 80 %."""
    counts: dict[str, dict[str, int]] = {name: {} for _, name in BANDS}
    for one in mapped:
        if one.confidence_ppm is not None:
            band = next(name for start, name in reversed(BANDS) if one.confidence_ppm >= start)
            counts[band][one.stands] = counts[band].get(one.stands, 0) + 1
    return _axis("How likely", counts)


def _axis(name: str, by: Mapping[str, Mapping[str, int]]) -> views.CauseTable:
    """Counts along an axis; columns that are empty throughout are left out."""
    kept = [standing for standing in STANDS if any(counts.get(standing) for counts in by.values())]
    rows = tuple(
        views.CauseCounts(
            name=value, href=None, total=sum(counts.values()), counts=tuple(counts.get(one, 0) for one in kept)
        )
        for value, counts in by.items()
    )
    columns = tuple(STANDINGS[one].label.capitalize() for one in kept)
    return views.CauseTable(axis=name.replace("_", " ").capitalize(), columns=columns, rows=rows)


def _row(one: Mapped) -> views.MapRow:
    return views.MapRow(
        name=one.external, href=None if one.stands == NOT_CLASSIFIED else f"/disagreements/{one.item}/cause",
        stands=STANDINGS[one.stands], is_corrected=one.is_corrected,
        confidence=None if one.confidence_ppm is None else one.confidence_ppm / PPM, judges=one.judges,
        state=words.CASE_STATES[one.state], help=one.helps[0] if one.helps else "",
    )  # fmt: skip


def _name(found: Map, item: str) -> str:
    return next(one.external for one in found.items if one.item == item)


def _table(one: DistributionRecorded, *, of: str) -> views.GroupTable:
    labels = tuple(label for label in one.categories if one.total.get(label))
    axis = next((axis.label for axis in AXES if axis.id == one.axis), one.axis)
    return views.GroupTable(
        title=f"{of}, by {axis.lower()}", labels=tuple(words.verdict(label) for label in labels),
        rows=tuple(
            (group_words(one.axis, row.groups), row.people, tuple(_cell(row.counts.get(label)) for label in labels))
            for row in one.cells
        ),
        note=f"Of {one.people} judges who declared it; A and B as the item was imported. Groups of fewer than "
        f"{one.cell_min} are put together, and counts that could tell of one person are not shown.",
    )  # fmt: skip


def _cell(count: int | None) -> str:
    return "hidden" if count is None else str(count)


def _corrections(found: Corrections) -> tuple[Fact, ...]:
    if not found.cases:
        return ()
    kept = "none was determined before"
    if found.kept is not None and found.kept_interval is not None:
        low, high = found.kept_interval.low, found.kept_interval.high
        kept = f"{found.kept:.0%} of {found.cases - found.undetermined} (95 % interval {low:.0%} to {high:.0%})"
    changed = [
        Fact(term=f"{_said(proposed)} became {words.CAUSES[cause]}", value=words.plural(number, "item", "items"))
        for (proposed, cause), number in sorted(found.confusion.items(), key=lambda pair: -pair[1])
        if proposed != cause
    ]
    return (
        Fact(term="Items of which somebody said the cause", value=f"{found.cases:,}"),
        Fact(term="Determined causes that were kept", value=kept), *changed[:10],
    )  # fmt: skip


def _said(proposed: str | None) -> str:
    return "undetermined" if proposed is None else words.CAUSES[proposed]


def classify(visit: Visit) -> PageAnswer:
    """Classify what is new in a batch, as much as one call takes."""
    batch = visit.path["batch"]
    done = disagreement.classify_batch(visit.cell, visit.actor, batch, key=visit.text("idempotency_key"), limit=200)
    if isinstance(done, Refused):
        return done
    return frame.moved(f"/batches/{batch}/causes?done={'classified-some' if done.left else 'classified'}")


# --- one item -----------------------------------------------------------------------------------------------------


def cause(visit: Visit) -> PageAnswer:
    """Why the judges of one item disagree."""
    return _cause_page(visit, errors={}, notices=(), status=200)


def _cause_page(visit: Visit, *, errors: Mapping[str, str], notices: tuple[Notice, ...], status: int) -> PageAnswer:
    reason = visit.query.get("reason", "")
    found = disagreement.item_cause(visit.cell, visit.actor, visit.path["item"], reason=reason)
    if isinstance(found, Refused):
        return found
    programme = found.row.programme
    trail = [(SECTION, f"/programmes/{programme}/disagreements")]
    if access.allows(visit.actor, "gate.read"):
        trail.append(("Map", f"/batches/{found.row.batch}/causes"))
    heading = f"Why judges disagree on {found.external}"
    at = frame.inside(visit, programme, SECTION, *trail)
    page = frame.page(visit, heading, title="Cause of a disagreement", at=at, notices=notices)
    view = _cause(visit, found, errors=errors)
    return frame.shown("disagreement/cause.html", view, page, status=status)


def _cause(visit: Visit, found: ItemCause, *, errors: Mapping[str, str]) -> views.CausePage:
    fact, stated = found.fact, found.stated
    stands = stated.cause or (UNDETERMINED if fact.status == "ok" else NO_VARIATION)
    address = f"/disagreements/{fact.item}/cause"
    chosen = visit.text("cause") or stated.proposed or ""
    return views.CausePage(
        item_id=fact.item, stands=STANDINGS[stands], is_corrected=stated.is_corrected, sentence=found.sentence,
        warning=found.warned.sentence if found.warned else "", plot=_posterior(fact.posterior),
        causes=tuple(words.CAUSES[name].capitalize() for name in CAUSE_NAMES),
        terms=tuple(_term(term) for term in fact.terms),
        absent=tuple(SOURCES[name] for name in fact.absent), helps=found.helps,
        said=tuple(
            views.SaidRow(
                at=words.moment(one.at), who=_who(visit, one.by), note=one.note,
                sentence=f"Was {_said(one.proposed)}; said to be {words.CAUSES[one.cause]}.",
            )
            for one in found.said
        ),
        notes_href=f"{address}?reason=review" if any(one.note is None for one in found.said) else None,
        distributions=tuple(_table(one, of=found.external) for one in found.distributions),
        facts=(
            Fact(term="Model of causes", value=fact.model),
            Fact(term="Digest of the model", value=fact.model_digest, is_digest=True),
            Fact(term="Digest of the evidence", value=fact.inputs_digest, is_digest=True),
            Fact(term="Judges whose label counts", value=str(fact.judges)),
            Fact(term="Classified", value=words.told(found.at)),
        ),
        case_href=f"/disagreements/{fact.item}", action=address if found.may_correct else None,
        choices=tuple(
            Choice(value=name, label=words.CAUSES[name].capitalize(), is_chosen=name == chosen)
            for name in CAUSE_NAMES
        ),
        note=visit.text("note"), errors=tuple(errors.items()), idempotency_key=visit.text("idempotency_key", new_key()),
    )  # fmt: skip


def _who(visit: Visit, person: str) -> str:
    return "you" if person == visit.actor.person else person


def _posterior(posterior: Mapping[str, int]) -> SharePlot | None:
    """The posterior as shares of a thousand, in the order in which causes are named everywhere."""
    if not posterior:
        return None
    rows = tuple(
        ShareRow(label=words.CAUSES[name].capitalize(), count=round(posterior[name] / 1_000)) for name in CAUSE_NAMES
    )
    return SharePlot(title="How likely each cause is, in thousandths", rows=rows)


def _term(term: WeighedTerm) -> views.TermRow:
    least = min(term.milli.values())
    return views.TermRow(
        source=SOURCES[term.source], sentence=term.sentence,
        weights=tuple(_times(term.milli[name] - least) for name in CAUSE_NAMES),
    )  # fmt: skip


def _times(milli: int) -> str:
    times = math.exp(min(milli / 1_000, 10))
    return "over 100" if times > 100 else f"{times:.1f}"


def correct(visit: Visit) -> PageAnswer:
    """Say what the cause is."""
    item = visit.path["item"]
    done = disagreement.correct(
        visit.cell, visit.actor, item, cause=visit.text("cause"), note=visit.text("note"),
        key=visit.text("idempotency_key"),
    )  # fmt: skip
    if not isinstance(done, Refused):
        return frame.moved(f"/disagreements/{item}/cause?done=corrected")
    if done.field not in ("cause", "note"):
        return done
    return _cause_page(
        visit, errors={done.field: done.sentence}, notices=(frame.notice(done, field=done.field),),
        status=status_of(done),
    )  # fmt: skip


# --- models -------------------------------------------------------------------------------------------------------


def models(visit: Visit) -> PageAnswer:
    """Models of causes, and what people made of proposed ones."""
    found = disagreement.models(visit.cell, visit.actor)
    if isinstance(found, Refused):
        return found
    may = access.allows(visit.actor, "monitor.write")
    built_in = views.ModelRow(
        name=BUILT_IN, state=_state(is_in_force=found.in_force == BUILT_IN), facts=(), action=_action(
            BUILT_IN, is_possible=may and found.in_force != BUILT_IN
        ), why="Equal shares of causes; every number and its reason stand in the documentation.",
        idempotency_key=new_key(),
    )  # fmt: skip
    fitted = tuple(
        views.ModelRow(
            name=fact.model, state=_state(is_in_force=bool(row.is_in_force)), facts=_fitted(fact), why=fact.why,
            action=_action(fact.model, is_possible=may and not row.is_in_force), idempotency_key=new_key(),
        )
        for row, fact in found.fitted
    )  # fmt: skip
    view = views.ModelsPage(
        corrections=_corrections(found.corrections), quality=_quality(found.quality), rows=(*fitted, built_in),
        action="/causes/models" if may else None, idempotency_key=new_key(),
        back=Link(label="Programmes", href="/programmes"),
    )  # fmt: skip
    return frame.shown("disagreement/models.html", view, frame.page(visit, "Models of causes"))


def _state(*, is_in_force: bool) -> Pill:
    return Pill(label="in force", tone="good") if is_in_force else Pill(label="not in force")


def _action(model: str, *, is_possible: bool) -> str | None:
    return f"/causes/models/{model}" if is_possible else None


def _fitted(fact: ClassModelFitted) -> tuple[Fact, ...]:
    return (
        Fact(term="Corrected cases", value=f"{fact.cases:,}"),
        Fact(term="Temperature", value=f"{fact.temperature_ppm / PPM:.2f}"),
        *(
            Fact(term=f"{term}, before and after", value=f"{_told(before)} and {_told(after)}")
            for (term, before), (_, after) in zip(_figures(fact.before), _figures(fact.after), strict=True)
        ),
        *(
            Fact(term=f"Shares of causes, {domain or 'all domains'}", value=_shares(shares))
            for domain, shares in fact.priors.items()
            if fact.are_priors_fitted
        ),
    )


def _shares(shares: Mapping[str, int]) -> str:
    return ", ".join(f"{words.CAUSES[name]} {shares[name] / PPM:.0%}" for name in CAUSE_NAMES)


def _figures(found: ModelQuality) -> Sequence[tuple[str, int | None]]:
    return (
        ("Share undetermined", found.undetermined_ppm), ("Right when determined", found.accuracy_when_determined_ppm),
        ("Balanced accuracy", found.balanced_accuracy_ppm), ("Calibration error", found.calibration_error_ppm),
        ("Brier score", found.brier_ppm),
    )  # fmt: skip


def _told(ppm: int | None) -> str:
    return "none" if ppm is None else f"{ppm / PPM:.3f}"


def _quality(found: ModelQuality | None) -> tuple[Fact, ...]:
    return () if found is None else tuple(Fact(term=term, value=_told(ppm)) for term, ppm in _figures(found))


def fit(visit: Visit) -> PageAnswer:
    """Fit a model to all corrections."""
    done = disagreement.fit_model(visit.cell, visit.actor, key=visit.text("idempotency_key"))
    return done if isinstance(done, Refused) else frame.moved("/causes/models?done=fitted")


def choose(visit: Visit) -> PageAnswer:
    """Put a model into force."""
    model, key = visit.path["model"], visit.text("idempotency_key")
    done = disagreement.choose_model(visit.cell, visit.actor, model, key=key)
    return done if isinstance(done, Refused) else frame.moved("/causes/models?done=chosen")


# --- one's own groups ---------------------------------------------------------------------------------------------


def groups(visit: Visit) -> PageAnswer:
    """What the reader declared about themselves, to change or to take back."""
    found = disagreement.own_groups(visit.cell, visit.actor)
    if isinstance(found, Refused):
        return found
    view = views.GroupsPage(
        axes=tuple(
            views.AxisField(
                id=axis.id, label=axis.label,
                choices=(
                    Choice(value="", label=RATHER_NOT, is_chosen=axis.id not in found.values),
                    *(
                        Choice(value=name, label=label, is_chosen=found.values.get(axis.id) == name)
                        for name, label in axis.groups.items()
                    ),
                ),
            )
            for axis in AXES
        ),
        since=None if found.at is None else words.moment(found.at), idempotency_key=new_key(),
        withdrawal_key=new_key(),
    )  # fmt: skip
    page = frame.page(visit, "My groups", at=Place(trail=(("My work", "/me"),)))
    return frame.shown("disagreement/groups.html", view, page)


def declare(visit: Visit) -> PageAnswer:
    """Declare groups on the axes that were answered."""
    values = {axis.id: given for axis in AXES if (given := visit.text(axis.id))}
    key = visit.text("idempotency_key")
    return _after(disagreement.declare_groups(visit.cell, visit.actor, values, key=key), "groups")


def withdraw(visit: Visit) -> PageAnswer:
    """Take the declaration back."""
    key = visit.text("idempotency_key")
    return _after(disagreement.withdraw_groups(visit.cell, visit.actor, key=key), "groups-withdrawn")


def _after(done: object, told: str) -> PageAnswer:
    return done if isinstance(done, Refused) else frame.moved(f"/me/groups?done={told}")
