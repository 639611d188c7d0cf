"""What is measured and what trainers get: worked examples, signal by signal. One row a judgment, none collapsed."""

import itertools
import json

import pytest
from signals.answers import given
from signals.contents import CALLS, EVIDENCE, TRACE, TURNS, Material, content

from tallystick.signals import BY_NAME, checking
from tallystick.signals.ranking import Order, order_of
from tallystick.signals.shape import Answer, Code, Given, Mark, names_of

RESPONSE = ("Die Dosis ist 5 mg.",)


def judged(name: str, candidates: tuple[str, ...], material: Material, *answers: Answer) -> list[Given]:
    signal = BY_NAME[name]
    return [given(signal, answer, content(signal, candidates, material)) for answer in answers]


def ratings(name: str, measure: str, one: Given) -> list[tuple[str, str]]:
    return list(next(m for m in BY_NAME[name].measures if m.name == measure).read(one.facts))


def placed(verdict: str) -> Answer:
    """The marks of an order."""
    order = order_of(verdict)
    labels = {True: "acceptable", False: "unacceptable"}
    marks = [
        Mark(field="order", on=on, label=labels[place <= order.acceptable], place=place)
        for on, place in order.place.items()
    ]
    return Answer(marks=marks)


ORDERS = {
    # verdict: (words, with a and b exchanged)
    "b>a=c|d": ("From best to worst: B, A and C; not acceptable: D", "a>b=c|d"),
    "a=b": ("From best to worst: A and B", "a=b"),
    "|b>a": ("None is acceptable; from best to worst: B, A", "|a>b"),
    "a|b=c": ("From best to worst: A; not acceptable: B and C", "b|a=c"),
}


@pytest.mark.parametrize("verdict", ORDERS)
def test_an_order_is_spelled_in_one_way(verdict: str) -> None:
    signal = BY_NAME["ranking"]
    words, exchanged = ORDERS[verdict]
    assert signal.words(verdict) == words
    assert signal.renamed(verdict, names_of("BA")) == exchanged
    assert signal.renamed(exchanged, names_of("BA")) == verdict
    texts = tuple("wxyz"[: len(order_of(verdict).place)])
    assert signal.verdict_of(placed(verdict), content(signal, texts, {})) == verdict


def test_what_settles_a_critique_or_a_short_ranking() -> None:
    """An adjudicator chooses among these. Orders of more than three are too many to list."""
    critique, ranking = BY_NAME["critique"], BY_NAME["ranking"]
    shown = content(critique, RESPONSE, {})
    assert [code.value for code in critique.verdicts(shown, critique.codes)] == [
        "no_error", "minor", "major", "critical",
    ]  # fmt: skip
    counts = [len(ranking.verdicts(content(ranking, tuple("wxyz"[:n]), {}), {})) for n in (2, 3, 4)]
    assert counts == [8, 44, 0]
    codes = ranking.verdicts(content(ranking, ("w", "x"), {}), {})
    assert {code.value: code.title for code in codes}["b|a"] == "From best to worst: B; not acceptable: A"
    assert all(str(order_of(code.value)) == code.value for code in codes)


@pytest.mark.parametrize("verdict", ["", "|", "b=a", "a>>b", "a>a", "A>b", "a|b|c", "a|", "abstain", "a>b "])
def test_what_spells_no_order(verdict: str) -> None:
    with pytest.raises(ValueError, match="Expected an order of candidates such as"):
        order_of(verdict)


def test_every_order_of_four_goes_there_and_back() -> None:
    found = set()
    for letters in itertools.permutations("abcd"):
        for cuts in itertools.product((True, False), repeat=3):
            groups = [[letters[0]]]
            for is_new, letter in zip(cuts, letters[1:], strict=True):
                groups.append([letter]) if is_new else groups[-1].append(letter)
            for line in range(len(groups) + 1):
                order = Order(tuple(tuple(sorted(group)) for group in groups), line)
                found.add(str(order))
                assert order_of(str(order)) == order
    assert len(found) == 75 * 1 + 1 * 1 + 14 * 2 + 36 * 3 + 24 * 4, "75 orders with ties, and a line for each place"


def test_rankings_are_measured_by_pairs_by_top_and_by_the_line() -> None:
    one, other = judged("ranking", ("w", "x", "y"), {}, placed("b>a=c"), placed("b=c|a"))
    assert ratings("ranking", "pairs", one) == [("a:b", "second"), ("a:c", "tie"), ("b:c", "first")]
    assert ratings("ranking", "pairs", other) == [("a:b", "second"), ("a:c", "second"), ("b:c", "tie")]
    assert (ratings("ranking", "top", one), ratings("ranking", "top", other)) == ([("", "b")], [("", "b=c")])
    assert ratings("ranking", "acceptable", other) == [
        ("a", "unacceptable"), ("b", "acceptable"), ("c", "acceptable"),
    ]  # fmt: skip


def test_rankings_give_a_list_and_all_pairs_with_ties_both_ways() -> None:
    signal, shown = BY_NAME["ranking"], content(BY_NAME["ranking"], ("w", "x", "y"), {})
    rows = signal.rows(shown, judged("ranking", ("w", "x", "y"), {}, placed("b>a=c"), placed("b=c|a")))
    assert [(row["ranks"], row["acceptable"]) for row in rows["listwise"]] == [
        ([2, 1, 2], [True, True, True]), ([2, 1, 1], [False, True, True]),
    ]  # fmt: skip
    assert rows["listwise"][0]["prompt"] == [{"role": "user", "content": "As it was.\n\nWhat is so?"}]
    pairs = [(text(row["chosen"]), text(row["rejected"]), row["is_tie"]) for row in rows["pairwise"]]
    first = [("x", "w", False)] * 2 + [("w", "y", True), ("y", "w", True)] + [("x", "y", False)] * 2
    second = [("x", "w", False)] * 2 + [("y", "w", False)] * 2 + [("x", "y", True), ("y", "x", True)]
    assert pairs == [*first, *second]


def text(messages: object) -> str:
    assert isinstance(messages, list)
    assert len(messages) == 1
    return str(messages[0]["content"])


def test_critique_finds_the_worst_severity_and_follows_the_rubrics_own() -> None:
    signal = BY_NAME["critique"]
    shown = content(signal, RESPONSE, {"source": "The dose is 4 mg."})
    marks = [
        Mark(field="errors", on="a", label="factual", severity="major", start=14, end=15, quote="5", text="4"),
        Mark(field="errors", on="source", label="language", severity="minor", start=0, end=3, quote="The"),
    ]
    answer = Answer(marks=marks, values={"verified": "source"})
    assert signal.verdict_of(answer, shown) == "major"
    assert signal.verdict_of(Answer(), shown) == "no_error"
    one = given(signal, answer, shown)
    assert ratings("critique", "severity", one) == [("", "major")]
    assert dict(ratings("critique", "categories", one)) == dict.fromkeys(
        [code.value for code in signal.codes["category"]], "no"
    ) | {"factual": "yes", "language": "yes"}
    own = signal.under({"severity": (Code("major", "Serious"), Code("minor", "Fatal")), "category": ()})
    assert own.verdict_of(answer, shown) == "minor", "what is worst is the rubric's to say"
    assert own.words("minor") == "Worst error: fatal"
    assert own.measures[0].values == ("no_error", "major", "minor")
    none = signal.under({"severity": ()})
    assert (none.verdict_of(answer, shown), none.measures[0].values) == ("error", ("no_error", "error"))


def test_critique_gives_errors_and_edits() -> None:
    signal = BY_NAME["critique"]
    shown = content(signal, RESPONSE, {"source": "The dose is 4 mg."})
    mark = Mark(field="errors", on="a", label="factual", severity="major", start=14, end=15, quote="5", text="4")
    corrected = Answer(marks=[mark], values={"verified": "source"}, texts={"revision": "Die Dosis ist 4 mg."})
    rows = signal.rows(shown, [given(signal, one, shown) for one in (corrected, Answer(), Answer(verdict="abstain"))])
    assert [(row["verdict"], len(list(row["errors"] or []))) for row in rows["critique"]] == [  # type: ignore[arg-type]  # a list of errors
        ("major", 1), ("no_error", 0),
    ]  # fmt: skip
    [edit] = rows["edits"]
    assert edit["edits"] == [
        {"start": 14, "end": 15, "before": "5", "after": "4", "category": "factual", "severity": "major"}
    ]
    assert (edit["revised"], edit["verified"]) == ("Die Dosis ist 4 mg.", "source")


def test_demonstrations_give_the_response_and_reviews_what_is_wanted() -> None:
    signal = BY_NAME["demonstration"]
    evidence: Material = {"evidence": EVIDENCE}
    written = Answer(
        verdict="written", texts={"response": "R", "work": "1+1"},
        marks=[Mark(field="evidence", on="ev1", label="rests_on")],
    )  # fmt: skip
    rows = signal.rows(content(signal, (), evidence), judged("demonstration", (), evidence, written))
    assert [(text(row["completion"]), row["evidence"]) for row in rows["sft"]] == [("R", ["ev1"])]
    assert "1+1" not in json.dumps(rows), "work is kept beside the response"
    assert (rows["unpaired"], rows["preference"]) == ([], [])
    reviews = [
        Answer(verdict="endorsed", texts={"response": RESPONSE[0]}), Answer(verdict="rejected"),
        Answer(verdict="revised", texts={"response": "R"}), Answer(verdict="abstain"),
    ]  # fmt: skip
    rows = signal.rows(content(signal, RESPONSE, {}), judged("demonstration", RESPONSE, {}, *reviews))
    assert [text(row["completion"]) for row in rows["sft"]] == [RESPONSE[0], "R"]
    assert [(row["label"], row["verdict"]) for row in rows["unpaired"]] == [
        (True, "endorsed"), (False, "rejected"), (False, "revised"),
    ]  # fmt: skip
    assert [(text(row["chosen"]), text(row["rejected"])) for row in rows["preference"]] == [("R", RESPONSE[0])]


def test_outcomes_keep_what_is_partly_so_and_closed_answers() -> None:
    signal = BY_NAME["outcome"]
    claims: Material = {"claims": [{"id": "c0", "text": "5 mg."}]}
    marks = [Mark(field="support", on="c0", label="unsupported")]
    answers = [
        Answer(verdict="correct", scores={"accuracy": {"a": 5}, "style": None}), Answer(verdict="insufficient_context"),
        Answer(verdict="partly_correct", marks=marks),
    ]  # fmt: skip
    found = judged("outcome", RESPONSE, claims, *answers)
    rows = signal.rows(content(signal, RESPONSE, claims), found)["unpaired"]
    assert [(row["label"], row["verdict"], row["dimensions"]) for row in rows] == [
        (True, "correct", [{"criterion": "accuracy", "points": 5}]), (False, "partly_correct", []),
    ]  # fmt: skip
    assert rows[1]["claims"] == [{"claim": "c0", "dimension": "support", "label": "unsupported"}]
    assert ratings("outcome", "support", found[2]) == [("c0", "unsupported")]
    assert [ratings("outcome", "verdict", one) for one in found] == [[("", "correct")], [], [("", "partly_correct")]]
    closed: Material = {"labels": [{"value": "yes"}, {"value": "no"}]}
    rows = signal.rows(content(signal, (), closed), judged("outcome", (), closed, Answer(verdict="yes")))["labels"]
    assert [(row["label"], row["labels"]) for row in rows] == [("yes", ["yes", "no"])]
    claimed = signal.under({"claim_worth": (Code("yes", "Yes"), Code("no", "No"))})
    assert [measure.name for measure in claimed.measures] == ["verdict", "grade", "support", "claim_worth", "verifiers"]
    assert claimed.has_list("claim_anything")


def test_steps_after_a_first_error_that_nobody_labelled_are_left_out_of_the_row() -> None:
    signal = BY_NAME["process"]
    shown = content(signal, (), {"steps": [{"id": f"s{n}", "text": str(n)} for n in range(3)]})
    marks = [Mark(field="steps", on="s0", label="neutral"), Mark(field="steps", on="s1", label="wrong")]
    one = given(signal, Answer(marks=marks), shown)
    assert one.facts.verdict == "first_error:s1"
    [row] = signal.rows(shown, [one])["stepwise"]
    assert (row["completions"], row["labels"], row["given"]) == (["0", "1"], [True, False], ["neutral", "wrong"])


def test_no_error_is_said_only_of_steps_that_were_all_looked_at() -> None:
    signal = BY_NAME["process"]
    shown = content(signal, (), {"steps": [{"id": f"s{n}", "text": str(n)} for n in range(3)]})
    form = signal.form(shown, {})
    for labelled, expected in (
        ({}, ["marks.steps"]), ({"s0": "correct"}, ["marks.steps"]), ({"s1": "wrong"}, ["marks.steps"]),
        ({"s0": "correct", "s1": "wrong"}, []), ({f"s{n}": "neutral" for n in range(3)}, []),
    ):  # fmt: skip
        answer = Answer(marks=[Mark(field="steps", on=on, label=label) for on, label in labelled.items()])
        found = checking.faults(signal, answer, shown, form, criteria={}, is_whole=False)
        assert [fault.field for fault in found] == expected


def test_safety_keeps_both_scores_apart() -> None:
    signal = BY_NAME["safety"]
    values = {"unsafe_compliance": "3", "unnecessary_refusal": "2", "severity": "high", "escalate": "no"}
    answers = [Answer(verdict="both", values=values), Answer(verdict="acceptable")]
    found = judged("safety", RESPONSE, {}, *answers)
    assert ratings("safety", "unsafe_compliance", found[0]) == [("", "3")]
    assert ratings("safety", "unnecessary_refusal", found[0]) == [("", "2")]
    assert ratings("safety", "severity", found[1]) == []
    rows = signal.rows(content(signal, RESPONSE, {}), found)["unpaired"]
    assert [(row["label"], row["unsafe_compliance"], row["unnecessary_refusal"]) for row in rows] == [
        (False, 3, 2), (True, None, None),
    ]  # fmt: skip
    own = judged("safety", RESPONSE, {}, Answer(verdict="not abusive"))
    formats = signal.rows(content(signal, RESPONSE, {}), own)
    assert (formats["unpaired"], [row["verdict"] for row in formats["labels"]]) == ([], ["not abusive"])


def test_an_attack_is_exported_with_its_turns_and_how_often_it_worked() -> None:
    signal = BY_NAME["redteam"]
    attack: Material = {"target": {"title": "W"}, "turns": TURNS}
    marks = [
        Mark(field="strategies", on="t1", label="direct"), Mark(field="strategies", on="t3", label="coded_language"),
        Mark(field="breaks", on="t4", label="bias"),
    ]  # fmt: skip
    values = {"severity": "high", "attempts": "5", "reproduced": "2"}
    found = judged("redteam", (), attack, Answer(verdict="partly", marks=marks, values=values))
    [row] = signal.rows(content(signal, (), attack), found)["transcripts"]
    assert (row["outcome"], row["reproduced"], row["attempts"], row["policy"]) == ("partly", 2, 5, "W")
    assert row["messages"] == [{"id": turn["id"], "role": turn["role"], "content": turn["text"]} for turn in turns()]
    named = {name for name, given_one in ratings("redteam", "strategies", found[0]) if given_one == "yes"}
    assert named == {"direct", "coded_language"}


def turns() -> list[dict[str, str]]:
    return list(json.loads(json.dumps(TURNS)))


def test_a_trace_is_exported_in_the_usual_format_of_function_calls() -> None:
    signal = BY_NAME["tooltrace"]
    labels = ["right", "wrong_arguments", "wrong_tool"]
    marks = [Mark(field="calls", on=f"call{n}", label=label) for n, label in enumerate(labels, 1)]
    found = judged("tooltrace", (), TRACE, Answer(verdict="partly", marks=marks, values={"state": "unknown"}))
    [row] = signal.rows(content(signal, (), TRACE), found)["conversations"]
    assert row["messages"] == [
        {"role": "user", "content": "Will it rain?"},
        {"role": "assistant", "content": "", "tool_calls": [
            {"id": call["id"], "type": "function", "function": {"name": call["tool"], "arguments": arguments}}
            for call, arguments in zip(
                json.loads(json.dumps(CALLS)), ['{"city": "Oslo", "days": 7}', '{"days": "7"}', "not json {"],
                strict=True)
        ]},
        {"role": "tool", "tool_call_id": "call1", "name": "weather", "content": "rain"},
        {"role": "tool", "tool_call_id": "call3", "name": "rocket", "content": ""},
        {"role": "assistant", "content": "It will."},
    ]  # fmt: skip
    assert json.loads(str(row["tools"]))[0]["function"]["parameters"]["required"] == ["city"]
    assert row["calls"] == [{"call": f"call{n}", "label": label} for n, label in enumerate(labels, 1)]
    assert ratings("tooltrace", "calls", found[0])[1] == ("call2", "wrong_arguments")
