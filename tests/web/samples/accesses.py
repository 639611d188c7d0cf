"""Sample pages of looks: the access history, one's own, and the page that asks why."""

from dataclasses import replace

from web.samples.frame import DAY, Sample, expert, lead

from tallystick.web.frame import REASONS
from tallystick.web.views import oversight
from tallystick.web.views.page import NavLink, Notice
from tallystick.web.views.parts import Choice, Paging

LEAD = "Every look at content: who, in which role, why, when. Names are pseudonyms: looking them up is a look, too."
OWN_LEAD = "Who else looked at your profile and at items that you judged: their role and reason, not who they are."
ROW = oversight.AccessRow(
    seq=1464, href="#", at=f"{DAY}12:30:00Z", who="per-5d9b56c3c93d7074f5bd7e872b", role="lead",
    subject="itm-fb782e1151db50ab2e153159e8", what="record", reason="review", number=1,
    words="Two judges told me that the context is cut off.", subject_href="#",
)  # fmt: skip
ROWS = (
    ROW,
    replace(ROW, seq=1461, subject="rel-c59482cd78dc073f0aaf2dacc7/data/records.jsonl", what="release", reason="export", words=""),
    replace(ROW, seq=1459, who="cell", role="cell", subject="everything", what="everything", reason="check", number=1204, words=""),
)  # fmt: skip
HISTORY = oversight.AccessHistory(
    action="#", rows=ROWS, paging=Paging(summary="3 looks", next_href="#"), subject="itm-fb782e1151db50ab2e153159e8",
    is_worded=True, is_filtered=True,
)  # fmt: skip
OWN = oversight.AccessHistory(
    action="#", may_filter=False, paging=Paging(summary="2 looks"),
    rows=(
        replace(ROW, href=None, who="not told", words="", subject_href=None),
        replace(ROW, href=None, who="not told", words="", subject_href=None, what="profile", subject="roster", number=18, reason="staffing"),
    ),
)  # fmt: skip
WHY = oversight.Why(
    action="#",
    reasons=tuple(Choice(value=value, label=label) for value, label in REASONS.items()),
    words="A complaint.",
)
NO_REASON = Notice(kind="refused", sentence="Expected a reason, found none: say why you look.", field="reason")
TRAIL = (NavLink(label="My work", href="/me"),)
SAMPLES = (
    Sample("accesses", "oversight/accesses.html", HISTORY, lead("Access history", here="Access history", lead=LEAD)),
    Sample(
        "accesses-none-fit", "oversight/accesses.html", replace(HISTORY, rows=()),
        lead("Access history", here="Access history", lead=LEAD),
    ),
    Sample("own-accesses", "oversight/accesses.html", OWN, expert("Who looked at my work", lead=OWN_LEAD, trail=TRAIL)),
    Sample(
        "own-accesses-none", "oversight/accesses.html", replace(OWN, rows=()),
        expert("Who looked at my work", lead=OWN_LEAD, trail=TRAIL),
    ),
    Sample("why", "oversight/why.html", WHY, lead("Why do you look?")),
    Sample("why-refused", "oversight/why.html", WHY, lead("Why do you look?", notices=(NO_REASON,))),
)  # fmt: skip
