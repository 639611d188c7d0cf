"""The form of a rubric: what an editor asks for, in its order. Holds data only."""

from typing import get_args

from tallystick.flow.document.form import Field, Inside, Named, Points, Rows, Shape, Texts
from tallystick.flow.rubric.model import DOMAINS, Form

_EXAMPLE = (
    Field("title", "Title"), Field("excerpt", "What was seen", "text"), Field("score", "Score", "whole"),
    Field("why", "Why it gets that score", "text"),
)  # fmt: skip
_CRITERION = (
    Field("id", "Id", hint="Short and lasting, such as factual_safety."),
    Field("name", "Name"),
    Field("question", "Question", "text"),
    Inside("scale", "Scale", (Field("low", "Worst score", "whole"), Field("high", "Best score", "whole"))),
    Points("anchors", "Anchors", "anchor"),
    Rows("examples", "Worked examples", "example", "title", _EXAMPLE),
    Texts("exclusions", "What does not count", "exclusion"),
    Field("abstain", "When to abstain", "text"),
    Field("escalation", "Who decides what an expert cannot", "text"),
    Texts("principles", "Principles of the constitution that it carries", "principle"),
    Field("citation_required", "A reason on it needs a source", "flag"),
    Field("gated", "Its agreement counts for the gate", "flag", default=True),
    Field("weight", "Weight", "whole", hint="Where one number is wanted. May stay empty."),
)
_RULE = (
    Field("over", "Outranks: id of the upper criterion"),
    Field("under", "Outranked: id of the lower criterion"),
    Field("why", "Why", "text"),
    Field(
        "form", "When it decides", "choice", choices=("", *get_args(Form)),
        hint="Clear, also when empty: from half of the scale on. Lexicographic: whenever scores differ.",
    ),
    Field("at_most", "Score of a threshold rule", "whole", hint="It decides when one side alone has so few points."),
)  # fmt: skip
_LABEL = (
    Field("value", "Value", hint="What a record holds, such as unsafe_advice."),
    Field("title", "Title"),
    Field("help", "When it is right", "text"),
)
SHAPE = Shape(
    ("rubric", "tallystick/rubric/1"),
    (
        Field("id", "Id", hint="The name that the contract gives the rubric."),
        Field("domain", "Domain", "choice", choices=DOMAINS),
        Field("version", "Version", hint="Above the version in force."),
        Field("title", "Title"),
        Field("task", "What experts are asked to do", "text"),
        Field("changelog", "What changed", "text", hint="Needed from the second version on."),
        Field("rationale", "Why it changed", "text", hint="Needed from the second version on."),
        Rows("criteria", "Criteria", "criterion", "name", _CRITERION),
        Rows("priority", "Priority rules", "rule", "over", _RULE),
        Named(
            "labels", "Closed lists in place of those of the signals", "list", "value", "title", _LABEL,
            hint="Such as category or severity: a list that a signal asks from.",
        ),
        Inside(
            "threshold", "Threshold of the gate", (
                Field("value", "Agreement to reach", hint="Such as 0.85. Empty: what the domain asks for."),
                Field("rationale", "Why another one than the domain's", "text"),
            ),
        ),
        Inside(
            "qualification", "Qualification on gold items", (
                Field("gold_min", "Gold items", "whole"),
                Field("chance", "Accuracy to rule out"),
                Field("alpha", "Accepted risk"),
                Field("target", "Accuracy wanted"),
            ),
        ),
    ),
)  # fmt: skip
