"""Releases: the list, building one, what one holds, its files. Reads and writes through app."""

from dataclasses import dataclass
from urllib.parse import urlencode

import msgspec
from markupsafe import Markup
from starlette.responses import Response

from tallystick.app import access, blocking, checklist, contract, oversight, release, witnessing
from tallystick.app.contract import ProgrammeGlance
from tallystick.app.kernel import new_key
from tallystick.app.release import ReleasePage
from tallystick.edge import Site, Visit, status_of
from tallystick.edge.download import download
from tallystick.edge.pages import PageAnswer
from tallystick.flow.refusal import Refused
from tallystick.flow.release import Wish
from tallystick.plots import IntervalPlot
from tallystick.web import frame, words
from tallystick.web.contract import batch_rows, blocker_views, interval_row
from tallystick.web.language import N_, Words, refusal_line, said
from tallystick.web.language.formats import count
from tallystick.web.views import release as views
from tallystick.web.views.page import Notice
from tallystick.web.views.parts import Choice, Estimate, Fact, HistoryEntry, Link, Pill

SECTION = N_("Releases")
NAMES_MAX = 50
EXPORT = "tallystick release export {name} {name} --dir CELL --as LOGIN"
FORM_BYTES = 100_000
DESTINATION = "destination"
CLOSED = ("retention-ended", "needs-clearance", "disqualified")
"""Refusals of a download that no place mends."""
TYPED_CHARACTERS_MAX = 32
TODO = Words({
    "destination-missing": "Type the region below, in capital letters, and ask for the downloads again.",
    "outside-regions": "Name a region inside them, or leave it here: to another one no file leaves.",
})  # fmt: skip
"""What to do about a destination that was refused."""
TODO_READER = N_("Where you are is what the lead declared for you: ask them when it is not right.")


class GateLine(msgspec.Struct, frozen=True):
    """One gate of a manifest."""

    name: str
    domain: str
    value_ppm: int | None
    low_ppm: int | None
    high_ppm: int | None
    threshold_ppm: int


class FileLine(msgspec.Struct, frozen=True):
    """One file of a manifest."""

    path: str
    bytes: int
    sha256: str
    role: str


class Counts(msgspec.Struct, frozen=True):
    """What a release holds."""

    records: int
    judgments: int
    experts: int
    adjudications: int
    excluded_items: dict[str, int] = {}
    left_out_batches: int = 0
    standing: dict[str, int] = {}


class Manifest(msgspec.Struct, frozen=True):
    """The parts of a manifest that a page shows."""

    counts: Counts
    files: list[FileLine]
    gates: list[GateLine]
    records_root: str
    cut_seq: int


FIELDS = ("name", "version", "use", "consensus", "affected_rationale")
MODELS = Words({
    "": "none",
    "majority": "majority of the votes, with its doubt",
    "one_coin": "one accuracy for each expert",
    "dawid_skene": "a confusion matrix for each expert (Dawid and Skene)",
})  # fmt: skip
BATCH_TODO = Words({
    "": "Leave the batch out, or bring it over its threshold first.",
    "work-held": "Leave the batch out, or have the judgments that are held reviewed first.",
    "affected-unreviewed": "Leave the batch out, have them reviewed, or state below why they may be released.",
})  # fmt: skip

EXCLUDED = Words({
    "incomplete": "Incomplete", "open-disagreement": "Open disagreement", "erased": "Erased",
    "demonstration-set-aside": "Demonstration set aside",
})  # fmt: skip
"""Why an item of a released batch has no record."""
ROLES = Words({
    "card": "card", "data": "data", "document": "document", "people": "people", "proof": "proof", "quality": "quality",
    "view": "view",
})  # fmt: skip


def mount(site: Site) -> None:
    """Register releases."""
    every_path = "/programmes/{programme}/releases"
    site.page(every_path, every, permission="release.read")
    site.page(f"{every_path}/new", ask, permission="release.cut")
    site.page(f"{every_path}/new", build, permission="release.cut", methods=("POST",), max_bytes=FORM_BYTES)
    site.page("/releases/{release_id}", detail, permission="release.read")
    site.page("/releases/{release_id}/files/{path:path}", file, permission="release.read")


def every(visit: Visit) -> PageAnswer:
    """The releases of a programme, and what stays out for now."""
    programme = visit.path["programme"]
    found = release.releases_of(visit.cell, visit.actor, programme)
    in_the_way = blocking.blockers(visit.cell, visit.actor, programme)
    if isinstance(found, Refused):
        return found
    if isinstance(in_the_way, Refused):
        return in_the_way
    pages = [release.release_page(visit.cell, visit.actor, row.release) for row in found]
    rows = tuple(_row(visit, page) for page in pages if not isinstance(page, Refused))
    new = f"/programmes/{programme}/releases/new" if access.allows(visit.actor, "release.cut") else None
    view = views.ReleaseList(releases=rows, blockers=blocker_views(programme, in_the_way), new_href=new)
    return frame.shown(
        "release/list.html", view, frame.page(visit, said(SECTION), at=frame.inside(visit, programme, SECTION))
    )


def _row(visit: Visit, page: ReleasePage) -> views.ReleaseRow:
    row, manifest = page.row, manifest_of(page)
    return views.ReleaseRow(
        name=row.name, version=row.version, href=f"/releases/{row.release}", at=words.moment(row.cut_at),
        records=row.records or 0, excluded=sum(manifest.counts.excluded_items.values()) if manifest else 0,
        status=_status(visit, page),
    )  # fmt: skip


def manifest_of(page: ReleasePage) -> Manifest | None:
    """What the manifest says; None while the files are being built."""
    return None if page.manifest is None else msgspec.convert(page.manifest, Manifest, strict=False)


def _status(visit: Visit, page: ReleasePage) -> Pill:
    """A release that is built but waits for its witnesses is not there to be taken yet."""
    if page.erased is not None:
        return Pill(label="erased")
    if page.row.state == "abandoned":
        return Pill(label="abandoned", tone="bad")
    if witnessing.refuse_waiting(visit.cell, page.row.release) is not None:
        return Pill(label="waits for witnesses", tone="waiting")
    return Pill(label="built", tone="good") if page.row.state == "built" else Pill(label="being built", tone="waiting")


def _waits(visit: Visit, page: ReleasePage) -> str:
    if page.erased is not None:
        return ""
    if page.row.state == "abandoned":
        return said("It could not be built and was abandoned. Its version is not used again: build another.")
    waiting = witnessing.refuse_waiting(visit.cell, page.row.release)
    return Markup(" ").join((refusal_line(waiting), *waiting.names)) if waiting is not None else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """Where the files of a release are asked to go, and why they may not; without regions there is nothing to ask."""

    release: str
    regions: tuple[str, ...] = ()
    typed: str = ""
    refused: Refused | None = None

    def to(self, path: str) -> str | None:
        """The address of a file, which says where it goes; None when it may not go there."""
        if self.refused is not None:
            return None
        asked = f"?{urlencode({DESTINATION: self.typed})}" if self.regions else ""
        return f"/releases/{self.release}/files/{path}{asked}"

    @property
    def is_question(self) -> bool:
        """Whether naming a region, or another one, may help."""
        return bool(self.regions) and not self.is_closed

    @property
    def is_closed(self) -> bool:
        """Whether whoever reads takes no file anywhere."""
        return self.refused is not None and self.refused.code in CLOSED


def _way(visit: Visit, page: ReleasePage) -> _Way:
    if page.manifest is None:
        return _Way(release=page.row.release)
    typed = visit.query.get(DESTINATION, "").strip()
    refused = release.refuse_export(visit.cell, visit.actor, page.row.release, typed or None)
    return _Way(release=page.row.release, regions=page.regions, typed=typed, refused=refused)


def _leaving(way: _Way) -> views.Leaving | None:
    if not way.is_question:
        return None
    about_place = way.typed and way.refused is not None and way.refused.field == DESTINATION
    return views.Leaving(
        action=f"/releases/{way.release}", regions=way.regions, typed=way.typed[:TYPED_CHARACTERS_MAX],
        error=said("It may not go there.") if about_place else "", is_allowed=way.refused is None,
    )  # fmt: skip


def _why_not(way: _Way, asked: Refused | None) -> Refused | None:
    """The refusal that a page names: none before anybody was asked where it goes."""
    return asked or (None if way.is_question and not way.typed else way.refused)


def _notice(refused: Refused) -> Notice:
    if refused.field == DESTINATION:
        return frame.notice(refused, todo=TODO[refused.code], field=DESTINATION)
    return frame.notice(refused, todo="" if refused.code in CLOSED else said(TODO_READER))


def _export_command(page: ReleasePage, way: _Way) -> str:
    if page.manifest is None or way.is_closed:
        return ""
    command = EXPORT.format(name=f"{page.row.name}-{page.row.version}")
    region = way.typed if way.refused is None else "REGION"
    return f"{command} --destination {region}" if way.regions else command


def detail(visit: Visit) -> PageAnswer:
    """One release: contents, exclusions, how to verify it, its files."""
    return _detail(visit, None)


def _phase(visit: Visit, page: ReleasePage) -> tuple[Fact, ...]:
    """The phase in which a release was made; nothing for a programme that had never moved."""
    programme = page.row.programme
    made = checklist.phases_of(visit.cell, visit.actor, programme).get(page.row.release)
    return () if made is None else (Fact(term=said("Phase"), value=made, href=f"/programmes/{programme}/phase"),)


def _detail(visit: Visit, asked: Refused | None) -> PageAnswer:
    """The page of a release; `asked` is why a file that somebody asked for may not go where they said."""
    page = release.release_page(visit.cell, visit.actor, visit.path["release_id"])
    if isinstance(page, Refused):
        return page
    row, manifest, way = page.row, manifest_of(page), _way(visit, page)
    if asked is not None and not way.is_question:
        return asked
    refused = _why_not(way, asked)
    counts = manifest.counts if manifest else Counts(records=0, judgments=0, experts=0, adjudications=0)
    view = views.ReleaseDetail(
        name=row.name, version=row.version,
        status=_status(visit, page),
        counts=(*_counts(page, manifest), Fact(term=said("Use"), value=row.use), *_phase(visit, page)),
        files=_files(manifest, way), exclusions=_exclusions(visit, page, counts, way), agreement=_agreement(manifest),
        verify_command=f"tallystick release verify {row.name}-{row.version} --vkey log.vkey",
        export_command=_export_command(page, way), leaving=_leaving(way),
        digest=row.manifest_digest or "", log_facts=_log_facts(page, manifest), limitations=_limitations(page),
        waits=_waits(visit, page), events=_events(visit, page), downloads=_downloads(manifest, way),
        erased=page.erased.sentence if page.erased else "", lost=page.lost[:NAMES_MAX], lost_total=len(page.lost),
    )  # fmt: skip
    at = frame.inside(visit, row.programme, SECTION, (said(SECTION), f"/programmes/{row.programme}/releases"))
    notices = () if refused is None else (_notice(refused),)
    shown = frame.page(visit, f"{row.name} {row.version}", at=at, notices=notices)
    status = status_of(refused) if refused is not None and (way.typed or asked) else 200
    return frame.shown("release/detail.html", view, shown, status=status)


def _counts(page: ReleasePage, manifest: Manifest | None) -> tuple[Fact, ...]:
    """What it holds. Of one whose files are gone the journal still has two numbers, of an unbuilt one none."""
    row = page.row
    facts = () if row.records is None else ((said("Records"), row.records), (said("Judgments"), row.judgments or 0))
    if manifest is not None:
        facts = (
            *facts, (said("Experts"), manifest.counts.experts), (said("Adjudicated"), manifest.counts.adjudications),
        )  # fmt: skip
        set_aside = manifest.counts.standing.get("requeued", 0)
        facts = (*facts, (said("Set aside, judged again"), set_aside)) if set_aside else facts
    return tuple(Fact(term=term, value=count(value)) for term, value in facts)


def _files(manifest: Manifest | None, way: _Way) -> tuple[views.FileRow, ...]:
    listed = manifest.files if manifest else []
    return tuple(
        views.FileRow(
            path=f.path, what=ROLES.get(f.role) or f.role, size_bytes=f.bytes, sha256=f.sha256, href=way.to(f.path)
        )
        for f in listed
    )


def _downloads(manifest: Manifest | None, way: _Way) -> tuple[Link, ...]:
    if manifest is None:
        return ()
    there = {"manifest.json", *(f.path for f in manifest.files)}
    offered = (
        ("data/records.jsonl", said("Records (JSONL)")), ("data/records.parquet", said("Records (Parquet)")),
        ("datasheet.html", said("Data card")), ("manifest.json", said("Manifest")),
    )  # fmt: skip
    wanted = ((label, way.to(path)) for path, label in offered if path in there)
    return tuple(Link(label=label, href=href) for label, href in wanted if href is not None)


def _exclusions(visit: Visit, page: ReleasePage, counts: Counts, way: _Way) -> tuple[views.Exclusion, ...]:
    href = way.to("exclusions.json")
    rows = [
        views.Exclusion(reason=EXCLUDED.get(reason) or reason, records=number, href=href)
        for reason, number in sorted(counts.excluded_items.items())
    ]
    left_out: dict[str, str] = msgspec.json.decode(page.row.left_out, type=dict[str, str])
    sizes = contract.batch_sizes(visit.cell, visit.actor, page.row.programme) if left_out else {}
    rows += [
        views.Exclusion(reason=why, records=sizes.get(batch, 0), href=f"/batches/{batch}")
        for batch, why in left_out.items()
    ]
    return tuple(rows)


def _events(visit: Visit, page: ReleasePage) -> tuple[HistoryEntry, ...]:
    places = [place for place in (page.row.built_seq, page.row.cut_seq) if place is not None]
    found = [oversight.entry_for(visit.cell, visit.actor, place) for place in places]
    envelopes = [one[0] for one in found if not isinstance(one, Refused)]
    return frame.history(visit, envelopes, known=frame.names(visit))


def _agreement(manifest: Manifest | None) -> IntervalPlot:
    gates = manifest.gates if manifest else []
    rows = tuple(
        interval_row(
            f"{g.domain}",
            Estimate(
                value=words.share(g.value_ppm), low=words.share(g.low_ppm), high=words.share(g.high_ppm),
                reason=said("undefined") if g.value_ppm is None else "",
            ),
            g.threshold_ppm / 1_000_000,
        )
        for g in gates
    )  # fmt: skip
    return IntervalPlot(title=said("Agreement by task category"), rows=rows)


def _log_facts(page: ReleasePage, manifest: Manifest | None) -> tuple[Fact, ...]:
    row = page.row
    facts = [Fact(term=said("Decided at entry"), value=count(row.cut_seq), href=f"/receipts/{row.cut_seq}")]
    if row.built_seq is not None:
        facts.append(Fact(term=said("Built at entry"), value=count(row.built_seq), href=f"/receipts/{row.built_seq}"))
    if manifest is not None:
        facts.append(Fact(term=said("Root over the records"), value=manifest.records_root, is_digest=True))
    return tuple(facts)


def _limitations(page: ReleasePage) -> tuple[str, ...]:
    lines = page.limitations.splitlines()
    return tuple(line.removeprefix("- ") for line in lines if line.startswith("- "))


def file(visit: Visit) -> PageAnswer:
    """One file of a release, as a download: a browser never runs or shows it as a page of ours."""
    destination = visit.query.get(DESTINATION, "").strip() or None
    found = release.release_file(
        visit.cell, visit.actor, visit.path["release_id"], visit.path["path"], destination=destination
    )
    if isinstance(found, Refused):
        # Asked again in place: an address that somebody kept may lack the region.
        return _detail(visit, found) if found.field == DESTINATION else found
    return download(found.name, found.size, found.pieces)


# --- building one -------------------------------------------------------------------------------------------------


def ask(visit: Visit) -> PageAnswer:
    """The form for a release. Batches that pass their gate are chosen."""
    glance = contract.glance(visit.cell, visit.actor, visit.path["programme"])
    if isinstance(glance, Refused):
        return glance
    passing = tuple(
        batch.row.batch for batch in glance.batches if batch.measured is not None and batch.measured.decision == "pass"
    )
    return _form(visit, glance, name=glance.row.programme, chosen=passing, key=new_key())


def _form(
    visit: Visit, glance: ProgrammeGlance, *, name: str, chosen: tuple[str, ...], key: str,
    refused: Refused | None = None,
) -> Response:  # fmt: skip
    programme = glance.row.programme
    rows = batch_rows(glance)
    ids = [row.href.rpartition("/")[2] for row in rows]
    uses: list[str] = msgspec.json.decode(glance.row.permitted_uses)
    place = refused.field if refused is not None and refused.field in FIELDS else ""
    view = views.ReleaseNew(
        action=f"/programmes/{programme}/releases/new", idempotency_key=key,
        batches=tuple(
            (Choice(value=batch, label=row.name, is_chosen=batch in chosen), row)
            for batch, row in zip(ids, rows, strict=True)
        ),
        uses=tuple(Choice(value=use, label=use, is_chosen=use == visit.text("use")) for use in uses),
        models=tuple(
            Choice(value=value, label=label, is_chosen=value == visit.text("consensus"))
            for value, label in MODELS.items()
        ), name=name,
        version=visit.text("version"), rationale=visit.text("affected_rationale"),
        refusals=_refusals(glance, refused) if refused and not place else (),
        errors=((place, refusal_line(refused)),) if refused and place else (),
    )  # fmt: skip
    at = frame.inside(visit, programme, SECTION, (said(SECTION), f"/programmes/{programme}/releases"))
    notices: tuple[Notice, ...] = (frame.notice(refused, field=place),) if refused and place else ()
    page = frame.page(visit, said("Build a release"), at=at, notices=notices)
    return frame.shown("release/new.html", view, page, status=200 if refused is None else status_of(refused))


def _refusals(glance: ProgrammeGlance, refused: Refused) -> tuple[views.Refusal, ...]:
    """One refusal with the batches it names, each with the way there."""
    ways = {f"{b.row.name}/{b.row.domain}": f"/batches/{b.row.batch}" for b in glance.batches}
    if refused.code == "affected-unreviewed":
        ways = dict.fromkeys(refused.names, f"/programmes/{glance.row.programme}/affected")
    href = next((ways[name] for name in refused.names if name in ways), None)
    return (
        views.Refusal(
            sentence=refusal_line(refused), todo=BATCH_TODO.get(refused.code) or BATCH_TODO[""],
            names=refused.names[:NAMES_MAX], names_total=len(refused.names), href=href,
        ),
    )  # fmt: skip


def build(visit: Visit) -> PageAnswer:
    """Cut and build a release, or say which batches, rights or fields are in the way."""
    programme, key = visit.path["programme"], visit.text("idempotency_key")
    glance = contract.glance(visit.cell, visit.actor, programme)
    if isinstance(glance, Refused):
        return glance
    chosen = tuple(value for value in visit.form.getlist("batches") if isinstance(value, str))
    wish = Wish(
        programme=programme, name=visit.text("name").strip(), version=visit.text("version").strip(),
        use=visit.text("use"), batches=chosen, consensus=visit.text("consensus") or None,
        rationale=visit.text("affected_rationale").strip(),
    )  # fmt: skip
    made = release.cut(visit.cell, visit.actor, wish, key=key)
    if isinstance(made, Refused):
        return _form(visit, glance, name=wish.name, chosen=chosen, key=key, refused=made)
    return frame.moved(f"/releases/{made.release}?done=released")
