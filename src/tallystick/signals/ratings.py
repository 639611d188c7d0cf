"""What measures read of a judgment's facts: its verdict, its labels, one of its values. Reads and writes nothing."""

from collections.abc import Callable, Sequence

from tallystick.signals.shape import UNDECIDED, Facts, Rated


def decided(facts: Facts) -> Rated:
    """The verdict as the rating of the item; none where it decides nothing."""
    return () if facts.verdict in UNDECIDED else (("", facts.verdict),)


def labels_on(field_name: str) -> Callable[[Facts], Rated]:
    """What reads the labels of one part of the form, piece by piece; none where the verdict decides nothing."""

    def read(facts: Facts) -> Rated:
        if facts.verdict in UNDECIDED:
            return ()
        return [(mark.on, mark.label) for mark in facts.marks if mark.field == field_name]

    return read


def value_of(name: str) -> Callable[[Facts], Rated]:
    """What reads one choice or number as the rating of the item; none where it was not given."""

    def read(facts: Facts) -> Rated:
        return [("", facts.values[name])] if facts.verdict not in UNDECIDED and name in facts.values else ()

    return read


def presence(field_name: str, unit: str, units: Sequence[str]) -> Callable[[Facts], Rated]:
    """What reads, for every value of a list, whether a mark of one part of the form has it: yes or no.

    unit   which side of a mark is counted: label | severity
    units  the values of the list
    """

    def read(facts: Facts) -> Rated:
        if facts.verdict in UNDECIDED:
            return ()
        there = {getattr(mark, unit) for mark in facts.marks if mark.field == field_name}
        return [(one, "yes" if one in there else "no") for one in units]

    return read
