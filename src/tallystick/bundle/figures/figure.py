"""What a file of figures is, and where two of them part. Pure; numbers are counts, `_ppm`, `_milli` or `_micros`."""

import json
from collections.abc import Iterator

import msgspec

PLACES_NAMED = 20
Plain = None | bool | int | float | str | list["Plain"] | dict[str, "Plain"]


class Figure(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file of figures, or a part of one."""


def differences(stated: bytes, computed: bytes) -> list[tuple[str, str]]:
    """Where a stated file of figures is not the one that was computed: (place, sentence), at most twenty and a rest."""
    try:
        found = list(_parted("$", json.loads(stated), json.loads(computed)))
    except (ValueError, RecursionError) as error:
        return [("the whole file", f"expected figures as JSON: {error}")]
    if not found:
        return [("the whole file", "expected canonical JSON, each key once and sorted, found another form")]
    rest = [("the whole file", f"and {len(found) - PLACES_NAMED} more places")] if len(found) > PLACES_NAMED else []
    return found[:PLACES_NAMED] + rest


def _parted(place: str, stated: Plain, computed: Plain) -> Iterator[tuple[str, str]]:
    if isinstance(stated, dict) and isinstance(computed, dict):
        for key in sorted(set(stated) | set(computed)):
            if key not in stated or key not in computed:
                yield f"{place}.{key}", "stated and not computed" if key in stated else "computed and not stated"
            else:
                yield from _parted(f"{place}.{key}", stated[key], computed[key])
    elif isinstance(stated, list) and isinstance(computed, list) and len(stated) == len(computed):
        for number, (one, other) in enumerate(zip(stated, computed, strict=True)):
            yield from _parted(f"{place}[{number}]", one, other)
    elif isinstance(stated, list) and isinstance(computed, list):
        yield place, f"stated {len(stated)} entries, computed {len(computed)}"
    elif stated != computed or isinstance(stated, bool) != isinstance(computed, bool):
        yield place, f"stated {_told(stated)}, computed {_told(computed)}"


def _told(value: Plain) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:77]}..."
