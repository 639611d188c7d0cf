"""Between commit and seal an administrator can do what they like, and the log is green: the expert's receipt tells."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from living_cell import World, answer_of, world_at
from security.administrator import Administrator

from tallystick.app import judgment, oversight, receipt
from tallystick.app.access import Actor
from tallystick.app.judgment import Saved
from tallystick.app.kernel import CLOCK_US, new_key
from tallystick.audit.log import Status, verify_log
from tallystick.audit.receipt import ReceiptReport, Verdict, check_receipts
from tallystick.events.judgment import JudgmentSubmitted
from tallystick.flow.refusal import Refused
from tallystick.ledger.note import parse_vkey
from tallystick.ledger.receipt import parse_receipt


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    """A sealed cell with two experts and work for both; who administers it is somebody else."""
    with world_at(database_url, tmp_path / "cell") as world:
        world.work(4)
        world.expert()
        world.expert()
        world.cell.seal()
        yield world


def held(world: World, actor: Actor, saved: Saved) -> str:
    """The receipt that the answer to a submission brought along."""
    given = receipt.given(world.cell, actor, saved.receipt, JudgmentSubmitted.KIND)
    assert given.text is not None
    return given.text


def look_green(world: World) -> None:
    """All that the cell itself, and the log, can be asked finds nothing."""
    cell = world.cell
    cell.sealing.close()
    cell.__post_init__()  # as after a restart, which the administrator sees to
    cell.seal()
    assert oversight.check(cell).differences == ()
    assert verify_log(cell.log_directory, cell.signer.vkey).status is Status.OK


def verdicts(world: World, *texts: str) -> list[ReceiptReport]:
    key = parse_vkey(world.cell.signer.vkey)
    return check_receipts([(f"r{n}", text) for n, text in enumerate(texts)], world.cell.log_directory, [key])


def test_honest_cell_shows_every_receipt_in_its_log(world: World) -> None:
    first, second = world.experts
    texts = [held(world, actor, world.judge(actor)) for actor in (first, second, first)]
    assert [report.verdict for report in verdicts(world, *texts)] == [Verdict.NOT_DUE] * 3
    look_green(world)
    assert [report.verdict for report in verdicts(world, *texts)] == [Verdict.IN_LOG] * 3


def test_rows_cut_off_before_sealing_are_proven_by_who_submitted_them(world: World) -> None:
    first, _ = world.experts
    early, late = world.judge(first), world.judge(first)
    texts = [held(world, first, early), held(world, first, late)]
    world.clock.pass_minutes(1)
    Administrator(world.cell).cut(early.receipt.first_seq)
    world.person("Somebody new", "expert")
    look_green(world)
    replaced, truncated = verdicts(world, *texts)
    assert (replaced.verdict, truncated.verdict) == (Verdict.REPLACED, Verdict.TRUNCATED)
    assert truncated.index is not None
    assert truncated.index >= world.cell.seal()
    for report in (replaced, truncated):
        assert parse_vkey(world.cell.signer.vkey).label in (report.against or "")
        assert report.proof is not None


def test_cut_is_not_shown_before_the_log_goes_on(world: World) -> None:
    first, _ = world.experts
    saved = world.judge(first)
    text = held(world, first, saved)
    Administrator(world.cell).cut(saved.receipt.first_seq)
    look_green(world)
    assert [report.verdict for report in verdicts(world, text)] == [Verdict.NOT_DUE]


def place_of(saved: Saved) -> int:
    facts = enumerate(saved.receipt.facts, saved.receipt.first_seq)
    return next(place for place, fact in facts if isinstance(fact, JudgmentSubmitted))


def turn_round(body: dict[str, object]) -> None:
    body["verdict"] = "b_clearly"


def test_verdict_edited_before_sealing_is_proven(world: World) -> None:
    first, _ = world.experts
    saved = world.judge(first)
    text = held(world, first, saved)
    seq = place_of(saved)
    Administrator(world.cell).edit(seq, turn_round)
    look_green(world)
    (report,) = verdicts(world, text)
    assert report.verdict is Verdict.REPLACED
    assert '"verdict":"b_clearly"' in (report.entry or "")
    assert '"verdict":"a_clearly"' not in (report.entry or "")


def test_history_signed_again_with_the_log_key_is_proven(world: World) -> None:
    first, _ = world.experts
    saved = world.judge(first)
    text = held(world, first, saved)
    world.cell.seal()
    assert verdicts(world, text)[0].verdict is Verdict.IN_LOG
    administrator = Administrator(world.cell)
    seq = place_of(saved)
    administrator.edit(seq, turn_round)
    administrator.forget_the_log()
    look_green(world)
    assert verdicts(world, text)[0].verdict is Verdict.REPLACED


def test_a_copy_of_the_log_that_somebody_damaged_convicts_nobody(world: World) -> None:
    first, _ = world.experts
    saved = world.judge(first)
    text = held(world, first, saved)
    world.cell.seal()
    for path in world.cell.log_directory.rglob("tile/0/**/*"):
        if path.is_file():
            path.write_bytes(bytes(len(path.read_bytes())))
    assert verdicts(world, text)[0].verdict is Verdict.COULD_NOT_CHECK


def test_clock_set_back_or_forward_moves_no_receipt_back(world: World) -> None:
    """Journal time never decreases, and a promise is bounded from it: a clock can only make it later."""
    first, second = world.experts
    before = receipts_at(world, first)
    world.clock.at -= CLOCK_US // 2
    back = receipts_at(world, second)
    assert back == before
    world.clock.at += CLOCK_US
    forward = receipts_at(world, first)
    world.clock.at -= CLOCK_US // 2
    again = receipts_at(world, second)
    assert before[0] < forward[0] == again[0]
    assert all(seal_by - at == 60_000_000 for at, seal_by in (before, back, forward, again))
    look_green(world)


def test_clock_set_far_back_takes_no_submission(world: World) -> None:
    first, _ = world.experts
    task = world.task(first)
    world.clock.at -= 2 * CLOCK_US
    refused = judgment.submit(world.cell, first, task.assignment, answer_of(), key=new_key())
    assert isinstance(refused, Refused)
    assert refused.code == "clock-behind"


def receipts_at(world: World, actor: Actor) -> tuple[int, int]:
    """Time and deadline of the receipt of one more judgment."""
    found = verdicts(world, held(world, actor, world.judge(actor)))[0]
    assert found.at is not None
    assert found.seal_by is not None
    return found.at, found.seal_by


def test_receipt_does_not_tell_that_a_judgment_divides_its_item(world: World) -> None:
    """Its size, its path and the deadline are the same whether a disagreement opens behind the judgment or not."""
    first, last = world.experts
    shapes = []
    for verdict in ("a_clearly", "b_clearly"):
        world.judge(first, "a_clearly")
        file = parse_receipt(held(world, last, world.judge(last, verdict)))
        promise = file.verify([parse_vkey(world.cell.signer.vkey)])
        shapes.append((promise.count, len(file.path), promise.first_seq - file.index))
    assert shapes[0] == shapes[1] == (1, 0, 0)
