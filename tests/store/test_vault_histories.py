"""Sealing, erasing, rotating, rolling back, starting again, in any order: what lives opens, what was erased never."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import hypothesis
import pytest
import sqlalchemy as sa
from hypothesis import strategies as st
from vault_place import Place

from tallystick.custody import CustodyError
from tallystick.ledger import journal
from tallystick.store import schema, vault
from tallystick.store.schema import KEPT, READ, VAULT_ERASED, VAULT_KEY
from tallystick.store.vault import ObjectErased, Vault, VaultError

SCOPES = ("run:1", "run:2", "person:1", "person:2", "subject:1")
NUMBERS = count(1)
Dump = dict[str, list[dict[str, object]]]


class RolledBack(Exception):
    """A transaction that is given up on purpose."""


@dataclass
class History:
    """A vault beside what it should hold. `warm` is a second process with its keys in memory."""

    place: Place
    warm: Vault
    contents: dict[str, tuple[bytes, tuple[str, ...]]] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)  # scopes and objects
    epoch: int = 1
    copies: list[Dump] = field(default_factory=list)  # of all tables, each from before an erasure

    def living(self, name: str) -> bool:
        return name not in self.gone and not self.gone & set(self.contents[name][1])


@contextmanager
def transaction(history: History, *, is_kept: bool = True) -> Iterator[journal.Connection]:
    with suppress(RolledBack), journal.writing(history.place.engine) as connection:
        yield connection
        if not is_kept:
            raise RolledBack


def seal(history: History, scopes: tuple[str, ...], *, is_kept: bool, by_warm: bool) -> None:
    name, payload = f"obj-{next(NUMBERS):06}", f"content {next(NUMBERS)}".encode()
    with transaction(history, is_kept=is_kept) as connection:
        try:
            by = history.warm if by_warm else history.place.vault
            made = by.seal(connection, payload, scope=scopes[0], object_id=name, subjects=scopes[1:])
        except ObjectErased:
            assert history.gone & set(scopes)
            return
        assert not history.gone & set(scopes)
        vault.insert(connection, [made])
    if is_kept:
        history.contents[name] = (payload, scopes)


def erase_scope(history: History, scope: str, *, is_kept: bool) -> None:
    history.copies.append(dump(history))
    with transaction(history, is_kept=is_kept) as connection:
        history.place.vault.erase_scope(connection, scope)
    if is_kept:
        history.gone.add(scope)


def erase_object(history: History, number: int) -> None:
    names = sorted(history.contents)
    if not names:
        return
    name = names[number % len(names)]
    history.copies.append(dump(history))
    with transaction(history) as connection:
        homes = history.place.vault.erase_objects(connection, [name])
    assert homes == {history.contents[name][1][0]}
    history.gone.add(name)
    for home in homes - history.gone:
        rotate(history, home, limit=1)


def rotate(history: History, scope: str, *, limit: int, steps: int | None = None) -> None:
    """A whole rotation, or one that stops after some steps."""
    with transaction(history) as connection:
        try:
            history.place.vault.start_generation(connection, scope)
        except VaultError:
            return
    number = 0
    while steps is None or number < steps:
        number += 1
        with transaction(history) as connection:
            if not history.place.vault.rewrap_scope(connection, scope, limit=limit):
                return


def new_epoch(history: History) -> None:
    """After every scope: what stands under older keys of a scope may be of objects that were erased."""
    for scope in SCOPES:
        while True:
            with transaction(history) as connection:
                if not history.place.vault.rewrap_scope(connection, scope, limit=3):
                    break
    history.epoch += 1
    history.place.new_epoch(history.epoch)


def start_again(history: History) -> None:
    history.place.vault = Vault(history.place.keys)


def purge(history: History) -> None:
    with transaction(history) as connection:
        history.place.vault.purge(connection, limit=1)


def dump(history: History) -> Dump:
    with journal.reading(history.place.engine) as connection:
        return {
            table.name: [dict(row._mapping) for row in connection.execute(table.select())]  # noqa: SLF001 - its public name
            for table in KEPT.sorted_tables
        }


def check(history: History) -> None:
    for vault_now in (history.place.vault, history.warm, Vault(history.place.keys)):
        with journal.reading(history.place.engine) as connection:
            known = vault_now.open_known(connection, history.contents)
        for name, (payload, _) in history.contents.items():
            found = known[name]
            if history.living(name):
                assert isinstance(found, vault.Opened)
                assert found.payload == payload
            else:
                assert isinstance(found, vault.Erased)
                assert set(found.by) <= history.gone


def check_copies(history: History, tmp_path: Path) -> None:
    """Put every earlier state of all tables back beside the keys of today: what was erased opens for nobody."""
    new_epoch(history)
    for number, copy in enumerate(history.copies):
        engine = journal.connect(f"sqlite+pysqlite:///{tmp_path / f'copy-{next(NUMBERS)}-{number}.db'}")
        journal.create(engine)
        with journal.writing(engine) as connection:
            KEPT.create_all(connection)
            READ.create_all(connection)
            for table in KEPT.sorted_tables:
                if copy[table.name] and table is not VAULT_ERASED:
                    connection.execute(table.insert(), copy[table.name])
        for name in history.contents:
            if history.living(name):
                continue
            with journal.reading(engine) as connection, pytest.raises((VaultError, CustodyError)):
                Vault(history.place.keys).open(connection, name)
            if name not in copied(copy):
                continue
            revived(history, engine, name)
        engine.dispose()


def copied(copy: Dump) -> set[object]:
    return {row["object"] for row in copy["vault_object"] if row["sealed"]}


def revived(history: History, engine: journal.Engine, name: str) -> None:
    """The opponent puts every key row that lives today into the copy, too."""
    with journal.reading(history.place.engine) as connection:
        keys = [dict(row._mapping) for row in connection.execute(VAULT_KEY.select())]  # noqa: SLF001 - its public name
    with journal.writing(engine) as connection:
        for row in keys:
            is_row = sa.and_(VAULT_KEY.c.scope == row["scope"], VAULT_KEY.c.generation == row["generation"])
            connection.execute(VAULT_KEY.delete().where(is_row))
            connection.execute(VAULT_KEY.insert().values(row))
        with pytest.raises((VaultError, CustodyError)):
            Vault(history.place.keys).open(connection, name)


SEAL = st.tuples(
    st.just("seal"),
    st.lists(st.sampled_from(SCOPES), min_size=1, max_size=3, unique=True).map(tuple),
    st.booleans(),
    st.booleans(),
)
STEPS = st.lists(
    st.one_of(
        SEAL, SEAL, SEAL,
        st.tuples(st.just("erase"), st.sampled_from(SCOPES), st.booleans()),
        st.tuples(st.just("erase object"), st.integers(0, 20)),
        st.tuples(st.just("rotate"), st.sampled_from(SCOPES), st.sampled_from([None, 0, 1, 2])),
        st.tuples(st.just("epoch")), st.tuples(st.just("start again")), st.tuples(st.just("purge")),
    ),
    min_size=4, max_size=20,
)  # fmt: skip


def play(history: History, steps: list[tuple[object, ...]]) -> None:
    for step in steps:
        match step:
            case ("seal", tuple(scopes), bool(is_kept), bool(by_warm)):
                seal(history, scopes, is_kept=is_kept, by_warm=by_warm)
            case ("erase", str(scope), bool(is_kept)):
                erase_scope(history, scope, is_kept=is_kept)
            case ("erase object", int(number)):
                erase_object(history, number)
            case ("rotate", str(scope), (int() | None) as number):
                rotate(history, scope, limit=1, steps=number)
            case ("epoch",):
                new_epoch(history)
            case ("start again",):
                start_again(history)
            case ("purge",):
                purge(history)
            case _:
                raise AssertionError(step)
        check(history)


def emptied(place: Place) -> None:
    with journal.writing(place.engine) as connection:
        schema.KEPT.drop_all(connection)
        schema.KEPT.create_all(connection)


@hypothesis.settings(
    max_examples=25, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture], deadline=None
)
@hypothesis.given(steps=STEPS)
def test_what_lives_opens_and_what_was_erased_never(
    database_url: str, tmp_path: Path, steps: list[tuple[object, ...]]
) -> None:
    folder = tmp_path / str(next(NUMBERS))
    folder.mkdir()
    place = Place(database_url, folder)
    emptied(place)
    history = History(place, Vault(place.keys))
    try:
        play(history, steps)
        check_copies(history, tmp_path)
        while history.place.repeat(lambda connection: history.place.vault.purge(connection, limit=2)):
            pass
        check(history)
        for name in history.contents:
            assert bool(place.sealed(name)) == history.living(name)
    finally:
        place.engine.dispose()
