"""Shortcut audits: make one, and read what was found, group by group, each effect in a sentence. Through app."""

from tallystick.app import access, monitoring
from tallystick.app.kernel import new_key
from tallystick.app.monitoring import PastAudit
from tallystick.edge import Site, Visit, status_of
from tallystick.edge.pages import PageAnswer
from tallystick.events.monitoring import ShortcutAudited, ShortcutEffect
from tallystick.flow.monitoring import told
from tallystick.flow.monitoring.audit import EXPERT, PROMPTS_MIN, VERSION, WHOLE
from tallystick.flow.refusal import Refused
from tallystick.plots import IntervalPlot, IntervalRow
from tallystick.web import frame, words
from tallystick.web.frame import Place
from tallystick.web.language import N_, Words, counted, resaid, said
from tallystick.web.language.formats import count
from tallystick.web.monitoring.shares import share_of_ppm
from tallystick.web.views import monitoring as views
from tallystick.web.views.page import Notice
from tallystick.web.views.parts import Fact, Link, Pill

HEADING = N_("Shortcuts")
SECTION = N_("Quality")
NOTE = N_(
    "An effect is no proof of a shortcut: where better answers are longer, preferences follow length too. Look at "
    "pairs that are alike in it. Effects are called at a false discovery rate of 5 % over all features of all groups "
    "of a kind."
)


def mount(site: Site) -> None:
    """Register shortcut audits."""
    site.page("/programmes/{programme}/shortcuts", shortcuts, permission="monitor.read")
    site.page("/programmes/{programme}/shortcuts", run, permission="monitor.write", methods=("POST",), max_bytes=2_000)


def shortcuts(visit: Visit) -> PageAnswer:
    """The newest audit of a programme, and the form for another."""
    return _shown(visit)


def _shown(visit: Visit, *, notices: tuple[Notice, ...] = (), status: int = 200) -> PageAnswer:
    programme = visit.path["programme"]
    found = monitoring.audits(visit.cell, visit.actor, programme)
    if isinstance(found, Refused):
        return found
    root = f"/programmes/{programme}"
    newest = found.audits[0] if found.audits else None
    may = access.allows(visit.actor, "monitor.write")
    view = views.ShortcutsPage(
        action=f"{root}/shortcuts" if may else None, idempotency_key=new_key(), language=visit.text("language"),
        recorded="" if newest is None else _recorded(visit, newest),
        groups=() if newest is None else tuple(_group(fact, found.names) for fact in _in_order(newest)),
        plot=None if newest is None else _plot(newest),
        earlier=tuple(
            Link(label=words.told(one.at), href=f"/receipts/{one.seq}", note=_flags(one)) for one in found.audits[1:20]
        ),
        note=said(NOTE),
    )  # fmt: skip
    trail = ((found.programme.title, root), (said(SECTION), f"{root}/monitoring"))
    at = Place(trail=trail, programme=programme, section=SECTION)
    page = frame.page(visit, said(HEADING), at=at, notices=notices)
    return frame.shown("monitoring/shortcuts.html", view, page, status=status)


def _recorded(visit: Visit, one: PastAudit) -> str:
    who = frame.names(visit).get(one.by, one.by)
    return said(
        "Recorded at entry %(entry)s on %(time)s by %(who)s.", entry=count(one.seq), time=words.told(one.at), who=who
    )


def _flags(one: PastAudit) -> str:
    flagged = sum(fact.is_flagged for fact in one.facts)
    groups = counted("%(number)s group", "%(number)s groups", len(one.facts))
    return said("%(groups)s, %(number)s flagged", groups=groups, number=count(flagged))


_AXES = (WHOLE, VERSION, EXPERT)


def _in_order(one: PastAudit) -> list[ShortcutAudited]:
    return sorted(one.facts, key=lambda fact: (fact.source != "here", _AXES.index(fact.axis), fact.name))


def _heading(fact: ShortcutAudited, names: dict[str, str]) -> str:
    is_here = fact.source == "here"
    if fact.axis == WHOLE:
        return said("All, judged here") if is_here else said("All, judged elsewhere")
    name = names.get(fact.name, fact.name)
    return said("%(name)s, judged here", name=name) if is_here else said("%(name)s, judged elsewhere", name=name)


def _group(fact: ShortcutAudited, names: dict[str, str]) -> views.AuditGroup:
    return views.AuditGroup(
        heading=_heading(fact, names), sentence=resaid(told.foretold(fact)),
        status=Pill(label="flagged", tone="bad") if fact.is_flagged else Pill(label="not flagged", tone="good"),
        findings=tuple(
            resaid(told.effect_sentence(one, fact)) for one in fact.effects if one.is_called and one.win_ppm is not None
        ),
        effects=tuple(_effect(one) for one in fact.effects), facts=_facts(fact),
    )  # fmt: skip


_FEATURES = Words({
    "length": "Length", "bullets": "Bullets", "headers": "Headers", "bold": "Bold", "code": "Code",
    "prompt_repetition": "Prompt repetition", "hedges": "Hedges", "confidence": "Confidence", "refusal": "Refusal",
    "first_position": "First position",
})  # fmt: skip
_STATUSES = Words({
    "no_variation": "no variation", "too_few_items": "too few items", "no_overlap": "no overlap",
    "single_rater": "single rater",
})  # fmt: skip


def _feature(name: str) -> str:
    return _FEATURES.get(name) or name.replace("_", " ").capitalize()


def _effect(one: ShortcutEffect) -> views.EffectRow:
    status = Pill(label="called", tone="waiting") if one.is_called else Pill(label="not called")
    if one.status != "ok":
        status = Pill(label=_STATUSES.get(one.status) or one.status.replace("_", " "))
    return views.EffectRow(
        name=_feature(one.feature),
        wins=share_of_ppm(one.win_ppm, one.win_low_ppm, one.win_high_ppm, of=""),
        plain=share_of_ppm(one.plain_ppm, one.plain_low_ppm, one.plain_high_ppm, of=""), unequal=one.unequal,
        status=status,
    )  # fmt: skip


def _facts(fact: ShortcutAudited) -> tuple[Fact, ...]:
    facts = [
        Fact(term=said("Preferences"), value=count(fact.pairs)),
        Fact(term=said("Of them ties"), value=count(fact.tied)),
        Fact(term=said("Prompts"), value=count(fact.prompts)),
        Fact(term=said("Without a preference"), value=count(fact.missing)),
        Fact(term=said("Inputs"), value=fact.inputs_digest, is_digest=True),
    ]  # fmt: skip
    if fact.left_out:
        others = counted("%(number)s other, not audited", "%(number)s others, not audited", fact.left_out)
        facts.append(Fact(term=said("Fewer than %(number)s prompts", number=PROMPTS_MIN), value=others))
    if fact.erased:
        erased = counted("%(number)s judgment", "%(number)s judgments", fact.erased)
        facts.append(Fact(term=said("Texts erased"), value=erased))
    return tuple(facts)


def _plot(one: PastAudit) -> IntervalPlot | None:
    """How likely one spread more wins, of all that was judged here, or else elsewhere."""
    whole = next((fact for fact in _in_order(one) if fact.axis == WHOLE), None)
    if whole is None:
        return None
    rows = tuple(
        IntervalRow(
            label=_feature(effect.feature), value=effect.win_ppm / 1_000_000,
            low=None if effect.win_low_ppm is None or effect.win_high_ppm is None else effect.win_low_ppm / 1_000_000,
            high=None if effect.win_low_ppm is None or effect.win_high_ppm is None else effect.win_high_ppm / 1_000_000,
        )
        for effect in whole.effects
        if effect.win_ppm is not None
    )  # fmt: skip
    return (
        IntervalPlot(title=said("Chance of being preferred with one usual difference more"), rows=rows)
        if rows
        else None
    )


def run(visit: Visit) -> PageAnswer:
    """Make an audit. It opens the texts that were judged, which is recorded."""
    programme = visit.path["programme"]
    done = monitoring.run(
        visit.cell, visit.actor, programme, language=visit.text("language").strip(), key=visit.text("idempotency_key")
    )
    if isinstance(done, Refused):
        return _shown(visit, notices=(frame.notice(done, field="language"),), status=status_of(done))
    return frame.moved(f"/programmes/{programme}/shortcuts?done=audited")
