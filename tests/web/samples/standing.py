"""Sample pages of held work."""

from dataclasses import replace

from web.samples.frame import DAY, Sample, expert, within
from web.samples.results import JUDGES
from web.samples.work import ANSWER_A, ANSWER_B, CONTEXT, PROMPT, candidate

from tallystick.web.views import standing
from tallystick.web.views.parts import Fact

WAITING = standing.HeldWork(
    number=2,
    is_reviewer=True,
    is_told=False,
    waiting=(
        standing.WaitingRow(
            judgment="jdg-3k5v8q1m0z7r2t4w6y9x1c3b5", href="#", domain="medical",
            since=f"{DAY}12:10:00Z",
        ),
        standing.WaitingRow(
            judgment="jdg-8x1c3b53k5v8q1m0z7r2t4w6y", href="#", domain="medical",
            since=f"{DAY}12:10:00Z",
        ),
    ),
)  # fmt: skip
TOLD = standing.HeldWork(
    number=41,
    is_reviewer=False,
    is_told=True,
    waiting=(),
    batches=(
        standing.BatchRow(name="medicine-1", domain="medical", judgments=38),
        standing.BatchRow(name="writing-1", domain="creative", judgments=3),
    ),
    holds=(
        standing.HoldRow(
            expert="per-4302d3c63c4161057981c8a4b9", expert_href="#", cause="answers on sentinels fell off",
            judgments=44, waiting=41, at=f"{DAY}12:10:00Z",
        ),
    ),
)  # fmt: skip
REVIEW = standing.Review(
    facts=(
        Fact(term="Domain", value="medical"), Fact(term="Rubric", value="Careful medicine 1.2.0"),
        Fact(term="Held since", value="21 Nov 2026, 12:10 UTC"),
    ),
    prompt=PROMPT,
    context=CONTEXT,
    pieces_title="Candidates",
    pieces=(candidate(ANSWER_A), candidate(ANSWER_B)),
    said=JUDGES[1],
    rubric_href="#",
    action="/held/jdg-3k5v8q1m0z7r2t4w6y9x1c3b5",
    idempotency_key="k-5",
)  # fmt: skip
SHORT = "Expected notes of at least 20 characters that a later reader can follow."
SAMPLES = (
    Sample("held-list", "standing/list.html", WAITING, expert("Held work")),
    Sample(
        "held-none", "standing/list.html", replace(WAITING, number=0, waiting=()), expert("Held work")
    ),
    Sample("held-told", "standing/list.html", TOLD, within("Held work", "Held work")),
    Sample(
        "held-nothing", "standing/list.html", replace(TOLD, number=0, batches=(), holds=()),
        within("Held work", "Held work"),
    ),
    Sample("held-review", "standing/detail.html", REVIEW, expert("Does this judgment stand?")),
    Sample(
        "held-refused", "standing/detail.html",
        replace(REVIEW, decision="again", notes="No.", by_same=True, errors=(("notes", SHORT),)),
        expert("Does this judgment stand?"),
    ),
)  # fmt: skip
