"""What is said before an item is shown or a case is ended: parts of answers. Reads and writes nothing."""

import msgspec


class Warned(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of content with its warning. `is_blurred`: keep it closed until the reader asks for it."""

    category: str
    warning: str
    is_blurred: bool


class CaseWarning(msgspec.Struct, frozen=True, kw_only=True):
    """What the class of a case says about how to end it; with `is_asked`, settling it needs a confirmation."""

    cause: str
    sentence: str
    road: str
    is_asked: bool
