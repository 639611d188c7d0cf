"""What of a text could win a preference without being better: recounted by hand, and on data made to lure."""

import gzip
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from tallystick.flow.shortcuts import Pair, differences, form_of
from tallystick.stats.shortcuts import audit

DATA = Path(__file__).parents[2].parent / "shared" / "data"

TEXT = """# Answer

Maybe **this** works, it *probably* does:

- first `code` of two
- second
1. third

```python
# no header
- no bullet, maybe
```
Definitely, of course.
"""


def test_every_count_by_hand() -> None:
    found = form_of(TEXT, "What works?")
    assert (found.bullets, found.headers, found.bold, found.code) == (3, 1, 1, 2)
    assert (found.hedges, found.confident, found.is_refusal) == (2, 2, False)
    assert found.characters == len(TEXT)


@pytest.mark.parametrize(
    ("text", "is_refusal"),
    [
        ("I\u2019m sorry, but I can\u2019t help with that.", True),
        ("I cannot provide that, but here is what you may do.", True),
        ("As an AI, I have no body.", True),
        ("Sure. Here is how. " * 30 + "I cannot help further.", False),
        ("You can help by asking.", False),
    ],
)
def test_who_refuses_does_so_at_the_beginning(text: str, is_refusal: bool) -> None:
    assert form_of(text, "").is_refusal is is_refusal


def test_repetition_is_the_share_of_words_in_runs_of_the_prompt() -> None:
    prompt = "Why is the sky blue at noon?"
    assert form_of("The sky is blue.", prompt).repetition == 0  # no run of three
    assert form_of("Why is the sky blue?", prompt).repetition == 1
    assert form_of("Yes: is the sky green?", prompt).repetition == pytest.approx(3 / 5)
    assert form_of("", prompt).repetition == 0


def test_a_phrase_is_counted_as_words_not_as_letters() -> None:
    found = form_of("Mayor Clearly likes unlikely, clearly. I think so.", "")
    assert (found.hedges, found.confident) == (2, 2)


def test_words_of_other_languages_are_not_measured_rather_than_none() -> None:
    found = form_of("Peut-\u00eatre.", "", language="fr-CA")
    assert (found.hedges, found.confident, found.is_refusal) == (None, None, None)
    features = differences([Pair(prompt="", first="Oui.", second="Peut-\u00eatre.")], language="fr")
    assert not {"hedges", "confidence", "refusal"} & set(features)
    assert "length" in features


def test_differences_turn_their_sign_with_the_candidates() -> None:
    pairs = [
        Pair(prompt="Why is the sky blue?", first=TEXT, second="I cannot help.", is_first_shown_first=True),
        Pair(prompt="Say it.", first="It.", second="**It** is certainly it.", is_first_shown_first=False),
    ]
    turned = [
        Pair(
            prompt=pair.prompt, first=pair.second, second=pair.first, is_first_shown_first=not pair.is_first_shown_first
        )
        for pair in pairs
    ]
    there, back = differences(pairs), differences(turned)
    assert list(there) == list(back)
    assert {name: [-value for value in values] for name, values in there.items()} == back
    assert there["bullets"] == [1.0, 0.0]
    assert there["bold"] == [1.0, -1.0]
    assert there["refusal"] == [-1.0, 0.0]
    assert there["first_position"] == [1.0, -1.0]


def test_a_position_known_of_some_pairs_only_is_refused() -> None:
    pairs = [Pair(prompt="", first="a", second="b"), Pair(prompt="", first="a", second="b", is_first_shown_first=True)]
    with pytest.raises(ValueError, match="1 of 2 pairs"):
        differences(pairs)
    assert "first_position" not in differences(pairs[:1])


@pytest.mark.skipif(not DATA.is_dir(), reason="needs the shared data beside the project")
def test_adversarial_items_lure_by_length_and_natural_ones_less() -> None:
    """LLMBar: in its adversarial part the worse answer was made the longer and smoother one."""
    lured, natural = audit(*read(is_natural=False)), audit(*read(is_natural=True))
    assert len(lured.effects) == 9
    assert lured.effects[0].win_chance is not None
    assert lured.effects[0].win_chance < 0.2
    assert lured.effects[0].is_called
    assert lured.held_out.is_flagged
    assert not natural.held_out.is_flagged


def read(*, is_natural: bool) -> tuple[Mapping[str, list[float]], list[float], list[str]]:
    """One part of LLMBar: the features of its pairs, which candidate is the better one, and the items."""
    with gzip.open(DATA / "llmbar" / "judgments.jsonl.gz", "rt") as lines:
        winners = {row["item_id"]: row["values"]["winner"] for row in map(json.loads, lines)}
    with gzip.open(DATA / "llmbar" / "items.jsonl.gz", "rt") as lines:
        items = [row for row in map(json.loads, lines) if (row["meta"]["subset"] == "Natural") is is_natural]
    pairs = [
        Pair(prompt=item["prompt"], first=item["candidates"][0]["text"], second=item["candidates"][1]["text"])
        for item in items
    ]
    preferred = [1.0 if winners[item["id"]] == "1" else 0.0 for item in items]
    return differences(pairs), preferred, [item["id"] for item in items]
