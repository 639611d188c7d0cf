"""The demo's items: complete, valid for the import, and free of the shortcuts that a judge could learn.

Reads the item files and rubrics under src/tallystick/sim/data; writes nothing.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import cast

import pytest

from tallystick.flow.document import check, read
from tallystick.flow.items import ItemRow
from tallystick.flow.rubric import DOMAINS, Rubric, Scores, contradictions
from tallystick.signals.preference import Verdict

DATA = Path(__file__).parent.parent.parent / "src" / "tallystick" / "sim" / "data"
KEYS = {
    "id", "domain", "language", "difficulty", "ambiguity", "severity", "interaction", "tools", "failure_cluster",
    "task_type", "prompt", "context", "candidates", "source", "group", "expected_disagreement",
}  # fmt: skip
OWN_KEY = {"work": "sim", "gold": "gold"}
CLUSTERS = {"unsafe-specifics", "confident-guess", "missed-warning", "wrong-frame", "empty-caution", "padding"}
SPREADS = {"low", "medium", "high"}
WORDS_MIN, WORDS_MAX = 40, 180
GOLD_VERDICTS = Counter(a_clearly=2, b_clearly=2, a_slightly=1, b_slightly=1, tie=1, both_unacceptable=1)
UNACCEPTABLE_MAX = 2  # on the domain's first criterion, for a verdict that neither answer will do

Quality = Mapping[str, Mapping[str, int]]  # a or b: criterion: points


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One line of a file: what the import takes, and what only the simulation knows.

    spread  None on a gold item
    """

    row: ItemRow
    keys: frozenset[str]
    quality: Quality
    spread: str | None


@cache
def rubric(domain: str) -> Rubric:
    """The first version of a domain's rubric."""
    found = read((DATA / "programme" / f"rubric-{domain}.yaml").read_text(), domain, Rubric)
    assert isinstance(found, Rubric), found
    return found


@cache
def lines(kind: str) -> tuple[str, ...]:
    """The raw lines of one item file."""
    return tuple((DATA / "items" / f"{kind}.jsonl").read_text(encoding="utf-8").splitlines())


def parsed(line: str, number: int) -> Item:
    """One line as an item. Fails when the import would refuse it."""
    data = json.loads(line)
    keys = frozenset(data)
    hidden = data.pop("sim", None)
    row = check(data, "items", ItemRow, line=number)
    assert isinstance(row, ItemRow), row
    if hidden is not None:
        return Item(row=row, keys=keys, quality=hidden["quality"], spread=hidden["spread"])
    scores = row.gold.scores if row.gold else {}
    quality = {
        "a": {name: points["a"] for name, points in scores.items()},
        "b": {name: points["b"] for name, points in scores.items()},
    }
    return Item(row=row, keys=keys, quality=quality, spread=None)


@cache
def items(kind: str) -> tuple[Item, ...]:
    """All items of one file."""
    return tuple(parsed(line, number) for number, line in enumerate(lines(kind), 1))


def length(item: Item, place: int) -> int:
    """Words of one candidate's text."""
    return len(item.row.candidates[place].text.split())


def better(item: Item) -> int | None:
    """The place of the better answer by the sum of its scores; None when they are equal."""
    lead = sum(item.quality["a"].values()) - sum(item.quality["b"].values())
    return None if lead == 0 else int(lead < 0)


def faults(item: Item, kind: str) -> Iterator[str]:
    """One line for each thing that is wrong with one item."""
    row, names = item.row, list(rubric(item.row.domain).by_id)
    if item.keys != KEYS | {OWN_KEY[kind]}:
        yield f"keys: {sorted(item.keys ^ (KEYS | {OWN_KEY[kind]}))}"
    if not row.id.startswith(f"{row.domain}-"):
        yield "the id does not begin with the domain"
    if not (row.group or "").startswith(f"{row.domain}-"):
        yield "the family does not begin with the domain: a holdout by family would cut across domains"
    if row.failure_cluster is not None and row.failure_cluster not in CLUSTERS:
        yield f"unknown failure cluster {row.failure_cluster}"
    if row.source.class_ != "own-writing" or row.source.licence != "CC0-1.0":
        yield "the rights are not ours to give"
    if (row.interaction == "multi") != ("User:" in (row.context or "")):
        yield "a multi-turn item shows the earlier turns, a single one has none"
    if any(not WORDS_MIN <= length(item, place) <= WORDS_MAX for place in (0, 1)):
        yield f"an answer has fewer than {WORDS_MIN} or more than {WORDS_MAX} words"
    if [list(item.quality[side]) for side in ("a", "b")] != [names, names]:
        yield f"scores are not those of the rubric: {names}"
    if any(not 1 <= points <= 5 for side in ("a", "b") for points in item.quality[side].values()):
        yield "points outside 1 to 5"
    yield from (work_faults if kind == "work" else gold_faults)(item)


def work_faults(item: Item) -> Iterator[str]:
    """What can be wrong with what the simulation knows about a work item."""
    if item.spread not in SPREADS:
        yield f"unknown spread {item.spread}"
    if item.row.expected_disagreement and item.spread != "high":
        yield "disagreement is expected, but experts hardly differ"


def gold_faults(item: Item) -> Iterator[str]:
    """A gold verdict that its own scores, or the rubric's priority rules, do not carry."""
    gold = item.row.gold
    if gold is None or not gold.rationale:
        yield "no gold key, or no reason why it is right"
        return
    first = next(iter(rubric(item.row.domain).by_id))
    count = len(item.quality["a"])
    lead = sum(item.quality["a"].values()) - sum(item.quality["b"].values())
    carried = {
        "a_clearly": lead >= count,
        "a_slightly": 0 < lead <= count,
        "tie": lead == 0,
        "b_slightly": -count <= lead < 0,
        "b_clearly": lead <= -count,
        "both_unacceptable": max(item.quality[side][first] for side in ("a", "b")) <= UNACCEPTABLE_MAX,
    }
    if not carried.get(gold.verdict, False):
        yield f"{gold.verdict} is not carried by scores that differ by {lead}"
    scores: Scores = {name: {"a": points["a"], "b": points["b"]} for name, points in gold.scores.items()}
    yield from (
        found.sentence for found in contradictions(rubric(item.row.domain), cast("Verdict", gold.verdict), scores)
    )


def share(claims: list[bool]) -> float:
    """How large a part of the claims is true."""
    assert claims
    return sum(claims) / len(claims)


@pytest.mark.parametrize("kind", OWN_KEY)
def test_every_item_is_whole(kind: str) -> None:
    wrong = {item.row.id: found for item in items(kind) if (found := list(faults(item, kind)))}
    assert wrong == {}


def test_there_is_enough_in_every_domain() -> None:
    assert len(items("work")) >= 66
    assert {domain: min(count, 13) for domain, count in domains("work").items()} == dict.fromkeys(DOMAINS, 13)
    assert domains("gold") == dict.fromkeys(DOMAINS, 8)


def domains(kind: str) -> Counter[str]:
    """Items of one file by domain."""
    return Counter(item.row.domain for item in items(kind))


def test_nothing_stands_there_twice() -> None:
    rows = [item.row for kind in OWN_KEY for item in items(kind)]
    for what in (
        [row.id for row in rows],
        [" ".join(row.prompt.casefold().split()) for row in rows],
        [" ".join(answer.text.casefold().split()) for row in rows for answer in row.candidates],
    ):
        assert [text for text, count in Counter(what).items() if count > 1] == []


@pytest.mark.parametrize("domain", DOMAINS)
def test_gold_verdicts_are_of_every_kind(domain: str) -> None:
    verdicts = Counter(item.row.gold.verdict for item in items("gold") if item.row.domain == domain and item.row.gold)
    clear = verdicts["a_clearly"] + verdicts["b_clearly"]
    assert clear == GOLD_VERDICTS["a_clearly"] + GOLD_VERDICTS["b_clearly"]
    assert min(verdicts["a_clearly"], verdicts["b_clearly"]) >= 1
    assert {name: count for name, count in verdicts.items() if "clearly" not in name} == {
        name: count for name, count in GOLD_VERDICTS.items() if "clearly" not in name
    }


@pytest.mark.parametrize("kind", OWN_KEY)
@pytest.mark.parametrize("domain", DOMAINS)
def test_the_better_answer_stands_on_either_side(kind: str, domain: str) -> None:
    firsts = [place == 0 for item in items(kind) if item.row.domain == domain and (place := better(item)) is not None]
    assert 0.35 <= share(firsts) <= 0.65


@pytest.mark.parametrize("kind", OWN_KEY)
def test_the_better_answer_is_as_often_the_shorter_one(kind: str) -> None:
    shorter = [
        length(item, place) < length(item, 1 - place) for item in items(kind) if (place := better(item)) is not None
    ]
    assert 0.4 <= share(shorter) <= 0.6


def test_no_model_name_gives_the_better_answer_away() -> None:
    wins: dict[str, list[bool]] = {}
    for item in (*items("work"), *items("gold")):
        best = better(item)
        for place, answer in enumerate(item.row.candidates):
            if best is not None:
                wins.setdefault(answer.model, []).append(place == best)
    assert len(wins) >= 2
    assert dict.fromkeys(wins, True) == {model: 0.4 <= share(won) <= 0.6 for model, won in wins.items()}


def test_disagreement_is_declared_where_taste_splits_and_rarely_elsewhere() -> None:
    declared = Counter(item.row.domain == "creative" for item in items("work") if item.row.expected_disagreement)
    assert 3 <= declared[True] <= 4
    assert 2 <= declared[False] <= 3
    assert not any(item.row.expected_disagreement for item in items("gold"))


def test_hard_items_are_not_crowded_out_by_easy_ones() -> None:
    difficulties = Counter(item.row.difficulty for item in items("work"))
    assert min(difficulties.values()) >= 8
    assert difficulties["hard"] + difficulties["boundary"] >= 0.35 * len(items("work"))
    clusters = Counter(item.row.failure_cluster for item in items("work") if item.row.failure_cluster)
    assert set(clusters) == CLUSTERS
    assert min(clusters.values()) >= 4


def changed(item: Item, **update: object) -> Item:
    """The same item with other fields in its row."""
    return replace(item, row=item.row.model_copy(update=update))


def flipped(item: Item) -> Item:
    """A gold item whose scores say the opposite of its verdict."""
    gold = item.row.gold
    assert gold is not None
    scores = {name: {"a": points["b"], "b": points["a"]} for name, points in gold.scores.items()}
    turned = {"a": item.quality["b"], "b": item.quality["a"]}
    return replace(changed(item, gold=gold.model_copy(update={"scores": scores})), quality=turned)


def work_breaches() -> dict[str, Item]:
    """What the check must say: a work item that was broken so that it says it."""
    whole = items("work")[0]
    short = whole.row.candidates[0].model_copy(update={"text": "Yes."})
    return {
        "keys: ['prompt']": replace(whole, keys=whole.keys - {"prompt"}),
        "the id does not begin": changed(whole, id="item-001"),
        "the family does not begin": changed(whole, group=None),
        "unknown failure cluster": changed(whole, failure_cluster="no-such"),
        "rights are not ours": changed(whole, source=whole.row.source.model_copy(update={"licence": "unstated"})),
        "shows the earlier turns": changed(whole, interaction="multi"),
        "more than 180 words": changed(whole, candidates=(short, whole.row.candidates[1])),
        "not those of the rubric": replace(whole, quality={**whole.quality, "b": {"voice": 3}}),
        "points outside 1 to 5": replace(whole, quality={**whole.quality, "b": dict.fromkeys(whole.quality["b"], 6)}),
        "unknown spread": replace(whole, spread="huge"),
        "experts hardly differ": replace(changed(whole, expected_disagreement=True), spread="low"),
    }


@pytest.mark.parametrize("word", work_breaches())
def test_a_broken_work_item_is_found(word: str) -> None:
    found = list(faults(work_breaches()[word], "work"))
    assert len(found) == 1
    assert word in found[0]


def test_a_gold_item_against_its_own_scores_is_found() -> None:
    clear = next(item for item in items("gold") if item.row.gold and item.row.gold.verdict == "b_clearly")
    found = list(faults(flipped(clear), "gold"))
    assert "is not carried by scores" in found[0]
    assert len(found) >= 2  # the priority rules speak against it too


def test_a_gold_item_without_its_key_is_found() -> None:
    found = list(faults(changed(items("gold")[0], gold=None), "gold"))
    assert found == ["no gold key, or no reason why it is right"]
