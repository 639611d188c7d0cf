"""What can be done now in an intervention, each with its button; and what cannot, with what has to come first."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from tallystick.app.intervention.reading import InterventionPage
from tallystick.flow import intervention as flow
from tallystick.flow.refusal import Refused
from tallystick.web.language import N_, Words, counted, refusal_line, said
from tallystick.web.views.intervention import NextStep, PathStep
from tallystick.web.views.parts import Choice, Fact, Pill

STATES = Words({
    flow.OPENED: "opened", flow.DIAGNOSED: "diagnosed", flow.CALIBRATING: "calibrating", flow.REVISED: "rubric revised",
    flow.RULED_OUT: "rubric ruled out", flow.REDOING: "judged again", flow.REMEASURED: "did not pass",
    flow.CLOSED: "closed",
})  # fmt: skip
_COMMANDS = Words({
    flow.RULE_OUT: "Rule the rubric out", flow.REQUEUE: "Have judgments made again",
    flow.STAND_DOWN: "Let an expert stand down",
})  # fmt: skip
_PATH = (
    (N_("Diagnosis"), (flow.OPENED, flow.REMEASURED)), (N_("Calibration session"), (flow.DIAGNOSED,)),
    (N_("Rubric revised or ruled out"), (flow.CALIBRATING,)),
    (N_("Judgments made again"), (flow.REVISED, flow.RULED_OUT)), (N_("Measured again"), (flow.REDOING,)),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A form that was refused: which, why, and what had been typed, so that nothing is typed twice."""

    id: str
    refused: Refused
    words: str = ""
    choice: str = ""
    person: str = ""
    is_by_same: bool = True


def justified() -> str:
    """What is asked of a justification."""
    return said(
        "At least %(number)s characters that a later reader can check. It is kept.",
        number=flow.JUSTIFICATION_CHARACTERS_MIN,
    )


def explained() -> str:
    """What is asked of shorter words."""
    return said("At least %(number)s characters. It is kept.", number=flow.WORDS_CHARACTERS_MIN)


def pill(page_state: str, outcome: str | None, round_: int) -> Pill:
    """Where an intervention stands, in a few words."""
    if outcome == flow.PASSED:
        return Pill(label="passed", tone="good")
    if outcome is not None:
        return Pill(label="given up", tone="quiet")
    return Pill(label=said("%(state)s, round %(number)s", state=STATES[page_state], number=round_), tone="waiting")


def path(page: InterventionPage) -> tuple[PathStep, ...]:
    """The stages of this round: what is done, what is next, what lies ahead."""
    if page.state.stage == flow.CLOSED:
        return ()
    is_calibrating = any(one.is_running for one in page.state.sessions)
    is_awaited = page.state.stage == flow.REDOING and page.waiting
    stage = flow.DIAGNOSED if is_calibrating else flow.REVISED if is_awaited else page.state.stage
    place = next(number for number, (_, stages) in enumerate(_PATH) if stage in stages)
    return tuple(
        PathStep(label=said(label), state="done" if number < place else "now" if number == place else "ahead")
        for number, (label, _) in enumerate(_PATH)
    )


def sentence(page: InterventionPage) -> str:
    """What is next, in one sentence."""
    state = page.state
    if page.row.outcome == flow.PASSED:
        return said("The batch passes its gate. This intervention is closed.")
    if state.stage == flow.CLOSED:
        return said("This intervention was given up. The next measurement that fails opens another.")
    if state.stage == flow.REDOING and page.waiting:
        return counted(
            "%(number)s item waits to be judged again. Measure the batch when they are complete.",
            "%(number)s items wait to be judged again. Measure the batch when they are complete.",
            page.waiting,
        )
    running = next((one for one in state.sessions if one.is_running), None)
    if running is not None:
        return said("A calibration session is running. Hold it to its end.")
    return _SENTENCES[state.stage]


_SENTENCES = Words({
    flow.OPENED: "Next: look where agreement is lost. The rubric comes first.",
    flow.DIAGNOSED: "Next: hold a calibration session, so that the rubric is looked at before anything else.",
    flow.CALIBRATING: "Next: revise the rubric, or rule it out with reasons when every mark is answered.",
    flow.REVISED: "Next: have the judgments that the revision affects made again.",
    flow.RULED_OUT: "Next: have judgments made again. Only now may somebody stand down whom the diagnosis clearly "
    "names.",
    flow.REDOING: "Next: measure the batch.",
    flow.REMEASURED: "The batch did not pass. Next: look again where agreement is lost.",
})  # fmt: skip


def steps(page: InterventionPage, *, sent: Sent | None, may_measure: bool) -> tuple[NextStep, ...]:
    """What can be done now, the first step first, closing last."""
    root = f"/interventions/{page.row.intervention}"
    found = [step for name in flow.next_commands(page.state) for step in _step(page, root, name)]
    if page.state.stage == flow.REDOING and may_measure:
        found.append(
            NextStep(
                id="measure", title=said("Measure again"), label=said("Go to the batch"),
                href=f"/batches/{page.row.batch}",
                sentence=said("The gate decides on the judgments that count now. A pass closes this intervention."),
                is_quiet=bool(page.waiting),
            )
        )  # fmt: skip
    if page.state.stage == flow.REDOING:
        found += [_requeue(root, page, is_quiet=True), *_stand_down(page, root)]
    found += _reinstate(page, root)
    if flow.CLOSE not in page.not_now:
        found.append(
            NextStep(
                id="closing", title=said("Close it by hand"), label=said("Close this intervention"),
                action=f"{root}/close",
                sentence=said("It closes by itself when the batch passes after judgments were made again."),
                words="words", words_label=said("Why it ends"), words_hint=explained(), is_quiet=True,
            )
        )  # fmt: skip
    return tuple(_with(step, sent) for step in found)


def _step(page: InterventionPage, root: str, name: str) -> list[NextStep]:
    """The sections of one command."""
    make: dict[str, Callable[[], list[NextStep]]] = {
        flow.DIAGNOSE: lambda: [_diagnose(root)],
        flow.CALIBRATE: lambda: _calibrate(page, root),
        flow.REVISE: lambda: [_revise(page)],
        flow.RULE_OUT: lambda: [_rule_out(root)],
        flow.REQUEUE: lambda: [_requeue(root, page)],
        flow.STAND_DOWN: lambda: _stand_down(page, root),
    }
    return make[name]()


def _diagnose(root: str) -> NextStep:
    return NextStep(
        id="diagnose", title=said("Look for what would help most"), label=said("Diagnose and record"),
        action=f"{root}/diagnose",
        sentence=said("Criteria first, then kinds of items and versions, people last. What is found is recorded."),
    )  # fmt: skip


def _calibrate(page: InterventionPage, root: str) -> list[NextStep]:
    """Open a session, go on with the one that runs, or answer what was marked in the last one."""
    running = next((one for one in page.state.sessions if one.is_running), None)
    held = page.state.held
    if running is None and held is not None:
        return [_answer_marks(held.calibration, held.unanswered), _revise(page)]
    return [
        NextStep(
            id="session", title=said("The calibration session") if running else said("Hold a calibration session"),
            sentence=said(
                "Experts label the same items alone, then compare, and mark the words that they read apart."
            ),
            label=said("Go to the session") if running else said("Open a session"),
            href=f"/calibrations/{running.calibration}" if running else f"{root}/calibrate",
        )
    ]  # fmt: skip


def _revise(page: InterventionPage) -> NextStep:
    held = page.state.held
    return NextStep(
        id="revise", title=said("Revise the rubric"), label=said("Start a revision"),
        sentence=said("Marks and proposed examples stand beside the rubric. What you publish is a new version."),
        href=f"/calibrations/{held.calibration}/revision" if held else None,
    )  # fmt: skip


def _answer_marks(session: str, number: int) -> NextStep:
    return NextStep(
        id="marks", title=said("Answer the marks"), label=said("Go to the marks"),
        sentence=counted(
            "%(number)s mark waits for an answer. While any does, the rubric cannot be ruled out.",
            "%(number)s marks wait for an answer. While any does, the rubric cannot be ruled out.",
            number,
        ),
        href=f"/calibrations/{session}/rubric",
    )  # fmt: skip


def _rule_out(root: str) -> NextStep:
    return NextStep(
        id="rule-out", title=said("Or rule the rubric out"), label=said("Rule the rubric out"),
        action=f"{root}/rule-out",
        sentence=said(
            "Say why the rubric does not explain what is left. Everything after this rests on these words."
        ),
        words="justification", words_label=said("Justification"), words_hint=justified(), is_quiet=True,
    )  # fmt: skip


def _requeue(root: str, page: InterventionPage, *, is_quiet: bool = False) -> NextStep:
    affected = (flow.AFFECTED, said("Those that the revision affects"), said("Made under words that changed since."))
    theirs = (
        flow.THEIRS, said("Those of who stands down"), said("All of them, whatever others said of the same items."),
    )  # fmt: skip
    offered = (
        *([affected] if page.state.revised else []),
        *([theirs] if page.state.stood_down else []),
        (flow.ALL, said("All of the batch"), said("Every judgment that counts.")),
    )
    return NextStep(
        id="requeue", title=said("Have judgments made again"), label=said("Have them made again"),
        action=f"{root}/requeue",
        sentence=said("They are set aside under the rubric in force: kept, delivered, and counted no more."),
        choices=tuple(
            Choice(value=value, label=label, note=note, is_chosen=value == offered[0][0])
            for value, label, note in offered
        ),
        asks_same=True, is_quiet=is_quiet,
    )  # fmt: skip


def _stand_down(page: InterventionPage, root: str) -> list[NextStep]:
    if flow.STAND_DOWN in page.not_now or not page.named:
        return []
    return [
        NextStep(
            id="stand-down", title=said("The last step: let an expert stand down"),
            label=said("Let this expert stand down"),
            sentence=said(
                "They work no more under this rubric. What they judged stays and counts, unless you have it made "
                "again. Only those can be chosen whom the diagnosis clearly names beyond what the criteria explain."
            ),
            action=f"{root}/stand-down", words="justification", words_label=said("Justification"),
            words_hint=justified(),
            people=tuple(Choice(value=one, label=page.names.get(one, one)) for one in page.named), is_quiet=True,
        )
    ]  # fmt: skip


def _reinstate(page: InterventionPage, root: str) -> list[NextStep]:
    people = tuple(Choice(value=one.person, label=page.names.get(one.person, one.person)) for one in page.stood_down)
    if not people:
        return []
    return [
        NextStep(
            id="reinstate", title=said("Reinstate an expert"), label=said("Reinstate this expert"),
            action=f"{root}/reinstate",
            sentence=said("They work under this rubric again, with the qualifications that they had."),
            words="reason", words_label=said("Reason"), words_hint=explained(), people=people, is_quiet=True,
        )
    ]  # fmt: skip


def _with(step: NextStep, sent: Sent | None) -> NextStep:
    """A form as it was sent, with what was wrong."""
    if sent is None or sent.id != step.id:
        return step
    return replace(
        step, value=sent.words, error=refusal_line(sent.refused) if sent.refused.field == step.words else "",
        is_by_same=sent.is_by_same,
        choices=tuple(replace(one, is_chosen=one.value == sent.choice) for one in step.choices),
        people=tuple(replace(one, is_chosen=one.value == sent.person) for one in step.people),
    )  # fmt: skip


def not_yet(page: InterventionPage) -> tuple[Fact, ...]:
    """What may not be done now and what has to come first, of what people may look for."""
    if page.state.stage == flow.CLOSED:
        return ()
    found = [(name, page.not_now[name]) for name in _COMMANDS if name in page.not_now]
    facts = [Fact(term=_COMMANDS[name], value=refusal_line(refused)) for name, refused in found]
    if flow.STAND_DOWN not in page.not_now and not page.named:
        nobody = said("The diagnosis of this round clearly names nobody beyond what the criteria explain.")
        facts.append(Fact(term=_COMMANDS[flow.STAND_DOWN], value=nobody))
    return tuple(facts)
