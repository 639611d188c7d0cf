"""Two browsers, one item, one moment; the server is killed between click and answer. SPEC 5.5, invariant 4.

What was answered with saved is there, nothing is there twice, and whoever got no answer finds out by trying again.
"""

import re
from pathlib import Path

import pytest
from e2e.scene import Server, fill_in, joined, prepared, serving, signed_in
from living_cell import PROGRAMME
from playwright.sync_api import Browser, Page, Request, expect

from tallystick.app import oversight
from tallystick.app.cell import opened
from tallystick.events.envelope import open_entry
from tallystick.ledger import journal

SUBMITTED = "judgment-submitted/1"


def sent_by(page: Page) -> list[Request]:
    """The submissions that a page sends from now on."""
    requests: list[Request] = []
    page.on("request", lambda r: requests.append(r) if r.method == "POST" and "/assignments/" in r.url else None)
    return requests


def judge(page: Page, words: str) -> str:
    """Judge the next item by pointer and wait for the answer; its receipt."""
    page.goto(f"/work/{PROGRAMME}")
    fill_in(page, "a_clearly", words=words)
    page.click("#submit")
    page.wait_for_url("**/done?receipt=*")
    assert page.locator("h1").inner_text() == "Saved"
    return page.url


def click_and_do_not_wait(page: Page) -> None:
    """Click twice, as people do, and go on before the answer is there."""
    page.evaluate("() => { const b = document.querySelector('#submit'); setTimeout(() => { b.click(); b.click(); }) }")


def retried(page: Page, request: Request) -> str:
    """Send the very request again, as a browser does on a reload; where it leads."""
    kind = {"Content-Type": "application/x-www-form-urlencoded", "Origin": page.url.partition("/assignments")[0]}
    answer = page.request.post(request.url, data=request.post_data or "", headers=kind, max_redirects=0)
    assert answer.status == 303, answer.text()
    return answer.headers["location"]


def finished_by_hand(page: Page, work: str) -> str:
    """Go to the assignment again: the judgment is there, or the draft is, and is sent."""
    page.goto(work)
    if "/done" not in page.url:
        assert page.input_value("#reason-1-text") != ""
        page.click("#submit")
        page.wait_for_url("**/done?receipt=*")
    return page.url


def receipts(*places: str) -> set[int]:
    """The numbers at the end of addresses of receipts."""
    return {int(place.rpartition("=")[2]) for place in places}


def is_as_acknowledged(directory: Path, acknowledged: set[int], judgments: int) -> None:
    """The journal holds each acknowledged judgment, none twice, and the log and the tables agree with it."""
    with opened(directory) as cell:
        with cell.read() as connection:
            entries = [open_entry(entry) for _, entry in journal.read(connection, 0, journal.head(connection).next_seq)]
        given = [entry for entry in entries if entry.kind == SUBMITTED]
        assert len(given) == judgments
        assert acknowledged == {entry.seq for entry in given}
        pairs = [(entry.by, oversight.body_of(entry)["item"]) for entry in given]
        assert len(set(pairs)) == len(pairs)
        cell.seal()
        assert oversight.check(cell).differences == ()


def crashed(server: Server, pages: list[Page], when: str) -> None:
    """Both click at the same moment, and the server dies before anybody is answered."""
    server.dies(when)
    for page in pages:
        click_and_do_not_wait(page)
    server.is_dead()
    server.start()


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_between_click_and_answer_nothing_is_lost_and_nothing_is_double(
    browser: Browser, tmp_path: Path, when: str
) -> None:
    directory = tmp_path / "cell"
    with prepared(directory) as world:
        for login in ("ada", "ben"):
            world.qualify(joined(world, login, "expert"))
        world.work(2)
    with (
        serving(directory) as server,
        signed_in(browser, server, "ada") as ada,
        signed_in(browser, server, "ben") as ben,
    ):
        first = [judge(page, f"The first answer follows, says {name}.") for page, name in ((ada, "a"), (ben, "b"))]
        for page, name in ((ada, "a"), (ben, "b")):
            page.goto(f"/work/{PROGRAMME}")
            fill_in(page, "b_clearly", words=f"The second answer follows, says {name}.")
            expect(page.locator("#save-state")).to_have_text(re.compile("^Saved"))
        by_ada, works = sent_by(ada), (ada.url, ben.url)
        crashed(server, [ada, ben], when)
        ada.goto(works[0])
        again = [retried(ada, request) for request in (by_ada[0], by_ada[0], by_ada[0])]
        assert len(set(again)) == 1
        last = finished_by_hand(ben, works[1])
        acknowledged = receipts(*first, *again, last, finished_by_hand(ada, works[0]))
    is_as_acknowledged(directory, acknowledged, judgments=4)
