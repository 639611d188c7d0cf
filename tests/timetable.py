"""How much of their time somebody has left for a piece of work, laid out stretch by stretch: no code of the cell."""

from itertools import pairwise


def idle(acts: list[tuple[int, int, int]], began: int, now: int) -> int:
    """Microseconds from `began` to `now` in which somebody did nothing else.

    Their day is laid out stretch by stretch; of what was begun and not yet done, what was handed in first goes first.
    That leaves all the time that can be left to what is handed in last.
    acts  began, handed in, microseconds of work, in the order in which they were handed in
    """
    todo = [work for _, _, work in acts]
    marks = sorted({began, now, *(at for one in acts for at in one[:2])})
    free = 0
    for start, end in pairwise(marks):
        left = end - start
        for number, (from_at, until_at, _) in enumerate(acts):
            if from_at <= start and end <= until_at:
                done = min(left, todo[number])
                todo[number] -= done
                left -= done
        free += left if began <= start else 0
    assert not any(todo), "what was counted before fits into its own time"
    return free
