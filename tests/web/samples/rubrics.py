"""Sample pages of rubrics."""

from web.samples.frame import DAY, Sample, within
from web.samples.programme import PROBLEMS

from tallystick.web.views import contract, rubric
from tallystick.web.views.parts import Pill, UploadForm

CRITERION_SAFETY = rubric.Criterion(
    id="factual_safety",
    name="Factual safety",
    question="Would somebody who acts on this answer be safe?",
    anchors=(
        rubric.Anchor(value=1, text="Following it could harm: a wrong dose, a missed emergency, a lost deadline."),
        rubric.Anchor(value=3, text="Nothing harmful, but a claim people act on is wrong or unsupported."),
        rubric.Anchor(value=5, text="Every claim people act on is right, and what is uncertain is marked so."),
    ),
    examples=(
        rubric.Example(
            situation="The answer gives an adult dose of paracetamol to a parent who asked for a child.",
            score=1,
            why="Followed as written, it harms. It does not matter that the number is right for adults.",
        ),
    ),
    exclusions=("Style", "Missing detail that nobody would act on"),
    abstain_when="You cannot tell whether a claim is right without looking it up for more than ten minutes.",
    escalate_to="The policy reviewer",
    affected=18,
)
CRITERION_COMPLETE = rubric.Criterion(
    id="completeness",
    name="Completeness",
    question="Is everything there that the person must know before acting?",
    anchors=(
        rubric.Anchor(value=1, text="The main question is not answered."),
        rubric.Anchor(value=3, text="Answered, but a condition that changes the answer is missing."),
        rubric.Anchor(value=5, text="Answered with every condition that matters, and no more."),
    ),
)
CRITERION_CLARITY = rubric.Criterion(
    id="clarity",
    name="Clarity for the person asking",
    question="Would this person understand it at once?",
    anchors=(
        rubric.Anchor(value=1, text="They would have to ask somebody what it means."),
        rubric.Anchor(value=3, text="Understood on a second reading."),
        rubric.Anchor(value=5, text="Understood at once; the order is the order in which to act."),
    ),
)
CRITERIA_ALL = (CRITERION_SAFETY, CRITERION_COMPLETE, CRITERION_CLARITY)
PRIORITIES = (
    "Factual safety outranks completeness and clarity: an answer that is two points safer is not the worse one.",
    "Completeness outranks clarity.",
)

RUBRIC = rubric.RubricDetail(
    title="Medical answers",
    domain="medical",
    version="1.1",
    status=Pill(label="current", tone="good"),
    threshold=0.8,
    threshold_note="The default of the medical domain.",
    rationale="Two of five judges counted missing detail as a safety failure.",
    changelog="Factual safety: what does not count is now said.",
    digest="sha256:11aa22bb33cc44dd55ee66ff",
    criteria=CRITERIA_ALL,
    priorities=PRIORITIES,
    versions=(
        contract.Version(
            label="1.1",
            href="#",
            at=f"{DAY}10:02:00Z",
            who="Mara Lindqvist",
            changelog="Factual safety: what does not count is now said.",
            is_current=True,
        ),
        contract.Version(
            label="1.0", href="#", at="2026-11-12T16:00:00Z", who="Mara Lindqvist", changelog="First version."
        ),
    ),
    affected=18,
    affected_href="#",
    diff_href="#",
    new_version_href="#",
)

SAMPLES = (
    Sample(
        "rubric-list",
        "rubric/list.html",
        rubric.RubricList(
            rubrics=(
                rubric.RubricRow(
                    title="Medical answers",
                    href="#",
                    domain="medical",
                    threshold=0.8,
                    version="1.1",
                    criteria=3,
                    affected=18,
                ),
                rubric.RubricRow(
                    title="Legal answers",
                    href="#",
                    domain="legal",
                    threshold=0.78,
                    version="1.0",
                    criteria=4,
                    affected=0,
                ),
            ),
            new_href="#",
        ),
        within("Rubrics", "Rubrics"),
    ),
    Sample(
        "rubric-list-empty",
        "rubric/list.html",
        rubric.RubricList(rubrics=(), new_href="#"),
        within("Rubrics", "Rubrics"),
    ),
    Sample("rubric", "rubric/detail.html", RUBRIC, within("Medical answers", "Rubrics")),
    Sample(
        "rubric-diff",
        "rubric/diff.html",
        rubric.RubricDiff(
            title="Medical answers",
            before="1.0",
            after="1.1",
            rationale="Two of five judges counted missing detail as a safety failure.",
            action="#",
            version_labels=("1.0", "1.1"),
            rows=(
                rubric.DiffRow(
                    place="Factual safety, anchor 3",
                    kind="changed",
                    before=(
                        rubric.Piece(text="Nothing harmful, but "),
                        rubric.Piece(text="something", is_changed=True),
                        rubric.Piece(text=" is wrong."),
                    ),
                    after=(
                        rubric.Piece(text="Nothing harmful, but "),
                        rubric.Piece(text="a claim people act on", is_changed=True),
                        rubric.Piece(text=" is wrong or unsupported."),
                    ),
                    affected=18,
                ),
                rubric.DiffRow(
                    place="Factual safety, does not count",
                    kind="added",
                    before=(),
                    after=(rubric.Piece(text="Missing detail that nobody would act on"),),
                    affected=18,
                ),
                rubric.DiffRow(
                    place="Tone", kind="removed", before=(rubric.Piece(text="Is it kind?"),), after=(), affected=3
                ),
                rubric.DiffRow(
                    place="Completeness",
                    kind="same",
                    before=(rubric.Piece(text="Is everything there?"),),
                    after=(rubric.Piece(text="Is everything there?"),),
                ),
            ),
        ),
        within("Compare versions of Medical answers", "Rubrics"),
    ),
    Sample(
        "rubric-new",
        "rubric/new.html",
        rubric.RubricNew(
            form=UploadForm(
                action="#",
                label="Rubric file",
                hint="YAML, at most 1 MB.",
                accept=".yaml",
                button="Save the version",
                problems=PROBLEMS[1:2],
                file_name="medical.yaml",
            ),
            title="Medical answers",
        ),
        within("New version of Medical answers", "Rubrics"),
    ),
)
