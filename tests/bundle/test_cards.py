"""The cards of a release: every question has an answer or a reason; nothing in them runs, and nothing is fetched."""

import re
from pathlib import Path

import pytest
import yaml
from browser import PHONE, barriers, new_page, sideways_overflow
from bundle.made_release import MadeRelease, made_release
from bundle.small_journal import small_journal
from bundle.told_journal import told_journal
from playwright.sync_api import Browser

from tallystick.bundle.cards.markdown import table

QUESTIONS = {"M": 4, "C": 17, "L": 13, "P": 4, "U": 6, "D": 7, "A": 8, "H": 27}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadeRelease:
    """One release."""
    return made_release(tmp_path_factory.mktemp("made"))


def text(made: MadeRelease, name: str) -> str:
    return (made.directory / name).read_text()


@pytest.mark.parametrize("letter", QUESTIONS)
def test_every_question_is_answered_in_both_cards(made: MadeRelease, letter: str) -> None:
    wanted = [f"{letter}{number}" for number in range(1, QUESTIONS[letter] + 1)]
    markdown = re.findall(rf"^\*\*({letter}\d+) [^*]+\*\*\n\n(\S.+)$", text(made, "DATASHEET.md"), re.MULTILINE)
    assert [name for name, answer in markdown if len(answer) > 3] == wanted
    page = re.findall(
        rf'<span class="id">({letter}\d+)</span> [^<]+</dt>\n<dd>([^<]+)</dd>', text(made, "datasheet.html")
    )
    assert [name for name, answer in page if len(answer) > 3] == wanted


def test_what_is_not_known_says_why(made: MadeRelease) -> None:
    for answer in re.findall(r"Not known: ?(.*)", text(made, "DATASHEET.md")):
        assert answer.endswith(".")
        assert len(answer.split()) >= 4


def test_the_page_runs_nothing_and_fetches_nothing(made: MadeRelease) -> None:
    page = text(made, "datasheet.html")
    assert "<script" not in page
    assert not re.search(r"\son\w+=", page)
    assert set(re.findall(r"https?://[^\"\s]+", page)) == {"http://www.w3.org/2000/svg"}
    assert "default-src 'none'" in page
    assert page.count("<svg") == 4


def test_text_of_the_client_is_escaped(made: MadeRelease) -> None:
    page = text(made, "datasheet.html")
    assert "Answers &lt;b&gt;carefully&lt;/b&gt; &amp; well." in page
    assert "<b>" not in page


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> MadeRelease:
    """One of a programme in which a gate failed and work was watched."""
    return made_release(tmp_path_factory.mktemp("told"), made=told_journal())


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("which", ["made", "told"])
def test_no_serious_fault_for_who_cannot_see_the_page(
    request: pytest.FixtureRequest, browser: Browser, dark: bool, which: str
) -> None:
    found: MadeRelease = request.getfixturevalue(which)
    with new_page(browser, size=PHONE, dark=dark) as page:
        page.goto((found.directory / "datasheet.html").as_uri())
        assert barriers(page) == []
        assert sideways_overflow(page) == 0


def test_the_readme_configures_parquet_alone(made: MadeRelease) -> None:
    """One JSONL among them, and the public loader takes a single builder for all and fails."""
    front = yaml.safe_load(text(made, "README.md").split("---")[1])
    paths = [config["data_files"] for config in front["configs"]]
    assert len(paths) == 5
    assert all(path.endswith(".parquet") and (made.directory / path).is_file() for path in paths)
    assert (front["simulated"], front["custody"]) == (True, "software-development")
    assert front["tags"] == ["human-feedback", "preference", "simulated"]


def test_the_report_has_every_batch_and_criterion_with_its_interval(made: MadeRelease) -> None:
    told = text(made, "quality/report.md")
    assert "## med, medical" in told
    assert "## soft, software" in told
    assert "| verdict | krippendorff_alpha, nominal | 0.730 | 0.310 to 1.000 | 14 | 3 | 40 |" in told
    assert "| open | med, medical | open-disagreement | 3 of 3 |" in told
    assert "- law, legal: Expected agreement" in told


def test_the_page_shows_how_agreement_went_and_what_was_done(told: MadeRelease) -> None:
    page = text(told, "datasheet.html")
    assert page.count("<svg") == 7
    for title in ("Agreement over time: med, medical", "Intervention itv-1, medical", "Causes of disagreement: med"):
        assert f"<h3>{title}" in page
    assert "<caption>med, medical. Most often a stands beside b" in page


def test_the_report_tells_the_same_in_words(told: MadeRelease) -> None:
    report = text(told, "quality/report.md")
    assert "| a | 15.0 (7.2) | 1.5 (6.7) | 0.5 (1.8) | 0.0 (1.3) |" in report
    assert "itv-1 on rubric medical (medical): diagnosed 1, calibration sessions 1" in report
    assert "difference 0.040 [-0.010, 0.090]" in report
    assert "| 1 | high | 100 | 5 | 4 | 1 | 74 |" in report
    assert "medical: 27 of 30 right. Alarms of drift: 1, put down to: chance 1." in report
    limits = text(told, "LIMITATIONS.md")
    assert "No sentinels" not in limits
    assert "held against a copy of the log alone" in limits


def test_an_undefined_number_is_a_word_and_never_a_figure(made: MadeRelease) -> None:
    """The imported judgments scored one criterion only: the other was never measured."""
    told = text(made, "quality/report.md").partition("## soft")[2]
    assert "| clear | krippendorff_alpha, ordinal | undefined (too_few_items) | none | 0 | 0 | 0 |" in told
    assert "undefined" in text(made, "datasheet.html")


def test_the_changelog_names_revisions_and_earlier_versions(made: MadeRelease) -> None:
    told = text(made, "CHANGELOG.md")
    assert "Rubric medical 1.1.0: The question is sharper. Why: Experts read it two ways." in told
    assert "None." in told


def test_an_earlier_version_is_named_with_what_it_held(tmp_path: Path) -> None:
    made = small_journal(cut=False)
    made.cut(release="rel-first", version="0.9.0")
    made.cut()
    told = text(made_release(tmp_path, made=made), "CHANGELOG.md")
    assert "- 0.9.0: cut at entry 123, never built." in told


def test_limitations_follow_from_what_the_release_holds(made: MadeRelease) -> None:
    told = text(made, "LIMITATIONS.md")
    assert "18 of 58 judgments were made elsewhere" in told
    assert "2 items of the released batches have no record (incomplete 1, open-disagreement 1)" in told
    assert "40 judgments were made under a rubric version that was revised later" in told


def test_a_bar_in_a_name_breaks_no_table() -> None:
    lines = table(("name", "what"), [("a|b", "two\nlines")]).splitlines()
    assert lines == ["| name | what |", "| --- | --- |", "| a/b | two lines |"]
