"""Sample pages of erasure: the list, an order before and after a look at what would be lost, one that is final."""

from dataclasses import replace

from web.samples.frame import DAY, Sample, event, lead

from tallystick.flow.erasure import STAYS
from tallystick.web.views import erasure
from tallystick.web.views.parts import Choice, Fact, Link, Pill

CERTIFICATE = """tallystick/erasure/v1
origin cell.tallystick.example
erasure era-5f1c0a8d2b7e4c6f9a3d1e0b7c
kind object
target item:itm-0d4f6a1c9b8e7d2f3a5b6c7d8e
seq 1181

\N{EM DASH} cell.tallystick.example AAAA
"""
NOTICE = erasure.NoticeRow(
    release="rel-1b2c3d4e5f60718293a4b5c6d7", href="#", holder="client", at=f"{DAY}12:30:00Z",
    status=Pill(label="told", tone="waiting"), action="#", idempotency_key="a-key-of-some-length",
)  # fmt: skip
CONFIRMED = replace(NOTICE, holder="per-7", status=Pill(label="confirmed", tone="good"), action=None)
LIST = erasure.ErasureList(
    erasures=(
        erasure.ErasureRow(
            name="era-5f1c0a8d2b7e4c6f9a3d1e0b7c", href="#", at=f"{DAY}12:30:00Z", what="object",
            target="item:itm-0d4f6a1c9b8e7d2f3a5b6c7d8e", objects=6, status=Pill(label="final", tone="good"),
        ),
    ),
    notices=(NOTICE, CONFIRMED), new_href="#",
)  # fmt: skip
NEW = erasure.ErasureNew(
    action="#", idempotency_key="a-key-of-some-length", what="source", target="run:run-7",
    whats=(Choice(value="source", label="an import, and what came with it", is_chosen=True),),
    reasons=(Choice(value="client-request", label="client request"),),
)  # fmt: skip
LOSS = erasure.Loss(
    facts=(Fact(term="What is erased", value="run:run-7"), Fact(term="Items that lose their content", value="212"), Fact(term="Contents in all", value="1,060")),
    releases=(Link(label="careful-answers 1.0.0", href="#"),),
    items=(Link(label="itm-0d4f6a1c9b8e7d2f3a5b6c7d8e", href="#"),), items_total=212, stays=STAYS,
    final="Nobody can read it in this cell from the moment you order it. It is final when the keys of today are destroyed.",
)  # fmt: skip
FINAL = erasure.ErasureDetail(
    status=Pill(label="final", tone="good"), facts=(Fact(term="Contents", value="6"),), stays=STAYS,
    final_words="Every key that ever wrapped its keys is destroyed.",
    releases=(Link(label="careful-answers 1.0.0", href="#"),), notices=(NOTICE,),
    events=(event(1181, 210, "Mara Lindqvist", "Content was ordered to be erased, and became unreadable", "erasure-ordered/1"),),
    verify_command="tallystick log certificate era.txt --log log --vkey log.vkey", certificate=CERTIFICATE,
    certificate_href="#",
)  # fmt: skip
SAMPLES = (
    Sample("erasures", "erasure/list.html", LIST, lead("Erasures", here="Erasures")),
    Sample(
        "erasures-none", "erasure/list.html", erasure.ErasureList(erasures=(), notices=()),
        lead("Erasures", here="Erasures"),
    ),
    Sample("erasure-new", "erasure/new.html", NEW, lead("Erase something", here="Erasures")),
    Sample(
        "erasure-loss", "erasure/new.html",
        replace(NEW, loss=LOSS, needs_confirmation=True, errors=(("confirmed", "Send the target once more."),)),
        lead("Erase something", here="Erasures"),
    ),
    Sample("erasure", "erasure/detail.html", FINAL, lead("Erasure era-5f1c", here="Erasures")),
    Sample(
        "erasure-ordered", "erasure/detail.html",
        replace(FINAL, status=Pill(label="unreadable here", tone="waiting"), certificate=None, certificate_href=None,
                releases=(), notices=()),
        lead("Erasure era-5f1c", here="Erasures"),
    ),
)  # fmt: skip
