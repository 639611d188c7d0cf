"""What makes an answer a judgment: every fault has its sentence, and a contradiction has to be confirmed."""

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st
from living_cell import CRITERIA, answer_of, rubric_text

from tallystick.flow.answer import Matter, scales
from tallystick.flow.document import read
from tallystick.flow.judgment import Considered, consider, role_of, warnings
from tallystick.flow.refusal import Refused
from tallystick.flow.rubric import Rubric
from tallystick.signals import BY_NAME, checking, preference
from tallystick.signals.shape import UNDECIDED, Answer, Content, Mark, Reason, names_of

PAIR = BY_NAME["preference"]


def rubric(*, citation: bool = False) -> Rubric:
    text = rubric_text()
    if citation:
        text = text.replace("    gated: false\n", "    gated: false\n    citation_required: true\n", 1)
    found = read(text, "rubric.yaml", Rubric)
    assert isinstance(found, Rubric), found
    return found


def considered(answer: Answer, *, order: str = "AB", citation: bool = False) -> Considered | Refused:
    return consider(answer, rubric(citation=citation), matter(order), earlier=[])


def matter(order: str = "AB") -> Matter:
    content = Content(prompt="Which?", candidates=("One follows.", "Two follows."))
    return Matter(signal=PAIR, content=content, order=order)


def reason(**changes: str) -> list[Reason]:
    return [Reason.model_validate({"criterion": "reasoning", "text": "It follows step by step."} | changes)]


BOTH = {"reasoning": {"a": 4, "b": 3}, "concision": {"a": 4, "b": 3}}
FAULTS: dict[str, tuple[dict[str, object], str, str]] = {
    "a criterion without scores": (
        {"scores": {"reasoning": BOTH["reasoning"]}},
        "scores.concision", "Score Concision for every answer, or choose that you cannot say.",
    ),
    "a score above the scale": (
        {"scores": BOTH | {"concision": {"a": 6, "b": 1}}},
        "scores.concision", "Expected scores from 1 to 5 for Concision of a, b; found 6, 1.",
    ),
    "a score below the scale": (
        {"scores": BOTH | {"concision": {"a": 1, "b": 0}}},
        "scores.concision", "Expected scores from 1 to 5 for Concision of a, b; found 1, 0.",
    ),
    "a criterion of another rubric": (
        {"scores": BOTH | {"beauty": {"a": 1, "b": 1}}},
        "scores.beauty", "Expected a criterion of this rubric (reasoning, concision), found beauty.",
    ),
    "no reason": ({"reasons": []}, "reasons", "Give at least one reason and tie it to a criterion."),
    "a reason tied to nothing": (
        {"reasons": reason(criterion="beauty")},
        "reasons.0.criterion", "Expected a criterion of this rubric (reasoning, concision), found beauty.",
    ),
    "a reason of one word": (
        {"reasons": reason(text="  better  ")},
        "reasons.0.text", "Expected a reason of at least 10 characters, found 6.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_names_its_field_and_says_what_to_do(fault: str) -> None:
    changes, field, sentence = FAULTS[fault]
    found = considered(answer_of("a_clearly", words="", **changes))
    assert isinstance(found, Refused)
    assert (found.code, found.field, found.sentence) == ("answer-incomplete", field, sentence)


def test_all_faults_are_told_at_once() -> None:
    found = considered(answer_of(scores={}, reasons=reason(text="no")))
    assert isinstance(found, Refused)
    assert found.names == ("scores.reasoning", "scores.concision", "reasons.0.text")


def test_a_citation_is_asked_for_where_the_rubric_does() -> None:
    found = considered(answer_of(), citation=True)
    assert isinstance(found, Refused)
    assert found.sentence == "The rubric asks for a quote or a citation with reasoning."
    # Marks and spaces of the page may differ from those of the quote; its words may not.
    for proof in ({"quote": "One follows."}, {"quote": "**one**  FOLLOWS"}, {"citation": "line 3"}):
        assert isinstance(considered(answer_of(reasons=reason(**proof)), citation=True), Considered), proof
    for proof in ({"quote": "line 3"}, {"quote": "One follows. Two"}, {"quote": "line 3", "citation": "\u200b"}):
        found = considered(answer_of(reasons=reason(**proof)), citation=True)
        assert isinstance(found, Refused), proof
        assert "copy them from the page" in found.sentence
    for proof in ({"quote": "\u200b\u200b"}, {"citation": " . "}):
        found = considered(answer_of(reasons=reason(**proof)), citation=True)
        assert isinstance(found, Refused), proof
        assert found.sentence == "The rubric asks for a quote or a citation with reasoning."
    free = considered(answer_of(reasons=reason(quote="words that nobody wrote")))
    assert isinstance(free, Considered)
    assert free.defects == ["quote-not-found"]


@pytest.mark.parametrize(
    "text", ["\u200b" * 12, "\x00" * 12, "\u202e" * 20, ".........." * 2, "aaaaaaaaaaaa", "ab ab ab ab ab"]
)
def test_signs_without_words_are_no_reason(text: str) -> None:
    found = considered(answer_of(reasons=reason(text=text)))
    assert isinstance(found, Refused)
    assert found.field == "reasons.0.text"
    assert isinstance(considered(answer_of(reasons=reason(text="答案甲的推理更清楚也更完整"))), Considered)


@pytest.mark.parametrize("verdict", UNDECIDED)
def test_who_cannot_decide_gives_a_reason_but_no_scores(verdict: preference.Verdict) -> None:
    assert isinstance(considered(answer_of(verdict, scores={})), Considered)
    assert isinstance(considered(answer_of(verdict, reasons=[])), Refused)


def test_a_criterion_may_be_left_open_on_purpose() -> None:
    found = considered(answer_of(scores=BOTH | {"concision": None}))
    assert isinstance(found, Considered)
    assert set(found.scores) == {"reasoning"}


def test_a_contradiction_is_pointed_out_and_can_be_confirmed() -> None:
    against = {"reasoning": {"a": 1, "b": 5}, "concision": {"a": 5, "b": 1}}
    found = considered(answer_of("a_clearly", scores=against))
    assert isinstance(found, Refused)
    assert (found.code, found.field, found.names) == ("verdict-contradicts-scores", "confirmed", ("reasoning",))
    assert "clearly favour B" in found.sentence
    assert found.sentence.endswith("To keep the verdict, confirm it and submit again.")
    kept = considered(answer_of("a_clearly", scores=against, confirmed=["reasoning"]))
    assert isinstance(kept, Considered)
    assert kept.confirmed == ["reasoning"]


def test_confirming_what_is_no_contradiction_leaves_no_mark() -> None:
    found = considered(answer_of(confirmed=list(CRITERIA)))
    assert isinstance(found, Considered)
    assert found.confirmed == []


def test_a_contradiction_is_spoken_of_in_the_order_that_was_shown() -> None:
    """The expert knows only their own A and B; what is recorded names the item's."""
    against = {"reasoning": {"a": 1, "b": 5}, "concision": {"a": 3, "b": 3}}
    answer = answer_of("a_slightly", scores=against, confirmed=["reasoning"])
    assert "You prefer A" in warnings(answer, rubric())[0][1]
    found = considered(answer, order="BA")
    assert isinstance(found, Considered)
    assert found.verdict == "b_slightly"
    assert found.scores["reasoning"] == {"a": 5, "b": 1}


def test_reasons_are_recorded_by_criterion_once() -> None:
    found = considered(answer_of(reasons=[*reason(text="The first reason."), *reason(text="The second one.")]))
    assert isinstance(found, Considered)
    assert found.reasons == ["reasoning"]


SHOWN = ["Question?", "The answer is that a train is faster than a bus on this line at this hour."]
DEFECTS = {
    "own words": (["It is faster, as the table shows."], [], []),
    "the same words as last time": (["It is faster, I think."], ["it  is FASTER, i think."], ["copied-from-self"]),
    "the same words twice": (["It is faster, I think.", "It is faster, I think."], [], ["copied-from-self"]),
    "words of the page": (["A train is faster than a bus on this line"], [], ["copied-from-page"]),
    "a few words of the page": (["faster than a bus"], [], []),
}


@pytest.mark.parametrize("case", DEFECTS)
def test_copied_reasons_are_recorded_as_defects(case: str) -> None:
    texts, earlier, expected = DEFECTS[case]
    answer = answer_of(reasons=[Reason(criterion="reasoning", text=text) for text in texts])
    prompt, *candidates = SHOWN
    seen = Matter(signal=PAIR, content=Content(prompt=prompt, candidates=(*candidates, "No.")), order="AB")
    found = consider(answer, rubric(), seen, earlier=earlier)
    assert isinstance(found, Considered)
    assert found.defects == expected


def test_a_long_page_is_made_comparable_once_for_all_checks_and_quotes(monkeypatch: pytest.MonkeyPatch) -> None:
    """That takes milliseconds for 100 kB. Faults, defects and every quote are held against the same words."""
    prompt, asked = "It is a long text. " * 500, []

    def unescaped(text: str) -> str:
        asked.append(len(text))
        return text

    monkeypatch.setattr(html, "unescape", unescaped)
    seen = Matter(signal=PAIR, content=Content(prompt=prompt, candidates=("One.", "Two.")), order="AB")
    given = [{"text": f"It follows from step {n}.", "quote": "a long text"} for n in ("one", "two", "three")]
    answer = answer_of(reasons=[one for more in given for one in reason(**more)])
    assert isinstance(consider(answer, rubric(citation=True), seen, earlier=[]), Considered)
    assert asked.count(len(prompt)) == 1


def test_the_scales_are_those_of_the_rubric() -> None:
    assert {name: (scale.low, scale.high) for name, scale in scales(rubric()).items()} == {
        "reasoning": (1, 5), "concision": (1, 5),
    }  # fmt: skip


POINTS = st.fixed_dictionaries({"a": st.integers(1, 5), "b": st.integers(1, 5)})
ANSWERS = st.builds(
    lambda verdict, scores: answer_of(verdict, scores=scores),
    st.sampled_from(preference.VERDICTS), st.fixed_dictionaries(dict.fromkeys(CRITERIA, POINTS)),
)  # fmt: skip


def own(answer: Answer, order: str) -> Answer:
    return checking.unshuffled(PAIR, answer, matter(order).content, names_of(order))


def mirrored(answer: Answer) -> Answer:
    scores = {n: p and {"a": p["b"], "b": p["a"]} for n, p in answer.scores.items()}
    return answer.model_copy(update={"verdict": preference.swap(answer.verdict), "scores": scores})


@given(ANSWERS)
def test_unshuffling_twice_gives_back_what_was_said(answer: Answer) -> None:
    assert own(own(answer, "BA"), "BA") == answer


@given(ANSWERS)
def test_the_order_shown_never_changes_which_way_an_expert_points(answer: Answer) -> None:
    """Mirror the answer and the order: the judgment of the item's own candidates is the same."""
    assert own(mirrored(answer), "BA") == own(answer, "AB")


@given(ANSWERS)
def test_a_contradiction_does_not_depend_on_the_order_shown(answer: Answer) -> None:
    turned = mirrored(answer)
    assert [name for name, _ in warnings(answer, rubric())] == [name for name, _ in warnings(turned, rubric())]


def test_an_order_against_the_rules_has_to_be_confirmed() -> None:
    content = Content(prompt="Which?", candidates=("One follows.", "Two follows.", "Three follows."))
    shown = Matter(signal=BY_NAME["ranking"], content=content, order="CAB")
    marks = [Mark(field="order", on=on, label="acceptable", place=place) for place, on in enumerate("abc", 1)]
    points: dict[str, dict[str, int] | None] = {
        "reasoning": {"a": 1, "b": 3, "c": 5},
        "concision": {"a": 5, "b": 3, "c": 1},
    }
    answer = Answer(scores=points, marks=marks, reasons=reason())
    text = rubric_text().replace(
        "criteria:", "priority: [{over: reasoning, under: concision, why: It matters.}]\ncriteria:"
    )
    found = read(text if "priority:" not in rubric_text() else rubric_text(), "rubric.yaml", Rubric)
    assert isinstance(found, Rubric), found
    refused = consider(answer, found, shown, earlier=[])
    assert isinstance(refused, Refused)
    assert (refused.code, refused.names) == ("verdict-contradicts-scores", ("reasoning",))
    assert "You place A above B" in refused.sentence
    kept = consider(answer.model_copy(update={"confirmed": ["reasoning"]}), found, shown, earlier=[])
    assert isinstance(kept, Considered), kept
    assert (kept.verdict, kept.confirmed) == ("c>a>b", ["reasoning"])
    unsure = Answer(verdict="abstain", reasons=reason())
    assert warnings(unsure, found) == []


SPECIAL = ("adjudicator", "reviewer", "language_specialist", "policy_reviewer", "author")


@pytest.mark.parametrize(
    ("held", "signal", "verdict", "asks_language", "role"),
    [
        ((), "preference", "tie", True, "expert"),
        (("adjudicator", "author", "policy_reviewer", "language_specialist"), "preference", "tie", False, "expert"),
        (SPECIAL, "preference", "tie", False, "reviewer"),
        (SPECIAL, "preference", "tie", True, "language_specialist"),
        (SPECIAL, "safety", "complied", True, "policy_reviewer"),
        (("reviewer",), "redteam", "held", False, "reviewer"),
        ((), "demonstration", "written", True, "author"),
        (SPECIAL, "demonstration", "written", True, "author"),
        (SPECIAL, "demonstration", "endorsed", False, "reviewer"),
    ],
)
def test_a_judgment_is_made_in_the_most_special_role_that_its_work_asks_for(
    held: tuple[str, ...], signal: str, verdict: str, asks_language: bool, role: str
) -> None:
    assert role_of(held, signal=signal, verdict=verdict, asks_language=asks_language) == role
