"""Rows survive every form they are written in, whatever stands in them, and their bytes are those of RFC 8785."""

import random
import typing

import hypothesis.strategies as st
import msgspec
import pytest
import rfc8785
from hypothesis import given, settings

from tallystick import canon
from tallystick.bundle import rows as kinds
from tallystick.bundle.columns import from_jsonl, from_parquet, merkle_root, schema_of, to_jsonl, to_parquet
from tallystick.bundle.derive import outcome
from tallystick.bundle.rows import Judgment, PreferencePair, Record, Row
from tallystick.ledger.tree import EMPTY_ROOT
from tallystick.signals import preference, shape

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
WHOLE = st.integers(-canon.INTEGER_MAX, canon.INTEGER_MAX)


def values(hint: object) -> st.SearchStrategy[object]:
    """Any value of a row's field."""
    if hint is str:
        return TEXT
    if hint is int:
        return WHOLE
    if hint is bool:
        return st.booleans()
    if typing.get_origin(hint) is list:
        return st.lists(values(typing.get_args(hint)[0]), max_size=3)
    if isinstance(hint, type) and issubclass(hint, Row):
        return rows_of(hint)
    inner = [part for part in typing.get_args(hint) if part is not type(None)]
    return st.none() | values(inner[0])


def rows_of(kind: type[Row]) -> st.SearchStrategy[Row]:
    """Any row of a kind."""
    hints = typing.get_type_hints(kind)
    return st.builds(kind, **{name: values(hints[name]) for name in kind.__struct_fields__})


@pytest.mark.parametrize("kind", [Record, Judgment, PreferencePair])
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_row_is_the_same_in_every_form(kind: type[Row], data: st.DataObject) -> None:
    rows = data.draw(st.lists(rows_of(kind), max_size=3))
    assert from_parquet(to_parquet(rows, kind), kind) == rows
    assert from_jsonl(to_jsonl(rows), kind) == rows
    assert to_parquet(rows, kind) == to_parquet(list(rows), kind)


@settings(max_examples=50, deadline=None)
@given(row=rows_of(Judgment))
def test_the_leaf_of_a_row_is_its_rfc_8785_form(row: Row) -> None:
    assert canon.encode(row) == rfc8785.dumps(msgspec.to_builtins(row))


def test_no_row_has_a_float_or_a_map() -> None:
    """What has no one byte string in every language, or no type in the public loader, may not come in."""
    for kind in vars(kinds).values():
        if isinstance(kind, type) and issubclass(kind, Row) and kind is not Row:
            kept = str(schema_of(kind))
            assert "double" not in kept
            assert "map" not in kept


def test_no_rows_have_the_empty_root() -> None:
    assert merkle_root([]) == EMPTY_ROOT.hex()


@given(verdicts=st.lists(st.sampled_from(preference.IMPORTED_VERDICTS), min_size=1, max_size=7), seed=st.randoms())
def test_the_outcome_knows_no_order_and_counts_everybody(verdicts: list[str], seed: random.Random) -> None:
    votes, consensus, how = outcome(verdicts, None)
    shuffled = list(verdicts)
    seed.shuffle(shuffled)
    assert outcome(shuffled, None) == (votes, consensus, how)
    agreeing = sum(shape.direction(verdict) == consensus for verdict in verdicts)
    if consensus is not None:
        assert 2 * agreeing > len(verdicts)
        assert how == ("unanimous" if agreeing == len(verdicts) else "majority")
