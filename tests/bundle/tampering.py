"""What an insider who knows the format can do to a release folder, and which step of the check must name it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from bundle.made_release import edit_lines

from tallystick import canon
from tallystick.bundle.columns import from_jsonl, from_parquet, to_parquet
from tallystick.bundle.rows import Judgment, PreferencePair, Record

Rows = list[dict[str, object]]


def change_line(directory: Path, path: str, change: Callable[[Rows], None]) -> None:
    edit_lines(directory / path, change)


def parquet_rows(directory: Path, path: str, change: Callable[[list[Record]], list[Record]]) -> None:
    rows = from_parquet((directory / path).read_bytes(), Record)
    (directory / path).write_bytes(to_parquet(change(rows), Record))


def record_changed(directory: Path) -> None:
    """Verdict counts of one record, in both forms, with all hashes made to fit."""

    def change(rows: Rows) -> None:
        rows[0]["consensus"] = "b"

    change_line(directory, "data/records.jsonl", change)
    parquet_rows(
        directory, "data/records.parquet",
        lambda rows: [_with(rows[0], consensus="b"), *rows[1:]],
    )  # fmt: skip


def _with(row: Record, **changes: object) -> Record:
    values = {name: getattr(row, name) for name in row.__struct_fields__}
    return Record(**(values | changes))


def text_changed(directory: Path) -> None:
    """The prompt of one record, in both forms."""

    def change(rows: Rows) -> None:
        rows[2]["prompt"] = "Another question?"

    change_line(directory, "data/records.jsonl", change)
    parquet_rows(
        directory, "data/records.parquet",
        lambda rows: [*rows[:2], _with(rows[2], prompt="Another question?"), *rows[3:]],
    )  # fmt: skip


def record_removed(directory: Path) -> None:
    change_line(directory, "data/records.jsonl", _drop_second)
    parquet_rows(directory, "data/records.parquet", lambda rows: [rows[0], *rows[2:]])


def _drop_second(rows: Rows) -> None:
    del rows[1]


def record_removed_from_parquet(directory: Path) -> None:
    parquet_rows(directory, "data/records.parquet", lambda rows: rows[:-1])


def record_added(directory: Path) -> None:
    def change(rows: Rows) -> None:
        rows.append({**rows[0], "item": "itm-invented"})

    change_line(directory, "data/records.jsonl", change)


def records_swapped(directory: Path) -> None:
    change_line(directory, "data/records.jsonl", lambda rows: rows.reverse())


def judgment_changed(directory: Path) -> None:
    def change(rows: Rows) -> None:
        rows[4]["verdict"] = "tie"

    change_line(directory, "data/judgments.jsonl", change)


def reason_changed(directory: Path) -> None:
    def change(rows: Rows) -> None:
        reasons = cast("list[dict[str, object]]", rows[0]["reasons"])
        reasons[0]["text"] = "It is nicer."

    change_line(directory, "data/judgments.jsonl", change)
    rows = from_jsonl((directory / "data/judgments.jsonl").read_bytes(), Judgment)
    (directory / "data/judgments.parquet").write_bytes(to_parquet(rows, Judgment))


def notes_changed(directory: Path) -> None:
    def change(rows: Rows) -> None:
        rows[0]["notes"] = "Because I say so."

    change_line(directory, "data/adjudications.jsonl", change)


def rubric_changed(directory: Path) -> None:
    path = directory / "rubrics/medical/1.0.0.yaml"
    path.write_text(path.read_text().replace("0.40", "0.10"))


def view_turned(directory: Path) -> None:
    path = directory / "views/trl_preference.parquet"
    rows = from_parquet(path.read_bytes(), PreferencePair)
    one = rows[0]
    values = {name: getattr(one, name) for name in one.__struct_fields__}
    turned = PreferencePair(**(values | {"chosen": one.rejected, "rejected": one.chosen}))
    path.write_bytes(to_parquet([turned, *rows[1:]], PreferencePair))


def agreement_changed(directory: Path) -> None:
    path = directory / "quality/agreement.json"
    path.write_bytes(path.read_bytes().replace(b'"value_ppm":', b'"value_ppm":1', 1))


def expert_changed(directory: Path) -> None:
    def change(rows: Rows) -> None:
        rows[0]["credentials"] = "Board certified"

    change_line(directory, "people/experts.jsonl", change)


def card_changed(directory: Path) -> None:
    path = directory / "DATASHEET.md"
    path.write_text(path.read_text().replace("DEVELOPMENT CUSTODY", "HARDWARE CUSTODY"))


def exclusion_changed(directory: Path) -> None:
    path = directory / "exclusions.json"
    path.write_bytes(path.read_bytes().replace(b"incomplete", b"withdrawn"))


def figure_changed(directory: Path, path: str, change: Callable[[dict[str, Any]], None]) -> None:
    """Change a file of figures, and write it in its one form again."""
    value = json.loads((directory / path).read_bytes())
    change(value)
    (directory / path).write_bytes(canon.encode(value) + b"\n")


def confusion_changed(directory: Path) -> None:
    """One coincidence less, on both sides of the diagonal, as it would have to be."""

    def change(value: dict[str, Any]) -> None:
        table = value["batches"][0]["tables"][0]["observed_milli"]
        table[0][1] -= 500
        table[1][0] -= 500

    figure_changed(directory, "quality/confusion.json", change)


def overall_confusion_changed(directory: Path) -> None:
    figure_changed(
        directory, "quality/confusion.json", lambda value: value["over_all"][0]["expected_milli"][2].__setitem__(2, 7)
    )


def trend_changed(directory: Path) -> None:
    def change(value: dict[str, Any]) -> None:
        value["batches"][0]["points"][0]["measured"]["verdict"]["value_ppm"] += 10_000

    figure_changed(directory, "quality/trend.json", change)


def bad_measurement_left_out(directory: Path) -> None:
    """The trend without the first measurement, which was the worse one."""
    figure_changed(directory, "quality/trend.json", lambda value: value["batches"][0]["points"].pop(0))


def overturn_changed(directory: Path) -> None:
    def change(value: dict[str, Any]) -> None:
        count = next(one for one in value["experts"] if one["expert"] == "per-three")["over_all"]
        count["overturned"], count["upheld"] = count["upheld"], count["overturned"]

    figure_changed(directory, "quality/overturn.json", change)


@dataclass(frozen=True, slots=True)
class Tamper:
    """A change, and which step must name which place with which words."""

    change: Callable[[Path], None]
    step: int
    file: str
    what: str


TAMPERED = [
    Tamper(record_changed, 7, "data/records.jsonl", "itm-med-0: consensus"),
    Tamper(record_changed, 7, "data/records.parquet", "itm-med-0: consensus"),
    Tamper(text_changed, 6, "data/records.jsonl", "itm-med-2, content: the content is not what"),
    Tamper(record_removed, 6, "data/records.jsonl", "itm-med-1, content: expected the content"),
    Tamper(record_removed_from_parquet, 7, "data/records.parquet", "itm-soft-5: expected this row, found none"),
    Tamper(record_added, 7, "data/records.jsonl", "itm-invented: the entries give no such row"),
    Tamper(records_swapped, 7, "data/records.jsonl", "all rows: expected 18 rows in journal order"),
    Tamper(judgment_changed, 7, "data/judgments.jsonl", "jdg-med-1-per-two: verdict"),
    Tamper(reason_changed, 6, "data/judgments.jsonl", "jdg-med-0-per-one, reasons: the content is not what"),
    Tamper(notes_changed, 6, "data/adjudications.jsonl", "itm-settled, notes: the content is not what"),
    Tamper(rubric_changed, 6, "rubrics/medical/1.0.0.yaml", "the whole file: the content is not what"),
    Tamper(view_turned, 9, "views/trl_preference.parquet", "itm-med-0"),
    Tamper(agreement_changed, 8, "quality/agreement.json", "expected the measurements that stand in the log"),
    Tamper(
        confusion_changed,
        8,
        "quality/confusion.json",
        "observed_milli[0][1]: stated 2000, computed 2500",
    ),
    Tamper(overall_confusion_changed, 8, "quality/confusion.json", "$.over_all[0].expected_milli[2][2]: stated 7"),
    Tamper(trend_changed, 8, "quality/trend.json", "measured.verdict.value_ppm: stated 7"),
    Tamper(bad_measurement_left_out, 8, "quality/trend.json", "$.batches[0].points: stated 0 entries, computed 1"),
    Tamper(overturn_changed, 8, "quality/overturn.json", "over_all.overturned: stated 0, computed 1"),
    Tamper(expert_changed, 7, "people/experts.jsonl", "per-one: credentials"),
    Tamper(card_changed, 10, "DATASHEET.md", "expected the text that the entries give"),
    Tamper(exclusion_changed, 10, "exclusions.json", "expected the text that the entries give"),
]
