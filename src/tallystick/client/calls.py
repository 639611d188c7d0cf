"""Every call of the API as a method. Reads and writes over HTTP through `wire`."""

import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Self
from urllib.parse import quote

import httpx
import msgspec

from tallystick.client import answers
from tallystick.client.adjudication import AdjudicationCalls
from tallystick.client.affected import AffectedCalls
from tallystick.client.calibration import CalibrationCalls
from tallystick.client.checklist import ChecklistCalls
from tallystick.client.constitution import ConstitutionCalls
from tallystick.client.credential import CredentialCalls
from tallystick.client.custody import CustodyCalls
from tallystick.client.disagreement import DisagreementCalls
from tallystick.client.erasure import ErasureCalls
from tallystick.client.errors import Conflict
from tallystick.client.escape import EscapeCalls
from tallystick.client.intervention import InterventionCalls
from tallystick.client.judgments import Judgment, TradeOff
from tallystick.client.monitoring import MonitoringCalls
from tallystick.client.oversight import OversightCalls
from tallystick.client.pay import PayCalls
from tallystick.client.pool import PoolCalls
from tallystick.client.receipts import KeptReceipts, SealedReceipt, Signed
from tallystick.client.routing import RoutingCalls
from tallystick.client.screening import ScreeningCalls
from tallystick.client.sentinel import SentinelCalls
from tallystick.client.slices import SlicesCalls
from tallystick.client.standing import StandingCalls
from tallystick.client.tiers import TierCalls
from tallystick.client.welfare import WelfareCalls
from tallystick.client.wire import ATTEMPTS, PREFIX, Query, Wire, programme_path, safe

TIMEOUT_S = 60.0


class Client(
    AdjudicationCalls, AffectedCalls, CalibrationCalls, ChecklistCalls, ConstitutionCalls, CredentialCalls,
    CustodyCalls, DisagreementCalls, ErasureCalls, EscapeCalls, InterventionCalls, MonitoringCalls, OversightCalls,
    PayCalls, PoolCalls, RoutingCalls, ScreeningCalls, SentinelCalls, SlicesCalls, StandingCalls, TierCalls,
    WelfareCalls,
):  # fmt: skip
    """One person's session with one cell. Not for several threads at once: give each its own.

    base_url  such as http://127.0.0.1:8000
    token     of a session that is open already
    attempts  how often a call is sent before it fails: connection errors and answers of 500 and above are repeated
    pause     how to wait between attempts, in seconds
    receipts  where the signed receipt of each answer is kept before the call returns; nothing is kept without it
    """

    def __init__(
        self, base_url: str, *, token: str | None = None, attempts: int = ATTEMPTS, timeout_s: float = TIMEOUT_S,
        pause: Callable[[float], None] = time.sleep, transport: httpx.BaseTransport | None = None,
        receipts: KeptReceipts | None = None,
    ) -> None:  # fmt: skip
        self._receipts = receipts
        self._http = httpx.Client(base_url=base_url, timeout=timeout_s, transport=transport, trust_env=False)
        self._wire = Wire(self._http, attempts=attempts, pause=pause)
        if token is not None:
            self._use(token)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection. The session stays open: `sign_out` ends it."""
        self._http.close()

    def _use(self, token: str) -> None:
        self._http.headers["Authorization"] = f"Bearer {token}"

    # --- sessions -------------------------------------------------------------------------------------------------

    def sign_in(self, login: str, password: str) -> answers.Session:
        """Open a session and use it from now on. Raises SignInNeeded or TooMany."""
        body = {"login": login, "password": password}
        session = msgspec.json.decode(self._wire.send("POST", f"{PREFIX}/sessions", body=body), type=answers.Session)
        self._use(session.token)
        return session

    def sign_out(self) -> None:
        """End the session."""
        self._wire.send("DELETE", f"{PREFIX}/sessions/current")
        del self._http.headers["Authorization"]

    def me(self) -> answers.Me:
        """Who one is."""
        return self._wire.get(answers.Me, f"{PREFIX}/me")

    # --- programmes, contracts, rubrics ---------------------------------------------------------------------------

    def programmes(self) -> list[answers.Programme]:
        """All programmes."""
        return self._wire.get(dict[str, list[answers.Programme]], f"{PREFIX}/programmes")["programmes"]

    def glance(self, programme: str) -> answers.Glance:
        """How a programme stands."""
        return self._wire.get(answers.Glance, programme_path(programme))

    def bring_into_force(self, text: str, *, name: str = "contract.yaml", key: str | None = None) -> answers.InForce:
        """Open a programme from its contract, or revise it. Raises Refused with every problem of the document."""
        body = {"text": text, "name": name}
        return self._wire.post(answers.InForce, f"{PREFIX}/contracts", key=key, body=body)

    def contract(self, programme: str, version: str | None = None) -> answers.ContractVersion:
        """A contract version, the one in force when none is named."""
        path = f"{programme_path(programme)}/contract"
        return self._wire.get(answers.ContractVersion, path, query={"version": version})

    def publish_rubric(
        self, programme: str, text: str, *, name: str = "rubric.yaml", key: str | None = None
    ) -> answers.Published:
        """Bring a rubric version into force. Raises Refused with every problem of the document."""
        path, body = f"{programme_path(programme)}/rubrics", {"text": text, "name": name}
        return self._wire.post(answers.Published, path, key=key, body=body)

    def rubrics(self, programme: str) -> list[answers.RubricInForce]:
        """The rubric versions in force."""
        path = f"{programme_path(programme)}/rubrics"
        return self._wire.get(dict[str, list[answers.RubricInForce]], path)["rubrics"]

    def rubric(self, programme: str, rubric: str, version: str | None = None) -> answers.Rubric:
        """A rubric version, the one in force when none is named."""
        path = f"{programme_path(programme)}/rubrics/{safe(rubric)}"
        page = self._wire.get(_RubricPage, path, query={"version": version})
        return page.rubric

    def rubric_diff(self, programme: str, rubric: str, *, old: str, new: str) -> list[answers.DiffRow]:
        """Two versions side by side."""
        path = f"{programme_path(programme)}/rubrics/{safe(rubric)}/diff"
        return self._wire.get(dict[str, list[answers.DiffRow]], path, query={"old": old, "new": new})["rows"]

    # --- people ---------------------------------------------------------------------------------------------------

    def people(self) -> list[answers.Person]:
        """Everybody in the cell."""
        return self._wire.get(dict[str, list[answers.Person]], f"{PREFIX}/people")["people"]

    def person(self, person: str) -> answers.Person:
        """One person."""
        return self._wire.get(_PersonPage, f"{PREFIX}/people/{safe(person)}").person

    def enrol(
        self, name: str, roles: Sequence[str], *, expert_roles: Sequence[str] = (), note: str = "",
        login: str | None = None, password: str | None = None, key: str | None = None,
    ) -> answers.Enrolled:  # fmt: skip
        """Let a person join."""
        body = {
            "name": name, "roles": list(roles), "expert_roles": list(expert_roles), "note": note, "login": login,
            "password": password,
        }  # fmt: skip
        return self._wire.post(answers.Enrolled, f"{PREFIX}/people", key=key, body=body)

    def change_roles(
        self, person: str, roles: Sequence[str], *, expert_roles: Sequence[str] = (), key: str | None = None
    ) -> answers.Receipt:
        """Set a person's roles anew. Their sessions end."""
        body = {"roles": list(roles), "expert_roles": list(expert_roles)}
        return self._wire.post(answers.Done, f"{PREFIX}/people/{safe(person)}/roles", key=key, body=body).receipt

    def execute_contract(
        self, person: str, template: str, *, executed_at: int, ip_assigned_at: int, key: str | None = None
    ) -> answers.Receipt:
        """Record when a contract and the assignment of rights were executed; microseconds since 1970, UTC."""
        body = {"template": template, "executed_at": executed_at, "ip_assigned_at": ip_assigned_at}
        return self._wire.post(answers.Done, f"{PREFIX}/people/{safe(person)}/contract", key=key, body=body).receipt

    # --- qualification --------------------------------------------------------------------------------------------

    def standings(self, programme: str) -> list[answers.Standing]:
        """How one stands with every rubric in force."""
        path = f"{programme_path(programme)}/qualifications"
        return self._wire.get(dict[str, list[answers.Standing]], path)["standings"]

    def start_qualification(
        self, programme: str, rubric: str, *, signal: str | None = None, key: str | None = None
    ) -> answers.Qualification:
        """Begin the gold items of a rubric in force.

        signal  whose gold items; the first that one has not passed when left out
        """
        path = f"{programme_path(programme)}/qualifications"
        return self._wire.post(answers.Qualification, path, key=key, body={"rubric": rubric, "signal": signal})

    def gold_task(self, qualification: str) -> answers.GoldTask:
        """The gold item that comes next. Raises Absent when the qualification is over."""
        return self._wire.get(answers.GoldTask, f"{PREFIX}/qualifications/{safe(qualification)}/task")

    def answer_gold(
        self, qualification: str, item: str, judgment: Judgment, *, key: str | None = None
    ) -> answers.Outcome:
        """Answer the gold item that was shown."""
        path = f"{PREFIX}/qualifications/{safe(qualification)}/items/{safe(item)}/answer"
        done = self._wire.post(answers.Outcome, path, key=key, body=judgment)
        self._keep(done.signed)
        return done

    def save_gold_draft(self, qualification: str, item: str, content: Mapping[str, object]) -> int:
        """Keep an unsent answer to a gold item; when it was saved, in microseconds since 1970, UTC."""
        return self._draft(f"{PREFIX}/qualifications/{safe(qualification)}/items/{safe(item)}/draft", content)

    # --- items ----------------------------------------------------------------------------------------------------

    def import_items(
        self, programme: str, data: bytes, *, name: str, batch: str, purpose: str = "work", strict: bool = False
    ) -> answers.Import:
        """Bring a file of items in: JSONL, CSV or Parquet, told apart by its name."""
        query: Query = {"name": name, "batch": batch, "purpose": purpose, "strict": strict}
        sent = self._wire.send("POST", f"{programme_path(programme)}/items", content=data, query=query)
        return msgspec.json.decode(sent, type=answers.Import)

    def import_judgments(self, programme: str, data: bytes, *, name: str, source: str) -> answers.Import:
        """Bring in judgments that were made elsewhere. They stay marked as imported for ever."""
        query = {"name": name, "source": source}
        sent = self._wire.send("POST", f"{programme_path(programme)}/judgments", content=data, query=query)
        return msgspec.json.decode(sent, type=answers.Import)

    def import_problems(self, run: str) -> list[answers.RowProblem]:
        """Every bad row of an earlier import."""
        path = f"{PREFIX}/imports/{safe(run)}/problems"
        return self._wire.get(dict[str, list[answers.RowProblem]], path)["problems"]

    def items(
        self, programme: str, *, after: int = -1, limit: int = 50, domain: str | None = None,
        state: str | None = None, batch: str | None = None,
    ) -> answers.Items:  # fmt: skip
        """A page of items."""
        query = {"after": after, "limit": limit, "domain": domain, "state": state, "batch": batch}
        return self._wire.get(answers.Items, f"{programme_path(programme)}/items", query=query)

    def record(self, item: str, *, reason: str) -> answers.Record:
        """An item with everything that happened to it. That you looked, and why, is recorded."""
        return self._wire.get(answers.Record, f"{PREFIX}/items/{safe(item)}", query={"reason": reason})

    # --- work -----------------------------------------------------------------------------------------------------

    def next_task(self, programme: str, *, key: str | None = None) -> answers.Task | None:
        """The item that one holds, or the next one; None when nothing is open now."""
        try:
            return self._wire.post(answers.Task, f"{programme_path(programme)}/next", key=key)
        except Conflict as conflict:
            if conflict.code != "no-work":
                raise
            return None

    def task(self, assignment: str) -> answers.Task:
        """One's own assignment."""
        return self._wire.get(answers.Task, f"{PREFIX}/assignments/{safe(assignment)}")

    def save_draft(self, assignment: str, content: Mapping[str, object]) -> int:
        """Keep unsent work; when it was saved, in microseconds since 1970, UTC."""
        return self._draft(f"{PREFIX}/assignments/{safe(assignment)}/draft", content)

    def _draft(self, path: str, content: Mapping[str, object]) -> int:
        return msgspec.json.decode(self._wire.send("PUT", path, body=dict(content)), type=dict[str, int])["saved_at"]

    def submit(
        self, assignment: str, judgment: Judgment, *, trade_off: TradeOff | None = None, key: str | None = None
    ) -> answers.Submitted:
        """Submit a judgment: when this returns, it survives a crash. ReceiptNotGood: it does, its receipt is none."""
        path = f"{PREFIX}/assignments/{safe(assignment)}/judgment"
        noted = {} if trade_off is None else {"trade_off": trade_off}
        done = self._wire.post(answers.Submitted, path, key=key, body={**msgspec.to_builtins(judgment), **noted})
        self._keep(done.signed)
        return done

    def give_back(self, assignment: str, *, key: str | None = None) -> answers.Receipt:
        """Give an assignment back without a judgment."""
        return self._wire.post(answers.Done, f"{PREFIX}/assignments/{safe(assignment)}/return", key=key).receipt

    # --- agreement ------------------------------------------------------------------------------------------------

    def batches(self, programme: str) -> list[answers.Batch]:
        """The batches of a programme, oldest first."""
        return self._wire.get(dict[str, list[answers.Batch]], f"{programme_path(programme)}/batches")["batches"]

    def agreement(self, batch: str) -> answers.Agreement:
        """How a batch stands now."""
        return self._wire.get(answers.Agreement, f"{PREFIX}/batches/{safe(batch)}/agreement")

    def measure(self, batch: str, *, key: str | None = None) -> answers.Measurement:
        """Measure a batch and record the gate's decision."""
        return self._wire.post(_Measured, f"{PREFIX}/batches/{safe(batch)}/measurements", key=key).measurement

    # --- releases and receipts ------------------------------------------------------------------------------------

    def releases(self, programme: str) -> list[answers.Release]:
        """The releases of a programme, newest first."""
        return self._wire.get(dict[str, list[answers.Release]], f"{programme_path(programme)}/releases")["releases"]

    def blockers(self, programme: str) -> list[answers.Blocker]:
        """What blocks a release now."""
        return self._wire.get(dict[str, list[answers.Blocker]], f"{programme_path(programme)}/blockers")["blockers"]

    def cut_release(
        self, programme: str, *, name: str, version: str, use: str, batches: Sequence[str] | None = None,
        consensus: str | None = None, affected_rationale: str = "", key: str | None = None,
    ) -> answers.Release:  # fmt: skip
        """Cut a release and build its files. Raises Refused while a gate fails or a right forbids it.

        consensus           majority, one_coin or dawid_skene: then the release holds that model's consensus beside all
                            judgments
        affected_rationale  why affected judgments that nobody reviewed may be released as they are
        """
        chosen = None if batches is None else list(batches)
        body = {
            "name": name, "version": version, "use": use, "batches": chosen, "consensus": consensus,
            "affected_rationale": affected_rationale,
        }  # fmt: skip
        return self._wire.post(answers.Release, f"{programme_path(programme)}/releases", key=key, body=body)

    def release_file(self, release: str, path: str, *, destination: str | None = None) -> bytes:
        """One file of a release.

        destination  the region that it goes to, such as DE or US-CA; needed where the contract names regions:
                     Refused with `destination-missing`, Conflict with `outside-regions`
        """
        where = f"{PREFIX}/releases/{safe(release)}/files/{quote(path)}"
        return self._wire.send("GET", where, query={"destination": destination})

    def receipt(self, seq: int) -> SealedReceipt:
        """The receipt of an event of one's own."""
        return self._wire.get(SealedReceipt, f"{PREFIX}/receipts/{seq}")

    def signed_receipt(self, seq: int) -> str:
        """The signed receipt of one's own event, kept as well. Raises ServerFailed when the key does not answer."""
        text = self._wire.send("GET", f"{PREFIX}/receipts/{seq}/signed").decode()
        if self._receipts is not None:
            self._receipts.add(text)
        return text

    def _keep(self, signed: Signed | None) -> None:
        if self._receipts is not None and signed is not None and signed.text is not None:
            self._receipts.add(signed.text)

    def proof(self, seq: int) -> str:
        """The proof that an event is in the log. Raises Conflict until it is sealed, some seconds after."""
        return self._wire.send("GET", f"{PREFIX}/receipts/{seq}/proof").decode()


class _RubricPage(answers.Answer, frozen=True):
    rubric: answers.Rubric


class _PersonPage(answers.Answer, frozen=True):
    person: answers.Person


class _Measured(answers.Answer, frozen=True):
    measurement: answers.Measurement
