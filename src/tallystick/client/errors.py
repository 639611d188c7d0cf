"""What a call can end with instead of an answer: one class for each thing that a caller can do about it."""

from collections.abc import Sequence

import msgspec

PROBLEMS_TOLD_MAX = 5
"""How many problems stand in the text of an exception; `problems` holds them all."""


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing wrong with a document, a row or a request."""

    name: str
    line: int | None
    path: str
    expected: str
    found: str
    fix: str
    sentence: str


class ApiError(Exception):
    """The cell refused a call.

    code      stable, for programs
    sentence  for people: what was expected, what was found, what to do
    field     the input that it concerns, when there is one
    names     the records, rows or people that it concerns
    problems  every problem of a document, a row or the request

    Its text is the sentence and below it the first problems, each in a line: a traceback says what to correct.
    """

    def __init__(
        self, code: str, sentence: str, *, status: int, field: str | None = None, names: Sequence[str] = (),
        problems: Sequence[Problem] = (),
    ) -> None:  # fmt: skip
        super().__init__(_text(sentence, problems))
        self.code = code
        self.sentence = sentence
        self.status = status
        self.field = field
        self.names = tuple(names)
        self.problems = tuple(problems)


def _text(sentence: str, problems: Sequence[Problem]) -> str:
    told = [problem.sentence for problem in problems[:PROBLEMS_TOLD_MAX]]
    more = len(problems) - len(told)
    return "\n".join([sentence, *told, *([f"And {more:,} more: see problems."] if more else [])])


class Malformed(ApiError):
    """400: the request is not one that the API describes. Mend the program."""


class SignInNeeded(ApiError):
    """401: sign in, again or rightly."""


class Absent(ApiError):
    """404: there is nothing here, or nothing that you may see. Both look the same."""


class Conflict(ApiError):
    """409: not in the state that the cell is in. Look at it again before another attempt."""


class TooLarge(ApiError):
    """413: send less at once."""


class Refused(ApiError):
    """422: the content was refused. Correct it."""


class TooMany(ApiError):
    """429: wait for `retry_after_s` seconds."""

    retry_after_s: int = 1


class ServerFailed(ApiError):
    """500 and above, at every attempt. Nothing that was answered before is lost."""


class Unreachable(ConnectionError):
    """No answer at any attempt. Whether the last one was carried out is open: the same key tells."""


_BY_STATUS: dict[int, type[ApiError]] = {
    400: Malformed, 401: SignInNeeded, 404: Absent, 409: Conflict, 413: TooLarge, 422: Refused, 429: TooMany,
}  # fmt: skip


class _Part(msgspec.Struct, frozen=True):
    code: str
    sentence: str
    field: str | None = None
    names: list[str] = []


class _Body(msgspec.Struct, frozen=True):
    error: _Part
    problems: list[Problem] = []


def error_of(status: int, content: bytes, *, retry_after: str | None = None) -> ApiError:
    """The exception of an answer that is not a success."""
    try:
        body = msgspec.json.decode(content, type=_Body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        words = f"Expected an answer of a cell, found status {status} without one. Check the address."
        body = _Body(_Part("no-answer", words))
    kind = _BY_STATUS.get(status, ServerFailed if status >= 500 else ApiError)
    part = body.error
    error = kind(part.code, part.sentence, status=status, field=part.field, names=part.names, problems=body.problems)
    if isinstance(error, TooMany) and retry_after and retry_after.isdigit():
        error.retry_after_s = int(retry_after)
    return error
