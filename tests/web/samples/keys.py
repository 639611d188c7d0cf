"""Sample page of keys."""

from web.samples.frame import DAY, Sample, lead

from tallystick.web.views import custody
from tallystick.web.views.parts import Fact, Pill

VKEY = "demo.tallystick.local/log+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
STATE = custody.CustodyPage(
    facts=(
        Fact(term="Custody", value="softhsm-development"),
        Fact(term="What that means", value="A token in software. Whoever administers the machine can read it."),
        Fact(term="The holder of the keys answers", value="yes"),
    ),
    warning="This is development custody: no protection for real content.", trouble="",
    epochs=(
        custody.EpochRow(epoch=1, started=f"{DAY}08:00:00Z", wraps=0, status=Pill(label="destroyed"), final=f"{DAY}11:00:00Z"),
        custody.EpochRow(epoch=2, started=f"{DAY}10:59:58Z", wraps=214, status=Pill(label="in force", tone="good")),
    ),
    log_keys=(
        custody.LogKeyRow(vkey=VKEY, added=f"{DAY}08:00:00Z", status=Pill(label="signs", tone="good")),
        custody.LogKeyRow(vkey=VKEY, added=f"{DAY}09:00:00Z", status=Pill(label="signs", tone="good"), ends=f"{DAY}18:00:00Z"),
    ),
    scopes=(custody.ScopeRow(scope="person:per-5f1c0a8d2b7e4c6f9a3d1e0b7c", generation=2, at=f"{DAY}11:20:00Z"),),
)  # fmt: skip
NEW = custody.CustodyPage(
    facts=STATE.facts, warning="", trouble="The holder of the keys does not answer. Nothing is taken until it does.", epochs=STATE.epochs[1:], log_keys=STATE.log_keys[:1],
)  # fmt: skip
SAMPLES = (
    Sample("custody", "custody/state.html", STATE, lead("Keys", here="Keys")),
    Sample("custody-new", "custody/state.html", NEW, lead("Keys", here="Keys")),
)
