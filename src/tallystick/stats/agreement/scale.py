"""How near two categories are: weights of agreement and distances. Reads and writes nothing.

All tables are (categories, categories), symmetric; weights are 1 on the diagonal, distances 0.
"""

from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet

import numpy as np

from tallystick.stats.agreement.columns import BadRatings, Floats, Label, label_text

BAR = "|"  # between the members of a set in one text
EMPTY = BAR  # the text of the set without members: an empty text is a missing judgment


def agreement_weights(name: str, numbers: Floats | None, n_categories: int) -> Floats:
    """The table of weights with this name.

    none             1 on the diagonal
    linear           1 - |i - j| / (K - 1) by rank           Cohen (1968), Psychological Bulletin 70
    quadratic        1 - (i - j)^2 / (K - 1)^2 by rank       the same
    gwet_ordinal     1 - C(|i - j| + 1, 2) / C(K, 2) by rank Gwet (2014), Handbook, 4th ed.
    linear_value     1 - |x - y| / (max - min) by value      the same
    quadratic_value  1 - (x - y)^2 / (max - min)^2 by value  the same
    """
    if n_categories < 2 or name == "none":
        return np.eye(n_categories)
    places = np.arange(n_categories, dtype=np.float64)
    if name in {"linear_value", "quadratic_value"}:
        assert numbers is not None
        places = numbers
    gaps: Floats = np.abs(places[:, None] - places[None, :])
    if name == "gwet_ordinal":
        gaps = gaps * (gaps + 1) / 2
    power = 2.0 if name in {"quadratic", "quadratic_value"} else 1.0
    return 1.0 - np.asarray((gaps / gaps.max()) ** power, dtype=np.float64)


def ratio_distances(numbers: Floats) -> Floats:
    """((x - y) / (x + y))^2, and 0 for two zeros. Krippendorff (2011), section on ratio data."""
    gaps = numbers[:, None] - numbers[None, :]
    sums = numbers[:, None] + numbers[None, :]
    shares = np.divide(gaps, sums, out=np.zeros_like(gaps), where=sums != 0)
    return np.square(shares)


def set_label(members: Iterable[Label]) -> str:
    """One text for a set: its members in order, with bars between; "|" for the set without members.

    raises  BadRatings for a member that is empty or has a bar in it
    """
    texts = sorted({label_text(member) for member in members})
    for text in texts:
        if not text or BAR in text:
            raise BadRatings(f"A member of a set is a text without {BAR!r}, found {text!r}: rename it.")
    return BAR.join(texts) or EMPTY


def set_labels(sets: Iterable[AbstractSet[Label] | None]) -> list[str | None]:
    """A column of sets as the texts that the levels jaccard and masi take; None stays missing."""
    return [None if members is None else set_label(members) for members in sets]


def set_members(text: str) -> frozenset[str]:
    """The members that a text names: "b|a" and "a|b" are the same set, "|" is the one without members."""
    return frozenset(member for member in text.split(BAR) if member)


def set_distances(level: str, categories: tuple[str, ...]) -> Floats:
    """Distances between sets: 1 - J for jaccard, 1 - J M for masi.

    J = |A and B| / |A or B|, and 1 for two sets without members; M is 1 for equal sets, 2/3 when one holds the other,
    1/3 when they overlap, 0 when they have nothing in common.
    source  Jaccard (1912), New Phytologist 11, 37-50; Passonneau (2006), "Measuring Agreement on Set-valued Items",
            LREC 2006, 831-836
    """
    names = [set_members(category) for category in categories]
    members = sorted(frozenset().union(*names)) if names else []
    place = {member: number for number, member in enumerate(members)}
    is_in = np.zeros((len(names), len(members)))
    for row, name in enumerate(names):
        is_in[row, [place[member] for member in name]] = 1
    size = is_in.sum(axis=1)
    shared = is_in @ is_in.T
    either = size[:, None] + size[None, :] - shared
    nearness: Floats = np.divide(shared, either, out=np.ones_like(shared), where=either > 0)
    if level == "masi":
        smaller = np.minimum(size[:, None], size[None, :])
        is_held = shared == smaller
        is_equal = is_held & (size[:, None] == size[None, :])
        kind = np.where(is_equal, 1.0, np.where(is_held, 2 / 3, np.where(shared > 0, 1 / 3, 0.0)))
        nearness = nearness * kind
    distances: Floats = 1 - nearness
    return distances


def check_distances(table: Floats, size: int) -> None:
    """Raise BadRatings unless the table can be distances between `size` categories."""
    _check_square(table, size, "distances")
    if bool((table < 0).any()):
        raise BadRatings(f"A distance is 0 or more, found {table.min()}: correct the table.")
    if bool((np.diagonal(table) != 0).any()):
        raise BadRatings("The distance of a category to itself is 0: correct the diagonal of the table.")
    if not bool((table > 0).any()):
        raise BadRatings("All distances are 0, so no two answers would differ: correct the table.")


def check_weights(table: Floats, size: int) -> None:
    """Raise BadRatings unless the table can be weights of agreement between `size` categories."""
    _check_square(table, size, "weights")
    if bool(((table < 0) | (table > 1)).any()):
        raise BadRatings(f"A weight lies between 0 and 1, found {table.min()} to {table.max()}: correct the table.")
    if bool((np.diagonal(table) != 1).any()):
        raise BadRatings("The weight of a category with itself is 1: correct the diagonal of the table.")
    if bool((table == 1).all()):
        raise BadRatings("All weights are 1, so no two answers would differ: correct the table.")


def _check_square(table: Floats, size: int, name: str) -> None:
    if table.shape != (size, size):
        raise BadRatings(
            f"The table of {name} needs a row and a column for each of the {size} categories, found {table.shape}."
        )
    if not bool(np.isfinite(table).all()):
        raise BadRatings(f"The table of {name} holds a value that is no finite number: correct it.")
    if not bool(np.array_equal(table, table.T)):
        row, column = (int(place[0]) for place in np.nonzero(table != table.T))
        raise BadRatings(
            f"The table of {name} must be symmetric; row {row + 1}, column {column + 1} holds {table[row, column]}"
            f" and its mirror {table[column, row]}: correct one of them."
        )


TABLES: dict[str, Callable[[Floats, int], None]] = {
    "krippendorff_alpha": check_distances,
    "cohen_kappa": check_weights,
    "gwet_ac2": check_weights,
}
