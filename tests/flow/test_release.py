"""No interface can go round this: what may be released, and what each refusal names."""

from dataclasses import replace
from datetime import date

import msgspec
import pytest

from tallystick.events.envelope import ObjectRef
from tallystick.events.gate import BatchMeasured, MeasuredValue
from tallystick.events.release import ReleaseCut
from tallystick.flow.refusal import Refused
from tallystick.flow.release import BatchState, Rights, Wish, blocks, cut, exclusion, held_affected

VALUE = MeasuredValue(
    what="verdict", metric="percent_agreement", level="nominal", status="ok", value_ppm=900_000, low_ppm=None,
    high_ppm=None, items=10, raters=2, judgments=20,
)  # fmt: skip
PASSED = BatchMeasured(
    batch="bat-1", programme="p", domain="general", rubric="general", rubric_version="1.0.0", contract_version="1.0.0",
    rule="estimate", threshold_ppm=740_000, decision="pass", why="It reaches.", verdict=VALUE, criteria=[],
    expected=None, inputs_digest="d", incomplete=0, code_version="test",
)  # fmt: skip
FAILED = msgspec.structs.replace(PASSED, decision="fail", why="Expected agreement of at least 0.74, found 0.500.")
GOOD = BatchState(
    batch="bat-1", name="pilot/general", purpose="work", items=10, complete=10, open_disagreements=(), measured=PASSED
)
BAD = replace(GOOD, batch="bat-2", name="pilot/legal", measured=FAILED)
WISH = Wish(programme="p", name="set", version="1.0.0", use="train", batches=None)
RATIONALE = ObjectRef(object="obj-1", commitment="c", bytes=7)
RIGHTS = Rights(permitted_uses=("train", "evaluate"), retention_until=date(2030, 1, 1), today=date(2030, 1, 1))


def decide(
    states: list[BatchState], wish: Wish = WISH, rights: Rights = RIGHTS, *, is_taken: bool = False
) -> ReleaseCut | Refused:
    return cut(wish, states, rights, is_taken=is_taken, release="rel-1", code_version="test")


BLOCKED = {
    "its gate fails": (replace(GOOD, measured=FAILED), "below-threshold"),
    "it has no judgments": (replace(GOOD, measured=None), "no-judgments"),
    "work in it waits for a review": (replace(GOOD, held=3), "work-held"),
    "a later rubric affects work in it": (
        replace(GOOD, affected=("pilot/general",), unreviewed=4),
        "affected-unreviewed",
    ),
    "it holds gold items": (replace(GOOD, purpose="gold"), "not-for-export"),
    "it is the holdout": (replace(GOOD, purpose="holdout"), "not-for-export"),
    "no item is complete": (replace(GOOD, complete=0), "nothing-finished"),
    "every complete item is in dispute": (replace(GOOD, complete=2, open_disagreements=("a", "b")), "nothing-finished"),
}


@pytest.mark.parametrize("reason", BLOCKED)
def test_a_blocked_batch_is_refused_by_every_road(reason: str) -> None:
    """Asked for by name, asked for among others, or swept up with all: it never comes along."""
    state, code = BLOCKED[reason]
    assert [refused.code for refused in blocks(state)] == [code]
    named = decide([state], replace(WISH, batches=("bat-1",)))
    assert isinstance(named, Refused)
    assert (named.code, named.names) == (code, ("pilot/general",))
    swept = decide([state])
    assert isinstance(swept, Refused)
    assert swept.code == "nothing-passes"
    other = replace(GOOD, batch="bat-9", name="pilot/other")
    among = decide([state, other])
    assert isinstance(among, ReleaseCut)
    assert (among.batches, list(among.left_out)) == (["bat-9"], ["bat-1"])
    assert isinstance(decide([state, other], replace(WISH, batches=("bat-9", "bat-1"))), Refused)


def test_a_batch_whose_judgments_were_set_aside_is_not_told_that_none_came_yet() -> None:
    """It may have had some: what is missing are judgments that count."""
    (refused,) = blocks(replace(GOOD, measured=None))
    assert refused.sentence == "Batch pilot/general has no judgments that count."


def test_what_passes_is_cut() -> None:
    assert blocks(GOOD) == []
    found = decide([GOOD])
    assert isinstance(found, ReleaseCut)
    assert (found.batches, found.left_out, found.use, found.name, found.version) == (
        ["bat-1"], {}, "train", "set", "1.0.0",
    )  # fmt: skip


def test_affected_work_goes_out_with_a_rationale_and_only_where_there_is_some() -> None:
    state, why = replace(GOOD, affected=("w-1",), unreviewed=2), "Two reviewers left; the change is of wording."
    refused = decide([state], replace(WISH, batches=("bat-1",)))
    assert isinstance(refused, Refused)
    assert (refused.code, refused.names) == ("affected-unreviewed", ("w-1",))
    assert "judgments that a later version of their rubric affects" in refused.sentence
    assert "since: 2, on items: 1." in refused.sentence
    fact = decide([state, replace(BAD, affected=("w-9",), unreviewed=7)], replace(WISH, rationale=why))
    assert isinstance(fact, ReleaseCut)
    assert fact.batches == ["bat-1"], "a rationale opens no gate"
    told = held_affected([state, replace(GOOD, batch="bat-9")], fact, RATIONALE)
    assert (told.release, told.judgments, told.rationale) == ("rel-1", {"bat-1": 2}, RATIONALE)
    for wrong, found in (("short", "notes-too-short"), (why, "nothing-affected")):
        answer = decide([GOOD], replace(WISH, rationale=wrong))
        assert isinstance(answer, Refused)
        assert (answer.code, answer.field) == (found, "affected_rationale")


def test_open_disagreements_keep_items_out_and_not_the_batch() -> None:
    assert isinstance(decide([replace(GOOD, open_disagreements=("w-1",))]), ReleaseCut)


REFUSED = {
    "the version exists": (WISH, RIGHTS, True, "release-exists"),
    "the use is not permitted": (replace(WISH, use="publish"), RIGHTS, False, "use-not-permitted"),
    "a use that nobody knows": (replace(WISH, use="sell"), RIGHTS, False, "use-not-permitted"),
    "retention has ended": (WISH, replace(RIGHTS, today=date(2030, 1, 2)), False, "retention-ended"),
    "a batch of another programme": (replace(WISH, batches=("bat-7",)), RIGHTS, False, "unknown-batch"),
    "no batch": (replace(WISH, batches=()), RIGHTS, False, "unknown-batch"),
    "a consensus by a model that nobody knows": (replace(WISH, consensus="mean"), RIGHTS, False, "unknown-method"),
}


@pytest.mark.parametrize("reason", REFUSED)
def test_what_is_refused_whatever_the_gate_says(reason: str) -> None:
    wish, rights, is_taken, code = REFUSED[reason]
    found = decide([GOOD], wish, rights, is_taken=is_taken)
    assert isinstance(found, Refused)
    assert found.code == code


def test_a_programme_without_batches_has_nothing_to_release() -> None:
    found = decide([])
    assert isinstance(found, Refused)
    assert found.sentence == "No batch can be released. There is no batch with judgments yet."


def test_a_refusal_names_every_batch_in_the_way() -> None:
    third = replace(BAD, batch="bat-3", name="pilot/medical")
    found = decide([GOOD, BAD, third], replace(WISH, batches=("bat-1", "bat-2", "bat-3")))
    assert isinstance(found, Refused)
    assert found.names == ("pilot/legal", "pilot/medical")


def test_a_batch_asked_for_twice_is_released_once() -> None:
    found = decide([GOOD, BAD], replace(WISH, batches=("bat-1", "bat-1")))
    assert isinstance(found, ReleaseCut)
    assert (found.batches, found.left_out) == (["bat-1"], {"bat-2": "It was not asked for."})


def test_why_an_item_stays_out() -> None:
    assert exclusion(state="active", disagreement=None) == "incomplete"
    assert exclusion(state="complete", disagreement="open") == "open-disagreement"
    assert exclusion(state="complete", disagreement=None, is_withdrawn=True) == "demonstration-set-aside"
    assert [exclusion(state="complete", disagreement=state) for state in (None, "settled", "preserved")] == [None] * 3
