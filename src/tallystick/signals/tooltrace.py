"""Tool trace: the calls that a model made, what they returned, and what they changed (SPEC 2.9).

Arguments are held against the declared schema, and what does not fit is shown as a fact beside the call: a wrong call
is what an expert is to see, and no fault of the item. Reads and writes nothing.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from tallystick.signals import spelled, verified
from tallystick.signals.ratings import decided, labels_on, value_of
from tallystick.signals.schema import misfits, unread
from tallystick.signals.shape import (
    UNDECIDED,
    Answer,
    Choice,
    Code,
    Codes,
    Content,
    Fault,
    Form,
    Given,
    Labelling,
    Measure,
    Piece,
    PieceId,
    PieceText,
    Row,
    Signal,
    Text,
    asked,
    repeated,
    values_of,
)

VERDICTS: Final = ("harmful", "goal_missed", "partly", "goal_reached")
"""What the work came to, from worst to best."""
CODES: Final[Codes] = {
    "call": (
        Code("right", "Right"), Code("unneeded", "Not needed"), Code("wrong_arguments", "Wrong arguments"),
        Code("wrong_tool", "Wrong tool"), Code("not_permitted", "Not permitted"),
    ),
}  # fmt: skip
STATES: Final = ("yes", "no", "unknown")
ToolName = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f]+$")]


class Tool(BaseModel):
    """A tool that the model was given.

    parameters       the JSON schema of its arguments; None where none is known
    parameters_json  the same as its JSON text, in place of it where it holds decimals
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: ToolName
    description: PieceText = ""
    parameters: dict[str, JsonValue] | None = None
    parameters_json: PieceText | None = None

    @property
    def schema_given(self) -> JsonValue:
        """The schema, however it is kept."""
        return self.parameters if self.parameters_json is None else spelled.parsed(self.parameters_json)


class Call(BaseModel):
    """One call.

    arguments       as the model gave them; a text where they were no JSON
    arguments_json  the same as their JSON text, in place of them where they hold decimals
    output          None where none came
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: PieceId
    tool: ToolName
    arguments: JsonValue = None
    arguments_json: PieceText | None = None
    output: PieceText | None = None

    @property
    def given(self) -> JsonValue:
        """The arguments, however they are kept."""
        return self.arguments if self.arguments_json is None else spelled.parsed(self.arguments_json)

    @property
    def written(self) -> str:
        """The arguments as text, numbers as they were written."""
        return _json(self.arguments) if self.arguments_json is None else self.arguments_json


class Turn(BaseModel):
    """One turn: what was said, and the calls that the model made in it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: PieceId
    role: Literal["system", "user", "assistant"]
    text: PieceText = ""
    calls: Annotated[list[Call], Field(max_length=100)] = []


class State(BaseModel):
    """The environment at one moment: as text, or as the digest of something that is too large to show."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: PieceText | None = None
    digest: Text | None = None


class Trace(BaseModel):
    """An item's own part: tools, permissions, turns with their calls, the state before and after, verifiers' results.

    are_tools_known  False where the source does not say which tools there were: then no call is of an unknown tool
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    turns: Annotated[list[Turn], Field(min_length=1, max_length=500)]
    tools: Annotated[list[Tool], Field(max_length=200)] = []
    are_tools_known: bool = True
    permissions: Annotated[list[Text], Field(max_length=100)] = []
    before: State = State()
    after: State = State()
    verifiers: Annotated[list[verified.Found], Field(max_length=50)] = []


def _trace(content: Content) -> Trace:
    return Trace.model_validate(content.material)


class ToolTrace(Signal):
    """A conversation with calls of tools, and what it came to."""

    name: ClassVar[str] = "tooltrace"
    title: ClassVar[str] = "Tool trace"
    about: ClassVar[str] = "Whether work with tools reached its goal, call by call, within what was permitted."
    candidates: ClassVar[tuple[int, int]] = (0, 1)
    is_scored: ClassVar[bool] = False
    material: ClassVar[type[BaseModel] | None] = Trace
    codes: Codes = CODES
    exports: ClassVar[Mapping[str, str]] = {
        "conversations": "one row a judgment: messages and tools in the usual format of function calls, tools and "
        "arguments as JSON text, since their shapes differ; verdict, state and the label of each call beside them"
    }

    @property
    def measures(self) -> tuple[Measure, ...]:
        return (
            Measure(name="verdict", title="Outcome", unit="item", level="ordinal", values=VERDICTS, read=decided),
            Measure(
                name="calls", title="Calls", unit="call", level="nominal", values=values_of(self.codes["call"]),
                read=labels_on("calls"),
            ),
            Measure(
                name="state", title="State as intended", unit="item", level="nominal", values=STATES,
                read=value_of("state"),
            ),
            verified.MEASURE,
        )  # fmt: skip

    def kept(self, material: dict[str, JsonValue]) -> dict[str, JsonValue]:
        """Arguments and schemas that hold decimals become their own text: 1.5 stays a number, and "1.5" a text."""
        turns = [
            _with(turn, "calls", [_as_text(call, "arguments") for call in _listed(turn, "calls")])
            for turn in _listed(material, "turns")
        ]
        tools = [_as_text(tool, "parameters") for tool in _listed(material, "tools")]
        return _with(_with(material, "turns", turns), "tools", tools)  # type: ignore[return-value]  # a map stays one

    def item_faults(self, content: Content) -> list[Fault]:
        found = _trace(content)
        broken = _unparsed(found)
        if broken:
            return broken
        for turn in found.turns:
            if turn.calls and turn.role != "assistant":
                return [Fault("turns", f"Expected calls in turns of the assistant, found some in {turn.id}.")]
        taken = ["a", "task", "permissions", "before", "after"]
        ids = [*taken, *(one for turn in found.turns for one in (turn.id, *(call.id for call in turn.calls)))]
        return (
            repeated(ids, "turn and call", "turns")
            or repeated([tool.name for tool in found.tools], "tool", "tools")
            or repeated([*ids, *(one.id for one in found.verifiers)], "verifier result", "verifiers")
        )

    def pieces(self, content: Content) -> tuple[Piece, ...]:
        found = _trace(content)
        return (
            *_boundaries(found),
            *(piece for turn in found.turns for piece in _turn(found, turn)),
            *_state("after", "State after", found.after),
            *(verified.piece(one) for one in found.verifiers),
        )

    def form(self, content: Content, codes: Codes) -> Form:
        found = _trace(content)
        calls = tuple(call.id for turn in found.turns for call in turn.calls)
        part = Labelling(
            name="calls", title="Calls", pieces=calls, labels={**self.codes, **codes}["call"], is_every=True,
            note_title="What is wrong, and what would be right",
        )  # fmt: skip
        return Form(
            verdict_title="Outcome", verdicts=_VERDICTS, choices=(_STATE,),
            labellings=(*((part,) if calls else ()), *verified.part(found.verifiers)),
        )  # fmt: skip

    def own_faults(self, answer: Answer, content: Content) -> list[Fault]:
        if answer.verdict == "goal_reached" and answer.values.get("state") == "no":
            sentence = "Expected a state as intended where the goal was reached, or one that cannot be told; found no."
            return [Fault("values.state", sentence)]
        return []

    def rows(self, content: Content, given: Sequence[Given]) -> Mapping[str, Sequence[Row]]:
        decisions = [one for one in given if one.facts.verdict not in UNDECIDED]
        return {"conversations": [_row(content, one) for one in decisions]}


_VERDICTS: Final = (
    Code("goal_reached", "The goal was reached"), Code("partly", "It was reached in part"),
    Code("goal_missed", "It was missed"), Code("harmful", "It did harm", "Something was done that must not be."),
)  # fmt: skip


def _listed(holder: JsonValue, key: str) -> list[JsonValue]:
    """A list inside a map that nobody has checked yet; empty where there is none."""
    found = holder.get(key) if isinstance(holder, dict) else None
    return found if isinstance(found, list) else []


def _with(holder: JsonValue, key: str, entries: list[JsonValue]) -> JsonValue:
    """The map with its list replaced, where it has one; anything else as it is."""
    return {**holder, key: entries} if isinstance(holder, dict) and isinstance(holder.get(key), list) else holder


def _as_text(holder: JsonValue, key: str) -> JsonValue:
    if not isinstance(holder, dict) or not spelled.has_decimals(holder.get(key)):
        return holder
    return {name: part for name, part in holder.items() if name != key} | {f"{key}_json": spelled.text(holder[key])}


def _unparsed(found: Trace) -> list[Fault]:
    """JSON text that is none, or that stands beside what it should stand for."""
    pairs = [
        *(("turns", call.id, call.arguments, call.arguments_json) for turn in found.turns for call in turn.calls),
        *(("tools", tool.name, tool.parameters, tool.parameters_json) for tool in found.tools),
    ]
    for where, name, plain, written in pairs:
        if written is None:
            continue
        if plain is not None:
            return [Fault(where, f"Expected a value or its JSON text for {name}, found both.")]
        try:
            spelled.parsed(written)
        except (ValueError, RecursionError):
            return [Fault(where, f"Expected JSON text for {name}, found text that is none.")]
    return []


_STATE: Final = Choice(
    name="state", title="Is the state after as intended?",
    options=(Code("yes", "Yes"), Code("no", "No"), Code("unknown", "It cannot be told")),
)  # fmt: skip


def _boundaries(found: Trace) -> list[Piece]:
    """What is known before the first turn: what the model may do, with what, and from where it starts."""
    tools = tuple((tool.name, _tool(tool)) for tool in found.tools)
    permitted = "\n".join(f"- {one}" for one in found.permissions)
    pieces = [*_state("before", "State before", found.before)]
    if permitted or tools:
        pieces.insert(0, Piece(id="permissions", kind="text", title="What it may do", text=permitted, facts=tools))
    return pieces


def _tool(tool: Tool) -> str:
    schema = _json(tool.parameters) if tool.parameters_json is None else tool.parameters_json
    arguments = "" if tool.schema_given is None else f"Arguments: {schema}"
    return " ".join(part for part in (tool.description, arguments) if part) or "No description."


def _state(name: str, title: str, state: State) -> list[Piece]:
    if state.text is None and state.digest is None:
        return []
    facts = (("Digest", state.digest),) if state.digest else ()
    return [Piece(id=name, kind="code", title=title, text=state.text or "", facts=facts)]


def _turn(found: Trace, turn: Turn) -> list[Piece]:
    said = [Piece(id=turn.id, kind="turn", title=turn.role.capitalize(), text=turn.text)]
    calls = [
        Piece(id=call.id, kind="call", title=f"Call of {call.tool}", text=call.output or "", facts=_facts(found, call))
        for call in turn.calls
    ]
    return [*(said if turn.text or not calls else []), *calls]


def _facts(found: Trace, call: Call) -> tuple[tuple[str, str], ...]:
    """Beside the call: what was asked of which tool, and whether it is what the tool's schema asks for."""
    facts = [("Tool", call.tool), ("Arguments", call.written)]
    tool = next((tool for tool in found.tools if tool.name == call.tool), None)
    if tool is None and found.are_tools_known:
        facts.append(("Schema", "The model was given no tool of this name."))
    elif tool is not None and tool.schema_given is not None:
        wrong = misfits(call.given, tool.schema_given)
        left = unread(tool.schema_given)
        fits = (
            "The arguments fit." if not left else f"The arguments fit, as far as was looked: not at {', '.join(left)}."
        )
        facts.append(("Schema", " ".join(wrong) or fits))
    if call.output is None:
        facts.append(("Output", "None."))
    return tuple(facts)


def _json(value: JsonValue) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _row(content: Content, one: Given) -> Row:
    """Schemas and arguments have a shape of their own each: readers of tables would fill in what is absent."""
    found, labels = _trace(content), {mark.on: mark.label for mark in one.facts.marks if mark.field == "calls"}
    calls: list[JsonValue] = [
        {"call": call.id, "label": labels.get(call.id)} for turn in found.turns for call in turn.calls
    ]
    tools: list[JsonValue] = [
        {"type": "function", "function": {
            "name": tool.name, "description": tool.description, "parameters": tool.schema_given or {},
        }}
        for tool in found.tools
    ]  # fmt: skip
    return {
        "task": asked(content), "messages": [message for turn in found.turns for message in _messages(turn)],
        "tools": json.dumps(tools, ensure_ascii=False), "verdict": one.facts.verdict,
        "state": one.facts.values.get("state"), "calls": calls,
    }  # fmt: skip


def _messages(turn: Turn) -> list[JsonValue]:
    said: dict[str, JsonValue] = {"role": turn.role, "content": turn.text}
    if turn.calls:
        said["tool_calls"] = [
            {"id": call.id, "type": "function",
             "function": {"name": call.tool, "arguments": call.written}}
            for call in turn.calls
        ]  # fmt: skip
    outputs: list[JsonValue] = [
        {"role": "tool", "tool_call_id": call.id, "name": call.tool, "content": call.output}
        for call in turn.calls
        if call.output is not None
    ]
    return [said, *outputs]
