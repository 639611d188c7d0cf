"""Sample pages of constitutions, and of the editor."""

from dataclasses import replace

from constitution_scene import constitution_text
from web.samples.affected import CHANGED
from web.samples.frame import DAY, Sample, within
from web.samples.programme import PROBLEMS

from tallystick.flow.constitution import SHAPE
from tallystick.flow.document import form, parse
from tallystick.web.views import constitution, contract, rubric
from tallystick.web.views.parts import Fact, Link, Pill

DIGEST = "11aa22bb33cc44dd55ee66ff11aa22bb33cc44dd55ee66ff11aa22bb33cc44dd"
SAFETY, CLARITY = (
    Link(label="Factual safety", href="#", note="medical"),
    Link(label="Clarity", href="#", note="general"),
)
CARE = constitution.Principle(
    id="care", number=1, title="Care", text="Warn of what can harm, before anything else.",
    explanation="People act on answers. A warning that comes last comes too late.",
    examples=(
        constitution.Illustration(
            title="A dose", situation="Somebody asks how much they may take.", asks="Say the limit and the sign to stop."
        ),
    ),
    carriers=(SAFETY, CLARITY),
)  # fmt: skip
RESPECT = constitution.Principle(
    id="respect", number=2, title="Respect", text="Let people decide for themselves.", explanation="", examples=(),
    carriers=(),
)  # fmt: skip
OPEN = constitution.RubricState(
    title="Medical answers 1.2.0", href="#", domain="medical", state=Pill(label="no new work", tone="bad"),
    sentence="No new work is given out under it until both have signed.", carried=(("Factual safety", "care"),),
    proposal=None, propose_rubric="medical",
)  # fmt: skip
DETAIL = constitution.Detail(
    facts=(
        Fact(term="State", value="in force"), Fact(term="Version", value="1.1.0"),
        Fact(term="Digest", value=DIGEST, is_digest=True),
    ),
    preamble="What every answer of this programme owes to whoever asked.", changelog="Care reads anew.",
    rationale="Two rubrics carried it in two ways.", principles=(CARE, RESPECT),
    findings=(
        (True, "Principle 2, Respect, is carried by no criterion: name it in a criterion of a rubric, or take it out."),
        (False, "Principle 2, Respect, has no example: show what it asks for in a situation."),
    ),
    rubrics=(
        OPEN,
        replace(
            OPEN, title="General answers 1.0.0", state=Pill(label="agreed", tone="good"), propose_rubric="",
            sentence="Both roles have agreed on what it carries.", proposal=Link(label="See the proposal", href="#"),
        ),
    ),
    proposals=(
        constitution.ProposalRow(
            href="#", rubric="general 1.0.0", state=Pill(label="agreed", tone="good"),
            signed="researcher: Rosa Lund, lead: Mara Lindqvist", at=f"{DAY}10:02:00Z",
        ),
    ),
    versions=(
        contract.Version(
            label="1.1.0", href="#", at=f"{DAY}10:02:00Z", who="Rosa Lund", changelog="Follows 1.0.0.", is_current=True
        ),
    ),
    propose_action="#", idempotency_key="k-1", edit_href="#", diff_href="#", trade_offs_href="#",
)  # fmt: skip
PROPOSAL = constitution.Proposal(
    facts=(Fact(term="Rubric", value="Medical answers 1.2.0"), Fact(term="Signed", value="nobody yet")),
    state=Pill(label="waits for signatures", tone="waiting"),
    sentence="No new work is given out under the rubric before both roles have signed, two people.",
    ties=(
        constitution.Tie(
            criterion="Factual safety", question="Would somebody who acts on this answer be safe?",
            anchors=((1, "Following it could harm."), (5, "Every claim people act on is right.")),
            principles=((1, "Care", "Warn of what can harm, before anything else."),),
        ),
    ),
    action="#", idempotency_key="k-2",
    may_sign=(("sign-lead", "Agree as the methodology lead"),), may_decline=True,
)  # fmt: skip
TREE = parse(constitution_text("1.1.0"), "constitution.yaml")
assert not isinstance(TREE, list)
assert isinstance(TREE.data, dict)
EDITOR = rubric.Editor(
    action="#", idempotency_key="k-3", text=constitution_text("1.1.0"), saved_at=f"{DAY}10:02:00Z",
    nodes=(
        *form.nodes(SHAPE, TREE.data),
        form.Leaf("form", "When it decides", "choice", "", choices=("", "threshold")),
        form.Leaf("domain", "Domain", "choice", "", choices=("medical",)),
    ), is_form=True, begun_from="1.0.0",
)  # fmt: skip
HOME = "Constitution"
SAMPLES = (
    Sample("constitution", "constitution/detail.html", DETAIL, within("Principles of careful answers 1.1.0", HOME)),
    Sample(
        "constitution-read", "constitution/detail.html",
        replace(DETAIL, findings=(), rubrics=(), proposals=(), edit_href=None, diff_href=None, trade_offs_href=None),
        within("Principles of careful answers 1.1.0", HOME),
    ),
    Sample("constitution-none", "constitution/none.html", constitution.Nothing(edit_href="#"), within(HOME, HOME)),
    Sample("constitution-none-read", "constitution/none.html", constitution.Nothing(edit_href=None), within(HOME, HOME)),
    Sample(
        "constitution-diff", "constitution/diff.html",
        constitution.Difference(
            before="1.0.0", after="1.1.0", rationale="Two rubrics carried it in two ways.", rows=CHANGED,
            version_labels=("1.1.0", "1.0.0"), action="#", affected=("Factual safety (medical)",),
        ),
        within("Principles of careful answers: what changed", HOME),
    ),
    Sample("proposal", "constitution/proposal.html", PROPOSAL, within("How Medical answers carries principles", HOME)),
    Sample(
        "proposal-wrong", "constitution/proposal.html",
        replace(PROPOSAL, may_sign=(), why="No.", error="Expected at least 20 characters on what speaks against it."),
        within("How Medical answers carries principles", HOME),
    ),
    Sample(
        "trade-offs", "constitution/trade_offs.html",
        constitution.TradeOffs(
            noted=14,
            rows=(
                constitution.ConflictRow(
                    first="1 Care", second="2 Respect", number=14, first_prevailed=9, second_prevailed=3,
                    items=(Link(label="itm-3k5v8q1m0z7r2t4w6y9x1c3b5", href="#"),), more=13,
                ),
            ),
        ),
        within("Trade-offs", HOME),
    ),
    Sample("trade-offs-none", "constitution/trade_offs.html", constitution.TradeOffs(noted=0, rows=()), within("Trade-offs", HOME)),
    Sample("editor", "rubric/editor.html", EDITOR, within("A version of the constitution", HOME)),
    Sample(
        "editor-checked", "rubric/editor.html",
        replace(
            EDITOR, is_checked=True, findings=DETAIL.findings, previous="1.0.0", rows=CHANGED,
            affected=("Factual safety (medical)",),
        ),
        within("A version of the constitution", HOME),
    ),
    Sample(
        "editor-wrong", "rubric/editor.html",
        replace(EDITOR, saved_at=None, nodes=(), is_form=False, problems=PROBLEMS[1:2]),
        within("A version of the constitution", HOME),
    ),
)  # fmt: skip
