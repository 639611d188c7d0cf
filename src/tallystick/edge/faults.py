"""Refusals as answers: one shape and one status for each. Reads nothing, writes nothing."""

from collections.abc import Sequence
from typing import Final

from fastapi.exceptions import HTTPException
from pydantic import BaseModel, Field

from tallystick.app.access import ABSENT
from tallystick.edge.rates import TooMany
from tallystick.flow.document import Problem
from tallystick.flow.refusal import Refused

SIGN_IN_NEEDED: Final = Refused("sign-in-needed", "Expected a live session, found none. Sign in, then try again.")
FORGED: Final = Refused(
    "forged",
    "This form did not come from a page of yours, or the page is too old. Reload it and send it again.",
    "csrf",
)
TOO_LARGE: Final = "too-large"
BAD_HOST: Final = Refused("bad-host", "This cell does not answer under that name. Use the address you were given.")
BAD_METHOD: Final = Refused(
    "bad-method",
    "This address does not answer that method: the header Allow lists those it does. A link leads to a page: ask "
    "whoever gave you this one for the address of the page.",
)
FAILED: Final = "failed"
MALFORMED: Final = "malformed"
UNREADABLE: Final = Refused(
    MALFORMED, "Expected a body that can be read, found one that cannot. Check how it is encoded."
)
KEYS_UNAVAILABLE: Final = Refused(
    "keys-unavailable",
    "The holder of this cell's keys does not answer. Nothing was written: send it again later with the same key.",
)
DOCUMENT_FAULTS: Final = "document-faults"

BAD_REQUEST: Final = frozenset({"key-weak", MALFORMED, "bad-host"})
"""The request itself is not well formed: 400."""

CONFLICTS: Final = frozenset({
    "already-agreed", "already-proposed", "already-signed", "ground-contradicted", "not-affected", "nothing-affected",
    "operationalization-open", "proposal-closed", "proposal-outdated", "two-people-needed",
    "credential-closed", "credential-missing", "disqualified", "not-a-person", "not-under-review",
    "own-credential", "pool-too-alike", "under-review",
    "already-acknowledged", "already-adjudicated", "already-requeued", "not-held", "work-held", "work-requeued",
    "already-answered", "already-erased", "already-judged",
    "already-qualified", "case-held", "case-not-taken", "contract-exists", "drawn-meanwhile",
    "called-back", "given-back", "gold-known", "gold-not-for-you", "gold-used-up", "held-left-out",
    "holding-case",
    "lease-expired", "login-taken", "needs-confirmation",
    "already-senior", "not-senior", "others-first", "share-reached",
    "no-contract", "no-quorum", "no-work", "not-final", "not-leased", "not-qualified", "not-sealed", "outside-regions",
    "own-judgment", "qualification-ended", "qualification-lapsed", "qualification-running", "region-missing",
    "release-exists",
    "already-stood-down", "judgments-changed", "marks-unanswered", "not-at-this-stage", "not-stood-down",
    "rubric-first",
    "intervention-open", "session-missing", "session-running", "stood-down",
    "already-labelled", "calibration-done", "calibration-ended", "calibration-labelling", "calibration-revealed",
    "calibration-unfinished", "intervention-closed", "mark-answered",
    "nothing-to-audit", "phase-order", "pilot-incomplete", "programme-closed",
    "still-blinded", "already-decided", "drift-waiting", "no-sentinel-policy", "work-paused",
    "corrections-changed", "model-changed", "model-in-force", "not-classified",
    "too-few-corrections",
    "break-due", "exposure-reached", "kind-left-out", "needs-clearance", "no-clearance", "not-routed",
    "time-zone-missing", "too-many-saves",
    "no-pay-terms", "not-paid-here", "period-before-open", "period-closed", "period-not-ended", "period-open",
    "terms-changed", "terms-not-accepted",
})  # fmt: skip
"""The request is good, but not in the state that the cell is in: 409."""

_STATUS: Final = {
    "sign-in-needed": 401,
    "sign-in-failed": 401,
    "forged": 403,
    ABSENT.code: 404,
    "bad-method": 405,
    "erased": 410,
    TOO_LARGE: 413,
    "too-many-attempts": 429,
    FAILED: 500,
    "keys-unavailable": 503,
    "log-behind": 503,
    "clock-behind": 503,
    "clock-jumped": 503,
}


def status_of(refused: Refused) -> int:
    """The HTTP status of a refusal. What is neither malformed nor a conflict is content that was refused: 422."""
    if refused.code in CONFLICTS:
        return 409
    if refused.code in BAD_REQUEST:
        return 400
    return _STATUS.get(refused.code, 422)


def headers_of(refused: Refused) -> dict[str, str]:
    """Headers that belong to a refusal."""
    if isinstance(refused, TooMany):
        return {"Retry-After": str(refused.retry_after_s)}
    if refused.code == SIGN_IN_NEEDED.code:
        return {"WWW-Authenticate": "Bearer"}
    return {}


class ErrorPart(BaseModel):
    """Why nothing was done."""

    code: str = Field(description="Stable, for programs.", examples=["absent"])
    sentence: str = Field(description="For people: what was expected, what was found, what to do.")
    field: str | None = Field(description="The input that it concerns, when there is one.")
    names: list[str] = Field(description="The records, rows or people that it concerns.")


class ProblemPart(BaseModel):
    """One thing wrong with a document, a row or a request."""

    name: str = Field(description="The document, as its writer calls it; `request` for the request itself.")
    line: int | None = Field(description="From 1; null when it concerns no single line.")
    path: str = Field(description="The place inside it.", examples=["criteria[0].anchors"])
    expected: str
    found: str
    fix: str
    sentence: str

    @classmethod
    def of(cls, problem: Problem) -> "ProblemPart":
        """The same problem, for an answer."""
        return cls(
            name=problem.name, line=problem.line, path=problem.path, expected=problem.expected, found=problem.found,
            fix=problem.fix, sentence=problem.sentence,
        )  # fmt: skip


class ErrorAnswer(BaseModel):
    """The one shape of every answer that is not a success."""

    error: ErrorPart
    problems: list[ProblemPart] = Field(description="Every problem of a document; empty when it is not about one.")


def error_answer(refused: Refused, problems: Sequence[Problem] = ()) -> ErrorAnswer:
    """A refusal in the one shape."""
    part = ErrorPart(code=refused.code, sentence=refused.sentence, field=refused.field, names=list(refused.names))
    return ErrorAnswer(error=part, problems=[ProblemPart.of(problem) for problem in problems])


def of_problems(problems: Sequence[Problem]) -> Refused:
    """The refusal of a document that has problems."""
    number = f"{len(problems)} problems" if len(problems) > 1 else "one problem"
    sentence = f"Expected a document without problems, found {number}. Nothing was written: correct each."
    return Refused(DOCUMENT_FAULTS, sentence)


BAD_TEXT: Final = Refused(
    MALFORMED,
    "Expected text without NUL characters and half characters, found one. Type it again, or paste plain text.",
)


def is_text(value: str) -> bool:
    """Whether something sent is text that every database can keep: no NUL, no lone surrogate."""
    return "\x00" not in value and not any("\ud800" <= letter <= "\udfff" for letter in value)


def too_large(max_bytes: int) -> Refused:
    """The refusal of a body beyond the route's limit."""
    return Refused(TOO_LARGE, f"Expected at most {max_bytes:,} bytes here, found more. Send less at once.")


class BodyTooLarge(HTTPException):
    """Raised while a body streams in: it passes through whoever reads it and ends as 413."""

    def __init__(self, max_bytes: int) -> None:
        super().__init__(413)
        self.refused = too_large(max_bytes)
