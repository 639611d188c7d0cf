"""Agreement: the batches of a programme, one batch with all behind its number, measuring now. Through app."""

from tallystick.app import access, contract, gate, items, tiers
from tallystick.app.gate import BatchPage
from tallystick.app.intervention import reading
from tallystick.app.kernel import new_key
from tallystick.edge import Site, Visit
from tallystick.edge.pages import PageAnswer
from tallystick.events.gate import BatchMeasured, MeasuredValue
from tallystick.flow.refusal import Refused
from tallystick.flow.rubric import DOMAIN_THRESHOLDS_PPM, share_text
from tallystick.plots import HistoryPlot, HistoryPoint, IntervalPlot, IntervalRow, SharePlot, ShareRow
from tallystick.web import diagnosis, frame, words
from tallystick.web.contract import LEVELS, batch_rows, interval_row
from tallystick.web.frame import Place
from tallystick.web.language import N_, Words, counted, refusal_line, said, told
from tallystick.web.language.formats import count, number
from tallystick.web.language.sentences import sentence
from tallystick.web.tiers import needs as tier_needs
from tallystick.web.views import gate as views
from tallystick.web.views.page import Page
from tallystick.web.views.parts import Estimate, Fact, HistoryEntry, Link, Pill
from tallystick.web.views.tiers import TierNeeds

SECTION = N_("Agreement")
RULES = Words({"estimate": "estimate", "lower bound": "lower bound", "lower_bound": "lower bound"})
_NOTES = Words({
    "percent_agreement": "Takes no account of agreement by chance.",
    "krippendorff_alpha": "Falls when nearly all answers are the same.",
    "gwet_ac1": "Holds up when nearly all answers are the same.",
})  # fmt: skip


def mount(site: Site) -> None:
    """Register agreement."""
    site.page("/programmes/{programme}/agreement", every, permission="gate.read")
    site.page("/batches/{batch}", detail, permission="gate.read")
    site.page("/batches/{batch}/demonstrations", promote, permission="item.import", methods=("POST",), max_bytes=2_000)
    site.page("/batches/{batch}/measure", measure, permission="gate.measure", methods=("POST",), max_bytes=2_000)


def every(visit: Visit) -> PageAnswer:
    """Every batch against its threshold, as it was last recorded."""
    programme = visit.path["programme"]
    glance = contract.glance(visit.cell, visit.actor, programme)
    if isinstance(glance, Refused):
        return glance
    rows = batch_rows(glance)
    overview = tuple(interval_row(row.name, row.agreement, row.threshold) for row in rows)
    view = views.AgreementPage(
        coefficient=words.METRICS.get(glance.row.metric) or glance.row.metric, batches=rows,
        overview=IntervalPlot(title=said("Agreement by batch"), rows=overview),
        slices=Link(
            label=said("By domain, week, rubric version and more"), href=f"/programmes/{programme}/agreement/slices"
        ),
        pairs=_sole_pairs(visit, [row.href for row in rows]),
    )  # fmt: skip
    at = Place(trail=((glance.row.title, f"/programmes/{programme}"),), programme=programme, section=SECTION)
    return frame.shown("gate/list.html", view, frame.page(visit, said(SECTION), at=at))


def _sole_pairs(visit: Visit, hrefs: list[str]) -> views.PairTable | None:
    """Rater by rater, where one batch is the whole programme; else each batch has its own table."""
    if len(hrefs) != 1:
        return None
    page = gate.batch_page(visit.cell, visit.actor, hrefs[0].rpartition("/")[2])
    return None if isinstance(page, Refused) else _pairs(page)


def detail(visit: Visit) -> PageAnswer:
    """One batch: the gate's decision, intervals, criteria, pairs, diagnostics, history."""
    page = gate.batch_page(visit.cell, visit.actor, visit.path["batch"])
    if isinstance(page, Refused):
        return page
    return frame.shown("gate/detail.html", _detail(visit, page), _frame(visit, page))


def _frame(visit: Visit, page: BatchPage) -> Page:
    programme = page.row.programme
    at = Place(
        trail=((programme, f"/programmes/{programme}"), (said(SECTION), f"/programmes/{programme}/agreement")),
        programme=programme, section=SECTION,
    )  # fmt: skip
    return frame.page(visit, f"{page.row.name}, {page.row.domain}", at=at)


def _detail(visit: Visit, page: BatchPage) -> views.BatchDetail:
    row, now = page.row, page.now
    measured = now if isinstance(now, BatchMeasured) else None
    threshold = _threshold(page)
    may_measure = access.allows(visit.actor, "gate.measure") and measured is not None and row.purpose == "work"
    return views.BatchDetail(
        name=row.name, domain=row.domain, status=words.decision(measured.decision if measured else None),
        coefficient=_coefficient(page.bar.metric) if page.bar else said("not chosen"),
        estimate=words.estimate_of(page.verdict), threshold=threshold, threshold_note=_threshold_note(page),
        sentence=sentence(measured.why) if measured else _why_not(now), items=row.items, judgments=row.judgments,
        raters=len(page.names), criteria=_criteria(page, measured, threshold),
        criteria_plot=IntervalPlot(title=said("Agreement by criterion"), rows=_rows(measured, threshold)),
        others=_others(page), verdicts=_verdicts(page), diagnostics=_diagnostics(page),
        warnings=_warnings(page, measured),
        pairs=_pairs(page), expected=_expected(measured), decision=_decision(page), history=_history(page, threshold),
        events=_events(visit, page),
        links=(
            Link(label=said("Items of this batch"), href=f"/programmes/{row.programme}/items?batch={row.batch}"),
            Link(label=said("Disagreements"), href=f"/programmes/{row.programme}/disagreements"),
            *_intervention(visit, row.batch),
            Link(label=said("Which answers are given for which"), href=f"/batches/{row.batch}/confusion"),
        ),
        tier=_tier(visit, row.batch), written=_written(visit, row.batch), help=diagnosis.help_of(page),
        idempotency_key=new_key(),
        measure_action=f"/batches/{row.batch}/measure" if may_measure else None,
    )  # fmt: skip


def _tier(visit: Visit, batch: str) -> TierNeeds | None:
    found = tiers.batch_needs(visit.cell, visit.actor, batch)
    return None if isinstance(found, Refused) else tier_needs(found, found.reviews)


def _written(visit: Visit, batch: str) -> views.Written | None:
    """What experts wrote in a batch; None where nothing was."""
    found = items.written_in(visit.cell, visit.actor, batch)
    if isinstance(found, Refused) or not found.written:
        return None
    may_promote = access.allows(visit.actor, "item.import") and found.promoted < found.written
    return views.Written(
        written=found.written, promoted=found.promoted, into=found.into, idempotency_key=new_key(),
        action=f"/batches/{batch}/demonstrations" if may_promote else None,
    )  # fmt: skip


def promote(visit: Visit) -> PageAnswer:
    """Bring what experts wrote back, for others to review."""
    into, key = visit.text("into").strip(), visit.text("idempotency_key")
    done = items.promote(visit.cell, visit.actor, visit.path["batch"], into=into, key=key)
    return done if isinstance(done, Refused) else frame.moved(f"/batches/{done.batch}?done=promoted")


def _intervention(visit: Visit, batch: str) -> tuple[Link, ...]:
    """What a gate that failed opened, for this batch or for another one under the same rubric."""
    found = reading.of_batch(visit.cell, visit.actor, batch)
    if found is None or isinstance(found, Refused):
        return ()
    is_own = found.row.batch == batch
    note = state = told((found.row.outcome or found.state.stage).replace("_", " "))
    if not is_own:
        note = said("%(state)s; opened by %(batch)s, under the same rubric", state=state, batch=found.batch_name)
    return (Link(label=said("Intervention"), href=f"/interventions/{found.row.intervention}", note=note),)


def _why_not(now: BatchMeasured | Refused) -> str:
    return refusal_line(now) if isinstance(now, Refused) else sentence(now.why)


def _threshold(page: BatchPage) -> float:
    if page.bar is not None:
        return page.bar.threshold_ppm / 1_000_000
    return next((ppm for name, ppm in DOMAIN_THRESHOLDS_PPM.items() if name == page.row.domain), 0) / 1_000_000


def _threshold_note(page: BatchPage) -> str:
    if page.rubric is None or page.bar is None:
        return said("No rubric is in force for this domain: publish one first.")
    default = DOMAIN_THRESHOLDS_PPM[page.rubric.domain]
    is_default = page.bar.threshold_ppm == default or page.rubric.threshold is None
    if is_default and page.bar.rule == "estimate":
        return said("The estimate must reach the default of the domain %(domain)s.", domain=page.rubric.domain)
    if page.rubric.threshold is None or is_default:
        return said(
            "The lower end of the interval must reach the default of the domain %(domain)s.", domain=page.rubric.domain
        )
    why = page.rubric.threshold.rationale or said("no rationale")
    if page.bar.rule == "estimate":
        return said(
            "The estimate must reach it. The domain's default is %(share)s; it was changed: %(why)s",
            share=share_text(default), why=why,
        )  # fmt: skip
    return said(
        "The lower end of the interval must reach it. The domain's default is %(share)s; it was changed: %(why)s",
        share=share_text(default), why=why,
    )  # fmt: skip


def _coefficient(metric: str) -> str:
    return words.METRICS.get(metric) or metric


def _rows(measured: BatchMeasured | None, threshold: float) -> tuple[IntervalRow, ...]:
    if measured is None:
        return ()
    return tuple(
        interval_row(words.measured(value), words.estimate(value), threshold)
        for value in (measured.verdict, *measured.criteria)
    )


def _criteria(page: BatchPage, measured: BatchMeasured | None, threshold: float) -> tuple[views.CriterionRow, ...]:
    if measured is None:
        return ()
    gated = {c.id for c in page.rubric.criteria if c.gated} if page.rubric else set()
    return tuple(
        views.CriterionRow(
            name=words.measured(value), scale=LEVELS.get(value.level) or value.level,
            coefficient=_coefficient(value.metric), estimate=words.estimate(value),
            threshold=threshold if is_gated else None, items=value.items, judgments=value.judgments,
            status=_mark(value, threshold) if is_gated else Pill(label="reported"),
        )
        for value in (measured.verdict, *measured.criteria)
        for is_gated in [value is measured.verdict or value.what.removeprefix("criterion:") in gated]
    )  # fmt: skip


def _mark(value: MeasuredValue, threshold: float) -> Pill:
    if value.value_ppm is None:
        return Pill(label="undefined", tone="bad")
    is_enough = value.value_ppm / 1_000_000 >= threshold
    return Pill(label="reaches it", tone="good") if is_enough else Pill(label="below", tone="bad")


def _others(page: BatchPage) -> tuple[views.OtherNumber, ...]:
    found = page.verdict
    if found is None:
        return ()
    rows = [
        views.OtherNumber(
            name=words.METRICS["percent_agreement"], note=_NOTES["percent_agreement"],
            estimate=Estimate(value=found.percent_agreement, reason=said("no two judgments can be compared")),
        )
    ]  # fmt: skip
    if found.paradox is not None:
        alpha, ac1 = found.paradox.krippendorff_alpha, found.paradox.gwet_ac1
        rows.append(_other("krippendorff_alpha", said("Krippendorff's alpha, nominal"), alpha))
        rows.append(_other("gwet_ac1", words.METRICS["gwet_ac1"], ac1))
    return tuple(rows)


def _other(metric: str, name: str, value: float) -> views.OtherNumber:
    return views.OtherNumber(name=name, estimate=Estimate(value=value), note=_NOTES[metric])


def _verdicts(page: BatchPage) -> SharePlot:
    rows = () if page.verdict is None else page.verdict.prevalence
    return SharePlot(
        title=said("Verdicts that were compared"),
        rows=tuple(ShareRow(label=words.DIRECTIONS.get(r.category) or r.category, count=r.count) for r in rows),
    )


def _diagnostics(page: BatchPage) -> tuple[Fact, ...]:
    found = page.verdict
    if found is None:
        return ()
    facts = [Fact(term=said("Items with two judgments or more"), value=count(found.n_pairable))]
    if found.observed_agreement is not None:
        facts.append(Fact(term=said("Observed agreement"), value=number(found.observed_agreement)))
    if found.chance_agreement is not None:
        facts.append(Fact(term=said("Expected by chance"), value=number(found.chance_agreement)))
    if found.se is not None:
        facts.append(Fact(term=said("Standard error"), value=f"{found.se:.3f}"))
    if found.paradox is not None:
        facts.append(Fact(term=said("Prevalence"), value=sentence(found.paradox.sentence)))
    return tuple(facts)


def _warnings(page: BatchPage, measured: BatchMeasured | None) -> tuple[str, ...]:
    found = page.verdict
    spoken = []
    if found is not None:
        if found.paradox is not None and found.paradox.is_flagged:
            spoken.append(sentence(found.paradox.sentence))
        if found.value is not None and found.interval is None:
            spoken.append(said("No interval can be given. %(why)s", why=sentence(found.interval_reason or "")).strip())
        spoken += [sentence(note) for note in found.notes]
    if measured is not None and measured.incomplete:
        spoken.append(
            counted(
                "%(number)s of %(all)s items lacks judgments: the number may still move.",
                "%(number)s of %(all)s items lack judgments: the number may still move.",
                measured.incomplete, all=count(page.row.items),
            )
        )  # fmt: skip
    if page.row.imported_judgments:
        spoken.append(
            counted(
                "%(number)s judgment was made elsewhere and not observed here.",
                "%(number)s judgments were made elsewhere and not observed here.",
                page.row.imported_judgments,
            )
        )
    return tuple(spoken)


def _pairs(page: BatchPage) -> views.PairTable | None:
    """Cohen's kappa rater by rater; None for fewer than two raters."""
    found_raters = {name for pair in page.pairs for name in (pair.rater_a, pair.rater_b)}
    raters = sorted(found_raters, key=lambda rater: page.names.get(rater, rater))
    if len(raters) < 2:
        return None
    cells: dict[tuple[str, str], Estimate] = {}
    for pair in page.pairs:
        if pair.n_items:
            cells[pair.rater_a, pair.rater_b] = cells[pair.rater_b, pair.rater_a] = words.estimate_of(pair)
    return views.PairTable(
        caption=said("Cohen's kappa over the directions of verdicts, with 95 % intervals"),
        raters=tuple(page.names.get(rater, rater) for rater in raters),
        rows=tuple(
            views.PairRow(rater=page.names.get(a, a), cells=tuple(cells.get((a, b)) for b in raters)) for a in raters
        ),
    )


def _expected(measured: BatchMeasured | None) -> views.OtherNumber | None:
    if measured is None or measured.expected is None:
        return None
    value = measured.expected
    return views.OtherNumber(
        name=counted("%(number)s item", "%(number)s items", value.items), estimate=words.estimate(value),
        note=said(
            "Declared before judgment as expected to divide: measured apart, never dropped, not part of the gate."
        ),
    )  # fmt: skip


def _decision(page: BatchPage) -> tuple[Fact, ...]:
    if not page.history:
        return (
            Fact(term=said("Recorded"), value=said("No measurement is recorded yet. What you see is measured now.")),
        )
    row, fact = page.history[-1] if page.history[-1][0].seq > page.history[0][0].seq else page.history[0]
    return (
        Fact(term=said("Decision"), value=told(words.decision(fact.decision).label)),
        Fact(term=said("Recorded at entry"), value=count(row.seq), href=f"/receipts/{row.seq}"),
        Fact(term=said("Rubric"), value=f"{fact.rubric} {fact.rubric_version}"),
        Fact(term=said("Contract"), value=fact.contract_version),
        Fact(term=said("Rule"), value=RULES.get(fact.rule) or fact.rule.replace("_", " ")),
        Fact(term=said("Inputs"), value=fact.inputs_digest, is_digest=True),
        Fact(term=said("Code version"), value=fact.code_version),
    )


def _in_time(page: BatchPage) -> list[tuple[int, BatchMeasured]]:
    return sorted(((row.seq, fact) for row, fact in page.history), key=lambda pair: pair[0])


def _history(page: BatchPage, threshold: float) -> HistoryPlot | None:
    """The recorded measurements; None while there are fewer than two."""
    if len(page.history) < 2:
        return None
    points = []
    for seq, fact in _in_time(page)[-12:]:
        found = words.estimate(fact.verdict)
        points.append(HistoryPoint(when=str(seq), value=found.value, low=found.low, high=found.high))
    return HistoryPlot(title=said("Measurements of this batch"), points=tuple(points), threshold=threshold)


def _events(visit: Visit, page: BatchPage) -> tuple[HistoryEntry, ...]:
    known = frame.names(visit)
    rows = sorted(page.history, key=lambda pair: -pair[0].seq)
    return tuple(
        HistoryEntry(
            index=row.seq, at=words.moment(row.at), who=known.get(row.by, row.by), kind=BatchMeasured.KIND,
            sentence=said("Measured: %(decision)s", decision=told(words.decision(fact.decision).label)),
            href=f"/receipts/{row.seq}",
        )
        for row, fact in rows
    )  # fmt: skip


def measure(visit: Visit) -> PageAnswer:
    """Measure a batch now, and record the gate's decision."""
    batch = visit.path["batch"]
    done = gate.measure(visit.cell, visit.actor, batch, key=visit.text("idempotency_key"))
    return done if isinstance(done, Refused) else frame.moved(f"/batches/{batch}?done=measured")
