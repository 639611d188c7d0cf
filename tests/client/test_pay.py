"""Pay over the API with the typed client: everything that a screen does, and the same bytes."""

from hashlib import sha256
from pathlib import Path

import pytest
from history_experts import PAY
from living_cell import PROGRAMME, contract_text
from served import InProcess, Served, served_at

from tallystick.app import contract
from tallystick.app.access import Actor
from tallystick.app.kernel import new_key
from tallystick.client import Absent, Client, Conflict, Refused


def client_of(served: Served, actor: Actor) -> Client:
    transport = InProcess(served.site)
    return Client("http://testserver", token=served.token(actor), transport=transport, pause=lambda _: None)


def refused_by_name(lead: Client) -> None:
    """A period that the calendar lacks, and a login for a person, are told as that."""
    for absent in ("2023-13", "2023-W60"):
        with pytest.raises(Refused, match="which is none") as bad:
            lead.programme_pay(PROGRAMME, period=absent)
        assert bad.value.code == "bad-period"
    with pytest.raises(Refused, match="A login is no id"):
        lead.statement_of(PROGRAMME, "vera")


def test_pay_from_terms_to_files(sqlite_url: str, tmp_path: Path) -> None:
    with served_at(sqlite_url, tmp_path / "cell") as served:
        world = served.world
        world.work(3)
        expert, other = world.expert(), world.expert()
        text = contract_text("1.1.0") + PAY
        done = contract.bring_into_force(world.cell, world.lead, text=text, name="contract.yaml", key=new_key())
        assert isinstance(done, contract.ContractInForce), done
        with client_of(served, expert) as mine:
            with pytest.raises(Conflict) as waits:
                mine.next_task(PROGRAMME)
            assert (waits.value.code, list(waits.value.names)) == ("terms-not-accepted", [PROGRAMME])
            terms = mine.pay_terms(PROGRAMME)
            assert (terms.currency, terms.decimals, terms.floor_hourly, terms.is_accepted) == ("JPY", 0, 3000, False)
            with pytest.raises(Conflict):
                mine.accept_pay_terms(PROGRAMME, "0" * 64)
            mine.accept_pay_terms(PROGRAMME, terms.terms)
            assert mine.pay_terms(PROGRAMME).is_accepted
            given = world.judge(expert)
            (now,) = mine.my_pay()
            assert (now.earned, now.acts, now.floor_hourly) == (10, 1, 3000)
            stated = mine.my_statement(PROGRAMME)
            assert [(line.subject, line.amount) for line in stated.lines] == [(given.judgment, 10)]
            with pytest.raises(Absent):
                mine.programme_pay(PROGRAMME)
            with pytest.raises(Absent):
                mine.statement_of(PROGRAMME, expert.person)
        with client_of(served, other) as stranger:
            assert stranger.my_pay() == []
            assert stranger.my_statement(PROGRAMME).lines == []
        with client_of(served, world.lead) as lead:
            lead.add_pay(PROGRAMME, expert.person, 5, "The page had failed.", reference=stated.lines[0].seq)
            assert lead.statement_of(PROGRAMME, expert.person).additions[0].reason == "The page had failed."
            week = lead.programme_pay(PROGRAMME).period
            with pytest.raises(Conflict):
                lead.close_pay_period(PROGRAMME, week)
        world.clock.pass_minutes(8 * 24 * 60)
        served.forget(world.lead)  # sessions do not last so long
        with client_of(served, world.lead) as lead:
            closed = lead.close_pay_period(PROGRAMME, week)
            assert (closed.people, closed.earned, closed.added, closed.payable) == (1, 10, 5, 15)
            with pytest.raises(Absent):
                lead.pay_file(PROGRAMME, week, "lines.csv")
            out = lead.export_pay(PROGRAMME, week)
            for name, digest in (("lines.csv", out.lines_digest), ("summary.csv", out.summary_digest)):
                assert sha256(lead.pay_file(PROGRAMME, week, name)).hexdigest() == digest
            refused_by_name(lead)
            told = lead.programme_pay(PROGRAMME, period=week)
            assert (told.state, [one.state for one in told.periods]) == ("closed", ["going on", "closed"])
