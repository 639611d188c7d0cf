"""Labels out of a closed set, claims with their support, answers with a machine's verdict: outcome, demonstration."""

from collections import Counter
from collections.abc import Mapping

from tallystick.sim.layout.source import (
    Reading,
    Row,
    Source,
    SourceItem,
    SourceJudgment,
    codes_of,
    counted,
    item,
    judgment,
    texts,
)

USEFUL = ("Not useful at all", "Partially useful", "Useful")
CLAIM_LISTS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    # our list: (the source's dimension, its values)
    "support": ("support", ("Complete", "Partial", "Incomplete", "Missing", "N/A")),
    "claim_correctness": (
        "correctness",
        ("Definitely correct", "Probably correct", "Unsure", "Likely incorrect", "Definitely incorrect"),
    ),
    "claim_informativeness": (
        "informativeness", ("Very relevant", "A bit relevant", "Not too important", "Uninformative"),
    ),
    "claim_worthiness": ("worthiness", ("Yes", "No")),
    "claim_reliability": (
        "reliability", ("Reliable", "Somewhat reliable", "Not reliable at all", "Missing", "N/A"),
    ),
}  # fmt: skip
NO_VERDICT = "an expert's judgments of claims whose answer has no verdict"
REVISED_CLAIM = "a revised claim or revised evidence, which no field of the form takes"
NO_REVISION = "an answer that its expert neither revised nor left as it was"
OF_A_CLAIM = "a judgment of a claim, which another signal reads"
BY_MACHINE = "a machine's verdict, which stands in its item as a verifier's result and is no judgment"


def closed_set(source: Source) -> Reading:
    """Items whose candidates are the labels to choose from. Nothing is answered yet, so no candidate is shown."""
    items = [
        item(
            row, signal="outcome", context=row.context,
            material={"labels": [{"value": one.id, "title": one.words} for one in row.candidates]},
        )
        for row in source.items
    ]  # fmt: skip
    judgments = [
        judgment(said, item=said.item_id, verdict=str(said.values["label"]), rationale=said.rationale)
        for said in source.judgments
    ]
    conditions = sorted({(said.rater_id, str(said.rater_group.get("condition", ""))) for said in source.judgments})
    notes = tuple(f"{rater}: {condition}." for rater, condition in conditions if condition)
    is_medical = {row.domain for row in source.items} == {"medicine"}
    return Reading(items=items, judgments=judgments, notes=notes, domain="medical" if is_medical else "general")


def claims(source: Source) -> Reading:
    """One item for each answer, one judgment for each expert: how useful the answer is, and five things of a claim."""
    by_expert: dict[tuple[str, str], list[SourceJudgment]] = {}
    for said in source.judgments:
        by_expert.setdefault((said.item_id, said.rater_id), []).append(said)
    left, judgments = Counter[str](), []
    for (own_id, _), given in by_expert.items():
        answer = next(one for one in given if one.candidate_id == "answer")
        left[REVISED_CLAIM] += sum("revised_claim" in one.meta or "revised_evidence" in one.meta for one in given)
        verdict = answer.values.get("usefulness")
        if verdict is None:
            left[NO_VERDICT] += len(given)
            continue
        marks = [mark for one in given if one.candidate_id != "answer" for mark in _claim_marks(one)]
        judgments.append(judgment(answer, item=own_id, verdict=verdict, marks=marks, rationale=answer.rationale))
    return Reading(
        items=[_answer(row) for row in source.items], judgments=judgments, left_out=counted(left),
        codes={name: codes_of(values) for name, (_, values) in CLAIM_LISTS.items()},
        notes=("The expert who asked the question judged its answer: there is no second rater.",),
    )  # fmt: skip


def _claim_marks(said: SourceJudgment) -> list[Row]:
    """What an expert says of one claim; the words for it stand with the first label."""
    marks: list[Row] = [
        {"field": name, "on": said.candidate_id, "label": said.values[dimension]}
        for name, (dimension, _) in CLAIM_LISTS.items()
        if dimension in said.values
    ]
    if marks and said.rationale:
        marks[0]["text"] = said.rationale
    return marks


def _answer(row: SourceItem) -> Row:
    evidence = row.meta.get("evidence")
    passages = evidence if isinstance(evidence, dict) else {}
    found = [{"id": one.id, "text": one.words, "evidence": texts(passages.get(one.id))} for one in row.candidates[1:]]
    labels = [{"value": value} for value in reversed(USEFUL)]
    return item(
        row, signal="outcome", candidates=row.candidates[:1], material={"claims": found, "labels": labels},
    )  # fmt: skip


def reviews(source: Source) -> Reading:
    """The answers as demonstrations: revised by their expert, or endorsed where the expert left them as they were."""
    by_id = {row.id: row for row in source.items}
    left, judgments = Counter[str](), []
    for said in source.judgments:
        before = by_id[said.item_id].candidates[0].words
        revised = said.meta.get("revised_answer")
        if said.candidate_id != "answer":
            left[OF_A_CLAIM] += 1
        elif not isinstance(revised, str) or not revised.strip():
            left[NO_REVISION] += 1
        elif revised.split() == before.split():
            judgments.append(judgment(said, item=said.item_id, verdict="endorsed"))
        else:
            judgments.append(judgment(said, item=said.item_id, verdict="revised", texts={"response": revised}))
    items = [
        item(row, signal="demonstration", candidates=row.candidates[:1], material={"evidence": _evidence(row)})
        for row in source.items
    ]
    notes = ("An answer that its expert left as it was, spacing aside, counts as endorsed.",)
    return Reading(items=items, judgments=judgments, left_out=counted(left), notes=notes)


def _evidence(row: SourceItem) -> list[Row]:
    """Every passage once, in the order of the claims that it was found for. Its first line says where it stands."""
    evidence = row.meta.get("evidence")
    passages = evidence if isinstance(evidence, dict) else {}
    found = dict.fromkeys(passage for one in passages.values() for passage in texts(one))
    rows: list[Row] = []
    for number, passage in enumerate(found, 1):
        where, _, text = passage.partition("\n\n")
        place = {"source": where.strip()} if text and where.strip() else {}
        rows.append({"id": f"ev{number}", "title": f"Passage {number}", "text": text or passage, **place})
    return rows


def checked_answers(source: Source) -> Reading:
    """One item for each answer, with the machine's check beside it. A machine's verdict is no judgment."""
    checks = source.by_candidate()
    items = [
        item(
            row, signal="outcome", own_id=f"{row.id}:{number}", candidates=[one], group=row.id,
            material={"verifiers": [
                {"id": f"check{n}", "name": said.rater_id, "version": "as published", "dimension": "final answer",
                 "result": "pass" if said.values["correct"] else "fail"}
                for n, said in enumerate(checks.get((row.id, one.id), []), 1)
            ]},
        )
        for row in source.items for number, one in enumerate(row.candidates)
    ]  # fmt: skip
    notes = ("Nobody judged these answers: the items wait for judgments.",)
    return Reading(items=items, judgments=[], left_out={BY_MACHINE: len(source.judgments)}, notes=notes)
