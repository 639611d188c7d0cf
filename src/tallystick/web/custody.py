"""Keys: who holds them, and which there are, for engineers, leads and auditors. Reads through app."""

from tallystick.app import custody
from tallystick.custody import PROTECTED
from tallystick.edge import Site, Visit
from tallystick.edge.pages import PageAnswer
from tallystick.flow.refusal import Refused
from tallystick.web import frame, words
from tallystick.web.language import N_, Words, said
from tallystick.web.views import custody as views
from tallystick.web.views.parts import Fact, Pill

_STATES = {
    "current": Pill(label="in force", tone="good"), "retiring": Pill(label="being replaced", tone="waiting"),
    "destroyed": Pill(label="destroyed"), "active": Pill(label="signs", tone="good"), "retired": Pill(label="retired"),
}  # fmt: skip
_WORDS = Words({
    "software-development": "Files in the cell's folder. Whoever administers the machine can read them.",
    "softhsm-development": "A token in software. Whoever administers the machine can read it.",
    "pkcs11": "A hardware token behind the key process. No key leaves it.",
    "cloud-kms": "A key service. No key leaves it.",
})  # fmt: skip

_DEVELOPMENT = N_(
    "This is development custody: good for trying things out, no protection for real content. Whoever can read this "
    "machine can read its keys, sign in the name of the log and open what was erased from an older copy of the keys."
)
_TROUBLE = N_(
    "The holder of the keys does not answer. Nothing is taken, sealed or opened until it does. What was acknowledged "
    "before is safe. The engineer of the cell starts the key process again; the cell goes on by itself."
)


def mount(site: Site) -> None:
    """Register the page of keys."""
    site.page("/custody", state, permission="custody.read")


def state(visit: Visit) -> PageAnswer:
    """Who holds the keys, and which there are."""
    found = custody.custody_page(visit.cell, visit.actor)
    if isinstance(found, Refused):
        return found
    view = views.CustodyPage(
        facts=(
            Fact(term=said("Custody"), value=found.custody),
            Fact(
                term=said("What that means"), value=_WORDS.get(found.custody) or said("Not known to this version.")
            ),
            Fact(term=said("The holder of the keys answers"), value=said("yes") if found.is_answering else said("no")),
        ),
        warning="" if found.custody in PROTECTED else said(_DEVELOPMENT),
        trouble="" if found.is_answering else said(_TROUBLE),
        epochs=tuple(
            views.EpochRow(
                epoch=row.epoch, started=words.moment(row.started_at), wraps=found.wrapped.get(row.epoch, 0),
                status=_STATES[row.state], final=words.moment(row.final_at) if row.final_at else "",
            )
            for row in found.epochs
        ),
        log_keys=tuple(
            views.LogKeyRow(
                vkey=row.vkey, added=words.moment(row.added_at), status=_STATES[row.state],
                ends=words.moment(row.retired_at or row.retire_at) if row.retired_at or row.retire_at else "",
            )
            for row in found.log_keys
        ),
        scopes=tuple(
            views.ScopeRow(scope=row.scope, generation=row.generation, at=words.moment(row.at)) for row in found.scopes
        ),
    )  # fmt: skip
    return frame.shown("custody/state.html", view, frame.page(visit, said("Keys")))
