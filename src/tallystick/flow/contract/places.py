"""Where and until when content may be read: the regions and the retention of a contract's rights. Pure.

Regions are ISO 3166 codes: a country, or a country with a part of it. `EU` stands for its member states.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from tallystick.flow.document import shaped
from tallystick.flow.refusal import Refused

Region = Annotated[
    str,
    shaped(
        r"any|[A-Z]{2}(-[A-Z0-9]{1,3})?",
        expected="a region such as EU, DE or US-CA, or `any`",
        fix="Use capital ISO 3166 codes.",
    ),
]

ANY = "any"
EU = "EU"
EU_MEMBERS = frozenset(
    {
        "AT", "BE", "BG", "HR", "CY", "CZ", "DK", "EE", "FI", "FR", "DE", "GR", "HU", "IE", "IT", "LV", "LT", "LU",
        "MT", "NL", "PL", "PT", "RO", "SK", "SI", "ES", "SE",
    }
)  # fmt: skip
COUNTRY_LETTERS = 2
PART_CHARACTERS_MAX = 3
BAD_REGION = Refused(
    "unknown-region", "Expected a region such as DE or US-CA, in capital ISO 3166 codes, or EU.", "region"
)


def is_region(code: str) -> bool:
    """Whether a code can stand for where somebody is: a country, a part of one, or EU."""
    country, dash, part = code.partition("-")
    is_country = len(country) == COUNTRY_LETTERS and country.isascii() and country.isalpha() and country.isupper()
    is_part = part.isascii() and part.isalnum() and part.upper() == part and len(part) <= PART_CHARACTERS_MAX
    return is_country and (is_part if dash else not part)


def is_inside(region: str, regions: Sequence[str]) -> bool:
    """Whether a place lies in one of these regions. A part lies in its country, a member state in the EU."""
    country = region.partition("-")[0]
    within = {ANY, region, country} | ({EU} if country in EU_MEMBERS else set())
    return not within.isdisjoint(regions)


def has_ended(retention_until: date, today: date) -> bool:
    """Whether retention is over. Its last day belongs to it; days are those of UTC."""
    return today > retention_until


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a contract says of where and until when."""

    programme: str
    retention_until: date
    regions: tuple[str, ...]


def refuse_ended(terms: Terms, today: date) -> Refused | None:
    """Why nothing of a programme may be read, given out or exported any more, or None."""
    if not has_ended(terms.retention_until, today):
        return None
    sentence = (
        f"The retention of {terms.programme} ended on {terms.retention_until}: nothing of it may be read, judged or "
        "exported any more, and it is being erased."
    )
    return Refused("retention-ended", sentence)


def refuse_reader(terms: Terms, today: date, region: str | None) -> Refused | None:
    """Why somebody may not read content of a programme, or None.

    region  where the person is declared to be; None when nobody declared it
    """
    ended = refuse_ended(terms, today)
    if ended or ANY in terms.regions:
        return ended
    if region is None:
        sentence = (
            f"Content of {terms.programme} may be read in {', '.join(terms.regions)} only, and no region is declared "
            "for you: ask the lead to declare it."
        )
        return Refused("region-missing", sentence)
    if not is_inside(region, terms.regions):
        sentence = f"Content of {terms.programme} may be read in {', '.join(terms.regions)} only, found {region}."
        return Refused("outside-regions", sentence)
    return None


def refuse_export(terms: Terms, today: date, destination: str | None) -> Refused | None:
    """Why a release may not go there, or None. Without a destination it goes nowhere that has regions."""
    ended = refuse_ended(terms, today)
    if ended or ANY in terms.regions:
        return ended
    named = ", ".join(terms.regions)
    if destination is None or not is_region(destination):
        sentence = f"The contract keeps this data in {named}: name the region that it goes to, such as DE or US-CA."
        return Refused("destination-missing", sentence, "destination")
    if not is_inside(destination, terms.regions):
        sentence = f"The contract keeps this data in {named}; {destination} is outside: nothing was exported."
        return Refused("outside-regions", sentence, "destination")
    return None
