"""Strengths from comparisons: published tables, ties, what has no finite answer, rubbish."""

import math
import sys

import numpy as np
import pytest

from tallystick.stats.aggregation import BadRatings, Ranking, Status, bradley_terry, davidson

ranking = sys.modules[bradley_terry.__module__]  # the module: its name in the package is the function

# Wins of the row over the column in 13 games each: Agresti (2002), Categorical Data Analysis, 2nd ed., table 10.10.
TEAMS = ("Milwaukee", "Detroit", "Toronto", "New York", "Boston", "Cleveland", "Baltimore")
WINS = (
    (0, 7, 9, 7, 7, 9, 11),
    (6, 0, 7, 5, 11, 9, 9),
    (4, 6, 0, 7, 7, 8, 12),
    (6, 8, 6, 0, 6, 7, 10),
    (6, 2, 6, 7, 0, 7, 12),
    (4, 4, 5, 6, 6, 0, 6),
    (2, 4, 1, 3, 1, 7, 0),
)
# Davidson (1970), example 2: brands i and j of chocolate pudding, preferences for i, for j, and none.
PUDDING = (
    (1, 2, 19, 22, 16),
    (1, 3, 16, 19, 12),
    (2, 3, 19, 19, 10),
    (1, 4, 18, 23, 13),
    (2, 4, 23, 19, 9),
    (3, 4, 19, 20, 15),
    (1, 5, 13, 19, 18),
    (2, 5, 16, 20, 12),
    (3, 5, 16, 15, 17),
    (4, 5, 17, 14, 16),
    (1, 6, 18, 21, 12),
    (2, 6, 22, 20, 12),
    (3, 6, 13, 18, 10),
    (4, 6, 14, 19, 18),
    (5, 6, 11, 21, 12),
)


def games() -> tuple[list[str], list[str], list[str], list[float]]:
    """First, second, winner and how often, of the baseball table."""
    rows = [(a, b, WINS[i][j]) for i, a in enumerate(TEAMS) for j, b in enumerate(TEAMS) if WINS[i][j]]
    return [a for a, _, _ in rows], [b for _, b, _ in rows], [a for a, _, _ in rows], [float(n) for *_, n in rows]


def pudding() -> Ranking:
    """Davidson's example, one row per kind of outcome."""
    rows = [
        (f"brand {i}", f"brand {j}", winner, count)
        for i, j, *counts in PUDDING
        for winner, count in zip((f"brand {i}", f"brand {j}", "none"), counts, strict=True)
    ]
    first, second, winners, counts = zip(*rows, strict=True)
    return bradley_terry(first, second, winners, tie="none", weights=[float(count) for count in counts])


def test_baseball_is_as_printed() -> None:
    """Estimates against Baltimore: the book's table 10.11; the errors are those of the R package BradleyTerry2."""
    *columns, weights = games()
    found = bradley_terry(*columns, weights=weights)
    against = [found.compare(team, "Baltimore") for team in TEAMS[:-1]]
    assert [round(one.difference, 2) for one in against if one] == [1.58, 1.44, 1.29, 1.25, 1.11, 0.68]
    assert [round(one.se, 4) for one in against if one and one.se] == [0.3433, 0.3396, 0.3367, 0.3359, 0.3339, 0.3319]
    assert found.converged
    assert found.tie_parameter == 0


def test_pudding_is_as_printed() -> None:
    """The paper stopped after seven steps, so its last digits are not those of the maximum."""
    found = pudding()
    assert found.strengths is not None
    shares = np.exp(found.strengths) / np.exp(found.strengths).sum()
    printed = [0.1388005, 0.1729985, 0.1617420, 0.1653930, 0.1586805, 0.2023855]
    assert np.abs(shares - printed).max() < 3e-5
    assert found.tie_parameter == pytest.approx(0.7468147, abs=1e-5)
    assert found.n_ties == 202


def test_the_maximum_is_where_the_likelihood_is_flat() -> None:
    """Wins and ties are those expected, and the curvature is that of finite differences."""
    found = pudding()
    assert found.strengths is not None
    assert found.se is not None

    def height(strengths: np.ndarray[tuple[int, ...], np.dtype[np.float64]], log_nu: float) -> float:
        total = 0.0
        for i, j, wins, losses, ties in PUDDING:
            a, b = math.exp(strengths[i - 1]), math.exp(strengths[j - 1])
            t = math.exp(log_nu) * math.sqrt(a * b)
            total += (
                wins * math.log(a)
                + losses * math.log(b)
                + ties * math.log(t)
                - (wins + losses + ties) * math.log(a + b + t)
            )
        return total

    assert found.tie_parameter is not None
    log_nu = math.log(found.tie_parameter)
    top = height(found.strengths, log_nu)
    assert found.log_likelihood == pytest.approx(top)
    step = 1e-3
    info = np.zeros((7, 7))
    point = np.append(found.strengths, log_nu)
    for i in range(7):
        for j in range(7):
            corners = [height(*_moved(point, (i, a * step), (j, b * step))) * a * b for a in (1, -1) for b in (1, -1)]
            info[i, j] = -sum(corners) / (4 * step * step)
    info[:6, :6] += 1 / 6
    covariance = np.linalg.inv(info)
    assert np.sqrt(np.diag(covariance)[:6] - 1 / 6) == pytest.approx(found.se, rel=1e-4)
    assert math.sqrt(covariance[6, 6]) == pytest.approx(found.tie_se, rel=1e-4)


def _moved(
    point: np.ndarray[tuple[int, ...], np.dtype[np.float64]], *moves: tuple[int, float]
) -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.float64]], float]:
    after = point.copy()
    for place, by in moves:
        after[place] += by
    return after[:-1], float(after[-1])


def test_two_candidates_by_hand() -> None:
    found = bradley_terry(["a"] * 10, ["b"] * 10, ["a"] * 6 + ["b"] * 3 + ["tie"])
    meeting = found.compare("a", "b")
    assert meeting is not None
    assert meeting.difference == pytest.approx(math.log(2))
    assert meeting.wins == pytest.approx(0.6)
    assert meeting.ties == pytest.approx(0.1)
    assert meeting.se == pytest.approx(math.sqrt(1 / 6 + 1 / 3))
    assert meeting.interval is not None
    assert meeting.interval.low < math.log(2) < meeting.interval.high
    assert meeting.p_value == pytest.approx(0.3270, abs=1e-4)


def test_weights_are_counts() -> None:
    rows = [("a", "b", "a"), ("a", "b", "a"), ("b", "a", "b"), ("b", "c", "tie"), ("c", "a", "c")]
    plain = bradley_terry(*zip(*rows, strict=True))
    weighted = bradley_terry(["a", "b", "b", "c"], ["b", "a", "c", "a"], ["a", "b", "tie", "c"], weights=[2, 1, 1, 1])
    assert plain.strengths is not None
    assert weighted.strengths is not None
    assert weighted.strengths == pytest.approx(plain.strengths)
    assert weighted.se == pytest.approx(plain.se)


def test_an_unbeaten_candidate_has_no_finite_strength() -> None:
    found = bradley_terry(["a", "b", "b", "a"], ["b", "c", "c", "c"], ["a", "b", "c", "a"])
    assert found.status is Status.SEPARATED
    assert found.strengths is None
    assert [part.candidates for part in found.parts] == [("a",), ("b", "c")]
    assert found.parts[0].strengths is None
    assert found.parts[1].strengths is not None
    assert found.above == ((0, 1),)
    assert found.compare("a", "b") is None
    assert found.compare("b", "c") is not None
    assert found.reason is not None
    assert "no finite estimate" in found.reason


def test_groups_that_never_met_are_not_compared() -> None:
    found = bradley_terry(["a", "b", "c", "d"], ["b", "a", "d", "c"], ["a", "b", "c", "d"])
    assert found.status is Status.DISCONNECTED
    assert {part.candidates for part in found.parts} == {("a", "b"), ("c", "d")}
    assert found.above == ()
    assert found.compare("a", "c") is None
    joined = bradley_terry(["a", "b", "c", "d"], ["b", "a", "d", "c"], ["a", "b", "c", "d"], prior=0.1)
    assert joined.status is Status.OK


def test_ties_that_run_away_are_found() -> None:
    """One win and one tie: the likelihood rises for ever as strengths and the tie parameter grow together."""
    found = bradley_terry(["a", "a"], ["b", "b"], ["a", "tie"])
    assert found.status is Status.SEPARATED
    assert found.parts == ()
    assert found.tie_parameter is None
    cycle = bradley_terry(["a", "b", "c", "a"], ["b", "c", "a", "b"], ["a", "b", "c", "tie"])
    assert cycle.status is Status.OK


@pytest.mark.parametrize(
    ("rows", "status"),
    [
        ([], Status.TOO_FEW_ITEMS),
        ([("a", "b", None)], Status.TOO_FEW_ITEMS),
        ([("a", "b", "tie"), ("b", "c", "tie")], Status.NO_VARIATION),
    ],
)
def test_nothing_to_rank_is_said(rows: list[tuple[str, str, str | None]], status: Status) -> None:
    columns = [[row[place] for row in rows] for place in range(3)]
    found = bradley_terry(*columns)
    assert found.status is status
    assert found.strengths is None
    assert found.reason


def test_many_candidates_converge_without_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond a size there is no table of the information: MM alone arrives at the same strengths."""
    *columns, weights = games()
    exact = bradley_terry(*columns, weights=weights)
    monkeypatch.setattr(davidson, "NEWTON_MAX", 5)
    monkeypatch.setattr(ranking, "NEWTON_MAX", 5)
    found = bradley_terry(*columns, weights=weights)
    assert found.converged
    assert exact.strengths is not None
    assert found.strengths == pytest.approx(exact.strengths, abs=1e-7)
    assert found.se is None
    assert found.iterations > exact.iterations
    assert any("no standard errors" in note for note in found.notes)


@pytest.mark.parametrize(
    ("columns", "options", "words"),
    [
        ((["a"], ["b"], ["c"]), {}, "neither"),
        ((["a"], ["a"], ["a"]), {}, "itself"),
        ((["a"], ["b", "c"], ["a"]), {}, "one length"),
        ((["a"], [None], ["a"]), {}, "no second candidate"),
        ((["tie"], ["b"], ["tie"]), {}, "word for a tie"),
        ((["a"], ["b"], ["a"]), {"weights": [0.0]}, "above 0"),
        ((["a"], ["b"], ["a"]), {"weights": [math.nan]}, "above 0"),
        ((["a"], ["b"], ["a"]), {"weights": [1.0, 2.0]}, "one length"),
        ((["a"], ["b"], ["a"]), {"prior": [-1.0]}, "0 or more"),
    ],
)
def test_rubbish_is_refused(
    columns: tuple[list[str], list[str], list[str]], options: dict[str, list[float]], words: str
) -> None:
    prior, weights = options.get("prior", [0.0])[0], options.get("weights")
    with pytest.raises(BadRatings, match=words):
        bradley_terry(*columns, prior=prior, weights=weights)


def test_an_unknown_candidate_cannot_be_compared() -> None:
    with pytest.raises(BadRatings, match="no candidate 'z'"):
        pudding().compare("z", "brand 1")
