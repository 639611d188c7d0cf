"""Real crowd labels taken through a whole cell: groups that mean nothing make next to no difference of values."""

import gzip
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from living_cell import PROGRAMME, item_row, jsonl, world_at

from tallystick.app import disagreement, items
from tallystick.app.access import Actor
from tallystick.app.disagreement import Declared, Map, Ran
from tallystick.app.kernel import new_key
from tallystick.flow import disagreement as flow
from tallystick.flow.refusal import Refused
from tallystick.store import disagreement as stored
from tallystick.store import roster

DATA = Path(__file__).parents[2].parent / "shared" / "data"
VERDICT = {"entailment": "a", "contradiction": "b", "neutral": "tie"}
PEOPLE = 27
RATERS = 9
ITEMS = 250
SEED = 11

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="needs the shared data beside the project")


def crowd_labels() -> dict[str, list[str]]:
    """Sentence pair: its nine crowd labels. The raters are positions in the source, not people."""
    found: dict[str, list[str]] = {}
    with gzip.open(DATA / "ambient" / "judgments.jsonl.gz", "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            if str(row["rater_group"]["type"]).startswith("crowd"):
                found.setdefault(row["id"].rsplit("|", 1)[0], []).append(row["values"]["ambiguous"])
    return {name: labels for name, labels in found.items() if len(set(labels)) > 1 and len(labels) == RATERS}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_shuffled_raters_make_value_diversity_vanish(database_url: str, tmp_path: Path) -> None:
    """Each label goes to somebody drawn by lot, and each of those draws a group: at most one in twenty is called so."""
    labels = dict(sorted(crowd_labels().items())[:ITEMS])
    assert len(labels) == ITEMS
    lot = np.random.default_rng(SEED)
    rows: list[dict[str, object]] = [
        {"item": f"w-{n}", "rater": f"r{person:02}", "verdict": VERDICT[label], "reasons": ["reasoning"]}
        for n, given in enumerate(labels.values())
        for person, label in zip(lot.permutation(PEOPLE)[:RATERS].tolist(), given, strict=True)
    ]
    with world_at(database_url, tmp_path / "cell", redundancy=RATERS) as world:
        world.bring([item_row(f"w-{n}") for n in range(ITEMS)])
        done = items.import_judgments(
            world.cell, world.lead, jsonl(rows), programme=PROGRAMME, name="ambient.jsonl", source="ambient"
        )
        assert not isinstance(done, Refused)
        assert done.problems == ()
        with world.cell.read() as connection:
            people = [row.person for row in roster.people(connection, origin="imported")]
        for person, side in zip(people, lot.permutation(PEOPLE) % 2, strict=True):
            actor = Actor(person, frozenset({"expert"}))
            values = {"age": "under-30" if side else "60-up", "gender": "woman" if lot.integers(2) else "man"}
            assert isinstance(disagreement.declare_groups(world.cell, actor, values, key=new_key()), Declared)
        ran = disagreement.classify_batch(world.cell, world.lead, world.batch(), key=new_key())
        assert isinstance(ran, Ran)
        assert ran.classified == ITEMS
        found = disagreement.disagreement_map(world.cell, world.lead, world.batch())
        assert isinstance(found, Map)
        with world.cell.read() as connection:
            facts = [flow.decoded(row.body) for row in stored.of_batch(connection, world.batch()).values()]
    spoke = sum(any(term.source == "groups" for term in fact.terms) for fact in facts)
    assert spoke > 0.9 * ITEMS, "groups take part in nearly all, or this would show nothing"
    called = Counter(fact.cause for fact in facts)
    assert called["value_diversity"] <= 0.05 * ITEMS, called
    assert found.counts["value_diversity"] == called["value_diversity"]
