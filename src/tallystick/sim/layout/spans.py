"""Error spans with categories: critiques of translations (MQM) and of summaries, and orders by the errors' weight."""

from collections import Counter, defaultdict

from tallystick.signals import BY_NAME
from tallystick.signals.shape import LETTERS
from tallystick.sim.layout.source import (
    Reading,
    Row,
    Source,
    SourceCandidate,
    SourceItem,
    SourceJudgment,
    SourceSpan,
    code,
    codes_of,
    counted,
    item,
    judgment,
)

UNPLACED = "Without a place in the source, so the mark is on the whole text: "
TWICE = "the same span with the same category twice in one judgment"
TWICE_UNPLACED = "a second span without a place and with the same category in one judgment"
SAME_WORDS = "a judgment of a translation whose words are those of one before it"
ALONE = "a judgment of the only translation of its segment that its rater judged"
TOO_MANY = "a judgment of more translations than one order may hold"
NO_VOTE = "a row without a vote"
OTHER_TASK = "a judgment of the other task, which another signal reads"


def translations(source: Source) -> Reading:
    """One item for each translation of a segment. The segment stands beside it and can be marked too."""
    rows = {(row.id, one.id): f"{row.id}:{number}" for row in source.items for number, one in enumerate(row.candidates)}
    by_id = {row.id: row for row in source.items}
    items = [
        item(
            row, signal="critique", own_id=rows[row.id, one.id], candidates=[one], group=row.id,
            material={"source": row.context} if row.context else {},
        )
        for row in source.items for one in row.candidates
    ]  # fmt: skip
    left, judgments = Counter[str](), []
    for said in source.judgments:
        row = by_id[said.item_id]
        judgments.append(_critique(said, rows[said.item_id, said.candidate_id or ""], _texts(row, said), left))
    spans = [span for said in source.judgments for span in said.spans]
    codes = {
        "category": codes_of(sorted({span.category for span in spans})),
        "severity": codes_of([one for one in ("minor", "major") if any(span.severity == one for span in spans)]),
    }
    notes = ("A translation without spans is one in which its rater found no error.",)
    return Reading(items=items, judgments=judgments, codes=codes, left_out=counted(left), notes=notes)


def orders(source: Source) -> Reading:
    """One item for each set of translations of a segment that somebody judged whole, and their order by penalty.

    The penalty is the source's own sum of the weights of the errors that a rater marked, less is better, and equals
    share a place. Raters who judged the same translations judged the same item.
    """
    given: dict[str, dict[str, dict[str, SourceJudgment]]] = defaultdict(lambda: defaultdict(dict))
    for said in source.judgments:
        given[said.item_id][said.rater_id][said.candidate_id or ""] = said
    left, items, judgments = Counter[str](), [], []
    for row in source.items:
        for number, (ids, raters) in enumerate(_together(row, given[row.id], left).items()):
            own_id = f"{row.id}:{number}"
            candidates = [one for one in row.candidates if one.id in ids]
            items.append(
                item(row, signal="ranking", own_id=own_id, candidates=candidates, context=row.context, group=row.id)
            )
            judgments += [_order(own_id, candidates, given[row.id][rater]) for rater in raters]
    return Reading(items=items, judgments=judgments, left_out=counted(left), notes=_ABOUT_ORDERS)


_ABOUT_ORDERS = (
    "No rater was asked for an order: it is worked out from the weight of the errors that the rater marked.",
    "No rater was asked what is acceptable: every translation stands above the line.",
)


def _together(
    row: SourceItem, by_rater: dict[str, dict[str, SourceJudgment]], left: Counter[str]
) -> dict[frozenset[str], list[str]]:
    """Translations that were judged together: the raters who judged just these. Counts the judgments of no order."""
    found: dict[frozenset[str], list[str]] = defaultdict(list)
    least, most = BY_NAME["ranking"].candidates
    for rater, said in by_rater.items():
        first = {one.words: one.id for one in reversed(row.candidates) if one.id in said}
        left[SAME_WORDS] += len(said) - len(first)
        if len(first) < least:
            left[ALONE] += len(first)
        elif len(first) > most:
            left[TOO_MANY] += len(first)
        else:
            found[frozenset(first.values())].append(rater)
    return found


def _order(own_id: str, candidates: list[SourceCandidate], said: dict[str, SourceJudgment]) -> Row:
    penalties = [round(float(str(said[one.id].values["mqm_penalty"])), 6) for one in candidates]
    places = {penalty: place for place, penalty in enumerate(sorted(set(penalties)), 1)}
    marks = [
        {"field": "order", "on": letter, "label": "acceptable", "place": places[penalty]}
        for letter, penalty in zip(LETTERS, penalties, strict=False)
    ]
    last = max((one for one in said.values() if one.timestamp), key=lambda one: one.timestamp or "", default=None)
    return judgment(last or next(iter(said.values())), item=own_id, marks=marks)


def summaries(source: Source) -> Reading:
    """Spans that the article does not support. The source gives no severity, and the list of severities is empty."""
    by_id = {row.id: row for row in source.items}
    left, judgments = Counter[str](), []
    for said in source.judgments:
        if said.values.get("task") == "faithfulness":
            judgments.append(_critique(said, said.item_id, _texts(by_id[said.item_id], said), left))
        else:
            left[OTHER_TASK] += 1
    spans = [span for said in source.judgments for span in said.spans]
    codes = {"category": codes_of(sorted({span.category for span in spans})), "severity": ()}
    return Reading(
        items=[_summary(row, signal="critique", material={}) for row in source.items], judgments=judgments,
        codes=codes, left_out=counted(left), notes=_ABOUT_SUMMARIES,
    )  # fmt: skip


def factuality(source: Source) -> Reading:
    """Whether a summary is true to the world: a closed answer on the same summaries."""
    labels = [{"value": "factual"}, {"value": "not factual"}]
    left, judgments = Counter[str](), []
    for said in source.judgments:
        vote = said.values.get("is_factual")
        if said.values.get("task") != "factuality":
            left[OTHER_TASK] += 1
        elif vote is None:
            left[NO_VOTE] += 1
        else:
            judgments.append(judgment(said, item=said.item_id, verdict="factual" if vote else "not factual"))
    items = [_summary(row, signal="outcome", material={"labels": labels}) for row in source.items]
    return Reading(items=items, judgments=judgments, left_out=counted(left), notes=_ABOUT_SUMMARIES)


_ABOUT_SUMMARIES = (
    "The articles are not in the source: the items hold the summaries alone.",
    "The source names raters by their position on an item, so one name is not one person.",
)


def _summary(row: SourceItem, *, signal: str, material: Row) -> Row:
    group = str(row.meta.get("bbcid", ""))
    return item(row, signal=signal, candidates=row.candidates, material=material, group=group)


def _texts(row: SourceItem, said: SourceJudgment) -> dict[str, str]:
    words = {one.id: one.words for one in row.candidates}
    return {"target": words[said.candidate_id or ""], "source": row.context or ""}


def _critique(said: SourceJudgment, own_id: str, words: dict[str, str], left: Counter[str]) -> Row:
    """Notes say what is wrong, not what would be right: they stand in the rationale, and no mark claims to correct."""
    marks: dict[tuple[object, ...], Row] = {}
    lines = [said.rationale] if said.rationale else []
    for span in said.spans:
        mark = _mark(span, words[span.side])
        key = (mark["on"], mark["start"], mark["end"], mark["label"])
        if key in marks:
            left[TWICE if span.start is not None else TWICE_UNPLACED] += 1
        if span.start is None:
            lines.append(f"{UNPLACED}{span.category}: {(span.text or 'no words given').strip()}")
        if span.note:
            lines.append(f"{span.category} at {span.start} to {span.end}: {span.note}")
        marks.setdefault(key, mark)
    return judgment(said, item=own_id, marks=list(marks.values()), rationale="\n".join(lines))


def _mark(span: SourceSpan, text: str) -> Row:
    """A span without a place is an error all the same: it stands on the whole text, and the rationale says so."""
    start, end = (0, len(text)) if span.start is None or span.end is None else (span.start, span.end)
    on = "a" if span.side == "target" else "source"
    severity = {"severity": span.severity} if span.severity else {}
    mark: Row = {"field": "errors", "on": on, "label": code(span.category), "start": start, "end": end}
    return mark | {"quote": text[start:end]} | severity
