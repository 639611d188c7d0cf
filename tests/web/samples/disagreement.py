"""Causes of disagreements: the map of a batch, one item, models, one's own groups; full and empty."""

from dataclasses import replace

from web.samples.frame import Sample, within

from tallystick.plots import SharePlot, ShareRow
from tallystick.web.views import disagreement as views
from tallystick.web.views.page import NavLink, Notice
from tallystick.web.views.parts import Choice, Fact, Link, Pill

COLUMNS = (
    "Missing context", "Rubric ambiguity", "Expertise gap", "Rater error", "Value diversity", "Undetermined",
    "Not divided", "Not classified",
)  # fmt: skip
TRAIL = (NavLink(label="Disagreements", href="#"), NavLink(label="Disagreements by cause", href="#"))


def table(axis: str, *rows: tuple[str, tuple[int, ...]], href: str | None = None) -> views.CauseTable:
    return views.CauseTable(
        axis=axis, columns=COLUMNS,
        rows=tuple(views.CauseCounts(name=name, href=href, total=sum(counts), counts=counts) for name, counts in rows),
    )  # fmt: skip


GROUPS = views.GroupTable(
    title="case-0417, by age", labels=("A", "B", "Tie"),
    rows=(("Under 30", 14, ("9", "5", "0")), ("60 or older, 45 to 59", 13, ("hidden", "8", "hidden"))),
    note="Of 27 judges who declared it. Groups of fewer than 5 are put together, and counts that could tell of one "
    "person are not shown.",
)  # fmt: skip
ROWS = (
    views.MapRow(
        name="case-0417", href="#", stands=Pill(label="value diversity", tone="good"), is_corrected=True, confidence=0.86,
        judges=27, state=Pill(label="preserved", tone="good"), help="",
    ),
    views.MapRow(
        name="case-0102", href="#", stands=Pill(label="missing context", tone="good"), is_corrected=False,
        confidence=0.91, judges=5, state=Pill(label="open", tone="waiting"), help="",
    ),
    views.MapRow(
        name="case-0233", href="#", stands=Pill(label="undetermined", tone="waiting"), is_corrected=False,
        confidence=0.38, judges=3, state=Pill(label="open", tone="waiting"),
        help="Clarify the rubric and have 1 judge of the minority judge again.",
    ),
    views.MapRow(
        name="case-0240", href=None, stands=Pill(label="not classified", tone="waiting"), is_corrected=False,
        confidence=None, judges=0, state=Pill(label="open", tone="waiting"), help="",
    ),
)  # fmt: skip
MAP = views.MapPage(
    batch="medicine-1",
    plot=SharePlot(
        title="Disagreements by cause",
        rows=tuple(ShareRow(label=name, count=n) for name, n in zip(COLUMNS, (6, 3, 1, 2, 4, 31, 2, 1), strict=True)),
    ),
    bands=table(
        "How likely", ("below 50 %", (0, 0, 0, 0, 0, 20, 0, 0)),
        ("50 to 70 %", (0, 0, 0, 0, 0, 11, 0, 0)), ("70 to 90 %", (2, 2, 1, 2, 2, 0, 0, 0)),
        ("90 % and more", (4, 1, 0, 0, 2, 0, 0, 0)),
    ),
    axes=(
        table("Difficulty", ("boundary", (1, 2, 0, 0, 4, 12, 1, 0)), ("hard", (5, 1, 1, 2, 0, 19, 1, 1))),
        table("Language", ("English", (6, 3, 1, 2, 4, 31, 2, 1))),
    ),
    helps=(
        Fact(term="19 items", value="Clarify the rubric and have 1 judge of the minority judge again."),
        Fact(term="12 items", value="Have 3 experts more judge the item."),
    ),
    corrections=(
        Fact(term="Items of which somebody said the cause", value="14"),
        Fact(term="Determined causes that were kept", value="9 of 11 (95 % interval 52 % to 95 %)"),
        Fact(term="undetermined became value diversity", value="3 items"),
    ),
    rows=ROWS, more="", distributions=(GROUPS,), model="built-in-1", action="#", idempotency_key="key",
)  # fmt: skip
CAUSE = views.CausePage(
    item_id="itm-1", stands=Pill(label="value diversity", tone="good"), is_corrected=False,
    sentence="The likeliest cause is different values (86%), before an ambiguous rubric (9%).",
    warning="The evidence says that competent people differ here in values. Preserve it, or confirm that you settle it "
    "all the same.",
    plot=SharePlot(
        title="How likely each cause is, in thousandths",
        rows=tuple(ShareRow(label=name, count=n) for name, n in zip(COLUMNS, (20, 90, 10, 20, 860), strict=False)),
    ),
    causes=COLUMNS[:5],
    terms=(
        views.TermRow(
            source="Labels", sentence="27 judges, divided 14 to 13. This fits all causes about equally well.",
            weights=("1.1", "1.1", "1.1", "1.0", "1.1"),
        ),
        views.TermRow(
            source="Declared groups",
            sentence="The labels were compared with the groups that judges declared; which groups is told to nobody.",
            weights=("1.0", "1.0", "1.0", "1.0", "over 100"),
        ),
    ),
    absent=("Judged again, same rubric", "Who saw more context"),
    helps=("Have 3 judges judge the item again, blind and later.", "Have 3 experts more judge the item."),
    said=(
        views.SaidRow(
            at="2026-11-20T10:30:00+00:00", who="per-04f1", sentence="Was undetermined; said to be value diversity.",
            note="Both sides read the guideline alike and weigh autonomy against safety differently.",
        ),
    ),
    notes_href="#", distributions=(GROUPS,),
    facts=(
        Fact(term="Model of causes", value="built-in-1"),
        Fact(term="Digest of the evidence", value="0f" * 32, is_digest=True),
    ),
    case_href="#", action="#",
    choices=tuple(Choice(value=name, label=name, is_chosen=name == "Value diversity") for name in COLUMNS[:5]),
    note="", errors=(), idempotency_key="key",
)  # fmt: skip
QUALITY = (Fact(term="Share undetermined", value="0.620"), Fact(term="Brier score", value="0.512"))
MODELS = views.ModelsPage(
    corrections=MAP.corrections, quality=QUALITY,
    rows=(
        views.ModelRow(
            name="fitted-1", state=Pill(label="not in force"), action="#", idempotency_key="key",
            why="The evidence determines 41% of 320 items: shares of causes are learnt from them.",
            facts=(
                Fact(term="Corrected cases", value="44"), Fact(term="Temperature", value="1.41"),
                Fact(term="Calibration error, before and after", value="0.084 and 0.051"),
            ),
        ),
        views.ModelRow(
            name="built-in-1", state=Pill(label="in force", tone="good"), action=None, idempotency_key="key",
            why="Equal shares of causes; every number and its reason stand in the documentation.", facts=(),
        ),
    ),
    action="#", idempotency_key="key", back=Link(label="Programmes", href="#"),
)  # fmt: skip
GROUP_FORM = views.GroupsPage(
    axes=(
        views.AxisField(
            id="age", label="Age",
            choices=(Choice(value="", label="Rather not say"), Choice(value="30-44", label="30 to 44", is_chosen=True)),
        ),
        views.AxisField(
            id="gender", label="Gender",
            choices=(Choice(value="", label="Rather not say", is_chosen=True), Choice(value="woman", label="Woman")),
        ),
    ),
    since="2026-11-20T10:30:00+00:00", idempotency_key="key", withdrawal_key="key-2",
)  # fmt: skip
SHORT = "Expected a note of at least 10 characters: what shows that this is the cause?"

SAMPLES = (
    Sample("causes-map", "disagreement/map.html", MAP, within("Disagreement map of medicine-1", "Disagreements", trail=TRAIL)),
    Sample(
        "causes-map-empty", "disagreement/map.html", replace(MAP, rows=(), action=None),
        within("Disagreement map of medicine-1", "Disagreements", trail=TRAIL),
    ),
    Sample(
        "causes", "disagreement/list.html",
        views.Batches(
            table=table("Batch", ("medicine-1 (medical)", (6, 3, 1, 2, 4, 31, 2, 1)), href="#"), models_href="#",
            queue_href="#",
        ),
        within("Disagreements by cause", "Disagreements", trail=TRAIL[:1]),
    ),
    Sample("cause", "disagreement/cause.html", CAUSE, within("Why judges disagree on case-0417", "Disagreements", trail=TRAIL)),
    Sample(
        "cause-refused", "disagreement/cause.html",
        replace(CAUSE, note="Slip.", errors=(("note", SHORT),), warning="", distributions=(), said=(), notes_href=None),
        within(
            "Why judges disagree on case-0417", "Disagreements", trail=TRAIL,
            notices=(Notice(kind="refused", sentence=SHORT, field="note"),),
        ),
    ),
    Sample("cause-models", "disagreement/models.html", MODELS, within("Models of causes", "Disagreements")),
    Sample("my-groups", "disagreement/groups.html", GROUP_FORM, within("My groups", "Disagreements")),
    Sample("my-groups-empty", "disagreement/groups.html", replace(GROUP_FORM, since=None), within("My groups", "Disagreements")),
)  # fmt: skip
