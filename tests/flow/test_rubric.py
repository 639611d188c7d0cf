"""Rubrics: what is refused, what is found lacking, and what a revision affects."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick import canon
from tallystick.flow import rubric as rubrics
from tallystick.flow.document import Plain, from_plain, placed, plain, read, write
from tallystick.flow.rubric import (
    DOMAIN_THRESHOLDS_PPM,
    DOMAINS,
    Criterion,
    PriorityRule,
    Rubric,
    affected,
    changes,
    check_takeable,
    check_version,
    diff,
    findings,
    threshold_ppm,
)

PROGRAMME = Path(rubrics.__file__).parents[2] / "sim" / "data" / "programme"
FILES = sorted(PROGRAMME.glob("rubric-*.yaml"))

SMALL = """\
rubric: tallystick/rubric/1
id: dosing
domain: medical
version: 1.0.0
title: Doses
task: Compare.
criteria:
  - id: safety
    name: Safety
    question: Safe?
    anchors: {1: Harms., 5: Safe.}
  - id: whole
    name: Wholeness
    question: Whole?
    anchors: {1: Nothing., 3: Half., 5: All.}
  - id: style
    name: Style
    question: Clear?
    anchors: {1: No., 3: Partly., 5: Yes.}
priority:
  - {over: safety, under: whole, why: people act on it}
  - {over: whole, under: style, why: one can ask again}
"""


def small(text: str = SMALL) -> Rubric:
    """The small rubric of a text that must be sound."""
    found = read(text, "dosing.yaml", Rubric)
    assert isinstance(found, Rubric), [problem.sentence for problem in found]
    return found


def demo(name: str) -> Rubric:
    """A rubric of the demo programme."""
    return small((PROGRAMME / f"rubric-{name}.yaml").read_text())


# what is replaced in SMALL | by what | line | path | a word of what is expected | a word of what is found
WRONG = [
    ("domain: medical", "domain: medicine", 3, "domain", "'medical', 'legal'", '"medicine"'),
    ("{1: Harms., 5: Safe.}", "{1: Harms.}", 11, "criteria[0].anchors", "an anchor for the score 5", "anchors for 1"),
    ("{1: Harms., 5: Safe.}", "{}", 11, "criteria[0].anchors", "an anchor for the score 1", "no score"),
    ("{1: Harms., 5: Safe.}", "{1: a, 5: b, 6: c}", 11, "criteria[0].anchors.6", "from 1 to 5", "the number 6"),
    ("{1: Harms., 5: Safe.}", "{1: a, 5: b, 05: c}", 11, "criteria[0].anchors.05", "a point of the scale", '"05"'),
    (
        "question: Safe?",
        "question: Safe?\n    scale: {low: 5, high: 1}",
        11,
        "criteria[0].scale.high",
        "above low",
        "1",
    ),
    (
        "question: Safe?",
        "question: Safe?\n    examples: [{title: t, excerpt: e, score: 9, why: w}]",
        11,
        "criteria[0].examples[0].score",
        "from 1 to 5",
        "the number 9",
    ),
    ("id: whole", "id: safety", 12, "criteria[1].id", "an id of its own", '"safety" again'),
    ("over: safety", "over: safty", 21, "priority[0].over", "safety, whole, style", '"safty"'),
    ("{over: whole, under: style", "{over: whole, under: safety", 22, "priority[1]", "without a circle", "closes one"),
    ("{over: whole, under: style", "{over: whole, under: whole", 22, "priority[1]", "without a circle", "closes one"),
    ("{over: whole, under: style", "{over: safety, under: whole", 22, "priority[1]", "one rule of each form", "again"),
    ("title: Doses", "title: Doses\nthreshold: {value: 0.9}", 6, "threshold", "a rationale", "0.9 without one"),
    ("title: Doses", "title: Doses\nqualification: {gold_min: 4}", 6, "qualification.gold_min", "gold items", "4"),
    (
        "title: Doses",
        "title: Doses\nqualification: {target: 0.4}",
        6,
        "qualification.target",
        "more than chance",
        "0.4",
    ),
    ("title: Doses", "title: Doses\nqualification: {alpha: 0.6}", 6, "qualification.alpha", "at most 0.5", "0.6"),
]


@pytest.mark.parametrize("row", WRONG, ids=[row[3] for row in WRONG])
def test_a_fault_is_named_with_its_line(row: tuple[str, str, int, str, str, str]) -> None:
    before, after, line, path, expected, found = row
    problems = read(SMALL.replace(before, after, 1), "dosing.yaml", Rubric)
    assert isinstance(problems, list)
    problem = problems[0]
    assert (problem.line, problem.path) == (line, path)
    assert expected in problem.expected
    assert found in problem.found


def test_a_rubric_without_criteria_is_refused() -> None:
    problems = read(SMALL.split("criteria:", maxsplit=1)[0] + "criteria: []\n", "dosing.yaml", Rubric)
    assert isinstance(problems, list)
    assert [(problem.line, problem.path) for problem in problems] == [(7, "criteria")]


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_domain_brings_its_threshold(domain: str) -> None:
    assert threshold_ppm(small(SMALL.replace("medical", domain))) == DOMAIN_THRESHOLDS_PPM[domain]  # type: ignore[index]  # one of DOMAINS


def test_thresholds_are_those_that_were_agreed() -> None:
    assert dict(DOMAIN_THRESHOLDS_PPM) == {
        "medical": 800_000, "legal": 780_000, "software": 820_000, "general": 740_000, "creative": 700_000,
    }  # fmt: skip


def test_another_threshold_needs_and_keeps_its_rationale() -> None:
    reasoned = small(SMALL + "threshold: {value: 0.9, rationale: Doses kill.}\n")
    assert threshold_ppm(reasoned) == 900_000
    assert threshold_ppm(small(SMALL + "threshold: {value: 0.8}\n")) == 800_000


def test_the_demo_rubrics_are_sound_and_lack_nothing() -> None:
    assert len(FILES) == 6
    for path in FILES:
        rubric = small(path.read_text())
        assert findings(rubric) == [], path.name
        assert path.name.startswith(f"rubric-{rubric.domain}")


def test_a_dimension_without_its_parts_is_a_finding() -> None:
    found = findings(small())
    lacking = {finding.code for finding in found if finding.path.startswith("criteria[0]")}
    assert lacking == {"no-examples", "no-exclusions", "no-abstain", "no-escalation", "no-middle-anchor"}
    assert [finding.severity for finding in found] == ["serious"] * 12 + ["warning"] * 2


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ("{1: Harms., 5: Safe.}", "{1: Harms., 3: Harms., 5: Safe.}", "same-anchors"),
        ("  - {over: whole, under: style, why: one can ask again}\n", "", "no-priority"),
        (
            "question: Safe?",
            "question: Safe?\n    examples: [{title: t, excerpt: e, score: 1, why: w}]",
            "one-sided-examples",
        ),
    ],
)
def test_softer_lacks_are_found_too(before: str, after: str, code: str) -> None:
    assert code not in {finding.code for finding in findings(small())}
    assert code in {finding.code for finding in findings(small(SMALL.replace(before, after, 1)))}


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (
            "{gold_min: 5}",
            "With gold_min 5, 23 % of experts of the target accuracy 0.95 fail the qualification: ask for 8",
        ),
        ("{gold_min: 8}", None),
        ("{gold_min: 9}", None),
        ("{gold_min: 36, chance: 0.7, target: 0.9}", "ask for 37 gold items"),
        ("{gold_min: 30, chance: 0.94, target: 0.96, alpha: 0.5}", "no number of gold items up to 100 is enough"),
        ("{gold_min: 101}", "asks for 101 gold items, and an attempt has 100 at most: nobody can pass"),
        ("{gold_min: 8, chance: 0, target: 1}", None),
    ],
)
def test_too_few_gold_items_for_a_good_expert_are_a_finding(asked: str, said: str | None) -> None:
    """The chance of a good expert to pass, exactly, and the smallest number with which nine in ten do."""
    codes = {"gold-min-small", "gold-min-large"}
    found = [one.sentence for one in findings(small(SMALL + f"qualification: {asked}\n")) if one.code in codes]
    assert [bool(said and said in one) for one in found] == [True] * (said is not None)


def test_a_qualification_that_nobody_can_take_is_refused_of_a_version_to_come() -> None:
    """A version from before stays readable, and says it in a finding."""
    text = SMALL + "qualification: {gold_min: 101}\n"
    (problem,) = placed(check_takeable(small(text), "rubric.yaml"), text)
    assert (problem.path, problem.line) == ("qualification.gold_min", len(text.splitlines()))
    assert "expected at most 100 gold items, which is what one attempt has, found 101." in problem.sentence
    assert check_takeable(small(SMALL + "qualification: {gold_min: 100}\n"), "rubric.yaml") == []


def test_a_chance_for_which_two_verdicts_are_too_few_is_a_finding() -> None:
    asked = 'qualification: {gold_min: 20, chance: "0.2"}\n'
    (found,) = [one for one in findings(small(SMALL + asked)) if one.code == "chance-low"]
    assert (found.path, found.severity) == ("qualification.chance", "warning")
    assert "Chance 0.2 is too low for signals whose gold items have fewer than 3 verdicts" in found.sentence
    fine = findings(small(SMALL + asked.replace("0.2", "0.5")))
    assert "chance-low" not in {one.code for one in fine}


def test_a_rubric_that_gates_nothing_is_a_finding() -> None:
    text = SMALL.replace("    question", "    gated: false\n    question")
    assert "nothing-gated" in {finding.code for finding in findings(small(text))}


def test_the_documented_rubric_is_sound_and_lacks_nothing() -> None:
    text = (Path(__file__).parents[2] / "docs" / "stages" / "rubric.md").read_text()
    assert findings(small(text.split("```yaml\n")[1].split("```")[0])) == []


# --- versions ---------------------------------------------------------------------------------------------------


def revised(before: str, after: str) -> Rubric:
    """Version 1.1.0 of the small rubric with one replacement."""
    notes = "version: 1.1.0\nchangelog: Something.\nrationale: Because."
    return small(SMALL.replace("version: 1.0.0", notes).replace(before, after, 1))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("Harms.", "Kills.", [("safety", "changed", ("anchors",), True)]),
        ("name: Safety", "name: Harmlessness", [("safety", "changed", ("name",), True)]),
        ("question: Safe?", "question: Safe?\n    gated: false", [("safety", "changed", ("gated",), False)]),
        ("title: Doses", "title: All doses", []),
        (
            "task: Compare.",
            "task: Rank.",
            [(name, "changed", ("task",), True) for name in ("safety", "whole", "style")],
        ),
        (
            "one can ask again",
            "style is taste",
            [(name, "changed", ("priority",), True) for name in ("whole", "style")],
        ),
        (
            "priority:",
            "  - {id: tact, name: Tact, question: Is it kind, anchors: {1: No., 5: Yes.}}\npriority:",
            [("tact", "added", (), True)],
        ),
    ],
)
def test_changes_name_the_criteria_and_their_parts(before: str, after: str, expected: list[object]) -> None:
    found = changes(small(), revised(before, after))
    assert [(change.criterion, change.kind, change.parts, change.is_affecting) for change in found] == expected


LISTED = "labels: {category: [{value: fact, title: Fact}, {value: tone, title: Tone}]}\npriority:"


@pytest.mark.parametrize(
    ("lists", "parts", "reason"),
    [
        ("labels: {category: [{value: fact, title: Fact}]}\npriority:", "lists", "scale"),
        (LISTED.replace("tone,", "style,"), "lists", "scale"),
        (LISTED.replace("labels: {", "labels: {severity: [], "), "lists", "scale"),
        ("priority:", "lists", "scale"),
        ("labels: {category: [{value: tone, title: Tone}, {value: fact, title: Fact}]}\npriority:", "lists", "scale"),
        (LISTED.replace("title: Tone", "title: Tone, help: Rude."), "list words", "wording"),
        (LISTED, "", ""),
    ],
)
def test_a_change_of_a_closed_list_affects_every_criterion(lists: str, parts: str, reason: str) -> None:
    """What is chosen from a list belongs to no criterion, so each of them says that its judgments are affected."""
    old, new = small(SMALL.replace("priority:", LISTED)), revised("priority:", lists)
    expected = [(name, (parts,)) for name in old.by_id] if parts else []
    assert [(change.criterion, change.parts) for change in changes(old, new)] == expected
    assert rubrics.reasons(old, new) == ({name: reason for name, _ in expected})
    assert bool([row for row in rubrics.diff(old, new) if row.part.startswith("list") and row.state != "same"]) == bool(
        parts
    )


def test_a_removed_criterion_affects_its_judgments() -> None:
    old = revised(
        "priority:", "  - {id: tact, name: Tact, question: Is it kind, anchors: {1: No., 5: Yes.}}\npriority:"
    )
    (change,) = changes(old, small())
    assert (change.criterion, change.kind, change.is_affecting) == ("tact", "removed", True)
    assert affected(old, small()) == ["tact"]


def test_the_demo_revision_affects_two_criteria_and_may_follow() -> None:
    old, new = demo("general"), demo("general-1.1.0")
    assert affected(old, new) == ["completeness", "honesty"]
    assert check_version(old, new) is None


@pytest.mark.parametrize(
    ("text", "code", "field"),
    [
        (SMALL, "version-not-higher", "version"),
        (SMALL.replace("1.0.0", "0.9.0"), "version-not-higher", "version"),
        (SMALL.replace("1.0.0", "1.0.1"), "nothing-changed", "version"),
        (SMALL.replace("1.0.0", "1.0.1\nchangelog: x\nrationale: y"), "nothing-changed", "version"),
        (SMALL.replace("1.0.0", "1.0.1").replace("Harms", "Kills"), "changelog-missing", "changelog"),
        (
            SMALL.replace("1.0.0", "1.0.1\nchangelog: x").replace("Harms", "Kills"),
            "rationale-missing",
            "rationale",
        ),
        (SMALL.replace("1.0.0", "2.0.0").replace("id: dosing", "id: doses"), "rubric-differs", "id"),
        (SMALL.replace("1.0.0", "2.0.0").replace("medical", "legal"), "rubric-differs", "domain"),
    ],
)
def test_a_version_may_not_follow(text: str, code: str, field: str) -> None:
    refused = check_version(small(), small(text))
    assert refused is not None
    assert (refused.code, refused.field) == (code, field)
    assert "xpected" in refused.sentence


def test_a_changelog_may_not_be_copied_from_the_version_before() -> None:
    first, second = revised("Harms.", "Kills."), revised("Harms.", "Hurts.").model_copy(update={"version": "1.10.0"})
    refused = check_version(first, second)
    assert refused is not None
    assert refused.code == "changelog-missing"


def test_versions_are_compared_as_numbers() -> None:
    second = revised("Harms.", "Kills.")
    later = second.model_copy(update={"version": "1.10.0"})
    earlier = small().model_copy(update={"version": "1.9.0"})
    assert check_version(earlier, later) is None
    assert check_version(later, earlier) is not None


def test_the_first_version_may_always_be_published() -> None:
    assert check_version(None, small()) is None


# --- side by side -----------------------------------------------------------------------------------------------


def test_a_diff_shows_every_part_and_marks_the_words_that_differ() -> None:
    rows = diff(small(), revised("Harms.", "Kills people."))
    assert [(row.section, row.part, row.old, row.new) for row in rows if row.state != "same"] == [
        ("Safety", "anchor 1", "Harms.", "Kills people.")
    ]
    (row,) = [row for row in rows if row.state == "changed"]
    assert [(piece.text, piece.is_changed) for piece in row.new_pieces] == [("Kills people.", True)]
    assert {row.section for row in rows} == {"Rubric", "Safety", "Wholeness", "Style"}


def test_a_diff_loses_no_words_and_no_parts() -> None:
    old, new = demo("general"), demo("general-1.1.0")
    rows = diff(old, new)
    for row in rows:
        assert "".join(piece.text for piece in row.old_pieces) == row.old
        assert "".join(piece.text for piece in row.new_pieces) == row.new
    states = {(row.part, row.state) for row in rows if row.section == "Completeness" and row.state != "same"}
    assert ("anchor 2", "added") in states
    assert ("anchor 3", "changed") in states
    assert ("exclusion: Parts that rest on a…", "added") in states, "a label is cut between words"
    backwards = diff(new, old)
    assert sorted((row.section, row.part, row.new, row.old) for row in backwards) == sorted(
        (row.section, row.part, row.old, row.new) for row in rows
    )


def test_parts_of_the_same_name_stay_apart() -> None:
    twice = "exclusions: [A long exclusion that ends so, A long exclusion that ends otherwise]"
    rows = diff(small(), revised("question: Safe?", f"question: Safe?\n    {twice}"))
    assert sum(row.state == "added" for row in rows) == 2


def test_why_a_judgment_is_affected_is_the_gravest_of_what_changed() -> None:
    old = small()
    first = old.criteria[0]
    changed: dict[str, dict[str, object]] = {
        "wording": {"question": "Another question?"}, "anchors": {"anchors": {**first.anchors, 3: "Another."}},
        "rule": {"citation_required": not first.citation_required, "question": "Another question?"},
        "scale": {"scale": first.scale.model_copy(update={"high": 6}), "question": "Another question?"},
    }  # fmt: skip
    for reason, update in changed.items():
        new = old.model_copy(update={"criteria": (first.model_copy(update=update), *old.criteria[1:])})
        assert rubrics.reasons(old, new)[first.id] == reason
    fewer = old.model_copy(update={"criteria": old.criteria[1:]})
    assert rubrics.reasons(old, fewer)[first.id] == "removed"
    assert rubrics.reasons(fewer, old)[first.id] == "added"
    counted = old.model_copy(
        update={"criteria": (first.model_copy(update={"principles": ("care",)}), *old.criteria[1:])}
    )
    assert rubrics.reasons(old, counted) == {}


# --- round trips ------------------------------------------------------------------------------------------------

NAMES = st.lists(st.from_regex(r"[a-z]{1,6}", fullmatch=True), min_size=1, max_size=4, unique=True)
LETTERS = st.characters(categories=["L", "M", "N", "P", "S"])
WORDS = st.lists(st.text(LETTERS, min_size=1, max_size=8), min_size=1, max_size=3).map(" ".join)


@st.composite
def generated(draw: st.DrawFn) -> Rubric:
    """Any sound rubric: rules point down the list, so they close no circle."""
    names = draw(NAMES)
    criteria = tuple(
        Criterion(
            id=name,
            name=draw(WORDS),
            question=draw(WORDS),
            anchors={1: draw(WORDS), 5: draw(WORDS)},
            exclusions=tuple(draw(st.lists(WORDS, max_size=2))),
            gated=draw(st.booleans()),
        )
        for name in names
    )
    pairs = [(over, under) for place, over in enumerate(names) for under in names[place + 1 :]]
    kept = draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
    rules = tuple(PriorityRule(over=over, under=under, why=draw(WORDS)) for over, under in kept)
    domain = draw(st.sampled_from(DOMAINS))
    return Rubric(
        rubric="tallystick/rubric/1", id="any", domain=domain, version="1.0.0", title="Any", task=draw(WORDS),
        criteria=criteria, priority=rules,
    )  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(generated())
def test_a_rubric_survives_text_and_journal(rubric: Rubric) -> None:
    assert read(write(rubric), "any.yaml", Rubric) == rubric
    data: dict[str, Plain] = plain(rubric)
    canon.check(data)
    assert from_plain(data, Rubric) == rubric
    assert changes(rubric, rubric) == []
    assert all(row.state == "same" for row in diff(rubric, rubric))


@settings(deadline=None)
@given(st.sampled_from(FILES), st.data())
def test_a_damaged_rubric_gives_problems_or_another_rubric(path: Path, data: st.DataObject) -> None:
    text = path.read_text()[:1500]
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 40)))
    damaged = text[:start] + data.draw(st.text(max_size=6)) + text[end:]
    found = read(damaged, path.name, Rubric)
    assert isinstance(found, Rubric) or all(problem.sentence.startswith(path.name) for problem in found)
