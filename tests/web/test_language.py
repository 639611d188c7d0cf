"""Interface languages (SPEC 5.3): which one a request speaks, that every word is marked and every catalogue whole."""

import ast
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
import write_catalogues
from babel.messages.catalog import Catalog, Message
from flow.test_checklist import FULL, GOOD, LACKING, TABLE
from flow.test_monitoring import matter
from markupsafe import Markup
from signals.contents import contents
from web.pages import html
from web.pseudo import BRACKETED, Bracketing, strings, unmarked
from web.samples import ALL
from web.samples.frame import Sample, expert
from web.samples.signals import matter_of, rubric
from web.test_signal_forms import page

from tallystick.events import KINDS
from tallystick.flow.checklist import checklist, in_words, missing
from tallystick.flow.document.form import Leaf
from tallystick.flow.monitoring.report import report
from tallystick.flow.monitoring.sections import DONE
from tallystick.flow.monitoring.told import Worded, numbered, worded
from tallystick.plots import IntervalPlot, IntervalRow
from tallystick.signals.shape import Answer
from tallystick.web import judgment
from tallystick.web.language import LANGUAGES, Language, chosen, counted, formats, resaid, said, speaking, titled, told
from tallystick.web.language.catalogue import read
from tallystick.web.language.scripts import SCRIPT_WORDS
from tallystick.web.language.sentences import sentence
from tallystick.web.render import STATIC, _environment, interval, plotted, render
from tallystick.web.rubric.labels import labelled
from tallystick.web.views.parts import Estimate, Link
from tallystick.web.views.roster import QualificationStart
from tallystick.web.words import EVENTS

BY_CODE = {language.code: language for language in LANGUAGES}
OTHERS = [language for language in LANGUAGES if language.code != "en"]
PLACE = re.compile(r"%\(\w+\)s|%%")
TAG = re.compile(r"<[^<>]+>")


@pytest.mark.parametrize(
    ("cookie", "asked", "code"),
    [
        ("", "", "en"),
        ("de", "ar", "de"),
        ("xx", "ar-EG, en;q=0.5", "ar"),
        ("", "fr, zh-CN;q=0.8, en;q=0.9", "en"),
        ("", "fr;q=1.0, ES-mx;q=0.7, de;q=0.6", "es"),
        ("", "de;q=0, zh", "zh"),
        ("", "de;q=nan, de;q=-1, de;q=1e9", "en"),
        ("", "*", "en"),
        ("", ",;=,q=1;de," * 50_000, "en"),
        ("<script>", "\u0661;q=\u0661", "en"),
    ],
)
def test_a_request_speaks_what_was_chosen_or_is_asked_for(cookie: str, asked: str, code: str) -> None:
    assert chosen(cookie, asked).code == code


@pytest.mark.parametrize("sample", ALL, ids=[sample.name for sample in ALL])
def test_every_word_of_a_page_is_marked(sample: Sample) -> None:
    """What stands outside of brackets is data: it comes from the view."""
    with speaking(BRACKETED, Bracketing()):
        text = html(sample)
    assert 'class="\u27e6' not in text, "a class is no word"
    assert unmarked(text, " ".join(" ".join(strings((sample.view, sample.page))).split())) == []


def test_a_word_that_nobody_marked_is_found() -> None:
    assert unmarked("<p>\u27e6Saved\u27e7 by you at <b>noon</b></p>", "noon") == ["by you at"]
    assert unmarked('<p aria-label="Your pay">\u27e6A <b>bold\u27e7</b> \u27e7</p>', "") != []


@pytest.mark.parametrize("place", range(len(list(contents()))))
def test_the_words_of_every_signal_are_said(place: int) -> None:
    """The form of a signal knows of no language; the page says its words, and what is wrong with an answer."""
    signal, content = list(contents())[place]
    asked, matter = rubric(), matter_of(signal, content)
    facts = [text for piece in matter.signal.pieces(content) for _, text in piece.facts]  # what a tool found is data
    with speaking(BRACKETED, Bracketing()):
        reading = judgment.read({}, asked, matter)
        text = page(signal, content, {}, dict(reading.errors))
    known = " ".join(" ".join(strings((content, asked, expert(signal.title), facts))).split())
    assert unmarked(text, known) == []


def test_the_template_of_all_catalogues_is_up_to_date() -> None:
    """`tools/write_catalogues.py` was run after the last change of a word."""
    assert write_catalogues.TEMPLATE.read_bytes() == write_catalogues.written(write_catalogues.template())


def forms(message: Message) -> list[tuple[str, str]]:
    """Each form of a translation beside the form of the message that it says."""
    if isinstance(message.id, str):
        return [(message.id, str(message.string))]
    one, many = message.id[0], message.id[-1]
    said_forms = list(message.string or ())
    return [(one if number == 0 and len(said_forms) > 1 else many, text) for number, text in enumerate(said_forms)]


@pytest.fixture(scope="module", params=OTHERS, ids=[language.code for language in OTHERS])
def catalogue(request: pytest.FixtureRequest) -> Catalog:
    """One catalogue as it stands in its file."""
    found: Language = request.param
    return read(found.code)


def test_a_catalogue_is_whole(catalogue: Catalog) -> None:
    """No message is missing, none is a guess, and all are those of the template."""
    assert write_catalogues.missing(catalogue) == []
    assert [message.id for message in catalogue if message.id and message.fuzzy] == []
    known = {(message.id, message.context) for message in write_catalogues.template()}
    assert {(message.id, message.context) for message in catalogue} == known
    wrong = [
        m.id for m in catalogue if m.id and isinstance(m.id, tuple) and len(m.string or ()) != catalogue.num_plurals
    ]
    assert wrong == []


def test_a_translation_keeps_places_and_elements(catalogue: Catalog) -> None:
    """A value is never lost; the number itself may be: Arabic says one and two without it."""
    wrong = []
    for message in catalogue:
        if not message.id or message.context == "refusal":
            continue
        for source, text in forms(message):
            places, said_places = set(PLACE.findall(source)), set(PLACE.findall(text))
            lost = places - said_places - ({"%(number)s"} if isinstance(message.id, tuple) else set())
            more = said_places - places - ({"%(number)s"} if isinstance(message.id, tuple) else set())
            if lost or more or sorted(TAG.findall(source)) != sorted(TAG.findall(text)):
                wrong.append((source, text))
    assert wrong == []


def test_english_says_numbers_and_days_as_before() -> None:
    when = formats.time_of("2026-11-21T19:09:07Z")
    assert formats.number(-0.814) == "\N{MINUS SIGN}0.81"
    assert [formats.count(12400), formats.share(0.81), formats.size(1_400_000)] == ["12,400", "81\xa0%", "1.4 MB"]
    assert formats.day_and_time(when) == "21 Nov 2026, 19:09"
    assert counted("%(number)s item", "%(number)s items", 1) == "1 item"


def test_other_languages_say_them_in_their_own_way() -> None:
    when = formats.time_of("2026-11-21T19:09:07Z")
    with speaking(BY_CODE["de"]):
        assert [formats.count(12400), formats.number(0.81), formats.share(0.81)] == ["12.400", "0,81", "81\xa0%"]
        assert formats.day_and_time(when) == "21.11.2026 19:09"
    with speaking(BY_CODE["ar"]):
        assert formats.day_and_time(when) == "21/11/2026 19:09"
    with speaking(BY_CODE["zh"]):
        assert formats.day_and_time(when) == "2026\u5e7411\u670821\u65e5 19:09"
    assert said("Sign in") == "Sign in"


def test_a_sentence_of_a_pure_module_is_found_again() -> None:
    """With its values; a sentence that no catalogue knows stays English, and is marked as English."""
    with speaking(BRACKETED, Bracketing()):
        assert "\u27e6" in sentence("Score safety for A, or choose that you cannot say.")
    with speaking(BY_CODE["de"]):
        assert sentence("Nobody says <this>.") == '<span lang="en" dir="ltr">Nobody says &lt;this&gt;.</span>'
    assert sentence("Nobody says <this>.") == "Nobody says <this>."


@pytest.mark.parametrize("language", [language for language in OTHERS if language.code in ("es", "de")])
def test_every_sentence_of_the_checklist_is_said(language: Language) -> None:
    """On every state that fails, passes or does not apply; a page that is half English helps nobody."""
    lines = [line for row in TABLE for line in checklist(row.facts)]
    pilots = [missing(GOOD.contract, "pilot", [change(FULL)]) for _, change in LACKING]
    found = [in_words(FULL), *(text for line in lines for text in (line.found, line.todo))]
    found += [text for lacks in pilots for lack in lacks for text in (lack.found, lack.todo)]
    with speaking(language):
        assert [
            one for one in dict.fromkeys(found) if 'lang="en"' in sentence(one) and "Nobody signed" not in one
        ] == []
    with speaking(BY_CODE["de"]):
        said_here = sentence("2 drawn items wait for a second look. 1 drawn item waits for a second look. Unheard of.")
    assert said_here.startswith("2 gezogene F\u00e4lle warten auf einen zweiten Blick. 1 gezogener Fall wartet")
    assert said_here.endswith('<span lang="en" dir="ltr">Unheard of.</span>')


def test_words_of_people_stay_beside_words_of_ours_and_verdicts_are_said_in_words() -> None:
    """A policy that somebody called Safety keeps its name; a verdict is no code in any language."""
    signal, content = next(one for one in contents() if one[0].name == "redteam")
    attack = replace(content, material={**content.material, "target": {"title": "Safety"}})
    answer = Answer(verdict="succeeded", values={"attempts": "3", "reproduced": "0"}, active_ms=1)
    faults = [fault.sentence for fault in signal.own_faults(answer, attack) if fault.field == "values.reproduced"]
    assert faults == ["Expected 1 or more with the outcome \u201cIt succeeded\u201d, found 0."]
    with speaking(BY_CODE["de"]):
        assert told("Safety") != "Safety"
        assert titled(signal.pieces(attack)[0].title) == "Vorgabe: Safety"
        assert f"\u201e{told('It succeeded')}\u201c" in sentence(faults[0])
    assert told("It succeeded") == "It succeeded"


def messages(text: Worded) -> Iterator[str]:
    """The messages that a text is made of."""
    if text.message:
        yield text.message
    for part in (*text.parts, *text.values.values()):
        yield from messages(part) if isinstance(part, Worded) else ()


def test_the_report_on_quality_is_said_sentence_by_sentence() -> None:
    """Its sentences are made by pure modules, which mark them; the catalogues have every one."""
    found = report(matter())
    causes = [cause for section in found.sections for cause in section.causes if section.id != DONE]
    sentences = [*found.summary, *(text for one in causes for text in (one.sentence, one.action))]
    sentences += [text for one in found.sections for text in (one.title, one.answer, one.missing) if text]
    assert [text for text in sentences if not isinstance(text, Worded)] == []
    ids = [message.id for message in write_catalogues.template()]
    known = {one for form in ids for one in ([form] if isinstance(form, str) else form)}
    assert {one for text in sentences if isinstance(text, Worded) for one in messages(text)} <= known
    with speaking(BRACKETED, Bracketing()):
        assert resaid(numbered("%(number)s row", "%(number)s rows", 2)) == "\u27e62 rows\u27e7"
        assert resaid(Worded.joined((worded("a"), "b"), "; ")) == "\u27e6a\u27e7; b"


def test_pictures_and_fields_speak_the_language_of_the_page() -> None:
    nothing = IntervalPlot(title="t", rows=(IntervalRow(label="safety", value=None, reason="r"),))
    field = Leaf("criteria.0.name", "Name", "line", "Name")
    with speaking(BRACKETED, Bracketing()):
        assert "\u27e6undefined\u27e7" in plotted(nothing)
        [said_field] = labelled((field,))
    assert isinstance(said_field, Leaf)
    assert (said_field.label, said_field.value) == ("\u27e6Name\u27e7", "Name")
    assert "safety: undefined, because r." in plotted(nothing)


def test_a_name_that_runs_the_other_way_moves_nothing_around_it() -> None:
    arabic, latin = "\u0633\u0627\u0631\u0629", "Mara 2"
    for code, apart, together in (("en", arabic, latin), ("ar", latin, arabic), ("de", arabic, latin)):
        with speaking(BY_CODE[code]):
            assert f"\u2068{apart}\u2069" in said("The form has no place for %(name)s.", name=apart)
            assert "\u2068" not in said("The form has no place for %(name)s.", name=together)
            assert "\u2068" not in counted("%(number)s item", "%(number)s items", 1_200)


@pytest.mark.parametrize(("code", "name"), [("en", "\u0633\u0627\u0631\u0629"), ("ar", "Mara 2")])
def test_a_name_in_a_sentence_of_a_template_is_isolated_as_well(code: str, name: str) -> None:
    """Neither an address in it, nor a number, nor an element, nor what people copy is touched."""
    sentence = (
        '{% trans href=href, name=name, when=when, number=3, id=id %}In <a href="{{ href }}">{{ name }}</a>'
        ' {{ when }} {{ number }} <code class="quiet">{{ id }}</code>{% endtrans %}'
        "{% trans number=number, name=name %}{{ number }} of {{ name }}{% pluralize number %}"
        "{{ number }} by {{ name }}{% endtrans %}"
    )
    when = Markup("<time>1 Nov</time>")
    with speaking(BY_CODE[code]):
        made = _environment().from_string(sentence).render(href="/x/y", name=name, when=when, id="ab1", number=2)
    apart = f"\u2068{name}\u2069"
    assert made == (
        f'In <a href="/x/y">{apart}</a> <time>1 Nov</time> 3 <code class="quiet">ab1</code>2 by {apart}'
    )  # fmt: skip


@pytest.mark.parametrize(("code", "name"), [("en", "\u0633\u0627\u0631\u0629"), ("ar", "Mara")])
def test_a_name_on_a_page_is_isolated_and_leads_where_it_did(code: str, name: str) -> None:
    start = QualificationStart(
        action="/a", idempotency_key="k", rubric=Link(label=name, href="/programmes/plain/rubrics/general"), rule="r"
    )
    with speaking(BY_CODE[code]):
        text = render("roster/start.html", start, expert("Qualify"))
    assert f'<a href="/programmes/plain/rubrics/general">\u2068{name}\u2069</a>' in text


def test_scripts_ask_for_words_that_the_page_brings() -> None:
    asked = {key for path in STATIC.glob("*.js") for key in re.findall(r'\bsay\("([a-z-]+)"', path.read_text())}
    built = {"not-saved", "not-saved-retry", "not-saved-kept", "not-saved-kept-retry"}  # autosave.js puts them together
    assert asked | built == set(SCRIPT_WORDS)


def test_arabic_counts_eleven_and_a_hundred_each_by_its_own_form() -> None:
    """Babel's rule for Arabic gives a hundred the fifth form and eleven the sixth, unlike other tools."""
    with speaking(BY_CODE["ar"]):
        eleven, hundred = (counted("%(number)s file", "%(number)s files", number) for number in (11, 100))
    assert eleven.endswith("\u0645\u0644\u0641\u064b\u0627")
    assert hundred.endswith("\u0645\u0644\u0641")


def test_numbers_keep_their_sign_and_intervals_their_ends() -> None:
    estimate = Estimate(value=0.5, low=-0.12, high=0.9)
    with speaking(BY_CODE["ar"]):
        assert formats.number(-0.12)[:2] == "\N{LEFT-TO-RIGHT MARK}\N{MINUS SIGN}"
    with speaking(BY_CODE["de"]):
        assert interval(estimate) == "[\N{MINUS SIGN}0,12; 0,90]"
    assert interval(estimate) == "[\N{MINUS SIGN}0.12, 0.90]"


def test_whatever_is_marked_in_a_module_is_in_the_template() -> None:
    """Inside of another marked call, or of an f-string, the extraction finds nothing."""
    known = {part for one in write_catalogues.template() for part in (one.id if one.pluralizable else (one.id,))}
    calls = [
        (path.name, node)
        for path in (write_catalogues.SOURCE / "web").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"said", "counted", "N_"}
    ]
    marked = [(name, arg.value) for name, node in calls for arg in node.args[:1] if isinstance(arg, ast.Constant)]
    assert len(marked) > 1_000
    assert [one for one in marked if isinstance(one[1], str) and one[1] not in known] == []


def test_every_event_has_words() -> None:
    """Receipts and histories name events; a kind without words would stand in English in every language."""
    assert {kind for kind in KINDS if EVENTS.get(kind) is None} == set()
