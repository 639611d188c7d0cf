"""Disagreements: the queue by risk, cases that one adjudicator holds, blinded decisions, overturn rates."""

from tallystick.app.adjudication.case import BlindedJudgment, CasePage, blinded, case_page, rubric_of
from tallystick.app.adjudication.decision import Closed, preserve, send_back, settle
from tallystick.app.adjudication.overturn import Remark, overturns, remarks, remarks_on
from tallystick.app.adjudication.queue import (
    Queue,
    Taken,
    expire_cases,
    give_back,
    offered,
    queue,
    queue_page,
    take,
    take_next,
)

__all__ = [
    "BlindedJudgment",
    "CasePage",
    "Closed",
    "Queue",
    "Remark",
    "Taken",
    "blinded",
    "case_page",
    "expire_cases",
    "give_back",
    "offered",
    "overturns",
    "preserve",
    "queue",
    "queue_page",
    "remarks",
    "remarks_on",
    "rubric_of",
    "send_back",
    "settle",
    "take",
    "take_next",
]
