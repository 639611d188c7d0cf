"""One session: how far it is, its labels side by side, one item with all that was said of it. Through app."""

from collections.abc import Mapping

from tallystick.app import access, calibration
from tallystick.app.calibration import LabelShown, NewExample, Overview, Session
from tallystick.app.kernel import new_key
from tallystick.edge import Visit, status_of
from tallystick.edge.pages import PageAnswer
from tallystick.flow.refusal import Refused
from tallystick.web import frame, words
from tallystick.web import judgment as form
from tallystick.web.calibration import place
from tallystick.web.judgment import said as answers
from tallystick.web.language import counted, refusal_line, said
from tallystick.web.language.formats import count
from tallystick.web.views import calibration as views
from tallystick.web.views.page import Notice
from tallystick.web.views.parts import Choice, Fact, Link, Pill
from tallystick.web.welfare import shield

_EXAMPLE = ("candidate", "criterion", "score", "title", "situation", "why")


def detail(visit: Visit) -> PageAnswer:
    """How a session stands."""
    return _detail(visit, key=new_key())


def _detail(
    visit: Visit, *, key: str, refused: Refused | None = None, errors: Mapping[str, str] | None = None
) -> PageAnswer:
    name = visit.path["calibration_id"]
    found = calibration.session(visit.cell, visit.actor, name)
    if isinstance(found, Refused):
        return found
    labels = calibration.overview(visit.cell, visit.actor, name) if found.row.revealed_seq is not None else None
    if isinstance(labels, Refused):
        return labels
    notices = () if refused is None else (frame.notice(refused, field=next(iter(errors or ()), None)),)
    page = frame.page(
        visit, said("Calibration session"), at=place.inside(visit, found, is_below=False), notices=notices
    )  # fmt: skip
    view = _view(visit, found, labels, key=key, errors=errors or {})
    return frame.shown("calibration/detail.html", view, page, status=200 if refused is None else status_of(refused))


def _view(
    visit: Visit, found: Session, labels: Overview | None, *, key: str, errors: Mapping[str, str]
) -> views.SessionDetail:
    row, root = found.row, place.root(found.row.calibration)
    is_labelling, is_running = row.state == "labelling", row.state in ("labelling", "revealed")
    may_lead = access.allows(visit.actor, "intervene")
    mine = found.mine
    waits = any(one.done < one.total for one in found.progress)
    numbers, rows = _rows(found, labels)
    is_left = is_labelling and mine is not None and mine.done < mine.total
    return views.SessionDetail(
        state=place.STATES[row.state], facts=_facts(found), sentence=_sentence(found),
        mine=None if mine is None else views.Progress(name=said("Labelled by you"), done=mine.done, total=mine.total),
        label_href=f"{root}/label" if is_left else None, progress=_progress(visit, found),
        reveal_action=f"{root}/reveal" if may_lead and is_labelling else None, reveal_needs_reason=waits,
        reveal_reason=visit.text("reason"), end_action=f"{root}/end" if may_lead and is_running else None,
        end_label=said("Abandon the session") if is_labelling else said("End the session"),
        end_needs_reason=is_labelling,
        idempotency_key=key, agreement=words.estimate(found.agreement) if found.agreement else None,
        agreement_note=_note(found), numbers=numbers, rows=rows,
        rubric_href=None if labels is None else f"{root}/rubric",
        rubric_label=said("Mark words of the rubric")
        if mine and row.state == "revealed"
        else said("Read the marks on the rubric"),
        revision_href=_revision(visit, found), errors=tuple(errors.items()),
    )  # fmt: skip


def _revision(visit: Visit, found: Session) -> str | None:
    """A revision starts from a session whose labels were shown."""
    may = access.allows(visit.actor, "rubric.write") and found.row.revealed_seq is not None
    return f"{place.root(found.row.calibration)}/revision" if may else None


def _facts(found: Session) -> tuple[Fact, ...]:
    row = found.row
    rubric = f"/programmes/{row.programme}/rubrics/{row.rubric}/{row.rubric_version}"
    return (
        Fact(term=said("Items"), value=count(found.items)), Fact(term=said("Participants"), value=count(found.people)),
        Fact(term=said("Rubric"), value=f"{row.rubric} {row.rubric_version}", href=rubric),
        Fact(term=said("Marks"), value=count(found.marks)),
        Fact(term=said("Proposed examples"), value=count(found.examples)),
    )  # fmt: skip


def _sentence(found: Session) -> str:
    state = found.row.state
    if state == "labelling" and found.mine is not None and found.mine.done == found.mine.total:
        return said("You have labelled every item. The lead shows all labels when the others have finished, too.")
    if state == "labelling":
        return said(
            "Everybody labels the same items alone. Nobody sees another's label until the lead shows all of them."
        )
    if state == "revealed":
        return said(
            "All labels are shown side by side, by number. Compare the items on which you differ, and mark the words "
            "of the rubric that you read differently: it is about the rubric, and about nobody."
        )
    if state == "abandoned":
        return said("The lead abandoned this session before any label was shown. It says nothing of the rubric.")
    return said("The session is over. What it says of the rubric stays.")


def _note(found: Session) -> str:
    if found.agreement is None:
        return ""
    metric = words.METRICS.get(found.agreement.metric) or found.agreement.metric
    note = counted(
        "%(metric)s over %(number)s label of this session. It stands beside no threshold: a session decides nothing.",
        "%(metric)s over %(number)s labels of this session. It stands beside no threshold: a session decides nothing.",
        found.agreement.judgments, metric=metric,
    )  # fmt: skip
    if not found.missing:
        return note
    left = counted(
        "%(number)s participant had not finished.", "%(number)s participants had not finished.", found.missing
    )
    return f"{note} {left}"


def _progress(visit: Visit, found: Session) -> tuple[views.Progress, ...]:
    """Who is how far, for those who read about it, by name. Which number anybody has is told to nobody."""
    if not found.progress:
        return ()
    names = frame.names(visit)
    rows = [
        views.Progress(name=names.get(one.person, one.person), done=one.done, total=one.total) for one in found.progress
    ]
    return tuple(sorted(rows, key=lambda one: one.name))


def _rows(found: Session, labels: Overview | None) -> tuple[tuple[str, ...], tuple[views.LabelRow, ...]]:
    if labels is None:
        return (), ()
    numbers = tuple(
        said("%(number)s (you)", number=number) if number == labels.own else str(number)
        for number in range(1, labels.people + 1)
    )
    return numbers, tuple(
        views.LabelRow(
            name=said("Item %(number)s", number=number), href=f"{place.root(found.row.calibration)}/items/{item}",
            verdicts=_verdicts(given, labels.people),
            status=Pill(label="divided", tone="waiting")
            if item in labels.divided
            else Pill(label="same way"),
        )
        for number, (item, given) in enumerate(labels.items, 1)
    )  # fmt: skip


def _verdicts(given: tuple[LabelShown, ...], people: int) -> tuple[str, ...]:
    by_number = {one.number: words.verdict(one.verdict) for one in given}
    return tuple(by_number.get(number, "") for number in range(1, people + 1))


def reveal(visit: Visit) -> PageAnswer:
    """Show all labels."""
    name, key = visit.path["calibration_id"], visit.text("idempotency_key")
    done = calibration.reveal(visit.cell, visit.actor, name, reason=visit.text("reason"), key=key)
    if not isinstance(done, Refused):
        return frame.moved(f"{place.root(name)}?done=revealed")
    if done == access.ABSENT:
        return done
    errors = {"reveal-reason": refusal_line(done)} if done.field == "reason" else {}
    return _detail(visit, key=new_key(), refused=done, errors=errors)


def end(visit: Visit) -> PageAnswer:
    """End the session, or abandon it."""
    name, key = visit.path["calibration_id"], visit.text("idempotency_key")
    done = calibration.end(visit.cell, visit.actor, name, reason=visit.text("reason"), key=key)
    if not isinstance(done, Refused):
        return frame.moved(f"{place.root(name)}?done=calibrated")
    if done == access.ABSENT:
        return done
    errors = {"end-reason": refusal_line(done)} if done.field == "reason" else {}
    return _detail(visit, key=new_key(), refused=done, errors=errors)


# --- one item -----------------------------------------------------------------------------------------------------


def item(visit: Visit) -> PageAnswer:
    """One item with its labels. That it was opened is an event."""
    return _item(visit, key=new_key())


def item_why(visit: Visit) -> PageAnswer:
    """Open an item with a reason and words for it."""
    name, wanted = visit.path["calibration_id"], visit.path["item"]
    found = calibration.item_labels(
        visit.cell, visit.actor, name, wanted, reason=visit.text("reason"), words=visit.text("words")
    )
    path = f"{place.root(name)}/items/{wanted}"
    return frame.opened_for(visit, found, path, asked_at=f"{path}/why")


def _item(visit: Visit, *, key: str, refused: Refused | None = None) -> PageAnswer:
    name, wanted = visit.path["calibration_id"], visit.path["item"]
    labels = calibration.item_labels(visit.cell, visit.actor, name, wanted, reason=visit.query.get("reason", ""))
    if isinstance(labels, Refused):
        path = f"{place.root(name)}/items/{wanted}/why"
        return frame.ask_why(visit, path, labels) if labels.code in frame.ASKED else labels
    found = calibration.session(visit.cell, visit.actor, name)
    overview = calibration.overview(visit.cell, visit.actor, name)
    if isinstance(found, Refused) or isinstance(overview, Refused):
        return access.ABSENT
    typed = {part: visit.text(part) for part in _EXAMPLE}
    errors = {} if refused is None or refused.field is None else {refused.field: refusal_line(refused)}
    may_propose = found.mine is not None and found.row.state == "revealed" and not labels.is_gone
    prompt, context = form.read_first(labels.shown)
    names = {part.id: part.name for part in labels.rubric.criteria}
    scale = labels.rubric.criteria[0].scale
    view = views.ItemLabels(
        prompt=prompt, context=context, pieces=form.pieces(labels.shown), pieces_title=form.pieces_title(labels.shown),
        shield=None if labels.is_gone else shield(visit, wanted),
        labels=tuple(_label(one, names) for one in labels.labels),
        back=Link(label=said("All items of the session"), href=place.root(name)),
        following=_following(visit, overview, wanted),
        action=f"{place.root(name)}/items/{wanted}/examples" if may_propose else None, idempotency_key=key,
        candidates=tuple(Choice(value=v, label=v.upper(), is_chosen=typed["candidate"] == v) for v in ("a", "b")),
        criteria=tuple(Choice(value=v, label=n, is_chosen=typed["criterion"] == v) for v, n in names.items()),
        score=typed["score"], scores=said(
            "A number, such as %(low)s to %(high)s, on the criterion's own scale.", low=scale.low, high=scale.high
        ),
        title=typed["title"], situation=typed["situation"], why=typed["why"], errors=tuple(errors.items()),
    )  # fmt: skip
    notices: tuple[Notice, ...] = () if refused is None else (frame.notice(refused, field=next(iter(errors), None)),)
    number = [name for name, _ in overview.items].index(wanted) + 1
    page = frame.page(
        visit, said("Labels of item %(number)s", number=number), at=place.inside(visit, found), notices=notices
    )
    return frame.shown("calibration/item.html", view, page, status=200 if refused is None else status_of(refused))


def _following(visit: Visit, overview: Overview, wanted: str) -> Link | None:
    names = [name for name, _ in overview.items]
    after = names[names.index(wanted) + 1 :]
    if not after:
        return None
    path = f"{place.root(overview.row.calibration)}/items/{after[0]}"
    return Link(label=said("Next item"), href=frame.looking_at(path, visit.query.get("reason", "")))


def _label(given: LabelShown, names: Mapping[str, str]) -> views.SideLabel:
    scored = {name: given.scores[name] for name in names if name in given.scores}
    return views.SideLabel(
        label=place.who(given.number, is_own=given.is_own), verdict=words.verdict(given.verdict),
        scores=answers.scores(scored, {name: names[name] for name in scored}), heads=answers.heads(scored),
        reasons=answers.reasons(given.reasons, names),
        marks=(Pill(label="in the words below, A is your B", tone="waiting"),) if given.is_mirrored else (),
    )  # fmt: skip


def propose(visit: Visit) -> PageAnswer:
    """Propose a worked example."""
    name, wanted = visit.path["calibration_id"], visit.path["item"]
    score = visit.text("score")
    new = NewExample(
        visit.text("candidate"), visit.text("criterion"),
        int(score) if score.isascii() and score.isdigit() and len(score) < 3 else -1,
        visit.text("title"), visit.text("situation"), visit.text("why"),
    )  # fmt: skip
    done = calibration.propose(visit.cell, visit.actor, name, wanted, new=new, key=visit.text("idempotency_key"))
    if not isinstance(done, Refused):
        return frame.moved(f"{place.root(name)}/items/{wanted}?done=proposed")
    return done if done == access.ABSENT else _item(visit, key=new_key(), refused=done)
