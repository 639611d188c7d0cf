"""Looks, releases and the log over the API: what it answers with, and its calls. Reads and writes over HTTP."""

from urllib.parse import quote

from tallystick.client.answers import Answer, Done, Receipt, Release
from tallystick.client.wire import PREFIX, Query, Wire, safe


class Access(Answer, frozen=True):
    """One look at content. `by` is empty in one's own history: it tells roles, not who it was."""

    seq: int
    at: int
    by: str
    role: str
    subject: str
    what: str
    reason: str
    number: int
    part: str | None
    has_words: bool
    words: str


class Accesses(Answer, frozen=True):
    """Looks, newest first; `before` leads to older ones, and is None on the last page."""

    accesses: list[Access]
    before: int | None


class OwnEvent(Answer, frozen=True):
    """An event of one's own, with a receipt to fetch."""

    seq: int
    at: int
    kind: str
    is_sealed: bool


class ReleaseDetail(Answer, frozen=True):
    """A release: its manifest, where it may go, what it waits for, whether it was erased, which contents are gone."""

    release: Release
    manifest: dict[str, object] | None  # None while its files are being built
    regions: list[str]  # `release_file` needs a destination in one of them; empty when it may go anywhere
    waits: str | None
    erased: str | None
    lost: list[str]


class Entry(Answer, frozen=True):
    """An entry of the journal, without any content."""

    seq: int
    at: int
    by: str
    role: str
    kind: str
    n: int


class Witness(Answer, frozen=True):
    """Where one witness of the log stands."""

    name: str
    key: str
    url: str | None
    size: int
    cosigned_at: int  # seconds since 1970, by its own clock; 0 before the first cosignature
    behind_us: int
    fault: str | None
    is_late: bool


class Witnesses(Answer, frozen=True):
    """The witnesses of the cell's policy. `quorum` is None without one: then nobody but the cell vouches."""

    quorum: str | None
    is_met: bool
    witnesses: list[Witness]
    alarms: list[str]  # files with a refusal that says the log contradicts itself


class Log(Answer, frozen=True):
    """Where the log stands."""

    origin: str
    vkey: str
    custody: str
    checkpoint: str | None
    sealed: int
    journaled: int
    recent: list[Entry]
    witnesses: Witnesses


class OversightCalls:
    """The part of a client that reads who looked, what one has receipts for, how a release stands, and the log."""

    _wire: Wire

    def accesses(
        self, *, subject: str | None = None, by: str | None = None, since: int | None = None,
        until: int | None = None, before: int | None = None, limit: int | None = None, words: bool = False,
    ) -> Accesses:  # fmt: skip
        """The access history. Times are microseconds since 1970. With `words` the call is itself a look."""
        query: Query = {
            "subject": subject, "by": by, "since": since, "until": until, "before": before, "limit": limit,
            "words": words,
        }  # fmt: skip
        return self._wire.get(Accesses, f"{PREFIX}/accesses", query=query)

    def own_accesses(self, *, before: int | None = None, limit: int | None = None) -> Accesses:
        """Who looked at one's own profile and judgments: roles and reasons."""
        return self._wire.get(Accesses, f"{PREFIX}/me/accesses", query={"before": before, "limit": limit})

    def own_receipts(self, *, before: int | None = None) -> list[OwnEvent]:
        """One's own events, newest first, at most 200; each has a signed receipt."""
        return self._wire.get(dict[str, list[OwnEvent]], f"{PREFIX}/me/receipts", query={"before": before})["receipts"]

    def release(self, release: str) -> ReleaseDetail:
        """One release, and whether it can be had."""
        return self._wire.get(ReleaseDetail, f"{PREFIX}/releases/{safe(release)}")

    def unblind(self, item: str, *, reason: str, key: str | None = None) -> Receipt:
        """Look behind the blinding of an item, once it has all its judgments. Records then name the models."""
        return self._wire.post(Done, f"{PREFIX}/items/{safe(item)}/unblind", key=key, body={"reason": reason}).receipt

    def log(self, *, before: int | None = None) -> Log:
        """Where the log stands, with its witnesses, and its latest entries, or those before a place."""
        return self._wire.get(Log, f"{PREFIX}/log", query={"before": before})

    def log_file(self, path: str) -> bytes:
        """One file of the log, byte for byte: `checkpoint`, a tile, a bundle or a cosignature."""
        return self._wire.send("GET", f"/log/{quote(path)}")

    def checkpoint(self) -> str:
        """The signed checkpoint. Raises Conflict before the first one."""
        return self._wire.send("GET", f"{PREFIX}/log/checkpoint").decode()
