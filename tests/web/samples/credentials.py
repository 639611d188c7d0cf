"""Sample pages of credentials, screening and the pool of experts."""

from web.samples.frame import DAY, DONE, REFUSED, Sample, expert, lead, within
from web.samples.people import QUALIFICATION

from tallystick.web.credential import METHODS
from tallystick.web.screening import DECISIONS, STATES
from tallystick.web.views import credential, pool, roster, screening
from tallystick.web.views.parts import Choice, Fact, Pill

COMMITMENT = "3f9a1c7be204d58e" * 4
VERIFIED, EXPIRED = Pill(label="verified", tone="good"), Pill(label="expired", tone="bad")
WAITING = Pill(label="under review", tone="waiting")
CHOICES = tuple(Choice(value=name, label=label, is_chosen=name == "document") for name, label in METHODS.items())
FORMER = (
    Choice(value="", label="None: it is new", is_chosen=True),
    Choice(value="crd-1", label="medical-licence, until 2026-12-15"),
)
ROWS = (
    credential.CredentialRow(
        type="medical-licence", href="#", status=VERIFIED, method="Look-up in a registry", until="2026-12-15", files=2
    ),
    credential.CredentialRow(
        type="board-certificate-anaesthesia", href="#", status=WAITING, method="A document", until=None, files=1
    ),
    credential.CredentialRow(
        type="medical-licence", href="#", status=EXPIRED, method="A document", until="2024-12-15", files=1
    ),
)
HELD = credential.Section(
    rows=ROWS,
    demanded=("careful-answers, legal: no work without a verified credential: bar-admission.",),
    action="#", idempotency_key="k", methods=CHOICES, former=FORMER,
)  # fmt: skip
WRONG = credential.Section(
    rows=(), demanded=(), action="#", idempotency_key="k", methods=CHOICES, former=FORMER[:1],
    typed=(("type", "Medical Licence"), ("issuer", "Chamber of Physicians of Berlin")),
    errors=(("type", "Expected a short type such as medical-licence: a to z, digits, hyphens."),),
)  # fmt: skip
CONFIRMED = screening.DisqualifierCard(
    id="dsq-1", ground="The registry says that a licence was revoked.", status=STATES["confirmed"],
    scope="In all work of this cell", source="another system, registry-watch 2", at=f"{DAY}09:00:00Z",
    evidence="The registry of the chamber lists the licence as revoked since 2 November 2026.",
    said=(
        screening.SaidRow(
            title="Confirmed", at=f"{DAY}10:00:00Z", words="The chamber confirmed it to me by telephone this morning."
        ),
        screening.SaidRow(
            title="Answer of the person", at=f"{DAY}11:00:00Z", words="They mean my sister, who is also a doctor."
        ),
    ),
    action="#", idempotency_key="k", decisions=DECISIONS["confirmed"], may_answer=False,
)  # fmt: skip
PROPOSED = screening.DisqualifierCard(
    id="dsq-2", ground="A credential has expired and was not renewed.", status=STATES["proposed"],
    scope="In the work of careful-answers", source="a rule of this cell, credential-expired 1",
    at=f"{DAY}09:00:00Z", evidence="medical-licence ran out on 2026-11-01 and was not renewed.", said=(),
    action="#", idempotency_key="k", decisions=DECISIONS["proposed"], may_answer=False, typed="yes",
    errors=(("reason", "Say why, in at least 10 characters."),),
)  # fmt: skip
OWN = screening.DisqualifierCard(
    id="dsq-3", ground="The registry says that a licence was revoked.", status=STATES["proposed"],
    scope="In all work of this cell", source="a person", at=f"{DAY}09:00:00Z", evidence=None, said=(), action="#",
    idempotency_key="k", decisions=(), may_answer=True,
)  # fmt: skip
GROUNDS = (Choice(value="no-contract", label="No contract with this person is executed."),)
PROGRAMMES = (Choice(value="", label="All work of this cell", is_chosen=True),)
PERSON = roster.PersonDetail(
    id="imbeki", name="Dr. Ines Mbeki", roles=("expert", "reviewer"), contract_at="2026-01-09T10:00:00Z",
    ip_at="2026-01-09T10:00:00Z", qualifications=(QUALIFICATION,), flags=(), history=(), template_digest="9c" * 32,
    credentials=HELD, region="DE",
    screening=screening.Section(
        cards=(CONFIRMED, PROPOSED), action="#", idempotency_key="k", grounds=GROUNDS, programmes=PROGRAMMES
    ),
)  # fmt: skip
MINE = roster.PersonDetail(
    id="imbeki", name="Dr. Ines Mbeki", roles=("expert",), contract_at="2026-01-09T10:00:00Z",
    ip_at="2026-01-09T10:00:00Z", qualifications=(), flags=(), history=(), credentials=WRONG,
    screening=screening.Section(cards=(OWN,), action=None, idempotency_key="k", grounds=(), programmes=()),
)  # fmt: skip
FACTS = (
    Fact(term="Issuer", value="Chamber of Physicians of Berlin"), Fact(term="Jurisdiction", value="DE-BE"),
    Fact(term="Number", value="LANR 123456789"), Fact(term="Method", value="A document"),
    Fact(term="Last day", value="2026-12-15"), Fact(term="Declared", value="20 Nov 2026, 09:00 UTC"),
)  # fmt: skip
FILE = credential.EvidenceRow(
    number=1, href="#", commitment=COMMITMENT, size="212 kilobytes", who="its holder", at=f"{DAY}09:00:00Z"
)
KEYS = ("a", "b", "c", "d", "e")
REVIEW = credential.CredentialDetail(
    status=WAITING, facts=FACTS, reason=None, evidence=(FILE,), files_action="#", action="#", may_review=False,
    may_verify=True, may_withdraw=True, methods=CHOICES[:3], keys=KEYS, expires_on="2026-12-15", decision="verify",
    errors=(("document", "Expected the answer of the registry or the notes of the interview."),),
)  # fmt: skip
REJECTED = credential.CredentialDetail(
    status=Pill(label="rejected", tone="bad"), facts=FACTS, reason="The number belongs to somebody else.",
    evidence=(), files_action=None, action="#", may_review=False, may_verify=False, may_withdraw=False,
    methods=CHOICES[:3], keys=KEYS,
)  # fmt: skip
OVERVIEW = credential.Overview(
    days="60",
    reminders=(
        credential.Reminder(
            type="medical-licence", href="#", sentence="It ran out on 2026-11-01.", is_over=True,
            who="Dr. Ines Mbeki", who_href="#",
        ),
        credential.Reminder(
            type="bar-admission", href="#", sentence="It runs out on 2026-12-15, in 24 days.", is_over=False,
            who="Jo Okafor", who_href="#",
        ),
    ),
    waiting=(
        credential.CredentialRow(
            type="medical-licence", href="#", status=WAITING, method="A document", until=None, files=1,
            who="Dr. Ines Mbeki", who_href="#",
        ),
    ),
    disqualifiers=(
        credential.DisqualifierLine(
            ground="The same person is enrolled twice.", who="Jo Okafor", href="/people/imbeki", source="a rule of this cell",
            at=f"{DAY}09:00:00Z",
        ),
    ),
    rules_action="#", idempotency_key="k",
)  # fmt: skip
EMPTY = credential.Overview(
    days="soon", reminders=(), waiting=(), disqualifiers=(), rules_action=None, idempotency_key="k",
    errors=(("days", "Expected a number of days from 0 to 3660."),),
)  # fmt: skip
TOLD = pool.PoolView(
    people=43, cell_min=5, at=f"{DAY}09:00:00Z", is_of_release=True, is_planned=True, action="#",
    idempotency_key="k", contract_href="#",
    tables=(
        pool.AxisTable(
            title="Region", rows=(("DE", "21"), ("US", "14"), ("All hidden groups together", "8")),
            note="Everybody stands in one group: together 43 people.",
        ),
        pool.AxisTable(
            title="Verified credential", rows=(("medical-licence", "17"), ("bar-admission", "hidden")),
            note="A person may have several, or none: each count stands alone.",
        ),
        pool.AxisTable(
            title="How many years have you practised, training included?", rows=(),
            note="Not told again: too little has changed since it was told before.",
        ),
    ),
)  # fmt: skip
UNTOLD = pool.PoolView(
    people=None, cell_min=5, at=None, is_of_release=False, tables=(), is_planned=False, action="#", idempotency_key="k",
    contract_href="#",
)  # fmt: skip
ANSWERS = pool.Answers(
    questions=(
        pool.QuestionField(
            id="years", label="How many years have you practised?",
            choices=(
                Choice(value="", label="Rather not say"), Choice(value="few", label="Up to 10", is_chosen=True),
                Choice(value="many", label="More than 10"),
            ),
        ),
    ),
    since=f"{DAY}09:00:00Z", action="#", withdraw_action="#", idempotency_key="k", withdrawal_key="l", cell_min=5,
)  # fmt: skip

SAMPLES = (
    Sample("person-file", "roster/person.html", PERSON, lead("Dr. Ines Mbeki", here="People")),
    Sample("person-own", "roster/person.html", MINE, expert("Dr. Ines Mbeki", notices=(REFUSED,))),
    Sample("credential-review", "credential/detail.html", REVIEW, lead("medical-licence", here="People")),
    Sample("credential-rejected", "credential/detail.html", REJECTED, expert("medical-licence")),
    Sample("credentials", "credential/list.html", OVERVIEW, lead("Credentials and screening", here="People")),
    Sample("credentials-empty", "credential/list.html", EMPTY, lead("Credentials and screening", here="People")),
    Sample("pool", "pool/detail.html", TOLD, within("Experts together", "Experts together", notices=(DONE,))),
    Sample("pool-untold", "pool/detail.html", UNTOLD, within("Experts together", "Experts together")),
    Sample("pool-own", "pool/own.html", ANSWERS, expert("About me")),
)
