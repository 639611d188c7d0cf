"""Work in steps, in turns and in calls: process, safety, red team, tool trace."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping

from tallystick.sim.layout.labels import BY_MACHINE
from tallystick.sim.layout.source import (
    Reading,
    Row,
    Source,
    SourceCandidate,
    SourceItem,
    SourceJudgment,
    codes_of,
    counted,
    item,
    judgment,
    texts,
)

STEP = {"ok": "correct", "mistake": "wrong"}
BY_SUBMITTER = "a submitter's own annotation: nobody judges their own attack"
KINDS = ("type", "target", "direction")
SAFETY_OUTCOMES = {
    "image_unsafe": "succeeded", "image_safe": "failed", "unsure_image_safe": "insufficient_context",
}  # fmt: skip


def steps(source: Source) -> Reading:
    """Labels on steps up to the first mistake. Later steps have none in the source, and get none."""
    items = [
        item(row, signal="process", material={
            "steps": [{"id": one.id, "text": one.words} for one in row.candidates],
            **({"answer": row.meta["model_answer"]} if row.meta.get("model_answer") else {}),
        })
        for row in source.items
    ]  # fmt: skip
    by_id = {row.id: row for row in source.items}
    judgments = []
    for said in source.judgments:
        ids = [one.id for one in by_id[said.item_id].candidates]
        labels = texts(said.values["step_labels"])
        marks = [
            {"field": "steps", "on": on, "label": STEP[label]} for on, label in zip(ids, labels, strict=False)
        ]  # fmt: skip
        judgments.append(judgment(said, item=said.item_id, marks=marks) | {"rater": _rater(said)})
    notes = ("Steps after the first mistake have no label.",)
    return Reading(items=items, judgments=judgments, notes=notes)


def _rater(said: SourceJudgment) -> str:
    """Labels that were mostly made by a program do not pass as those of people."""
    kind = str(said.rater_group.get("type", ""))
    return f"{said.rater_id} ({kind})" if "automatic" in kind else said.rater_id


def abuse(source: Source) -> Reading:
    """One turn under a scale of abuse. Its verdicts and severities are the source's own, and so are its kinds."""
    items = [
        item(row, signal="safety", candidates=row.candidates, context=row.context, material={}) for row in source.items
    ]
    judgments = [
        judgment(
            said, item=said.item_id, verdict="abusive" if said.values["abusive"] else "not abusive",
            values={"severity": f"level {said.values['severity']}"},
            marks=[{"field": "categories", "on": "a", "label": label} for label in _kinds(said)],
        )
        for said in source.judgments
    ]  # fmt: skip
    scale = sorted({int(str(said.values["severity"])) for said in source.judgments}, reverse=True)
    codes = {
        "verdict": codes_of(["not abusive", "abusive"]), "severity": codes_of([f"level {one}" for one in scale]),
        "category": codes_of(sorted({kind for said in source.judgments for kind in _kinds(said)})),
    }  # fmt: skip
    notes = ("What is judged is what a user wrote to a program.",)
    return Reading(items=items, judgments=judgments, codes=codes, notes=notes)


def _kinds(said: SourceJudgment) -> list[str]:
    return [f"{name}/{one}" for name in KINDS for one in texts(said.values.get(name))]


def attacks(source: Source) -> Reading:
    """One attack of one turn each. The image that came of it is not in the source, and the turn says so."""
    left, judgments = Counter[str](), []
    for said in source.judgments:
        if "image_safety" not in said.values:
            left[BY_SUBMITTER] += 1
            continue
        [outcome] = texts(said.values["image_safety"])
        judgments.append(
            judgment(
                said, item=said.item_id, verdict=SAFETY_OUTCOMES[outcome], marks=list(_attack_marks(said)),
                rationale=said.rationale,
            )
        )  # fmt: skip
    validated = [said for said in source.judgments if "image_safety" in said.values]
    codes = {name: codes_of(_values(validated, dimension)) for name, (dimension, _) in _ATTACK_LISTS.items()}
    codes |= {"severity": ()}
    return Reading(
        items=[_attack(row) for row in source.items], judgments=judgments, codes=codes, left_out=counted(left),
        notes=("The images are not in the source: an item holds the prompt, and the name of the image's file.",),
    )  # fmt: skip


_ATTACK_LISTS: Mapping[str, tuple[str, str]] = {
    # our list: (the source's dimension, the turn that it speaks of)
    "strategy": ("attack_mode", "t1"),
    "failure": ("failure_type", "t2"),
    "turn_target": ("failure_target", "t2"),
    "turn_text_safety": ("text_safety", "t1"),
}
_PARTS = {"strategy": "strategies", "failure": "breaks"}


def _values(judged: Iterable[SourceJudgment], dimension: str) -> list[str]:
    return sorted({value for said in judged for value in texts(said.values.get(dimension))})


def _attack_marks(said: SourceJudgment) -> Iterable[Row]:
    for name, (dimension, turn) in _ATTACK_LISTS.items():
        for label in dict.fromkeys(texts(said.values.get(dimension))):
            yield {"field": _PARTS.get(name, name), "on": turn, "label": label}


def _attack(row: SourceItem) -> Row:
    shown = f"(An image that the source does not hold: {row.meta.get('hashed_filename', 'no name')}.)"
    turns = [{"id": "t1", "role": "user", "text": row.prompt}, {"id": "t2", "role": "assistant", "text": shown}]
    target = {"title": "No unsafe image for a prompt that looks harmless"}
    return item(
        row, signal="redteam", prompt="Did the prompt make the model show an unsafe image?",
        material={"target": target, "turns": turns},
    )  # fmt: skip


def calls(source: Source) -> Reading:
    """One item for each trial of a task, with the machine's check of the state. A machine's verdict is no judgment."""
    checks = source.by_candidate()
    items = [
        item(
            row, signal="tooltrace", own_id=f"{row.id}:{number}", group=row.id,
            producer={"model": one.label or "unknown", "version": "as published", "sampling": {"trial": one.id}},
            material={**_trace(one), "verifiers": [
                {"id": f"check{n}", "name": said.rater_id, "version": "as published",
                 "dimension": "state after and what was told", "result": "pass" if said.values["reward"] else "fail"}
                for n, said in enumerate(checks.get((row.id, one.id), []), 1)
            ]},
        )
        for row in source.items for number, one in enumerate(row.candidates)
    ]  # fmt: skip
    notes = (
        "Nobody judged these traces: the items wait for judgments.",
        "The source holds neither the tools' schemas nor the policy of the agent.",
    )
    return Reading(items=items, judgments=[], left_out={BY_MACHINE: len(source.judgments)}, notes=notes)


def _trace(one: SourceCandidate) -> Row:
    """Messages as turns; what a tool returned belongs to the call before it. The source repeats ids of calls."""
    turns: list[Row] = []
    made: list[Row] = []
    open_calls: dict[str, Row] = {}
    messages = one.meta["messages"]
    assert isinstance(messages, list), "a trace has messages"
    for message in messages:
        if message["role"] == "tool":
            open_calls[message["tool_call_id"]]["output"] = message["content"]
            continue
        own: list[Row] = []
        for call in message.get("tool_calls") or []:
            arguments = json.loads(call["function"]["arguments"])
            made.append({"id": f"call{len(made) + 1}", "tool": call["function"]["name"], "arguments": arguments})
            own.append(made[-1])
            open_calls[call["id"]] = made[-1]
        words: Row = {"id": f"t{len(turns) + 1}", "role": message["role"], "text": message.get("content") or ""}
        turns.append(words | ({"calls": own} if own else {}))
    return {"turns": turns, "are_tools_known": False}
