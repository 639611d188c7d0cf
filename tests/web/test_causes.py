"""Causes of disagreements on pages and over the client, as people use them."""

from dataclasses import dataclass

import pytest
from living_cell import PROGRAMME
from served import Served
from web.visitor import Visitor

from tallystick.app.access import Actor
from tallystick.app.kernel import new_key

NOTE = "The prompt does not say for whom."


@dataclass
class Scene:
    """Three experts who divide on one item, and an adjudicator."""

    served: Served
    item: str
    judge: Actor
    expert: Actor

    @property
    def batch(self) -> str:
        return self.served.world.batch()

    def as_lead(self) -> Visitor:
        return Visitor(self.served, self.served.world.lead)

    def post(self, visitor: Visitor, path: str, **fields: str) -> str:
        """Send a form; where it leads to, or the page that it was refused with."""
        answer = visitor.post(path, {"csrf": visitor.csrf, "idempotency_key": new_key(), **fields})
        return answer.headers.get("location") or answer.text


@pytest.fixture
def scene(served: Served) -> Scene:
    world = served.world
    world.work(1)
    first, second, judge = world.expert(), world.expert(), world.expert("adjudicator")
    world.judge(first, "a_clearly")
    world.judge(second, "b_clearly")
    listed = Visitor(served, judge).get(f"/programmes/{PROGRAMME}/disagreements").text
    item = listed.partition("/disagreements/itm-")[2].partition('"')[0]
    return Scene(served, f"itm-{item}", judge, first)


def test_a_lead_classifies_a_batch_and_reads_the_map(scene: Scene) -> None:
    lead, path = scene.as_lead(), f"/batches/{scene.batch}/causes"
    assert "not classified" in lead.get(path).text
    assert scene.post(lead, path) == f"{path}?done=classified"
    page = lead.get(path).text
    assert "undetermined" in page
    assert "What would help most" in page
    assert (
        "w-1" in lead.get(f"/programmes/{PROGRAMME}/causes").text
        or scene.batch in lead.get(f"/programmes/{PROGRAMME}/causes").text
    )


def test_an_adjudicator_reads_the_evidence_and_says_what_the_cause_is(scene: Scene) -> None:
    path = f"/disagreements/{scene.item}/cause"
    judge = Visitor(scene.served, scene.judge)
    assert judge.get(path).status_code == 409, "not classified yet"
    scene.post(scene.as_lead(), f"/batches/{scene.batch}/causes")
    assert "The evidence" in judge.get(path).text
    short = scene.post(judge, path, cause="rater_error", note="Slip.")
    assert "Expected a note" in short
    assert "Slip." in short, "what was typed is still there"
    assert scene.post(judge, path, cause="rater_error", note=NOTE) == f"{path}?done=corrected"
    assert NOTE in judge.get(path).text
    assert NOTE not in scene.as_lead().get(path).text, "a lead says why they look first"
    assert NOTE in scene.as_lead().get(f"{path}?reason=review").text


def test_no_page_or_answer_tells_a_class_to_who_judges(scene: Scene) -> None:
    scene.post(scene.as_lead(), f"/batches/{scene.batch}/causes")
    expert = Visitor(scene.served, scene.expert)
    for path in (
        f"/disagreements/{scene.item}/cause", f"/batches/{scene.batch}/causes", f"/programmes/{PROGRAMME}/causes",
        "/causes/models",
    ):  # fmt: skip
        assert expert.get(path).status_code == 404
    for path in ("/me", f"/work/{PROGRAMME}", "/receipts", "/me/accesses"):
        text = expert.get(path).text
        for word in ("undetermined", "rater error", "value diversity", "disagreement-classified"):
            assert word not in text, path


def test_an_expert_declares_groups_changes_them_and_takes_them_back(scene: Scene) -> None:
    expert = Visitor(scene.served, scene.expert)
    assert "Take back" not in expert.get("/me/groups").text
    assert scene.post(expert, "/me/groups", age="under-30", gender="") == "/me/groups?done=groups"
    page = expert.get("/me/groups").text
    assert '<option value="under-30" selected>' in page
    assert "Expected a group on at least one axis" in scene.post(expert, "/me/groups")
    assert scene.post(expert, "/me/groups/withdraw") == "/me/groups?done=groups-withdrawn"
    assert "selected>Under 30" not in expert.get("/me/groups").text
    assert "Under 30" not in scene.as_lead().get(f"/people/{scene.expert.person}").text


def test_too_few_corrections_fit_no_model(scene: Scene) -> None:
    assert "Expected at least 20" in scene.post(scene.as_lead(), "/causes/models")
    assert "built-in-1" in scene.as_lead().get("/causes/models").text
