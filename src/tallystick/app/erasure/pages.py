"""What people read of erasures: the list, one with its state and certificate, what a release can no longer show."""

from dataclasses import dataclass

import msgspec

from tallystick.app import access
from tallystick.app.access import Actor
from tallystick.app.cell import Cell
from tallystick.flow.refusal import Refused
from tallystick.store import erasure
from tallystick.store import release as releases
from tallystick.store.schema import Row


def erasures(cell: Cell, actor: Actor) -> list[Row] | Refused:
    """All erasures, newest first."""
    if not access.allows(actor, "erasure.read"):
        return access.ABSENT
    with cell.read() as connection:
        return erasure.erasures(connection)


def release_names(cell: Cell, actor: Actor) -> dict[str, str]:
    """Release: its name and version, for those that an erasure touched."""
    if not access.allows(actor, "erasure.read"):
        return {}
    with cell.read() as connection:
        touched = {row.release for row in erasure.notices(connection)}
        rows = [row for one in sorted(touched) if (row := releases.release(connection, one)) is not None]
    return {row.release: f"{row.name} {row.version}" for row in rows}


@dataclass(frozen=True, slots=True)
class ErasurePage:
    """One erasure: how far it is, which releases held the content, who was told, its certificate once it is final."""

    row: Row
    scopes: tuple[str, ...]
    epochs: tuple[int, ...]
    releases: tuple[Row, ...]
    notices: tuple[Row, ...]
    certificate: str | None


def erasure_page(cell: Cell, actor: Actor, name: str) -> ErasurePage | Refused:
    """One erasure."""
    if not access.allows(actor, "erasure.read"):
        return access.ABSENT
    with cell.read() as connection:
        row = erasure.erasure(connection, name)
        if row is None:
            return access.ABSENT
        held = [releases.release(connection, one) for one in msgspec.json.decode(row.releases)]
        return ErasurePage(
            row=row, scopes=tuple(msgspec.json.decode(row.scopes)),
            epochs=tuple(msgspec.json.decode(row.epochs or "[]")), releases=tuple(one for one in held if one),
            notices=tuple(erasure.notices(connection, erasure=name)), certificate=erasure.certificate(connection, name),
        )  # fmt: skip
