"""Taking a release from its page: where its contract names regions, the page asks where it goes and remembers it."""

import re
from urllib.parse import quote

import pytest
from living_cell import PROGRAMME, contract_text
from served import Served
from web.visitor import Visitor

from tallystick.app import contract, release, roster
from tallystick.app.kernel import new_key
from tallystick.app.release import Made
from tallystick.flow.refusal import Refused
from tallystick.flow.release import Wish

LAST_DAY = "2023-11-14"  # the day of the tests' clock
SOON = 2 * 60  # minutes: past midnight
HOSTILE = (
    "Germany", "de", "D", "\x00", "DE-ABCD", "E" * 5000, "DE&destination=US", "DE\r\nX-Evil: 1", "ÄÖ", "../..",
    """"'><script>alert(1)</script>""", "{{ 7 * 7 }}",
)  # fmt: skip


@pytest.fixture
def place(served: Served) -> str:
    """The page of a release."""
    served.world.work(1)
    for _ in range(2):
        served.world.judge(served.world.expert())
    wish = Wish(programme=PROGRAMME, name="plain", version="1.0.0", use="train", batches=None)
    made = release.cut(served.world.cell, served.world.lead, wish, key=new_key())
    assert isinstance(made, Made), made
    return f"/releases/{made.release}"


def revise(served: Served, old: str, new: str) -> None:
    text = contract_text("1.1.0").replace(old, new)
    assert text != contract_text("1.1.0")
    done = contract.bring_into_force(served.world.cell, served.world.lead, text=text, name="c.yaml", key=new_key())
    assert isinstance(done, contract.ContractInForce), done


def in_europe(served: Served, *, lead: str = "CH") -> None:
    """The contract names regions from now on. The lead is in one of them, or nobody says where."""
    revise(served, "regions: [any]", "regions: [EU, CH]")
    if lead:
        world = served.world
        done = roster.declare_region(world.cell, world.lead, world.lead.person, region=lead, key=new_key())
        assert not isinstance(done, Refused)


def files(text: str, place: str) -> list[str]:
    """The addresses of files that a page leads to."""
    return re.findall(rf'href="({place}/files/[^"]+)"', text)


def test_where_anywhere_will_do_the_page_asks_nothing(served: Served, place: str) -> None:
    lead = Visitor(served, served.world.lead)
    page = lead.get(place).text
    assert "destination" not in page
    links = files(page, place)
    assert f"{place}/files/data/records.jsonl" in links
    assert all("?" not in link for link in links)
    assert {lead.get(link).status_code for link in links} == {200}
    assert files(lead.get(f"{place}?destination=DE").text, place) == links


def test_where_regions_are_named_the_page_asks_and_remembers(served: Served, place: str) -> None:
    in_europe(served)
    lead = Visitor(served, served.world.lead)
    first = lead.get(place)
    assert first.status_code == 200
    assert files(first.text, place) == []
    assert 'role="alert"' not in first.text
    assert "The contract keeps this data in EU, CH." in first.text
    assert "--destination REGION" in first.text
    assert re.search(rf'<form [^>]*method="get" action="{place}">', first.text)
    assert re.search(r'<input id="destination" name="destination" type="text" value="" ', first.text)
    asked = lead.get(f"{place}?destination=+FR")
    assert asked.status_code == 200
    assert 'name="destination" type="text" value="FR"' in asked.text
    assert "--as LOGIN --destination FR" in asked.text
    links = files(asked.text, place)
    assert f"{place}/files/data/records.jsonl?destination=FR" in links
    assert all(link.endswith("?destination=FR") for link in links)
    for link in links:
        found = lead.get(link)
        assert (found.status_code, found.headers["content-disposition"][:10]) == (200, "attachment")


def test_a_wrong_region_is_said_in_place_with_what_to_do(served: Served, place: str) -> None:
    in_europe(served)
    lead = Visitor(served, served.world.lead)
    expected = (
        ("US", 409, "US is outside: nothing was exported.", "Name a region inside them"),
        ("europe", 422, "name the region that it goes to", "Type the region below"),
    )
    for typed, status, said, todo in expected:
        for address in (place, f"{place}/files/manifest.json"):
            page = lead.get(f"{address}?destination={typed}")
            assert page.status_code == status
            assert page.headers["content-type"].startswith("text/html")
            assert page.text.count('role="alert"') == 1
            assert files(page.text, place) == []
            for part in (said, todo, 'href="#destination"', f'type="text" value="{typed}"', 'aria-invalid="true"'):
                assert part in page.text


def test_an_address_without_a_region_leads_to_the_question(served: Served, place: str) -> None:
    """Somebody kept the address of a file from before the contract named regions."""
    in_europe(served)
    page = Visitor(served, served.world.lead).get(f"{place}/files/manifest.json")
    assert page.status_code == 422
    assert 'role="alert"' in page.text
    assert f'method="get" action="{place}"' in page.text


def test_whatever_is_typed_opens_nothing_and_stays_text(served: Served, place: str) -> None:
    in_europe(served)
    lead = Visitor(served, served.world.lead)
    for typed in HOSTILE:
        for address in (place, f"{place}/files/manifest.json"):
            page = lead.get(f"{address}?destination={quote(typed, safe='')}")
            assert (page.status_code, typed) == (400 if "\x00" in typed else 422, typed)
            assert files(page.text, place) == []
            assert "<script>alert" not in page.text
            assert "X-Evil" not in page.headers
            assert "E" * 100 not in page.text


def test_the_last_of_two_regions_counts_for_page_and_file(served: Served, place: str) -> None:
    in_europe(served)
    lead = Visitor(served, served.world.lead)
    for address in (place, f"{place}/files/manifest.json"):
        assert lead.get(f"{address}?destination=DE&destination=US").status_code == 409
        assert lead.get(f"{address}?destination=US&destination=DE").status_code == 200


def test_who_is_elsewhere_is_told_so_whatever_they_type(served: Served, place: str) -> None:
    in_europe(served, lead="")
    page = Visitor(served, served.world.lead).get(f"{place}?destination=DE")
    assert page.status_code == 409
    assert "no region is declared for you: ask the lead to declare it." in page.text
    assert files(page.text, place) == []
    assert 'href="#destination"' not in page.text


def test_after_its_retention_there_is_nothing_to_ask(served: Served, place: str) -> None:
    text = contract_text("1.1.0").replace("regions: [any]", "regions: [EU]")
    text = re.sub(r"retention_until: \S+", f"retention_until: {LAST_DAY}", text)
    world = served.world
    done = contract.bring_into_force(world.cell, world.lead, text=text, name="c.yaml", key=new_key())
    assert isinstance(done, contract.ContractInForce), done
    world.clock.pass_minutes(SOON)
    lead = Visitor(served, world.lead)
    page = lead.get(place)
    assert page.status_code == 200
    assert f"ended on {LAST_DAY}" in page.text
    assert (files(page.text, place), 'name="destination"' in page.text) == ([], False)
    assert lead.get(f"{place}/files/manifest.json?destination=DE").status_code == 422


def test_nobody_without_the_right_to_read_releases_sees_the_question(served: Served, place: str) -> None:
    expert = Visitor(served, served.world.expert())
    in_europe(served)
    for rest in ("?destination=DE", "/files/manifest.json", "/files/manifest.json?destination=DE"):
        page = expert.get(f"{place}{rest}")
        assert page.status_code == 404
        assert "destination" not in page.text
