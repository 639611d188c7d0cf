"""Views of keys: by number and public line, never a key."""

from dataclasses import dataclass

from tallystick.web.views.parts import Fact, Pill


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochRow:
    """A key-encryption key."""

    epoch: int
    started: str
    wraps: int
    status: Pill
    final: str = ""  # when it is gone for ever; empty while it is not destroyed


@dataclass(frozen=True, slots=True, kw_only=True)
class LogKeyRow:
    """A key of the log."""

    vkey: str
    added: str
    status: Pill
    ends: str = ""  # when it stops or stopped signing; empty: not decided


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeRow:
    """A scope whose key was renewed."""

    scope: str
    generation: int
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustodyPage:
    """The keys of the cell. Template: custody/state.html."""

    facts: tuple[Fact, ...]
    warning: str  # what this custody does not protect from; empty for one that protects
    trouble: str  # what stands still while the holder of the keys does not answer; empty while it does
    epochs: tuple[EpochRow, ...]
    log_keys: tuple[LogKeyRow, ...]
    scopes: tuple[ScopeRow, ...] = ()
