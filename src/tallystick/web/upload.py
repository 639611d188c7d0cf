"""Files and pasted documents that came with a form. Reads the form, writes nothing."""

from dataclasses import dataclass

from starlette.datastructures import UploadFile

from tallystick.edge import Visit
from tallystick.flow.refusal import Refused

NOTHING_SENT = Refused("nothing-sent", "Expected a file or pasted text, found neither. Choose a file.", "document")
NOT_TEXT = Refused("not-text", "Expected a text in UTF-8, found other bytes. Save the document as UTF-8.", "document")
NAME_MAX = 200


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file as it came, with the name that its owner knows it by."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class SentText:
    """A document as text."""

    name: str
    text: str


def file(visit: Visit) -> SentFile | None:
    """The file of the field `document`; None when none was chosen."""
    sent = visit.form.get("document")
    if not isinstance(sent, UploadFile) or not sent.filename:
        return None
    shown = "".join(character for character in sent.filename if character.isprintable())
    return SentFile(shown[-NAME_MAX:] or "file", sent.file.read())


def document(visit: Visit, name: str) -> SentText | Refused:
    """The document that was chosen, or else pasted. `name` is what a pasted one is called."""
    sent = file(visit)
    if sent is None:
        text = visit.text("text")
        return SentText(name, text) if text.strip() else NOTHING_SENT
    try:
        return SentText(sent.name, sent.data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return NOT_TEXT
