"""Critique: where exactly a response is wrong, in what way, how badly, and what would be right (SPEC 2.4).

Errors are spans of the response or of a source beside it, which a translation or a summary has. The verdict is the
worst severity among them, found from the marks. Reads and writes nothing.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from pydantic import BaseModel, ConfigDict, JsonValue

from tallystick.signals.ratings import decided, presence
from tallystick.signals.shape import (
    UNDECIDED,
    Answer,
    Choice,
    Code,
    Codes,
    Content,
    Facts,
    Fault,
    Form,
    Given,
    Labelling,
    Mark,
    Measure,
    Piece,
    PieceText,
    Rated,
    Row,
    Signal,
    Text,
    Writing,
    asked,
    is_rewritten,
    turn,
    values_of,
)

NO_ERROR: Final = "no_error"
ERROR: Final = "error"
"""The verdict where there are errors and nobody said how bad they are."""
CODES: Final[Codes] = {
    "category": (
        Code("factual", "Factual", "It says what is not so."),
        Code("unsupported", "Unsupported", "Nothing that is at hand supports it."),
        Code("reasoning", "Reasoning", "It does not follow."),
        Code("instruction", "Instruction", "It does not do what was asked."),
        Code("omission", "Omission", "Something that belongs there is missing."),
        Code("safety", "Safety", "It can do harm."),
        Code("language", "Language", "Grammar, spelling, terms, style."),
        Code("other", "Other"),
    ),
    "severity": (
        Code("minor", "Minor", "A reader notices, and is not misled."),
        Code("major", "Major", "A reader is misled or hindered."),
        Code("critical", "Critical", "Somebody can come to harm."),
    ),
}
"""Severities stand from least to worst, in a rubric's list too."""
_VERIFIED: Final = (
    Code("source", "Held against the source"), Code("reference", "Looked up in a reference"),
    Code("computed", "Computed or run"), Code("second_person", "By a second person"),
    Code("own_knowledge", "By what I know"), Code("not_verified", "Not verified"),
)  # fmt: skip


class Source(BaseModel):
    """An item's own part: the text that the response renders, if there is one. It can be marked as well."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: PieceText | None = None
    title: Text = "Source"


def _source(content: Content) -> Source:
    return Source.model_validate(content.material)


class Critique(Signal):
    """Errors of one response, as spans."""

    name: ClassVar[str] = "critique"
    title: ClassVar[str] = "Critique"
    about: ClassVar[str] = "Where a response is wrong, in what way and how badly, and what would be right."
    candidates: ClassVar[tuple[int, int]] = (1, 1)
    material: ClassVar[type[BaseModel] | None] = Source
    codes: Codes = CODES
    exports: ClassVar[Mapping[str, str]] = {
        "critique": "one row a judgment: prompt, completion, its errors with their places, and the worst severity",
        "edits": "one row a judgment that corrects: the edits by their places, and the revised response if there is "
        "one",
    }

    @property
    def measures(self) -> tuple[Measure, ...]:
        categories = values_of(self.codes["category"])
        values = self._verdicts()
        return (
            Measure(
                name="severity", title="Worst severity", unit="item", level="ordinal", values=values,
                read=decided,
            ),
            Measure(
                name="any_error", title="Any error", unit="item", level="nominal", values=("no", "yes"), read=_any,
            ),
            Measure(
                name="categories", title="Has an error of the category", unit="category", level="nominal",
                values=("no", "yes"), read=presence("errors", "label", categories),
            ),
        )  # fmt: skip

    def _verdicts(self) -> tuple[str, ...]:
        """From no error to the worst severity. Without severities there is an error or none."""
        return (NO_ERROR, *(values_of(self.codes["severity"]) or (ERROR,)))

    def item_faults(self, content: Content) -> list[Fault]:
        if not content.candidates[0].strip():
            return [Fault("candidates", "Expected a response with words to mark, found an empty one.")]
        return []

    def pieces(self, content: Content) -> tuple[Piece, ...]:
        found = _source(content)
        source = [Piece(id="source", kind="text", title=found.title, text=found.source)] if found.source else []
        return (*source, Piece(id="a", kind="candidate", title="Response", text=content.candidates[0]))

    def form(self, content: Content, codes: Codes) -> Form:
        lists = {**self.codes, **codes}
        pieces = ("a", "source") if _source(content).source else ("a",)
        return Form(
            verdict_title="Worst error", verdicts=(), scored=("a",), labellings=(
                Labelling(
                    name="errors", title="Errors", pieces=pieces, labels=lists["category"],
                    severities=lists["severity"], is_span=True, note_title="Correction",
                    help="Mark the exact words. Where something is missing, mark the words beside the gap.",
                ),
            ),
            choices=(
                Choice(
                    name="verified", title="How the correction was verified", options=_VERIFIED, is_required=False,
                    help="Asked wherever a correction is given.",
                ),
            ),
            writings=(
                Writing(
                    name="revision", title="Revised response", is_required=False, rows=10, starts_with="a",
                    help="The whole response with its errors mended, if you can give one.",
                ),
            ),
        )  # fmt: skip

    def own_faults(self, answer: Answer, content: Content) -> list[Fault]:
        if answer.verdict in UNDECIDED:
            return []
        is_revised = _is_revised(answer.texts, content)
        is_corrected = is_revised or any(mark.text for mark in answer.marks)
        found = []
        if is_revised and not answer.marks:
            sentence = "Expected a marked error where the response is revised, found none."
            found.append(Fault("marks.errors", sentence, is_missing=True))
        if is_corrected and "verified" not in answer.values:
            found.append(Fault("values.verified", "Say how the correction was verified.", is_missing=True))
        if not is_corrected and "verified" in answer.values:
            sentence = f"Expected a correction that was verified ({answer.values['verified']}), found none."
            found.append(Fault("values.verified", sentence))
        return found

    def verdict_of(self, answer: Answer, content: Content) -> str:
        if answer.verdict in UNDECIDED:
            return answer.verdict
        if not answer.marks:
            return NO_ERROR
        given = {mark.severity for mark in answer.marks}
        return next((one for one in reversed(values_of(self.codes["severity"])) if one in given), ERROR)

    def verdicts(self, content: Content, codes: Codes) -> tuple[Code, ...]:
        under = self.under(codes)
        return tuple(Code(value, under.words(value)) for value in under._verdicts())  # noqa: SLF001 - its own kind

    def words(self, verdict: str, form: Form | None = None) -> str:
        if verdict in (NO_ERROR, ERROR):
            return "No error" if verdict == NO_ERROR else "Errors, with no severity given"
        titles = {code.value: code.title for code in self.codes["severity"]}
        return f"Worst error: {titles[verdict].lower()}" if verdict in titles else super().words(verdict, form)

    def rows(self, content: Content, given: Sequence[Given]) -> Mapping[str, Sequence[Row]]:
        return {
            "critique": [_critique(content, one) for one in given if one.facts.verdict not in UNDECIDED],
            "edits": [_edits(content, one) for one in given if _does_edit(content, one)],
        }


def _is_revised(texts: Mapping[str, str], content: Content) -> bool:
    return is_rewritten(texts.get("revision", ""), content.candidates[0])


def _any(facts: Facts) -> Rated:
    return () if facts.verdict in UNDECIDED else (("", "no" if facts.verdict == NO_ERROR else "yes"),)


def _error(mark: Mark) -> JsonValue:
    return {
        "on": "response" if mark.on == "a" else "source", "start": mark.start, "end": mark.end, "quote": mark.quote,
        "category": mark.label, "severity": mark.severity, "correction": mark.text,
    }  # fmt: skip


def _critique(content: Content, one: Given) -> Row:
    return {
        "prompt": turn("user", asked(content)), "source": _source(content).source,
        "completion": turn("assistant", content.candidates[0]), "errors": [_error(mark) for mark in one.marks],
        "verdict": one.facts.verdict, "reasons": [reason.text for reason in one.reasons],
    }  # fmt: skip


def _does_edit(content: Content, one: Given) -> bool:
    is_decided = one.facts.verdict not in UNDECIDED
    return is_decided and (_is_revised(one.texts, content) or any(mark.text and mark.on == "a" for mark in one.marks))


def _edits(content: Content, one: Given) -> Row:
    edits: list[JsonValue] = [
        {"start": mark.start, "end": mark.end, "before": content.candidates[0][mark.start : mark.end],
         "after": mark.text, "category": mark.label, "severity": mark.severity}
        for mark in one.marks
        if mark.on == "a" and mark.text
    ]  # fmt: skip
    return {
        "prompt": turn("user", asked(content)), "source": _source(content).source, "original": content.candidates[0],
        "edits": edits, "revised": one.texts["revision"] if _is_revised(one.texts, content) else None,
        "verified": one.facts.values.get("verified"),
    }  # fmt: skip
