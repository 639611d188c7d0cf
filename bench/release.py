"""How fast a release is built, checked and built again. Run: .venv/bin/python bench/release.py [--items N].

Makes a journal of N items with three judgments each, by hand and without a cell, in a temporary folder; prints a table.
"""

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from bundle.made_release import sealed
from bundle.small_journal import RELEASE, SIGNER, SmallJournal, built_event

from tallystick.audit.release import Status, verify_release
from tallystick.bundle import build, rebuild, write_proofs
from tallystick.ledger.reader import LogReader

T = TypeVar("T")


def journal_of(items: int) -> SmallJournal:
    """Two batches; every fourth item is a tie, the rest alternate."""
    made = SmallJournal()
    made.begin()
    for batch, domain, share in (("med", "medical", items - items // 10), ("soft", "software", items // 10)):
        made.batch(batch, domain)
        for number in range(share):
            verdict = "tie" if number % 4 == 3 else "a_clearly" if number % 2 else "b_slightly"
            made.item(f"{batch}-{number}", batch, domain)
            made.judge(f"{batch}-{number}", batch, domain, verdicts=[verdict] * 3)
        made.measure(batch, domain, incomplete=0)
    made.batch("law", "legal")
    made.cut()
    return made


def timed(what: str, judgments: int, act: Callable[[], T]) -> T:
    """Run one thing and print its wall and processor time."""
    wall, cpu = time.perf_counter(), time.process_time()
    given = act()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"| {what} | {wall:.1f} | {cpu:.1f} | {judgments / cpu:,.0f} |", flush=True)
    return given


def main(items: int) -> None:
    """Build, prove, check, check with the log, build again."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = journal_of(items)
        judgments = 3 * items
        print(f"{items:,} items, {judgments:,} judgments, {len(made.entries):,} entries\n")
        print("| what | wall s | CPU s | judgments per CPU second |\n| --- | --- | --- | --- |")
        release = folder / "release"
        built = timed("build", judgments, lambda: build(made.entries, RELEASE, made.open_objects, release))
        seq = made.add(built_event(built))
        log = sealed(made.entries, folder, upto=seq + 1)
        timed("proofs", judgments, lambda: write_proofs(release, built, LogReader(log), built_seq=seq))
        report = timed("verify", judgments, lambda: verify_release(release, SIGNER.vkey))
        assert report.status is Status.OK, report.problems
        report = timed("verify with log", judgments, lambda: verify_release(release, SIGNER.vkey, log=log))
        assert report.status is Status.OK, report.problems
        assert timed("rebuild", judgments, lambda: rebuild(release, log, folder / "again")) == []
        size = sum(path.stat().st_size for path in release.rglob("*") if path.is_file())
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"\n{size / 1e6:.1f} MB on disk, {size / judgments:,.0f} bytes a judgment; {peak:,.0f} MB at most in memory"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=5_000)
    main(parser.parse_args().items)
