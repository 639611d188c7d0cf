"""Routing over the API: languages and clearances of people. Reads and writes over HTTP."""

from collections.abc import Mapping

from tallystick.client.answers import Answer, Done, Receipt
from tallystick.client.wire import PREFIX, Wire, safe


class Language(Answer, frozen=True):
    """A language that somebody declared, and the level that somebody else confirmed."""

    language: str
    level: str
    confirmed: str | None
    confirmed_by: str | None
    confirmed_at: int | None


class Clearance(Answer, frozen=True):
    """A clearance for the restricted items of one programme. `state` is in force, ended or revoked."""

    clearance: str
    programme: str
    state: str
    until: int
    reason: str
    by: str
    at: int
    revoked_reason: str | None


class Routed(Answer, frozen=True):
    """What decides which items somebody is given."""

    person: str
    region: str | None
    languages: list[Language]
    clearances: list[Clearance]


class Granted(Answer, frozen=True):
    """A clearance that is in force."""

    clearance: str
    receipt: Receipt


class RoutingCalls:
    """The part of a client that is about who may be given what."""

    _wire: Wire

    def routed(self, person: str) -> Routed:
        """Languages and clearances of somebody."""
        return self._wire.get(Routed, f"{_person(person)}/routing")

    def declare_languages(self, languages: Mapping[str, str], *, key: str | None = None) -> Done:
        """Declare all languages that you know: BCP 47 tag and level, A1 to C2 or native."""
        return self._wire.post(Done, f"{PREFIX}/me/languages", key=key, body={"languages": dict(languages)})

    def confirm_language(
        self, person: str, language: str, level: str, *, how: str, key: str | None = None
    ) -> Done:  # fmt: skip
        """Confirm a language that somebody else declared. Raises Refused `language-not-declared`."""
        body = {"language": language, "level": level, "how": how}
        return self._wire.post(Done, f"{_person(person)}/languages", key=key, body=body)

    def grant_clearance(
        self, person: str, programme: str, *, until: int, reason: str, key: str | None = None
    ) -> Granted:  # fmt: skip
        """Let somebody see the restricted items of a programme, until a moment in microseconds."""
        body = {"programme": programme, "until": until, "reason": reason}
        return self._wire.post(Granted, f"{_person(person)}/clearances", key=key, body=body)

    def revoke_clearance(self, clearance: str, *, reason: str, key: str | None = None) -> Done:
        """Take a clearance back. Raises Conflict `no-clearance`."""
        path = f"{PREFIX}/clearances/{safe(clearance)}/revocation"
        return self._wire.post(Done, path, key=key, body={"reason": reason})


def _person(person: str) -> str:
    return f"{PREFIX}/people/{safe(person)}"
