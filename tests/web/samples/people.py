"""Sample pages of sign-in, people, and what went wrong."""

from dataclasses import replace

from web.samples.frame import DAY, DONE, REFUSED, Sample, event, expert, lead

from tallystick.web.views import roster, session
from tallystick.web.views.page import NavLink, Page
from tallystick.web.views.parts import Choice, Estimate, Link, Pill, Receipt

PASSED = Pill(label="passed", tone="good")
QUALIFICATION = roster.Qualification(
    rubric=Link(label="Medical answers", href="#"),
    version="1.1",
    role="reviewer",
    status=Pill(label="qualified", tone="good"),
    at=f"{DAY}11:20:00Z",
    done=8,
    needed=8,
    rule="Passes with at least 7 of 8 gold items right: an expert who is right half of the time passes in 3.5 % of cases, one who is right in 95 % passes in 94 %.",
    dimensions=(
        roster.DimensionResult(
            name="Verdict", right=8, total=8, estimate=Estimate(value=1.0, low=0.63, high=1.0), status=PASSED
        ),
        roster.DimensionResult(
            name="Factual safety", right=7, total=8, estimate=Estimate(value=0.88, low=0.47, high=1.0), status=PASSED
        ),
        roster.DimensionResult(
            name="Tone",
            right=0,
            total=0,
            estimate=Estimate(value=None, reason="no gold item has a known tone"),
            status=Pill(label="not measured"),
        ),
    ),
)
OPEN = roster.Qualification(
    rubric=Link(label="Legal answers", href="#"),
    version="1.0",
    role="reviewer",
    status=Pill(label="to do", tone="waiting"),
    at=None,
    done=2,
    needed=8,
    rule="Passes with at least 7 of 8 gold items right.",
    start_href="/work/careful-answers",
    start_label="Go on with the qualification",
)
RECEIPTS = (
    Receipt(seq=1204, kind="Judgment on item med-014", at=f"{DAY}12:04:31Z", href="/receipts/1204", is_sealed=False),
    Receipt(
        seq=1181,
        kind="Judgment on item med-011",
        at=f"{DAY}11:58:02Z",
        href="/receipts/1181",
        is_sealed=True,
        proof_href="/receipts/1181/proof",
    ),
)
ROLES = (
    Choice(value="reviewer", label="Reviewer", note="Judges items.", is_chosen=True),
    Choice(value="adjudicator", label="Adjudicator", note="Decides disagreements; never on an item judged before."),
    Choice(value="author", label="Author", note="Writes items; never judges their own."),
)
SIGNED_OUT = Page(title="Sign in", heading="Sign in", is_simulated=True, csrf_token="x")

SAMPLES = (
    Sample(
        "sign-in",
        "session/sign_in.html",
        session.SignIn(
            demo_accounts=(
                session.DemoAccount(login="lead"),
                session.DemoAccount(login="ayse"),
                session.DemoAccount(login="tomas"),
            )
        ),
        SIGNED_OUT,
    ),
    Sample(
        "sign-in-wrong",
        "session/sign_in.html",
        session.SignIn(
            login="ayse",
            error="Expected a name and its password; they do not fit. Try again, or ask your lead for a new password.",
        ),
        Page(title="Sign in", heading="Sign in", csrf_token="x"),
    ),
    Sample("absent", "session/absent.html", session.Absent(), lead("Nothing here", here="")),
    Sample("absent-signed-out", "session/absent.html", session.Absent(is_signed_in=False), SIGNED_OUT),
    Sample("refused", "session/refused.html", session.Turned(), lead("Not done", here="", notices=(REFUSED,))),
    Sample(
        "refused-signed-out",
        "session/refused.html",
        session.Turned(is_signed_in=False),
        replace(SIGNED_OUT, notices=(REFUSED,)),
    ),
    Sample(
        "refused-with-words",
        "session/refused.html",
        session.Turned(
            is_signed_in=False,
            sent=(
                session.SentText(name="", text="criteria.0.name: Reasoning\ncriteria.0.question: Does it follow?"),
                session.SentText(name="notes", text="The second step rests on the first.\nThe first is wrong."),
            ),
        ),
        replace(SIGNED_OUT, notices=(REFUSED,)),
    ),
    Sample(
        "qualification-start",
        "roster/start.html",
        roster.QualificationStart(
            action="/qualifications/start/p/medical",
            idempotency_key="k-6",
            rubric=Link(label="Medical answers 1.1", href="#"),
            rule="8 items; you pass with 7 right answers.",
        ),
        lead("Qualify", here="My work"),
    ),
    Sample("failed", "session/failed.html", session.Failed(reference="e7b2-19a4"), lead("Something failed", here="")),
    Sample(
        "people",
        "roster/list.html",
        roster.PersonList(
            people=(
                roster.PersonRow(
                    name="Dr. Ayşe Öztürk-Oyelaran",
                    href="#",
                    roles=("reviewer",),
                    qualified=3,
                    contract=Pill(label="executed", tone="good"),
                    judgments=42,
                    flags=0,
                ),
                roster.PersonRow(
                    name="Tomás Ferreira",
                    href="#",
                    roles=("reviewer", "adjudicator"),
                    qualified=5,
                    contract=Pill(label="executed", tone="good"),
                    judgments=18,
                    flags=1,
                ),
                roster.PersonRow(
                    name="Ingrid Sørbø",
                    href="#",
                    roles=("reviewer",),
                    qualified=0,
                    contract=Pill(label="not executed", tone="bad"),
                    judgments=0,
                    flags=0,
                ),
            ),
            new_href="/people/new",
        ),
        lead("People", here="People"),
    ),
    Sample(
        "people-empty",
        "roster/list.html",
        roster.PersonList(people=(), new_href="/people/new"),
        lead("People", here="People"),
    ),
    Sample(
        "person",
        "roster/person.html",
        roster.PersonDetail(
            id="ayse",
            name="Dr. Ayşe Öztürk-Oyelaran",
            roles=("reviewer",),
            contract_at=None,
            ip_at=None,
            qualifications=(QUALIFICATION, OPEN),
            flags=("3 judgments were made before the contract was executed. Each record and release says so.",),
            history=(
                event(1181, 178, "Dr. Ayşe Öztürk-Oyelaran", "Judged item med-011", "judgment-submitted/1"),
                event(640, 140, "the gate of qualification", "Qualified for Medical answers 1.1", "expert-qualified/1"),
            ),
            contract_action="/people/ayse/contract",
            idempotency_key="k-5",
        ),
        lead(
            "Dr. Ayşe Öztürk-Oyelaran", here="People", notices=(DONE,), trail=(NavLink(label="People", href="/people"),)
        ),
    ),
    Sample(
        "person-new",
        "roster/new.html",
        roster.PersonNew(
            action="/people",
            idempotency_key="k-4",
            roles=(Choice(value="lead", label="Lead"), Choice(value="expert", label="Expert", is_chosen=True)),
            expert_roles=ROLES,
            name="Ayşe Öztürk",
            login="Ayse K",
            errors=(("login", "Expected small letters, digits and hyphens; found “Ayse K”. Try “ayse-k”."),),
        ),
        lead("Add a person", here="People"),
    ),
    Sample(
        "me",
        "roster/me.html",
        roster.Me(
            waiting=(
                roster.Waiting(
                    programme="Careful answers",
                    href="/work/careful-answers",
                    items=24,
                    done=12,
                    note="Medicine and general reasoning",
                ),
                roster.Waiting(
                    programme="Plain answers",
                    href="/work/plain-answers",
                    items=None,
                    done=3,
                    note="Open to you: General reasoning.",
                    nothing="No item waits for you now. Come back later.",
                ),
            ),
            qualifications=(OPEN, QUALIFICATION),
            receipts=RECEIPTS,
        ),
        expert("My work"),
    ),
    Sample(
        "me-blocked",
        "roster/me.html",
        roster.Me(
            waiting=(),
            qualifications=(),
            receipts=(),
            blocked=(
                roster.Blocked(
                    sentence="Your contract is not executed yet. Your lead records it; until then no item is given to you."
                ),
                roster.Blocked(
                    sentence="A disqualifier was confirmed about you: No contract with this person is executed.",
                    link=Link(label="Read and answer it in your file", href="#"),
                ),
            ),
        ),
        expert("My work"),
    ),
)
