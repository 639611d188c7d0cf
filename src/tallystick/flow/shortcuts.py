"""What of a text could win a preference without being better, measured for `stats/shortcuts`. Reads, writes nothing.

Every feature is a count of what stands in the text, so anybody can recount it. The word lists are English: in any other
language hedges, confidence and refusal are not measured at all, which is not the same as none.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tallystick.stats.shortcuts import squashed

BULLET = re.compile(r"^[ \t]*(?:[-*+\u2022]|\d{1,3}[.)])[ \t]+\S", re.MULTILINE)
HEADER = re.compile(r"^#{1,6}[ \t]+\S", re.MULTILINE)
BOLD = re.compile(r"(\*\*|__)(?=\S)(?:(?!\1).)+?(?<=\S)\1")
FENCE = re.compile(r"^[ \t]*```[^\n]*\n.*?(?:^[ \t]*```|\Z)", re.MULTILINE | re.DOTALL)
INLINE_CODE = re.compile(r"`[^`\n]+`")
WORD = re.compile(r"\w+(?:['\u2019]\w+)?")
REPEATED_WORDS = 3  # a run of three words that also stands in the prompt is repetition; shorter runs are language

HEDGES = (
    *("maybe", "perhaps", "possibly", "probably", "likely", "unlikely", "might", "may", "could", "seems", "seem"),
    *("appears", "roughly", "approximately", "somewhat", "generally", "typically", "usually", "often", "arguably"),
    *("i think", "i believe", "i'm not sure", "i am not sure", "it depends", "as far as i know", "to my knowledge"),
)
CONFIDENT = (
    *("definitely", "certainly", "clearly", "obviously", "undoubtedly", "absolutely", "always", "never", "surely"),
    *("guaranteed", "proven", "of course", "without a doubt", "without doubt", "no doubt", "in fact", "it is clear"),
)
REFUSALS = (
    *("i can't help", "i cannot help", "i can't assist", "i cannot assist", "i can't provide", "i cannot provide"),
    *("i'm unable to", "i am unable to", "i'm not able to", "i am not able to", "i won't", "i will not"),
    *("i can't do that", "i cannot do that", "i must decline", "i'm sorry, but i can", "i am sorry, but i can"),
    *("as an ai", "i'd rather not", "i would rather not", "i don't feel comfortable", "i'm not going to"),
)
REFUSAL_REACH = 300  # characters: who refuses does so at the beginning


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The outside of one text. Counts, but for `is_refusal` and for `repetition`, a share of the text's words.

    hedges, confident, is_refusal  None when the language is not English
    """

    characters: int
    bullets: int
    headers: int
    bold: int
    code: int
    repetition: float
    hedges: int | None
    confident: int | None
    is_refusal: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two candidates for one prompt, and whether the first of them was shown first; None when that is not known."""

    prompt: str
    first: str
    second: str
    is_first_shown_first: bool | None = None


def form_of(text: str, prompt: str, *, language: str = "en") -> Form:
    """Measure one text. Code is not searched for bullets, headers, bold or words, but it is part of the length."""
    prose = INLINE_CODE.sub(" ", FENCE.sub("\n", text))
    words = _words(prose)
    is_english = language.partition("-")[0].lower() == "en"
    return Form(
        characters=len(text),
        bullets=len(BULLET.findall(prose)),
        headers=len(HEADER.findall(prose)),
        bold=len(BOLD.findall(prose)),
        code=len(FENCE.findall(text)) + len(INLINE_CODE.findall(FENCE.sub("\n", text))),
        repetition=_repetition(words, _words(prompt)),
        hedges=_occurrences(words, HEDGES) if is_english else None,
        confident=_occurrences(words, CONFIDENT) if is_english else None,
        is_refusal=_is_refusal(text) if is_english else None,
    )


def differences(pairs: Sequence[Pair], *, language: str = "en") -> Mapping[str, list[float]]:
    """For each feature one number a pair, first candidate minus second: what `stats.shortcuts.audit` takes.

    length       tanh(difference of characters / its spread over these pairs)
    counts       (a - b) / (a + b), 0 when neither has any: from -1 to 1 however many there are
    refusal      1, 0 or -1
    repetition   difference of the shares of words that repeat a run of the prompt
    position     1 when the first was shown first, -1 when second; left out when it is not known of any pair
    raises       ValueError when the position is known of some pairs only
    """
    forms = [
        (form_of(pair.first, pair.prompt, language=language), form_of(pair.second, pair.prompt, language=language))
        for pair in pairs
    ]
    return differences_of(forms, [pair.is_first_shown_first for pair in pairs])


def differences_of(forms: Sequence[tuple[Form, Form]], shown_first: Sequence[bool | None]) -> Mapping[str, list[float]]:
    """The same of texts that were measured already, one row for each pair. Raises ValueError as `differences` does."""
    found = {
        "length": squashed([first.characters - second.characters for first, second in forms]),
        "bullets": [_relative(first.bullets, second.bullets) for first, second in forms],
        "headers": [_relative(first.headers, second.headers) for first, second in forms],
        "bold": [_relative(first.bold, second.bold) for first, second in forms],
        "code": [_relative(first.code, second.code) for first, second in forms],
        "prompt_repetition": [first.repetition - second.repetition for first, second in forms],
    }
    return found | _of_words(forms) | _of_position(shown_first)


def _of_words(forms: Sequence[tuple[Form, Form]]) -> dict[str, list[float]]:
    if any(first.hedges is None for first, _ in forms):
        return {}
    return {
        "hedges": [_relative(first.hedges or 0, second.hedges or 0) for first, second in forms],
        "confidence": [_relative(first.confident or 0, second.confident or 0) for first, second in forms],
        "refusal": [float(bool(first.is_refusal)) - float(bool(second.is_refusal)) for first, second in forms],
    }


def _of_position(shown_first: Sequence[bool | None]) -> dict[str, list[float]]:
    known = [is_first for is_first in shown_first if is_first is not None]
    if not known:
        return {}
    if len(known) != len(shown_first):
        message = (
            f"The order shown is known of {len(known)} of {len(shown_first)} pairs: audit those apart from the rest."
        )
        raise ValueError(message)
    return {"first_position": [1.0 if is_first else -1.0 for is_first in known]}


def _words(text: str) -> list[str]:
    return [word.lower().replace("\u2019", "'") for word in WORD.findall(text)]


def _occurrences(words: list[str], phrases: tuple[str, ...]) -> int:
    text = f" {' '.join(words)} "
    return sum(text.count(f" {phrase} ") for phrase in phrases)


def _is_refusal(text: str) -> bool:
    opening = " ".join(text[:REFUSAL_REACH].lower().replace("\u2019", "'").split())
    return any(phrase in opening for phrase in REFUSALS)


def _repetition(words: list[str], prompt: list[str]) -> float:
    """The share of words that stand in a run of three that the prompt has too."""
    runs = {tuple(prompt[at : at + REPEATED_WORDS]) for at in range(len(prompt) - REPEATED_WORDS + 1)}
    repeated: set[int] = set()
    for at in range(len(words) - REPEATED_WORDS + 1):
        if tuple(words[at : at + REPEATED_WORDS]) in runs:
            repeated.update(range(at, at + REPEATED_WORDS))
    return len(repeated) / len(words) if words else 0.0


def _relative(first: int, second: int) -> float:
    return (first - second) / (first + second) if first + second else 0.0
