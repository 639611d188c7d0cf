"""The operating checklist and the phases of a programme. Reads and writes through app."""

from collections import Counter
from dataclasses import replace
from typing import Final

from tallystick.app import access, checklist
from tallystick.app.checklist import ChecklistPage, Move, PhasePage, PhaseState
from tallystick.app.kernel import new_key
from tallystick.edge import Site, Visit, status_of
from tallystick.edge.pages import PageAnswer
from tallystick.flow.checklist import (
    CLOSED,
    FAIL,
    LINES,
    MEANING,
    NOT_APPLICABLE,
    PASS,
    PILOT,
    PRODUCTION,
    Evidence,
    Line,
    Missing,
    Pilot,
    State,
    in_words,
)
from tallystick.flow.refusal import Refused
from tallystick.web import frame, words
from tallystick.web.language import Words, counted, listed, pgettext, refusal_line, said, told
from tallystick.web.language.formats import count
from tallystick.web.language.sentences import sentence
from tallystick.web.views import checklist as views
from tallystick.web.views.parts import Choice, Fact, Link, Pill, Tone

SECTION, PHASE = "Checklist", "Phase"
FORM_BYTES = 100_000
SIGNS: Final[dict[str, str]] = {PASS: "✓", FAIL: "✗", NOT_APPLICABLE: "○"}
STATES: Final = {
    PASS: Pill(label="pass", tone="good"), FAIL: Pill(label="fail", tone="bad"),
    NOT_APPLICABLE: Pill(label="not applicable"),
}  # fmt: skip
TONES: Final[dict[str, Tone]] = {PRODUCTION: "good", CLOSED: "quiet"}
PHASES: Final = Words({"draft": "draft", "pilot": "pilot", "production": "production", "closed": "closed"})
WAYS: Final = Words({
    PILOT: "Pilot: try it on real work", PRODUCTION: "Production: a pilot has shown that it works",
    CLOSED: "Closed: nothing new begins",
})  # fmt: skip
KINDS: Final = Words({
    "contract": "contract: %(ref)s", "rubric": "rubric %(ref)s", "batch": "batch %(ref)s", "item": "item %(ref)s",
    "release": "release %(ref)s", "event": "journal entry %(ref)s", "page": "page: %(ref)s",
})  # fmt: skip


def mount(site: Site) -> None:
    """Register checklist and phases."""
    root = "/programmes/{programme}"
    site.page(f"{root}/checklist", lines, permission="programme.read")
    site.page(f"{root}/phase", phase, permission="programme.read")
    site.page(f"{root}/phase", move, permission="programme.write", methods=("POST",), max_bytes=FORM_BYTES)


def lines(visit: Visit) -> PageAnswer:
    """The fourteen lines, evaluated now."""
    programme = visit.path["programme"]
    found = checklist.checklist(visit.cell, visit.actor, programme)
    if isinstance(found, Refused):
        return found
    lead = said("What a programme must have answered before its data is relied on, evaluated on what is there now.")
    page = frame.page(visit, said("Operating checklist"), lead=lead, at=frame.inside(visit, programme, SECTION))
    return frame.shown("checklist/checklist.html", _view(visit, found), page)


def _stood(failing: int, passing: int, others: int, *, names: str = "") -> str:
    """How many lines stand how. Each number has a noun and a verb of its own: languages count in up to six forms."""
    fails = counted("%(number)s line fails", "%(number)s lines fail", failing) + (f" ({names})" if names else "")
    passes = counted("%(number)s line passes", "%(number)s lines pass", passing)
    rest = counted("%(number)s line does not apply", "%(number)s lines do not apply", others)
    return listed((fails, passes, rest))


def _view(visit: Visit, found: ChecklistPage) -> views.Checklist:
    failed, name = found.count(FAIL), found.row.programme
    return views.Checklist(
        sentence=_stood(failed, found.count(PASS), found.count(NOT_APPLICABLE)),
        facts=(
            Fact(term=said("Phase"), value=PHASES[found.row.phase], href=f"/programmes/{name}/phase"),
            Fact(
                term=said("Contract"), value=said("version %(version)s", version=found.row.version),
                href=f"/programmes/{name}/contract",
            ),
            Fact(term=said("Up to journal entry"), value=count(found.upto)),
            Fact(term=said("Digest of these lines"), value=found.digest, is_digest=True),
        ),
        lines=tuple(_line(visit, name, one) for one in found.lines),
    )  # fmt: skip


def _line(visit: Visit, programme: str, one: Line) -> views.LineRow:
    return views.LineRow(
        id=one.id, title=told(one.title), state=_state(one.state), sign=SIGNS[one.state],
        found=sentence(one.found), todo=sentence(one.todo),
        evidence=tuple(_evidence(visit, programme, it) for it in one.evidence),
    )  # fmt: skip


def _state(state: State) -> Pill:
    """How a line stands. Other languages say of a line otherwise than of a gate that it passes."""
    own = {PASS: pgettext("checklist", "pass"), FAIL: pgettext("checklist", "fail")}
    return replace(STATES[state], label=own.get(state, STATES[state].label))


def _evidence(visit: Visit, programme: str, it: Evidence) -> views.EvidenceRow:
    href = checklist.page_of(programme, it)
    return views.EvidenceRow(label=KINDS[it.kind] % {"ref": it.ref}, href=href if visit.leads(href) else None)


def phase(visit: Visit) -> PageAnswer:
    """The phase of a programme and every move. That the rationales were opened is an event."""
    return _phase(visit)


def _phase(visit: Visit, refused: Refused | None = None) -> PageAnswer:
    programme = visit.path["programme"]
    found = checklist.phase_page(visit.cell, visit.actor, programme)
    if isinstance(found, Refused):
        return found
    # The names of a refusal are codes for programs: what each of them says stands in the sentence.
    notices = () if refused is None else (replace(frame.notice(refused, field=refused.field), names=()),)
    lead = said("A programme is set up, tried, used, and closed. Each move is in the log with who made it, and why.")
    page = frame.page(visit, said("Phase"), lead=lead, at=frame.inside(visit, programme, PHASE), notices=notices)
    status = 200 if refused is None else status_of(refused)
    return frame.shown("checklist/phase.html", _phase_view(visit, found, refused), page, status=status)


def _phase_view(visit: Visit, found: PhasePage, refused: Refused | None) -> views.Phase:
    known = frame.names(visit)
    return views.Phase(
        now=now(visit, found.state, refused), pilots=tuple(_pilot(visit, one) for one in found.state.pilots),
        moves=tuple(_move(one, known.get(one.row.by, one.row.by)) for one in found.moves),
    )  # fmt: skip


def _pilot(visit: Visit, one: Pilot) -> views.PilotRow:
    link = _release(visit, one)
    return views.PilotRow(
        told=sentence(in_words(one)), name=f"{one.name} {one.version}", href=link[0].href if link else None
    )


def _release(visit: Visit, one: Pilot) -> tuple[Link, ...]:
    """The way to a release of the pilot, for those who may see it."""
    href = f"/releases/{one.release}"
    return (Link(label=f"{one.name} {one.version}", href=href),) if visit.leads(href) else ()


def _missing(visit: Visit, state: PhaseState, one: Missing) -> views.MissingRow:
    """What production waits for. What the newest release of the pilot lacks leads to that release as well."""
    root, newest = f"/programmes/{state.row.programme}", state.pilots[:1]
    ways = {
        "report-incomplete": (Link(label=said("Report on quality"), href=f"{root}/report"),),
        "no-pilot-release": (Link(label=said("Build a release"), href=f"{root}/releases/new"),),
        "hard-cases-missing": (Link(label=said("Import"), href=f"{root}/import"),),
        "slices-missing": (Link(label=said("Import"), href=f"{root}/import"),),
    }
    links = tuple(link for link in ways.get(one.code, ()) if visit.leads(link.href))
    releases = tuple(link for pilot in newest for link in _release(visit, pilot))
    return views.MissingRow(found=sentence(one.found), todo=sentence(one.todo), links=(*links, *releases))


def now(visit: Visit, state: PhaseState, refused: Refused | None = None) -> views.PhaseNow:
    """The phase of a programme with the form that moves it; what is missing stands beside it before anybody tries."""
    row, root = state.row, f"/programmes/{state.row.programme}/phase"
    waits = PRODUCTION in state.ways
    return views.PhaseNow(
        state=pill(row.phase), meaning=told(MEANING[row.phase]), href=root,
        ready=sentence(in_words(state.ready)) if waits and state.ready else "",
        missing=tuple(
            _missing(visit, state, one) for one in state.missing
        ) if waits else (),
        form=_form(visit, state, root, refused) if access.allows(visit.actor, "programme.write") else None,
    )  # fmt: skip


def pill(phase: str) -> Pill:
    """A phase as a mark."""
    return Pill(label=phase, tone=TONES.get(phase, "waiting"))


def _form(visit: Visit, state: PhaseState, action: str, refused: Refused | None) -> views.MoveForm:
    chosen = visit.text("phase") if refused else ""
    return views.MoveForm(
        action=action, idempotency_key=new_key(), rationale=visit.text("rationale") if refused else "",
        ways=tuple(Choice(value=way, label=WAYS[way], is_chosen=way == chosen) for way in state.ways),
        errors=((refused.field, refusal_line(refused)),) if refused and refused.field else (),
        warning=said(
            "Closing ends this pilot. When the programme is reopened another one begins, and releases of this one do "
            "not count for production any more."
        ) if state.row.phase == PILOT else "",
    )  # fmt: skip


def _move(one: Move, who: str) -> views.MoveRow:
    row, counts = one.row, Counter(one.checklist.values())
    failed = "; ".join(told(title) for name, title, _ in LINES if one.checklist.get(name) == FAIL)
    return views.MoveRow(
        seq=count(row.seq), before=row.before, phase=row.phase, at=words.moment(row.at), who=who,
        href=f"/receipts/{row.seq}", rationale=one.rationale,
        checklist=_stood(counts[FAIL], counts[PASS], counts[NOT_APPLICABLE], names=failed),
        release=Link(label=said("the pilot release"), href=f"/releases/{row.release}") if row.release else None,
    )  # fmt: skip


def move(visit: Visit) -> PageAnswer:
    """Move a programme to another phase."""
    programme = visit.path["programme"]
    done = checklist.move(
        visit.cell, visit.actor, programme, phase=visit.text("phase"), rationale=visit.text("rationale"),
        key=visit.text("idempotency_key") or new_key(),
    )  # fmt: skip
    if not isinstance(done, Refused):
        return frame.moved(f"/programmes/{programme}/phase?done=phase")
    return done if done == access.ABSENT else _phase(visit, done)
