"""What would help most, on the page of a batch and in the API: the cause that was planted, with links and numbers."""

import json
import random
import re

from living_cell import PROGRAMME, item_row
from served import Served
from web.visitor import Visitor

from tallystick.app import items
from tallystick.app.items import ImportReport

V1 = "/api/v1"
LEANS = {"a": {"a": 4, "b": 2}, "b": {"a": 2, "b": 4}}


def divided(served: Served, *, agree: bool = False) -> str:
    """A batch of 40 items: two raters read the reasoning of most hard ones in different directions."""
    chance = random.Random(1)  # noqa: S311 - made-up raters, no secret
    names = [f"w-{n}" for n in range(40)]
    served.world.bring([item_row(name, difficulty="hard" if n % 2 else "easy") for n, name in enumerate(names)])
    rows = []
    for n, name in enumerate(names):
        first = chance.choice("ab")
        parts = bool(n % 2) and chance.random() < 0.7 and not agree
        for rater, lean in (("r1", first), ("r2", "ba"["ab".index(first)] if parts else first)):
            scores = {"reasoning": LEANS[lean], "concision": LEANS[chance.choice("ab")]}
            rows.append({"item": name, "rater": rater, "verdict": lean, "scores": scores})
    data = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
    report = items.import_judgments(
        served.world.cell, served.world.lead, data, programme=PROGRAMME, name="said.jsonl", source="elsewhere"
    )
    assert isinstance(report, ImportReport)
    assert (report.accepted, report.problems) == (80, ())
    return served.world.batch()


def test_a_failing_batch_says_what_would_help_most_the_rubric_first(served: Served) -> None:
    batch = divided(served)
    page = Visitor(served, served.world.lead).get(f"/batches/{batch}").text
    part = page.partition("What would help most")[2].partition("By criterion")[0]
    assert re.search(r"If reasoning were read alike, agreement would be 1\.00 instead of 0\.\d\d: that alone", part)
    assert re.search(r"difficulty hard.*?kind of item.*?clear", part, re.DOTALL)
    links = re.findall(r'href="(/items/itm-[0-9a-z]+)"', part)
    assert links
    assert Visitor(served, served.world.lead).get(f"{links[0]}?reason=audit").status_code == 200
    told = served.call(served.world.lead, "GET", f"{V1}/batches/{batch}/agreement").json()["diagnosis"]
    assert (told["best"]["kind"], told["best"]["name"]) == ("criterion", "reasoning")
    assert told["best"]["is_clear"]
    assert told["best"]["low_ppm"] < told["best"]["gain_ppm"] <= 1_000_000 - told["value_ppm"]
    assert [finding["kind"] for finding in told["findings"]][:2] == ["criterion", "criterion"]
    assert [f"/items/{item['item']}" for item in told["items"]] == links


def test_a_batch_that_passes_and_one_without_judgments_have_nothing_to_mend(served: Served) -> None:
    batch = divided(served, agree=True)
    assert "What would help most" not in Visitor(served, served.world.lead).get(f"/batches/{batch}").text
    told = served.call(served.world.lead, "GET", f"{V1}/batches/{batch}/agreement").json()
    assert (told["now"]["decision"], told["diagnosis"]) == ("pass", None)
