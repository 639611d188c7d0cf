"""Why the judges of one item disagree, and what people say of it. Reads and writes through app."""

import math
from collections.abc import Mapping

from tallystick.app import access, disagreement
from tallystick.app.disagreement import ItemCause
from tallystick.app.kernel import new_key
from tallystick.edge import Visit, status_of
from tallystick.edge.pages import PageAnswer
from tallystick.events.disagreement import WeighedTerm
from tallystick.flow.disagreement import CAUSE_NAMES, NO_VARIATION, UNDETERMINED
from tallystick.flow.refusal import Refused
from tallystick.plots import SharePlot, ShareRow
from tallystick.web import frame, words
from tallystick.web.disagreement.words import (
    CAUSES,
    SECTION,
    SOURCES,
    help_said,
    proposed_as,
    standing,
    summary_said,
    table,
)
from tallystick.web.language import refusal_line, said, told
from tallystick.web.language.formats import number
from tallystick.web.views import disagreement as views
from tallystick.web.views.page import Notice
from tallystick.web.views.parts import Choice, Fact


def cause(visit: Visit) -> PageAnswer:
    """Why the judges of one item disagree."""
    return _cause_page(visit, errors={}, notices=(), status=200)


def _cause_page(visit: Visit, *, errors: Mapping[str, str], notices: tuple[Notice, ...], status: int) -> PageAnswer:
    reason = visit.query.get("reason", "")
    found = disagreement.item_cause(visit.cell, visit.actor, visit.path["item"], reason=reason)
    if isinstance(found, Refused):
        return found
    programme = found.row.programme
    trail = [(said(SECTION), f"/programmes/{programme}/disagreements")]
    if access.allows(visit.actor, "gate.read"):
        trail.append((said("Map"), f"/batches/{found.row.batch}/causes"))
    heading = said("Why judges disagree on %(item)s", item=found.external)
    at = frame.inside(visit, programme, SECTION, *trail)
    page = frame.page(visit, heading, title=said("Cause of a disagreement"), at=at, notices=notices)
    view = _cause(visit, found, errors=errors)
    return frame.shown("disagreement/cause.html", view, page, status=status)


def _cause(visit: Visit, found: ItemCause, *, errors: Mapping[str, str]) -> views.CausePage:
    fact, stated = found.fact, found.stated
    stands = stated.cause or (UNDETERMINED if fact.status == "ok" else NO_VARIATION)
    address = f"/disagreements/{fact.item}/cause"
    chosen = visit.text("cause") or stated.proposed or ""
    return views.CausePage(
        item_id=fact.item, stands=standing(stands), is_corrected=stated.is_corrected,
        sentence=summary_said(fact, found.needed),
        warning=told(found.warned.sentence) if found.warned else "", plot=_posterior(fact.posterior),
        causes=tuple(CAUSES[name] for name in CAUSE_NAMES),
        terms=tuple(_term(term) for term in fact.terms),
        absent=tuple(SOURCES[name] for name in fact.absent), helps=tuple(help_said(one) for one in fact.helps),
        said=tuple(
            views.SaidRow(
                at=words.moment(one.at), who=_who(visit, one.by), note=one.note,
                sentence=said(
                    "Was %(proposed)s; said to be %(cause)s.",
                    proposed=proposed_as(one.proposed), cause=words.CAUSES[one.cause],
                ),
            )
            for one in found.said
        ),
        notes_href=f"{address}?reason=review" if any(one.note is None for one in found.said) else None,
        distributions=tuple(table(one, of=found.external) for one in found.distributions),
        facts=(
            Fact(term=said("Model of causes"), value=fact.model),
            Fact(term=said("Digest of the model"), value=fact.model_digest, is_digest=True),
            Fact(term=said("Digest of the evidence"), value=fact.inputs_digest, is_digest=True),
            Fact(term=said("Judges whose label counts"), value=str(fact.judges)),
            Fact(term=said("Classified"), value=words.told(found.at)),
        ),
        case_href=f"/disagreements/{fact.item}", action=address if found.may_correct else None,
        choices=tuple(
            Choice(value=name, label=CAUSES[name], is_chosen=name == chosen)
            for name in CAUSE_NAMES
        ),
        note=visit.text("note"), errors=tuple(errors.items()), idempotency_key=visit.text("idempotency_key", new_key()),
    )  # fmt: skip


def _who(visit: Visit, person: str) -> str:
    return said("you") if person == visit.actor.person else person


def _posterior(posterior: Mapping[str, int]) -> SharePlot | None:
    """The posterior as shares of a thousand, in the order in which causes are named everywhere."""
    if not posterior:
        return None
    rows = tuple(ShareRow(label=CAUSES[name], count=round(posterior[name] / 1_000)) for name in CAUSE_NAMES)
    return SharePlot(title=said("How likely each cause is, in thousandths"), rows=rows)


def _term(term: WeighedTerm) -> views.TermRow:
    least = min(term.milli.values())
    return views.TermRow(
        source=SOURCES[term.source], sentence=term.sentence,
        weights=tuple(_times(term.milli[name] - least) for name in CAUSE_NAMES),
    )  # fmt: skip


def _times(milli: int) -> str:
    times = math.exp(min(milli / 1_000, 10))
    return said("over 100") if times > 100 else number(times, 1)


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
        visit, errors={done.field: refusal_line(done)}, notices=(frame.notice(done, field=done.field),),
        status=status_of(done),
    )  # fmt: skip
