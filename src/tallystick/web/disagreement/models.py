"""Models of causes: what they were fitted to, how good they are, which one is in force. Through app."""

from collections.abc import Mapping, Sequence

from tallystick.app import access, disagreement
from tallystick.app.kernel import new_key
from tallystick.canon import PPM
from tallystick.edge import Visit
from tallystick.edge.pages import PageAnswer
from tallystick.events.disagreement import ClassModelFitted, ModelQuality
from tallystick.flow.disagreement import BUILT_IN, CAUSE_NAMES
from tallystick.flow.refusal import Refused
from tallystick.web import frame, words
from tallystick.web.disagreement.words import corrections, percent
from tallystick.web.language import said
from tallystick.web.language.formats import count, number
from tallystick.web.views import disagreement as views
from tallystick.web.views.parts import Fact, Link, Pill


def models(visit: Visit) -> PageAnswer:
    """Models of causes, and what people made of proposed ones."""
    found = disagreement.models(visit.cell, visit.actor)
    if isinstance(found, Refused):
        return found
    may = access.allows(visit.actor, "monitor.write")
    built_in = views.ModelRow(
        name=BUILT_IN, state=_state(is_in_force=found.in_force == BUILT_IN), facts=(), action=_action(
            BUILT_IN, is_possible=may and found.in_force != BUILT_IN
        ), why=said("Equal shares of causes; every number and its reason stand in the documentation."),
        idempotency_key=new_key(),
    )  # fmt: skip
    fitted = tuple(
        views.ModelRow(
            name=fact.model, state=_state(is_in_force=bool(row.is_in_force)), facts=_fitted(fact), why=fact.why,
            action=_action(fact.model, is_possible=may and not row.is_in_force), idempotency_key=new_key(),
        )
        for row, fact in found.fitted
    )  # fmt: skip
    view = views.ModelsPage(
        corrections=corrections(found.corrections), quality=_quality(found.quality), rows=(*fitted, built_in),
        action="/causes/models" if may else None, idempotency_key=new_key(),
        back=Link(label=said("Programmes"), href="/programmes"),
    )  # fmt: skip
    return frame.shown("disagreement/models.html", view, frame.page(visit, said("Models of causes")))


def _state(*, is_in_force: bool) -> Pill:
    return Pill(label="in force", tone="good") if is_in_force else Pill(label="not in force")


def _action(model: str, *, is_possible: bool) -> str | None:
    return f"/causes/models/{model}" if is_possible else None


def _fitted(fact: ClassModelFitted) -> tuple[Fact, ...]:
    return (
        Fact(term=said("Corrected cases"), value=count(fact.cases)),
        Fact(term=said("Temperature"), value=number(fact.temperature_ppm / PPM)),
        *(
            Fact(
                term=said("%(figure)s, before and after", figure=term),
                value=said("%(before)s and %(after)s", before=_told(before), after=_told(after)),
            )
            for (term, before), (_, after) in zip(_figures(fact.before), _figures(fact.after), strict=True)
        ),
        *(
            Fact(
                term=said("Shares of causes, %(domain)s", domain=domain)
                if domain
                else said("Shares of causes, all domains"),
                value=_shares(shares),
            )
            for domain, shares in fact.priors.items()
            if fact.are_priors_fitted
        ),
    )


def _shares(shares: Mapping[str, int]) -> str:
    return ", ".join(f"{words.CAUSES[name]} {percent(shares[name] / PPM)}" for name in CAUSE_NAMES)


def _figures(found: ModelQuality) -> Sequence[tuple[str, int | None]]:
    return (
        (said("Share undetermined"), found.undetermined_ppm),
        (said("Right when determined"), found.accuracy_when_determined_ppm),
        (said("Balanced accuracy"), found.balanced_accuracy_ppm),
        (said("Calibration error"), found.calibration_error_ppm),
        (said("Brier score"), found.brier_ppm),
    )  # fmt: skip


def _told(ppm: int | None) -> str:
    return said("none") if ppm is None else number(ppm / PPM, 3)


def _quality(found: ModelQuality | None) -> tuple[Fact, ...]:
    return () if found is None else tuple(Fact(term=term, value=_told(ppm)) for term, ppm in _figures(found))


def fit(visit: Visit) -> PageAnswer:
    """Fit a model to all corrections."""
    done = disagreement.fit_model(visit.cell, visit.actor, key=visit.text("idempotency_key"))
    return done if isinstance(done, Refused) else frame.moved("/causes/models?done=fitted")


def choose(visit: Visit) -> PageAnswer:
    """Put a model into force."""
    model, key = visit.path["model"], visit.text("idempotency_key")
    done = disagreement.choose_model(visit.cell, visit.actor, model, key=key)
    return done if isinstance(done, Refused) else frame.moved("/causes/models?done=chosen")
