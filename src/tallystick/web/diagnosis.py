"""What would help most, in words: the findings of a diagnosis as rows and one sentence. Reads and writes nothing."""

from tallystick.app.gate import BatchPage
from tallystick.canon import PPM
from tallystick.flow.diagnosis import CLUSTER, CRITERION, EXPERT, PAIR, VERSION, Diagnosis, Finding
from tallystick.flow.monitoring.told import part_of
from tallystick.web.language import ENGLISH, N_, Words, current, formats, listed, said
from tallystick.web.views import gate as views
from tallystick.web.views.parts import Estimate, Link, Pill

ROWS_MAX = 12
_KINDS = Words({
    CRITERION: "criterion", CLUSTER: "kind of item", VERSION: "rubric version", PAIR: "two raters", EXPERT: "one rater",
})  # fmt: skip
_IF = Words({
    CRITERION: "If %(name)s were read alike",
    CLUSTER: "If items with %(name)s were judged as much alike as the others",
    VERSION: "If judgments under version %(name)s were as close to each other as the rest",
    PAIR: "If %(name)s were as close to each other as other raters are",
    EXPERT: "If %(name)s were as close to the others as they are to each other",
})  # fmt: skip
NOTHING_CLEAR = N_(
    "No single part stands out: what is missing is spread over many parts, or there are too few items to tell."
)
NOTE = N_(
    "Look at criteria first, then at kinds of items and versions, at people last. Parts overlap, so shares need not "
    "sum to 100 %. “Clear” means beyond what chance shows in so many parts; it says where to look, not why."
)


def help_of(page: BatchPage) -> views.Help | None:
    """What would help a failing batch; None when nothing falls short."""
    return None if page.diagnosis is None else told(page.diagnosis, page.names)


def told(found: Diagnosis, names: dict[str, str]) -> views.Help:
    """A diagnosis in words.

    names  pseudonym: name, for those who may read it
    """
    shown = [f for f in found.findings if f.is_clear or (f.gain_ppm or 0) > 0]
    # The table keeps its order, the rubric first; what is clear is never crowded out.
    kept = sorted(shown, key=lambda f: (not f.is_clear, -(f.gain_ppm or 0)))[:ROWS_MAX]
    return views.Help(
        sentence=_sentence(found, names), rows=tuple(_row(f, found, names) for f in shown if f in kept),
        items=tuple(
            Link(label=item.item, href=f"/items/{item.item}", note=formats.number(item.gain_ppm / PPM, 3))
            for item in found.items
        ),
        note=said(NOTE) + (f" {_beside(found)}" if found.beside else ""),
    )  # fmt: skip


def _sentence(found: Diagnosis, names: dict[str, str]) -> str:
    best = found.best
    if best is None or best.gain_ppm is None:
        return said(NOTHING_CLEAR)
    values = {
        "what": _IF[best.kind] % {"name": _name(best, names)},
        "then": formats.number((found.value_ppm + best.gain_ppm) / PPM), "now": formats.number(found.value_ppm / PPM),
    }  # fmt: skip
    if best.share_ppm is None:
        return said("%(what)s, agreement would be %(then)s instead of %(now)s.", **values)
    if best.share_ppm >= PPM:
        return said(
            "%(what)s, agreement would be %(then)s instead of %(now)s: that alone would reach the threshold of "
            "%(threshold)s.",
            **values, threshold=formats.number(found.threshold_ppm / PPM),
        )  # fmt: skip
    return said(
        "%(what)s, agreement would be %(then)s instead of %(now)s: %(share)s of the %(missing)s that is missing.",
        **values, share=_percent(best.share_ppm),
        missing=formats.number((found.threshold_ppm - found.value_ppm) / PPM),
    )  # fmt: skip


def _percent(ppm: int) -> str:
    """`41 %`."""
    return said("%(number)s %%", number=formats.number(100 * ppm / PPM, 0))


def _row(finding: Finding, found: Diagnosis, names: dict[str, str]) -> views.HelpRow:
    return views.HelpRow(
        kind=_KINDS[finding.kind], name=_name(finding, names), items=finding.items,
        then=Estimate(
            value=_then(found, finding.gain_ppm), low=_then(found, finding.low_ppm), high=_then(found, finding.high_ppm)
        ),
        share="" if finding.share_ppm is None else _percent(finding.share_ppm),
        rest="" if finding.rest_ppm is None else _signed(finding.rest_ppm / PPM),
        status=Pill(label="clear", tone="bad") if finding.is_clear else Pill(label="not clear"),
    )  # fmt: skip


def _signed(value: float) -> str:
    """`+0.12`."""
    return f"{value:+.2f}" if current() == ENGLISH else f"{'+' if value >= 0 else ''}{formats.number(value)}"


def _then(found: Diagnosis, gain: int | None) -> float | None:
    return None if gain is None else min(1.0, (found.value_ppm + gain) / PPM)


def _name(finding: Finding, names: dict[str, str]) -> str:
    if finding.kind in (PAIR, EXPERT):
        return listed(names.get(expert, expert) for expert in finding.name.split("|"))
    return part_of(finding)


def _beside(found: Diagnosis) -> str:
    names = listed(name.replace("_", " ") for name in found.beside)
    return said("For people it is also said what is left beside %(names)s.", names=names)
