"""What document models are built from: frozen parts that know what is wrong with them. Reads and writes nothing."""

import re
from collections.abc import Iterable
from fractions import Fraction
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

from tallystick.canon import PPM
from tallystick.flow.document.problem import Fault

TEXT_MAX = 20_000


class Part(BaseModel):
    """A frozen piece of a document; unknown keys are errors.

    A part lists what is wrong with it in `faults`; they are all reported at once, beside those of other parts.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    def faults(self) -> Iterable[Fault]:
        """Checks over several fields. They run once every field of this part is sound."""
        return ()

    @model_validator(mode="after")
    def _checked(self) -> Self:
        if faults := tuple(self.faults()):
            raise PydanticCustomError("faults", "{count} faults", {"count": len(faults), "faults": faults})
        return self


def shaped(pattern: str, *, expected: str, fix: str) -> AfterValidator:
    """A validator for text that must match a pattern in full; the words are for people."""
    shape = re.compile(pattern)

    def check(value: str) -> str:
        if not shape.fullmatch(value):
            raise PydanticCustomError("shape", "shape", {"expected": expected, "fix": fix})
        return value

    return AfterValidator(check)


def _number_as_text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=TEXT_MAX)]
Slug = Annotated[
    str,
    StringConstraints(max_length=64),
    shaped(
        r"[a-z][a-z0-9]*([-_][a-z0-9]+)*",
        expected="a short name such as `factual_safety`",
        fix="Use lower-case letters a to z, digits, and single hyphens or underscores between them.",
    ),
]
Version = Annotated[
    str,
    shaped(
        r"(0|[1-9][0-9]{0,5})(\.(0|[1-9][0-9]{0,5})){2}",
        expected="a version such as 1.0.0",
        fix="Write three whole numbers with points between them.",
    ),
]
Share = Annotated[
    str,
    BeforeValidator(_number_as_text),
    shaped(
        r"0(\.[0-9]{1,6})?|1(\.0{1,6})?",
        expected="a share between 0 and 1 such as 0.80",
        fix="Write a decimal with a point and at most six places.",
    ),
]


def share_ppm(share: str) -> int:
    """A `Share` as parts per million, exactly."""
    return int(Fraction(share) * PPM)


class Versioned(Part):
    """A document that lives in numbered, immutable versions."""

    version: Version
    changelog: Text | None = None
    rationale: Text | None = None

    @property
    def number(self) -> tuple[int, ...]:
        """The version, comparable: 1.10.0 is later than 1.9.0."""
        return tuple(int(part) for part in self.version.split("."))
