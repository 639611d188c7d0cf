"""One or more contents of every signal: whole, sparse, and in scripts that count otherwise than they look."""

from collections.abc import Iterator

from pydantic import JsonValue

from tallystick.signals import ALL
from tallystick.signals.shape import Content, Signal

ASTRAL = "The \U0001f702 sign \U0001d538\U0001d539 stands for fire."
COMBINING = "Cafe\u0301 and nai\u0308ve, each with a mark that combines."
RIGHT_TO_LEFT = "\u05d4\u05ea\u05e9\u05d5\u05d1\u05d4 \u05d4\u05d9\u05d0 42, \u05d5\u05dc\u05d0 24."

Material = dict[str, JsonValue]
EVIDENCE: list[JsonValue] = [
    {"id": "ev1", "title": "Guideline", "text": RIGHT_TO_LEFT, "source": "Board, 2024"},
    {"id": "ev2", "title": "Trial", "text": COMBINING},
]
CLAIMS: list[JsonValue] = [
    {"id": "c0", "text": "Fire rises.", "evidence": ["It does."]},
    {"id": "c1", "text": ASTRAL},
]
VERIFIERS: list[JsonValue] = [
    {"id": "v1", "name": "quote", "version": "1.0", "dimension": "citation", "result": "fail", "evidence": "Not found."}
]
TURNS: list[JsonValue] = [
    {"id": "t1", "role": "user", "text": "Tell me how."},
    {"id": "t2", "role": "assistant", "text": "I will not."},
    {"id": "t3", "role": "user", "text": ASTRAL},
    {"id": "t4", "role": "assistant", "text": "So: " + RIGHT_TO_LEFT},
]
SCHEMA: JsonValue = {
    "type": "object", "required": ["city"], "additionalProperties": False,
    "properties": {"city": {"type": "string"}, "days": {"type": "integer", "enum": [1, 7]}},
}  # fmt: skip
CALLS: list[JsonValue] = [
    {"id": "call1", "tool": "weather", "arguments": {"city": "Oslo", "days": 7}, "output": "rain"},
    {"id": "call2", "tool": "weather", "arguments": {"days": "7"}},
    {"id": "call3", "tool": "rocket", "arguments": "not json {", "output": ""},
]
TRACE: Material = {
    "tools": [{"name": "weather", "description": "Weather of a city.", "parameters": SCHEMA}],
    "permissions": ["Read the weather.", "Book nothing."],
    "turns": [
        {"id": "t1", "role": "user", "text": "Will it rain?"},
        {"id": "t2", "role": "assistant", "calls": CALLS},
        {"id": "t3", "role": "assistant", "text": "It will."},
    ],
    "before": {"text": "{}"}, "after": {"digest": "sha256:00"},
}  # fmt: skip
PLACES: list[JsonValue] = [{"id": "s1", "text": "2+2=4"}, {"id": "s2", "text": "So 5."}, {"id": "s3", "text": ASTRAL}]

_FULL: dict[str, tuple[tuple[tuple[str, ...], Material], ...]] = {
    "demonstration": (
        ((), {"evidence": EVIDENCE, "artefacts": [{"id": "n1", "title": "Sheet", "text": "1+1", "kind": "code"}]}),
        ((ASTRAL,), {"evidence": EVIDENCE}),
        (("Plain.",), {}),
        ((), {}),
    ),
    "preference": (((ASTRAL, COMBINING), {}),),
    "ranking": (((ASTRAL, COMBINING), {}), (("One.", "Two.", RIGHT_TO_LEFT, "Four."), {})),
    "critique": (((ASTRAL,), {}), ((COMBINING,), {"source": RIGHT_TO_LEFT, "title": "Original"})),
    "process": (((), {"steps": PLACES, "answer": "5"}),),
    "outcome": (
        (("Plain.",), {}),
        ((ASTRAL,), {"claims": CLAIMS, "verifiers": VERIFIERS}),
        ((), {"labels": [{"value": "yes"}, {"value": "no", "title": "No"}, {"value": "maybe"}]}),
    ),
    "safety": (
        ((RIGHT_TO_LEFT,), {"sections": [{"id": "4.2", "title": "Weapons", "text": "None."}]}),
        (("Plain.",), {}),
    ),
    "redteam": (
        ((), {"target": {"title": "Weapons"}, "turns": TURNS}),
        (("",), {"target": {"title": "W", "text": "None."}, "turns": TURNS, "attempts": [{"id": "x1", "text": "No."}]}),
    ),
    "tooltrace": (((), TRACE), ((), {"turns": [{"id": "t1", "role": "user", "text": "Hello"}]})),
}  # fmt: skip


def contents() -> Iterator[tuple[Signal, Content]]:
    """Every signal with every content of it."""
    for signal in ALL:
        for candidates, material in _FULL[signal.name]:
            yield signal, content(signal, candidates, material)


def content(signal: Signal, candidates: tuple[str, ...], material: Material) -> Content:
    """A content as an import makes it: the signal's own part has been checked."""
    if signal.material is not None:
        signal.material.model_validate(material)
    return Content(prompt="What is so?", context="As it was.", candidates=candidates, material=material)
