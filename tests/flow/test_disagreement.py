"""From judgments to evidence, from evidence to a recorded class, and what may be told of groups."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.flow.disagreement import Given, Judges, error_rates, evidence_of, find, inputs_digest, model_of
from tallystick.flow.disagreement.evidence import GROUP_JUDGES_MIN, usable_groups
from tallystick.flow.disagreement.groups import Preserved, Recorded, distribution, is_told
from tallystick.stats.disagreement import Evidence

CRITERIA = ("reasoning", "concision")
BUILT_IN = model_of(None).overall
CATEGORIES = ("a", "b", "tie", "both_unacceptable")


def said(expert: str, verdict: str, *, version: str = "1", is_counted: bool = True, is_observed: bool = True) -> Given:
    return Given(
        judgment=f"{expert}-{verdict}-{version}-{is_counted}", item="one", expert=expert, verdict=verdict,
        criteria=("reasoning",), rubric_version=version, is_counted=is_counted, is_observed=is_observed,
    )  # fmt: skip


def evidence(*given: Given, judges: Judges | None = None) -> Evidence:
    return evidence_of(given, judges or Judges(), criteria=CRITERIA)


# --- evidence -----------------------------------------------------------------------------------------------------


def test_who_compares_nothing_has_no_label_and_who_could_ask_for_context_is_counted() -> None:
    found = evidence(said("x", "a_clearly"), said("y", "insufficient_context"), said("z", "abstain"))
    assert found.labels == {"x": "a"}
    assert found.context_flags == {"x": False, "y": True, "z": False}


def test_elsewhere_nobody_is_known_to_have_been_able_to_ask_for_context() -> None:
    found = evidence(said("x", "a", is_observed=False), said("y", "insufficient_context", is_observed=False))
    assert found.context_flags == {"y": True}


def test_the_same_rubric_again_is_a_retest_and_another_version_is_calibration() -> None:
    before = (said("x", "a", is_counted=False), said("y", "b", is_counted=False))
    same = evidence(*before, said("x", "b_clearly"), said("y", "b_clearly"))
    assert same.labels == {"x": "a", "y": "b"}
    assert same.retests == {"x": ("b",), "y": ("b",)}
    clearer = evidence(*before, said("x", "b_clearly", version="2"), said("y", "b_clearly", version="2"))
    assert clearer.labels == {"x": "a", "y": "b"}
    assert clearer.after_calibration == {"x": "b", "y": "b"}
    assert not clearer.retests


def test_first_looks_that_agreed_say_nothing_of_why_second_looks_differ() -> None:
    found = evidence(
        said("x", "a", is_counted=False), said("y", "a", is_counted=False), said("x", "a_clearly", version="2"),
        said("y", "b_clearly", version="2"),
    )  # fmt: skip
    assert found.labels == {"x": "a", "y": "b"}
    assert not found.after_calibration
    assert not found.retests


def test_who_was_set_aside_and_never_judged_again_is_no_judge() -> None:
    found = evidence(said("x", "a", is_counted=False), said("y", "a"), said("z", "b"))
    assert set(found.labels) == {"y", "z"}


def test_error_rates_start_from_what_is_usual_and_move_with_what_is_seen() -> None:
    assert error_rates({}, []) == {}
    found = error_rates({"good": (0, 40), "poor": (20, 40), "new": (0, 1)}, [])
    assert found["good"] < found["new"] < found["poor"]
    assert all(rate % 10_000 == 0 for rate in found.values())


def test_a_batch_says_who_differs_from_the_others() -> None:
    given = [
        Given(
            judgment=f"{n}-{expert}", item=f"i{n}", expert=expert, verdict="b" if expert == "odd" and n % 2 else "a",
            criteria=(), rubric_version="1",
        )
        for n in range(60)
        for expert in ("x", "y", "z", "odd")
    ] + [
        Given(judgment=f"{n}-{e}", item=f"k{n}", expert=e, verdict="b", criteria=(), rubric_version="1")
        for n in range(60)
        for e in ("x", "y", "z", "odd")
    ]  # fmt: skip
    found = error_rates({}, given)
    assert found["odd"] > found["x"]


def test_groups_speak_under_numbers_where_enough_judges_declared() -> None:
    people = {f"p{n}": ("old" if n % 2 else "young") for n in range(GROUP_JUDGES_MIN * 2)}
    judges = Judges(groups=usable_groups({"age": people, "gender": dict.fromkeys(people, "woman")}))
    few = evidence(*[said(f"p{n}", "ab"[n % 2]) for n in range(GROUP_JUDGES_MIN - 1)], judges=judges)
    enough = evidence(*[said(f"p{n}", "ab"[n % 2]) for n in range(GROUP_JUDGES_MIN)], judges=judges)
    assert few.groups == {}
    assert set(enough.groups) == {"age"}
    assert set(enough.groups["age"].values()) == {"group 1", "group 2"}


def test_a_digest_holds_commitments_and_no_group() -> None:
    """Eight judges have few groups between them: from a digest of these they could be found by trying."""
    given = [said("x", "a"), said("y", "b")]
    first = inputs_digest(given, Judges(groups={"age": {"x": "old"}}, declarations={"x": "c1"}), criteria=CRITERIA)
    second = inputs_digest(given, Judges(groups={"age": {"x": "young"}}, declarations={"x": "c1"}), criteria=CRITERIA)
    other = inputs_digest(given, Judges(declarations={"x": "c2"}), criteria=CRITERIA)
    assert first == second != other


# --- classes ------------------------------------------------------------------------------------------------------


def test_two_labels_alone_determine_nothing_and_say_what_would_help() -> None:
    found = find(evidence(said("x", "a"), said("y", "b")), BUILT_IN)
    assert found.cause is None
    assert found.proposed is not None
    assert sum(found.posterior.values()) == pytest.approx(1_000_000, abs=5)
    assert found.helps
    assert "groups" in found.absent


def test_no_sentence_names_a_label_or_a_group() -> None:
    """A is one candidate to one reader and the other to another."""
    judges = Judges(
        groups={"age": {f"p{n}": "elders" if n < 5 else "juniors" for n in range(10)}},
        qualified=frozenset({"p0", "p1", "p9"}),
    )
    found = find(evidence(*[said(f"p{n}", "a" if n < 5 else "b") for n in range(10)], judges=judges), BUILT_IN)
    told = " ".join(term.sentence for term in found.terms)
    assert "5 to 5" in told
    for name in ("'a'", "'b'", "elders", "juniors", "age", "group 1"):
        assert name not in told


# --- groups -------------------------------------------------------------------------------------------------------

LABELS = st.dictionaries(st.sampled_from([f"p{n:02}" for n in range(30)]), st.sampled_from(["a", "b", "tie"]))


@given(st.lists(LABELS, min_size=1, max_size=3), st.data())
def test_what_is_recorded_leaves_everybody_somebody_to_change_places_with(
    tables: list[dict[str, str]], data: st.DataObject
) -> None:
    """Whoever knows all labels and all tables, hidden counts included, cannot tell one person's group for certain."""
    people = sorted({person for table in tables for person in table})
    declared = {person: data.draw(st.sampled_from(["x", "y"])) for person in people}
    earlier = [Recorded(item=str(n), labels=table) for n, table in enumerate(tables[:-1])]
    if is_told(tables[-1], declared, earlier):
        return
    counts = [Counter((declared[p], label) for p, label in table.items()) for table in tables]
    for person in people:
        swapped = False
        for other in people:
            if declared[other] == declared[person]:
                continue
            turned = declared | {person: declared[other], other: declared[person]}
            swapped |= counts == [Counter((turned[p], label) for p, label in table.items()) for table in tables]
        assert swapped, person


def test_a_table_needs_enough_people_in_two_groups() -> None:
    item = Preserved(
        item="one", programme="p", batch="b", labels={f"p{n}": "ab"[n % 2] for n in range(9)}, categories=CATEGORIES
    )
    declared = {f"p{n}": "xy"[n // 2 % 2] for n in range(9)}
    assert distribution(item, "age", declared, earlier=[], salt="00") is None


def test_who_declared_nothing_hides_nobody() -> None:
    """That somebody declared nothing may be known: they are in no row, and in no sum."""
    labels = {f"p{n}": "ab"[n % 2] for n in range(44)}
    item = Preserved(item="one", programme="p", batch="b", labels=labels, categories=CATEGORIES)
    declared = {f"p{n}": "xy"[n // 2 % 2] for n in range(40)}
    found = distribution(item, "age", declared, earlier=[], salt="00")
    assert found is not None
    assert found.people == 40
    assert sum(found.total.values()) == 40
    assert [(row.groups, row.people) for row in found.cells] == [(["x"], 20), (["y"], 20)]


def test_nearly_everybody_of_a_label_in_one_group_is_as_good_as_told() -> None:
    labels = {f"p{n}": "a" for n in range(20)}
    assert is_told(labels, {f"p{n}": "x" if n else "y" for n in range(20)}, [])
    assert not is_told(labels, {f"p{n}": "x" if n > 3 else "y" for n in range(20)}, [])
