"""Constitutions: one with what carries it, two side by side, agreements, trade-offs, an editor. Through app."""

from tallystick.app import access, constitution, contract
from tallystick.app.constitution import ConstitutionPage, ProposalPage
from tallystick.app.kernel import new_key
from tallystick.app.rubric.drafting import Place
from tallystick.edge import Site, Visit, status_of
from tallystick.edge.pages import PageAnswer
from tallystick.flow import constitution as flow
from tallystick.flow.document import Problem
from tallystick.flow.refusal import Refused
from tallystick.web import frame, words
from tallystick.web.language import N_, refusal_line, said, told
from tallystick.web.rubric import diff_row, editing
from tallystick.web.rubric.editing import Checked, Document
from tallystick.web.views import constitution as views
from tallystick.web.views.contract import Version
from tallystick.web.views.parts import Fact, Link, Pill

READ, WRITE, AGREE = "constitution.read", "constitution.write", "constitution.agree"
SECTION = N_("Constitution")
FIRST = N_("The first version.")
FORM_BYTES = 100_000
ITEMS_LISTED = 20
STATES = {
    "proposed": Pill(label="waits for signatures", tone="waiting"), "agreed": Pill(label="agreed", tone="good"),
    "declined": Pill(label="declined", tone="bad"),
}  # fmt: skip
_SIGN = {
    "sign-researcher": ("researcher", N_("Agree as the client's alignment researcher")),
    "sign-lead": ("lead", N_("Agree as the methodology lead")),
}  # fmt: skip


def mount(site: Site) -> None:
    """Register constitutions."""
    one, proposed = "/programmes/{programme}/constitution", "/operationalizations/{proposal_id}"
    site.page(one, detail, permission=READ)
    site.page(f"{one}/diff", compare, permission=READ)
    site.page(f"{one}/versions/{{version}}", detail, permission=READ)
    site.page(one, propose, permission=AGREE, methods=("POST",), max_bytes=FORM_BYTES)
    site.page(proposed, proposal, permission=READ)
    site.page(proposed, answer, permission=AGREE, methods=("POST",), max_bytes=FORM_BYTES)
    site.page("/programmes/{programme}/trade-offs", trade_offs, permission="gate.read")
    site.page("/programmes/{programme}/constitution-editor", show, permission=WRITE)
    site.page(
        "/programmes/{programme}/constitution-editor", change, permission=WRITE, methods=("POST",),
        max_bytes=editing.DOCUMENT_BYTES,
    )  # fmt: skip


def _root(programme: str) -> str:
    return f"/programmes/{programme}/constitution"


def detail(visit: Visit) -> PageAnswer:
    """A programme's constitution, the version in force when none is named."""
    return _detail(visit)


def _detail(visit: Visit, refused: Refused | None = None) -> PageAnswer:
    programme, version = visit.path["programme"], visit.path.get("version")
    found = constitution.constitution_page(visit.cell, visit.actor, programme, version)
    if isinstance(found, Refused):
        return _nothing(visit, programme) if version is None else found
    notices = () if refused is None else (frame.notice(refused),)
    trail = ((said(SECTION), _root(programme)),) if version else ()
    at = frame.inside(visit, programme, SECTION, *trail)
    heading = f"{found.constitution.title} {found.constitution.version}"
    status = 200 if refused is None else status_of(refused)
    page = frame.page(visit, heading, at=at, notices=notices)
    return frame.shown("constitution/detail.html", _view(visit, programme, found), page, status=status)


def _nothing(visit: Visit, programme: str) -> PageAnswer:
    known = contract.programmes(visit.cell, visit.actor)
    if isinstance(known, Refused) or programme not in {row.programme for row in known}:
        return access.ABSENT
    may_write = access.allows(visit.actor, WRITE)
    view = views.Nothing(edit_href=f"{_root(programme)}-editor" if may_write else None)
    at = frame.inside(visit, programme, SECTION)
    return frame.shown("constitution/none.html", view, frame.page(visit, said(SECTION), at=at))


def _view(visit: Visit, programme: str, found: ConstitutionPage) -> views.Detail:
    known, root = frame.names(visit), _root(programme)
    current = found.constitution
    is_current = found.versions[0].version == current.version
    may_write, may_count = access.allows(visit.actor, WRITE), access.allows(visit.actor, "gate.read")
    return views.Detail(
        facts=(
            Fact(term=said("State"), value=said("in force") if is_current else said("replaced")),
            Fact(term=said("Version"), value=current.version),
            Fact(term=said("Principles"), value=str(len(current.principles))),
            Fact(term=said("Digest"), value=found.row.document_digest, is_digest=True),
        ),
        preamble=current.preamble or "", changelog=current.changelog or said(FIRST),
        rationale=current.rationale or said(FIRST),
        principles=tuple(_principle(programme, found, one) for one in current.principles),
        findings=tuple((one.severity == "serious", one.sentence) for one in found.findings),
        rubrics=tuple(_state(visit, programme, one) for one in found.rubrics),
        proposals=tuple(
            views.ProposalRow(
                href=f"/operationalizations/{row.proposal}", rubric=f"{row.rubric} {row.rubric_version}",
                state=STATES[row.state], at=words.moment(row.at),
                signed=_signed(visit, row.researcher, row.lead, known),
            )
            for row in found.proposals
        ),
        versions=tuple(
            Version(
                label=row.version, href=f"{root}/versions/{row.version}", at=words.moment(row.at),
                who=known.get(row.by, row.by), is_current=row is found.versions[0],
                changelog=said(FIRST) if row.previous is None else said("Follows %(version)s.", version=row.previous),
            )
            for row in found.versions
        ),
        propose_action=root, idempotency_key=new_key(), edit_href=f"{root}-editor" if may_write else None,
        diff_href=f"{root}/diff" if len(found.versions) > 1 else None,
        trade_offs_href=f"/programmes/{programme}/trade-offs" if may_count else None,
    )  # fmt: skip


def _signed(visit: Visit, researcher: str | None, lead: str | None, known: dict[str, str]) -> str:
    """Who signed: by name for those who read the roster, else by the role; `you` for whoever reads it."""
    called = {**known, visit.actor.person: said("you")}
    names = []
    if researcher:
        by = called.get(researcher)
        names.append(said("researcher: %(person)s", person=by) if by else told(flow.ROLE_NAMES["researcher"]))
    if lead:
        by = called.get(lead)
        names.append(said("lead: %(person)s", person=by) if by else told(flow.ROLE_NAMES["lead"]))
    return ", ".join(names) or said("nobody yet")


def _principle(programme: str, found: ConstitutionPage, one: flow.Principle) -> views.Principle:
    return views.Principle(
        id=one.id, number=one.number, title=one.title, text=one.text, explanation=one.explanation or "",
        examples=tuple(
            views.Illustration(title=example.title, situation=example.situation, asks=example.asks)
            for example in one.examples
        ),
        carriers=tuple(
            Link(
                label=carrier.name, note=carrier.domain,
                href=f"/programmes/{programme}/rubrics/{carrier.rubric}#criterion-{carrier.criterion}",
            )
            for carrier in found.carriers[one.id]
        ),
    )  # fmt: skip


def _state(visit: Visit, programme: str, one: constitution.RubricState) -> views.RubricState:
    rubric = one.rubric
    names = {part.id: part.name for part in rubric.criteria}
    state, sentence = Pill(label="not needed", tone="quiet"), said("It names no principle and is used as it is.")
    if one.carried:
        state, sentence = Pill(label="agreed", tone="good"), said("Both roles have agreed on what it carries.")
    if one.refused:
        state, sentence = Pill(label="no new work", tone="bad"), refusal_line(one.refused)
    is_waiting = one.proposal is not None and one.proposal.state == flow.PROPOSED
    may_propose = one.refused is not None and not is_waiting and access.allows(visit.actor, AGREE)
    link = (
        None
        if one.proposal is None
        else Link(label=said("See the proposal"), href=f"/operationalizations/{one.proposal.proposal}")
    )
    return views.RubricState(
        title=f"{rubric.title} {rubric.version}", href=f"/programmes/{programme}/rubrics/{rubric.id}",
        domain=one.domain, state=state, sentence=sentence,
        carried=tuple((names[name], ", ".join(given)) for name, given in one.carried.items()), proposal=link,
        propose_rubric=rubric.id if may_propose else "",
    )  # fmt: skip


def compare(visit: Visit) -> PageAnswer:
    """Two versions side by side; the last two when none are named."""
    programme = visit.path["programme"]
    newest = constitution.constitution_page(visit.cell, visit.actor, programme)
    if isinstance(newest, Refused):
        return newest
    labels = tuple(row.version for row in newest.versions)
    before = visit.query.get("from") or labels[min(1, len(labels) - 1)]
    after = visit.query.get("to") or labels[0]
    found = constitution.constitution_diff(visit.cell, visit.actor, programme, old=before, new=after)
    later = constitution.constitution_page(visit.cell, visit.actor, programme, after)
    if isinstance(found, Refused) or isinstance(later, Refused):
        return access.ABSENT
    view = views.Difference(
        before=before, after=after, rationale=later.constitution.rationale or said(FIRST),
        rows=tuple(diff_row(row) for row in found.rows), version_labels=labels, action=f"{_root(programme)}/diff",
        affected=tuple(f"{one.name} ({one.domain})" for one in found.affected),
    )  # fmt: skip
    at = frame.inside(visit, programme, SECTION, (said(SECTION), _root(programme)))
    page = frame.page(visit, said("%(constitution)s: what changed", constitution=newest.constitution.title), at=at)
    return frame.shown("constitution/diff.html", view, page)


def propose(visit: Visit) -> PageAnswer:
    """Propose how a rubric carries principles."""
    done = constitution.propose(
        visit.cell, visit.actor, programme=visit.path["programme"], rubric=visit.text("rubric"), notes="",
        key=visit.text("idempotency_key"),
    )  # fmt: skip
    if isinstance(done, Refused):
        return done if done == access.ABSENT else _detail(visit, done)
    return frame.moved(f"/operationalizations/{done.proposal}?done=operationalization-proposed")


def proposal(visit: Visit) -> PageAnswer:
    """What two people sign."""
    return _proposal(visit)


def _proposal(visit: Visit, refused: Refused | None = None) -> PageAnswer:
    found = constitution.proposal_page(visit.cell, visit.actor, visit.path["proposal_id"])
    if isinstance(found, Refused):
        return found
    programme = found.row.programme
    at = frame.inside(visit, programme, SECTION, (said(SECTION), _root(programme)))
    notices = () if refused is None else (frame.notice(refused, field=refused.field),)
    page = frame.page(
        visit, said("How %(rubric)s carries principles", rubric=found.rubric.title), at=at, notices=notices
    )
    status = 200 if refused is None else status_of(refused)
    return frame.shown("constitution/proposal.html", _signing(visit, found, refused), page, status=status)


def _signing(visit: Visit, found: ProposalPage, refused: Refused | None) -> views.Proposal:
    known, row = frame.names(visit), found.row
    principles, criteria = found.constitution.by_id, found.rubric.by_id
    is_open = row.state == flow.PROPOSED
    sentence = said("No new work is given out under the rubric before both roles have signed, two people.")
    if is_open and not found.is_current:
        sentence = said("Rubric or constitution have changed since. Propose it as it reads now, and sign that.")
    if row.state == flow.AGREED:
        sentence = said("Both have agreed.")
        if not found.is_current:
            sentence = said("Both had agreed. What was signed has changed since.")
    if row.state == flow.DECLINED:
        sentence = said("Declined by %(person)s.", person=known.get(row.declined_by, row.declined_by))
    return views.Proposal(
        facts=(
            Fact(term=said("Constitution"), value=f"{found.constitution.title} {row.version}"),
            Fact(term=said("Rubric"), value=f"{found.rubric.title} {row.rubric_version}"),
            Fact(term=said("Domain"), value=row.domain),
            Fact(term=said("Signed"), value=_signed(visit, row.researcher, row.lead, known)),
            Fact(term=said("What is signed"), value=row.subject_digest, is_digest=True),
        ),
        state=STATES[row.state], sentence=sentence,
        ties=tuple(
            views.Tie(
                criterion=criteria[name].name, question=criteria[name].question,
                anchors=tuple(sorted(criteria[name].anchors.items())),
                principles=tuple(
                    (principles[one].number, principles[one].title, principles[one].text)
                    for one in given if one in principles
                ),
            )
            for name, given in found.carried.items()
        ),
        action=f"/operationalizations/{row.proposal}", idempotency_key=new_key(),
        may_sign=tuple((do, said(label)) for do, (role, label) in _SIGN.items() if role in found.may_sign),
        may_decline=is_open and access.allows(visit.actor, AGREE), why=visit.text("why") if refused else "",
        error=refusal_line(refused) if refused and refused.field == "why" else "",
    )  # fmt: skip


def answer(visit: Visit) -> PageAnswer:
    """Agree for one of the two roles, or decline with words."""
    name, do, key = visit.path["proposal_id"], visit.text("do"), visit.text("idempotency_key")
    if do in _SIGN:
        done = constitution.sign(visit.cell, visit.actor, name, role=_SIGN[do][0], key=key)
    else:
        done = constitution.decline(visit.cell, visit.actor, name, why=visit.text("why"), key=key)
    if isinstance(done, Refused):
        return done if done == access.ABSENT else _proposal(visit, done)
    state = "signed" if done.state == flow.PROPOSED else done.state
    return frame.moved(f"/operationalizations/{name}?done=operationalization-{state}")


def trade_offs(visit: Visit) -> PageAnswer:
    """How often principles conflict, and on which items."""
    programme = visit.path["programme"]
    found = constitution.trade_offs(visit.cell, visit.actor, programme)
    if isinstance(found, Refused):
        return found
    titles = {one.id: f"{one.number} {one.title}" for one in found.constitution.principles}
    rows = []
    for one in found.conflicts:
        pair = {one.first, one.second}
        items = list(dict.fromkeys(noted.item for noted in found.noted if pair <= set(noted.principles)))
        rows.append(
            views.ConflictRow(
                first=titles.get(one.first, one.first), second=titles.get(one.second, one.second), number=one.number,
                first_prevailed=one.first_prevailed, second_prevailed=one.second_prevailed,
                items=tuple(Link(label=item, href=f"/items/{item}") for item in items[:ITEMS_LISTED]),
                more=max(0, len(items) - ITEMS_LISTED),
            )
        )  # fmt: skip
    at = frame.inside(visit, programme, SECTION, (said(SECTION), _root(programme)))
    lead = said("Principles that conflicted, as experts noted beside judgments.")
    page = frame.page(visit, said("Trade-offs"), lead=lead, at=at)
    return frame.shown("constitution/trade_offs.html", views.TradeOffs(noted=len(found.noted), rows=tuple(rows)), page)


# --- the editor -------------------------------------------------------------------------------------------------


def show(visit: Visit) -> PageAnswer:
    """The editor of a constitution."""
    return editing.opened(visit, _document(visit))


def change(visit: Visit) -> PageAnswer:
    """Whatever a button of the editor asks for."""
    return editing.changed(visit, _document(visit))


def _document(visit: Visit) -> Document:
    programme = visit.path["programme"]

    def in_force(_: str) -> editing.InForce | None:
        found = constitution.constitution_page(visit.cell, visit.actor, programme)
        return None if isinstance(found, Refused) else editing.InForce(found.constitution.version, found.text)

    def check(text: str) -> Checked | list[Problem] | Refused:
        found = constitution.preview(visit.cell, visit.actor, programme=programme, text=text, name="constitution.yaml")
        if isinstance(found, list | Refused):
            return found
        touched = {f"{one.name} ({one.domain})": None for name in found.changed for one in found.carriers.get(name, [])}
        return Checked(previous=found.previous, findings=found.findings, rows=found.rows, affected=tuple(touched))

    def publish(text: str, key: str) -> str | list[Problem] | Refused:
        done = constitution.publish(
            visit.cell, visit.actor, programme=programme, text=text, name="constitution.yaml", key=key
        )
        return done if isinstance(done, list | Refused) else f"{_root(programme)}?done=constitution"

    return Document(
        place=Place(programme=programme, kind="constitution", name="constitution"), shape=flow.SHAPE,
        action=f"{_root(programme)}-editor", heading=said("A version of the constitution"), section=SECTION,
        trail=((said(SECTION), _root(programme)),), in_force=in_force,
        fresh={"version": "1.0.0", "principles": [{"number": 1}]}, check=check, publish=publish,
    )  # fmt: skip
