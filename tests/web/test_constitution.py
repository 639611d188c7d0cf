"""The pages of a constitution: who has signed, for whoever reads it."""

from constitution_scene import agree, carry, constitution_text, publish
from living_cell import PROGRAMME
from served import Served
from web.visitor import Visitor


def test_a_signature_names_the_reader_a_person_of_the_roster_or_the_role(served: Served) -> None:
    """Who reads no roster sees no pseudonym in the place of a name."""
    world = served.world
    publish(world, constitution_text())
    carry(world)
    researcher, other = world.person("Rosa", "researcher"), world.person("Otto", "researcher")
    made = agree(world, researcher)
    told = {
        researcher.person: "researcher: you, the methodology lead",
        world.lead.person: "researcher: Rosa, lead: you",
        other.person: "the client&#39;s alignment researcher, the methodology lead",
    }
    for reader in (researcher, world.lead, other):
        for page in (f"/operationalizations/{made.proposal}", f"/programmes/{PROGRAMME}/constitution"):
            assert told[reader.person] in Visitor(served, reader).get(page).text
