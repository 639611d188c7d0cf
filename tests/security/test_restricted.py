"""Restricted items are absent for who has no clearance (4.7, 5.2), and nobody learns what others leave out (4.6)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from history_experts import PAY
from living_cell import PROGRAMME, contract_text
from restricted_work import SENIOR
from security.planted import MARK, Planted, planted_at

from tallystick.app import contract, routing, welfare
from tallystick.app.kernel import new_key
from tallystick.events.envelope import open_entry
from tallystick.flow.refusal import Refused

ROLES = ("lead", "researcher", "auditor", "expert", "adjudicator")
NO_ITEM = {"NAME", "WORDS", "REPORT", "ISSUER", "EVIDENCE", "POINTED", "SAID", "ADDED"}
"""Marks of people and what is said of them, of words beside a look, and of bad rows: they show nothing of an item."""
ZONE = "Pacific/Chatham"
"""Stands beside what somebody left out, in the same object of the vault, and nowhere else."""
KIND = "grim_things"
SECTION = f"welfare: {{categories: {{{KIND}: {{warning: It is grim., minutes_daily_max: 720}}}}}}\n"


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planted]:
    folder = tmp_path_factory.mktemp("restricted")
    with planted_at(f"sqlite+pysqlite:///{folder / 'cell.db'}", folder / "cell") as made:
        world = made.world
        text = contract_text("1.2.0").replace("risk: medium", "risk: restricted") + "routing: {}\n" + SECTION + SENIOR
        text = (text + PAY).replace("Terms changed", "Tiers changed").replace("The plan changed", "The risk changed")
        done = contract.bring_into_force(world.cell, world.lead, text=text, name="c.yaml", key=new_key())
        assert isinstance(done, contract.ContractInForce), done
        saved = welfare.save_settings(world.cell, made.cast["expert"], opted_out=[KIND], time_zone=ZONE, key=new_key())
        assert not isinstance(saved, Refused), saved
        yield made


def named(planted: Planted, path: str, role: str) -> str:
    """The path with every name filled in: of what is really there, or of nothing."""
    missing = {name: "nothing" for name in re.findall(r"\{(\w+)", path) if name not in planted.names["all"]}
    planted.names["all"] |= missing
    return planted.address(path, role)


@dataclass(frozen=True, slots=True)
class Toured:
    """What all addresses that are asked with GET show to one role.

    marks  address: the marks of items on it
    zoned  addresses on which the time zone of another stands
    """

    marks: dict[str, set[str]]
    zoned: list[str]


TOURED: dict[str, Toured] = {}


def toured(planted: Planted, role: str) -> Toured:
    """What a role is shown; each role walks once."""
    if role not in TOURED:
        TOURED[role] = _walk(planted, role)
    return TOURED[role]


def _walk(planted: Planted, role: str) -> Toured:
    """Walk every address once, those of items and batches with a reason for looking too."""
    marks, zoned = {}, []
    for name, rule in planted.served.site.rules.items():
        path = name.removeprefix("GET ")
        if path == name:
            continue
        address, kind = named(planted, path, role), "page" if rule.kind == "page" else "api"
        for one in (address, f"{address}?reason=review")[: 1 + ("{" in path)]:
            text = planted.hear(role, "GET", one, kind=kind).response.text
            found = {mark for mark in MARK.findall(text) if mark.split("-")[1] not in NO_ITEM}
            if found:
                marks[one] = found
            if ZONE in text and "settings" not in one:
                zoned.append(one)
    return Toured(marks, zoned)


def clear(planted: Planted, role: str) -> str:
    until = planted.world.clock() + 60_000_000
    done = routing.grant(
        planted.world.cell, planted.world.lead, planted.cast[role].person, programme=PROGRAMME, until=until,
        reason="They look into a report.", key=new_key(),
    )  # fmt: skip
    assert isinstance(done, routing.Granted), done
    return done.clearance


@pytest.mark.parametrize("role", ROLES)
def test_no_route_shows_anything_of_a_restricted_item_without_a_clearance(planted: Planted, role: str) -> None:
    assert toured(planted, role).marks == {}


@pytest.mark.parametrize("role", [role for role in ROLES if role != "expert"])
def test_no_page_and_no_answer_tells_others_what_somebody_left_out(planted: Planted, role: str) -> None:
    """The settings are one object: wherever it were opened for somebody else, the time zone would stand there, too."""
    assert toured(planted, role).zoned == []


def test_lists_do_not_name_it_and_a_guessed_address_is_absent(planted: Planted) -> None:
    item = planted.names["all"]["item"]
    api = f"/api/v1/programmes/{PROGRAMME}"
    for role in ("lead", "researcher", "auditor"):
        for path in (f"{api}/items", f"{api}/disagreements", f"{api}/disagreements?state=settled"):
            assert item not in planted.hear(role, "GET", path, kind="api").response.text
        one, other = (
            planted.hear(role, "GET", f"/api/v1/items/{name}?reason=review", kind="api").response
            for name in (item, "itm-guessed")
        )
        assert (one.status_code, one.text) == (404, other.text)


def test_a_release_that_holds_it_offers_no_file_without_a_clearance(planted: Planted) -> None:
    place = planted.address("/releases/{release_id}", "auditor")
    page = planted.hear("auditor", "GET", place, kind="page").response
    assert page.status_code == 200
    assert "/files/" not in page.text
    assert "release export" not in page.text
    assert "clearance" in page.text


def test_a_clearance_opens_it_every_look_is_an_event_and_its_end_closes_it(planted: Planted) -> None:
    """Or the tests above would find nothing because there is nothing."""
    path = f"/api/v1/items/{planted.names['all']['item']}?reason=review"
    for ending in ("expiry", "revocation"):
        clearance = clear(planted, "researcher")
        heard = planted.hear("researcher", "GET", path, kind="api")
        assert MARK.findall(heard.response.text) != []
        assert planted.complaints("researcher", heard) == []
        if ending == "expiry":
            planted.world.clock.pass_minutes(2)
        else:
            gone = routing.revoke(
                planted.world.cell, planted.world.lead, clearance, reason="The report is closed.", key=new_key()
            )
            assert not isinstance(gone, Refused)
        assert planted.hear("researcher", "GET", path, kind="api").response.status_code == 404


def test_nobody_clears_themselves_or_without_a_reason_and_an_end(planted: Planted) -> None:
    world = planted.world
    wanted = {"programme": PROGRAMME, "until": world.clock() + 1, "reason": "They look into a report."}
    for change, code in (({}, "own-clearance"), ({"reason": "so"}, "reason-missing"), ({"until": 1}, "bad-expiry")):
        who = world.lead.person if code == "own-clearance" else planted.cast["auditor"].person
        done = routing.grant(world.cell, world.lead, who, key=new_key(), **(wanted | change))  # type: ignore[arg-type]  # by name
        assert isinstance(done, Refused)
        assert done.code == code


def test_its_owner_is_shown_it(planted: Planted) -> None:
    heard = planted.hear("expert", "GET", "/api/v1/me/settings", kind="api")
    assert (heard.response.json()["opted_out"], heard.response.json()["time_zone"]) == ([KIND], ZONE)
    assert planted.complaints("expert", heard) == []


def test_the_journal_says_that_settings_were_saved_and_not_which(planted: Planted) -> None:
    """Whoever reads the log cannot tell leaving out from taking on again: equal entries, of equal length."""
    world = planted.world
    for opted_out, zone in (([], "UTC"), ([KIND], ZONE)):
        welfare.save_settings(world.cell, planted.cast["second"], opted_out=opted_out, time_zone=zone, key=new_key())
    with world.cell.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT entry FROM journal WHERE kind = 'own-settings-saved/1'").all()
    entries = [bytes(row[0]) for row in rows]
    assert len({len(open_entry(entry).body) for entry in entries}) == 1
    assert not any(KIND.encode() in entry or ZONE.encode() in entry for entry in entries)
