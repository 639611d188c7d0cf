"""Sample pages of load and tiers."""

from dataclasses import replace

from web.samples.frame import DAY, Sample, within

from tallystick.plots import FillPlot, FillRow, SharePlot, ShareRow
from tallystick.web.views import tiers
from tallystick.web.views.page import Notice
from tallystick.web.views.parts import Choice, Fact, Pill

HIGH, LOW = Pill(label="high risk", tone="bad"), Pill(label="low risk")
DRAWN = tiers.Need(
    sentence="Items of batch medicine-1/medical that are drawn for a second look and wait for it: 3. What to do: have "
    "them looked at.",
    names=("m-014", "m-088", "m-131"), more=0,
)  # fmt: skip
SENIOR = tiers.Need(
    sentence="Divided items of batch medicine-1/medical that no senior adjudicator decided, which high risk demands: "
    "14. What to do: have them judged again, and a senior decide.",
    names=tuple(f"m-{n:03}" for n in range(12)), more=2,
)  # fmt: skip
NEEDS = tiers.TierNeeds(
    risk=HIGH,
    asks="Asks for 2 independent judgments of every item, a senior adjudicator for all that is divided or severe, and a "
    "second look at 20 % of what the judges agree on.",
    needs=(DRAWN, SENIOR),
)  # fmt: skip


def _worker(number: int, judged: int) -> tiers.WorkerRow:
    return tiers.WorkerRow(
        name=f"Expert {number}", href="#", judged=judged, held=number % 2, leases=judged + 3,
        most="24.8 % of medicine-1/medical", last=f"{DAY}12:1{number}:00Z",
    )  # fmt: skip


LOAD = tiers.Load(
    facts=(
        Fact(term="Contract", value="1.4.0"), Fact(term="Largest share of one expert", value="25 %"),
        Fact(term="While there is little work", value="who has had less comes first"),
    ),
    fill=FillPlot(
        title="Finished items against the plan",
        rows=(
            FillRow(label="domain medical", filled=412, quota=600), FillRow(label="difficulty hard", filled=180, quota=300),
            FillRow(label="language pt-BR", filled=12, quota=80),
        ),
    ),
    strata=(
        tiers.StratumRow(domain="medical", words="difficulty hard, language pt-BR, severity high", items=60, open=51),
        tiers.StratumRow(domain="creative", words="difficulty easy, language en", items=140, open=3),
    ),
    more_strata=14,
    batches=(
        tiers.BatchRow(
            name="medicine-1, medical", href="#", items=600, complete=412,
            needs=tiers.TierNeeds(risk=HIGH, asks="", needs=(DRAWN, SENIOR)),
        ),
        tiers.BatchRow(
            name="writing-1, creative", href="#", items=200, complete=200,
            needs=tiers.TierNeeds(risk=LOW, asks="", needs=()),
        ),
    ),
    is_silent=False, draw_action="#", draw_key="k-1",
    workers=tuple(_worker(number, judged) for number, judged in enumerate((188, 140, 96, 41), 1)),
    spread=SharePlot(
        title="Experts by how many items they judged",
        rows=(ShareRow(label="0 to 49", count=1), ShareRow(label="50 to 99", count=1), ShareRow(label="100 to 149", count=1),
              ShareRow(label="150 to 199", count=1)),
    ),
    spread_words="4 experts have taken items. Judged: 41 the least, 96 the median, 188 the most; Gini 0.26, where 0 means "
    "that all have judged the same.",
    seniors=(
        tiers.SeniorRow(
            person="per-1", name="Rosa Okafor", rests_on="a credential", since=f"{DAY}09:00:00Z", until="", ended="",
            reason="Board certified since 2009, as the register says.", revoke_key="k-2",
        ),
        tiers.SeniorRow(
            person="per-2", name="Jun Ito", rests_on="years of experience", since=f"{DAY}08:00:00Z",
            until=f"{DAY}11:00:00Z", ended="Left the programme at their own wish.",
            reason="Twelve years in emergency medicine.", revoke_key="k-3",
        ),
    ),
    forms=tiers.SeniorForms(
        action="#", revoke_action="#", people=(Choice(value="per-3", label="Ada Brandt"),), reason="", error="",
        bases=(Choice(value="credential", label="A credential"), Choice(value="years", label="Years of experience")),
        idempotency_key="k-4",
    ),
)  # fmt: skip
SHORT = "Expected a reason of at least 20 characters that a later reader can follow."
assert LOAD.forms is not None
SAMPLES = (
    Sample("load", "tiers/load.html", LOAD, within("Load and tiers", "Load and tiers")),
    Sample(
        "load-empty", "tiers/load.html",
        replace(
            LOAD, facts=(), strata=(), batches=(), is_silent=True, draw_action=None, workers=(), spread=None,
            spread_words="Nobody has taken an item yet.", seniors=(), forms=None,
        ),
        within("Load and tiers", "Load and tiers"),
    ),
    Sample(
        "load-refused", "tiers/load.html",
        replace(LOAD, seniors=(), forms=replace(LOAD.forms, reason="good", error=SHORT)),
        within(
            "Load and tiers", "Load and tiers", notices=(Notice(kind="refused", sentence=SHORT, field="reason"),)
        ),
    ),
)  # fmt: skip
