"""Screening over the API: propose obvious disqualifiers, decide on them, answer them. Reads and writes over HTTP."""

from collections.abc import Sequence

from tallystick.client.answers import Answer, Done, Receipt
from tallystick.client.wire import PREFIX, Wire, safe


class Disqualifier(Answer, frozen=True):
    """A disqualifier. While it is proposed it does nothing."""

    disqualifier: str
    person: str
    ground: str
    state: str
    programme: str | None
    source: str
    rule: str
    rule_version: str
    proposed_at: int


class SaidOfDisqualifier(Answer, frozen=True):
    """What was said of a disqualifier: confirmed, dismissed, lifted or answered."""

    what: str
    by: str
    at: int
    words: str


class DisqualifierDetail(Answer, frozen=True):
    """A disqualifier with what was said of it. `evidence` is None for the person."""

    disqualifier: Disqualifier
    evidence: str | None
    said: list[SaidOfDisqualifier]


class Proposed(Answer, frozen=True):
    """What was recorded; `known` had been proposed before."""

    disqualifiers: list[str]
    known: int
    receipt: Receipt


class ScreeningCalls:
    """The part of a client that screens. Nothing in it passes, scores or ranks anybody."""

    _wire: Wire

    def disqualifiers_waiting(self) -> list[Disqualifier]:
        """The disqualifiers on which a person has to decide."""
        return self._wire.get(dict[str, list[Disqualifier]], f"{PREFIX}/screening")["disqualifiers"]

    def propose_disqualifier(
        self, person: str, *, ground: str, evidence: str, source: str = "person", rule: str = "",
        rule_version: str = "", about: str = "", programme: str | None = None, key: str | None = None,
    ) -> Proposed:  # fmt: skip
        """Propose a disqualifier. It does nothing until a person confirms it.

        Raises Refused `no-such-ground`, `ground-contradicted` where the record says otherwise.
        """
        body = {
            "person": person, "ground": ground, "evidence": evidence, "source": source, "rule": rule,
            "rule_version": rule_version, "about": about, "programme": programme,
        }  # fmt: skip
        return self._wire.post(Proposed, f"{PREFIX}/screening", key=key, body=body)

    def run_screening_rules(self, *, sanctioned_regions: Sequence[str] = (), key: str | None = None) -> Proposed:
        """Run the cell's own rules over all experts."""
        body = {"sanctioned_regions": list(sanctioned_regions)}
        return self._wire.post(Proposed, f"{PREFIX}/screening/rules", key=key, body=body)

    def disqualifiers(self, person: str) -> list[DisqualifierDetail]:
        """What was proposed about a person."""
        path = f"{PREFIX}/people/{safe(person)}/screening"
        return self._wire.get(dict[str, list[DisqualifierDetail]], path)["disqualifiers"]

    def decide_disqualifier(self, disqualifier: str, *, decision: str, reason: str, key: str | None = None) -> Receipt:
        """Confirm, dismiss or lift a disqualifier, with a reason. `decision` is confirmed, dismissed or lifted."""
        body = {"decision": decision, "reason": reason}
        return self._wire.post(Done, f"{PREFIX}/screening/{safe(disqualifier)}/decision", key=key, body=body).receipt

    def answer_disqualifier(self, disqualifier: str, *, words: str, key: str | None = None) -> Receipt:
        """Answer what is said about oneself."""
        path = f"{PREFIX}/screening/{safe(disqualifier)}/answer"
        return self._wire.post(Done, path, key=key, body={"words": words}).receipt
