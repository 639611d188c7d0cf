"""A judgment of one response, as pages show it: no letters, and no word of others."""

from dataclasses import replace
from types import SimpleNamespace
from typing import cast

from web.pages import BY_NAME, html
from web.samples.affected import REVIEW

from tallystick.app.assignment import Shown
from tallystick.signals.shape import Mark, Piece
from tallystick.web.judgment import pieces_title, said

MARKS = (Mark(field="categories", on="a", label="privacy"),)


def test_a_mark_on_the_only_response_has_no_letter() -> None:
    assert [fact.term for fact in said.details({}, MARKS, {}, is_one=True)] == ["Categories"]
    assert [fact.term for fact in said.details({}, MARKS, {})] == ["Categories: A"]


def test_a_review_speaks_of_a_and_b_only_where_there_are_two() -> None:
    sample = BY_NAME["affected-review"]
    first = next(piece for piece in REVIEW.pieces if piece.kind == "candidate")
    alone = html(replace(sample, view=replace(REVIEW, pieces=(first,))))
    assert "A and B stand as you see them above." in html(sample)
    assert "A and B" not in alone
    assert "Blinded: you do not see whose it is." in alone


def test_a_policy_beside_one_response_does_not_stand_under_candidates() -> None:
    policy = Piece(id="s1", kind="text", title="2.1: Deception", text="Do not pass for another.")
    a, b = (Piece(id=letter, kind="candidate", title=letter.upper(), text="Dear") for letter in "ab")
    alone, pair = SimpleNamespace(pieces=(policy, a)), SimpleNamespace(pieces=(a, b))
    assert pieces_title(cast("Shown", alone)) == "The work"
    assert pieces_title(cast("Shown", pair)) == "Candidates"
