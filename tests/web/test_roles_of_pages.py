"""Every page by every role: who sees it, who finds nothing, who is asked to sign in. Forbidden looks like absent."""

import re
from dataclasses import dataclass

import pytest
from constitution_scene import carry, constitution_text, propose, publish
from failing_batch import diagnosed, opened
from held_work import hold
from history import OFTEN
from history_experts import PAY, POOL, vouch
from living_cell import PROGRAMME, World, answer_of, contract_text, gold_row, item_row, jsonl
from served import Served
from web.visitor import Visitor

from tallystick.app import (
    affected,
    calibration,
    contract,
    disagreement,
    erasure,
    escape,
    gate,
    items,
    pay,
    release,
    roster,
    routing,
    sentinel,
)
from tallystick.app.access import Actor
from tallystick.app.kernel import new_key
from tallystick.edge import RouteRule
from tallystick.flow.erasure import Wish as ErasureWish
from tallystick.flow.refusal import Refused
from tallystick.flow.release import Wish

ROLES = ("lead", "expert", "adjudicator", "researcher", "auditor", "engineer")
EVERYBODY = set(ROLES)
READERS = {"lead", "researcher", "auditor"}
EXPERTS = {"expert", "adjudicator"}
LEAD = {"lead"}
P = "/programmes/{programme}"
S = "/calibrations/{calibration_id}"

# A new page must be placed here, by hand: this table does not read the one in the code.
WHO: dict[str, set[str] | None] = {
    "GET /sign-in": None,
    "POST /sign-in": None,
    "POST /language": None,
    "POST /sign-out": EVERYBODY,
    "GET /": EVERYBODY,
    "GET /me": EXPERTS,
    "GET /work/{programme}": EXPERTS,
    "GET /assignments/{work}": EXPERTS,
    "POST /assignments/{work}": EXPERTS,
    "PUT /assignments/{work}/draft": EXPERTS,
    "POST /assignments/{work}/return": EXPERTS,
    "GET /assignments/{work}/done": EXPERTS,
    "GET /qualifications/start/{programme}/{rubric_id}": EXPERTS,
    "POST /qualifications/start/{programme}/{rubric_id}": EXPERTS,
    "GET /qualifications/{qualification}": EXPERTS,
    "POST /qualifications/{qualification}/items/{item}": EXPERTS,
    "PUT /qualifications/{qualification}/items/{item}/draft": EXPERTS,
    "GET /custody": {"lead", "auditor", "engineer"},
    "GET /programmes": READERS | {"engineer"},
    "GET /contracts/new": LEAD,
    "POST /contracts/new": LEAD,
    f"GET {P}": READERS | {"engineer"},
    f"GET {P}/contract": READERS | {"engineer"},
    f"GET {P}/contract.yaml": READERS | {"engineer"},
    f"GET {P}/causes": READERS,
    "GET /batches/{batch}/causes": READERS,
    "POST /batches/{batch}/causes": LEAD,
    "GET /disagreements/{item}/cause": READERS | {"adjudicator"},
    "POST /disagreements/{item}/cause": {"lead", "adjudicator"},
    "GET /causes/models": READERS,
    "POST /causes/models": LEAD,
    "POST /causes/models/{model}": LEAD,
    "GET /me/groups": EXPERTS,
    "POST /me/groups": EXPERTS,
    "POST /me/groups/withdraw": EXPERTS,
    f"GET {P}/rubric-editor/{{rubric_id}}": LEAD,
    f"POST {P}/rubric-editor/{{rubric_id}}": LEAD,
    f"GET {P}/constitution": READERS | EXPERTS,
    f"POST {P}/constitution": {"lead", "researcher"},
    f"GET {P}/constitution/diff": READERS | EXPERTS,
    f"GET {P}/constitution/versions/{{version}}": READERS | EXPERTS,
    f"GET {P}/constitution-editor": {"lead", "researcher"},
    f"POST {P}/constitution-editor": {"lead", "researcher"},
    f"GET {P}/trade-offs": READERS,
    "GET /operationalizations/{proposal_id}": READERS | EXPERTS,
    "POST /operationalizations/{proposal_id}": {"lead", "researcher"},
    f"GET {P}/affected": READERS | {"adjudicator"},
    f"POST {P}/affected/{{rubric_id}}": LEAD,
    "GET /affected/{affected_id}": {"adjudicator"},
    "POST /affected/{affected_id}": {"adjudicator"},
    f"GET {P}/rubrics": READERS | EXPERTS,
    f"GET {P}/new-rubric": LEAD,
    f"POST {P}/new-rubric": LEAD,
    f"GET {P}/rubrics/{{rubric_id}}": READERS | EXPERTS,
    f"GET {P}/rubrics/{{rubric_id}}/diff": READERS | EXPERTS,
    f"GET {P}/rubrics/{{rubric_id}}/{{version}}": READERS | EXPERTS,
    "GET /people": {"lead", "auditor"},
    "GET /people/new": LEAD,
    "POST /people/new": LEAD,
    "GET /people/{person}": {"lead", "auditor"},  # and one's own
    "POST /people/{person}/contract": LEAD,
    "POST /people/{person}/region": LEAD,
    "POST /people/{person}/credentials": EVERYBODY,  # of oneself; of others who keeps the roster
    "POST /people/{person}/screening": LEAD,
    "POST /people/{person}/screening/{disqualifier}": EVERYBODY,  # whom it concerns answers; a lead decides
    "GET /credentials": {"lead", "auditor"},
    "GET /credentials/{credential_id}": {"lead", "auditor"},  # and one's own
    "POST /credentials/{credential_id}": EVERYBODY,  # one's own; of others who keeps the roster
    "POST /credentials/{credential_id}/evidence": EVERYBODY,
    "GET /credentials/{credential_id}/evidence/{number}": {"lead", "auditor"},  # and one's own
    "POST /screening/rules": LEAD,
    f"GET {P}/pool": READERS,
    f"POST {P}/pool": LEAD,
    "GET /me/pool/{programme}": EXPERTS,
    "POST /me/pool/{programme}": EXPERTS,
    "POST /me/pool/{programme}/withdraw": EXPERTS,
    "GET /erasures": READERS | {"engineer"},
    "GET /erasures/new": LEAD,
    "POST /erasures/new": LEAD,
    "GET /erasures/{erasure_id}": READERS | {"engineer"},
    "GET /erasures/{erasure_id}/certificate": READERS | {"engineer"},
    "POST /erasures/{erasure_id}/notices/{release_id}/{holder}": READERS | {"engineer"},
    "GET /me/settings": EXPERTS,
    "POST /me/settings": EXPERTS,
    "POST /me/languages": EXPERTS,
    f"GET {P}/exposure": READERS,
    "POST /people/{person}/languages": LEAD,
    "POST /people/{person}/clearances": LEAD,
    "POST /people/{person}/clearances/{clearance}/revocation": LEAD,
    "GET /me/pay": EXPERTS,
    "GET /me/pay/{programme}": EXPERTS,
    "GET /me/pay/{programme}/terms": EXPERTS,
    "POST /me/pay/{programme}/terms": EXPERTS,
    f"GET {P}/pay": {"lead", "auditor"},
    f"GET {P}/pay/terms": {"lead", "auditor"},
    f"GET {P}/pay/people/{{person}}": {"lead", "auditor"},
    f"POST {P}/pay/close": LEAD,
    f"POST {P}/pay/export": LEAD,
    f"POST {P}/pay/add": LEAD,
    f"GET {P}/pay/{{period}}/{{file}}": {"lead", "auditor"},
    f"GET {P}/sentinels": READERS,
    f"POST {P}/sentinels": LEAD,
    f"GET {P}/sentinels/offer": READERS,
    f"POST {P}/sentinels/end": LEAD,
    f"GET {P}/sentinels/schedule": {"lead", "auditor"},
    f"POST {P}/sentinels/schedule": {"lead", "auditor"},
    f"GET {P}/sentinels/charts/{{expert}}/{{rubric_id}}": READERS,
    f"POST {P}/sentinels/charts/{{expert}}/{{rubric_id}}": LEAD,
    f"GET {P}/items": READERS,
    "GET /items/{item}": READERS,
    "POST /items/{item}": READERS,
    "POST /items/{item}/unblind": {"lead", "researcher"},
    f"GET {P}/import": LEAD,
    f"POST {P}/import": LEAD,
    "GET /imports/{run}/problems": LEAD,
    f"GET {P}/agreement": READERS,
    f"GET {P}/agreement/slices": READERS,
    f"GET {P}/monitoring": READERS,
    f"GET {P}/experts/{{person}}": READERS,
    f"GET {P}/report": READERS,
    f"GET {P}/report.md": READERS,
    f"GET {P}/shortcuts": READERS,
    f"POST {P}/shortcuts": LEAD,
    "GET /batches/{batch}/confusion": READERS,
    "GET /me/figures/{programme}": EXPERTS,
    "GET /batches/{batch}": READERS,
    f"GET {P}/interventions": READERS,
    "GET /interventions/{intervention}": READERS,
    "POST /interventions/{intervention}/diagnose": LEAD,
    "POST /interventions/{intervention}/rule-out": LEAD,
    "POST /interventions/{intervention}/requeue": LEAD,
    "POST /interventions/{intervention}/stand-down": LEAD,
    "POST /interventions/{intervention}/reinstate": LEAD,
    "POST /interventions/{intervention}/close": LEAD,
    "POST /batches/{batch}/measure": LEAD,
    "POST /batches/{batch}/demonstrations": LEAD,
    f"GET {P}/checklist": READERS | {"engineer"},
    f"GET {P}/phase": READERS | {"engineer"},
    f"POST {P}/phase": LEAD,
    f"GET {P}/load": READERS,
    f"POST {P}/load/draw": LEAD,
    f"POST {P}/load/seniors": LEAD,
    f"POST {P}/load/seniors/end": LEAD,
    "GET /held": {"adjudicator"},
    f"GET {P}/held": READERS | {"adjudicator"},
    "GET /held/{judgment_id}": {"adjudicator"},
    "POST /held/{judgment_id}": {"adjudicator"},
    "GET /disagreements": READERS | {"adjudicator"},
    f"GET {P}/disagreements": READERS | {"adjudicator"},
    "GET /disagreements/{item}": READERS | {"adjudicator"},
    "POST /disagreements/{item}": {"adjudicator"},
    "POST /disagreements/{item}/take": {"adjudicator"},
    "POST /disagreements/{item}/give-back": {"adjudicator"},
    f"POST {P}/disagreements/next": {"adjudicator"},
    f"GET {P}/overturns": READERS,
    "GET /rereviews": {"adjudicator"},
    f"GET {P}/rereview": READERS | {"adjudicator"},
    f"POST {P}/rereview": LEAD,
    f"GET {P}/rereview/defects": READERS,
    f"GET {P}/rereview/draws": {"lead", "auditor"},
    f"POST {P}/rereview/next": {"adjudicator"},
    "GET /rereviews/{drawn}": {"adjudicator"},
    "POST /rereviews/{drawn}": {"adjudicator"},
    "POST /rereviews/{drawn}/give-back": {"adjudicator"},
    "POST /rereviews/{drawn}/set-aside": LEAD,
    f"GET {P}/rubric-feedback/{{rubric_id}}": READERS,
    "POST /disagreements/{item}/why": READERS | {"adjudicator"},
    f"GET {P}/releases": READERS,
    f"GET {P}/releases/new": LEAD,
    f"POST {P}/releases/new": LEAD,
    "GET /releases/{release_id}": READERS,
    "GET /releases/{release_id}/files/{path:path}": READERS,
    "GET /accesses": READERS,
    "GET /me/accesses": EVERYBODY,
    "GET /log": READERS | {"engineer"},
    "GET /interventions/{intervention}/calibrate": LEAD,
    "POST /interventions/{intervention}/calibrate": LEAD,
    f"GET {S}": READERS,  # and who takes part
    f"POST {S}/reveal": LEAD,
    f"POST {S}/end": LEAD,
    f"GET {S}/label": set(),  # who takes part, while labels are taken
    f"POST {S}/items/{{item}}/label": EXPERTS,
    f"PUT {S}/items/{{item}}/draft": EXPERTS,
    f"GET {S}/items/{{item}}": READERS,  # and who takes part
    f"POST {S}/items/{{item}}/why": READERS | EXPERTS,
    f"POST {S}/items/{{item}}/examples": EXPERTS,
    f"GET {S}/rubric": READERS,  # and who takes part
    f"POST {S}/rubric/why": READERS | EXPERTS,
    f"POST {S}/marks": EXPERTS,
    f"POST {S}/marks/{{number}}": LEAD,
    f"GET {S}/revision": LEAD,
    f"POST {S}/revision": LEAD,
    "GET /receipts": EVERYBODY,
    "GET /receipts/file": EVERYBODY,
    "GET /receipts/{seq}/signed": READERS | {"engineer"},  # and one's own
    "GET /receipts/{seq}": READERS | {"engineer"},  # and one's own
    "GET /receipts/{seq}/proof": READERS | {"engineer"},  # and one's own
}
SESSION_ONLY = {
    "GET /people/{person}",
    "GET /credentials/{credential_id}",
    "GET /credentials/{credential_id}/evidence/{number}",
    "GET /receipts/{seq}",
    "GET /receipts/{seq}/proof",
    "GET /receipts/{seq}/signed",
}
"""Pages that everybody may ask for, because their own lies behind them."""


@dataclass
class Scene:
    """A cell with one of everything, and somebody in each role."""

    served: Served
    cast: dict[str, Actor]
    names: dict[str, str]

    def address(self, path: str) -> str:
        """A path with the names of what is really there."""
        known = self.names | ({"item": self.names["labelled"]} if "/calibrations/" in path else {})
        return re.sub(r"\{(\w+)(?::\w+)?\}", lambda found: known[found[1]], path)


@pytest.fixture(scope="module")
def scene(looked_at: Served) -> Scene:
    """Four items that two experts judged: three agreed, one divided; measured, released."""
    world = looked_at.world
    world.work(4)
    first, second = world.expert(), world.expert()
    for verdict in ("a_clearly", "a_clearly", "a_clearly", "b_clearly"):
        world.judge(first)
        world.judge(second, verdict)
    world.measure()
    assert disagreement.classify_waiting(world.cell) == 1
    wish = Wish(programme=PROGRAMME, name="made", version="1.0.0", use="train", batches=(world.batch(),))
    made = release.cut(world.cell, world.lead, wish, key=new_key())
    assert isinstance(made, release.Made), made
    world.work(1, start=9)
    listed = items.items_page(world.cell, world.lead, PROGRAMME, batch=world.batch())
    assert isinstance(listed, items.ItemsPage)
    cast = {role: world.person(f"A {role}", role) for role in ("expert", "researcher", "auditor", "engineer")}
    cast |= {"lead": world.lead, "adjudicator": world.person("A judge", "expert", expert_roles=("adjudicator",))}
    batches = gate.batches(world.cell, world.lead, PROGRAMME)
    assert isinstance(batches, list)
    assert isinstance(escape.draw(world.cell, world.lead, PROGRAMME, wanted={"medium": 1}, key=new_key()), escape.Drawn)
    drawn = escape.next_review(world.cell, cast["adjudicator"], PROGRAMME, key=new_key())
    assert isinstance(drawn, str), drawn
    gone = ErasureWish(what="object", target=f"item:{listed.rows[-1].item}", reason="mistake")
    erased = erasure.order(world.cell, world.lead, gone, key=new_key())
    assert isinstance(erased, erasure.Ordered), erased
    erasure.finish_interrupted(world.cell)
    names = {
        "programme": PROGRAMME, "rubric_id": "general", "version": "1.0.0", "person": first.person, "seq": "1",
        "item": listed.rows[3].item, "batch": world.batch(), "release_id": made.release, "path": "README.md",
        "work": "asg-none", "qualification": "qlf-none", "run": listed.rows[0].run,
        "model": "built-in-1", "erasure_id": erased.erasure, "holder": "client", "drawn": drawn,
        "judgment_id": held_of(world, first), "expert": first.person, "place": "1",
    }  # fmt: skip
    last = charted(world) | paid(world) | vouched(world, first)
    last |= cleared(world, first) | constituted(world)
    world.accept_pay(cast["adjudicator"])  # reviews are paid: nobody opens one before that
    return Scene(looked_at, cast, names | session_held(world) | last)


def cleared(world: World, expert: Actor) -> dict[str, str]:
    """A clearance that is in force."""
    done = routing.grant(
        world.cell, world.lead, expert.person, programme=PROGRAMME, until=world.clock() + 86_400_000_000,
        reason="They look into a report.", key=new_key(),
    )  # fmt: skip
    assert isinstance(done, routing.Granted), done
    return {"clearance": done.clearance}


def constituted(world: World) -> dict[str, str]:
    """A constitution, a rubric that carries it and waits for an agreement, and a judgment that the rubric affects."""
    publish(world, constitution_text())
    carry(world, question="Does each step follow?")
    reviewer = world.person("Another judge", "expert", expert_roles=("reviewer",))
    found = affected.queue(world.cell, reviewer, PROGRAMME)
    assert isinstance(found, list), found
    return {"proposal_id": propose(world, world.lead).proposal, "affected_id": found[0].mine[0].judgment}


def paid(world: World) -> dict[str, str]:
    """Pay terms that an expert accepted and worked by, in a week that is closed and exported."""
    text = contract_text("1.1.0") + PAY
    done = contract.bring_into_force(world.cell, world.lead, text=text, name="contract.yaml", key=new_key())
    assert isinstance(done, contract.ContractInForce), done
    world.judge(world.expert())
    found = pay.overview(world.cell, world.lead, PROGRAMME)
    assert isinstance(found, pay.Overview)
    world.clock.pass_minutes(8 * 24 * 60)
    for step in (pay.close, pay.export):
        assert not isinstance(step(world.cell, world.lead, PROGRAMME, found.period.name, key=new_key()), Refused)
    return {"period": found.period.name, "file": "lines.csv"}


def vouched(world: World, expert: Actor) -> dict[str, str]:
    """An expert with a credential that was shown, and something that was proposed; the contract asks who they are."""
    text = contract_text("1.2.0").replace("changed", "changed once more") + PAY + POOL
    done = contract.bring_into_force(world.cell, world.lead, text=text, name="contract.yaml", key=new_key())
    assert isinstance(done, contract.ContractInForce), done
    return vouch(world, expert)


def charted(world: World) -> dict[str, str]:
    """An expert with a chart: they answered a sentinel."""
    expert = world.expert()
    # After they qualified: what somebody had in a qualification is no sentinel for them.
    world.bring([gold_row(f"known-{n}") for n in range(12)], batch="gold", purpose="gold")
    world.bring([item_row(f"more-{n}") for n in range(12)], batch="more")
    assert isinstance(sentinel.set_policy(world.cell, world.lead, PROGRAMME, OFTEN, key=new_key()), sentinel.PolicySet)
    for _ in range(8):
        world.judge(expert)
    return {"expert": expert.person}


def session_held(world: World) -> dict[str, str]:
    """A batch that falls short, and a calibration session about it that has ended."""
    world.bring([item_row(f"short-{n}") for n in range(6)], batch="short")
    votes: list[dict[str, object]] = [
        {"item": f"short-{n}", "rater": f"rater-{rater}", "verdict": "a" if n < 3 or rater else "b"}
        for n in range(6)
        for rater in range(2)
    ]
    items.import_judgments(world.cell, world.lead, jsonl(votes), programme=PROGRAMME, name="v.jsonl", source="there")
    batches = gate.batches(world.cell, world.lead, PROGRAMME)
    assert isinstance(batches, list)
    batch = next(row.batch for row in batches if row.name == "short")
    gate.measure(world.cell, world.lead, batch, key=new_key())
    wanted = opened(world)
    diagnosed(world, wanted)
    return {"intervention": wanted, "number": "1"} | held(world, wanted)


def held(world: World, wanted: str) -> dict[str, str]:
    """A session with everybody, held to its end."""
    people = [expert.person for expert in world.experts]
    begun = calibration.open_session(world.cell, world.lead, wanted, participants=people, key=new_key())
    assert isinstance(begun, calibration.Opened), begun
    name = begun.calibration
    for expert in world.experts:
        world.accept_pay(expert)
        while isinstance(task := calibration.task(world.cell, expert, name), calibration.Task):
            done = calibration.label(world.cell, expert, name, item=task.item, answer=answer_of(), key=new_key())
            assert isinstance(done, calibration.Labelled), done
    revealed = calibration.reveal(world.cell, world.lead, name, key=new_key())
    assert not isinstance(revealed, Refused), revealed
    ended = calibration.end(world.cell, world.lead, name, key=new_key())
    assert not isinstance(ended, Refused), ended
    return {"calibration_id": name, "labelled": begun.items[0]}


def held_of(world: World, expert: Actor) -> str:
    """A judgment of an expert, held."""
    found = roster.person_page(world.cell, world.lead, expert.person)
    assert isinstance(found, roster.PersonPage)
    name = str(found.judgments[0].judgment)
    hold(world, expert.person, name)
    return name


def pages_of(served: Served) -> dict[str, RouteRule]:
    """Every page that is registered."""
    return {name: rule for name, rule in served.site.rules.items() if rule.kind == "page"}


def test_every_page_is_placed(looked_at: Served) -> None:
    assert set(pages_of(looked_at)) == set(WHO)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("route", [route for route in WHO if route.startswith("GET")])
def test_a_role_sees_its_pages_and_nothing_of_the_others(scene: Scene, route: str, role: str) -> None:
    path = scene.address(route.removeprefix("GET "))
    visitor = Visitor(scene.served, scene.cast[role])
    answer = visitor.get(path)
    allowed = WHO[route]
    is_mine = "asg-none" not in path and "qlf-none" not in path
    if (allowed is None or role in allowed) and is_mine:
        assert answer.status_code in {200, 303}, answer.text
        return
    nothing = visitor.get("/nothing-at-all")
    assert (answer.status_code, answer.text) == (404, nothing.text)
    assert answer.headers["content-length"] == nothing.headers["content-length"]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("route", [route for route in WHO if not route.startswith("GET") and WHO[route]])
def test_a_role_that_may_not_change_something_finds_nothing_there(scene: Scene, route: str, role: str) -> None:
    method, path = route.split(" ")
    allowed = WHO[route]
    assert allowed is not None
    if role in allowed:
        return
    visitor = Visitor(scene.served, scene.cast[role])
    answer = visitor.post(scene.address(path), {"csrf": visitor.csrf}, method=method)
    assert (answer.status_code, answer.text) == (404, visitor.get("/nothing-at-all").text)


@pytest.mark.parametrize("route", [route for route, allowed in WHO.items() if allowed is not None])
def test_without_a_session_there_is_only_the_way_to_sign_in(scene: Scene, route: str) -> None:
    method, path = route.split(" ")
    nobody = Visitor(scene.served, None)
    if method == "GET":
        answer = nobody.get(scene.address(path))
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/sign-in?next=/")
    else:
        answer = nobody.post(scene.address(path), {"csrf": "a" * 30}, method=method)
        assert answer.status_code == 401


@pytest.mark.parametrize("route", [r for r, allowed in WHO.items() if allowed and not r.startswith("GET")])
def test_without_its_token_no_form_is_taken(scene: Scene, route: str) -> None:
    method, path = route.split(" ")
    allowed = WHO[route]
    assert allowed is not None
    visitor = Visitor(scene.served, scene.cast[min(allowed)])
    for fields in ({}, {"csrf": "x" * 32}):
        assert visitor.post(scene.address(path), fields, method=method).status_code == 403
    elsewhere = visitor.post(
        scene.address(path), {"csrf": visitor.csrf}, method=method, headers={"Origin": "http://elsewhere.test"}
    )
    assert elsewhere.status_code == 403


PLAIN = re.compile(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=\"/static/)|javascript:", re.IGNORECASE)


@pytest.mark.parametrize("role", ROLES)
def test_no_page_carries_a_script_or_style_of_its_own_and_each_names_its_custody(scene: Scene, role: str) -> None:
    visitor = Visitor(scene.served, scene.cast[role])
    for route in (route for route in WHO if route.startswith("GET")):
        answer = visitor.get(scene.address(route.removeprefix("GET ")))
        if not answer.headers.get("content-type", "").startswith("text/html"):
            continue
        assert PLAIN.findall(answer.text) == [], route
        assert "Development custody: software keys" in answer.text, route
        assert "'unsafe" not in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("role", sorted(EXPERTS))
def test_experts_see_no_model_no_name_and_no_gold(scene: Scene, role: str) -> None:
    visitor = Visitor(scene.served, scene.cast[role])
    for route in (route for route in WHO if route.startswith("GET")):
        text = visitor.get(scene.address(route.removeprefix("GET "))).text
        assert "secret-model" not in text, route
        assert "Expert 0" not in text, route
        assert "g-general" not in text, route
