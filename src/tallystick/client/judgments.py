"""What an expert sends: verdict, scores, reasons, marks and writings. A and B are the candidates as they were shown."""

import msgspec


class Points(msgspec.Struct, frozen=True):
    """One criterion's scores for both candidates, on the rubric's scale."""

    a: int
    b: int


class Reason(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why, tied to one criterion."""

    criterion: str
    text: str
    quote: str | None = None
    citation: str | None = None


class TradeOff(msgspec.Struct, frozen=True, kw_only=True):
    """Which principles of the constitution conflicted, two or more.

    prevailed  one of them; None when they were balanced
    note       which trade-off was made, in a sentence
    """

    principles: list[str]
    note: str
    prevailed: str | None = None


class Mark(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One labelled piece of an item: a span, a step, a turn, a call, or a candidate with its place in a ranking.

    field       the part of the task's form that it answers
    on          the piece, by its id
    start, end  of a span: Unicode code points of the piece's text, the end excluded; `quote` are the words there
    place       in a ranking: 1 is best, equal places are ties
    text        a note or a correction
    """

    field: str
    on: str
    label: str
    start: int | None = None
    end: int | None = None
    quote: str | None = None
    severity: str | None = None
    place: int | None = None
    text: str | None = None


class Judgment(msgspec.Struct, frozen=True, kw_only=True):
    """One answer to one item, of any signal: `task.form` says what is asked.

    verdict    one of the form's, insufficient_context or abstain; empty where the signal finds it from the marks
    scores     every criterion of the rubric, by piece; None where the expert abstains from it
    values     choices and numbers of the form
    marks      labelled pieces
    texts      what the expert writes
    confirmed  criteria whose contradiction with the verdict was pointed out and is kept on purpose
    active_ms  time spent, pauses over 60 s left out
    """

    verdict: str
    scores: dict[str, Points | dict[str, int] | None]
    reasons: list[Reason]
    values: dict[str, str] = {}
    marks: list[Mark] = []
    texts: dict[str, str] = {}
    confirmed: list[str] = []
    active_ms: int = 0
