"""Programmes: the list, one at a glance, its data contract, a new contract version. Reads and writes through app."""

from collections import Counter

from starlette.responses import Response

from tallystick.app import access, blocking, checklist, contract
from tallystick.app.contract import BatchGlance, ProgrammeGlance
from tallystick.app.kernel import new_key
from tallystick.edge import Site, Visit, status_of
from tallystick.edge.pages import PageAnswer
from tallystick.flow.contract import Agreement, DataContract, DomainPlan
from tallystick.flow.document import Problem
from tallystick.flow.refusal import Refused
from tallystick.plots import FillPlot, FillRow, FunnelPlot, FunnelStep, IntervalPlot, IntervalRow
from tallystick.web import checklist as phases
from tallystick.web import frame, upload, words
from tallystick.web.clauses import clauses
from tallystick.web.frame import Place
from tallystick.web.language import N_, Words, counted, said
from tallystick.web.language.sentences import sentence
from tallystick.web.views import contract as views
from tallystick.web.views.checklist import PhaseNow
from tallystick.web.views.page import Notice
from tallystick.web.views.parts import Estimate, Fact, Link, Pill, UploadForm

DOCUMENT_BYTES = 1_000_000
_TODO = Words({
    "gate-undecided": "Have more items judged, as the sentence says; nothing is wrong with those that were.",
    "below-threshold": "See which criterion and which raters differ; look at the rubric first.",
    "no-judgments": "Have its items judged, or import judgments.",
    "nothing-finished": "Finish some of its items, or adjudicate what is open.",
    "affected-unreviewed": "Have them reviewed. Or state, when you build the release, why they may be in as they are.",
    "not-for-export": "Nothing is to be done: such items are never exported.",
    "incomplete": "Nothing else is kept back. Have them judged if they are to be in.",
    "open-disagreement": "An adjudicator settles each, or preserves it.",
    "demonstration-set-aside": "Nothing is to be done. What is written anew comes back as an item of its own.",
})  # fmt: skip

LEVELS = Words({"nominal": "nominal", "ordinal": "ordinal", "interval": "interval"})
_RISKS = Words({
    "low": "low risk", "medium": "medium risk", "high": "high risk", "restricted": "restricted risk",
})  # fmt: skip
_SOURCES = Words({
    "commissioned": "commissioned", "client_supplied": "client supplied", "licensed": "licensed",
    "open_licence": "open licence", "public_domain": "public domain", "synthetic": "synthetic",
})  # fmt: skip
_USES = Words({"train": "train", "evaluate": "evaluate", "publish": "publish"})


def mount(site: Site) -> None:
    """Register programmes."""
    one = "/programmes/{programme}"
    site.page("/programmes", every, permission="programme.read")
    site.page("/contracts/new", ask, permission="programme.write")
    site.page("/contracts/new", bring, permission="programme.write", methods=("POST",), max_bytes=DOCUMENT_BYTES)
    site.page(one, home, permission="programme.read")
    site.page(f"{one}/contract", document, permission="programme.read")
    site.page(f"{one}/contract.yaml", source, permission="programme.read")


def every(visit: Visit) -> PageAnswer:
    """All programmes."""
    found = contract.programmes(visit.cell, visit.actor)
    if isinstance(found, Refused):
        return found
    rows = [_row(visit, row.programme) for row in found]
    new = "/contracts/new" if access.allows(visit.actor, "programme.write") else None
    nexts = _CELL_NEXT if "engineer" in visit.actor.roles else ()
    view = views.ProgrammeList(
        programmes=tuple(row for row in rows if row is not None), new_href=new,
        nexts=tuple(Link(label=said(label), href=href) for label, href in nexts if visit.leads(href)),
    )  # fmt: skip
    return frame.shown("contract/list.html", view, frame.page(visit, said("Programmes")))


def _row(visit: Visit, name: str) -> views.ProgrammeRow | None:
    glance = contract.glance(visit.cell, visit.actor, name)
    if isinstance(glance, Refused):
        return None
    items, complete = _counts(glance)
    batches = [_batch(glance, batch) for batch in _work(glance)]
    weakest = min(batches, key=lambda row: (row.agreement.value or 0.0) - row.threshold, default=None)
    kept_out = blocking.batches_kept_out(visit.cell, visit.actor, name)
    return views.ProgrammeRow(
        name=name, title=glance.row.title, href=f"/programmes/{name}", state=phases.pill(glance.row.phase), items=items,
        complete=complete, agreement=weakest.agreement if weakest else words.estimate(None),
        threshold=weakest.threshold if weakest else 0.0,
        blockers=None if isinstance(kept_out, Refused) or not batches else kept_out,
        nexts=_nexts(visit, name, kept_out=None if isinstance(kept_out, Refused) or not batches else kept_out),
    )  # fmt: skip


_CELL_NEXT = ((N_("Look after the keys"), "/custody"), (N_("Look at the log and its witnesses"), "/log"))
_NEXT = {
    "researcher": (N_("See where experts agree"), "/agreement"),
    "auditor": (N_("Go through the checklist"), "/checklist"),
    "engineer": (N_("Go through the checklist"), "/checklist"),
}
"""What readers of a programme would do next in it, by their role."""


def _nexts(visit: Visit, name: str, *, kept_out: int | None) -> tuple[Link, ...]:
    """What somebody would do next in a programme: each of their roles its own.

    kept_out  how many batches are kept out of a release; None where no batch is yet
    """
    of_lead = (N_("Import"), "/import") if kept_out is None else (N_("Build a release"), "/releases/new")
    of_role = {"lead": (N_("See what keeps batches out"), "") if kept_out else of_lead, **_NEXT}
    wanted = dict.fromkeys(step for role, step in of_role.items() if role in visit.actor.roles)
    links = (Link(label=said(label), href=f"/programmes/{name}{path}") for label, path in wanted)
    return tuple(link for link in links if visit.leads(link.href))


def _phase_now(visit: Visit, name: str) -> PhaseNow | None:
    found = checklist.phase_state(visit.cell, visit.actor, name)
    return None if isinstance(found, Refused) else phases.now(visit, found)


def _counts(glance: ProgrammeGlance) -> tuple[int, int]:
    """Work items, and those of them that are complete."""
    return glance.funnel["imported"], glance.funnel["complete"]


def _work(glance: ProgrammeGlance) -> list[BatchGlance]:
    return [batch for batch in glance.batches if batch.row.purpose == "work"]


def _batch(glance: ProgrammeGlance, batch: BatchGlance, *, may_open: bool = True) -> views.BatchRow:
    thresholds = {row.domain: row.threshold_ppm / 1_000_000 for row in glance.rubrics}
    measured = batch.measured
    return views.BatchRow(
        name=f"{batch.row.name} · {batch.row.domain}", domain=batch.row.domain,
        href=f"/batches/{batch.row.batch}" if may_open else "",
        items=batch.row.items, agreement=words.estimate(measured.verdict if measured else None),
        threshold=measured.threshold_ppm / 1_000_000 if measured else thresholds.get(batch.row.domain, 0.0),
        status=words.decision(measured.decision if measured else None),
    )  # fmt: skip


def batch_rows(glance: ProgrammeGlance, *, may_open: bool = True) -> tuple[views.BatchRow, ...]:
    """The batches of work with their latest recorded measurement. `may_open`: whether each leads to its page."""
    return tuple(_batch(glance, batch, may_open=may_open) for batch in _work(glance))


def _blockers(visit: Visit, name: str) -> tuple[views.Blocker, ...] | None:
    found = blocking.blockers(visit.cell, visit.actor, name)
    return None if isinstance(found, Refused) else blocker_views(name, found)


def blocker_views(programme: str, found: list[blocking.Blocker]) -> tuple[views.Blocker, ...]:
    """What keeps batches or items out of a release, each with what to do and the way there."""
    return tuple(
        views.Blocker(sentence=sentence(one.sentence), todo=_TODO.get(one.code) or "", link=_way(programme, one))
        for one in found
    )


def _way(programme: str, blocker: blocking.Blocker) -> Link:
    if blocker.code == "open-disagreement":
        return Link(label=said("Open the queue"), href=f"/programmes/{programme}/disagreements")
    if blocker.code == "affected-unreviewed":
        return Link(label=said("Open affected work"), href=f"/programmes/{programme}/affected")
    if blocker.code in ("incomplete", "no-judgments"):
        return Link(label=said("Show the items"), href=f"/programmes/{programme}/items?batch={blocker.batch}")
    return Link(label=said("Open the batch"), href=f"/batches/{blocker.batch}")


def home(visit: Visit) -> PageAnswer:
    """One programme at a glance."""
    name = visit.path["programme"]
    glance = contract.glance(visit.cell, visit.actor, name)
    if isinstance(glance, Refused):
        return glance
    at = Place(trail=((said("Programmes"), "/programmes"),), programme=name, section="Overview")
    page = frame.page(visit, glance.row.title, at=at)
    return frame.shown("contract/programme.html", _home(visit, name, glance), page)


def _home(visit: Visit, name: str, glance: ProgrammeGlance) -> views.ProgrammeHome:
    items, complete = _counts(glance)
    may_open = access.allows(visit.actor, "gate.read")
    return views.ProgrammeHome(
        name=name, behaviour=glance.contract.behaviour, state=phases.pill(glance.row.phase),
        contract=Link(
            label=said("version %(version)s", version=glance.row.version), href=f"/programmes/{name}/contract"
        ),
        items=items,
        complete=complete, judgments=sum(batch.row.judgments for batch in _work(glance)),
        blockers=_blockers(visit, name), fills=_fills(glance), funnel=_funnel(glance), verdicts=None,
        batches=batch_rows(glance, may_open=may_open), criteria=criteria_plot(glance), history=None,
        disagreements=views.Disagreements(
            open=glance.funnel["open"], settled=glance.funnel["settled"], preserved=glance.funnel["preserved"],
            href=f"/programmes/{name}/disagreements" if may_open else "",
        ),
        inflation=_inflation(glance), rights=rights_of(glance.contract), actions=_actions(visit, name),
        coefficient=words.METRICS.get(glance.row.metric) or glance.row.metric, phase=_phase_now(visit, name),
    )  # fmt: skip


def _actions(visit: Visit, name: str) -> tuple[Link, ...]:
    offered = (
        ("release.cut", Link(label=said("Build a release"), href=f"/programmes/{name}/releases/new")),
        ("item.import", Link(label=said("Import"), href=f"/programmes/{name}/import")),
    )
    return tuple(link for permission, link in offered if access.allows(visit.actor, permission))


def _fills(glance: ProgrammeGlance) -> tuple[FillPlot, ...]:
    """One plot for each axis of the sampling plan."""
    axes = dict.fromkeys(quota.axis for quota in glance.quotas)
    return tuple(
        FillPlot(
            title=said("By %(axis)s", axis=words.axis(axis)),
            rows=tuple(
                FillRow(label=words.axis_value(axis, q.value), filled=q.filled, quota=q.target)
                for q in glance.quotas
                if q.axis == axis
            ),
        )
        for axis in axes
    )  # fmt: skip


def _funnel(glance: ProgrammeGlance) -> FunnelPlot:
    counts = glance.funnel
    decided = counts["agreed"] + counts["settled"] + counts["preserved"]
    return FunnelPlot(
        title=said("From item to release"),
        steps=(
            FunnelStep(label=said("Imported"), count=counts["imported"]),
            FunnelStep(label=said("Judged at least once"), count=counts["judged"]),
            FunnelStep(label=said("Complete"), count=counts["complete"]),
            FunnelStep(
                label=said("Agreed or adjudicated"), count=decided, note=said("preserved disagreements included")
            ),
            FunnelStep(label=said("In the latest release"), count=glance.released_records),
        ),
    )


def interval_row(label: str, estimate: Estimate, threshold: float | None) -> IntervalRow:
    """One number of a plot, with its reason when it is undefined."""
    has_both = estimate.low is not None and estimate.high is not None
    return IntervalRow(
        label=label, value=estimate.value, low=estimate.low if has_both else None,
        high=estimate.high if has_both else None, threshold=threshold, reason=estimate.reason,
    )  # fmt: skip


def criteria_plot(glance: ProgrammeGlance) -> IntervalPlot:
    """Agreement on the verdict and on every criterion, batch by batch, against the threshold."""
    rows = []
    times = Counter(one.row.domain for one in _work(glance) if one.measured)
    several = {domain for domain, batches in times.items() if batches > 1}
    for batch in _work(glance):
        if batch.measured is None:
            continue
        place = f"{batch.row.name}/{batch.row.domain}" if batch.row.domain in several else batch.row.domain
        threshold = batch.measured.threshold_ppm / 1_000_000
        for value in (batch.measured.verdict, *batch.measured.criteria):
            what = (
                said("verdict") if value.what == "verdict" else value.what.removeprefix("criterion:").replace("_", " ")
            )
            rows.append(interval_row(f"{place}: {what}", words.estimate(value), threshold))
    return IntervalPlot(title=said("Agreement by criterion"), rows=tuple(rows))


def _inflation(glance: ProgrammeGlance) -> tuple[views.InflationRow, ...]:
    """The share of hard items against the plan, then every difficulty that has a quota."""
    rows = []
    if glance.hard.share_ppm is not None:
        is_short = glance.hard.is_inflated
        status = Pill(label="too few", tone="bad") if is_short else Pill(label="as planned", tone="good")
        rows.append(
            views.InflationRow(
                label=said("Hard, boundary or known failure"), planned=glance.hard.planned_ppm / 1_000_000,
                actual=glance.hard.share_ppm / 1_000_000, status=status,
            )
        )  # fmt: skip
    quotas = [quota for quota in glance.quotas if quota.axis == "difficulty"]
    targets, total = sum(quota.target for quota in quotas), glance.hard.total
    for quota in quotas if total else []:
        planned, actual = quota.target / targets, quota.filled / total
        # Held against each other as they are shown: "more" never stands beside two equal shares.
        is_easy_swell = quota.value == "easy" and round(actual, 2) > round(planned, 2)
        status = Pill(label="more than planned", tone="bad") if is_easy_swell else Pill(label="counted", tone="quiet")
        rows.append(
            views.InflationRow(
                label=words.axis_value("difficulty", quota.value), planned=planned, actual=actual, status=status
            )
        )
    return tuple(rows)


def rights_of(document: DataContract) -> tuple[Fact, ...]:
    """The rights that a contract declares."""
    rights = document.rights
    return (
        Fact(term=said("Source"), value=_SOURCES[rights.source_class]),
        Fact(term=said("Licence"), value=rights.licence),
        Fact(term=said("Permitted uses"), value=", ".join(_USES[use] for use in rights.permitted_uses)),
        Fact(term=said("Kept until"), value=rights.retention_until.isoformat()),
        Fact(term=said("Regions"), value=", ".join(rights.regions)),
        Fact(term=said("Reviewer access"), value=rights.reviewer_access),
        Fact(term=said("Deletion"), value=rights.deletion),
    )


def document(visit: Visit) -> PageAnswer:
    """The text of a contract version, section by section."""
    name = visit.path["programme"]
    page = contract.contract_page(visit.cell, visit.actor, name, visit.query.get("version"))
    if isinstance(page, Refused):
        return page
    known, chosen = frame.names(visit), page.contract.version
    row = next(row for row in page.versions if row.version == chosen)
    root = f"/programmes/{name}/contract"
    view = views.ContractDetail(
        programme=page.contract.title, version=chosen, at=words.moment(row.at), who=known.get(row.by, row.by),
        digest=row.document_digest, sections=(*_sections(page.contract), *clauses(page.contract)),
        versions=tuple(
            views.Version(
                label=v.version, href=f"{root}?version={v.version}", at=words.moment(v.at), who=known.get(v.by, v.by),
                changelog=said("Version %(version)s", version=v.version), is_current=v is page.versions[0],
            )
            for v in page.versions
        ),
        source_href=f"{root}.yaml?version={chosen}",
        new_version_href=f"/contracts/new?of={name}" if access.allows(visit.actor, "programme.write") else None,
    )  # fmt: skip
    at = Place(trail=((page.contract.title, f"/programmes/{name}"),), programme=name, section="Contract")
    return frame.shown("contract/detail.html", view, frame.page(visit, said("Data contract"), at=at))


def _sections(found: DataContract) -> tuple[views.ContractSection, ...]:
    section = views.ContractSection
    return (
        section(id="behaviour", heading=said("What the model must do"), paragraphs=(found.behaviour,)),
        section(id="conditions", heading=said("Under which conditions"), paragraphs=found.conditions),
        section(id="evidence", heading=said("What makes an answer acceptable"), paragraphs=found.evidence),
        section(
            id="failures", heading=said("Which failures matter most"),
            facts=tuple(
                Fact(term=f"{f.id} ({words.axis_value('severity', f.severity)})", value=f.description)
                for f in found.failures
            ),
        ),
        section(
            id="improvement", heading=said("How improvement is measured"),
            paragraphs=(found.improvement.measure, found.improvement.holdout),
            facts=tuple(
                Fact(
                    term=t.id,
                    value=said(
                        "%(claim)s Margin %(margin)s on %(slice)s.", claim=t.claim, margin=t.margin, slice=t.slice
                    ),
                )
                for t in found.improvement.acceptance
            ),
        ),
        section(id="domains", heading=said("Domains"), facts=_domains(found)),
        section(
            id="sampling", heading=said("Sampling plan"),
            paragraphs=(said("At least %(share)s of the items must be hard.", share=found.sampling.hard_share_min),),
            facts=tuple(
                Fact(
                    term=f"{words.axis(q.axis)} {words.axis_value(q.axis, q.value)}",
                    value=counted("%(number)s item", "%(number)s items", q.target),
                )
                for q in found.sampling.quotas
            ),
        ),
        section(
            id="holdout", heading=said("Holdout"),
            paragraphs=(said("A share of %(share)s.", share=found.holdout.share), found.holdout.rule),
        ),
        section(
            id="supervision", heading=said("Supervision"),
            facts=tuple(Fact(term=s.signal, value=s.why or said("No reason is given.")) for s in found.supervision),
        ),
        section(id="agreement", heading=said("Agreement"), facts=_agreement(found)),
        section(id="rights", heading=said("Rights"), facts=rights_of(found)),
    )  # fmt: skip


def _domains(found: DataContract) -> tuple[Fact, ...]:
    return tuple(Fact(term=name, value=_domain(plan)) for name, plan in found.domains.items())


def _domain(plan: DomainPlan) -> str:
    risk = _RISKS[plan.risk]
    if plan.agreement is None:
        return said("rubric %(rubric)s, %(risk)s", rubric=plan.rubric, risk=risk)
    return said(
        "rubric %(rubric)s, %(risk)s; its gate: %(policy)s",
        rubric=plan.rubric, risk=risk, policy=_policy(plan.agreement),
    )  # fmt: skip


def _policy(own: Agreement) -> str:
    """The gate policy of a domain that has its own, in a sentence."""
    return counted(
        "%(metric)s, %(level)s; %(rule)s; from %(number)s item on. %(why)s",
        "%(metric)s, %(level)s; %(rule)s; from %(number)s items on. %(why)s",
        own.items_min, metric=words.METRICS[own.metric], level=LEVELS[own.level], rule=_rule(own), why=own.why,
    )  # fmt: skip


def _rule(agreement: Agreement) -> str:
    if agreement.rule == "estimate":
        return said("the estimate must reach the domain's threshold")
    return said("the lower end of the interval must reach the domain's threshold")


def _agreement(found: DataContract) -> tuple[Fact, ...]:
    return (
        Fact(term=said("Coefficient"), value=words.METRICS[found.agreement.metric]),
        Fact(term=said("Level"), value=LEVELS[found.agreement.level]),
        Fact(term=said("Rule"), value=_rule(found.agreement)),
        Fact(term=said("Least items"), value=str(found.agreement.items_min)),
        Fact(term=said("Why"), value=found.agreement.why or said("No reason is given.")),
        Fact(term=said("Lease"), value=counted("%(number)s minute", "%(number)s minutes", found.lease_minutes)),
    )


def source(visit: Visit) -> PageAnswer:
    """The YAML of a contract version, byte for byte."""
    page = contract.contract_page(visit.cell, visit.actor, visit.path["programme"], visit.query.get("version"))
    if isinstance(page, Refused):
        return page
    name = f"{page.contract.name}-{page.contract.version}.yaml"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(page.text.encode(), media_type="application/yaml", headers=headers)


def ask(visit: Visit) -> PageAnswer:
    """The form for a contract: of a new programme, or a new version, which begins with the text in force."""
    name = visit.query.get("of", "")
    found = contract.contract_page(visit.cell, visit.actor, name) if name else None
    if isinstance(found, Refused):
        return found
    if found is None:
        return _form(visit, key=new_key())
    return _form(visit, key=new_key(), text=found.text, title=found.contract.title)


def _form(
    visit: Visit, *, key: str, text: str = "", name: str = "", title: str = "", found: list[Problem] | None = None,
    notices: tuple[Notice, ...] = (), status: int = 200,
) -> Response:  # fmt: skip
    form = UploadForm(
        action="/contracts/new", label=said("Data contract"), hint=said("A YAML file, at most 900 kB."),
        accept=".yaml,.yml",
        button=said("Bring it into force"), text=text, may_paste=True, problems=frame.problems(found or ()),
        file_name=name,
        idempotency_key=key,
    )  # fmt: skip
    at = Place(trail=((said("Programmes"), "/programmes"),))
    page = frame.page(visit, said("Open a programme, or revise its contract"), at=at, notices=notices)
    return frame.shown("contract/new.html", views.ContractNew(form=form, programme=title), page, status=status)


def bring(visit: Visit) -> PageAnswer:
    """Bring a contract version into force, or list everything that is wrong with it."""
    key = visit.text("idempotency_key")
    sent = upload.document(visit, "contract.yaml")
    if isinstance(sent, Refused):
        return _form(visit, key=key, notices=(frame.notice(sent, field="document"),), status=status_of(sent))
    done = contract.bring_into_force(visit.cell, visit.actor, text=sent.text, name=sent.name, key=key)
    if isinstance(done, list):
        return _form(visit, key=key, text=sent.text, name=sent.name, found=done, status=422)
    if isinstance(done, Refused):
        notices = (frame.notice(done, field="document"),)
        return _form(visit, key=new_key(), text=sent.text, notices=notices, status=status_of(done))
    return frame.moved(f"/programmes/{done.programme}?done=contract")
