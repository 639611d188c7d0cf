"""Pairs of candidates with a winner: preference."""

from tallystick.sim.layout.source import BadLayout, Reading, Source, item, judgment


def preference(source: Source) -> Reading:
    """Items with two candidates; a winner whose margin the source does not give stays without one."""
    rows = [row for row in source.items if len(row.candidates) == 2]
    if not rows:
        raise BadLayout(f"{source.name}: expected items with two candidates, found none: choose a set of pairs")
    sides = {row.id: {one.id: side for one, side in zip(row.candidates, "ab", strict=True)} for row in rows}
    judgments = []
    for said in source.judgments:
        if said.item_id in sides:
            winner = str(said.values["winner"])
            verdict = "tie" if winner == "tie" else sides[said.item_id][winner]
            judgments.append(judgment(said, item=said.item_id, verdict=verdict, rationale=said.rationale))
    items = [item(row, signal="preference", candidates=row.candidates, context=row.context) for row in rows]
    return Reading(items=items, judgments=judgments)
