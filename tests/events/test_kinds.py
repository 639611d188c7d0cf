"""Events: every kind is a fact with a version, stays readable for ever, and has one byte string."""

import re

import msgspec
import pytest
from freeze_events import example_of, golden

from tallystick import canon, events
from tallystick.events.envelope import ENTRY_BYTES_MAX, EntryTooLarge, Envelope, open_entry, seal_entry


def kebab(name: str) -> str:
    """`JudgmentSubmitted` as `judgment-submitted`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


def envelope(body: bytes) -> Envelope:
    """An envelope around a body, with plain values everywhere else."""
    return Envelope(
        at=1, body=msgspec.Raw(body), by="per-1", cmd="c", kind="cell-opened/1", n=1, req="r", role="lead", seq=0
    )


@pytest.mark.parametrize("kind", events.KINDS)
def test_a_kind_is_named_after_its_fact_and_has_a_version(kind: str) -> None:
    name, _, version = kind.partition("/")
    assert name == kebab(events.KINDS[kind].__name__).removesuffix(f"-v{version}")
    assert int(version) >= 1


@pytest.mark.parametrize("kind", events.KINDS)
def test_a_shipped_kind_never_changes(kind: str) -> None:
    """A field that vanishes, changes its type or is added breaks every journal that holds the kind."""
    assert kind in golden(), "a new kind: run tools/freeze_events.py"
    assert golden()[kind] == example_of(kind), "make a new version of the kind, and lift the old one"


@pytest.mark.parametrize("kind", golden())
def test_every_kind_ever_frozen_is_still_read(kind: str) -> None:
    body = canon.encode(golden()[kind])
    fact = events.fact_of(Envelope(
        at=1, body=msgspec.Raw(body), by="p", cmd="c", kind=kind, n=1, req="r", role="lead", seq=0,
    ))  # fmt: skip
    assert bytes(events.body_of(fact)) == body


def test_a_kind_of_newer_code_is_named() -> None:
    newer = msgspec.structs.replace(envelope(b"{}"), kind="moon-landed/1")
    with pytest.raises(events.UnknownKind, match=r"found 'moon-landed/1': update tallystick"):
        events.fact_of(newer)


def test_an_entry_opens_to_the_envelope_that_was_sealed() -> None:
    sealed = seal_entry(envelope(b'{"a":1}'))
    assert open_entry(sealed) == envelope(b'{"a":1}')
    assert seal_entry(open_entry(sealed)) == sealed


def test_an_entry_that_no_bundle_could_hold_is_refused() -> None:
    with pytest.raises(EntryTooLarge, match=f"at most {ENTRY_BYTES_MAX} bytes"):
        seal_entry(envelope(b'"' + b"x" * ENTRY_BYTES_MAX + b'"'))


def test_the_largest_entry_is_accepted() -> None:
    room = ENTRY_BYTES_MAX - len(seal_entry(envelope(b'""')))
    assert len(seal_entry(envelope(b'"' + b"x" * room + b'"'))) == ENTRY_BYTES_MAX
