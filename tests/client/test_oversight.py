"""Looks, receipts, keys, releases and the log with the typed client: what pages show, a program reads, too."""

from pathlib import Path

import pytest
from living_cell import PROGRAMME, contract_text, item_row, jsonl
from served import InProcess, Served, served_at

from tallystick.app.access import Actor
from tallystick.client import Client, Conflict, Refused


def client_of(served: Served, actor: Actor) -> Client:
    transport = InProcess(served.site)
    return Client("http://testserver", token=served.token(actor), transport=transport, pause=lambda _: None)


def test_a_program_reads_who_looked_and_its_receipts(sqlite_url: str, tmp_path: Path) -> None:
    with served_at(sqlite_url, tmp_path / "cell") as served:
        world = served.world
        world.work(1)
        expert = world.expert()
        item = world.judge(expert).item
        with client_of(served, world.lead) as lead, client_of(served, expert) as judge:
            lead.record(item, reason="audit")
            looks = lead.accesses(subject=item).accesses
            assert (looks[0].what, looks[0].reason, looks[0].by) == ("record", "audit", world.lead.person)
            assert lead.accesses(subject=item, by=expert.person, words=True).accesses[0].reason == "assignment"
            mine = judge.own_accesses().accesses
            assert [(look.role, look.by) for look in mine if look.subject == item] == [("lead", "")]
            receipts = judge.own_receipts()
            assert "judgment-submitted/1" in [one.kind for one in receipts]
            assert receipts == sorted(receipts, key=lambda one: -one.seq)
            assert judge.own_receipts(before=receipts[-1].seq) == []
            keys = lead.custody()
            assert (keys.is_development, keys.is_answering) == (True, True)
            assert [key.state for key in keys.log_keys] == ["active"]


def test_a_program_unblinds_and_reads_a_release(sqlite_url: str, tmp_path: Path) -> None:
    with served_at(sqlite_url, tmp_path / "cell") as served:
        world = served.world
        world.work(4)
        for expert in (world.expert(), world.expert()):
            for _ in range(4):
                world.judge(expert)
        assert world.measure().decision == "pass"
        with client_of(served, world.lead) as lead:
            item = lead.items(PROGRAMME, state="complete").items[0].item
            assert lead.record(item, reason="review").erased is None
            assert lead.unblind(item, reason="comparing two releases").events == 1
            made = lead.cut_release(PROGRAMME, name="set", version="1.0.0", use="train")
            found = lead.release(made.release)
            assert (found.release.state, found.waits, found.erased, found.lost) == ("built", None, None, [])
            lead.erase("object", f"item:{item}", reason="mistake")
            assert "under erasure" in (lead.record(item, reason="review").erased or "")
            gone = lead.release(made.release)
            assert "under erasure" in (gone.erased or "")
            assert gone.lost


def test_a_program_says_where_a_release_goes(database_url: str, tmp_path: Path) -> None:
    with served_at(database_url, tmp_path / "cell") as served:
        world = served.world
        world.work(1)
        for expert in (world.expert(), world.expert()):
            world.judge(expert)
        with client_of(served, world.lead) as lead:
            made = lead.cut_release(PROGRAMME, name="set", version="1.0.0", use="train")
            assert lead.release(made.release).regions == []
            plain = lead.release_file(made.release, "manifest.json")
            lead.bring_into_force(contract_text("1.1.0").replace("regions: [any]", "regions: [EU, CH]"))
            lead.declare_region(world.lead.person, "CH")
            found = lead.release(made.release)
            assert (found.regions, (found.manifest or {})["name"]) == (["EU", "CH"], "set")
            with pytest.raises(Refused) as missing:
                lead.release_file(made.release, "manifest.json")
            with pytest.raises(Conflict) as outside:
                lead.release_file(made.release, "manifest.json", destination="US")
            assert (missing.value.code, outside.value.code) == ("destination-missing", "outside-regions")
            assert lead.release_file(made.release, "manifest.json", destination="FR") == plain


def test_a_program_reads_the_log_and_agreement_by_slice(sqlite_url: str, tmp_path: Path) -> None:
    with served_at(sqlite_url, tmp_path / "cell") as served:
        world = served.world
        world.work(2)
        first, second = world.expert(), world.expert()
        world.judge(first)
        item = world.judge(second, "b_clearly").item
        world.cell.seal()
        with client_of(served, world.lead) as lead:
            log = lead.log()
            assert (log.witnesses.quorum, log.witnesses.witnesses, log.witnesses.alarms) == (None, [], [])
            assert [one.seq for one in lead.log(before=5).recent] == [4, 3, 2, 1, 0]
            assert lead.log_file("checkpoint").decode() == lead.checkpoint() == log.checkpoint
            found = lead.slices(PROGRAMME, by="criterion")
            assert (found.by, [one.name for one in found.slices][:1]) == ("criterion", ["general: reasoning"])
            assert found.slices[0].agreement.n_judgments >= 2
            with pytest.raises(Refused) as axis:
                lead.slices(PROGRAMME, by="colour")
            assert axis.value.code == "unknown-axis"
            assert len(lead.accesses(limit=1).accesses) == 1
            report = lead.import_items(PROGRAMME, jsonl([item_row("z"), {"id": "y"}]), name="i.jsonl", batch="pilot")
            bad = lead.import_problems(report.run)
            assert [(one.line, one.path) for one in bad] == [(one.line, one.path) for one in report.problems] != []
            (open_one,) = lead.disagreements(PROGRAMME).disagreements
            assert open_one.item == item
            assert len(lead.case(item, reason="audit").judgments) == 2


def test_an_unsent_answer_to_a_gold_item_is_kept(sqlite_url: str, tmp_path: Path) -> None:
    with served_at(sqlite_url, tmp_path / "cell") as served:
        expert = served.world.person("Vera", "expert")
        with client_of(served, served.world.lead) as lead:
            lead.execute_contract(expert.person, "terms", executed_at=1, ip_assigned_at=1)
        with client_of(served, expert) as client:
            begun = client.start_qualification(PROGRAMME, "general")
            task = client.gold_task(begun.qualification)
            client.save_gold_draft(begun.qualification, task.item, {"verdict": "tie"})
            assert client.gold_task(begun.qualification).draft == {"verdict": "tie"}
