"""Receipts in pages: offered after a submission, listed without scripts, kept by the browser."""

import dataclasses
import re

from browser import PHONE, barriers, new_page, sideways_overflow
from living_cell import PROGRAMME
from playwright.sync_api import Browser, expect
from served import Served, body_of
from web.pages import ADDRESS, show
from web.visitor import Visitor

from tallystick.app.access import Actor
from tallystick.custody import KeysUnavailable
from tallystick.ledger.note import parse_vkey
from tallystick.ledger.receipt import parse_receipt, split_receipts

V1 = "/api/v1"


def judged(served: Served) -> tuple[Actor, dict[str, object]]:
    """An expert who has just judged an item, and the answer they got."""
    served.world.work(1)
    expert = served.world.expert()
    served.world.cell.seal()
    task = served.call(expert, "POST", f"{V1}/programmes/{PROGRAMME}/next").json()
    answer = served.call(expert, "POST", f"{V1}/assignments/{task['assignment']}/judgment", body=body_of())
    assert answer.status_code == 201, answer.text
    told: dict[str, object] = answer.json()
    return expert, told | {"assignment": task["assignment"]}


def test_the_answer_carries_a_receipt_that_verifies_before_anything_is_sealed(served: Served) -> None:
    expert, told = judged(served)
    signed = told["signed"]
    assert isinstance(signed, dict)
    file = parse_receipt(signed["text"])
    promise = file.verify([parse_vkey(served.world.cell.signer.vkey)])
    assert (file.index, promise.covers(file.index), signed["why_not"]) == (told["seq"], True, None)
    assert file.entry is not None
    assert b"judgment-submitted/1" in file.entry
    again = served.call(expert, "GET", f"{V1}/receipts/{told['seq']}/signed")
    assert again.text == signed["text"]
    other = served.world.expert()
    assert served.call(other, "GET", f"{V1}/receipts/{told['seq']}/signed").status_code == 404


def test_a_look_of_one_s_own_is_told_as_one_s_own(served: Served) -> None:
    """In the list of what I did myself, that somebody looked would be read as a stranger's look."""
    served.world.work(1)
    visitor = Visitor(served, served.world.lead)
    item = re.search(r'href="(/items/itm-[0-9a-z]+)', visitor.get(f"/programmes/{PROGRAMME}/items").text)
    assert item is not None
    assert visitor.get(f"{item[1]}?reason=audit").status_code == 200
    page = visitor.get("/receipts").text
    assert "You looked at the content" in page
    assert "Somebody looked" not in page
    auditor = served.world.person("Ada Auditor", "auditor")
    place = re.search(r'href="(/receipts/[0-9]+)">You looked at the content', page)
    assert place is not None
    assert "You looked at the content" in visitor.get(place[1]).text
    assert "Somebody looked at the content" in Visitor(served, auditor).get(place[1]).text


def test_list_gives_every_own_event_with_its_file_and_no_other(served: Served) -> None:
    expert, told = judged(served)
    visitor = Visitor(served, expert)
    page = visitor.get("/receipts").text
    assert f'href="/receipts/{told["seq"]}/signed"' in page
    answer = visitor.get("/receipts/file")
    assert answer.status_code == 200, answer.text
    text = answer.text
    files = [parse_receipt(part) for part in split_receipts(text)]
    key = parse_vkey(served.world.cell.signer.vkey)
    assert all(file.verify([key]).covers(file.index) for file in files)
    assert [file.index for file in files] == sorted(file.index for file in files)
    assert told["seq"] in {file.index for file in files}
    closed = [file for file in files if file.entry is None]
    assert len(closed) == 5 + 1, "answers to gold items, and the lease, are proven without being shown"
    done = visitor.get(f"/assignments/{told['assignment']}/done?receipt={told['seq']}").text
    assert f'href="/receipts/{told["seq"]}/signed"' in done
    assert "tallystick/receipt-file/v1" in done


def test_the_list_goes_on_within_the_events_of_one_command(served: Served) -> None:
    """An import is one command of many events: each of them is listed once, and the last page ends."""
    served.world.work(250)
    visitor, address, page = Visitor(served, served.world.lead), "/receipts", ""
    seen: list[int] = []
    while address and len(seen) < 1_000:
        page = visitor.get(address).text
        seen += [int(seq) for seq in re.findall(r'href="/receipts/([0-9]+)/signed"', page)]
        older = re.search(r'href="(/receipts\?before=[0-9]+)"', page)
        address = older[1] if older else ""
    assert len(page) < len(visitor.get("/receipts").text) < 100_000
    assert len(seen) > 250
    assert seen == sorted(set(seen), reverse=True)


def test_submission_stands_without_the_key_and_says_where_its_receipt_will_be(served: Served) -> None:
    served.world.work(1)
    expert = served.world.expert()
    task = served.call(expert, "POST", f"{V1}/programmes/{PROGRAMME}/next").json()
    keys = served.world.cell.keys
    served.world.cell.keys = Gone()  # type: ignore[assignment]  # all that is asked of it fails
    try:
        answer = served.call(expert, "POST", f"{V1}/assignments/{task['assignment']}/judgment", body=body_of())
        told = answer.json()
        assert answer.status_code == 201
        assert (told["signed"]["text"], str(told["seq"]) in told["signed"]["why_not"]) == (None, True)
        later = served.call(expert, "GET", f"{V1}/receipts/{told['seq']}/signed")
        assert (later.status_code, later.json()["error"]["code"]) == (503, "keys-unavailable")
    finally:
        served.world.cell.keys = keys
    later = served.call(expert, "GET", f"{V1}/receipts/{told['seq']}/signed")
    assert parse_receipt(later.text).verify([parse_vkey(served.world.cell.signer.vkey)]).count == 1


@dataclasses.dataclass
class Gone:
    """Keys that do not answer."""

    custody: str = "software-development"

    def sign(self, _vkey: str, _message: bytes) -> bytes:
        """No answer."""
        raise KeysUnavailable("the key process does not answer")

    def log_keys(self) -> tuple[str, ...]:
        """No answer."""
        raise KeysUnavailable("the key process does not answer")


def test_browser_keeps_what_a_page_shows_and_gives_it_back(browser: Browser) -> None:
    with new_page(browser, size=PHONE) as page:
        show(page, "done")
        expect(page.get_by_text("This browser keeps a copy, too.")).to_be_visible()
        show(page, "receipts")
        expect(page.locator("#kept-state")).to_have_text("1 kept, 0 of them sealed.")
        assert barriers(page) == []
        assert sideways_overflow(page) == 0
        with page.expect_download() as download:
            page.locator("#kept-save").press("Enter")
        assert download.value.path().read_text().startswith("tallystick/receipt-file/v1\nindex 1204\n")
        page.locator("#kept-forget").press("Enter")
        expect(page.locator("#kept-state")).to_have_text("Nothing is kept here yet.")
    with new_page(browser, scripts=False) as page:
        show(page, "receipts")
        assert not page.locator("#kept").is_visible()
        assert page.get_by_role("link", name="signed receipt").count() == 2
    assert ADDRESS


def test_browser_takes_the_latest_from_the_site(browser: Browser) -> None:
    texts = [f"tallystick/receipt-file/v1\nindex {seq}\nleaf {'A' * 43}=\n\nnote\n" for seq in (7, 1300)]
    with new_page(browser) as page:
        show(page, "receipts")
        page.route("**/receipts/file", lambda route: route.fulfill(status=200, body="".join(texts)))
        page.get_by_role("button", name="Keep the latest here, too").click()
        expect(page.locator("#kept-state")).to_have_text("2 kept, 1 of them sealed.")
