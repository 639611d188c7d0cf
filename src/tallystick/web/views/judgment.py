"""Views of the workspace: the one page on which an expert judges a preference.

The form posts to `action`; the draft is PUT to `draft_href`, both url-encoded, with these fields:
  csrf, idempotency_key, active_ms
  intent                        `submit` or `draft` (the two buttons; a PUT carries neither)
  verdict                       the value of one VerdictChoice
  score-CRITERION-a, -b         a number on the criterion's scale
  score-CRITERION-none          `yes`: the expert cannot say
  reason-N-criterion, reason-N-text, reason-N-quote, reason-N-citation      N is 1, 2, ...
  confirmed                     a criterion whose contradiction is meant; repeated
A PUT carries the header `X-CSRF-Token` and answers {"saved_at": ISO time} or {"sentence": why not}.
"""

from dataclasses import dataclass

from tallystick.web.views.items import Text
from tallystick.web.views.parts import Choice, Fact, Receipt
from tallystick.web.views.receipt import Signed
from tallystick.web.views.rubric import Criterion


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreChoice:
    """One score with the words shown when it is chosen: its anchor, or its neighbours' anchors."""

    value: int
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreField:
    """The scores of both candidates on one criterion; None where nothing was chosen yet.

    choices  the whole scale from its low end to its high end, at most 11 points
    """

    id: str
    name: str
    choices: tuple[ScoreChoice, ...]
    chosen_a: int | None = None
    chosen_b: int | None = None
    is_none: bool = False  # the expert cannot say
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictChoice:
    """One verdict. `key` is the digit that chooses it; `short` is shown where there is little room."""

    value: str
    label: str
    short: str
    key: str
    is_scale: bool = True  # A clearly to B clearly; the other three stand apart
    is_chosen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonField:
    """One reason, tied to one criterion."""

    number: int
    criteria: tuple[Choice, ...]
    text: str = ""
    quote: str = ""
    citation: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """The verdict contradicts a priority rule, given the expert's own scores."""

    criterion: str  # its id
    name: str
    sentence: str
    is_confirmed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One preference to judge. Template: judgment/work.html."""

    action: str
    draft_href: str
    idempotency_key: str
    active_ms: int
    programme: str
    rubric_title: str
    rubric_version: str
    rubric_href: str
    done: int
    total: int | None  # None: how many there will be is not known
    lease_until: str | None  # None: a gold item waits as long as it takes
    prompt: Text
    context: tuple[Text, ...]
    candidate_a: Text
    candidate_b: Text
    criteria: tuple[Criterion, ...]
    priorities: tuple[str, ...]
    scores: tuple[ScoreField, ...]
    verdicts: tuple[VerdictChoice, ...]
    reasons: tuple[ReasonField, ...]
    verdict_error: str = ""
    contradictions: tuple[Contradiction, ...] = ()
    saved_at: str | None = None  # None: no draft yet
    is_qualification: bool = False
    release_action: str | None = None  # gives the item back; None: not offered
    content_warning: str = ""
    is_citation_required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkDone:
    """After a submission. Template: judgment/done.html."""

    receipt: Receipt
    summary: tuple[Fact, ...]
    next_href: str | None  # None: nothing waits
    home_href: str
    done: int
    total: int | None  # None: how many there will be is not known
    is_qualification: bool = False
    signed: Signed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoWork:
    """Nothing waits for this expert in this programme. Template: judgment/none.html."""

    programme: str
    reason: str
    todo: str
    home_href: str
