"""Figures of work, an expert's own, categories, shortcut facts and the report: values in, values out."""

import random
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tallystick.flow.monitoring import figures, told
from tallystick.flow.monitoring.audit import Head, Measured, Preferred, audited
from tallystick.flow.monitoring.figures import ALL, VERDICT, Figure, Kind, Work, count, of_expert, of_programme
from tallystick.flow.monitoring.matter import Drift, Gate, Matter, Step
from tallystick.flow.monitoring.own import Beside, own
from tallystick.flow.monitoring.report import report
from tallystick.flow.monitoring.sections import SECTIONS
from tallystick.flow.monitoring.written import markdown
from tallystick.flow.overturn import overturns
from tallystick.flow.shortcuts import form_of

CRITERIA = ("reasoning", "concision")
EXPERTS = tuple(f"e{n}" for n in range(6))


def work(
    item: int, expert: str, *, verdict: str = "a_clearly", lean: int = 1, family: str = "law", **changes: object
) -> Work:
    scores = {name: {"a": 3 + lean, "b": 3} for name in CRITERIA}
    values: dict[str, object] = {
        "item": f"i{item}", "expert": expert, "verdict": verdict, "scores": scores, "rubric": "general",
        "asked": CRITERIA, "defects": (), "active_ms": 30_000, "family": family,
    }  # fmt: skip
    return Work(**(values | changes))  # type: ignore[arg-type]  # by name


def crowd(*, items: int = 300) -> Iterator[Work]:
    """Six experts, three on an item: all are alike but e5, who abstains from a third and reads reasoning otherwise."""
    chance = random.Random(3)  # noqa: S311 - made-up judgments, no secret
    for item in range(items):
        lean = chance.choice([-1, 1])
        for expert in chance.sample(EXPERTS, 3):
            is_odd = expert == "e5"
            given = -lean if chance.random() < (0.6 if is_odd else 0.1) else lean
            verdict = "a_clearly" if given > 0 else "b_clearly"
            if is_odd and chance.random() < 0.33:
                verdict = "abstain"
            defects = ("copied-from-self",) if chance.random() < 0.1 else ()
            yield work(item, expert, verdict=verdict, lean=given, family="law" if item % 2 else "code", defects=defects)


def figure(found: tuple[Figure, ...], measure: str, dimension: str = VERDICT, family: str = ALL) -> Figure:
    return next(one for one in found if one.kind == Kind(measure=measure, dimension=dimension, family=family))


def test_counts_by_hand() -> None:
    rows = [
        work(1, "x"), work(1, "y", verdict="b_slightly", lean=-1), work(1, "z"), work(2, "x", verdict="abstain"),
        work(2, "y", verdict="insufficient_context", scores={}), work(3, "x", scores={}, defects=None, asked=()),
    ]  # fmt: skip
    counted = count(rows)
    of = {kind: counted.of(kind) for kind in counted.kinds()}
    assert of[Kind(measure="abstention", dimension=VERDICT, family=ALL)] == {
        ("x",): (1, 3),
        ("y",): (0, 2),
        ("z",): (0, 1),
    }
    assert of[Kind(measure="context", dimension=VERDICT, family=ALL)][("y",)] == (1, 2)
    assert of[Kind(measure="disagreement", dimension=VERDICT, family=ALL)] == {
        ("x",): (0.5, 1),
        ("y",): (1, 1),
        ("z",): (0.5, 1),
    }
    assert of[Kind(measure="disagreement", dimension="general: reasoning", family=ALL)][("y",)] == (1, 1)
    # Who did not decide was not asked for scores, and reasons made elsewhere were not checked.
    assert of[Kind(measure="abstention", dimension="general: reasoning", family=ALL)] == {
        ("x",): (0, 1), ("y",): (0, 1), ("z",): (0, 1)
    }  # fmt: skip
    assert of[Kind(measure="defects", dimension=VERDICT, family=ALL)][("x",)] == (0, 2)
    assert (counted.partners("x"), counted.judged_by("x"), counted.judgments, counted.items) == (2, 3, 6, 3)
    assert count([]).kinds() == []


def test_an_expert_apart_from_the_others_is_found_and_nobody_else() -> None:
    counted = count(list(crowd()))
    clear = {expert: [one.kind for one in of_expert(counted, expert) if one.is_clear] for expert in EXPERTS}
    assert {expert for expert, kinds in clear.items() if kinds} == {"e5"}
    assert Kind(measure="abstention", dimension=VERDICT, family=ALL) in clear["e5"]
    assert Kind(measure="disagreement", dimension="general: reasoning", family=ALL) in clear["e5"]
    odd = figure(of_expert(counted, "e5"), "abstention")
    assert odd.all_experts is not None
    assert odd.rate.pooled is not None
    assert odd.rate.share is not None
    assert odd.all_experts < odd.rate.pooled < odd.rate.share


def test_few_rows_have_no_share_and_few_partners_no_finding() -> None:
    few = count([work(n, expert) for n in range(5) for expert in EXPERTS[:2]])
    assert {one.rate.share for one in of_expert(few, "e0")} == {None}
    rows = [work(n, "e0", verdict="b_clearly") for n in range(100)] + [work(n, "e1") for n in range(100)]
    rows += [work(n + 1000, expert) for n in range(100) for expert in ("e2", "e3", "e4")]
    pair = of_expert(count(rows), "e0")
    assert figure(pair, "disagreement").rate.share == 1
    assert not any(one.is_clear for one in pair)


def test_a_programme_as_a_whole_takes_a_comparison_once() -> None:
    shares = {one.kind: one for one in of_programme(count(list(crowd())))}
    whole = shares[Kind(measure="disagreement", dimension=VERDICT, family=ALL)]
    alone = shares[Kind(measure="defects", dimension=VERDICT, family=ALL)]
    assert whole.interval is not None
    assert alone.interval is not None
    assert whole.share == pytest.approx(whole.count / whole.n)
    assert alone.n == 900
    assert alone.interval.low < 0.1 < alone.interval.high


def beside(number: int, *, differs: int = 0, who: str = "me") -> Iterator[Beside]:
    for item in range(number):
        yield Beside(item=f"i{item}", expert=who, verdict="a_clearly", closed_at=item)
        verdict = "b_clearly" if item < differs else "a_slightly"
        yield Beside(item=f"i{item}", expert="other", verdict=verdict, closed_at=item)


@pytest.mark.parametrize(("closed", "shown"), [(0, 0), (19, 0), (20, 20), (21, 20), (39, 20), (40, 40)])
def test_how_often_somebody_differs_moves_in_steps_of_twenty(closed: int, shown: int) -> None:
    """One more closed item never changes it by that item: nobody learns what another one said on it."""
    found = own([work(1, "me")], beside(closed, differs=5), who="me")
    assert (found.closed, found.differing.n) == (shown, shown)
    assert found.differing.share == (None if shown == 0 else pytest.approx(5 / shown))


def test_own_figures_count_everything_and_compare_with_nobody() -> None:
    rows = [work(n, "me", defects=("copied-from-page",) if n < 10 else ()) for n in range(40)]
    found = own(rows, [], who="me")
    shares = dict(found.shares)
    assert found.judgments == 40
    assert shares[Kind(measure="defects", dimension=VERDICT, family=ALL)].share == 0.25
    assert {rate.pooled for rate in shares.values()} == {None}
    assert {kind.measure for kind in shares} == {"abstention", "context", "defects"}
    assert found.times[0].median == 30


@pytest.mark.parametrize("pieces", [("a",), ("s1", "s2")])
def test_scores_of_other_pieces_than_two_candidates_have_no_direction(pieces: tuple[str, ...]) -> None:
    """A critique scores one answer, a process its steps: they are counted, and lead nowhere."""
    scores = {name: dict.fromkeys(pieces, 4) for name in CRITERIA}
    rows = [work(n, who, verdict="grave", scores=scores) for n in range(20) for who in ("me", "you")]
    shares = dict(own(rows, [], who="me").shares)
    assert shares[Kind(measure="abstention", dimension="general: reasoning", family=ALL)].share == 0
    assert {kind.dimension for kind in count(rows).kinds(measure="disagreement")} == {VERDICT}


def preferred(number: int) -> list[Preferred]:
    """Two experts: e0 takes the longer text in nine of ten, e1 throws a coin."""
    chance = random.Random(11)  # noqa: S311 - made-up preferences, no secret
    rows = []
    for item in range(number):
        for expert in ("e0", "e1"):
            longer = "a" if item % 2 else "b"
            follows = chance.random() < (0.9 if expert == "e0" else 0.5)
            side = longer if follows else "ba"["ab".index(longer)]
            rows.append(
                Preferred(
                    judgment=f"j{item}{expert}", item=f"i{item}", expert=expert, version="general 1.0.0",
                    verdict=f"{side}_clearly", order=chance.choice(["AB", "BA"]), seq=item,
                )
            )  # fmt: skip
    return rows


def forms(number: int) -> dict[str, Measured]:
    long, short = "A plain sentence, and another one after it. " * 5, "A plain sentence."
    found = {}
    for item in range(number):
        first, second = (long, short) if item % 2 else (short, long)
        prompt = f"Question {item}?"
        found[f"i{item}"] = Measured(prompt=prompt, first=form_of(first, prompt), second=form_of(second, prompt))
    return found


HEAD = Head(audit="sca-1", programme="plain", language=None, code_version="1")


def test_an_audit_finds_the_one_who_follows_length() -> None:
    facts = {(fact.axis, fact.name): fact for fact in audited(preferred(200), forms(200), HEAD)}
    assert set(facts) == {("all", ""), ("rubric_version", "general 1.0.0"), ("expert", "e0"), ("expert", "e1")}
    called = {name: {e.feature for e in fact.effects if e.is_called} for (_, name), fact in facts.items()}
    assert "length" in called["e0"]
    assert called["e1"] == set()
    assert facts["expert", "e0"].is_flagged
    assert not facts["expert", "e1"].is_flagged
    assert facts["expert", "e0"].inputs_digest != facts["expert", "e1"].inputs_digest
    length = next(e for e in facts["expert", "e0"].effects if e.feature == "length")
    assert length.win_low_ppm is not None
    assert length.win_low_ppm > 600_000
    assert "longer by one usual difference is preferred" in told.effect_sentence(length, facts["all", ""])


def test_small_groups_are_counted_and_erased_texts_left_out() -> None:
    known = {item: form for item, form in forms(60).items() if item not in ("i0", "i1")}
    rows = [*preferred(60), *(Preferred(judgment=f"x{n}", item=f"i{n + 5}", expert="e9", version="general 0.9.0",
            verdict="tie", order="AB", seq=n) for n in range(20))]  # fmt: skip
    facts = audited(rows, known, HEAD)
    assert {fact.erased for fact in facts} == {4}
    assert {(fact.axis, fact.left_out) for fact in facts} == {("all", 0), ("rubric_version", 1), ("expert", 1)}
    elsewhere = [replace(row, order=None) for row in preferred(60)]
    facts = audited([*preferred(60), *elsewhere], forms(60), HEAD)
    assert {fact.source for fact in facts} == {"here", "elsewhere"}
    assert {e.feature for fact in facts if fact.source == "elsewhere" for e in fact.effects}.isdisjoint(
        {"first_position"}
    )
    assert audited(preferred(3), {}, HEAD) == []


def matter(**changes: object) -> Matter:
    values: dict[str, object] = {
        "programme": "plain", "title": "Plain *answers*", "upto": 99,
        "gates": (
            Gate(
                name="pilot (law)", decision="fail", value_ppm=500_000, low_ppm=400_000, high_ppm=600_000,
                threshold_ppm=740_000, seq=12, incomplete=0, diagnosis=None,
            ),
        ),
        "counted": count(list(crowd())), "cases": {"open": 30, "settled": 10}, "classes": {"missing_context": 25},
        "remarks": {("general", "reasoning"): 3}, "overturns": overturns([]), "sentinels": (100, 90),
        "drifts": (Drift(rubric="general", seq=50, answers=30, right=15, held=12, is_open=True, found=None),),
        "escape": None, "audit": tuple(audited(preferred(200), forms(200), HEAD)), "audit_seq": 60,
        "done": (Step(seq=70, sentence="Version 1.1.0 of the rubric general came into force."),),
    }  # fmt: skip
    return Matter(**(values | changes))  # type: ignore[arg-type]  # by name


def test_a_report_answers_every_question_or_says_why_not() -> None:
    found = report(matter())
    assert [one.id for one in found.sections] == list(SECTIONS)
    assert {one.id for one in found.sections if one.missing} == {"escape"}
    assert not found.is_complete
    for section in found.sections:
        assert section.answer.endswith(".")
        for cause in section.causes:
            assert cause.sentence.endswith(".")
            assert cause.action.endswith(".")
    told_of = " ".join(found.summary)
    assert "lacks context. Bring what is missing" in told_of
    assert "Answers to sentinels under general fell: 15 of 30" in told_of
    assert "Not answered yet: What got through?" in told_of


def test_an_empty_programme_has_a_report_of_what_is_missing() -> None:
    empty = report(
        matter(gates=(), counted=count([]), cases={}, classes=None, remarks={}, sentinels=None, drifts=(), audit=(),
               audit_seq=None, done=())
    )  # fmt: skip
    missing = {one.id for one in empty.sections if one.missing}
    assert missing == {"agreement", "rubric", "items", "reasons", "people", "shortcuts", "escape"}
    assert "Nothing stands out" in empty.summary[0]


def test_a_policy_of_sentinels_that_nobody_answered_answers_nothing() -> None:
    """Else a programme could go into production on none of none."""
    found = report(matter(sentinels=(0, 0)))
    assert "people" in {one.id for one in found.sections if one.missing}


def test_no_person_stands_in_a_report() -> None:
    text = markdown(report(matter()))
    assert not any(expert in text for expert in EXPERTS)


def test_markdown_takes_words_as_words() -> None:
    text = markdown(report(matter(title="# A [link](x) <b> | `code`")))
    assert text.startswith("# Quality of \\# A \\[link\\](x) \\<b\\> \\| \\`code\\`\n")
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert {line.replace("\\|", "").count("|") for line in rows} == {5}


def test_percentages_do_not_hide_what_is_small() -> None:
    assert [told.percent(share) for share in (0, 0.004, 0.415, 1)] == ["0 %", "0.4 %", "42 %", "100 %"]
    assert figures.MEASURES == ("abstention", "context", "disagreement", "defects")
