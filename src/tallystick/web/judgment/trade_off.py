"""The part of the workspace in which an expert notes which principles conflicted: from fields and back. Pure."""

from tallystick.flow.constitution import NOTE_CHARACTERS_MAX, PRINCIPLES_IN_CONFLICT_MAX, Constitution, TradeOff
from tallystick.web.judgment.typed import Fields, first
from tallystick.web.language import said
from tallystick.web.views import judgment as views
from tallystick.web.views.parts import Choice

PRINCIPLE, PREVAILED, NOTE = "trade-off-principle", "trade-off-prevailed", "trade-off-note"
BALANCED = "balanced"


def read_trade_off(fields: Fields, constitution: Constitution | None) -> tuple[TradeOff | None, str]:
    """The trade-off of a form, None when nothing was typed into that part; and what is wrong with it, or nothing."""
    chosen, note, prevailed = fields.get(PRINCIPLE, ()), first(fields, NOTE).strip(), first(fields, PREVAILED)
    if constitution is None or not (chosen or note or prevailed not in ("", BALANCED)):
        return None, ""
    names = tuple(name for name in dict.fromkeys(chosen) if name in constitution.by_id)
    if not 2 <= len(names) <= PRINCIPLES_IN_CONFLICT_MAX:
        return None, said(
            "Choose two principles or more that conflicted, at most %(number)s.", number=PRINCIPLES_IN_CONFLICT_MAX
        )
    if not note or len(note) > NOTE_CHARACTERS_MAX:
        return None, said("Say which trade-off you made, in at most %(number)s characters.", number=NOTE_CHARACTERS_MAX)
    won = prevailed if prevailed in constitution.by_id else None
    if won is not None and won not in names:
        return None, said(
            "The principle that prevailed is not among those that conflicted: choose one of them, or none."
        )
    return TradeOff(principles=names, prevailed=won, note=note), ""


def shown_trade_off(constitution: Constitution | None, fields: Fields, error: str = "") -> views.TradeOffField | None:
    """The part of the form with what was typed; None for a programme without a constitution."""
    if constitution is None:
        return None
    chosen, prevailed = fields.get(PRINCIPLE, ()), first(fields, PREVAILED)
    principles = [(one.id, f"{one.number} {one.title}", one.text) for one in constitution.principles]
    return views.TradeOffField(
        principles=tuple(
            Choice(value=name, label=label, is_chosen=name in chosen, note=text) for name, label, text in principles
        ),
        prevailed=(
            Choice(value=BALANCED, label=said("none: they were balanced"), is_chosen=prevailed in ("", BALANCED)),
            *(Choice(value=name, label=label, is_chosen=name == prevailed) for name, label, _ in principles),
        ),
        note=first(fields, NOTE), error=error, is_open=bool(error or chosen or first(fields, NOTE)),
    )  # fmt: skip
