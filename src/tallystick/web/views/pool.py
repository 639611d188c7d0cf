"""Views of the pool: a composition in aggregate, and what one declares about oneself."""

from dataclasses import dataclass

from tallystick.web.views.parts import Choice


@dataclass(frozen=True, slots=True, kw_only=True)
class AxisTable:
    """The pool along one axis: (group, count or hidden)."""

    title: str
    rows: tuple[tuple[str, str], ...]
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolView:
    """The newest composition. Template: pool/detail.html. Posts `csrf` and `idempotency_key`."""

    people: int | None  # None: not composed yet
    cell_min: int
    at: str | None
    is_of_release: bool
    tables: tuple[AxisTable, ...]
    is_planned: bool
    action: str | None  # None: this person may not compose
    idempotency_key: str
    contract_href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionField:
    """What the contract asks, with the groups to choose from."""

    id: str
    label: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What one says of oneself. Template: pool/own.html. Posts `csrf`, `idempotency_key` and each question's id."""

    questions: tuple[QuestionField, ...]
    since: str | None
    action: str
    withdraw_action: str
    idempotency_key: str
    withdrawal_key: str
    cell_min: int
