"""`tallystick programme draw`, `escape`, `check-draws`, `overturns`: second looks from the command line."""

from pathlib import Path

import pytest
from console import SECRET, Made, as_lead, run

SET = ("--programme", "answers")


@pytest.fixture(scope="module")
def drawn(made: Made) -> Made:
    """Five of the thirty-eight finished items are drawn."""
    assert as_lead(made.cell, "programme", "escape", *SET)[1]["overall"] is None
    code, answer = as_lead(made.cell, "programme", "draw", *SET, "--medium", "5")
    assert (code, answer["round"], answer["draw"], answer["medium"]) == (0, 1, 1, 5)
    return made


def test_what_was_drawn_and_not_answered_is_unknown_and_counted_at_its_worst(drawn: Made) -> None:
    code, answer = as_lead(drawn.cell, "programme", "escape", *SET, "--at-most", "0.1")
    assert (code, answer["waiting"], answer["overall"]["rate"]) == (0, 5, None)
    (tier,) = answer["tiers"]
    found = tier["found"]
    assert (tier["risk"], found["population"], found["reviewed"], found["at_most"]) == ("medium", 38, 0, None)
    assert tier["worst"] == 1.0
    # With 4 of 38 defective, 20 sound ones come up in 4.1 % of draws, and 19 in 5.3 %.
    (needed,) = answer["needed"]
    assert (needed["if_sound"], needed["left"]) == (20, 33)


def test_people_read_the_same_in_sentences(drawn: Made) -> None:
    done = run(
        "programme", "escape", *SET, "--dir", str(drawn.cell), "--as", "vera", "--password-fd", "{fd}",
        secrets=[SECRET],
    )  # fmt: skip
    assert done.exit_code == 0
    assert "0 of 0, 5 waiting, of 38 finished; unknown; for 5.0%: 30 more if all are sound" in " ".join(
        done.stdout.split()
    )


def test_drawing_more_than_there_is_is_refused(drawn: Made) -> None:
    code, answer = as_lead(drawn.cell, "programme", "draw", *SET, "--medium", "34", "--round", "1")
    assert (code, answer["refused"]["code"]) == (1, "draw-too-large")
    code, answer = as_lead(drawn.cell, "programme", "draw", *SET)
    assert (code, answer["refused"]["code"]) == (1, "bad-draw")


def test_the_draws_are_worked_out_again(drawn: Made) -> None:
    code, answer = as_lead(drawn.cell, "programme", "check-draws", *SET)
    assert (code, answer["items"], answer["wrong"], answer["passed_over"]) == (0, 5, [], [])
    assert len(bytes.fromhex(answer["key"])) == 32


def test_nothing_was_settled_so_nothing_was_overturned(made: Made, tmp_path: Path) -> None:
    assert as_lead(made.cell, "programme", "overturns", *SET) == (
        0, {"cases": 0, "count_min": 20, "groups": []},
    )  # fmt: skip
    code, answer = as_lead(made.cell, "programme", "overturns", "--programme", "nowhere")
    assert (code, answer["refused"]["code"]) == (1, "absent")
    assert not list(tmp_path.iterdir())
