"""Views of sign-in, and of the pages that say that something is absent or failed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoAccount:
    """An account that exists only in a demo cell."""

    login: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """The sign-in form. Posts `login`, `password`, `next`, `csrf`. Template: session/sign_in.html."""

    action: str = "/sign-in"
    login: str = ""
    next_path: str = "/"
    error: str = ""  # the same sentence for a wrong name and a wrong password
    demo_accounts: tuple[DemoAccount, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """Forbidden and absent look the same. Template: session/absent.html."""

    home_href: str = "/"
    is_signed_in: bool = True
    sign_in_href: str = "/sign-in"  # leads back to where somebody was


@dataclass(frozen=True, slots=True, kw_only=True)
class SentText:
    """Words that came with a form that was turned away. name: of the field; empty where several stand together."""

    name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Turned:
    """A refusal that no form can show: the notice of the page says why. Template: session/refused.html.

    back_href  the page that held the form; empty when no form was sent
    """

    back_href: str = ""
    home_href: str = "/"
    is_signed_in: bool = True
    sign_in_href: str = "/sign-in"  # leads back to where somebody was
    file_href: str = ""  # of one's own file, where what is said of oneself stands; empty when it says nothing of this
    sent: tuple[SentText, ...] = ()  # the words of the form that was turned away, to be copied


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """Something broke on our side. Template: session/failed.html."""

    reference: str  # found again in the server's own log
    home_href: str = "/"
