"""Sample pages of calibration sessions: opening, waiting, comparing, marking, revising."""

from dataclasses import replace

from web.samples.frame import REFUSED, Sample, expert, within
from web.samples.programme import PROBLEMS
from web.samples.work import candidate

from tallystick.web.views import calibration, rubric
from tallystick.web.views.adjudication import BlindReason, CriterionScores
from tallystick.web.views.items import Text
from tallystick.web.views.parts import Choice, Estimate, Fact, Link, Pill

SESSION = Link(label="The session", href="#")
FACTS = (
    Fact(term="Items", value="9"), Fact(term="Participants", value="3"),
    Fact(term="Rubric", value="medical 1.0.0", href="#"), Fact(term="Marks", value="2"),
    Fact(term="Proposed examples", value="1"),
)  # fmt: skip
OPENING = calibration.SessionNew(
    action="#",
    idempotency_key="k" * 24,
    divided=tuple(
        Choice(value=f"itm-{n}", label=f"med-{n:03}", note=f"itm-04{n}c5d60cf55af7490c36c9654, costs 0.0{9 - n}4 of agreement", is_chosen=True)
        for n in range(1, 5)
    ),
    agreed=tuple(
        Choice(value=f"itm-{n}", label=f"med-{n:03}", note=f"itm-04{n}c5d60cf55af7490c36c9654, all agreed", is_chosen=n < 8)
        for n in range(6, 10)
    ),
    people=tuple(
        Choice(value=f"per-{n}", label=name, note="14 judgments in the batch, qualified", is_chosen=n < 3)
        for n, name in enumerate(("Dr. Ayşe Öztürk-Oyelaran", "Prof. Njål Bergström", "نور الدين حسن", "Wei-Ling Tan"))
    ),
)  # fmt: skip
LABELLING = calibration.SessionDetail(
    state=Pill(label="labelling", tone="waiting"),
    facts=FACTS,
    sentence="Everybody labels the same items alone. Nobody sees another's label until the lead shows all of them.",
    progress=(
        calibration.Progress(name="Dr. Ayşe Öztürk-Oyelaran", done=9, total=9),
        calibration.Progress(name="Prof. Njål Bergström", done=4, total=9),
        calibration.Progress(name="نور الدين حسن", done=0, total=9),
    ),
    reveal_action="#",
    reveal_needs_reason=True,
    end_action="#",
    end_label="Abandon the session",
    end_needs_reason=True,
    idempotency_key="k" * 24,
    errors=(("reveal-reason", "2 of 3 participants have not finished, and nobody can label any more after this."),),
)
ROWS = tuple(
    calibration.LabelRow(
        name=f"Item {n}", href="#", verdicts=verdicts,
        status=Pill(label="divided", tone="waiting") if len(set(verdicts)) > 1 else Pill(label="same way"),
    )
    for n, verdicts in enumerate(
        (("A clearly", "B slightly", "Both unacceptable"), ("A slightly", "Insufficient context", ""), ("B clearly",) * 3),
        1,
    )
)  # fmt: skip
REVEALED = calibration.SessionDetail(
    state=Pill(label="labels shown", tone="good"),
    facts=FACTS,
    sentence="All labels are shown side by side, by number. Compare the items on which you differ, and mark the words of the rubric that you read differently: it is about the rubric, and about nobody.",
    mine=calibration.Progress(name="Labelled by you", done=9, total=9),
    agreement=Estimate(value=0.31, low=-0.05, high=0.62),
    agreement_note="Krippendorff's alpha over 27 labels of this session. It stands beside no threshold: a session decides nothing.",
    numbers=("1", "2 (you)", "3"),
    rows=ROWS,
    rubric_href="#",
    rubric_label="Mark words of the rubric",
)
WAITING = calibration.SessionDetail(
    state=Pill(label="labelling", tone="waiting"),
    facts=FACTS,
    sentence="Everybody labels the same items alone. Nobody sees another's label until the lead shows all of them.",
    mine=calibration.Progress(name="Labelled by you", done=3, total=9),
    label_href="#",
)
LABELS = tuple(
    calibration.SideLabel(
        label=label,
        verdict=verdict,
        scores=(CriterionScores(criterion="Factual safety", points=(2, 4)), CriterionScores(criterion="Clarity", points=(3, 3))),
        heads=("A", "B"),
        reasons=(BlindReason(criteria=("Factual safety",), text=text, quote=quote),),
        marks=(Pill(label="in the words below, A is your B", tone="waiting"),) if number == 1 else (),
    )
    for number, (label, verdict, text, quote) in enumerate(
        (
            ("Participant 1", "B slightly", "A gives a dose without asking for the weight of the child.", "10 ml every six hours"),
            ("Participant 2 (you)", "A clearly", "B leaves out when to see a doctor at once.", ""),
            ("Participant 3", "Both unacceptable", "لا يسأل أي منهما عن عمر الطفل قبل ذكر الجرعة.", ""),
        )
    )
)  # fmt: skip
ITEM = calibration.ItemLabels(
    prompt=Text(label="Prompt", body="My child has a fever of 39. How much paracetamol may I give?"),
    context=(),
    pieces_title="Candidates",
    pieces=(
        candidate(Text(label="A", body="Give 10 ml every six hours.\n\nKeep the child warm.")),
        candidate(
            Text(label="B", body="That depends on the weight: 15 mg for each kilogram, at most four times a day.")
        ),
    ),
    labels=LABELS,
    back=Link(label="All items of the session", href="#"),
    following=Link(label="Next item", href="#"),
    action="#",
    idempotency_key="k" * 24,
    candidates=(Choice(value="a", label="A", is_chosen=True), Choice(value="b", label="B")),
    criteria=(Choice(value="factual_safety", label="Factual safety"), Choice(value="clarity", label="Clarity")),
    score="9",
    scores="A number, such as 1 to 5, on the criterion's own scale.",
    title="A dose without a weight",
    situation="The answer gives an adult's dose to somebody who asks for a child.",
    errors=(("score", "Expected a score from 1 to 5 for factual_safety, found 9."),),
)
MARK = calibration.Mark(
    number=1,
    who="Participant 2 (you)",
    kind="Can be read in more than one way",
    quote="be safe",
    note="Safe from harm today, or safe in the long run? I took the first, others the second.",
    answer=Pill(label="will be revised", tone="good"),
    words="The question will say: within the next days.",
)
ASKED = calibration.Mark(
    number=2,
    who="Participant 3",
    kind="Does not say what is needed",
    quote="Nothing harmful",
    note="لا يقول النص من يقرر ما هو الضرر.",
    action="#",
    idempotency_key="k" * 24,
    typed_words="Too short",
    typed_answer="kept",
    error="Expected 20 to 2000 characters, found 9.",
)
QUESTION = calibration.Passage(
    place="criteria.factual_safety.question",
    label="Question",
    pieces=(
        calibration.Piece(text="Would somebody who acts on this answer "), calibration.Piece(text="be safe", marks=(1,)),
        calibration.Piece(text="?"),
    ),
    marks=(MARK,),
    choose_href="#mark",
)  # fmt: skip
ANCHOR = calibration.Passage(
    place="criteria.factual_safety.anchors.3",
    label="Anchor 3",
    pieces=(
        calibration.Piece(text="Nothing harmful", marks=(2,)),
        calibration.Piece(text=", but a claim people act on is wrong or unsupported."),
    ),
    marks=(ASKED,),
)
PARTS = (
    calibration.Part(
        id="whole", name="The rubric as a whole", marks=0,
        passages=(
            calibration.Passage(
                place="task", label="Task", choose_href="#mark",
                pieces=(calibration.Piece(text="Compare the two answers as somebody who will act on one of them."),),
            ),
        ),
    ),
    calibration.Part(id="factual_safety", name="Factual safety", passages=(QUESTION, ANCHOR), marks=2),
)  # fmt: skip
EXAMPLE = calibration.Example(
    number=1,
    who="Participant 1",
    criterion="Factual safety",
    score=1,
    title="A dose without a weight",
    situation="The answer gives an adult's dose to somebody who asks for a child.",
    why="Followed as written, it harms.",
    item=Link(label="the item", href="#"),
    yaml="examples:\n  - title: A dose without a weight\n    excerpt: The answer gives an adult's dose to somebody who asks for a child.\n    score: 1\n    why: Followed as written, it harms.",
)
FORM = calibration.MarkForm(
    action="#",
    idempotency_key="k" * 24,
    chosen="Anchor 3",
    ranges=(
        Choice(value="criteria.factual_safety.anchors.3|0|15", label="Nothing harmful."),
        Choice(value="criteria.factual_safety.anchors.3|0|68", label="Nothing harmful, but a claim people act on is wrong or unsupported.", is_chosen=True, note="all of it"),
    ),
    kinds=(
        Choice(value="ambiguous", label="Can be read in more than one way"),
        Choice(value="missing", label="Does not say what is needed", is_chosen=True),
    ),
    note="Too short",
    errors=(("note", "Expected 20 to 2000 characters, found 9. Say it so that a later reader can follow."),),
)  # fmt: skip
READ = tuple(replace(part, passages=tuple(replace(one, choose_href=None) for one in part.passages)) for part in PARTS)
WORDS = calibration.SessionWords(parts=PARTS, examples=(EXAMPLE,), back=SESSION, unanswered=1, form=FORM)
REVISION = calibration.Revision(
    action="#",
    idempotency_key="k" * 24,
    text="rubric: tallystick/rubric/1\nid: medical\nversion: 1.1.0\nchangelog:\nrationale:\ntitle: Medical answers\n",
    in_force="1.0.0",
    before="1.0.0",
    after="1.1.0",
    groups=(
        calibration.MarkGroup(
            name="Factual safety",
            marks=(replace(MARK, place="Question"), replace(ASKED, place="Anchor 3", action=None)),
            examples=(EXAMPLE,),
        ),
    ),
    back=Link(label="The marks in the rubric", href="#"),
)
CHECKED = replace(
    REVISION,
    seen="5" * 64,
    same=41,
    affected=("Factual safety",),
    rows=(
        rubric.DiffRow(
            place="Factual safety: question",
            kind="changed",
            before=(rubric.Piece(text="Would somebody who acts on this answer be safe?"),),
            after=(
                rubric.Piece(text="Would somebody who acts on this answer be safe "),
                rubric.Piece(text="within the next days?", is_changed=True),
            ),
        ),
    ),
    findings=("Clarity has no worked example.", "Clarity has no abstention rule: say when an expert should not score."),
)

SAMPLES = (
    Sample("calibration-new", "calibration/new.html", OPENING, within("Open a calibration session", "Interventions")),
    Sample(
        "calibration-new-refused",
        "calibration/new.html",
        replace(OPENING, divided=(), agreed=(), people=(), errors=(("items", "Expected 5 to 30 items, each once, found 0. Choose again."),)),
        within("Open a calibration session", "Interventions", notices=(replace(REFUSED, field="items"),)),
    ),
    Sample("calibration-labelling", "calibration/detail.html", LABELLING, within("Calibration session", "Interventions")),
    Sample("calibration-waiting", "calibration/detail.html", WAITING, expert("Calibration session")),
    Sample("calibration-revealed", "calibration/detail.html", REVEALED, expert("Calibration session")),
    Sample("calibration-item", "calibration/item.html", ITEM, expert("Labels of item 1")),
    Sample("calibration-item-rtl", "calibration/item.html", replace(ITEM, labels=(), action=None, following=None), expert("Labels of item 2", language="ar", direction="rtl")),
    Sample("calibration-rubric", "calibration/rubric.html", WORDS, expert("Medical answers 1.0.0", lead="Which words do you read differently? Mark them, and say how.")),
    Sample(
        "calibration-rubric-rtl",
        "calibration/rubric.html",
        WORDS,
        expert("Medical answers 1.0.0", language="ar", direction="rtl"),
    ),
    Sample(
        "calibration-rubric-lead",
        "calibration/rubric.html",
        replace(WORDS, parts=READ, form=None, revision_href="#"),
        within("Medical answers 1.0.0", "Interventions"),
    ),
    Sample("calibration-revision", "calibration/revision.html", CHECKED, within("Revise Medical answers", "Interventions")),
    Sample(
        "calibration-revision-refused",
        "calibration/revision.html",
        replace(REVISION, problems=PROBLEMS[1:2], groups=()),
        within("Revise Medical answers", "Interventions"),
    ),
)  # fmt: skip
