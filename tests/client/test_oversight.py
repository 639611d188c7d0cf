"""Looks, receipts, keys and releases with the typed client: what pages show, a program reads, too."""

from pathlib import Path

from living_cell import PROGRAMME
from served import InProcess, Served, served_at

from tallystick.app.access import Actor
from tallystick.client import Client


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
