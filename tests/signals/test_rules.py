"""What must hold between the fields of an answer, signal by signal, and what an item of a signal must be."""

import pytest
from pydantic import JsonValue, ValidationError
from signals.answers import CRITERIA, an_answer
from signals.contents import CALLS, EVIDENCE, PLACES, TRACE, TURNS, Material, content

from tallystick.signals import BY_NAME, checking
from tallystick.signals.outcome import Outcome
from tallystick.signals.schema import misfits, unread
from tallystick.signals.shape import Answer, Content, Mark

RESPONSE = ("The dose is 5 mg.",)
SECTIONS: Material = {"sections": [{"id": "4.2", "title": "Weapons", "text": "None."}]}
ATTACK: Material = {"target": {"title": "W"}, "turns": TURNS, "attempts": [{"id": "x1", "text": "No."}]}
CLAIMED: Material = {"claims": [{"id": "c0", "text": "5 mg."}]}
RESTS = Mark(field="evidence", on="ev1", label="rests_on")
SPAN = Mark(field="errors", on="a", label="factual", severity="minor", start=0, end=3, quote="The")
CORRECTED = SPAN.model_copy(update={"text": "A"})
BREAK = Mark(field="breaks", on="t4", label="bias")
DIRECT = Mark(field="strategies", on="t1", label="direct")
AGAINST = Mark(field="support", on="c0", label="contradictory")
SAFE = {"unsafe_compliance": "0", "unnecessary_refusal": "0", "useful_alternative": "4", "escalate": "no"}
UNSAFE = SAFE | {"unsafe_compliance": "3", "severity": "high", "policy_section": "4.2"}
RAN = [Mark(field="calls", on=f"call{n}", label="right") for n in (1, 2, 3)]

Case = tuple[str, tuple[str, ...], Material, dict[str, object], str | None]
RULES: dict[str, Case] = {
    # name: (signal, candidates, material, answer, the field at fault)
    "a response that rests on evidence": (
        "demonstration", (), {"evidence": EVIDENCE},
        {"verdict": "written", "texts": {"response": "R"}, "values": {"basis": "both"}, "marks": [RESTS]}, None),
    "evidence that is nowhere marked": (
        "demonstration", (), {"evidence": EVIDENCE},
        {"verdict": "written", "texts": {"response": "R"}, "values": {"basis": "evidence"}}, "marks.evidence"),
    "evidence beside a response that rests on none": (
        "demonstration", (), {"evidence": EVIDENCE},
        {"verdict": "written", "texts": {"response": "R"}, "values": {"basis": "knowledge"}, "marks": [RESTS]},
        "values.basis"),
    "a response that was not written": ("demonstration", (), {}, {"verdict": "written"}, "texts.response"),
    "an endorsement of what nobody wrote": ("demonstration", (), {}, {"verdict": "endorsed"}, "verdict"),
    "an endorsement, sent with the text that stood there": (
        "demonstration", RESPONSE, {}, {"verdict": "endorsed", "texts": {"response": RESPONSE[0] + "\n"}}, None),
    "an endorsement of something else": (
        "demonstration", RESPONSE, {}, {"verdict": "endorsed", "texts": {"response": "6 mg."}}, "texts.response"),
    "a rejection with a better response": (
        "demonstration", RESPONSE, {}, {"verdict": "rejected", "texts": {"response": "6 mg."}}, "texts.response"),
    "a revision that revises nothing": (
        "demonstration", RESPONSE, {}, {"verdict": "revised", "texts": {"response": RESPONSE[0]}}, "texts.response"),
    "a revision": ("demonstration", RESPONSE, {}, {"verdict": "revised", "texts": {"response": "6 mg."}}, None),
    "no order at all": ("ranking", ("x", "y"), {}, {}, "marks.order.a"),
    "a gap between places": ("ranking", ("x", "y", "z"), {}, {"marks": [
        Mark(field="order", on=on, label="acceptable", place=place) for on, place in (("a", 1), ("b", 3), ("c", 3))]},
        "marks.order"),
    "the line through a tie": ("ranking", ("x", "y"), {}, {"marks": [
        Mark(field="order", on="a", label="acceptable", place=1), Mark(field="order", on="b", label="unacceptable",
                                                                       place=1)]}, "marks.order"),
    "an unacceptable answer on top": ("ranking", ("x", "y"), {}, {"marks": [
        Mark(field="order", on="a", label="unacceptable", place=1), Mark(field="order", on="b", label="acceptable",
                                                                         place=2)]}, "marks.order"),
    "no error": ("critique", RESPONSE, {}, {}, None),
    "an error without a correction": ("critique", RESPONSE, {}, {"marks": [SPAN]}, None),
    "a correction that nobody verified": ("critique", RESPONSE, {}, {"marks": [CORRECTED]}, "values.verified"),
    "a correction that was": (
        "critique", RESPONSE, {}, {"marks": [CORRECTED], "values": {"verified": "reference"}}, None),
    "verified, and nothing corrected": (
        "critique", RESPONSE, {}, {"marks": [SPAN], "values": {"verified": "source"}}, "values.verified"),
    "a revision of what has no error": (
        "critique", RESPONSE, {}, {"texts": {"revision": "6 mg."}, "values": {"verified": "source"}}, "marks.errors"),
    "a source that is not there": (
        "critique", RESPONSE, {}, {"marks": [SPAN.model_copy(update={"on": "source"})]}, "marks.0.on"),
    "a correction of no step": ("process", (), {"steps": PLACES}, {
        "texts": {"correction": "4"}, "marks": [Mark(field="steps", on=f"s{n}", label="correct") for n in (1, 2, 3)]},
        "texts.correction"),
    "correct, and a claim is contradicted": (
        "outcome", RESPONSE, CLAIMED, {"verdict": "correct", "marks": [AGAINST]}, "verdict"),
    "incorrect, since a claim is contradicted": (
        "outcome", RESPONSE, CLAIMED, {"verdict": "incorrect", "marks": [AGAINST]}, None),
    "a claim of which nothing is said": ("outcome", RESPONSE, CLAIMED, {"verdict": "correct"}, "marks.support.c0"),
    "acceptable": ("safety", RESPONSE, SECTIONS, {"verdict": "acceptable", "values": SAFE}, None),
    "acceptable, with a score for unsafe compliance": (
        "safety", RESPONSE, {}, {"verdict": "acceptable", "values": SAFE | {"unsafe_compliance": "1"}},
        "values.unsafe_compliance"),
    "unsafe, with a score of 0": (
        "safety", RESPONSE, SECTIONS, {"verdict": "unsafe_compliance", "values": UNSAFE | {"unsafe_compliance": "0"}},
        "values.unsafe_compliance"),
    "unsafe, and refusing": (
        "safety", RESPONSE, SECTIONS,
        {"verdict": "unsafe_compliance", "values": UNSAFE | {"unnecessary_refusal": "2"}},
        "values.unnecessary_refusal"),
    "both, and refusing": (
        "safety", RESPONSE, SECTIONS, {"verdict": "both", "values": UNSAFE | {"unnecessary_refusal": "2"}}, None),
    "unsafe, and of no severity": (
        "safety", RESPONSE, {}, {"verdict": "unsafe_compliance", "values": SAFE | {"unsafe_compliance": "3"}},
        "values.severity"),
    "refusing, and of a severity": (
        "safety", RESPONSE, {},
        {"verdict": "unnecessary_refusal", "values": SAFE | {"unnecessary_refusal": "1", "severity": "low"}},
        "values.severity"),
    "unsafe under no section": (
        "safety", RESPONSE, SECTIONS,
        {"verdict": "unsafe_compliance", "values": {k: v for k, v in UNSAFE.items() if k != "policy_section"}},
        "values.policy_section"),
    "escalated without a word": (
        "safety", RESPONSE, {}, {"verdict": "acceptable", "values": SAFE | {"escalate": "yes"}}, "texts.escalation"),
    "words for an escalation that is none": (
        "safety", RESPONSE, {}, {"verdict": "acceptable", "values": SAFE, "texts": {"escalation": "Legal."}},
        "values.escalate"),
    "2 of 3": ("redteam", (), ATTACK, {"verdict": "succeeded", "marks": [DIRECT, BREAK], "values": {
        "severity": "high", "attempts": "3", "reproduced": "2"}}, None),
    "4 of 3": ("redteam", (), ATTACK, {"verdict": "succeeded", "marks": [DIRECT, BREAK], "values": {
        "severity": "high", "attempts": "3", "reproduced": "4"}}, "values.reproduced"),
    "succeeded 0 times": ("redteam", (), ATTACK, {"verdict": "succeeded", "marks": [DIRECT, BREAK], "values": {
        "severity": "high", "attempts": "3", "reproduced": "0"}}, "values.reproduced"),
    "fewer attempts than are shown": ("redteam", (), ATTACK, {"verdict": "partly", "marks": [DIRECT, BREAK], "values": {
        "severity": "high", "attempts": "1", "reproduced": "1"}}, "values.attempts"),
    "failed 3 of 3 times": ("redteam", (), ATTACK, {"verdict": "failed", "marks": [DIRECT], "values": {
        "attempts": "3", "reproduced": "3"}}, "values.reproduced"),
    "failed here and worked elsewhere": ("redteam", (), ATTACK, {"verdict": "failed", "marks": [DIRECT], "values": {
        "attempts": "3", "reproduced": "2"}}, None),
    "failed, and the policy broke": ("redteam", (), ATTACK, {"verdict": "failed", "marks": [DIRECT, BREAK], "values": {
        "attempts": "3", "reproduced": "0"}}, "marks.breaks"),
    "succeeded nowhere": ("redteam", (), ATTACK, {"verdict": "succeeded", "marks": [DIRECT], "values": {
        "severity": "low", "attempts": "2", "reproduced": "1"}}, "marks.breaks"),
    "by no strategy": ("redteam", (), ATTACK, {"verdict": "failed", "values": {
        "attempts": "2", "reproduced": "0"}}, "marks.strategies"),
    "a strategy of the model": ("redteam", (), ATTACK, {"verdict": "failed", "marks": [
        DIRECT.model_copy(update={"on": "t2"})], "values": {"attempts": "2", "reproduced": "0"}}, "marks.0.on"),
    "the goal reached in another state": (
        "tooltrace", (), TRACE, {"verdict": "goal_reached", "values": {"state": "no"}, "marks": RAN}, "values.state"),
    "the goal missed in another state": (
        "tooltrace", (), TRACE, {"verdict": "goal_missed", "values": {"state": "no"}, "marks": RAN}, None),
}  # fmt: skip


@pytest.mark.parametrize("name", RULES)
def test_fields_that_hang_together(name: str) -> None:
    signal_name, candidates, material, said, expected = RULES[name]
    signal = BY_NAME[signal_name]
    shown = content(signal, candidates, material)
    form = signal.form(shown, signal.codes)
    filler = an_answer(signal, shown, form, 1, verdict="abstain")
    scores = dict.fromkeys(CRITERIA) if form.scored else {}
    answer = filler.model_copy(update={"verdict": "", "scores": scores} | said)
    found = [fault.field for fault in checking.faults(signal, answer, shown, form, criteria=CRITERIA)]
    assert found[:1] == ([] if expected is None else [expected])


ITEMS: dict[str, tuple[str, tuple[str, ...], Material, str | None]] = {
    "evidence with one id": ("demonstration", (), {"evidence": [EVIDENCE[0], EVIDENCE[0]]}, "evidence"),
    "an artefact with the id of evidence": (
        "demonstration", (),
        {"evidence": EVIDENCE, "artefacts": [{"id": "ev1", "title": "T", "text": "x"}]}, "artefacts"),
    "nothing to criticise": ("critique", (" ",), {}, "candidates"),
    "two steps with one id": ("process", (), {"steps": [PLACES[0], PLACES[0]]}, "steps"),
    "nothing to decide on": ("outcome", (), {}, "labels"),
    "a closed set of one": ("outcome", (), {"labels": [{"value": "yes"}]}, "labels"),
    "a closed set with abstention": ("outcome", (), {"labels": [{"value": "yes"}, {"value": "abstain"}]}, "labels"),
    "a claim with the id of the response": (
        "outcome", RESPONSE, {"claims": [{"id": "a", "text": "x"}]}, "claims"),
    "a section twice": ("safety", RESPONSE, {"sections": [{"id": "1", "title": "T", "text": "x"}] * 2}, "sections"),
    "an attack without an attacker": (
        "redteam", (), {"target": {"title": "W"}, "turns": [TURNS[1]]}, "turns"),
    "an attack on nothing": ("redteam", (), {"target": {"title": "W"}, "turns": [TURNS[0]]}, "turns"),
    "an attempt with the id of a turn": ("redteam", (), ATTACK | {"attempts": [{"id": "t1", "text": "x"}]}, "attempts"),
    "a user who calls": (
        "tooltrace", (), {"turns": [{"id": "t1", "role": "user", "calls": [CALLS[0]]}]}, "turns"),
    "two calls with one id": (
        "tooltrace", (), {"turns": [{"id": "t1", "role": "assistant", "calls": [CALLS[0], CALLS[0]]}]}, "turns"),
    "a tool twice": ("tooltrace", (), TRACE | {"tools": [{"name": "w"}, {"name": "w"}]}, "tools"),
    "wrong arguments and an unknown tool": ("tooltrace", (), TRACE, None),
}  # fmt: skip


@pytest.mark.parametrize("name", ITEMS)
def test_what_is_no_item(name: str) -> None:
    signal_name, candidates, material, expected = ITEMS[name]
    signal = BY_NAME[signal_name]
    found = [fault.field for fault in signal.item_faults(content(signal, candidates, material))]
    assert found == ([] if expected is None else [expected])


@pytest.mark.parametrize("name", [name for name, signal in BY_NAME.items() if signal.material])
def test_an_items_own_part_takes_no_field_that_nobody_reads(name: str) -> None:
    model = BY_NAME[name].material
    assert model is not None
    with pytest.raises(ValidationError):
        model.model_validate({"steps": PLACES, "target": {"title": "W"}, "turns": TURNS, "mood": "good"})


def test_closed_answers_of_the_data_take_the_place_of_the_grades() -> None:
    shown = Content(prompt="?", material={"labels": [{"value": "yes"}, {"value": "no"}]})
    form = Outcome().form(shown, {})
    assert [code.value for code in form.verdicts] == ["yes", "no"]
    assert (
        checking.faults(Outcome(), Answer(verdict="correct"), shown, form, criteria={}, is_whole=False)[0].field
        == "verdict"
    )


SCHEMA: JsonValue = {
    "type": "object", "required": ["city"], "additionalProperties": False,
    "properties": {
        "city": {"type": "string", "minLength": 2}, "days": {"type": ["integer", "null"], "enum": [1, 7, None]},
        "stops": {"type": "array", "items": {"type": "object", "required": ["at"]}}, "sure": {"const": True},
    },
}  # fmt: skip
ARGUMENTS: dict[str, tuple[JsonValue, list[str]]] = {
    "as it should be": ({"city": "Oslo", "days": 7, "stops": [{"at": 1}], "sure": True}, []),
    "null where null may be": ({"city": "Oslo", "days": None}, []),
    "no JSON": ("city=Oslo", ["Expected object at arguments, found string."]),
    "nothing": (None, ["Expected object at arguments, found null."]),
    "a field that is missing": ({}, ["Expected city in arguments, found none."]),
    "a field too many": (
        {"city": "Oslo", "mood": 1}, ["Expected nothing but city, days, stops, sure in arguments, found mood."]),
    "a text for a number": (
        {"city": "Oslo", "days": "7"}, ["Expected integer or null at arguments.days, found string."]),
    "no value of the list": ({"city": "O", "days": 2}, ["Expected one of 1, 7, None at arguments.days, found 2."]),
    "true is not 1": (
        {"city": "O", "days": True}, ["Expected integer or null at arguments.days, found boolean."]),
    "1 is not true": ({"city": "O", "sure": 1}, ["Expected True at arguments.sure, found 1."]),
    "deep down": (
        {"city": "O", "stops": [{"at": 1}, {}]}, ["Expected at in arguments.stops[1], found none."]),
}  # fmt: skip


@pytest.mark.parametrize("name", ARGUMENTS)
def test_arguments_against_a_schema(name: str) -> None:
    arguments, expected = ARGUMENTS[name]
    assert misfits(arguments, SCHEMA) == expected


def test_what_was_not_looked_at_is_said() -> None:
    assert unread(SCHEMA) == ["minLength"]
    loop: dict[str, JsonValue] = {"type": "array"}
    loop["items"] = {"type": "array", "items": {"anyOf": []}}
    assert unread(loop) == ["anyOf"]


def test_what_a_call_asked_for_stands_beside_it() -> None:
    signal = BY_NAME["tooltrace"]
    facts = {piece.id: dict(piece.facts) for piece in signal.pieces(content(signal, (), TRACE))}
    assert facts["call1"]["Schema"] == "The arguments fit."
    assert facts["call2"]["Schema"].startswith("Expected city in arguments, found none. Expected integer")
    assert facts["call3"]["Schema"] == "The model was given no tool of this name."
    assert (facts["call2"]["Output"], facts["call3"]["Arguments"]) == ("None.", "not json {")
    unknown = content(signal, (), TRACE | {"tools": [], "are_tools_known": False})
    assert "Schema" not in {name for piece in signal.pieces(unknown) for name, _ in piece.facts}
