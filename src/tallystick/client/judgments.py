"""What an expert sends: verdict, scores, reasons. A and B are the candidates as they were shown."""

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


class Judgment(msgspec.Struct, frozen=True, kw_only=True):
    """One answer to one item.

    verdict    a_clearly, a_slightly, tie, b_slightly, b_clearly, both_unacceptable, insufficient_context or abstain
    scores     every criterion of the rubric; None where the expert abstains from it
    confirmed  criteria whose contradiction with the verdict was pointed out and is kept on purpose
    active_ms  time spent, pauses over 60 s left out
    """

    verdict: str
    scores: dict[str, Points | None]
    reasons: list[Reason]
    confirmed: list[str] = []
    active_ms: int = 0
