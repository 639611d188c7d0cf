"""A whole intervention in real browsers: from a gate that fails, by way of the rubric, to a release that is verified.

A lead and two experts, each in a browser of their own. Tom works on a phone without scripts, so that every step of his
is one that a plain form can take. Every page is photographed into the test's own folder.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from browser import PHONE
from e2e.scene import SOURCE, Server, fill_in, joined, prepared, right_verdict, serving, signed_in
from failing_batch import other, right
from living_cell import GOLD, PROGRAMME, answer_of, item_row, shown_as
from playwright.sync_api import Browser, Page, expect

from tallystick.app import assignment, judgment, release, roster
from tallystick.app import cell as cells
from tallystick.app.access import CELL, Actor
from tallystick.app.assignment import Task
from tallystick.app.kernel import new_key

ROOT = f"/programmes/{PROGRAMME}"
ITEMS = 6
QUESTION = "Could a layman follow each step without looking anything up?"
CHANGED = "changelog: The question names who must be able to follow."
BECAUSE = "rationale: Two experts read the word follow differently, and one mark says how."


@dataclass
class Play:
    """The people at their browsers, and the pictures that were taken."""

    server: Server
    directory: Path
    pictures: Path
    lead: Page
    nora: Page
    tom: Page
    taken: list[str] = field(default_factory=list)

    def photograph(self, page: Page, name: str) -> None:
        """Keep what somebody sees."""
        self.taken.append(name)
        page.screenshot(path=self.pictures / f"{len(self.taken):02}-{name}.png", full_page=True)


@pytest.fixture(scope="module")
def play(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Play]:
    """A batch that two experts judged and on which they divide; nobody has measured it yet."""
    directory = tmp_path_factory.mktemp("intervention") / "cell"
    with prepared(directory, metric="krippendorff_alpha") as world:
        joined(world, "lead", "lead")
        world.bring([item_row(f"w-{n}") for n in range(ITEMS)])
        for login in ("nora", "tom"):
            expert = joined(world, login, "expert")
            world.qualify(expert)
            while isinstance(task := assignment.next_task(world.cell, expert, PROGRAMME), Task):
                name = task.shown.first.split()[0]
                # Tom reads the rubric in another way on two of six items.
                is_apart = login == "tom" and int(name.rpartition("-")[2]) in (1, 4)
                verdict = other(right(name)) if is_apart else right(name)
                judgment.submit(world.cell, expert, task.assignment, answer_of(shown_as(task, verdict)), key=new_key())
    pictures = directory.with_name("pictures")
    pictures.mkdir()
    with (
        serving(directory) as server,
        signed_in(browser, server, "lead") as lead,
        signed_in(browser, server, "nora") as nora,
        signed_in(browser, server, "tom", scripts=False, size=PHONE) as tom,
    ):
        yield Play(server, directory, pictures, lead, nora, tom)


def as_asked(page: Page) -> str:
    """What the rubric asks of the item on the page: of every other item the second answer is the better one."""
    name = page.locator(".passage-body").first.inner_text().split()[-1].rstrip("?")
    sides = {"a": "b", "b": "a"}
    given = right_verdict(page)
    return given if right(name) == "a_clearly" else f"{sides[given[0]]}_clearly"


def submit(page: Page, verdict: str, words: str) -> None:
    """Fill the workspace in and send it."""
    fill_in(page, verdict, words=words)
    page.get_by_role("button", name="Submit").click()


def test_the_gate_fails_and_opens_an_intervention(play: Play) -> None:
    lead = play.lead
    lead.goto(f"{ROOT}/agreement")
    lead.locator("table a").first.click()
    lead.get_by_role("button", name="Measure and decide").click()
    expect(lead.get_by_text("The batch was measured.")).to_be_visible()
    expect(lead.get_by_text("below threshold").first).to_be_visible()
    play.photograph(lead, "lead-gate-fails")


def to_intervention(play: Play) -> None:
    """Go to the newest intervention of the programme."""
    play.lead.goto(f"{ROOT}/interventions")
    play.lead.locator("main a[href^='/interventions/']").first.click()
    play.lead.wait_for_url(re.compile(r"/interventions/int-\w+$"))


def test_the_lead_diagnoses_and_opens_a_session(play: Play) -> None:
    lead = play.lead
    to_intervention(play)
    play.photograph(lead, "lead-intervention-opened")
    lead.get_by_role("button", name="Diagnose and record").click()
    lead.get_by_role("link", name="Open a session").wait_for()
    play.photograph(lead, "lead-intervention-diagnosed")
    lead.get_by_role("link", name="Open a session").click()
    assert lead.locator("input[name=items]:checked").count() >= 5
    assert lead.locator("input[name=participants]:checked").count() == 2
    play.photograph(lead, "lead-opens-session")
    lead.get_by_role("button", name="Open the session").click()
    expect(lead.get_by_text("The session is open.")).to_be_visible()


def enter_session(page: Page) -> None:
    """Go to one's session from the page of one's work."""
    page.goto("/me")
    page.get_by_role("link", name="Calibration session").click()


def label_all(play: Play, page: Page, who: str, *, apart: tuple[str, ...]) -> None:
    """Label every item, each alone; on some items this person reads the rubric in another way."""
    enter_session(page)
    play.photograph(page, f"{who}-session-before")
    page.get_by_role("link", name="Start labelling").click()
    total = int(page.locator("h1").inner_text().rpartition(" ")[2])
    for number in range(1, total + 1):
        expect(page.locator("h1")).to_have_text(f"Item {number} of {total}")
        verdict = as_asked(page)
        if page.locator(".passage-body").first.inner_text() in apart:
            verdict = {"a_clearly": "b_clearly", "b_clearly": "a_clearly"}[verdict]
        if number == 1:
            play.photograph(page, f"{who}-labels")
        submit(page, verdict, f"So I read the question of the rubric, case {number} by {who}.")
    expect(page.get_by_text("Your label is recorded.")).to_be_visible()
    assert page.get_by_text("Labels side by side").count() == 0
    play.photograph(page, f"{who}-waits")


def test_both_label_alone(play: Play) -> None:
    label_all(play, play.nora, "nora", apart=())
    play.lead.reload()
    expect(play.lead.get_by_role("heading", name="Who is how far")).to_be_visible()
    assert play.lead.get_by_text("Labels side by side").count() == 0
    play.photograph(play.lead, "lead-waits")
    label_all(play, play.tom, "tom", apart=("What is w-1?", "What is w-4?"))


def test_the_lead_shows_all_labels(play: Play) -> None:
    play.lead.reload()
    play.lead.get_by_role("button", name="Show all labels").click()
    expect(play.lead.get_by_text("All labels are shown now.")).to_be_visible()
    expect(play.lead.get_by_text("divided").first).to_be_visible()
    play.photograph(play.lead, "lead-labels")


def select_words(page: Page, passage: str, words: str) -> None:
    """Select words with the mouse, from the first letter to the last."""
    place = page.locator(f"[data-place='{passage}']")
    place.scroll_into_view_if_needed()
    box = place.evaluate(
        """(node, words) => {
          const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
          for (let text = walker.nextNode(); text; text = walker.nextNode()) {
            const at = text.data.indexOf(words);
            if (at < 0) continue;
            const range = document.createRange();
            range.setStart(text, at);
            range.setEnd(text, at + words.length);
            const { left, right, top, bottom } = range.getBoundingClientRect();
            return { left, right, middle: (top + bottom) / 2 };
          }
          return null;
        }""",
        words,
    )
    page.mouse.move(box["left"] + 1, box["middle"])
    page.mouse.down()
    page.mouse.move(box["right"] - 1, box["middle"], steps=4)
    page.mouse.up()


def test_nora_marks_words_by_selecting_them(play: Play) -> None:
    nora = play.nora
    nora.reload()
    play.photograph(nora, "nora-labels")
    nora.get_by_role("link", name="Mark words of the rubric").click()
    select_words(nora, "criteria.reasoning.question", "follow")
    expect(nora.locator("#mark-bar")).to_be_visible()
    expect(nora.locator("#mark-bar .mark-quote")).to_have_text("follow")
    play.photograph(nora, "nora-selects")
    nora.get_by_role("button", name="Mark these words").click()
    assert nora.input_value("#range-selected") == "criteria.reasoning.question|8|14"
    nora.select_option("#kind", "ambiguous")
    nora.fill("#note", "I read it as formally valid, others as easy for a layman.")
    nora.get_by_role("button", name="Mark the words").click()
    expect(nora.get_by_text("Your mark is recorded.")).to_be_visible()
    expect(nora.locator("mark.marked")).to_have_text("follow")
    play.photograph(nora, "nora-marked")


def test_tom_marks_a_sentence_and_proposes_an_example_without_scripts(play: Play) -> None:
    tom = play.tom
    tom.reload()
    play.photograph(tom, "tom-labels")
    tom.get_by_role("link", name="Mark words of the rubric").click()
    tom.get_by_role("link", name="Mark words of Reasoning: Anchor 1").click()
    tom.get_by_label("Not at all.").check()
    tom.select_option("#kind", "missing")
    tom.fill("#note", "Not at all of what? It does not say who has to follow it.")
    play.photograph(tom, "tom-marks")
    tom.get_by_role("button", name="Mark the words").click()
    expect(tom.get_by_text("Your mark is recorded.")).to_be_visible()
    tom.get_by_role("link", name="The session").click()
    tom.locator("table.labels a").first.click()
    play.photograph(tom, "tom-item")
    tom.check("#candidate-is-a")
    tom.select_option("#criterion", "reasoning")
    tom.fill("#score", "9")
    tom.fill("#title", "A step is missing")
    tom.fill("#situation", "The answer is right, and leaves out how it came there.")
    tom.fill("#why", "A layman cannot follow what is not written down.")
    tom.get_by_role("button", name="Propose the example").click()
    expect(tom.locator("#score-error")).to_be_visible()
    assert tom.input_value("#title") == "A step is missing"
    tom.fill("#score", "2")
    tom.get_by_role("button", name="Propose the example").click()
    expect(tom.get_by_text("Your example is proposed.")).to_be_visible()


def test_the_lead_answers_the_marks_and_ends_the_session(play: Play) -> None:
    lead = play.lead
    lead.reload()
    lead.get_by_role("link", name="Read the marks on the rubric").click()
    expect(lead.get_by_text("2 marks wait for the lead's answer.")).to_be_visible()
    play.photograph(lead, "lead-marks")
    for number, answer, words in (
        (1, "revised", "The question will say who must follow."),
        (2, "kept", "With the new question the anchor says enough."),
    ):
        lead.check(f"#answer-{number}-{answer}", force=True)
        lead.fill(f"#words-{number}", words)
        lead.locator(f"#mark-{number}").get_by_role("button", name="Answer").click()
        expect(lead.get_by_text("Your answer is recorded.")).to_be_visible()
    play.photograph(lead, "lead-answered")
    lead.get_by_role("link", name="The session").click()
    lead.get_by_role("button", name="End the session").click()
    expect(lead.get_by_text("The session has ended.")).to_be_visible()


def test_the_lead_revises_the_rubric_beside_the_marks(play: Play) -> None:
    lead = play.lead
    lead.get_by_role("link", name="Start a revision").click()
    expect(lead.get_by_text("A step is missing")).to_be_visible()
    text = lead.input_value("#text")
    lead.fill("#text", text.replace("Does it follow?", QUESTION))
    lead.get_by_role("button", name="Show what would change").click()
    expect(lead.get_by_text("Expected a changelog of its own")).to_be_visible()
    text = lead.input_value("#text").replace("changelog:", CHANGED).replace("rationale:", BECAUSE)
    lead.fill("#text", text)
    assert lead.get_by_role("button", name="into force").count() == 0
    lead.get_by_role("button", name="Show what would change").click()
    expect(lead.get_by_text("Earlier judgments are flagged on: Reasoning.")).to_be_visible()
    play.photograph(lead, "lead-difference")
    lead.fill("#text", text.replace("Short?", "Is it short?"))
    lead.get_by_role("button", name="into force").click()
    expect(lead.get_by_text("Nothing was published.")).to_be_visible()
    lead.fill("#text", text)
    lead.get_by_role("button", name="Show what would change").click()
    lead.get_by_role("button", name="into force").click()
    lead.wait_for_url(re.compile(r"/interventions/int-\w+"))
    expect(lead.get_by_text("The revised rubric is in force.")).to_be_visible()
    play.photograph(lead, "lead-revised")


def test_the_lead_has_the_affected_judgments_made_again(play: Play) -> None:
    lead = play.lead
    assert lead.is_checked("#choice-affected")
    lead.check("#by-same")
    lead.get_by_role("button", name="Have them made again").click()
    expect(lead.get_by_text(f"{ITEMS} items wait to be judged again.")).to_be_visible()
    play.photograph(lead, "lead-redoing")


def requalify(play: Play, page: Page, who: str) -> None:
    """Take the gold items again, under the new version."""
    page.goto("/me")
    page.get_by_role("link", name="Take the qualification again").click()
    page.get_by_role("button", name="start").click()
    for number in range(1, GOLD + 1):
        expect(page.locator("h1")).to_have_text(f"Item {number} of {GOLD}")
        submit(page, right_verdict(page), f"A layman can follow each step of it, case {number} by {who}.")
    expect(page.get_by_text("You passed the qualification.")).to_be_visible()
    play.photograph(page, f"{who}-requalified")


@pytest.mark.parametrize("who", ["nora", "tom"])
def test_each_qualifies_anew_and_judges_again(play: Play, who: str) -> None:
    page: Page = getattr(play, who)
    requalify(play, page, who)
    for number in range(ITEMS):
        page.goto(f"/work/{PROGRAMME}")
        submit(page, as_asked(page), f"A layman follows the better one, as {who} sees in case {number}.")
        expect(page.locator("h1")).to_have_text("Saved")
    page.goto(f"/work/{PROGRAMME}")
    expect(page.locator("h1")).to_have_text("Nothing waits")


def test_the_batch_passes_when_it_is_measured_again(play: Play) -> None:
    lead = play.lead
    to_intervention(play)
    lead.get_by_role("link", name="Go to the batch").click()
    lead.get_by_role("button", name="Measure and decide").click()
    expect(lead.get_by_text("The batch was measured.")).to_be_visible()
    expect(lead.get_by_text("passes").first).to_be_visible()
    play.photograph(lead, "lead-gate-passes")
    to_intervention(play)
    expect(lead.get_by_text("This intervention is closed.")).to_be_visible()
    expect(lead.get_by_role("heading", name="Before and after", exact=True)).to_be_visible()
    play.photograph(lead, "lead-intervention-closed")


def test_the_release_is_built_and_verified_by_somebody_else(play: Play) -> None:
    lead = play.lead
    lead.goto(f"{ROOT}/releases/new")
    lead.fill("#version", "1.0.0")
    lead.get_by_role("button", name="Build the release").click(timeout=60_000)
    lead.wait_for_url("**/releases/rel-*")
    play.photograph(lead, "lead-release")
    folder = play.directory.with_name("taken-away")
    with cells.opened(play.directory) as cell:
        who = next(one for one in roster.people(cell, CELL) if one.login == "lead")  # type: ignore[union-attr]  # allowed
        release.export(cell, Actor(who.row.person, frozenset(who.roles)), f"{PROGRAMME}-1.0.0", folder)
    command = [sys.executable, "-m", "tallystick", "release", "verify", str(folder), "--vkey"]
    verified = subprocess.run(  # noqa: S603 - our own program
        [*command, str(play.directory / "log.vkey")], check=False, capture_output=True, text=True,
        env={"PYTHONPATH": str(SOURCE), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert verified.returncode == 0, verified.stdout + verified.stderr
