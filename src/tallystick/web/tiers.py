"""Load and tiers: fill, what batches still need, who has done how much, who is senior. Reads and writes through app."""

from collections import Counter
from collections.abc import Sequence

import msgspec

from tallystick.app import access, escape, tiers
from tallystick.app.kernel import Receipt, new_key
from tallystick.app.tiers import BatchNeeds, LoadPage, SeniorView, Worker
from tallystick.edge import Site, Visit, status_of
from tallystick.edge.pages import PageAnswer
from tallystick.flow.contract.assignment import SENIOR_TIERS
from tallystick.flow.refusal import Refused
from tallystick.flow.tiers import JUDGMENTS_MIN, RESTS_ON
from tallystick.plots import FillPlot, FillRow, SharePlot, ShareRow
from tallystick.web import frame, words
from tallystick.web.language import N_, Words, counted, formats, refusal_line, said
from tallystick.web.language.formats import count
from tallystick.web.language.sentences import sentence
from tallystick.web.views import tiers as views
from tallystick.web.views.parts import Choice, Fact, Pill

SECTION = N_("Load and tiers")
FORM_BYTES = 20_000
NAMES_MAX, STRATA_MAX, BARS = 12, 60, 8
BASES = Words({"credential": "A credential", "years": "Years of experience"})
_RESTS_ON = Words({"credential": "a credential", "years": "years of experience"})


def mount(site: Site) -> None:
    """Register load and tiers."""
    root = "/programmes/{programme}/load"
    site.page(root, load, permission="gate.read")
    site.page(f"{root}/draw", draw, permission="monitor.write", methods=("POST",), max_bytes=2_000)
    site.page(f"{root}/seniors", grant, permission="roster.write", methods=("POST",), max_bytes=FORM_BYTES)
    site.page(f"{root}/seniors/end", revoke, permission="roster.write", methods=("POST",), max_bytes=FORM_BYTES)


def load(visit: Visit) -> PageAnswer:
    """How work stands in a programme. That it shows names of people is an event."""
    return _shown(visit)


def _shown(visit: Visit, refused: Refused | None = None) -> PageAnswer:
    programme = visit.path["programme"]
    found = tiers.load_page(visit.cell, visit.actor, programme)
    if isinstance(found, Refused):
        return found
    notices = () if refused is None else (frame.notice(refused, field=refused.field),)
    lead = said("Who has done how much, how full the plan is, and what each batch still needs before a release.")
    page = frame.page(visit, said(SECTION), lead=lead, at=frame.inside(visit, programme, SECTION), notices=notices)
    status = 200 if refused is None else status_of(refused)
    return frame.shown("tiers/load.html", _view(visit, found, refused), page, status=status)


def _view(visit: Visit, found: LoadPage, refused: Refused | None) -> views.Load:
    root = f"/programmes/{found.programme}/load"
    sees_people, is_lead = access.allows(visit.actor, "roster.read"), access.allows(visit.actor, "roster.write")
    strata = sorted(found.strata, key=lambda one: (-one.open, one.domain, one.taxonomy))
    may_draw = access.allows(visit.actor, "monitor.write") and found.rules is not None
    return views.Load(
        facts=_facts(found), fill=_fill(found),
        strata=tuple(
            views.StratumRow(domain=one.domain, words=_stratum(one.taxonomy), items=one.items, open=one.open)
            for one in strata[:STRATA_MAX]
        ),
        more_strata=max(0, len(strata) - STRATA_MAX), batches=tuple(_batch(one) for one in found.batches),
        is_silent=found.rules is None, draw_action=f"{root}/draw" if may_draw else None, draw_key=new_key(),
        workers=tuple(_worker(one, sees_people=sees_people) for one in found.workers),
        spread=_spread(found.workers), spread_words=_spread_words(found),
        seniors=tuple(_senior(one) for one in found.seniors), forms=_forms(visit, found, root, refused)
        if is_lead and found.rules is not None and found.rules.senior_role is not None else None,
    )  # fmt: skip


def _facts(found: LoadPage) -> tuple[Fact, ...]:
    rules = found.rules
    if rules is None:
        return ()
    share = rules.expert_share_max_ppm
    return (
        Fact(term=said("Contract"), value=rules.contract_version),
        Fact(term=said("Largest share of one expert"), value=said("no limit") if share is None else _percent(share)),
        Fact(
            term=said("While there is little work"),
            value=said("who has had less comes first") if rules.others_first else said("none"),
        ),
    )


def _percent(ppm: int) -> str:
    return formats.percent(ppm / 10_000, digits=6)


def _fill(found: LoadPage) -> FillPlot:
    return FillPlot(
        title=said("Finished items against the plan"),
        rows=tuple(
            FillRow(
                label=f"{words.axis(one.axis)} {words.axis_value(one.axis, one.value)}",
                filled=one.filled, quota=one.target,
            )
            for one in found.quotas
        ),
    )  # fmt: skip


def _stratum(taxonomy: str) -> str:
    values = msgspec.json.decode(taxonomy, type=dict[str, str])
    return ", ".join(f"{words.axis(axis)} {words.axis_value(axis, value)}" for axis, value in values.items()) or said(
        "no axis of the plan"
    )


def needs(found: BatchNeeds, reviews: dict[str, int] | None) -> views.TierNeeds | None:
    """What the tier of a batch still asks for; None where the contract says nothing of tiers."""
    if found.risk is None or reviews is None or found.row.purpose != "work":
        return None
    return views.TierNeeds(
        risk=words.RISKS[found.risk], asks=_asks(found.risk, reviews.get(found.risk, 0)),
        needs=tuple(
            views.Need(
                sentence=sentence(one.sentence), names=one.names[:NAMES_MAX], more=max(0, len(one.names) - NAMES_MAX)
            )
            for one in found.needs
        ),
    )  # fmt: skip


def _asks(risk: str, rate: int) -> str:
    judgments = counted("%(number)s judgment", "%(number)s independent judgments", JUDGMENTS_MIN[risk])
    looks = (
        said("a second look at %(share)s of what the judges agree on", share=_percent(rate))
        if rate
        else said("no second looks")
    )
    if risk not in SENIOR_TIERS:
        return said("Asks for %(judgments)s of every item, and %(looks)s.", judgments=judgments, looks=looks)
    return said(
        "Asks for %(judgments)s of every item, a senior adjudicator for all that is divided or severe, and %(looks)s.",
        judgments=judgments, looks=looks,
    )  # fmt: skip


def _batch(found: BatchNeeds) -> views.BatchRow:
    row = found.row
    shown = views.TierNeeds(
        risk=words.RISKS[found.risk] if found.risk else Pill(label="no tier"), asks="",
        needs=tuple(
            views.Need(sentence=sentence(one.sentence), names=(), more=0) for one in found.needs
        ),
    )  # fmt: skip
    return views.BatchRow(
        name=f"{row.name}, {row.domain}", href=f"/batches/{row.batch}", needs=shown, items=row.items,
        complete=row.complete,
    )  # fmt: skip


def _worker(one: Worker, *, sees_people: bool) -> views.WorkerRow:
    return views.WorkerRow(
        name=one.name, href=f"/people/{one.person}" if sees_people else None, judged=one.judged, held=one.held,
        leases=one.leases, most=_most(one),
        last=words.moment(one.last_at),
    )  # fmt: skip


def _most(one: Worker) -> str:
    return (
        said("%(share)s of %(name)s", share=formats.share(one.most_ppm / 1_000_000), name=one.most_in)
        if one.most_in
        else ""
    )


def _spread(workers: Sequence[Worker]) -> SharePlot | None:
    """How many experts have judged how much; None for fewer than two."""
    if len(workers) < 2:
        return None
    width = max(1, -(-(max(one.judged for one in workers) + 1) // BARS))
    counts = Counter(one.judged // width for one in workers)
    return SharePlot(
        title=said("Experts by how many items they judged"),
        rows=tuple(
            ShareRow(
                label=said("%(low)s to %(high)s", low=count(n * width), high=count((n + 1) * width - 1))
                if width > 1 else count(n),
                count=counts[n],
            )
            for n in range(max(counts) + 1)
        ),
    )  # fmt: skip


def _spread_words(found: LoadPage) -> str:
    spread = found.spread
    if spread is None:
        return said("Nobody has taken an item yet.")
    people = counted("%(number)s expert has taken items.", "%(number)s experts have taken items.", spread.people)
    judged = said(
        "Judged: %(least)s the least, %(median)s the median, %(most)s the most; Gini %(gini)s, where 0 means that all "
        "have judged the same.",
        least=count(spread.least), median=count(spread.median), most=count(spread.most),
        gini=formats.number(spread.gini_ppm / 1_000_000),
    )  # fmt: skip
    return f"{people} {judged}"


def _senior(one: SeniorView) -> views.SeniorRow:
    row = one.row
    return views.SeniorRow(
        person=row.person, name=one.name, rests_on=_RESTS_ON[row.rests_on], reason=one.reason,
        since=words.moment(row.at), until=words.moment(row.revoked_at) if row.revoked_at else "",
        ended=one.revoked_reason, revoke_key=new_key(),
    )  # fmt: skip


def _forms(visit: Visit, found: LoadPage, root: str, refused: Refused | None) -> views.SeniorForms:
    rules = found.contract.assignment
    senior = rules.senior if rules else None
    offered = [
        name for name, value in (("credential", senior and senior.credential), ("years", senior and senior.years))
        if value is not None
    ]  # fmt: skip
    now = {one.row.person for one in found.seniors if one.row.revoked_seq is None}
    return views.SeniorForms(
        action=f"{root}/seniors", revoke_action=f"{root}/seniors/end",
        people=tuple(
            Choice(value=person, label=name, is_chosen=visit.text("person") == person)
            for person, name in found.adjudicators if person not in now
        ),
        bases=tuple(
            Choice(value=name, label=BASES[name], is_chosen=visit.text("rests_on") == name)
            for name in RESTS_ON if name in offered
        ),
        reason=visit.text("reason") if refused else "",
        error=refusal_line(refused) if refused and refused.field == "reason" else "", idempotency_key=new_key(),
    )  # fmt: skip


def draw(visit: Visit) -> PageAnswer:
    """Draw what the tiers need looked at again."""
    programme = visit.path["programme"]
    done = escape.draw_due(visit.cell, visit.actor, programme, key=visit.text("idempotency_key") or new_key())
    if isinstance(done, Refused):
        return done if done == access.ABSENT else _shown(visit, done)
    return frame.moved(f"/programmes/{programme}/load?done={'drawn' if done else 'drawn-none'}")


def grant(visit: Visit) -> PageAnswer:
    """Make somebody a senior adjudicator."""
    done = tiers.grant_senior(
        visit.cell, visit.actor, visit.path["programme"], visit.text("person"), rests_on=visit.text("rests_on"),
        reason=visit.text("reason"), key=visit.text("idempotency_key"),
    )  # fmt: skip
    return _after(visit, done, "senior")


def revoke(visit: Visit) -> PageAnswer:
    """Say that somebody is a senior adjudicator no more."""
    done = tiers.revoke_senior(
        visit.cell, visit.actor, visit.path["programme"], visit.text("person"), reason=visit.text("reason"),
        key=visit.text("idempotency_key"),
    )  # fmt: skip
    return _after(visit, done, "senior-ended")


def _after(visit: Visit, done: Receipt | Refused, what: str) -> PageAnswer:
    if not isinstance(done, Refused):
        return frame.moved(f"/programmes/{visit.path['programme']}/load?done={what}")
    return done if done == access.ABSENT else _shown(visit, done)
