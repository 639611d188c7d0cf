"""The messages of one language, from its `.po` file. Reads web/language/catalogues, writes nothing."""

import gettext
import io
from functools import cache
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

CATALOGUES: Final = Path(__file__).parent / "catalogues"


def read(code: str) -> Catalog:
    """A catalogue as it stands in its file.

    raises   FileNotFoundError when the package was not installed whole
    """
    with (CATALOGUES / f"{code}.po").open("rb") as file:
        return read_po(file, locale=code)


@cache
def messages_of(code: str) -> gettext.NullTranslations:
    """What a language says. English says its messages as they stand; a fuzzy message is not used.

    The compiled form is made in memory, once: no file of the package can be older than the one that people edit.
    """
    if code == "en":
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    write_mo(compiled, read(code))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
