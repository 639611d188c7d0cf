"""Keys: what there is, by number and public line; renewing them at every level. No key is ever shown."""

from typing import Annotated

from pydantic import Field

from tallystick.api.parts import Body, Key, Line, Moment, Receipt, Seq, Shown
from tallystick.app import custody
from tallystick.edge import Site, Visit
from tallystick.flow.refusal import Refused


def mount(site: Site, prefix: str) -> None:
    """Register the keys."""
    root = f"{prefix}/custody"
    site.api("GET", root, state, permission="custody.read", answers=CustodyShown, tag="custody")
    for path, handler, answers in (
        ("epoch", rotate_epoch, EpochShown), ("scope", rotate_scope, ScopeShown),
        ("log-key", rotate_log_key, LogKeyAdded), ("log-key/retire", retire_log_key, Receipt),
    ):  # fmt: skip
        site.api(
            "POST", f"{root}/{path}", handler, permission="custody.rotate", answers=answers, refusals=(422,),
            tag="custody",
        )  # fmt: skip


class EpochRow(Shown):
    """A key-encryption key. `final_at` is later than `destroyed_at` where a key service keeps keys for a while."""

    epoch: int
    state: str = Field(description="current, retiring or destroyed")
    custody: str
    started_at: Moment
    started_seq: Seq
    destroyed_at: int | None
    destroyed_seq: int | None
    final_at: int | None


class LogKeyRow(Shown):
    """A key of the log, by its public line."""

    vkey: str
    state: str = Field(description="active or retired")
    custody: str
    added_at: Moment
    added_seq: Seq
    retire_at: int | None
    retired_at: int | None
    retired_seq: int | None


class CustodyShown(Shown):
    """Who holds the keys, and which there are."""

    custody: str = Field(description="software-development, softhsm-development, pkcs11 or cloud-kms")
    is_development: bool = Field(description="Whether an administrator of the machine could read the keys.")
    is_answering: bool = Field(description="Whether the holder of the keys answers now.")
    epochs: list[EpochRow]
    log_keys: list[LogKeyRow]


def state(visit: Visit) -> CustodyShown | Refused:
    """Read who holds the keys, which epochs and log keys there are, and whether the holder answers."""
    found = custody.custody_page(visit.cell, visit.actor)
    if isinstance(found, Refused):
        return found
    return CustodyShown(
        custody=found.custody, is_development=found.is_development, is_answering=found.is_answering,
        epochs=[EpochRow.of(row) for row in found.epochs], log_keys=[LogKeyRow.of(row) for row in found.log_keys],
    )  # fmt: skip


class EpochShown(Shown):
    """A new key-encryption key is in force."""

    epoch: int
    rewrapped: int = Field(description="Keys of scopes that were brought under it.")
    destroyed: list[int]


def rotate_epoch(visit: Visit, key: Key) -> EpochShown | Refused:
    """Renew the key-encryption key, bring the keys of all scopes under it, destroy the one before."""
    found = custody.rotate_epoch(visit.cell, visit.actor, key)
    return found if isinstance(found, Refused) else EpochShown.of(found)


class ScopeBody(Body):
    """Whose key."""

    scope: Annotated[Line, Field(description="cell, programme:ID, run:ID, person:ID, subject:DIGEST or release:ID.")]


class ScopeShown(Shown):
    """A scope has a new key."""

    scope: str
    generation: int
    rewrapped: int = Field(description="Objects that were brought under it.")


def rotate_scope(visit: Visit, body: ScopeBody, key: Key) -> ScopeShown | Refused:
    """Renew the key of one scope. 422 `no-such-scope` when it has none."""
    found = custody.rotate_scope(visit.cell, body.scope, actor=visit.actor, key=key)
    return found if isinstance(found, Refused) else ScopeShown.of(found)


class LogKeyBody(Body):
    """When the keys before it stop signing."""

    retire_at: Annotated[int | None, Field(ge=0, le=2**53 - 1, description="Microseconds since 1970, UTC.")] = None


class LogKeyAdded(Shown):
    """A new key of the log signs beside those before."""

    vkey: str
    before: list[str]
    retire_at: int | None


def rotate_log_key(visit: Visit, body: LogKeyBody, key: Key) -> LogKeyAdded | Refused:
    """Add a log key. Both sign until the earlier one is retired, by time or by the other call. 422 `retire-at`."""
    found = custody.rotate_log_key(visit.cell, visit.actor, key, retire_at=body.retire_at)
    return found if isinstance(found, Refused) else LogKeyAdded.of(found)


class RetireBody(Body):
    """Which key."""

    vkey: Annotated[Line, Field(description="Its verifier key line.")]


def retire_log_key(visit: Visit, body: RetireBody, key: Key) -> Receipt | Refused:
    """Let a log key sign no more, and destroy it. 422 `last-log-key`, 422 `no-such-key`."""
    found = custody.retire_log_key(visit.cell, visit.actor, body.vkey, key)
    return found if isinstance(found, Refused) else Receipt.of(found)
