"""What was typed into an answer form: its fields, as a browser sends them and as a draft keeps them. Pure."""

from collections.abc import Mapping
from typing import Final

from starlette.datastructures import FormData

from tallystick.signals.shape import ACTIVE_MS_MAX

Fields = Mapping[str, tuple[str, ...]]
"""What was typed: each field with all its values."""
NOT_KEPT: Final = frozenset({"csrf", "idempotency_key", "intent"})


def fields_of(form: FormData) -> dict[str, tuple[str, ...]]:
    """The fields of a form that belong to the answer. Browsers send every line break as two characters: it is one."""
    return {
        name: tuple(value.replace("\r\n", "\n") for value in form.getlist(name) if isinstance(value, str))
        for name in form
        if name not in NOT_KEPT
    }


def drafted(draft: Mapping[str, object] | None) -> dict[str, tuple[str, ...]]:
    """The fields of a draft. What another program kept in another shape is left where it is."""
    found = {}
    for name, value in (draft or {}).items():
        values = value if isinstance(value, list | tuple) else [value]
        if all(isinstance(part, str) for part in values):
            found[name] = tuple(str(part) for part in values)
    return found


def draft_of(fields: Fields) -> dict[str, object]:
    """Fields as a draft keeps them."""
    return {name: list(values) for name, values in fields.items()}


def first(fields: Fields, name: str) -> str:
    """The value of a field, or nothing."""
    return fields.get(name, ("",))[0] if fields.get(name) else ""


def active_ms(fields: Fields) -> int:
    """The measured time on the page in milliseconds; 0 when a browser sends none."""
    text = first(fields, "active_ms")
    return min(int(text), ACTIVE_MS_MAX) if text.isascii() and text.isdigit() and len(text) < 16 else 0
