"""Who may be given which item: region, language, clearance, and what they take on. Pure: values in, an answer out."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from tallystick.events.routing import RoutingSet
from tallystick.flow.contract import LEVELS, DataContract, is_inside, routing_for
from tallystick.flow.refusal import Refused

CONTENT: Final = "content"
"""The axis of the taxonomy that names the kinds of content of an item, in the order of the alphabet, with commas."""
LANGUAGE_DEFAULT: Final = "en"
HELD_LEFT_OUT: Final = "held-left-out"
KIND_LEFT_OUT: Final = "kind-left-out"
LANGUAGES_MAX: Final = 40
DAY_US: Final = 86_400_000_000
CLEARANCE_DAYS_MAX: Final = 366
TAG_CHARACTERS_MAX: Final = 35
WORDS_CHARACTERS_MIN: Final = 10
WORDS_CHARACTERS_MAX: Final = 300
NO_CLEARANCE: Final = Refused("no-clearance", "This clearance is not in force: there is nothing to revoke.")


def rules(contract: DataContract) -> list[RoutingSet]:
    """The facts of a contract version that has the section, one for each domain."""
    if contract.routing is None:
        return []
    found = []
    for name, plan in contract.domains.items():
        own = routing_for(contract.routing, name, plan.risk)
        found.append(
            RoutingSet(
                programme=contract.name, contract_version=contract.version, domain=name, regions=list(own.regions),
                language_level=own.language_level, is_language_confirmed=own.language_confirmed,
                needs_clearance=bool(own.clearance),
            )
        )  # fmt: skip
    return found


def refuse_opening(previous: DataContract, contract: DataContract, held: Mapping[str, int]) -> Refused | None:
    """Why a contract version cannot follow another: it shows restricted items to everybody who works there; or None.

    held  domain: items of signals that belong into a domain which asks for a clearance
    """
    before, now = (
        {fact.domain for fact in rules(one) if fact.needs_clearance} for one in (previous, contract)
    )  # fmt: skip
    opened = sorted(domain for domain in before - now if held.get(domain))
    if not opened:
        return None
    told = ", ".join(f"{domain} ({held[domain]:,})" for domain in opened)
    sentence = (
        f"Items that only cleared people may see are in domains that this version would open to everybody: {told}. Let "
        "these domains ask for a clearance as before, or have the items erased."
    )
    return Refused("restricted-items-open", sentence, "routing", tuple(opened))


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainRule:
    """What a contract in force asks of whoever gets items of a domain."""

    domain: str
    regions: tuple[str, ...] = ()
    language_level: str | None = None
    is_language_confirmed: bool = False
    needs_clearance: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """How well somebody knows a language: as they say, and as somebody else confirmed."""

    level: str
    confirmed: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Able:
    """What is known of one person when an item is to be given to them.

    opted_out  categories that they do not take on
    closed     categories that are closed to them for the time being: a break, or the day's limit
    """

    region: str | None = None
    languages: Mapping[str, Known] = field(default_factory=dict)
    is_cleared: bool = False
    opted_out: frozenset[str] = frozenset()
    closed: frozenset[str] = frozenset()


Places = Mapping[str, str]
"""Where an item stands: axis and value, `domain`, `language` and `content` among them."""


Asked = tuple[str, str, str]


def asked_of(places: Places) -> Asked:
    """All that eligibility looks at in a place: domain, language, content. Places alike in it get the same answers."""
    return places["domain"], places.get("language", LANGUAGE_DEFAULT), places.get(CONTENT, "")


def categories_of(places: Places) -> frozenset[str]:
    """The kinds of content that an item has."""
    text = places.get(CONTENT, "")
    return frozenset(text.split(",")) if text else frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Eligibility:
    """Which items of a programme somebody may be given now. A domain without a rule asks nothing."""

    rules: Mapping[str, DomainRule]
    able: Able

    @property
    def asks_nothing(self) -> bool:
        """Whether every item may be given."""
        return not (self.rules or self.able.opted_out or self.able.closed)

    def allows(self, places: Places) -> bool:
        """Whether an item that stands there may be given."""
        return self._may_have(places) and not categories_of(places) & (self.able.opted_out | self.able.closed)

    def waits_for(self, places: Places) -> frozenset[str]:
        """The categories that alone keep such an item from them, and only for the time being."""
        categories = categories_of(places)
        if not self._may_have(places) or categories & self.able.opted_out:
            return frozenset()
        return categories & self.able.closed

    def _may_have(self, places: Places) -> bool:
        domain = places["domain"]
        rule = self.rules.get(domain, DomainRule(domain=domain))
        return may_have(rule, places.get("language", LANGUAGE_DEFAULT), self.able)


def refuse_item(may: Eligibility, places: Places) -> Refused | None:
    """Why somebody may not be given the item that stands there, whatever waits for them, or None."""
    left_out = sorted(categories_of(places) & may.able.opted_out)
    if left_out:
        sentence = (
            f"This has content that you leave out ({', '.join(left_out)}). Take another one, or take these kinds on "
            "again in your settings. Leaving them out is not held against you."
        )
        return Refused(KIND_LEFT_OUT, sentence, None, tuple(left_out))
    if may.allows(places) or may.waits_for(places):
        return None
    domain, language = places["domain"], places.get("language", LANGUAGE_DEFAULT)
    sentence = (
        f"Work in {domain} and {language} goes to people whose region, language or clearance the contract asks for, "
        "and yours are not among them. Take another one, or ask the programme lead."
    )
    return Refused("not-routed", sentence)


def refuse_held(categories: Collection[str], opted_out: Collection[str], assignment: str) -> Refused | None:
    """Why an item that somebody holds is not shown to them any more, or None. Nothing is taken from them by it."""
    left_out = sorted(set(categories).intersection(opted_out))
    if not left_out:
        return None
    sentence = (
        f"You hold an item ({assignment}) with content that you leave out ({', '.join(left_out)}), so it is not shown. "
        "Give it back, or take these kinds on again in your settings to go on: your draft is kept. Neither is held "
        "against you."
    )
    return Refused(HELD_LEFT_OUT, sentence, None, (assignment,))


def refuse_begun(categories: Collection[str], opted_out: Collection[str], *, instead: str) -> Refused | None:
    """Why something is not shown any more to somebody who has begun it, or None. It is put aside, and counts nowhere.

    instead  what they can do other than take the kinds on again: a sentence
    """
    left_out = sorted(set(categories).intersection(opted_out))
    if not left_out:
        return None
    sentence = (
        f"This goes on with content that you leave out ({', '.join(left_out)}), so it is not shown. {instead} Or take "
        "these kinds on again in your settings to go on. Neither is held against you."
    )
    return Refused(KIND_LEFT_OUT, sentence, None, tuple(left_out))


def may_have(rule: DomainRule, language: str, able: Able) -> bool:
    """Whether somebody may be given items of a domain in a language, whatever they opted out of."""
    if rule.needs_clearance and not able.is_cleared:
        return False
    if rule.regions and (able.region is None or not is_inside(able.region, rule.regions)):
        return False
    return rule.language_level is None or knows(able.languages, language, rule)


def refuse_place(rule: DomainRule, region: str | None) -> Refused | None:
    """Why content of a domain may not be read where somebody is, or None."""
    if not rule.regions or (region is not None and is_inside(region, rule.regions)):
        return None
    named = ", ".join(rule.regions)
    if region is None:
        sentence = (
            f"Items of {rule.domain} may be read in {named} only, and no region is declared for you: ask the lead to "
            "declare it."
        )
        return Refused("region-missing", sentence)
    return Refused("outside-regions", f"Items of {rule.domain} may be read in {named} only, found {region}.")


def knows(languages: Mapping[str, Known], wanted: str, rule: DomainRule) -> bool:
    """Whether somebody knows a language as well as a domain asks. `pt` stands for `pt-BR` too, and the reverse."""
    assert rule.language_level is not None, "the domain asks for a level"
    for tag, known in languages.items():
        if not _is_same(tag, wanted):
            continue
        level = known.confirmed if rule.is_language_confirmed else known.level
        if level is not None and LEVELS.index(level) >= LEVELS.index(rule.language_level):
            return True
    return False


def _is_same(tag: str, wanted: str) -> bool:
    one, other = tag.lower().split("-"), wanted.lower().split("-")
    shared = min(len(one), len(other))
    return one[:shared] == other[:shared]


def check_languages(languages: Mapping[str, str]) -> Refused | None:
    """Why these languages cannot be declared, or None."""
    strange = tuple(sorted(tag for tag in languages if not is_tag(tag)))
    if strange:
        return Refused("unknown-language", "Expected BCP 47 language tags such as en or pt-BR.", "languages", strange)
    wrong = tuple(sorted(tag for tag, level in languages.items() if level not in LEVELS))
    if wrong:
        sentence = f"Expected one of the levels {', '.join(LEVELS)} for each language."
        return Refused("unknown-level", sentence, "languages", wrong)
    if len(languages) > LANGUAGES_MAX:
        return Refused("too-many-languages", f"Expected at most {LANGUAGES_MAX} languages.", "languages")
    return None


def is_tag(tag: str) -> bool:
    """Whether a text has the shape of a BCP 47 language tag."""
    first, *rest = tag.split("-")
    is_first = 2 <= len(first) <= 3 and first.isascii() and first.isalpha() and first.islower()
    is_rest = all(part.isascii() and part.isalnum() and 2 <= len(part) <= 8 for part in rest)
    return is_first and is_rest and len(tag) <= TAG_CHARACTERS_MAX


def check_confirmation(
    declared: Collection[str], language: str, level: str, *, is_own: bool, words: str
) -> Refused | None:
    """Why a language cannot be confirmed, or None."""
    if is_own:
        return Refused("own-language", "Somebody else confirms what you know: nobody confirms it of themselves.")
    if language not in declared:
        sentence = "Expected a language that this person has declared. Ask them to declare it first."
        return Refused("language-not-declared", sentence, "language")
    if level not in LEVELS:
        return Refused("unknown-level", f"Expected one of the levels {', '.join(LEVELS)}.", "level")
    return check_words(words, "how", "how you found out")


def check_words(words: str, field_name: str, what: str) -> Refused | None:
    """Why a reason cannot be taken, or None."""
    if len(words.strip()) >= WORDS_CHARACTERS_MIN and len(words) <= WORDS_CHARACTERS_MAX:
        return None
    sentence = f"Say in {WORDS_CHARACTERS_MIN} to {WORDS_CHARACTERS_MAX} characters {what}: it is recorded."
    return Refused("reason-missing", sentence, field_name)


def check_grant(*, until: int, now: int, is_own: bool, words: str) -> Refused | None:
    """Why a clearance cannot be granted, or None. Times in microseconds."""
    if is_own:
        return Refused("own-clearance", "Nobody clears themselves: ask another lead.", "person")
    if not now < until <= now + CLEARANCE_DAYS_MAX * DAY_US:
        sentence = f"Expected an end that lies ahead, at most {CLEARANCE_DAYS_MAX} days."
        return Refused("bad-expiry", sentence, "until")
    return check_words(words, "reason", "why they need to know")
