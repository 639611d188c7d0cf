"""Writes messages.pot and merges it into the catalogue of every language; says what each of them lacks.

    .venv/bin/python tools/write_catalogues.py [--check]

Reads web/templates, the modules of web/ and the closed lists of the pure modules; writes web/language/catalogues.
A translation is kept while its message stands; afterwards it stays at the end of the file, marked as obsolete.
"""

import ast
import importlib
import pkgutil
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from tallystick import web
from tallystick.flow.adjudication import warning
from tallystick.flow.checklist import LINES
from tallystick.flow.disagreement import CAUSE_NAMES
from tallystick.flow.disagreement.groups import AXES
from tallystick.flow.erasure import STAYS
from tallystick.web.language import LANGUAGES, Words
from tallystick.web.language.catalogue import CATALOGUES, read
from tallystick.web.language.refusals import CODES
from tallystick.web.language.sentences import PART, PLACE, SENTENCE

SOURCE = Path(web.__file__).parent.parent
TEMPLATE = CATALOGUES / "messages.pot"
KEYWORDS = {
    "_": None, "gettext": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2), "npgettext": ((1, "c"), 2, 3),
    "said": None, "N_": None, "counted": (1, 2),
}  # fmt: skip
WORDED = {"worded": None, "numbered": (1, 2)}
WORDED_IN = ("flow/monitoring", "app/monitoring/report.py")
"""Pure modules that mark their own texts: `tallystick.flow.monitoring.told.Worded` is said by `resaid`."""
FORMS = ("flow/document/form.py", "flow/rubric/form.py", "flow/constitution.py")
LABELLED = {"Field": 1, "Inside": 1, "Texts": 2, "Points": 2, "Rows": 2, "Named": 3}
"""Where the fields of editors are named, and how many words follow the key: label, what rows are called."""
JINJA = {"trimmed": "true", "trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}
METHODS = {".html": "jinja2.ext:babel_extract", ".py": "python"}
SHOWN = frozenset({"title", "help", "note_title", "verdict_title", "about", "question", "unit"})
"""Arguments and attributes of a signal whose words an expert reads."""
SENTENCES: dict[str, dict[str, tuple[int | str, ...]]] = {
    "signals": {"Fault": (1,)},
    "flow/checklist": {"Lack": (0, 1), "Found": (0,), "Missing": (1, 2)},
    "flow/contract/lacks.py": {"_misfit": (2, "found", "fix")},
    "flow/rubric/lacks.py": {"_finding": (2,)},
    "flow/gate.py": {"Weighed": (1,), "_weighed_low": (3,), "BatchMeasured": ("why",)},
    "flow/tiers.py": {"_lack": (2, 3)},
    "app/blocking.py": {"Blocker": (3,)},
}
"""Where pure modules make sentences with values: what they hand them to, and as which arguments."""
SPEAKERS = {
    "flow/checklist": ("in_words", "_kinds", "_not_counted"), "flow/release.py": ("blocks", "_unreviewed"),
    "flow/constitution.py": ("refuse_use",), "flow/gate.py": ("refuse", "_more_words"), "flow/tiers.py": ("_lack",),
}  # fmt: skip
"""Functions of pure modules whose answer is a sentence, or a refusal with one."""
LISTS = {
    "tallystick.flow.pay.amounts": ("WORK_NAMES",), "tallystick.flow.screening": ("GROUNDS",),
    "tallystick.flow.checklist.phases": ("MEANING",),
    "tallystick.flow.constitution": ("ROLE_NAMES",),
}  # fmt: skip
"""Closed lists of pure modules whose words are shown: code and words."""
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
"""The date in every file: when a catalogue was written is for the history of the project to say."""

Found = tuple[str | tuple[str, ...], str, str, str | None]
"""A message or its two forms, where it stands, what its translator should know, and its context."""


def found() -> Iterator[Found]:
    """Every message of the interface."""
    yield from _marked()
    yield from _lists()
    yield from _worded()
    yield from _fields()
    yield from _pills()
    yield from _signals()
    yield from _pure()
    yield from _sentences()
    yield from _refusals()


def template() -> Catalog:
    """All messages without translations, in the order of the alphabet."""
    catalogue = Catalog(creation_date=EPOCH, revision_date=EPOCH)
    _head(catalogue)
    catalogue.header_comment = "# Messages of the interface of Tallystick. Written by tools/write_catalogues.py."
    for message, place, comment, context in found():
        catalogue.add(message, locations=[(place, 0)], auto_comments=[comment] if comment else [], context=context)
    return catalogue


def _marked() -> Iterator[Found]:
    """What templates and modules mark."""
    for path in sorted((SOURCE / "web").rglob("*")):
        if path.suffix not in METHODS:
            continue
        with path.open("rb") as file:
            options = JINJA if path.suffix == ".html" else {}
            for _, message, comments, context in extract(METHODS[path.suffix], file, KEYWORDS, options=options):
                yield message, _place(path), " ".join(comments), context


def _worded() -> Iterator[Found]:
    """What pure modules mark themselves."""
    for path in [path for place in WORDED_IN for path in _modules(place)]:
        with path.open("rb") as file:
            for _, message, comments, context in extract("python", file, WORDED):
                yield message, _place(path), " ".join(comments), context


def _fields() -> Iterator[Found]:
    """The labels and hints of the editors of documents, and what one row of a list is called."""
    for path, node in [found for place in FORMS for found in _calls(place)]:
        kind = ast.unparse(node.func).removeprefix("form.")
        if kind in LABELLED:
            places = range(1, LABELLED[kind] + 1)
            shown = [node.args[place] for place in places if place < len(node.args)]
            shown += [one.value for one in node.keywords if one.arg in ("label", "one", "hint")]
            yield from ((word, _place(path), "", None) for part in shown for word in _constants(part))


def _lists() -> Iterator[Found]:
    """The closed lists of web/: every `Words` at the top of a module."""
    names = [module.name for module in pkgutil.walk_packages(web.__path__, "tallystick.web.")]
    for name in names:
        lists = [value for value in vars(importlib.import_module(name)).values() if isinstance(value, Words)]
        yield from ((word, _file(name), "", None) for one in lists for word in one.messages.values())
    for name, known in LISTS.items():
        module = importlib.import_module(name)
        yield from ((word, _file(name), "", None) for one in known for word in getattr(module, one).values())


def _file(module: str) -> str:
    return module.replace(".", "/") + ".py"


def _pills() -> Iterator[Found]:
    """The words of marks: `Pill(label=...)` with a word of its own is said by the macro that shows it."""
    for path, node in _calls("web"):
        if ast.unparse(node.func).endswith("Pill"):
            labels = [one.value for one in node.keywords if one.arg == "label"]
            yield from ((word, _place(path), "", None) for label in labels for word in _constants(label))


def _signals() -> Iterator[Found]:
    """Forms, labels and questions of every signal."""
    for path, node in _nodes("signals"):
        if isinstance(node, ast.Call):
            shown = [one.value for one in node.keywords if one.arg in SHOWN]
            codes = node.args[1:] if ast.unparse(node.func).endswith("Code") else []
            words = [word for part in (*shown, *codes) for word in _constants(part)]
            made = [_with_places(part) for part in shown if isinstance(part, ast.JoinedStr)]
            yield from (
                (word, _place(path), "", SENTENCE) for word in made if word and re.search("[a-z]", PLACE.sub("", word))
            )
        elif isinstance(node, ast.AnnAssign) and ast.unparse(node.target) in SHOWN and node.value:
            words = list(_constants(node.value))
        else:
            words = []
        yield from ((word, _place(path), "", None) for word in words)


def _pure() -> Iterator[Found]:
    """What stands in lists of the core that are no mappings of words."""
    asked = (word for axis in AXES for word in (axis.label, *axis.groups.values()))
    warned = (found.sentence for cause in CAUSE_NAMES if (found := warning(cause)) is not None)
    yield from ((word, "tallystick/flow/disagreement/groups.py", "", None) for word in asked)
    yield from ((word, "tallystick/flow/adjudication.py", "", None) for word in warned)
    yield from ((title, "tallystick/flow/checklist/lines.py", "", None) for _, title, _ in LINES)
    yield STAYS, "tallystick/flow/erasure.py", "", None


def _sentences() -> Iterator[Found]:
    """What pure modules say, with names for the values in it: language/sentences.py finds them again."""
    for folder in dict.fromkeys([*SENTENCES, *SPEAKERS]):
        for path in _modules(folder):
            for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(function, ast.FunctionDef):
                    spoken = list(_spoken(function, SENTENCES.get(folder, {}), SPEAKERS.get(folder, ())))
                    found = _sentences_of(function, spoken)
                    yield from ((message, _place(path), "", context) for message, context in found)


def _spoken(
    function: ast.FunctionDef, makers: dict[str, tuple[int | str, ...]], speakers: tuple[str, ...]
) -> Iterator[ast.expr]:
    """The expressions of a function that are sentences."""
    for node in ast.walk(function):
        if isinstance(node, ast.Return) and node.value and function.name in speakers:
            yield node.value
        elif isinstance(node, ast.Call):
            made = {"Refused": (1,)} if function.name in speakers else makers
            wanted = made.get(ast.unparse(node.func), ())
            yield from (part for place, part in enumerate(node.args) if place in wanted)
            yield from (part.value for part in node.keywords if part.arg in wanted)


def _sentences_of(function: ast.FunctionDef, spoken: list[ast.expr]) -> Iterator[tuple[str | tuple[str, str], str]]:
    """Sentences as messages with their context, with the parts that the function put into names."""
    given: dict[str, list[ast.expr]] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            given.setdefault(node.targets[0].id, []).append(node.value)
    while spoken:
        node = spoken.pop()
        names = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)} & given.keys()
        if isinstance(node, ast.Name | ast.JoinedStr):
            spoken += [value for name in sorted(names) for value in given.pop(name)]
        if isinstance(node, ast.IfExp):
            spoken += [node.body, node.orelse]
        elif isinstance(node, ast.BoolOp):
            spoken += node.values
        elif isinstance(node, ast.JoinedStr | ast.Constant | ast.BinOp) or _is_counted(node):
            yield from ((one, SENTENCE) for one in _messages(node))
        elif isinstance(node, ast.Call | ast.BoolOp | ast.List | ast.ListComp):
            made = [one.elt for one in ast.walk(node) if isinstance(one, ast.GeneratorExp | ast.ListComp)]
            parts = [_with_places(one) for one in made]
            yield from ((one, PART) for one in parts if one and re.search("[a-z]{2}", PLACE.sub("", one)))


def _messages(node: ast.expr) -> Iterator[str | tuple[str, str]]:
    """A sentence, and each number with its noun in it. The first such number gives the sentence its two forms."""
    numbers = [one for one in ast.walk(node) if isinstance(one, ast.Call) and _is_counted(one)]
    first, forms = next(iter(numbers), None), (1, 2) if numbers else (1,)
    said = [_with_places(node, first, form) or "" for form in forms]
    if " " in said[0].strip() and re.search("[a-z]{2}", PLACE.sub("", said[0])):
        yield said[0] if len(said) == 1 else (said[0], said[1])
    for one in numbers[1:]:
        yield f"%(number)s {_plain(one.args[1])}", f"%(number)s {_plain(one.args[2])}"


def _is_counted(node: ast.AST | None) -> bool:
    """Whether an expression is a number with its noun: `counted(n, "item", "items")`."""
    return isinstance(node, ast.Call) and ast.unparse(node.func) == "counted" and len(node.args) == 3


def _with_places(node: ast.expr, first: ast.Call | None = None, form: int = 1) -> str | None:
    """An expression as a message: each value as a place, named after what it is; None when it is no text.

    first  the number with its noun that gives the message its form, 1 for one and 2 for many
    """
    if isinstance(node, ast.BinOp):
        left, right = _with_places(node.left, first, form), _with_places(node.right, first, form)
        return left + right if left is not None and right is not None else None
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.Call) and node is first:
        return f"%(number)s {_plain(node.args[form])}"
    if not isinstance(node, ast.JoinedStr):
        return None
    text, names = "", set[str]()
    for part in node.values:
        if first and isinstance(part, ast.FormattedValue) and part.value is first:
            text += f"%(number)s {_plain(first.args[form])}"
        elif isinstance(part, ast.FormattedValue):
            name = _name(part.value)
            while name in names:
                name += "_2"
            names.add(name)
            text += f"%({name})s"
        else:
            text += str(ast.literal_eval(part)).replace("%", "%%")
    return text


def _name(value: ast.expr) -> str:
    """The name of a place, after what stands there."""
    if isinstance(value, ast.Call) and _is_counted(value):
        return re.sub(r"\W+", "_", _plain(value.args[2])) + "_counted"
    return re.sub(r"\W+", "_", ast.unparse(value)).strip("_")[:30].strip("_")


def _refusals() -> Iterator[Found]:
    """The codes of refusals that experts meet, with their English sentences for whoever translates them."""
    sentences: dict[str, list[str]] = {}
    for _, node in _calls("."):
        if ast.unparse(node.func) in ("Refused", "TooMany") and len(node.args) > 1:
            code = node.args[0]
            if isinstance(code, ast.Constant):
                sentences.setdefault(str(code.value), []).append(_plain(node.args[1]))
    for name in CODES:
        known = [sentence for sentence in dict.fromkeys(sentences.get(name, [])) if " " in sentence]
        yield name, "refusals", "English: " + " / ".join(known) if known else "", "refusal"


def _calls(folder: str) -> Iterator[tuple[Path, ast.Call]]:
    for path, node in _nodes(folder):
        if isinstance(node, ast.Call):
            yield path, node


def _nodes(folder: str) -> Iterator[tuple[Path, ast.AST]]:
    for path in _modules(folder):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            yield path, node


def _modules(folder: str) -> list[Path]:
    """A module, or those of a folder."""
    place = SOURCE / folder
    return [place] if place.is_file() else sorted(place.rglob("*.py"))


def _constants(node: ast.expr) -> Iterator[str]:
    """The words of an expression: a constant, or the two of a choice."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _constants(node.body)
        yield from _constants(node.orelse)


def _plain(node: ast.expr) -> str:
    """A sentence with its values in braces."""
    if isinstance(node, ast.JoinedStr):
        return "".join(_plain(part) for part in node.values)
    if isinstance(node, ast.FormattedValue):
        return "{" + ast.unparse(node.value) + "}"
    return str(node.value) if isinstance(node, ast.Constant) else ast.unparse(node)


def _place(path: Path) -> str:
    return path.relative_to(SOURCE.parent).as_posix()


def merged(code: str, messages: Catalog) -> Catalog:
    """The catalogue of a language with exactly these messages, and with every translation that it had."""
    path = CATALOGUES / f"{code}.po"
    catalogue = read(code) if path.exists() else Catalog(locale=code, creation_date=EPOCH)
    catalogue.update(messages, no_fuzzy_matching=True)
    _head(catalogue)
    catalogue.header_comment = f"# {catalogue.locale.english_name if catalogue.locale else code}: Tallystick."
    return catalogue


def _head(catalogue: Catalog) -> None:
    """What stands at the top of a file. It names nobody and no day."""
    catalogue.project, catalogue.version, catalogue.charset, catalogue.fuzzy = "Tallystick", "1", "utf-8", False
    catalogue.msgid_bugs_address = catalogue.last_translator = catalogue.language_team = ""
    catalogue.revision_date = EPOCH


def written(catalogue: Catalog) -> bytes:
    """A catalogue as its file."""
    file = BytesIO()
    write_po(file, catalogue, sort_output=True, include_lineno=False, width=100)
    return file.getvalue()


def missing(catalogue: Catalog) -> list[str]:
    """The messages that have no translation yet."""
    return [str(message.id) for message in catalogue if message.id and not _is_whole(message.string)]


def _is_whole(string: str | tuple[str, ...] | list[str] | None) -> bool:
    return all(string) if isinstance(string, tuple | list) else bool(string)


def main() -> int:
    """Write all files. With --check: write nothing, exit status 1 when a file is not what would be written."""
    messages = template()
    files = {TEMPLATE: written(messages)}
    # The template as it was written: what is merged is what translators are given.
    messages = read_po(BytesIO(files[TEMPLATE]))
    for language in LANGUAGES[1:]:
        catalogue = merged(language.code, messages)
        files[CATALOGUES / f"{language.code}.po"] = written(catalogue)
        sys.stdout.write(
            f"{language.code}: {len(missing(catalogue))} of {len(catalogue)} messages are not translated\n"
        )
    stale = [path.name for path, content in files.items() if not path.exists() or path.read_bytes() != content]
    if "--check" in sys.argv:
        sys.stdout.write("".join(f"{name} is not up to date\n" for name in stale))
        return 1 if stale else 0
    for path, content in files.items():
        path.write_bytes(content)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
