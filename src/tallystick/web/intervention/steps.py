"""A lead's steps in an intervention, as the buttons of its page send them. Reads and writes through app."""

from collections.abc import Callable
from typing import Final

from tallystick.app import access
from tallystick.app.intervention import diagnosing
from tallystick.app.intervention import steps as app
from tallystick.edge import Visit
from tallystick.edge.pages import PageAnswer
from tallystick.flow.refusal import Refused
from tallystick.web import frame
from tallystick.web.intervention import detail
from tallystick.web.intervention.next import Sent


def _answer(visit: Visit, done: app.Done | Refused, *, id_: str, said: str, words: str = "") -> PageAnswer:
    """On to the page; after a refusal the same page, with the reason and with all that was typed."""
    if not isinstance(done, Refused):
        return frame.moved(f"/interventions/{done.intervention}?done={said}")
    if done == access.ABSENT:
        return done
    sent = Sent(
        id=id_, refused=done, words=words, choice=visit.text("choice"), person=visit.text("person"),
        is_by_same=visit.text("by_same") == "yes",
    )  # fmt: skip
    return detail.again(visit, sent)


def _wanted(visit: Visit) -> tuple[str, str]:
    return visit.path["intervention"], visit.text("idempotency_key")


def diagnose(visit: Visit) -> PageAnswer:
    """Look for what would help most, and record it."""
    wanted, key = _wanted(visit)
    done = diagnosing.diagnose(visit.cell, visit.actor, wanted, key=key)
    return _answer(visit, done, id_="diagnose", said="diagnosed")


def rule_out(visit: Visit) -> PageAnswer:
    """Rule the rubric out."""
    wanted, key = _wanted(visit)
    words = visit.text("justification")
    done = app.rule_out(visit.cell, visit.actor, wanted, justification=words, key=key)
    return _answer(visit, done, id_="rule-out", said="ruled-out", words=words)


def requeue(visit: Visit) -> PageAnswer:
    """Have judgments made again."""
    wanted, key = _wanted(visit)
    done = app.requeue(
        visit.cell, visit.actor, wanted, choice=visit.text("choice"), by_same=visit.text("by_same") == "yes", key=key
    )
    return _answer(visit, done, id_="requeue", said="requeued")


def stand_down(visit: Visit) -> PageAnswer:
    """Let an expert stand down."""
    wanted, key = _wanted(visit)
    words = visit.text("justification")
    done = app.stand_down(
        visit.cell, visit.actor, wanted, person=visit.text("person"), justification=words, key=key
    )  # fmt: skip
    return _answer(visit, done, id_="stand-down", said="stood-down", words=words)


def reinstate(visit: Visit) -> PageAnswer:
    """Reinstate an expert."""
    wanted, key = _wanted(visit)
    words = visit.text("reason")
    done = app.reinstate(visit.cell, visit.actor, wanted, person=visit.text("person"), reason=words, key=key)
    return _answer(visit, done, id_="reinstate", said="reinstated", words=words)


def close(visit: Visit) -> PageAnswer:
    """Close it by hand."""
    wanted, key = _wanted(visit)
    words = visit.text("words")
    done = app.close(visit.cell, visit.actor, wanted, words=words, key=key)
    return _answer(visit, done, id_="closing", said="intervention-closed", words=words)


ACTS: Final[dict[str, Callable[[Visit], PageAnswer]]] = {
    "diagnose": diagnose, "rule-out": rule_out, "requeue": requeue, "stand-down": stand_down, "reinstate": reinstate,
    "close": close,
}  # fmt: skip
"""Last part of the address: what it does."""
