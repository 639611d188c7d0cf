"""Items: the list, one record with everything that happened to it, imports. Reads and writes through app."""

from dataclasses import replace

import msgspec
from starlette.responses import Response

from tallystick.app import access, contract, items
from tallystick.app.items import ImportReport, ItemRecord, Wanted
from tallystick.app.kernel import new_key
from tallystick.edge import Site, Visit, status_of
from tallystick.edge.pages import PageAnswer
from tallystick.flow.document import Problem
from tallystick.flow.refusal import Refused
from tallystick.web import frame, upload, words
from tallystick.web import judgment as form
from tallystick.web.language import N_, Words, counted, refusal_line, said, told
from tallystick.web.views import items as views
from tallystick.web.views.page import Notice
from tallystick.web.views.parts import Choice, Fact, Link, Paging, Pill, UploadForm
from tallystick.web.welfare import shield

IMPORT_BYTES = 400_000_000
PROBLEMS_MAX = 200
SECTION = N_("Items")
WITHHELD = N_("The judgments are shown when the item has all of them: nobody sees another's before.")
STATES = Words({"waiting": "waiting", "active": "being judged", "complete": "complete", "erased": "erased"})
KINDS = Words({"items": "items", "judgments": "judgments"})
ENDINGS = ".jsonl,.ndjson,.csv,.parquet,.gz"
_COLUMNS = (
    Fact(term="id", value=N_("Your own id of the item. Needed, unique in the programme.")),
    Fact(term="domain", value=N_("A domain of the contract. Needed.")),
    Fact(term="prompt, context", value=N_("What was asked. One of the two is needed.")),
    Fact(
        term="candidates",
        value=N_("Two answers: text, model, version and sampling. In CSV: candidates.0.text and so on."),
    ),
    Fact(term=N_("difficulty, language, ..."), value=N_("Taxonomy, with the axes of the contract.")),
    Fact(term="expected_disagreement", value=N_("true when judges are expected to differ. Declared before judgment.")),
    Fact(
        term="subjects",
        value=N_("People who appear in the content, at most eight: the item is erased with any of them."),
    ),
    Fact(term="gold", value=N_("For gold items: the right verdict and scores.")),
    Fact(
        term=N_("Judgments made elsewhere"),
        value=N_("item, rater, verdict; scores, reasons, rationale, made_at if known."),
    ),
)


def mount(site: Site) -> None:
    """Register items."""
    one = "/programmes/{programme}"
    site.page(f"{one}/items", every, permission="item.read")
    site.page("/items/{item}", detail, permission="item.read")
    site.page("/items/{item}", say_why, permission="item.read", methods=("POST",), max_bytes=4_000)
    site.page("/items/{item}/unblind", unblind, permission="item.unblind", methods=("POST",))
    site.page(f"{one}/import", ask, permission="item.import")
    site.page(f"{one}/import", bring, permission="item.import", methods=("POST",), max_bytes=IMPORT_BYTES)
    site.page("/imports/{run}/problems", bad_rows, permission="item.import")


def every(visit: Visit) -> PageAnswer:
    """The items of a programme, oldest first, without their content."""
    programme = visit.path["programme"]
    wanted = {name: visit.query.get(name) or None for name in ("domain", "state", "batch")}
    after = visit.query.get("after", "")
    place = int(after) if after.isascii() and after.isdigit() and len(after) < 16 else -1
    found = items.items_page(
        visit.cell, visit.actor, programme, after=place, domain=wanted["domain"], state=wanted["state"],
        batch=wanted["batch"],
    )  # fmt: skip
    glance = contract.glance(visit.cell, visit.actor, programme)
    if isinstance(found, Refused):
        return found
    if isinstance(glance, Refused):
        return glance
    names = {batch.row.batch: f"{batch.row.name} · {batch.row.purpose}" for batch in glance.batches}
    batches = {batch.row.batch: f"{batch.row.name} · {batch.row.domain}" for batch in glance.batches}
    root = f"/programmes/{programme}"
    rows = tuple(
        views.ItemRow(
            id=row.external, href=f"/items/{row.item}", batch=names.get(row.batch, row.batch), domain=row.domain,
            difficulty=msgspec.json.decode(row.taxonomy).get("difficulty") or said("not given"),
            judgments=row.judged or 0,
            redundancy=row.needed or 0,
            state=_state("erased", "work") if row.item in found.erased else _state(row.state, row.purpose),
        )
        for row in found.rows
    )  # fmt: skip
    kept = "".join(f"&{name}={value}" for name, value in wanted.items() if value)
    view = views.ItemList(
        action=f"{root}/items", items=rows, is_filtered=any(wanted.values()),
        filters=(
            _filter("domain", said("Domain"), {row.domain: row.domain for row in glance.domains}, wanted["domain"]),
            _filter("state", said("State"), dict(STATES), wanted["state"]),
            _filter("batch", said("Batch"), batches, wanted["batch"]),
        ),
        paging=Paging(
            summary=counted("%(number)s item", "%(number)s items", len(rows)),
            previous_href=f"{root}/items?{kept[1:]}" if place >= 0 else None,
            next_href=None if found.after is None else f"{root}/items?after={found.after}{kept}",
        ),
        import_href=f"{root}/import" if access.allows(visit.actor, "item.import") else None,
    )  # fmt: skip
    return frame.shown(
        "items/list.html", view, frame.page(visit, said(SECTION), at=frame.inside(visit, programme, SECTION))
    )


def _state(state: str | None, purpose: str) -> Pill:
    return words.ITEM_STATES.get(state, Pill(label=str(state))) if purpose == "work" else Pill(label=purpose)


def _filter(name: str, label: str, known: dict[str, str], chosen: str | None) -> views.Filter:
    choices = [Choice(value="", label=said("All"), is_chosen=chosen is None)]
    choices += [Choice(value=value, label=text, is_chosen=value == chosen) for value, text in known.items()]
    return views.Filter(name=name, label=label, choices=tuple(choices))


def unblind(visit: Visit) -> PageAnswer:
    """Lift the blinding of one item for oneself. That, and why, is an event."""
    name = visit.path["item"]
    why = visit.text("why")
    done = items.unblind(visit.cell, visit.actor, name, reason=visit.text("reason"), key=visit.text("idempotency_key"))
    if not isinstance(done, Refused):
        return frame.moved(frame.looking_at(f"/items/{name}", why))
    return done if done.code == access.ABSENT.code else _detail(visit, why, refused=done)


def detail(visit: Visit) -> PageAnswer:
    """One record. That it was opened, and why, is an event: the page asks for the reason first."""
    return _detail(visit, visit.query.get("reason", ""), refused=None)


def say_why(visit: Visit) -> PageAnswer:
    """Open a record with a reason and words for it."""
    name = visit.path["item"]
    record = items.item_record(visit.cell, visit.actor, name, reason=visit.text("reason"), words=visit.text("words"))
    return frame.opened_for(visit, record, f"/items/{name}")


def _detail(visit: Visit, why: str, *, refused: Refused | None) -> PageAnswer:
    name = visit.path["item"]
    record = items.item_record(visit.cell, visit.actor, name, reason=why)
    if isinstance(record, Refused):
        return frame.ask_why(visit, f"/items/{name}", record) if record.code in frame.ASKED else record
    row = record.row
    is_open = record.work is not None and record.work.state != "complete"
    prompt, context = form.read_first(record.shown)
    case = record.disagreement
    done = _state(record.work.state if record.work else None, row.purpose)
    state = done if record.erased is None else words.ITEM_STATES["erased"]
    known = frame.names(visit)
    view = views.ItemDetail(
        id=row.external, state=state, erased=_erased(record),
        facts=(
            Fact(term=said("Item"), value=row.item), Fact(term=said("Domain"), value=row.domain),
            *(
                Fact(term=words.axis(axis).capitalize(), value=words.axis_value(axis, value))
                for axis, value in record.taxonomy.items()
            ),
            Fact(term=said("Disagreement expected"), value=said("yes") if row.is_disagreement_expected else said("no")),
            Fact(term=said("Source"), value=row.source_class),
            Fact(term=said("Licence"), value=row.licence or said("none given")),
        ),
        texts=(prompt, *context, *(piece.text for piece in form.pieces(record.shown))), provenance=_provenance(record),
        unblind=_unblind(visit, record, why, refused=refused),
        judgments=() if is_open else _judgments(record, known),
        history=frame.history(visit, [step.envelope for step in record.history], known=known),
        withheld=said(WITHHELD) if is_open else "", shield=None if record.erased else shield(visit, row.item),
        erase_href=_erase_href(visit, record), looks_href=_looks_href(visit, row.item),
        case=None if case is None else _case(case.state, row.item),
    )  # fmt: skip
    at = frame.inside(visit, row.programme, SECTION, (said(SECTION), f"/programmes/{row.programme}/items"))
    notices = () if refused is None else (frame.notice(refused, field="reason"),)
    page = frame.page(visit, row.external, at=at, notices=notices)
    return frame.shown("items/detail.html", view, page, status=200 if refused is None else frame.again(refused))


def _case(state: str, item: str) -> Link:
    label = said("Disagreement: %(state)s", state=told(words.CASE_STATES[state].label))
    return Link(label=label, href=f"/disagreements/{item}")


def _erased(record: ItemRecord) -> Link | None:
    gone = record.erased
    return (
        None
        if gone is None
        else Link(label=said("The content was %(how)s", how=gone.sentence), href=f"/erasures/{gone.erasure}")
    )


def _erase_href(visit: Visit, record: ItemRecord) -> str | None:
    may = access.allows(visit.actor, "erasure.order") and record.erased is None
    return f"/erasures/new?target=item:{record.row.item}" if may else None


def _looks_href(visit: Visit, item: str) -> str | None:
    return f"/accesses?subject={item}" if access.allows(visit.actor, "access.read") else None


def _unblind(visit: Visit, record: ItemRecord, why: str, *, refused: Refused | None) -> views.Unblind | None:
    is_open = record.work is not None and record.work.state != "complete"
    if is_open or record.erased is not None or record.identities or not access.allows(visit.actor, "item.unblind"):
        return None
    return views.Unblind(
        action=f"/items/{record.row.item}/unblind", idempotency_key=new_key(), reason=visit.text("reason"),
        error=refusal_line(refused) if refused else "", why=why,
    )  # fmt: skip


def _provenance(record: ItemRecord) -> tuple[Fact, ...]:
    """What stands behind the blinding, for somebody who has lifted it."""
    found = []
    for identity in record.identities:
        sampling = ", ".join(f"{name} {value}" for name, value in identity.sampling.items())
        words_of = ", ".join(part for part in (identity.model, identity.version, sampling) if part)
        letter = identity.candidate.upper()
        of = said("Candidate %(letter)s", letter=letter) if letter else said("The work")
        found.append(Fact(term=of, value=words_of))
    return tuple(found)


def _judgments(record: ItemRecord, known: dict[str, str]) -> tuple[views.JudgmentLine, ...]:
    return tuple(
        views.JudgmentLine(
            who=known.get(given.expert, given.expert), verdict=words.VERDICTS.get(given.verdict) or given.verdict,
            scores=_scores(given.scores), at=words.moment(given.at),
            marks=(
                *_marks(is_observed=bool(given.is_observed), is_early=bool(given.is_pre_contract)),
                # Verdict and scores name the item's candidates; the expert's own words name those they saw.
                *((Pill(label="in these words, A is candidate B"),) if given.order == "BA" else ()),
            ),
            reasons=tuple(str(reason["text"]) for reason in record.reasons.get(given.judgment, ())),
        )
        for given in record.judgments
    )  # fmt: skip


def _scores(text: str) -> str:
    points = msgspec.json.decode(text)
    points_told = ", ".join(
        f"{name.replace('_', ' ')} {', '.join(f'{on.upper()} {given}' for on, given in scored.items())}"
        for name, scored in points.items()
    )
    return points_told or said("no scores")


def _marks(*, is_observed: bool, is_early: bool) -> tuple[Pill, ...]:
    if not is_observed:
        return (Pill(label="imported, not observed", tone="waiting"),)
    return (Pill(label="before the contract", tone="bad"),) if is_early else ()


# --- imports ------------------------------------------------------------------------------------------------------


def ask(visit: Visit) -> PageAnswer:
    """The form for an import."""
    found = contract.contract_page(visit.cell, visit.actor, visit.path["programme"])
    return found if isinstance(found, Refused) else _form(visit)


def _form(
    visit: Visit, *, report: views.ImportReport | None = None, found: list[Problem] | None = None, name: str = "",
    notices: tuple[Notice, ...] = (), status: int = 200,
) -> Response:  # fmt: skip
    programme = visit.path["programme"]
    upload_form = UploadForm(
        action=f"/programmes/{programme}/import", label=said("File"),
        hint=said("JSONL, CSV or Parquet, at most 400 MB."),
        accept=ENDINGS, button=said("Import"), problems=frame.problems((found or [])[:PROBLEMS_MAX]),
        file_name=name, idempotency_key=new_key(),
    )  # fmt: skip
    what, purpose = visit.text("what", "items"), visit.text("purpose", "work")
    view = views.ItemImport(
        form=upload_form, columns=tuple(replace(one, term=told(one.term), value=told(one.value)) for one in _COLUMNS),
        batch=visit.text("batch"), source=visit.text("source"), report=report,
        kinds=(
            Choice(value="items", label=said("Items"), is_chosen=what == "items"),
            Choice(value="judgments", label=said("Judgments made elsewhere"), is_chosen=what == "judgments"),
        ),
        purposes=tuple(
            Choice(value=value, label=label, is_chosen=value == purpose)
            for value,
            label in (("work", said("Work")), ("gold", said("Gold: the answer is known")), ("holdout", said("Holdout")))
        ),
    )  # fmt: skip
    at = frame.inside(visit, programme, SECTION, (said(SECTION), f"/programmes/{programme}/items"))
    page = frame.page(visit, said("Import"), at=at, notices=notices)
    return frame.shown("items/import.html", view, page, status=status)


def bring(visit: Visit) -> PageAnswer:
    """Import a file. Good rows come in, bad ones are listed; strictly, one bad row refuses all."""
    sent = upload.file(visit)
    if sent is None:
        notices = (frame.notice(upload.NOTHING_SENT, field="document"),)
        return _form(visit, notices=notices, status=422)
    done = _import(visit, sent)
    if isinstance(done, list):
        return _form(visit, found=done, name=sent.name, status=422)
    if isinstance(done, Refused):
        if done == access.ABSENT:
            return done
        field = {"file": "document"}.get(done.field or "", done.field)
        return _form(visit, notices=(frame.notice(done, field=field),), status=status_of(done))
    return _form(visit, report=_report(done, sent.name))


def _import(visit: Visit, sent: upload.SentFile) -> ImportReport | list[Problem] | Refused:
    programme = visit.path["programme"]
    if visit.text("what") == "judgments":
        return items.import_judgments(
            visit.cell, visit.actor, sent.data, programme=programme, name=sent.name, source=visit.text("source")
        )
    wanted = Wanted(
        programme=programme, name=sent.name, batch=visit.text("batch").strip(), purpose=visit.text("purpose", "work"),
        is_strict=visit.text("strict") == "yes",
    )  # fmt: skip
    return items.import_items(visit.cell, visit.actor, sent.data, wanted)


def _report(done: ImportReport, name: str) -> views.ImportReport:
    return views.ImportReport(
        file_name=name, what=KINDS[done.what], rows=done.rows, accepted=done.accepted, refused=done.rejected,
        problems=frame.problems(done.problems[:PROBLEMS_MAX]), problems_total=len(done.problems),
        report_href=f"/imports/{done.run}/problems" if done.problems else None,
    )  # fmt: skip


def bad_rows(visit: Visit) -> PageAnswer:
    """Every bad row of an import as JSONL."""
    found = items.stored_problems(visit.cell, visit.actor, visit.path["run"])
    if isinstance(found, Refused):
        return found
    lines = [
        {"line": p.line, "path": p.path, "expected": p.expected, "found": p.found, "fix": p.fix} for p in found
    ]  # fmt: skip
    text = b"".join(msgspec.json.encode(line) + b"\n" for line in lines)
    headers = {"Content-Disposition": 'attachment; filename="bad-rows.jsonl"'}
    return Response(text, media_type="application/jsonl", headers=headers)
