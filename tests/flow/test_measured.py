"""The gate is measured by first, independent judgments, whatever is judged again because it parted."""

import numpy as np
import pytest

from tallystick.flow.measured import Change, Made, that_measure

J1, J2 = Made("j1", "i", 1), Made("j2", "i", 2)
J3, J4 = Made("j3", "i", 11), Made("j4", "i", 12)
J5, J6 = Made("j5", "i", 21), Made("j6", "i", 22)


def back(*names: str, seq: int, cause: str = "adjudication") -> list[Change]:
    return [Change(name, "requeued", cause, seq) for name in names]


TABLE: dict[str, tuple[list[Made], list[Change], str]] = {
    "nothing happened": ([J1, J2], [], "j1 j2"),
    "sent back and not yet judged again": ([J1, J2], back("j1", "j2", seq=5), "j1 j2"),
    "sent back and judged again": ([J1, J2, J3, J4], back("j1", "j2", seq=5), "j1 j2"),
    "sent back twice": ([J1, J2, J3, J4, J5], back("j1", "j2", seq=5) + back("j3", "j4", seq=15), "j1 j2"),
    "one of two sent back": ([J1, J2, J3], back("j2", seq=5), "j1 j2"),
    "an intervention": ([J1, J2, J3, J4], back("j1", "j2", seq=5, cause="intervention"), "j3 j4"),
    "an intervention not yet done": ([J1, J2], back("j1", "j2", seq=5, cause="intervention"), ""),
    "drift of one": ([J1, J2, J3], back("j2", seq=5, cause="drift"), "j1 j3"),
    "sent back, then an intervention": (
        [J1, J2, J3, J4, J5, J6], back("j1", "j2", seq=5) + back("j3", "j4", seq=15, cause="intervention"), "j5 j6",
    ),
    "an intervention, then sent back": (
        [J1, J2, J3, J4, J5, J6], back("j1", "j2", seq=5, cause="intervention") + back("j3", "j4", seq=15), "j3 j4",
    ),
    "sent back, then one of the first was drift": (
        [J1, J2, J3, J4], back("j1", "j2", seq=5) + back("j1", seq=15, cause="drift"), "j2",
    ),
    "held": ([J1, J2], [Change("j2", "held", "drift", 5)], "j1"),
    "held and cleared": ([J1, J2], [Change("j2", "held", "drift", 5), Change("j2", "counted", "review", 6)], "j1 j2"),
}  # fmt: skip


@pytest.mark.parametrize("case", TABLE)
def test_the_first_independent_judgments_measure(case: str) -> None:
    made, changes, wanted = TABLE[case]
    assert sorted(that_measure(made, changes)) == wanted.split()
    assert sorted(that_measure(made[::-1], changes[::-1])) == wanted.split()


def test_an_item_sent_back_until_it_agrees_does_not_move_the_gate() -> None:
    """Twenty rounds of chance would bring every item to agreement; not one of them counts."""
    made, changes, chance = list[Made](), list[Change](), np.random.default_rng(1)
    for item in range(50):
        for turn in range(20):
            made += [Made(f"{item}-{turn}-{side}", str(item), 1000 * turn + 10 + side) for side in (0, 1)]
            if chance.random() < 0.5:
                break
            changes += back(f"{item}-{turn}-0", f"{item}-{turn}-1", seq=1000 * turn + 20)
    assert that_measure(made, changes) == {f"{item}-0-{side}" for item in range(50) for side in (0, 1)}


def test_changes_of_other_judgments_are_passed_over() -> None:
    assert that_measure([J1], back("j9", seq=5)) == {"j1"}
