"""From a view to HTML. Reads web/templates, writes nothing; the only place that knows Jinja.

Everything is escaped, and an unknown name in a template is an error, never an empty place.
"""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, nodes
from jinja2.ext import InternationalizationExtension
from jinja2.parser import Parser
from markupsafe import Markup

from tallystick.plots import Plot, Wording, draw
from tallystick.web import language, showing, words
from tallystick.web.language import formats, said, scripts
from tallystick.web.views.page import Page
from tallystick.web.views.parts import Estimate

TEMPLATES = Path(__file__).parent / "templates"
STATIC = Path(__file__).parent / "static"

# What every page is served with. No inline script or style exists anywhere, so none is allowed.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)

_DIGEST_LETTERS = 10


def render(template: str, view: object, page: Page) -> str:
    """A whole page.

    template  path below web/templates; the class of `view` names the one it belongs to
    raises    jinja2.UndefinedError when the view is not the one that the template expects
    """
    return _environment().get_template(template).render(view=view, page=page)


def interval(estimate: Estimate) -> str:
    """`[0.74, 0.87]`, `[0,74; 0,87]` where the decimal sign is a comma, or nothing when there is none."""
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return ""
    between = ";" if "," in formats.number(0.5) else ","
    return f"[{formats.number(estimate.low)}{between} {formats.number(estimate.high)}]"


def moment(value: str) -> Markup:
    """An ISO 8601 time as a <time> element in UTC: `21 Nov 2026, 19:09`.

    raises   ValueError when it is no ISO 8601 time with a zone
    """
    shown = formats.day_and_time(formats.time_of(value))
    return Markup('<time datetime="{}">{}\N{NO-BREAK SPACE}UTC</time>').format(value, shown)


def clock(value: str) -> Markup:
    """The time of day of an ISO 8601 time, in UTC: `19:09`."""
    utc = formats.time_of(value)
    return Markup('<time datetime="{}">{}\N{NO-BREAK SPACE}UTC</time>').format(value, f"{utc:%H:%M}")


def short_digest(value: str) -> str:
    """The first letters of a digest, without the name of its algorithm.

    The whole one belongs in a title or beside a copy button.
    """
    letters = value.rpartition(":")[2]
    return letters if len(letters) <= _DIGEST_LETTERS + 2 else letters[:_DIGEST_LETTERS] + "…"


def plotted(plot: Plot) -> Markup:
    """A plot as SVG in the page. `plots` escapes every word it is given."""
    return Markup(draw(plot, _wording()))  # noqa: S704 - plots.svg.escaped has escaped all text


def _wording() -> Wording:
    """What pictures say, in the language of the request."""
    between = "; " if "," in formats.number(0.5) else ", "
    return Wording(
        figure=formats.number, count=formats.count, undefined=said("undefined"),
        within=f"%(number)s [%(low)s{between}%(high)s]", row=said("%(label)s: %(number)s."),
        row_against=said("%(label)s: %(number)s, threshold %(threshold)s."),
        row_without=said("%(label)s: undefined, because %(reason)s."),
        row_without_against=said("%(label)s: undefined, because %(reason)s, threshold %(threshold)s."),
        threshold=said("Threshold %(number)s."), nothing_measured=said("Nothing was measured yet."),
        nothing_counted=said("There is nothing to count yet."), of_quota=said("%(done)s of %(total)s"),
        row_of_quota=said("%(label)s: %(done)s of %(total)s."), share=said("%(number)s (%(share)s %%)"),
        row_noted=said("%(label)s: %(number)s (%(note)s)."),
    )  # fmt: skip


def width_of(value: float, whole: float) -> str:
    """How much of a bar is filled, as an SVG width; full when there is more than the whole."""
    return f"{100 * min(value / whole, 1.0) if whole else 0.0:.2f}%"


def active_minutes(ms: int) -> str:
    """Active time in whole minutes, as timer.js writes it on."""
    return said("%(minutes)s min", minutes=formats.count(ms // 60_000)) if ms >= 60_000 else said("less than a minute")


FILTERS: dict[str, Callable[..., object]] = {
    "number": formats.number,
    "count": formats.count,
    "share": formats.share,
    "interval": interval,
    "size": formats.size,
    "moment": moment,
    "clock": clock,
    "short_digest": short_digest,
    "plotted": plotted,
    "width_of": width_of,
    "plural": words.plural,
    "shown": showing.shown,
    "said": showing.said,
    "compared_with": showing.compared,
    "active_minutes": active_minutes,
    "told": language.told,
}


class Sentences(InternationalizationExtension):
    """`{% trans %}` as sentences made in Python are: a name that runs the other way moves nothing around it.

    An address and whatever else stands inside of a tag is put in as it is, and so is what stands in <code>, which
    people copy; our stylesheet isolates that.
    """

    def parse(self, parser: Parser) -> nodes.Node | list[nodes.Node]:
        """The nodes of a sentence, each of its values isolated when the page is made."""
        made = super().parse(parser)
        for part in made if isinstance(made, list) else [made]:
            for filled in part.find_all(nodes.Mod):
                if isinstance(filled.left, nodes.MarkSafeIfAutoescape) and isinstance(filled.right, nodes.Dict):
                    _isolate(filled.right, apart=_AS_THEY_ARE.findall(_message(filled.left)))
        return made


_AS_THEY_ARE = re.compile(r"%\((\w+)\)s(?=[^<>]*>|\s*</code>)")
"""A place inside of a tag, or alone in <code>."""


def _message(call: nodes.Node) -> str:
    """The message of a sentence, with both forms of a plural."""
    return " ".join(part.value for part in call.find_all(nodes.Const) if isinstance(part.value, str))


def _isolate(values: nodes.Dict, *, apart: list[str]) -> None:
    for pair in values.items:
        if isinstance(pair.key, nodes.Const) and pair.key.value not in apart:
            pair.value = nodes.Call(nodes.Name("_isolated", "load"), [pair.value], [], None, None)


def _isolated(value: object) -> object:
    """A value in a sentence. An element brings its own direction."""
    return value if isinstance(value, Markup) else language.isolated(value)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=[Sentences],
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.filters.update(FILTERS)
    # The functions of the i18n extension in its old style: what `_` gives is a text like any other, and is escaped.
    environment.globals.update(
        gettext=language.gettext, ngettext=language.ngettext, pgettext=language.pgettext,
        npgettext=language.npgettext, _=said, counted=language.counted, script_words=scripts.script_words,
        _isolated=_isolated,
    )  # fmt: skip
    return environment
