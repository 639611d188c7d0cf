"""The codes of refusals that somebody can meet on a page, experts first. Reads and writes nothing.

Catalogues have a message for each, with the context `refusal` and the code as its id: what was expected and what to do,
without names and numbers. The exact English sentence stands below it.
"""

from typing import Final

EVERYWHERE: Final = (
    "absent", "bad-host", "bad-method", "clock-behind", "clock-jumped", "erased", "failed", "forged", "key-reused",
    "key-weak", "keys-unavailable", "log-behind", "malformed", "sign-in-failed", "sign-in-needed", "too-large",
    "too-many-attempts",
)  # fmt: skip
WORK: Final = (
    "already-answered", "already-judged", "already-qualified", "answer-incomplete", "break-due", "called-back",
    "credential-missing", "disqualified", "draft-too-large", "draft-unreadable", "exposure-reached", "given-back",
    "gold-alike", "gold-known", "gold-min-large", "gold-not-for-you", "gold-used-up",
    "lease-expired", "needs-clearance", "no-constitution", "no-contract", "no-decision-rule", "no-work",
    "not-an-expert", "not-leased", "not-qualified", "others-first", "outside-regions", "programme-closed",
    "qualification-ended", "qualification-lapsed", "qualification-running", "region-missing", "share-reached",
    "stood-down",
    "time-zone-missing", "too-few-gold-items", "trade-off-incomplete", "unknown-principle",
    "held-left-out", "kind-left-out", "not-routed", "verdict-contradicts-scores", "work-paused", "work-requeued",
)  # fmt: skip
ADJUDICATION: Final = (
    "already-adjudicated", "already-decided", "already-requeued", "case-held", "case-not-taken", "defect-unexplained",
    "expert-alone", "holding-case", "needs-confirmation", "needs-senior", "no-choice", "no-decision", "no-rubric",
    "not-affected", "not-held", "notes-too-short", "own-judgment", "sound-with-defect", "too-much-feedback",
    "unknown-criterion", "unknown-fault", "unknown-judgment", "unknown-reason", "words-too-short", "work-held",
    "nothing-affected", "unknown-cause", "operationalization-open", "not-classified", "note-too-short",
)  # fmt: skip
CALIBRATION: Final = (
    "already-labelled", "calibration-done", "calibration-ended", "calibration-labelling", "calibration-revealed",
    "mark-answered", "no-words-chosen", "unknown-answer", "unknown-candidate", "unknown-kind", "unknown-place",
    "unknown-score", "words-length",
)  # fmt: skip
OWN: Final = (
    "bad-day", "bad-period", "bad-type", "credential-closed", "issuer-missing", "language-not-declared", "no-evidence",
    "no-pay-terms", "no-such-person", "no-words", "not-paid-here", "not-sealed", "not-text", "nothing-declared",
    "nothing-sent", "own-credential", "reason-missing", "reason-short", "terms-changed", "terms-not-accepted",
    "too-long", "too-many-categories", "too-many-languages", "too-many-saves", "under-review", "unknown-axis",
    "unknown-category",
    "unknown-group", "unknown-language", "unknown-level", "unknown-time-zone", "words-too-long", "not-a-person",
    "unknown-region", "not-at-this-stage", "already-expired", "no-former", "no-pool-plan",
)  # fmt: skip
LEADS: Final = (
    "already-erased", "bad-days", "bad-phase", "ground-contradicted", "not-final", "phase-order", "pilot-incomplete",
    "pool-too-alike", "rationale-too-short", "too-much-at-once", "unknown-filter", "unknown-target",
)  # fmt: skip
CODES: Final = tuple(sorted({*EVERYWHERE, *WORK, *ADJUDICATION, *CALIBRATION, *OWN, *LEADS}))
