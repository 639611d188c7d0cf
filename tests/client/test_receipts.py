"""What the client keeps: each receipt on disk before the call returns, verified, and never written over."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from living_cell import PROGRAMME
from sealed_cell import SIGNER
from served import InProcess, Served, served_at

from tallystick.audit.receipt import Verdict, check_receipts, read_files
from tallystick.client import Client, Judgment, KeptReceipts, Points, Reason, ReceiptNotGood
from tallystick.ledger.note import parse_vkey

JUDGMENT = Judgment(
    verdict="a_clearly",
    scores={"reasoning": Points(4, 3), "concision": Points(4, 3)},
    reasons=[Reason(criterion="reasoning", text="The first one follows.")],
)


@pytest.fixture
def served(sqlite_url: str, tmp_path: Path) -> Iterator[Served]:
    """A served cell with work."""
    with served_at(sqlite_url, tmp_path / "cell") as served:
        served.world.work(2)
        yield served


def client_of(served: Served, kept: KeptReceipts) -> Client:
    token = served.token(served.world.expert())
    return Client("http://testserver", token=token, transport=InProcess(served.site), receipts=kept)


def test_receipt_is_on_disk_when_the_call_returns(served: Served, tmp_path: Path) -> None:
    kept = KeptReceipts(tmp_path / "kept", vkeys=[served.world.cell.signer.vkey])
    with client_of(served, kept) as client:
        places = []
        while task := client.next_task(PROGRAMME):
            places.append(client.submit(task.assignment, JUDGMENT).seq)
            assert [file.index for file in kept.all()] == places
        assert len(places) == 2
        client.signed_receipt(places[0])
    (path,) = kept.files()
    assert path.parent.name == "tests%2Einvalid%2Fcell"
    assert (path.stat().st_mode & 0o777, kept.problems()) == (0o600, [])
    served.world.cell.seal()
    key = parse_vkey(served.world.cell.signer.vkey)
    reports = check_receipts(list(read_files([path])), served.world.cell.log_directory, [key], with_counts=True)
    assert {report.verdict for report in reports} == {Verdict.IN_LOG}


def test_receipt_that_proves_nothing_is_said_and_kept(served: Served, tmp_path: Path) -> None:
    kept = KeptReceipts(tmp_path / "kept", vkeys=[SIGNER.vkey])
    with client_of(served, kept) as client:
        task = client.next_task(PROGRAMME)
        assert task is not None
        with pytest.raises(ReceiptNotGood, match="that the log key signed"):
            client.submit(task.assignment, JUDGMENT)
        assert client.task(task.assignment).state == "judged"
    assert len(kept.all()) == 1
    assert len(kept.problems()) == 1


def test_torn_receipt_takes_no_other_along(served: Served, tmp_path: Path) -> None:
    kept = KeptReceipts(tmp_path / "kept")
    with client_of(served, kept) as client:
        while task := client.next_task(PROGRAMME):
            client.submit(task.assignment, JUDGMENT)
    (path,) = kept.files()
    text = path.read_text()
    path.write_text(text[: len(text) // 2 - 200] + text[len(text) // 2 :])
    assert len(kept.all()) >= 1
    path.write_text(text[:-300])
    first = kept.all()[0]
    assert text.startswith(first.text())
