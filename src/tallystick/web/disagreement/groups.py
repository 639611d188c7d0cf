"""What people declare of themselves, for comparing labels with groups. Reads and writes through app."""

from tallystick.app import disagreement
from tallystick.app.disagreement import AXES
from tallystick.app.kernel import new_key
from tallystick.edge import Visit
from tallystick.edge.pages import PageAnswer
from tallystick.flow.refusal import Refused
from tallystick.web import frame, words
from tallystick.web.frame import Place
from tallystick.web.language import N_, said, told
from tallystick.web.views import disagreement as views
from tallystick.web.views.parts import Choice

RATHER_NOT = N_("Rather not say")


def groups(visit: Visit) -> PageAnswer:
    """What the reader declared about themselves, to change or to take back."""
    found = disagreement.own_groups(visit.cell, visit.actor)
    if isinstance(found, Refused):
        return found
    view = views.GroupsPage(
        axes=tuple(
            views.AxisField(
                id=axis.id, label=told(axis.label),
                choices=(
                    Choice(value="", label=said(RATHER_NOT), is_chosen=axis.id not in found.values),
                    *(
                        Choice(value=name, label=told(label), is_chosen=found.values.get(axis.id) == name)
                        for name, label in axis.groups.items()
                    ),
                ),
            )
            for axis in AXES
        ),
        since=None if found.at is None else words.moment(found.at), idempotency_key=new_key(),
        withdrawal_key=new_key(),
    )  # fmt: skip
    page = frame.page(visit, said("My groups"), at=Place(trail=((said("My work"), "/me"),)))
    return frame.shown("disagreement/groups.html", view, page)


def declare(visit: Visit) -> PageAnswer:
    """Declare groups on the axes that were answered."""
    values = {axis.id: given for axis in AXES if (given := visit.text(axis.id))}
    key = visit.text("idempotency_key")
    return _after(disagreement.declare_groups(visit.cell, visit.actor, values, key=key), "groups")


def withdraw(visit: Visit) -> PageAnswer:
    """Take the declaration back."""
    key = visit.text("idempotency_key")
    return _after(disagreement.withdraw_groups(visit.cell, visit.actor, key=key), "groups-withdrawn")


def _after(done: object, notice: str) -> PageAnswer:
    return done if isinstance(done, Refused) else frame.moved(f"/me/groups?done={notice}")
