"""Work: take the next item, look at it again, keep a draft, give it back."""

from typing import Annotated

from fastapi import Body as InBody
from pydantic import Field, JsonValue

from tallystick.api.parts import Done, InPath, Key, Moment, Shown
from tallystick.app import assignment, judgment, welfare
from tallystick.edge import Site, Visit
from tallystick.flow.refusal import Refused
from tallystick.flow.rubric import Rubric
from tallystick.signals.shape import Form

DRAFT_BYTES = 200_000


def mount(site: Site, prefix: str) -> None:
    """Register work."""
    one = f"{prefix}/assignments/{{work}}"
    site.api(
        "POST", f"{prefix}/programmes/{{programme}}/next", next_task, permission="work.do", answers=Task,
        refusals=(409,), max_bytes=1_000, tag="work",
    )  # fmt: skip
    site.api("GET", one, get_task, permission="work.do", answers=Task, tag="work")
    site.api(
        "PUT", f"{one}/draft", save_draft, permission="work.do", answers=DraftKept, refusals=(422,),
        max_bytes=DRAFT_BYTES, tag="work",
    )  # fmt: skip
    site.api(
        "POST", f"{one}/return", give_back, permission="work.do", answers=Done, refusals=(409,), max_bytes=1_000,
        tag="work",
    )  # fmt: skip


class PieceShown(Shown):
    """A part of an item that is read on its own. Spans count the code points of its text."""

    id: str = Field(description="Its name in scores and marks.")
    kind: str = Field(description="candidate, step, turn, call, text or code")
    title: str
    text: str
    facts: list[tuple[str, str]] = Field(description="Names and texts of what belongs to it and is no text to mark.")


class ShownItem(Shown):
    """An item as this expert sees it: A is `first`, B is `second`, in an order of the expert's own."""

    signal: str = Field(description="The kind of supervision.")
    prompt: str
    context: str | None
    first: str = Field(description="Candidate A of the answer; empty where there is none.")
    second: str = Field(description="Candidate B of the answer; empty where there is none.")
    pieces: list[PieceShown] = Field(description="All that is read below prompt and context, in order.")


class WarnedShown(Shown):
    """What is said before an item is shown."""

    category: str
    warning: str
    is_blurred: bool = Field(description="Keep the content closed until the reader asks for it.")


def warned(visit: Visit, item: str) -> list[WarnedShown]:
    """The warnings of an item that whoever asks has just been given."""
    return [WarnedShown.of(one) for one in welfare.warnings(visit.cell, item)]


class Task(Shown):
    """An assignment with all that is needed to judge it."""

    assignment: str
    item: str
    programme: str
    domain: str
    state: str = Field(description="leased, judged, expired or returned")
    expires_at: Moment = Field(description="Until then the item is this expert's.")
    shown: ShownItem
    rubric: Rubric
    form: Form = Field(description="What is asked: verdicts, scored pieces, labels, choices, numbers, writings.")
    draft: dict[str, JsonValue] | None = Field(description="Unsent work, as it was left.")
    draft_at: Moment | None
    done: int = Field(description="Items that this expert has had in this programme.")
    warnings: list[WarnedShown] = Field(
        description="Say these before you show the item. Returning it is held against nobody; that time is not paid."
    )


def next_task(visit: Visit, programme: InPath, key: Key) -> Task | Refused:
    """Take the next item.

    An expert holds one item at a time: asking again, with any key, gives the one that is held. 409 `no-work` when
    nothing is open, `not-qualified` and `no-contract` when something has to happen first.
    """
    task = assignment.next_task(visit.cell, visit.actor, programme, key=key)
    return task if isinstance(task, Refused) else Task.of(task)


def get_task(visit: Visit, work: InPath) -> Task | Refused:
    """Look at one's own assignment again."""
    task = assignment.task(visit.cell, visit.actor, work)
    return task if isinstance(task, Refused) else Task.of(task)


class DraftKept(Shown):
    """Unsent work that is kept, encrypted, outside the journal."""

    saved_at: Moment


def save_draft(
    visit: Visit, work: InPath, content: Annotated[dict[str, JsonValue], InBody(examples=[{"verdict": "a_slightly"}])]
) -> DraftKept | Refused:
    """Keep unsent work: any JSON object of up to 200,000 bytes. It is dropped when the judgment is submitted."""
    saved = judgment.save_draft(visit.cell, visit.actor, work, dict(content))
    return saved if isinstance(saved, Refused) else DraftKept(saved_at=saved)


def give_back(visit: Visit, work: InPath, key: Key) -> Done | Refused:
    """Give an assignment back without a judgment; somebody else may take it."""
    answer = assignment.give_back(visit.cell, visit.actor, work, key=key)
    return answer if isinstance(answer, Refused) else Done.of(answer)
