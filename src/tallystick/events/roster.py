"""Facts about people: enrolment, contracts, sessions, qualification. Names live in the vault."""

from typing import ClassVar

import msgspec

from tallystick.events.envelope import ObjectRef


class PersonEnrolled(msgspec.Struct, frozen=True, kw_only=True):
    """A person joined the cell, or the source of imported judgments was given a pseudonym."""

    KIND: ClassVar[str] = "person-enrolled/1"
    person: str
    roles: list[str]  # lead | expert | researcher | auditor | engineer
    expert_roles: list[str]  # author | reviewer | policy_reviewer | language_specialist | adjudicator
    origin: str  # observed | imported
    simulated: bool
    profile: ObjectRef


class RolesChanged(msgspec.Struct, frozen=True, kw_only=True):
    """A person's roles were set anew."""

    KIND: ClassVar[str] = "roles-changed/1"
    person: str
    roles: list[str]
    expert_roles: list[str]


class RegionDeclared(msgspec.Struct, frozen=True, kw_only=True):
    """Where a person is when they read content, as the lead declared it."""

    KIND: ClassVar[str] = "region-declared/1"
    person: str
    region: str  # ISO 3166: DE, US-CA; or EU


class ExpertContractExecuted(msgspec.Struct, frozen=True, kw_only=True):
    """An expert's contract and the assignment of rights were executed; work before is flagged."""

    KIND: ClassVar[str] = "expert-contract-executed/1"
    person: str
    template_digest: str
    executed_at: int  # microseconds since 1970, UTC
    ip_assigned_at: int


class SessionOpened(msgspec.Struct, frozen=True, kw_only=True):
    """A person signed in."""

    KIND: ClassVar[str] = "session-opened/1"
    person: str
    session: str  # digest of the session's public id; opens nothing
    method: str  # password | token | single-sign-on


class SessionEnded(msgspec.Struct, frozen=True, kw_only=True):
    """A session was closed by its owner."""

    KIND: ClassVar[str] = "session-ended/1"
    person: str
    session: str


class QualificationStarted(msgspec.Struct, frozen=True, kw_only=True):
    """An expert read the rubric and began its blinded gold items."""

    KIND: ClassVar[str] = "qualification-started/1"
    qualification: str
    person: str
    programme: str
    rubric: str
    version: str
    items: list[str]  # gold items in the order in which they are shown
    orders: list[str]  # AB or BA for each of them
    pass_mark: int
    alpha_ppm: int  # chance that somebody who guesses passes, at most
    power_ppm: int  # chance that somebody at the target accuracy passes


class QualificationStartedV2(msgspec.Struct, frozen=True, kw_only=True):
    """As the first version, with whose gold items these are: a release tells results by signal, without gold items."""

    KIND: ClassVar[str] = "qualification-started/2"
    qualification: str
    person: str
    programme: str
    rubric: str
    version: str
    signal: str
    items: list[str]  # gold items in the order in which they are shown
    orders: list[str]  # in which order the candidates of each are shown
    pass_mark: int
    alpha_ppm: int  # chance that somebody who guesses passes, at most
    power_ppm: int  # chance that somebody at the target accuracy passes


class GoldAnswered(msgspec.Struct, frozen=True, kw_only=True):
    """One gold item was judged during qualification. Verdict and scores name the item's own candidates."""

    KIND: ClassVar[str] = "gold-answered/1"
    qualification: str
    person: str
    item: str
    verdict: str
    scores: dict[str, dict[str, int]]
    reasons: list[str]
    rationale: ObjectRef
    is_correct: bool
    near: dict[str, int]  # criterion: of its two scores, how many lie within one point of gold
    active_ms: int


class PersonQualified(msgspec.Struct, frozen=True, kw_only=True):
    """The decision rule let an expert work under one rubric version."""

    KIND: ClassVar[str] = "person-qualified/1"
    qualification: str
    person: str
    programme: str
    rubric: str
    version: str
    correct: int
    items: int
    pass_mark: int
    by_criterion: dict[str, int]  # share of scores within one point of gold, parts per million


class QualificationFailed(msgspec.Struct, frozen=True, kw_only=True):
    """The decision rule kept an expert from working under one rubric version."""

    KIND: ClassVar[str] = "qualification-failed/1"
    qualification: str
    person: str
    programme: str
    rubric: str
    version: str
    correct: int
    items: int
    pass_mark: int
    by_criterion: dict[str, int]
