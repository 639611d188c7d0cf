"""What several stages of the API share: names in addresses, keys, receipts, the body that all answers are."""

from typing import Annotated, Literal, Self

import msgspec
from fastapi import Header, Path, Query
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from tallystick.app.kernel import KEY_CHARACTERS_MIN
from tallystick.app.kernel import Receipt as Written
from tallystick.edge import wording

NAME, LINE, TEXT = wording.NAME, wording.LINE, wording.TEXT
EXACT_MAX = 2**53 - 1

Name = Annotated[str, StringConstraints(pattern=NAME)]
"""An id or a name in the cell."""
InPath = Annotated[str, Path(pattern=NAME, description="An id or a name, as another call answered it.")]
Line = Annotated[str, StringConstraints(pattern=LINE, max_length=500)]
"""Text on one line, without control characters."""
Paragraphs = Annotated[str, StringConstraints(pattern=TEXT, max_length=20_000)]
Moment = Annotated[int, Field(ge=0, le=EXACT_MAX, description="Microseconds since 1970, UTC.")]
Seq = Annotated[int, Field(ge=0, le=EXACT_MAX, description="Place in the journal, and index in the log, from 0.")]

Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=KEY_CHARACTERS_MIN,
        max_length=200,
        pattern=r"^[!-~]+$",
        description="A random text of your own. The same key with the same request gives the same answer, "
        "and changes nothing twice; with another request it is refused.",
        examples=["5f0c8e2b-77aa-4a41-9d5e-3a1c52c7d9b4"],
    ),
]
OptionalKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key", min_length=KEY_CHARACTERS_MIN, max_length=200, pattern=r"^[!-~]+$",
        description="A repeat with the same key within ten minutes is the same look. Without one, a session's are.",
    ),
]  # fmt: skip


Reason = Annotated[
    Literal["review", "audit", "incident", "rights"],
    Query(description="Why you look at what was not assigned to you. It is recorded.", examples=["review"]),
]
OptionalReason = Annotated[
    Literal["review", "audit", "incident", "rights"] | None,
    Query(description="Why you look at what was not assigned to you. It is recorded.", examples=["review"]),
]


def decoded(value: object) -> object:
    """The value of a column that holds JSON; anything else as it is."""
    return msgspec.json.decode(value) if isinstance(value, str) else value


Texts = Annotated[list[str], BeforeValidator(decoded)]
TextByName = Annotated[dict[str, str], BeforeValidator(decoded)]
CountByName = Annotated[dict[str, int], BeforeValidator(decoded)]


class Body(BaseModel):
    """The body of a request: unknown keys are refused, so that a misspelt one is not lost in silence.

    And nothing is read into a value: "12", 12.0 and true are no whole number.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Shown(BaseModel):
    """The body of an answer, made from whatever has the same names: a row, a fact, a dataclass."""

    model_config = ConfigDict(from_attributes=True, frozen=True)

    @classmethod
    def of(cls, thing: object) -> Self:
        """The answer that shows a thing. Raises pydantic's ValidationError when it lacks a field."""
        return cls.model_validate(thing)


class Receipt(Shown):
    """What the command left in the journal. `GET /api/v1/receipts/{first_seq}` proves it once it is sealed."""

    command: str = Field(description="Digest of who acted and of the idempotency key, as the journal has it.")
    first_seq: Seq = Field(description="Place of its first event in the journal, and index in the log.")
    events: int = Field(description="How many events it left behind, one after the other.")
    at: Moment
    is_repeat: bool = Field(description="The command had been carried out before; nothing new was written.")

    @classmethod
    def of(cls, thing: object) -> Self:
        """The receipt of a command."""
        assert isinstance(thing, Written)
        return cls(
            command=thing.cmd, first_seq=thing.first_seq, events=len(thing.facts), at=thing.at,
            is_repeat=thing.is_repeat,
        )  # fmt: skip


class SignedReceipt(Shown):
    """A promise of the log key, given before the event is sealed: who holds it can prove that it was left out."""

    seq: Seq
    text: str | None = Field(
        description="The receipt file: keep its bytes. Null when the log key did not answer: the event stands."
    )
    name: str = Field(description="What to call the file.")
    why_not: str | None = Field(description="Why there is none, and what to do.")


class Done(Shown):
    """A change that is durably in the journal."""

    receipt: Receipt

    @classmethod
    def of(cls, thing: object) -> Self:
        """The answer to a command that has nothing else to tell."""
        return cls(receipt=Receipt.of(thing))


class FindingShown(Shown):
    """What a document may be used without, but that a reader has a right to."""

    code: str
    path: str
    severity: str
    sentence: str
