"""Sample pages of welfare and routing."""

from dataclasses import replace

from web.samples.frame import DAY, Sample, expert, within
from web.samples.people import SAMPLES as PEOPLE
from web.samples.work import WORK

from tallystick.flow.contract import LEVELS
from tallystick.web.views import judgment, roster, routing, welfare
from tallystick.web.views.page import NavLink, Notice
from tallystick.web.views.parts import Choice, Fact, Pill

HARM = "Some items speak of people who hurt themselves or think of it. You can stop at any time."
SHIELD = welfare.Shield(
    warnings=(("Self harm", HARM), ("Medical gore", "Wounds are described in clinical words.")), is_veiled=True,
    skip_action="/assignments/a-77/return", idempotency_key="k-2",
)  # fmt: skip
LEVEL_CHOICES = tuple(Choice(value=level, label=level, is_chosen=level == "C1") for level in LEVELS)
OWN = welfare.Own(
    today=(
        Fact(term="Work today", value="14 pieces of work"), Fact(term="Active time", value="1 h 12 min"),
        Fact(term="Your day ends", value="2026-11-23 00:00 (Europe/Berlin)"),
    ),
    categories=(
        welfare.CategoryRow(
            name="self_harm", label="Self harm", warning=HARM, is_opted_out=False, had="3 items, 21 min 00 s",
            limit="30 minutes a day, 8 items a day, after 20 minutes a break of 15 minutes",
            closed="Closed until 2026-11-22 10:55 (Europe/Berlin): a break.",
        ),
        welfare.CategoryRow(
            name="violence", label="Violence", warning="Violence between people is described.", is_opted_out=True,
            had="nothing", limit="none", closed="",
        ),
    ),
    zones=(Choice(value="Europe/Berlin", label="Europe/Berlin", is_chosen=True), Choice(value="UTC", label="UTC")),
    idempotency_key="k-3",
    languages=(
        welfare.LanguageField(number=1, tag="de", levels=LEVEL_CHOICES, confirmed="confirmed: C2"),
        welfare.LanguageField(number=2, tag="pt-BR", levels=LEVEL_CHOICES),
        welfare.LanguageField(number=3, tag="", levels=LEVEL_CHOICES),
    ),
    languages_key="k-4",
)  # fmt: skip
EMPTY = replace(OWN, categories=(), languages=OWN.languages[2:])
WRONG = replace(
    OWN, errors=(
        ("languages", "Expected BCP 47 language tags such as en or pt-BR."),
        ("time_zone", "Expected a time zone such as Europe/Berlin, or UTC. Choose one of the list."),
    ),
)  # fmt: skip
REPORT = welfare.Exposure(
    general="Limits of all work: 240 minutes a day, after 60 minutes a break of 10 minutes.",
    rules=(
        welfare.RuleRow(
            label="Self harm", is_blurred=True, opt_outs="not told",
            limit="30 minutes a day, 8 items a day, after 20 minutes a break of 15 minutes",
        ),
        welfare.RuleRow(label="Violence", limit="none", is_blurred=False, opt_outs="7 people"),
    ),
    weeks=(
        welfare.WeekRow(week="2026-W47", label="Self harm", people=9, items=211, time="12 h 40 min"),
        welfare.WeekRow(week="2026-W47", label="Violence", people=4, items=32, time="1 h 05 min"),
        welfare.WeekRow(week="2026-W46", label="Self harm", people=8, items=1_180, time="61 h 12 min"),
    ),
    at_limit=(
        welfare.LimitRow(name="Dr. Ayşe Öztürk-Oyelaran", href="#", what="Self harm", why="a break"),
        welfare.LimitRow(name="Jo Lindqvist", href="#", what="All work", why="enough for today"),
    ),
    may_name=True,
)  # fmt: skip
NOTHING = welfare.Exposure(
    general="The contract in force has no section `welfare`: nothing is limited, and no break is enforced.",
    rules=(), weeks=(), at_limit=(), may_name=True,
)  # fmt: skip
SECTION = routing.Section(
    languages=(
        routing.LanguageRow(tag="de", level="native", confirmed="C2, 3 Nov 2026, 09:12 UTC"),
        routing.LanguageRow(tag="pt-BR", level="B2", confirmed="no"),
    ),
    clearances=(
        routing.ClearanceRow(
            programme="careful-answers", state=Pill(label="in force", tone="good"), until=f"{DAY}23:59:59Z",
            reason="They review the reports of the restricted domain.", granted="Granted on 1 Nov 2026, 08:00 UTC",
            revoke_action="#", idempotency_key="k-5",
        ),
        routing.ClearanceRow(
            programme="plain-answers", state=Pill(label="revoked", tone="bad"), until=f"{DAY}23:59:59Z",
            reason="An incident was looked into.", granted="Granted on 1 Oct 2026, 08:00 UTC",
            revoked="Revoked on 9 Oct 2026, 17:30 UTC: the incident is closed.",
        ),
    ),
    is_own=False, confirm_action="#", grant_action="#",
    tags=(Choice(value="de", label="de"), Choice(value="pt-BR", label="pt-BR")), levels=LEVEL_CHOICES,
    programmes=(Choice(value="careful-answers", label="careful-answers"),), confirm_key="k-6", grant_key="k-7",
)  # fmt: skip
HOME = (NavLink(label="My work", href="/me"),)
PERSON = next(sample for sample in PEOPLE if sample.template == "roster/person.html")
assert isinstance(PERSON.view, roster.PersonDetail)

SAMPLES = (
    Sample("work-warned", "judgment/work.html", replace(WORK, shield=SHIELD), expert("Which answer is better?")),
    Sample(
        "work-opened", "judgment/work.html", replace(WORK, shield=replace(SHIELD, is_open=True)),
        expert("Which answer is better?"),
    ),
    Sample(
        "work-break", "judgment/none.html",
        judgment.NoWork(
            programme="Careful answers",
            reason="It is time for a break. Work goes on at 2026-11-22 10:55 (Europe/Berlin). A break is not held against you, and is not paid.",
            todo="Rest. Nothing that waits for you is lost, and nobody counts the break.", home_href="/me",
        ),
        expert("Nothing waits"),
    ),
    Sample(
        "work-left-out", "judgment/none.html",
        judgment.NoWork(
            programme="",
            reason="You hold an item (asg-7) with content that you leave out (violence), so it is not shown. Give it back, or take these kinds on again in your settings to go on: your draft is kept.",
            todo="Giving it back counts in no figure. What you wrote is kept as your draft until you go on.",
            home_href="/me", release_action="/assignments/asg-7/return", idempotency_key="key", is_left_out=True,
        ),
        expert("Content that you leave out"),
    ),
    Sample(
        "qualification-left-out", "judgment/none.html",
        judgment.NoWork(
            programme="",
            reason="This goes on with content that you leave out (violence), so it is not shown. Begin another qualification in its place: it asks for nothing of that kind. Or take these kinds on again in your settings to go on. Neither is held against you.",
            todo="This attempt is put aside: it is not failed, and nothing of it counts. Another one leaves that out.",
            home_href="/me", is_left_out=True, anew_href="/qualifications/start/careful/general",
        ),
        expert("Content that you leave out"),
    ),
    Sample("settings", "welfare/own.html", OWN, expert("My settings", trail=HOME)),
    Sample("settings-empty", "welfare/own.html", EMPTY, expert("My settings", trail=HOME)),
    Sample(
        "settings-refused", "welfare/own.html", WRONG,
        expert(
            "My settings", trail=HOME,
            notices=(
                Notice(
                    kind="refused", sentence="Expected BCP 47 language tags such as en or pt-BR.", todo="",
                    names=("German",),
                ),
            ),
        ),
    ),
    Sample("exposure", "welfare/exposure.html", REPORT, within("Exposure", "Exposure")),
    Sample("exposure-empty", "welfare/exposure.html", NOTHING, within("Exposure", "Exposure")),
    Sample("person-routing", "roster/person.html", replace(PERSON.view, routing=SECTION), PERSON.page),
)  # fmt: skip
