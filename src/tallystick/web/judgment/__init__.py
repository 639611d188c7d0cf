"""The answer form of every signal: from fields to an answer, and back with everything that was typed. Pure.

Field names are those of views/judgment.py. A draft is the same fields, kept as they were typed.
"""

from tallystick.web.judgment.asked import ranking_of
from tallystick.web.judgment.page import (
    Sheet,
    complaint,
    contradictions,
    pieces,
    pieces_title,
    question,
    read_first,
    work,
)
from tallystick.web.judgment.reading import Reading, read, spelled_order
from tallystick.web.judgment.trade_off import read_trade_off, shown_trade_off
from tallystick.web.judgment.typed import Fields, active_ms, draft_of, drafted, fields_of, first

__all__ = [
    "Fields",
    "Reading",
    "Sheet",
    "active_ms",
    "complaint",
    "contradictions",
    "draft_of",
    "drafted",
    "fields_of",
    "first",
    "pieces",
    "pieces_title",
    "question",
    "ranking_of",
    "read",
    "read_first",
    "read_trade_off",
    "shown_trade_off",
    "spelled_order",
    "work",
]
