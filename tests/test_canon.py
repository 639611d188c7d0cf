"""canon: one byte string per value, the same one in every language."""

import json

import msgspec
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from tallystick import canon

INTEGERS = st.integers(-canon.INTEGER_MAX, canon.INTEGER_MAX)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
KEYS = st.text(st.characters(max_codepoint=127))
VALUES = st.recursive(
    st.none() | st.booleans() | INTEGERS | TEXT,
    lambda parts: st.lists(parts) | st.dictionaries(KEYS, parts),
)


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """A struct whose fields stand in another order than their names."""

    y: int
    x: int


@given(VALUES)
def test_bytes_are_those_of_rfc_8785(value: object) -> None:
    assert canon.encode(value) == rfc8785.dumps(value)  # type: ignore[arg-type]  # hypothesis gives objects


@given(VALUES)
def test_the_profile_is_accepted_and_survives_a_reader(value: object) -> None:
    canon.check(value)
    assert json.loads(canon.encode(value)) == value


@given(st.dictionaries(KEYS, INTEGERS))
def test_order_of_insertion_plays_no_part(value: dict[str, int]) -> None:
    backwards = dict(reversed(value.items()))
    assert canon.digest_of(backwards) == canon.digest_of(value)


def test_a_struct_has_the_bytes_of_its_map() -> None:
    assert canon.encode(Point(y=2, x=1)) == canon.encode({"x": 1, "y": 2}) == b'{"x":1,"y":2}'


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.5, r"^\$: .*found float"),
        ({"a": [1, 2.0]}, r"^\$\.a\[1\]: .*found float"),
        ([2**53], r"^\$\[0\]: .*found 9007199254740992"),
        ([-(2**53)], r"^\$\[0\]: .*found -9007199254740992"),
        ({"é": 1}, r"^\$: expected an ASCII key"),
        ({1: 1}, r"^\$: expected an ASCII key"),
        ({"a": "\ud800"}, r"^\$\.a: .*lone surrogate"),
        ({"a": b"raw"}, r"^\$\.a: .*found bytes"),
        ({"a": {1, 2}}, r"^\$\.a: .*found set"),
    ],
)
def test_a_value_outside_the_profile_is_refused_with_its_place(value: object, words: str) -> None:
    with pytest.raises(canon.NotCanonical, match=words):
        canon.check(value)


def test_digest_is_sha_256_in_hexadecimal() -> None:
    # The one-block example of FIPS 180-2.
    assert canon.digest(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_digest_of_a_value_is_the_digest_of_its_bytes() -> None:
    assert canon.digest_of([1]) == canon.digest(b"[1]")


@pytest.mark.parametrize(
    ("value", "parts"), [(0.8, 800_000), (0.0, 0), (1.0, 1_000_000), (-0.25, -250_000), (2 / 3, 666_667)]
)
def test_fractions_travel_as_parts_per_million(value: float, parts: int) -> None:
    assert canon.ppm(value) == parts


def test_an_identifier_is_its_prefix_and_hexadecimal() -> None:
    assert canon.identifier("itm", bytes(13)) == "itm-" + "0" * 26


@given(st.binary(min_size=13, max_size=13), st.binary(min_size=13, max_size=13))
def test_identifiers_of_equal_length_differ_when_their_entropy_does(one: bytes, other: bytes) -> None:
    same = canon.identifier("itm", one) == canon.identifier("itm", other)
    assert same == (one == other)


@given(st.binary(min_size=13, max_size=40))
def test_an_identifier_fits_into_a_path_and_an_address(entropy: bytes) -> None:
    name = canon.identifier("itm", entropy)
    assert name.isascii()
    assert name.replace("-", "").isalnum()
    assert name == name.lower()
    assert len(name) <= len("itm-") + 26


def test_too_little_entropy_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 13 bytes of entropy, found 12"):
        canon.identifier("itm", bytes(12))
