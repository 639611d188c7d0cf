"""Judgments: submit one's own, bring in those that were made elsewhere."""

from typing import Annotated

from fastapi import Query
from pydantic import Field

from tallystick.api.items import FILE_BYTES, FILES, FileName, ImportDone
from tallystick.api.parts import LINE, InPath, Key, Receipt, Seq, Shown, SignedReceipt
from tallystick.app import items, judgment
from tallystick.app import receipt as receipts
from tallystick.edge import Site, Visit
from tallystick.events.judgment import JudgmentSubmitted
from tallystick.flow.constitution import TradeOff
from tallystick.flow.refusal import Refused
from tallystick.signals.shape import Answer


def mount(site: Site, prefix: str) -> None:
    """Register judgments."""
    site.api(
        "POST", f"{prefix}/assignments/{{work}}/judgment", submit, permission="work.do", answers=Submitted,
        status=201, refusals=(409, 422), tag="work",
    )  # fmt: skip
    site.api(
        "POST", f"{prefix}/programmes/{{programme}}/judgments", bring, permission="item.import", answers=ImportDone,
        refusals=(409, 422), takes=FILES, max_bytes=FILE_BYTES, tag="judgments",
    )  # fmt: skip


class Submitted(Shown):
    """A judgment that is durably in the journal: an answer like this survives a crash."""

    judgment: str
    item: str
    programme: str
    seq: Seq = Field(description="Its place in the journal: `GET /api/v1/receipts/{seq}` gives the receipt.")
    receipt: Receipt
    signed: SignedReceipt


class AnswerSent(Answer):
    """An answer, and beside it which principles conflicted where the programme has a constitution."""

    trade_off: TradeOff | None = None


def submit(visit: Visit, work: InPath, answer: AnswerSent, key: Key) -> Submitted | Refused:
    """Submit the judgment of one's own assignment.

    A and B are the candidates as they were shown. Every criterion of the rubric has scores for both, or null where
    the expert abstains from it; every reason is tied to a criterion. A verdict that contradicts the rubric's priority
    rules is refused with 422 `verdict-contradicts-scores` until `confirmed` names those criteria.
    """
    given = Answer.model_validate(answer.model_dump(exclude={"trade_off"}))
    saved = judgment.submit(visit.cell, visit.actor, work, given, trade_off=answer.trade_off, key=key)
    if isinstance(saved, Refused):
        return saved
    offset = next(n for n, fact in enumerate(saved.receipt.facts) if isinstance(fact, JudgmentSubmitted))
    return Submitted(
        judgment=saved.judgment, item=saved.item, programme=saved.programme, seq=saved.receipt.first_seq + offset,
        # Up to the judgment: one event more would tell that it parts from the judgments of others.
        receipt=Receipt.of(saved.receipt).model_copy(update={"events": offset + 1}),
        signed=SignedReceipt.of(receipts.given(visit.cell, visit.actor, saved.receipt, JudgmentSubmitted.KIND)),
    )  # fmt: skip


Source = Annotated[
    str,
    Query(
        min_length=1, max_length=100, pattern=LINE,
        description="Who made the judgments, in a word or two. It stays with every record for ever.",
    ),
]  # fmt: skip


def bring(visit: Visit, programme: InPath, name: FileName, source: Source) -> ImportDone | Refused:
    """Import judgments that were made elsewhere.

    The body is the file. Good rows come in, bad ones are listed with line and reason. Imported judgments are marked
    as not observed here, for ever. Takes no idempotency key: the same file from the same source is the same import.
    """
    report = items.import_judgments(
        visit.cell, visit.actor, visit.payload, programme=programme, name=name, source=source
    )
    return report if isinstance(report, Refused) else ImportDone.told(report)
