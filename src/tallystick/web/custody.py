"""Keys: who holds them, and which there are, for engineers, leads and auditors. Reads through app."""

from tallystick.app import custody
from tallystick.edge import Site, Visit
from tallystick.edge.pages import PageAnswer
from tallystick.flow.refusal import Refused
from tallystick.web import frame, words
from tallystick.web.views import custody as views
from tallystick.web.views.parts import Fact, Pill

_STATES = {
    "current": Pill(label="in force", tone="good"), "retiring": Pill(label="being replaced", tone="waiting"),
    "destroyed": Pill(label="destroyed"), "active": Pill(label="signs", tone="good"), "retired": Pill(label="retired"),
}  # fmt: skip
_WORDS = {
    "software-development": "Files in the cell's folder. Whoever administers the machine can read them.",
    "softhsm-development": "A token in software. Whoever administers the machine can read it.",
    "pkcs11": "A hardware token behind the key process. No key leaves it.",
    "cloud-kms": "A key service. No key leaves it.",
}


def mount(site: Site) -> None:
    """Register the page of keys."""
    site.page("/custody", state, permission="custody.read")


def state(visit: Visit) -> PageAnswer:
    """Who holds the keys, and which there are."""
    found = custody.custody_page(visit.cell, visit.actor)
    if isinstance(found, Refused):
        return found
    answers = "yes" if found.is_answering else "no: nothing is sealed and no new key is made until it does"
    view = views.CustodyPage(
        facts=(
            Fact(term="Custody", value=found.custody),
            Fact(term="What that means", value=_WORDS.get(found.custody, "Not known to this version.")),
            Fact(term="The holder of the keys answers", value=answers),
        ),
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
    return frame.shown("custody/state.html", view, frame.page(visit, "Keys"))
