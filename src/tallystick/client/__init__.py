"""Typed Python client of a cell's API. Imports nothing of the server; reads and writes over HTTP only.

    with Client("http://127.0.0.1:8000") as cell:
        cell.sign_in("vera", "a long sentence")
        while task := cell.next_task("careful-answers"):
            cell.submit(task.assignment, Judgment(verdict="a_slightly", scores=..., reasons=[Reason(...)]))

Every change carries an idempotency key of its own, so that a call that was cut off is repeated safely: connection
errors and answers of 500 and above are tried again with the same key. A refusal is an exception with its code; its
text says the first problems of the request or of the document, and its `problems` are all of them.
"""

from tallystick.client.adjudication import DisagreementQueue, Overturns, RubricRemark, TakenCase
from tallystick.client.answers import (
    Agreement,
    Batch,
    Blocker,
    Case,
    Closed,
    ContractVersion,
    DiffRow,
    Disagreement,
    Glance,
    GoldTask,
    Import,
    Item,
    Items,
    Me,
    Measurement,
    Outcome,
    Person,
    PieceShown,
    Programme,
    Qualification,
    Receipt,
    Record,
    Release,
    Rubric,
    Session,
    ShownItem,
    Standing,
    Submitted,
    Task,
    Value,
)
from tallystick.client.calls import Client
from tallystick.client.errors import (
    Absent,
    ApiError,
    Conflict,
    Malformed,
    Problem,
    Refused,
    ServerFailed,
    SignInNeeded,
    TooLarge,
    TooMany,
    Unreachable,
)
from tallystick.client.judgments import Judgment, Mark, Points, Reason, TradeOff
from tallystick.client.oversight import Log
from tallystick.client.receipts import KeptReceipts, ReceiptNotGood, SealedReceipt, Signed

__all__ = [
    "Absent",
    "Agreement",
    "ApiError",
    "Batch",
    "Blocker",
    "Case",
    "Client",
    "Closed",
    "Conflict",
    "ContractVersion",
    "DiffRow",
    "Disagreement",
    "DisagreementQueue",
    "Glance",
    "GoldTask",
    "Import",
    "Item",
    "Items",
    "Judgment",
    "KeptReceipts",
    "Log",
    "Malformed",
    "Mark",
    "Me",
    "Measurement",
    "Outcome",
    "Overturns",
    "Person",
    "PieceShown",
    "Points",
    "Problem",
    "Programme",
    "Qualification",
    "Reason",
    "Receipt",
    "ReceiptNotGood",
    "Record",
    "Refused",
    "Release",
    "Rubric",
    "RubricRemark",
    "SealedReceipt",
    "ServerFailed",
    "Session",
    "ShownItem",
    "SignInNeeded",
    "Signed",
    "Standing",
    "Submitted",
    "TakenCase",
    "Task",
    "TooLarge",
    "TooMany",
    "TradeOff",
    "Unreachable",
    "Value",
]
