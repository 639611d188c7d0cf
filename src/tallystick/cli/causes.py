"""`tallystick programme causes`: why judges disagree, batch by batch, from the command line."""

from typing import Annotated

import typer

from tallystick.app import disagreement, gate
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.app.disagreement import STANDS, BatchCauses, Map, Mapped
from tallystick.app.kernel import new_key
from tallystick.cli import shell
from tallystick.flow.refusal import Refused

Batch = Annotated[str, typer.Option("--batch", help="Id or name of one batch; all of them when left out.")]


def register(app: typer.Typer) -> None:
    """Add the commands to `tallystick programme`."""
    app.command()(causes)
    app.command("classify-causes")(classify_causes)


def causes(
    directory: shell.Directory,
    programme: shell.Programme,
    login: shell.Login,
    batch: Batch = "",
    password_fd: shell.PasswordFd = None,
    as_json: shell.AsJson = False,
) -> None:
    """Show the disagreements of each batch by cause; of one batch the whole map, item by item."""
    with shell.opened(directory) as cell:
        actor = shell.act_as(cell, login, password_fd)
        found = disagreement.batches_by_cause(cell, actor, programme)
        if isinstance(found, Refused):
            shell.refuse(found)
        if batch:
            row = next((one.row for one in found if batch in (one.row.batch, one.row.name)), None)
            if row is None:
                shell.fail(f"{batch}: expected a batch of {programme} with disagreements, found none of this name.")
            shown = disagreement.disagreement_map(cell, actor, row.batch)
            if isinstance(shown, Refused):
                shell.refuse(shown)
            _show_map(shown, as_json=as_json)
            return
    _show_batches(found, as_json=as_json)


def _show_batches(found: list[BatchCauses], *, as_json: bool) -> None:
    if as_json:
        told = [{"batch": one.row.batch, "name": one.row.name, "counts": dict(one.counts)} for one in found]
        shell.show_json({"batches": told})
        return
    facts = {f"{one.row.name}/{one.row.domain}": _counted(dict(one.counts)) for one in found}
    shell.show_facts("Disagreements by cause", facts or {"batches": "none has a disagreement"}, as_json=False)


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {counts[name]:,}" for name in STANDS if counts[name])


def _show_map(found: Map, *, as_json: bool) -> None:
    if as_json:
        shell.show_json({
            "batch": found.row.batch, "model": found.model, "counts": dict(found.counts),
            "by_axis": {axis: {v: dict(n) for v, n in by.items()} for axis, by in found.by_axis.items()},
            "helps": dict(found.helps), "items": [_item(one) for one in found.items],
        })  # fmt: skip
        return
    shell.show_facts(f"Disagreement map of {found.row.name}", {"causes": _counted(dict(found.counts))}, as_json=False)
    shell.show_lines([f"{one.external}: {one.sentence} {one.helps[0] if one.helps else ''}" for one in found.items])


def _item(one: Mapped) -> dict[str, object]:
    return {
        "item": one.item, "external": one.external, "state": one.state, "stands": one.stands,
        "proposed": one.proposed, "confidence_ppm": one.confidence_ppm, "is_corrected": one.is_corrected,
        "judges": one.judges, "helps": list(one.helps),
    }  # fmt: skip


def classify_causes(
    directory: shell.Directory,
    programme: shell.Programme,
    login: shell.Login,
    batch: Batch = "",
    password_fd: shell.PasswordFd = None,
    as_json: shell.AsJson = False,
) -> None:
    """Classify every disagreement whose evidence is new, batch by batch."""
    with shell.opened(directory) as cell:
        actor = shell.act_as(cell, login, password_fd)
        rows = gate.batches(cell, actor, programme)
        if isinstance(rows, Refused):
            shell.refuse(rows)
        wanted = [row for row in rows if row.judgments and batch in ("", row.batch, row.name)]
        with shell.waiting("Classifying", as_json=as_json):
            done = {f"{row.name}/{row.domain}": _all(cell, actor, row.batch) for row in wanted}
    shell.show_facts("Classified", dict(done) or {"batches": "none has judgments"}, as_json=as_json)


def _all(cell: Cell, actor: Actor, batch: str) -> int:
    """Classify a whole batch, part by part; how many items were."""
    number = 0
    while True:
        ran = disagreement.classify_batch(cell, actor, batch, key=new_key())
        if isinstance(ran, Refused):
            shell.refuse(ran)
        number += ran.classified
        if not ran.left:
            return number
