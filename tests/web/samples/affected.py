"""Sample pages of affected judgments."""

from dataclasses import replace

from web.samples.frame import DAY, Sample, expert, within
from web.samples.standing import REVIEW as HELD

from tallystick.web.views import affected, rubric
from tallystick.web.views.parts import Choice, Fact, Pill

ANCHOR, WORDING = Pill(label="another anchor", tone="waiting"), Pill(label="wording only")
CHANGED = (
    rubric.DiffRow(
        place="Factual safety: anchor 3", kind="changed",
        before=(rubric.Piece(text="Nothing harmful, but "), rubric.Piece(text="something is wrong.", is_changed=True)),
        after=(rubric.Piece(text="Nothing harmful, but "), rubric.Piece(text="a claim people act on is wrong.", is_changed=True)),
    ),
    rubric.DiffRow(
        place="Factual safety: exclusion", kind="added", before=(), after=(rubric.Piece(text="Style", is_changed=True),),
    ),
)  # fmt: skip
QUEUE = affected.RubricQueue(
    rubric="medical", title="Medical answers 1.2.0", href="#", diff_href="#", waiting=31, reviewed=9, total=40,
    progress=(
        affected.ProgressRow(version="1.2.0", criterion="Factual safety", reason=ANCHOR, waiting=31, stands=7, again=2),
        affected.ProgressRow(version="1.1.0", criterion="Clarity", reason=WORDING, waiting=0, stands=38, again=2),
    ),
    mine=(),
    decisions=(
        affected.DecisionRow(
            what="Those stand of which only wording changed", version="1.1.0", judgments=38, who="Mara Lindqvist",
            at=f"{DAY}12:10:00Z",
        ),
        affected.DecisionRow(
            what="All on a criterion are judged again: Factual safety", version="1.2.0", judgments=2,
            who="Mara Lindqvist", at=f"{DAY}14:10:00Z",
        ),
    ),
    bulk=affected.BulkForm(
        action="#", idempotency_key="k-1", criteria=(Choice(value="factual_safety", label="Factual safety"),),
        has_wording=True,
    ),
)  # fmt: skip
MINE = replace(
    QUEUE, decisions=(), bulk=None,
    mine=(
        affected.WaitingRow(
            judgment="jdg-3k5v8q1m0z7r2t4w6y9x1c3b5", href="#",
            changes=(("Factual safety", ANCHOR), ("Clarity", WORDING)),
        ),
    ),
)  # fmt: skip
SHORT = "Expected a rationale of at least 20 characters that a later reader can follow."
assert QUEUE.bulk is not None
WRONG = replace(QUEUE, bulk=replace(QUEUE.bulk, decision="stand", rationale="ok", errors=(("notes", SHORT),)))
REVIEW = affected.Review(
    facts=(
        Fact(term="Domain", value="medical"), Fact(term="Given under", value="1.1.0"),
        Fact(term="In force", value="1.2.0"), Fact(term="Affected", value="Factual safety: another anchor"),
    ),
    given_under="1.1.0", version="1.2.0", changed=CHANGED, prompt=HELD.prompt, context=HELD.context,
    pieces=HELD.pieces, pieces_title=HELD.pieces_title, said=HELD.said, action="#", idempotency_key="k-2",
)  # fmt: skip
TITLE = "Does this judgment stand under the new version?"
SAMPLES = (
    Sample("affected", "affected/list.html", affected.Queue(rubrics=(QUEUE,), is_reviewer=False), within("Affected work", "Affected work")),
    Sample("affected-wrong", "affected/list.html", affected.Queue(rubrics=(WRONG,), is_reviewer=False), within("Affected work", "Affected work")),
    Sample("affected-mine", "affected/list.html", affected.Queue(rubrics=(MINE,), is_reviewer=True), expert("Affected work")),
    Sample(
        "affected-done", "affected/list.html",
        affected.Queue(rubrics=(replace(MINE, mine=(), waiting=0, reviewed=40),), is_reviewer=True), expert("Affected work"),
    ),
    Sample("affected-none", "affected/list.html", affected.Queue(rubrics=(), is_reviewer=True), expert("Affected work")),
    Sample("affected-review", "affected/detail.html", REVIEW, expert(TITLE)),
    Sample(
        "affected-refused", "affected/detail.html",
        replace(REVIEW, decision="again", notes="No.", by_same=True, errors=(("notes", SHORT),)), expert(TITLE),
    ),
)  # fmt: skip
