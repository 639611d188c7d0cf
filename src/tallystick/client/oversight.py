"""Looks, receipts and releases over the API: what it answers with, and its calls. Reads and writes over HTTP."""

from tallystick.client.answers import Answer, Done, Receipt, Release
from tallystick.client.wire import Query, Wire

PREFIX = "/api/v1"


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
    """A release: what it waits for, whether it was erased, and which of its contents are gone."""

    release: Release
    waits: str | None
    erased: str | None
    lost: list[str]


class OversightCalls:
    """The part of a client that reads who looked, what one has receipts for, and how a release stands."""

    _wire: Wire

    def accesses(
        self, *, subject: str | None = None, by: str | None = None, since: int | None = None,
        until: int | None = None, before: int | None = None, words: bool = False,
    ) -> Accesses:  # fmt: skip
        """The access history. Times are microseconds since 1970. With `words` the call is itself a look."""
        query: Query = {
            "subject": subject, "by": by, "since": since, "until": until, "before": before, "words": words,
        }  # fmt: skip
        return self._wire.get(Accesses, f"{PREFIX}/accesses", query=query)

    def own_accesses(self, *, before: int | None = None) -> Accesses:
        """Who looked at one's own profile and judgments: roles and reasons."""
        return self._wire.get(Accesses, f"{PREFIX}/me/accesses", query={"before": before})

    def own_receipts(self, *, before: int | None = None) -> list[OwnEvent]:
        """One's own events, newest first, at most 200; each has a signed receipt."""
        return self._wire.get(dict[str, list[OwnEvent]], f"{PREFIX}/me/receipts", query={"before": before})["receipts"]

    def release(self, release: str) -> ReleaseDetail:
        """One release, and whether it can be had."""
        return self._wire.get(ReleaseDetail, f"{PREFIX}/releases/{release}")

    def unblind(self, item: str, *, reason: str, key: str | None = None) -> Receipt:
        """Look behind the blinding of an item, once it has all its judgments. Records then name the models."""
        return self._wire.post(Done, f"{PREFIX}/items/{item}/unblind", key=key, body={"reason": reason}).receipt
