"""The typed client: what it sends, what it repeats, what it raises; against a real cell in this process."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from living_cell import PROGRAMME, item_row, jsonl
from served import InProcess, Served, served_at

from tallystick.app.access import Actor
from tallystick.client import (
    Absent,
    ApiError,
    Client,
    Conflict,
    Judgment,
    Malformed,
    Points,
    Problem,
    Reason,
    Refused,
    ServerFailed,
    SignInNeeded,
    TooMany,
    Unreachable,
)

PASSWORD = "a sentence that is long enough"
JUDGMENT = Judgment(
    verdict="a_clearly",
    scores={"reasoning": Points(4, 3), "concision": Points(4, 3)},
    reasons=[Reason(criterion="reasoning", text="The first one follows.")],
)


@pytest.fixture
def served(sqlite_url: str, tmp_path: Path) -> Iterator[Served]:
    """A served cell with a programme, rubrics and gold items."""
    with served_at(sqlite_url, tmp_path / "cell") as served:
        yield served


class Flaky(httpx.BaseTransport):
    """A network that loses the answer of some requests, after the cell has carried them out."""

    def __init__(self, inside: httpx.BaseTransport, *, loses: Callable[[int, httpx.Request], bool]) -> None:
        self._inside = inside
        self._loses = loses
        self.sent: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer, or none."""
        response = self._inside.handle_request(request)
        self.sent.append(request)
        if self._loses(len(self.sent), request):
            raise httpx.ReadError("the line went dead")
        return response

    def close(self) -> None:
        """Close what stands behind."""
        self._inside.close()


def client_of(served: Served, actor: Actor, *, transport: httpx.BaseTransport | None = None) -> Client:
    """A client of this person's session that never waits."""
    inside = transport or InProcess(served.site)
    return Client("http://testserver", token=served.token(actor), transport=inside, pause=lambda _: None)


def test_the_whole_work_of_an_expert(served: Served) -> None:
    served.world.work(2)
    expert = served.world.expert(domains=())
    with client_of(served, expert) as client:
        assert client.me().person == expert.person
        assert [one.programme for one in client.programmes()] == [PROGRAMME]
        begun = client.start_qualification(PROGRAMME, "general")
        state = "running"
        while state == "running":
            task = client.gold_task(begun.qualification)
            verdict = "a_clearly" if task.shown.first.endswith("one.") else "b_clearly"
            points = Points(4, 3) if verdict == "a_clearly" else Points(3, 4)
            words = f"It is right in item {task.number}."
            answer = Judgment(
                verdict=verdict, scores={"reasoning": points, "concision": points},
                reasons=[Reason(criterion="reasoning", text=words)],
            )  # fmt: skip
            state = client.answer_gold(begun.qualification, task.item, answer).state
        assert [standing.state for standing in client.standings(PROGRAMME)] == ["qualified"]
        work = client.next_task(PROGRAMME)
        assert work is not None
        assert [criterion.id for criterion in work.rubric.criteria] == ["reasoning", "concision"]
        client.save_draft(work.assignment, {"verdict": "tie"})
        assert client.task(work.assignment).draft == {"verdict": "tie"}
        done = client.submit(work.assignment, JUDGMENT)
        with pytest.raises(Conflict) as early:
            client.proof(done.seq)
        assert early.value.code == "not-sealed"
        served.world.cell.seal()
        assert client.receipt(done.seq).proof == client.proof(done.seq)
        second = client.next_task(PROGRAMME)
        assert second is not None
        client.give_back(second.assignment)


def test_the_whole_work_of_a_lead(served: Served) -> None:
    with client_of(served, served.world.lead) as client:
        report = client.import_items(PROGRAMME, jsonl([item_row("x"), {"id": "y"}]), name="i.jsonl", batch="pilot")
        assert (report.accepted, report.rejected) == (1, 1)
        assert report.problems[0].line == 2
        item = client.items(PROGRAMME, batch=served.world.batch()).items[0]
        assert client.record(item.item, reason="review").shown.prompt == "What is x?"
        joined = client.enrol("Vera", ["expert"], login="vera", password=PASSWORD)
        client.execute_contract(joined.person, "terms", executed_at=1, ip_assigned_at=1)
        client.change_roles(joined.person, ["expert"], expert_roles=["adjudicator"])
        assert client.person(joined.person).expert_roles == ["adjudicator"]
        rows = jsonl([{"item": "x", "rater": f"r{n}", "verdict": "a_clearly"} for n in range(2)])
        judged = client.import_judgments(PROGRAMME, rows, name="j.jsonl", source="elsewhere")
        assert judged.accepted == 2
        assert client.glance(PROGRAMME).funnel
        assert client.contract(PROGRAMME).version == "1.0.0"
        assert client.rubric(PROGRAMME, "general").version == client.rubrics(PROGRAMME)[0].version
        batch = served.world.batch()
        assert client.agreement(batch).batch.imported_judgments == 2
        assert client.measure(batch).decision in {"pass", "fail"}
        assert client.disagreements(PROGRAMME).disagreements == []
        assert client.releases(PROGRAMME) == []
        assert isinstance(client.blockers(PROGRAMME), list)
        assert client.log().journaled > 0


def test_a_password_opens_a_session_and_signing_out_ends_it(served: Served) -> None:
    with client_of(served, served.world.lead) as lead:
        lead.enrol("Vera", ["expert"], login="vera", password=PASSWORD)
    transport = InProcess(served.site)
    with Client("http://testserver", transport=transport, pause=lambda _: None) as client:
        with pytest.raises(SignInNeeded):
            client.me()
        with pytest.raises(SignInNeeded) as wrong:
            client.sign_in("vera", "not the sentence at all")
        assert wrong.value.code == "sign-in-failed"
        client.sign_in("vera", PASSWORD)
        assert client.me().name == "Vera"
        client.sign_out()
        with pytest.raises(SignInNeeded):
            client.me()


def test_too_many_attempts_say_how_long_to_wait(served: Served) -> None:
    with Client("http://testserver", transport=InProcess(served.site), pause=lambda _: None) as client:
        for _ in range(10):
            with pytest.raises(SignInNeeded):
                client.sign_in("vera", "wrong")
        with pytest.raises(TooMany) as many:
            client.sign_in("vera", "wrong")
        assert many.value.retry_after_s > 1


def test_a_lost_answer_makes_no_second_judgment(served: Served) -> None:
    served.world.work(1)
    expert = served.world.expert()
    flaky = Flaky(InProcess(served.site), loses=lambda number, request: request.method == "POST" and number % 3 != 0)
    with client_of(served, expert, transport=flaky) as client:
        task = client.next_task(PROGRAMME)
        assert task is not None
        done = client.submit(task.assignment, JUDGMENT)
        assert done.receipt.is_repeat
        with pytest.raises(Conflict) as again:
            client.submit(task.assignment, JUDGMENT)
    assert again.value.code == "already-judged"
    keys = [request.headers["idempotency-key"] for request in flaky.sent]
    assert len(set(keys)) == 3


def test_a_cell_that_cannot_be_reached_is_said_so(served: Served) -> None:
    flaky = Flaky(InProcess(served.site), loses=lambda *_: True)
    with client_of(served, served.world.lead, transport=flaky) as client, pytest.raises(Unreachable, match="ReadError"):
        client.me()
    assert len(flaky.sent) == 5


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_failure_of_the_server_is_tried_again(status: int) -> None:
    answers = iter(
        [httpx.Response(status), httpx.Response(status, text="<html>"), httpx.Response(200, json={"programmes": []})]
    )
    pauses: list[float] = []
    transport = httpx.MockTransport(lambda _: next(answers))
    with Client("http://testserver", transport=transport, pause=pauses.append) as client:
        assert client.programmes() == []
    assert len(pauses) == 2
    assert 0 < pauses[0] < pauses[1]


def test_a_server_that_keeps_failing_is_given_up() -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(503, text="<html>"))
    with Client("http://testserver", transport=transport, pause=lambda _: None) as client, pytest.raises(ServerFailed):
        client.programmes()


def test_refusals_carry_code_sentence_and_problems(served: Served) -> None:
    with client_of(served, served.world.lead) as client:
        with pytest.raises(Refused) as document:
            client.bring_into_force("name: x\n", name="mine.yaml")
        assert document.value.code == "document-faults"
        assert all(problem.sentence.startswith("mine.yaml") for problem in document.value.problems)
        with pytest.raises(Absent):
            client.glance("no/such?programme")


def test_the_text_of_a_refusal_says_the_first_problems(served: Served) -> None:
    with client_of(served, served.world.lead) as client, pytest.raises(Malformed) as refused:
        client.items(PROGRAMME, limit=0)
    found = refused.value
    assert str(found).splitlines() == [found.sentence, *(problem.sentence for problem in found.problems)]
    assert "limit" in str(found)


def test_the_text_of_a_refusal_is_no_list_without_end() -> None:
    places = [
        Problem(name="mine.yaml", line=n, path="a", expected="b", found="c", fix="Mend it.", sentence=f"Line {n}.")
        for n in range(1_007)
    ]
    told = str(ApiError("document-faults", "Many.", status=422, problems=places)).splitlines()
    assert told == ["Many.", "Line 0.", "Line 1.", "Line 2.", "Line 3.", "Line 4.", "And 1,002 more: see problems."]
    assert str(ApiError("absent", "Nothing here.", status=404)) == "Nothing here."
