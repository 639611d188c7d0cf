"""Every published case of the shared collection: the exact value, the printed digits, the printed errors."""

import json
from pathlib import Path

import pytest

from tallystick.stats.agreement import METRICS, Agreement, measure

CASES = Path(__file__).parents[2].parent / "shared" / "cases"
PATHS = [path for path in sorted(CASES.glob("*.json")) if json.loads(path.read_text())["metric"] in METRICS]
GWET_WITH_MISSING = "Gwet counts an item with one judgment as total disagreement in the error, not in the value"

pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="needs the shared cases beside the project")


def load(path: Path) -> tuple[dict[str, object], Agreement]:
    """The case and what we answer to it."""
    case = json.loads(path.read_text())
    cells = [(i, j, value) for i, row in enumerate(case["data"]) for j, value in enumerate(row)]
    items, raters, values = zip(*cells, strict=True)
    ci = "analytic" if case["metric"] == "icc" else "bootstrap"
    return case, measure(items, raters, values, metric=case["metric"], ci=ci, **case["params"])


def test_the_collection_is_there() -> None:
    assert len(PATHS) >= 249


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_value(path: Path) -> None:
    case, found = load(path)
    assert found.value is not None
    assert found.value == pytest.approx(case["expected"], abs=1e-9)
    if case.get("published") is not None:
        digits = len(str(case["published"]).split(".")[1])
        assert abs(found.value - float(str(case["published"]))) <= 0.5 * 10**-digits + 1e-9


@pytest.mark.parametrize("path", [path for path in PATHS if "cohen_kappa" in path.stem], ids=lambda path: path.stem)
def test_large_sample_error_of_kappa(path: Path) -> None:
    case, found = load(path)
    if "se_ase" in case:
        assert found.se == pytest.approx(case["se_ase"], abs=1e-8)


@pytest.mark.parametrize("path", [path for path in PATHS if "gwet" in path.stem], ids=lambda path: path.stem)
def test_error_of_gwet(path: Path) -> None:
    case, found = load(path)
    error = case.get("se_irrCAC_R")
    if not isinstance(error, float):
        return
    if found.n_pairable < found.n_items:
        assert found.se is not None
        assert found.se < error, GWET_WITH_MISSING
    else:
        assert found.se == pytest.approx(error, abs=6e-6)


@pytest.mark.parametrize("path", [path for path in PATHS if "__icc__" in path.stem], ids=lambda path: path.stem)
def test_f_interval_of_icc(path: Path) -> None:
    case, found = load(path)
    limits = case["ci95_psych"]
    assert found.interval is not None
    assert isinstance(limits, list)
    assert (found.interval.low, found.interval.high) == pytest.approx(limits, abs=1e-9)
