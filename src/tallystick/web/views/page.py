"""What every page has around its content: title, navigation, marks and notices."""

from dataclasses import dataclass
from typing import Literal

from tallystick.web.views.parts import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class NavLink:
    """One link of a navigation. Only links that the person may follow are put into a page."""

    label: str
    href: str
    is_current: bool = False
    count: int | None = None  # what waits behind the link, shown beside it; None shows nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class NavGroup:
    """Pages of a programme that belong together. A group of one page is that page; no group is empty."""

    label: str
    links: tuple[NavLink, ...]

    @property
    def href(self) -> str:
        """Where the group leads: to its first page."""
        return self.links[0].href

    @property
    def is_current(self) -> bool:
        """Whether one of its pages is shown."""
        return any(link.is_current for link in self.links)

    @property
    def count(self) -> int | None:
        """What waits on its pages together; None shows nothing."""
        counts = [link.count for link in self.links if link.count is not None]
        return sum(counts) if counts else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What the last command answered. `refused` is announced at once by a screen reader.

    sentence  what was expected and what was found
    todo      what to do next; empty when nothing is to be done
    field     the id of the input that it concerns, when there is one
    names     the records, rows or people that it concerns
    exact     the English sentence of a refusal with its names and numbers, where `sentence` is not that; else empty
    """

    kind: Literal["refused", "done", "note"]
    sentence: str
    todo: str = ""
    field: str | None = None
    names: tuple[str, ...] = ()
    exact: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PayNow:
    """How an expert's pay stands in one programme: today, this period, earned, effective rate, floor."""

    programme: str
    href: str
    facts: tuple[Fact, ...]
    note: str = ""  # that a top-up is due, or that terms wait; empty as a rule


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageForm:
    """The choice of the interface's language, in the footer.

    languages  code, tag for `lang`, and name as its speakers write it
    next_path  where the form comes back to
    """

    languages: tuple[tuple[str, str, str], ...]
    chosen: str
    next_path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The frame of one page.

    heading      the h1; `title` goes into the browser's tab
    trail        from the outermost page to the one above this
    sections     the pages of one programme in their groups, shown as a second navigation
    csrf_token   goes into every form; empty on pages without a session
    device_key   on pages of work: under what the browser keeps what it cannot send (static/keep.js)
    device_mark  under what the browser keeps words of this person; signing out removes those
    taken        the draft's address of the work that was taken last; what the device keeps of it is let go
    custody      how the log's keys are held; anything but `hardware` is named on every screen
    pay          how the pay of whoever asks stands, on every page of an expert
    language     of the interface, as a tag for `lang`; `direction` goes with it
    choice       the form that changes the language; None where nothing can be sent
    """

    title: str
    heading: str
    lead: str = ""
    nav: tuple[NavLink, ...] = ()
    trail: tuple[NavLink, ...] = ()
    sections: tuple[NavGroup, ...] = ()
    sections_label: str = ""
    notices: tuple[Notice, ...] = ()
    person_name: str | None = None  # None: nobody is signed in
    csrf_token: str = ""
    device_key: str = ""
    device_mark: str = ""
    taken: str = ""
    custody: Literal["software", "hardware"] = "software"
    is_simulated: bool = False
    pay: tuple[PayNow, ...] = ()
    language: str = "en"
    direction: Literal["ltr", "rtl"] = "ltr"
    choice: LanguageForm | None = None
