"""What happens to experts in a history: they join, pay, credentials, disqualifiers, what they say, the pool."""

from living_cell import PROGRAMME, World, answer_of, contract_text

from tallystick.app import contract, credential, pay, pool, roster, routing, screening
from tallystick.app.access import Actor
from tallystick.app.contract import today_of
from tallystick.app.credential import EvidenceFile
from tallystick.app.kernel import new_key
from tallystick.flow.credential import Details, Wish
from tallystick.flow.refusal import Refused
from tallystick.flow.screening import Proposal
from tallystick.signals.preference import Verdict

PAY = """pay:
  currency: JPY
  period: week
  time_zone: UTC
  floor_hourly: 3000
  rates:
    - {work: judgment, piece: 10}
    - {work: qualification, hourly: 1200}
    - {work: calibration, hourly: 1200}
    - {work: adjudication, piece: 90}
    - {work: second_look, piece: 40}
  terms: You are paid for every judgment.
"""
POOL = "pool: {axes: [{id: age, question: 'How old are you?', groups: {young: Under 40, old: 40 or older}}]}\n"
DEMAND = "credentials: [{{type: degree, domains: [{domain}]}}]\n"
WORDS = "As the registry said to whoever asked it."


def sit(world: World, actor: Actor, domain: str, *, is_tie: bool = False) -> None:
    """Answer gold items, right unless told otherwise, for as long as the cell lets this expert."""
    cell = world.cell
    begun = roster.start_qualification(cell, actor, programme=PROGRAMME, rubric=domain, key=new_key())
    if isinstance(begun, Refused):
        return
    while isinstance(task := roster.gold_task(cell, actor, begun.qualification), roster.GoldTask):
        right: Verdict = "a_clearly" if task.shown.first.endswith("one.") else "b_clearly"
        answer = answer_of("tie" if is_tie else right)
        done = roster.answer_gold(cell, actor, begun.qualification, item=task.item, answer=answer, key=new_key())
        if isinstance(done, Refused):
            return


def join(world: World) -> Actor:
    """Somebody new. A contract may ask for languages, so they say theirs; what else it asks may keep them out."""
    actor = world.expert(domains=())
    routing.declare_languages(world.cell, actor, {"en": "C1"}, key=new_key())
    world.accept_pay(actor)
    for domain in world.domains:
        sit(world, actor, domain)
    return actor


def vouch(world: World, expert: Actor) -> dict[str, str]:
    """A credential with evidence, and a disqualifier that nobody has decided on; their names."""
    wish = Wish(
        type="degree", method="document", expires_on=today_of(world.cell),
        details=Details(issuer="A university", identifier="7"),
    )  # fmt: skip
    declared = credential.declare(world.cell, expert, expert.person, wish, key=new_key())
    assert isinstance(declared, credential.Declared), declared
    file = EvidenceFile("degree.txt", WORDS.encode())
    credential.add_evidence(world.cell, world.lead, declared.credential, file, key=new_key())
    proposal = Proposal(
        person=expert.person, ground="licence-revoked", evidence=WORDS, programme=PROGRAMME, about=declared.credential
    )
    proposed = screening.propose(world.cell, world.lead, [proposal], key=new_key())
    assert isinstance(proposed, screening.Proposed), proposed
    return {"credential_id": declared.credential, "disqualifier": proposed.disqualifiers[0]}


def tell(world: World, expert: Actor, *, version: str, sections: str, n: int, m: int) -> None:
    """The contract asks who its experts are; one says it, shows what they hold, and somebody decides on it.

    sections  that the contract keeps
    """
    cell, lead = world.cell, world.lead
    plain = contract_text(version, domains=world.domains).replace("changed.", f"changed for {version}.")
    demand = DEMAND.format(domain=world.domains[-1]) if n % 4 == 2 else ""
    contract.bring_into_force(cell, lead, text=plain + sections + POOL + demand, name="c.yaml", key=new_key())
    roster.declare_region(cell, lead, expert.person, region=("DE", "US-CA")[n % 2], key=new_key())
    pool.declare(cell, expert, PROGRAMME, {"age": ("young", "old")[m % 2]}, key=new_key())
    if m % 3 == 0:
        pool.withdraw(cell, expert, PROGRAMME, key=new_key())
    names = vouch(world, expert)
    credential.start_review(cell, lead, names["credential_id"], key=new_key())
    if n % 3 == 0:
        credential.reject(cell, lead, names["credential_id"], reason=WORDS, key=new_key())
    else:
        day = today_of(cell)
        credential.verify(cell, lead, names["credential_id"], method="document", expires_on=day, key=new_key())
    if n % 3 == 1:
        credential.withdraw(cell, expert, names["credential_id"], reason=WORDS, key=new_key())
    screening.answer(cell, expert, names["disqualifier"], words=WORDS, key=new_key())
    for decision in ("confirmed", "lifted") if m % 2 else ("dismissed",):
        screening.decide(cell, lead, names["disqualifier"], decision=decision, reason=WORDS, key=new_key())
    pool.compose(cell, lead, PROGRAMME, key=new_key())


def pay_from(world: World, *, version: str) -> None:
    """From this contract version on experts are paid by terms, which they accept."""
    plain = contract_text(version, domains=world.domains).replace("changed.", f"changed for {version}.")
    contract.bring_into_force(world.cell, world.lead, text=plain + PAY, name="contract.yaml", key=new_key())
    world.pay = PAY
    for actor in world.experts:
        world.accept_pay(actor)


def pay_out(world: World, expert: Actor, *, amount: int) -> None:
    """Somebody gets something beside their pay, and the week is closed and exported."""
    cell, lead = world.cell, world.lead
    pay.add(cell, lead, PROGRAMME, person=expert.person, amount=amount, reason=WORDS, reference=None, key=new_key())
    found = pay.overview(cell, lead, PROGRAMME)
    world.clock.pass_minutes(8 * 24 * 60)
    if not isinstance(found, Refused):
        pay.close(cell, lead, PROGRAMME, found.period.name, key=new_key())
        pay.export(cell, lead, PROGRAMME, found.period.name, key=new_key())
