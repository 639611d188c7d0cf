"""Books of a simulation, kept beside the cell from what it hands out: whatever breaks a promise is written down."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class Watch:
    """Who holds and has judged which item, as whoever is given work sees it. Reads nothing of the cell's own tables.

    needed   item: judgments that it needs
    authors  item: who wrote it
    broken   one sentence for every promise that was broken
    """

    needed: Mapping[str, int]
    authors: Mapping[str, str]
    holders: dict[str, dict[str, int]] = field(default_factory=dict)
    judged: dict[str, list[str]] = field(default_factory=dict)
    leases: int = 0
    load: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    unfinished_left: int = 0  # items that lack a judgment

    def __post_init__(self) -> None:
        self.unfinished_left = len(self.needed)

    def given(self, item: str, person: str, *, now: int, until: int) -> None:
        """Somebody was given an item until a moment."""
        self.leases += 1
        held = self.holders.setdefault(item, {})
        for other, end in list(held.items()):
            if end < now:
                del held[other]
        if self.authors.get(item) == person:
            self.broken.append(f"{person} was given {item}, which they wrote")
        if person in self.judged.get(item, ()):
            self.broken.append(f"{person} was given {item}, which they had judged")
        held[person] = until
        places = len(held) + len(self.judged.get(item, ()))
        if places > self.needed[item]:
            self.broken.append(f"{item} was given out {places} times at once, and needs {self.needed[item]}")

    def returned(self, item: str, person: str) -> None:
        """Somebody gave an item back."""
        self.holders.get(item, {}).pop(person, None)

    def said(self, item: str, person: str) -> None:
        """Somebody's judgment was taken."""
        self.returned(item, person)
        given = self.judged.setdefault(item, [])
        if person in given:
            self.broken.append(f"{person} judged {item} twice")
        given.append(person)
        self.load[person] += 1
        self.unfinished_left -= len(given) == self.needed[item]
        if len(given) > self.needed[item]:
            self.broken.append(f"{item} has {len(given)} judgments, and needs {self.needed[item]}")

    def looked(self, item: str, person: str) -> None:
        """Somebody was shown the judgments of an item, to review or to adjudicate it."""
        if person in self.judged.get(item, ()):
            self.broken.append(f"{person} was shown the judgments on {item}, which they had judged")
        if self.authors.get(item) == person:
            self.broken.append(f"{person} was shown the judgments on {item}, which they wrote")
