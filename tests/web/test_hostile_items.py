"""Hostile items in a real cell, from the import to the page on which they are judged, beside a harmless one."""

import json
import re

from living_cell import PROGRAMME, item_row
from served import Served
from web.hostile_texts import SHORT
from web.test_hostile_pages import Around
from web.test_showing import Read, foreign
from web.visitor import Visitor

from tallystick.app import items
from tallystick.app.items import Wanted

TAKEN = "\n".join(text for name, text in SHORT.items() if name != "halves")
"""All but half a character, which no import takes."""


def texts_of(page: str) -> list[str]:
    """The inside of every text of a page."""
    return re.findall(
        r'<div class="(?:passage-body|passage-shown)[^>]*>(.*?)</div>\n?(?:</details>|</section>)', page, re.DOTALL
    )


def workspace(served: Served, row: dict[str, object]) -> str:
    """What an expert sees of an item."""
    served.world.bring([row], batch=str(row["id"]))
    visitor = Visitor(served, served.world.expert())
    return visitor.get(visitor.get(f"/work/{PROGRAMME}").headers["location"]).text


def nameless(tags: list[str]) -> list[str]:
    """Elements without the ids, keys and tokens that differ from page to page."""
    own = r"asg-\w+|'value', '[^']*'|'data-(?:keep|mark)', '[^']*'|datetime', '[^']*'"
    return [re.sub(own, "", tag) for tag in tags]


def test_the_workspace_of_a_hostile_item_is_that_of_a_harmless_one(served: Served) -> None:
    harmless = workspace(served, item_row("w-1"))
    served.world.judge(served.world.experts[0])
    row = item_row("w-2")
    row["prompt"] = TAKEN
    row["candidates"] = [{"text": f"{TAKEN} {name}", "model": "m", "version": name} for name in "12"]
    hostile = workspace(served, row)
    assert nameless(Around(hostile).tags) == nameless(Around(harmless).tags)
    found = texts_of(hostile)
    assert len(found) >= 3
    assert {one for text in found for one in foreign(Read(text))} <= {"mark", "mark class=only-a", "mark class=only-b"}
    assert "<script>alert" not in hostile


def test_half_a_character_is_refused_with_its_row(served: Served) -> None:
    row = json.dumps(item_row("w-1") | {"prompt": "\ud800 half"}).encode() + b"\n"
    wanted = Wanted(programme=PROGRAMME, name="items.jsonl", batch="pilot", purpose="work")
    report = items.import_items(served.world.cell, served.world.lead, row, wanted)
    assert isinstance(report, items.ImportReport)
    assert report.accepted == 0
    assert [problem.line for problem in report.problems] == [1]
