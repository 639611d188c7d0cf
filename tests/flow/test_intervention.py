"""The protocol of interventions: every command in every stage is a fact or a clear refusal, people come last."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.events.calibration import CalibrationOpened
from tallystick.events.envelope import ObjectRef
from tallystick.events.gate import BatchMeasured, MeasuredValue
from tallystick.events.intervention import (
    ExpertStoodDown,
    FindingFacts,
    InterventionClosed,
    InterventionDiagnosed,
    InterventionOpened,
    InterventionRemeasured,
    InterventionRevised,
    RubricRuledOut,
)
from tallystick.flow import intervention as flow
from tallystick.flow.diagnosis import Diagnosis, DividedItem, Finding
from tallystick.flow.intervention import Change, Made, Requeued, Session, State, Step
from tallystick.flow.refusal import Refused

WORDS = ObjectRef(object="obj-1", commitment="00", bytes=100)
SURE, PAIRED = "per-sure", "per-paired"


def value(ppm: int | None, what: str = "verdict") -> MeasuredValue:
    return MeasuredValue(
        what=what, metric="krippendorff_alpha", level="nominal", status="ok", value_ppm=ppm, low_ppm=ppm,
        high_ppm=ppm, items=10, raters=3, judgments=30,
    )  # fmt: skip


def measured(decision: str, ppm: int = 500_000) -> BatchMeasured:
    return BatchMeasured(
        batch="b", programme="p", domain="general", rubric="r", rubric_version="1", contract_version="1",
        rule="estimate", threshold_ppm=740_000, decision=decision, why="", verdict=value(ppm),
        criteria=[value(600_000, "criterion:reasoning")], expected=None, inputs_digest="d", incomplete=0,
        code_version="0",
    )  # fmt: skip


def finding(kind: str, name: str, **changes: object) -> FindingFacts:
    facts = {
        "kind": kind, "name": name, "items": 10, "comparisons": 20, "gain_ppm": 100_000, "low_ppm": 1, "high_ppm": 2,
        "share_ppm": 3, "rest_ppm": 50_000, "is_clear": True, "reason": None,
    }  # fmt: skip
    return FindingFacts(**(facts | changes))  # type: ignore[arg-type]  # by name


OPENING = InterventionOpened(
    intervention="int-1", programme="p", domain="general", rubric="r", rubric_version="1", contract_version="1",
    batch="b", measured_seq=9, inputs_digest="d", metric="krippendorff_alpha", level="nominal", rule="estimate",
    threshold_ppm=740_000, short=[value(500_000)],
)  # fmt: skip
FINDINGS = [
    finding("criterion", "reasoning", rest_ppm=None),
    finding("pair", f"{PAIRED}|{SURE}"),
    finding("expert", SURE),
    finding("expert", PAIRED, gain_ppm=-10_000, rest_ppm=-10_000, is_clear=False),
    finding("expert", "per-explained", rest_ppm=0),
    finding("expert", "per-perhaps", is_clear=False),
]


@dataclass
class Play:
    """An intervention that follows commands as app does: facts are appended when they are made, and only then."""

    steps: list[Step] = field(default_factory=lambda: [Step(10, OPENING)])
    sessions: list[Session] = field(default_factory=list)
    down: set[str] = field(default_factory=set)
    said: list[Refused] = field(default_factory=list)

    @property
    def state(self) -> State:
        return flow.state_of(self.steps, sessions=self.sessions, stood_down=frozenset(self.down))

    @property
    def seq(self) -> int:
        return self.steps[-1].seq + 10

    def follow(self, made: object) -> bool:
        """Append a fact; keep a refusal."""
        if isinstance(made, Refused):
            self.said.append(made)
            return False
        self.steps.append(Step(self.seq, made))  # type: ignore[arg-type]  # a fact
        return True

    def may(self, command: str) -> bool:
        return self.granted(flow.may(self.state, command))

    def granted(self, refused: Refused | None) -> bool:
        """Whether nothing was refused; a refusal is kept."""
        if refused:
            self.said.append(refused)
        return refused is None

    # Commands of people, by their names in flow.COMMANDS.

    def diagnose(self) -> bool:
        if not self.may(flow.DIAGNOSE):
            return False
        fact = InterventionDiagnosed(
            intervention="int-1", programme="p", round=self.state.round, batch="b", rubric_version="1",
            inputs_digest="d", value_ppm=500_000, threshold_ppm=740_000, findings=FINDINGS, left_out=0, items=[],
            beside=["reasoning"], code_version="0", seed=0,
        )  # fmt: skip
        return self.follow(fact)

    def calibrate(self) -> bool:
        if not self.may(flow.CALIBRATE):
            return False
        name = f"cal-{self.seq}"
        fact = CalibrationOpened(
            calibration=name, intervention="int-1", programme="p", batch="b", domain="general", rubric="r",
            rubric_version="1", items=[], participants=[],
        )  # fmt: skip
        self.sessions.append(
            Session(calibration=name, opened_seq=self.seq, is_running=True, is_held=False, unanswered=1)
        )
        return self.follow(fact)

    def revise(self) -> bool:
        if not self.may(flow.REVISE):
            return False
        fact = InterventionRevised(
            intervention="int-1", programme="p", rubric="r", version="2", previous="1", affected=["reasoning"],
            calibration=None,
        )  # fmt: skip
        return self.follow(fact)

    def rule_out(self) -> bool:
        return self.follow(flow.ruled_out(self.state, rubric_version="1", justification=WORDS))

    def requeue(self) -> bool:
        made = flow.chosen(self.state, [Made(judgment="j", expert="per-other", is_affected=True)], flow.ALL)
        return self.follow(made if isinstance(made, Refused) else Requeued(len(made), 1, by_same=True))

    def stand_down(self, person: str = SURE) -> bool:
        made = flow.stood_down(self.state, person, rubric_version="1", justification=WORDS)
        if not self.follow(made):
            return False
        self.down.add(person)
        return True

    def reinstate(self) -> bool:
        refused = flow.may(self.state, flow.REINSTATE) or flow.check_stands_down(self.state, SURE)
        if not self.granted(refused):
            return False
        self.down.discard(SURE)
        return True

    def close(self) -> bool:
        return self.may(flow.CLOSE) and self.follow(flow.closed(self.state, flow.ABANDONED, words=WORDS))

    # What happens beside them.

    def end_session(self, *, is_held: bool = True) -> None:
        if self.sessions and self.sessions[-1].is_running:
            self.sessions[-1] = replace(self.sessions[-1], is_running=False, is_held=is_held, ended_seq=self.seq)

    def answer(self) -> None:
        self.sessions = [replace(one, unanswered=0) for one in self.sessions]

    def measure(self, decision: str = "fail") -> None:
        if self.state.stage != flow.CLOSED and flow.is_remeasuring(self.state, decision, waiting=0):
            for fact in flow.remeasured(
                self.state, measured(decision), measured("fail"), Change(), measured_seq=self.seq
            ):
                self.follow(fact)


def at(stage: str) -> Play:
    """An intervention in a stage, on the shortest way there."""
    play = Play()
    way: dict[str, list[Callable[[], object]]] = {
        flow.OPENED: [],
        flow.DIAGNOSED: [play.diagnose],
        flow.CALIBRATING: [play.diagnose, play.calibrate, play.end_session, play.answer],
        flow.REVISED: [play.diagnose, play.calibrate, play.end_session, play.revise],
        flow.RULED_OUT: [play.diagnose, play.calibrate, play.end_session, play.answer, play.rule_out],
        flow.REDOING: [play.diagnose, play.calibrate, play.end_session, play.revise, play.requeue],
        flow.REMEASURED: [
            play.diagnose, play.calibrate, play.end_session, play.revise, play.requeue, play.measure,
        ],
        flow.CLOSED: [play.close],
    }  # fmt: skip
    for step in way[stage]:
        step()
    assert play.state.stage == stage
    assert play.said == []
    return play


DO: dict[str, Callable[[Play], bool]] = {
    flow.DIAGNOSE: Play.diagnose, flow.CALIBRATE: Play.calibrate, flow.REVISE: Play.revise,
    flow.RULE_OUT: Play.rule_out, flow.REQUEUE: Play.requeue, flow.STAND_DOWN: Play.stand_down,
    flow.REINSTATE: Play.reinstate, flow.CLOSE: Play.close,
}  # fmt: skip
ALLOWED: dict[str, dict[str, str]] = {
    flow.OPENED: {flow.DIAGNOSE: flow.DIAGNOSED, flow.REVISE: flow.REVISED, flow.CLOSE: flow.CLOSED},
    flow.DIAGNOSED: {
        flow.DIAGNOSE: flow.DIAGNOSED, flow.CALIBRATE: flow.CALIBRATING, flow.REVISE: flow.REVISED,
        flow.CLOSE: flow.CLOSED,
    },
    flow.CALIBRATING: {
        flow.CALIBRATE: flow.CALIBRATING, flow.REVISE: flow.REVISED, flow.RULE_OUT: flow.RULED_OUT,
        flow.CLOSE: flow.CLOSED,
    },
    flow.REVISED: {flow.REVISE: flow.REVISED, flow.REQUEUE: flow.REDOING, flow.CLOSE: flow.CLOSED},
    flow.RULED_OUT: {
        flow.REVISE: flow.REVISED, flow.REQUEUE: flow.REDOING, flow.STAND_DOWN: flow.RULED_OUT,
        flow.CLOSE: flow.CLOSED,
    },
    flow.REDOING: {flow.REVISE: flow.REVISED, flow.REQUEUE: flow.REDOING, flow.CLOSE: flow.CLOSED},
    flow.REMEASURED: {flow.DIAGNOSE: flow.DIAGNOSED, flow.REVISE: flow.REVISED, flow.CLOSE: flow.CLOSED},
    flow.CLOSED: {},
}  # fmt: skip
"""Stage: what may be done there, and where it leads. By hand: this does not read the table in the code."""


@pytest.mark.parametrize(("stage", "command"), list(product(flow.STAGES, flow.COMMANDS)))
def test_every_command_in_every_stage_is_a_fact_or_a_clear_refusal(stage: str, command: str) -> None:
    play = at(stage)
    before = play.steps.copy()
    is_done = DO[command](play)
    wanted = ALLOWED[stage].get(command)
    assert is_done == (wanted is not None)
    assert play.state.stage == (wanted or stage)
    if wanted is None:
        assert play.steps == before, "a refusal writes nothing"
        assert len(play.said) == 1
        assert len(play.said[0].sentence) > 40
        assert play.said[0].sentence.endswith(".")


def test_nobody_is_left_out_of_the_table() -> None:
    assert set(DO) == set(flow.COMMANDS)
    assert set(ALLOWED) == set(flow.STAGES)


def test_what_comes_next_is_always_possible() -> None:
    for stage in flow.STAGES:
        play = at(stage)
        for command in flow.next_commands(play.state):
            assert DO[command](at(stage)), (stage, command)


def test_a_running_session_or_an_open_mark_keeps_the_rubric_from_being_ruled_out() -> None:
    play = at(flow.DIAGNOSED)
    assert play.calibrate()
    assert not play.rule_out()
    assert not play.calibrate()
    play.end_session(is_held=False)
    assert not play.rule_out()
    assert play.calibrate()
    play.end_session()
    assert not play.rule_out()
    assert [one.code for one in play.said] == [
        "session-running", "session-running", "session-missing", "marks-unanswered",
    ]  # fmt: skip
    play.answer()
    assert play.rule_out()


def test_a_new_version_takes_the_ruling_out_back() -> None:
    play = at(flow.RULED_OUT)
    assert play.revise()
    assert not play.stand_down()
    assert play.requeue()
    assert not play.stand_down()
    assert {one.code for one in play.said} == {"rubric-first"}


def test_what_a_round_found_counts_for_nothing_in_the_next() -> None:
    play = at(flow.RULED_OUT)
    assert play.requeue()
    assert play.stand_down()
    play.measure()
    assert play.state.round == 2
    assert (play.state.ruled_out, play.state.diagnosis, play.state.held, play.state.requeued) == (None, None, None, 0)
    assert play.reinstate()
    assert play.diagnose()
    assert not play.stand_down()
    assert not play.rule_out()


@pytest.mark.parametrize(
    ("person", "code"),
    [
        (SURE, None),
        (PAIRED, "not-named"),  # clearly apart from one, but no further from all others than they are
        ("per-explained", "not-named"),  # nothing is left where no criterion was read differently
        ("per-perhaps", "not-named"),  # not beyond chance
        ("per-nobody", "not-named"),
        ("reasoning", "not-named"),  # a criterion is no person
    ],
)
def test_only_whom_the_diagnosis_clearly_names_beyond_the_criteria_stands_down(person: str, code: str | None) -> None:
    play = at(flow.RULED_OUT)
    assert play.stand_down(person) == (code is None)
    assert [one.code for one in play.said] == ([] if code is None else [code])


def test_standing_down_cites_its_evidence() -> None:
    play = at(flow.RULED_OUT)
    assert play.stand_down()
    fact = play.steps[-1].fact
    assert isinstance(fact, ExpertStoodDown)
    assert {one.name for one in fact.findings} == {SURE, f"{PAIRED}|{SURE}"}
    assert fact.ruled_out_seq == play.state.ruled_out_seq
    assert len(fact.evidence_digest) == 64
    assert not play.stand_down()
    assert play.said[0].code == "already-stood-down"


def test_without_a_criterion_that_explains_anything_the_gain_itself_is_what_is_left() -> None:
    play = at(flow.RULED_OUT)
    diagnosis = play.state.diagnosis
    assert diagnosis is not None
    bare = InterventionDiagnosed(
        intervention="int-1", programme="p", round=1, batch="b", rubric_version="1", inputs_digest="d",
        value_ppm=500_000, threshold_ppm=740_000, left_out=0, items=[], beside=[], code_version="0", seed=0,
        findings=[finding("expert", SURE, rest_ppm=None), finding("expert", "per-less", gain_ppm=-1, rest_ppm=None)],
    )  # fmt: skip
    assert flow.cited(bare, SURE)
    assert not flow.cited(bare, "per-less")


@pytest.mark.parametrize(
    ("decision", "stage"), [("fail", flow.REMEASURED), ("undecided", flow.REMEASURED), ("pass", flow.CLOSED)]
)
def test_a_measurement_ends_the_round(decision: str, stage: str) -> None:
    play = at(flow.REDOING)
    play.measure(decision)
    assert play.state.stage == stage
    last = play.steps[-1].fact
    assert isinstance(last, InterventionClosed if decision == "pass" else InterventionRemeasured)


def test_a_measurement_counts_only_when_all_that_was_set_aside_is_there_again() -> None:
    state = at(flow.REDOING).state
    assert not flow.is_remeasuring(state, "pass", waiting=1)
    assert flow.is_remeasuring(state, "pass", waiting=0)
    for stage in (flow.OPENED, flow.DIAGNOSED, flow.CALIBRATING, flow.REVISED, flow.RULED_OUT):
        assert not flow.is_remeasuring(at(stage).state, "pass", waiting=0)
    again = at(flow.REMEASURED).state
    assert flow.is_remeasuring(again, "pass", waiting=0)
    assert not flow.is_remeasuring(again, "fail", waiting=0)


@given(st.lists(st.integers(0, 13), max_size=60))
def test_any_sequence_of_commands_keeps_the_rubric_before_the_people(numbers: list[int]) -> None:
    play = Play()
    acts: list[Callable[[], object]] = [
        *(lambda do=do: do(play) for do in DO.values()),
        play.end_session, play.answer, play.measure, lambda: play.measure("pass"), lambda: play.measure("undecided"),
        lambda: play.end_session(is_held=False),
    ]  # fmt: skip
    for number in numbers:
        acts[number]()
        assert play.state.stage in flow.STAGES
    facts = [step.fact for step in play.steps]
    for place, fact in enumerate(facts):
        if isinstance(fact, RubricRuledOut):
            round_of = _since_round(facts[:place])
            assert any(isinstance(one, InterventionDiagnosed) for one in round_of)
            assert any(isinstance(one, CalibrationOpened) for one in round_of)
        if isinstance(fact, ExpertStoodDown):
            round_of = _since_round(facts[:place])
            ruled = [n for n, one in enumerate(round_of) if isinstance(one, RubricRuledOut)]
            assert ruled
            assert not any(isinstance(one, InterventionRevised) for one in round_of[ruled[-1] :])
        if isinstance(fact, InterventionClosed):
            assert place == len(facts) - 1, "nothing comes after the end"
    assert play.state.round == 1 + sum(
        isinstance(fact, InterventionRemeasured) and fact.decision != "pass" for fact in facts
    )


def _since_round(facts: Sequence[object]) -> Sequence[object]:
    missed = [n for n, fact in enumerate(facts) if isinstance(fact, InterventionRemeasured) and fact.decision != "pass"]
    return facts[missed[-1] + 1 :] if missed else facts


def test_what_may_be_made_again() -> None:
    play = at(flow.RULED_OUT)
    assert play.stand_down()
    made = [
        Made(judgment="j-1", expert="per-other", is_affected=True),
        Made(judgment="j-2", expert=SURE, is_affected=False),
    ]
    assert flow.chosen(play.state, made, flow.AFFECTED) == ["j-1"]
    assert flow.chosen(play.state, made, flow.THEIRS) == ["j-2"]
    assert flow.chosen(play.state, made, flow.ALL) == ["j-1", "j-2"]
    nothing = flow.chosen(at(flow.REVISED).state, made, flow.THEIRS)
    assert isinstance(nothing, Refused)
    assert nothing.code == "nothing-to-redo"
    strange = flow.chosen(play.state, made, "named")
    assert isinstance(strange, Refused)
    assert strange.code == "bad-choice"


def test_a_diagnosis_is_recorded_and_read_back_whole() -> None:
    findings = tuple(
        Finding(
            kind=kind, name=f"{kind}-{n}", items=n, comparisons=n, gain_ppm=n, low_ppm=None, high_ppm=None,
            share_ppm=None, rest_ppm=None, is_clear=n == 0, reason="r",
        )
        for kind in ("criterion", "cluster", "expert") for n in range(50)
    )  # fmt: skip
    found = Diagnosis(
        value_ppm=1, threshold_ppm=2, findings=findings, items=(DividedItem(item="i", gain_ppm=3),), beside=("c",)
    )
    fact = flow.diagnosed(Play().state, found, rubric_version="1", inputs_digest="d", code_version="0")
    assert (len(fact.findings), fact.left_out) == (100, 50)
    kept = {(one.kind, one.name) for one in fact.findings}
    assert all((one.kind, one.name) in kept for one in findings if one.kind == "criterion" or one.is_clear)
    whole = flow.diagnosed(
        Play().state, replace(found, findings=findings[:60]), rubric_version="1", inputs_digest="d", code_version="0"
    )
    assert flow.recorded(whole) == replace(found, findings=findings[:60])
