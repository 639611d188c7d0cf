"""Decisions of an erasure, its certificate, and the regions and retention of contracts: tables of input and verdict."""

from dataclasses import replace
from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick import events
from tallystick.events.envelope import ENTRY_BYTES_MAX, Envelope, seal_entry
from tallystick.events.erasure import ErasureOrdered, ObjectsErased, ReleaseCopyErased
from tallystick.flow import erasure
from tallystick.flow.contract import Terms, has_ended, is_inside, is_region, refuse_export, refuse_reader
from tallystick.flow.erasure import Certified, Coverage, Wish
from tallystick.flow.refusal import Refused

DAY = date(2026, 11, 21)
TERMS = Terms(programme="care", retention_until=DAY, regions=("EU", "CH", "US-CA"))
INSIDE = {"DE": True, "DE-BY": True, "EU": True, "CH": True, "CH-ZH": True, "US-CA": True, "US": False, "GB": False}
REGIONS = {"DE": True, "US-CA": True, "EU": True, "de": False, "DEU": False, "D1": False, "US-": False}


@pytest.mark.parametrize("place", INSIDE)
def test_a_part_lies_in_its_country_and_a_member_in_the_union(place: str) -> None:
    assert is_inside(place, TERMS.regions) is INSIDE[place]
    assert is_inside(place, ("any",))


@pytest.mark.parametrize("code", REGIONS)
def test_a_region_is_a_code(code: str) -> None:
    assert is_region(code) is REGIONS[code]


def test_the_last_day_belongs_to_retention() -> None:
    assert not has_ended(DAY, DAY)
    assert has_ended(DAY, date(2026, 11, 22))


READERS = {
    ("2026-11-21", "DE"): None, ("2026-11-21", None): "region-missing", ("2026-11-21", "US"): "outside-regions",
    ("2026-11-22", "DE"): "retention-ended", ("2026-11-22", None): "retention-ended",
}  # fmt: skip


@pytest.mark.parametrize(("day", "region"), READERS)
def test_who_may_read(day: str, region: str | None) -> None:
    refused = refuse_reader(TERMS, date.fromisoformat(day), region)
    assert (refused.code if refused else None) == READERS[day, region]
    free = refuse_reader(replace(TERMS, regions=("any",)), DAY, region)
    assert free is None


EXPORTS = {
    ("2026-11-21", "FR"): None, ("2026-11-21", None): "destination-missing", ("2026-11-21", "x"): "destination-missing",
    ("2026-11-21", "GB"): "outside-regions", ("2026-11-22", "FR"): "retention-ended",
}  # fmt: skip


@pytest.mark.parametrize(("day", "place"), EXPORTS)
def test_where_a_release_may_go(day: str, place: str | None) -> None:
    refused = refuse_export(TERMS, date.fromisoformat(day), place)
    assert (refused.code if refused else None) == EXPORTS[day, place]


WISH = Wish(what="object", target="item:itm-1", reason="mistake")
FOUND = Coverage(scopes=(), objects=("obj-2", "obj-1"), items=("itm-1",), releases=("rel-1",))


def order(wish: Wish, found: Coverage | None, *, earlier: str | None = None) -> list[object] | Refused:
    made = erasure.order(
        wish, found, earlier=earlier, erasure="era-1", note=None, epoch=3, holders={"rel-1": ["client"]}
    )
    return made if isinstance(made, Refused) else [*made]


def test_an_order_names_what_it_takes() -> None:
    made = order(WISH, FOUND)
    assert not isinstance(made, Refused)
    first, parts, copy = made
    assert isinstance(first, ErasureOrdered)
    assert (first.objects, first.scopes, first.epoch) == (2, ["release:rel-1"], 3)
    assert first.objects_digest == erasure.digest_of(["obj-1", "obj-2"])
    assert parts == ObjectsErased(erasure="era-1", objects=["obj-1", "obj-2"])
    assert copy == ReleaseCopyErased(erasure="era-1", release="rel-1", holders=["client"])


SOURCE = Wish(what="source", target="run:run-1", reason="mistake")
REFUSED: dict[str, tuple[Wish, Coverage | None, str | None, str]] = {
    "twice": (WISH, FOUND, "era-0", "already-erased"),
    "nothing there": (WISH, None, None, "unknown-target"),
    "a source once": (SOURCE, FOUND, None, "needs-confirmation"),
    "a source with another name": (replace(SOURCE, confirmed="run:run-2"), FOUND, None, "needs-confirmation"),
    "no kind": (replace(WISH, what="x"), FOUND, None, "unknown-kind"),
    "no code": (replace(WISH, reason="x"), FOUND, None, "unknown-reason"),
    "no id": (replace(WISH, target="item:"), FOUND, None, "unknown-target"),
}


@pytest.mark.parametrize("releases", [0, erasure.SCOPES_MAX // 2])
def test_the_largest_order_fits_into_an_entry_and_one_more_is_refused(releases: int) -> None:
    made_of = tuple(f"rel-{n:026}" for n in range(releases))
    people = tuple(f"person:per-{n:026}" for n in range(erasure.SCOPES_MAX - 2 * releases))
    made = erasure.order(
        WISH, Coverage(scopes=people, objects=("obj-1",), releases=made_of), earlier=None, erasure="era-" + "1" * 26,
        note=None, epoch=3, holders={key: ["client"] for key in made_of},
    )  # fmt: skip
    assert not isinstance(made, Refused)
    body = events.body_of(made[0])
    seal_entry(
        Envelope(at=1, body=body, by="x" * 30, cmd="c" * 64, kind=made[0].KIND, n=1, req="r" * 64, role="lead", seq=1)
    )
    more = erasure.order(
        WISH, Coverage(scopes=(*people, "person:one-more"), objects=("obj-1",), releases=made_of), earlier=None,
        erasure="era-1", note=None, epoch=3, holders={key: ["client"] for key in made_of},
    )  # fmt: skip
    assert isinstance(more, Refused)
    assert more.code == erasure.TOO_MUCH


@pytest.mark.parametrize("why", REFUSED)
def test_an_order_is_refused(why: str) -> None:
    wish, found, earlier, code = REFUSED[why]
    refused = order(wish, found, earlier=earlier)
    assert isinstance(refused, Refused)
    assert refused.code == code


def test_a_source_with_its_name_twice_goes() -> None:
    assert not isinstance(order(replace(SOURCE, confirmed=SOURCE.target), FOUND), Refused)


@given(st.integers(0, 4000))
def test_every_part_fits_into_an_entry(number: int) -> None:
    ids = [f"obj-{n:026x}" for n in range(number)]
    parts = erasure.parts("era-" + "a" * 26, ids[::-1])
    assert [one for part in parts for one in part.objects] == ids
    for part in parts:
        envelope = Envelope(
            at=2**52, body=msgspec.Raw(events.body_of(part)), by="p" * 30, cmd="c" * 64, kind=part.KIND, n=2**52,
            req="r" * 64, role="lead", seq=2**52,
        )  # fmt: skip
        assert len(seal_entry(envelope)) <= ENTRY_BYTES_MAX


CERTIFIED = Certified(
    origin="cell.example", erasure="era-1", what="object", target="item:itm-1", ordered_at=1_700_000_000_000_000,
    ordered_seq=7, objects=2, objects_digest="d" * 64, epochs=((3, 1_700_000_100_000_000),),
    final_at=1_700_000_100_000_000, releases=("rel-1", "rel-2"), custody="pkcs11", is_development=False,
)  # fmt: skip


def test_a_certificate_reads_back() -> None:
    text = erasure.certificate(CERTIFIED)
    found = erasure.read_certificate(text)
    assert found["release"] == ["rel-1", "rel-2"]
    assert found["ordered"] == ["1700000000000000 2023-11-14T22:13:20Z"]
    assert found["epoch"] == ["3 destroyed 1700000100000000 2023-11-14T22:15:00Z"]
    assert found["limit"] == erasure.limits(CERTIFIED)
    weak = erasure.limits(replace(CERTIFIED, is_development=True))
    assert len(weak) == len(found["limit"]) + 1


@pytest.mark.parametrize("text", ["", "tallystick/erasure/v2\n", f"{erasure.CERTIFICATE}\nalone\n"])
def test_what_is_no_certificate_says_so(text: str) -> None:
    with pytest.raises((ValueError, IndexError)):
        erasure.read_certificate(text)
