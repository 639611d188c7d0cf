"""What would help an expert, from their figures: where something is clear, and what to do, the rubric first. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tallystick.flow.monitoring import figures, told
from tallystick.flow.monitoring.figures import ALL, VERDICT, Figure
from tallystick.flow.monitoring.told import worded


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """One thing that stands out, and what would help. It says nothing of who is right."""

    figure: Figure
    sentence: str
    todo: str


_ORDER: Final = (figures.CONTEXT, figures.DISAGREEMENT, figures.ABSTENTION, figures.DEFECTS)
_TODO: Final[Mapping[str, str]] = {
    figures.CONTEXT: worded(
        "See which items they were: they may get others than their colleagues. Bring what these lack."
    ),
    figures.ABSTENTION: worded(
        "Ask what they need: clearer instructions on when to abstain, or items nearer to their field."
    ),
    figures.DEFECTS: worded(
        "Show them two or three of their reasons beside worked ones. Items much alike explain a part."
    ),
}
_APART: Final = worded(
    "Look at a few of these items together, with the anchors beside you. Either they read the words otherwise than the "
    "rest, and the rubric should say it better, or they see what the others miss."
)


def advice(found: Sequence[Figure]) -> tuple[Advice, ...]:
    """What is clear, the whole before its families: a family is named only where the whole is not clear."""
    clear = [one for one in found if one.is_clear]
    whole = {(one.kind.measure, one.kind.dimension) for one in clear if one.kind.family == ALL}
    kept = [one for one in clear if one.kind.family == ALL or (one.kind.measure, one.kind.dimension) not in whole]
    in_order = sorted(kept, key=lambda one: (_ORDER.index(one.kind.measure), one.kind.dimension, one.kind.family))
    return tuple(Advice(figure=one, sentence=sentence(one), todo=_todo(one)) for one in in_order)


def sentence(one: Figure) -> str:
    """What a clear figure says, with its interval and what all experts show."""
    assert one.rate.share is not None
    assert one.all_experts is not None
    share, all_of_them = told.within(one.rate.share, one.rate.interval), told.percent(one.all_experts)
    on = "" if one.kind.dimension == VERDICT else told.dimension(one.kind)
    said = {
        figures.CONTEXT: worded("In %(share)s of their judgments the item lacked context", share=share),
        figures.ABSTENTION: worded("In %(share)s of their judgments they abstained on %(what)s", share=share, what=on)
        if on else worded("In %(share)s of their judgments they abstained", share=share),
        figures.DISAGREEMENT: worded(
            "From %(share)s of the others' judgments they differ on %(what)s", share=share, what=on
        )
        if on else worded("From %(share)s of the others' judgments they differ", share=share),
        figures.DEFECTS: worded("In %(share)s of their judgments a reason has a defect", share=share),
    }[one.kind.measure]  # fmt: skip
    if one.kind.family == ALL:
        return worded("%(what)s; over all experts it is %(share)s.", what=said, share=all_of_them)
    return worded(
        "%(what)s, on items of %(family)s; over all experts it is %(share)s.",
        what=said, family=told.family(one.kind), share=all_of_them,
    )  # fmt: skip


def _todo(one: Figure) -> str:
    return _TODO.get(one.kind.measure, _APART)
