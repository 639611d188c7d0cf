"""What a command answers when it may not happen. A value, not an exception: every interface shows the same one."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refused:
    """A command was refused; nothing was written.

    code      stable, kebab-case, for programs: `below-threshold`
    sentence  for people: what was expected, what was found, what to do next
    field     the input it concerns, when there is one
    names     the records, rows or people it concerns, when it concerns some
    """

    code: str
    sentence: str
    field: str | None = None
    names: tuple[str, ...] = ()
