"""What pages on sentinels say: rates and what they cost, falls, charts, paces. Reads and writes nothing."""

from collections.abc import Mapping
from typing import Final

from tallystick.app.sentinel import ChartPage, Overview
from tallystick.app.sentinel.reading import PoolLeft
from tallystick.canon import PPM
from tallystick.flow.sentinel import MILLI, Offer, Pace
from tallystick.web import words
from tallystick.web.language import N_, Words, counted, formats, said, told
from tallystick.web.language.formats import count
from tallystick.web.views import sentinel as views
from tallystick.web.views.parts import Fact, Pill

RATES: Final = (
    ("acceptable_ppm", N_("Accuracy that is acceptable"), N_("In percent, on sentinels, in the mean."), True),
    (
        "unacceptable_ppm", N_("Accuracy that is not"),
        N_("In percent. The further below the first, the fewer sentinels."), True,
    ),
    ("found_within", N_("A fall to it is found within"), N_("Judgments of one expert."), False),
    ("found_ppm", N_("with a chance of at least"), N_("In percent."), True),
    ("false_horizon", N_("Somebody who stays acceptable has within"), N_("Judgments of one expert."), False),
    ("false_ppm", N_("a false alarm with a chance of at most"), N_("In percent."), True),
)  # fmt: skip


CAUSES: Final = Words({
    "rubric": "The rubric: it changed, or it is unclear",
    "gold": "The gold: an item is wrong, or is not like the work",
    "expert": "The expert: tired, distracted, or on a wrong track",
    "chance": "Chance: nothing else was found",
    "unclear": "It stays unclear",
})  # fmt: skip


STATES: Final = {
    "running": Pill(label="running", tone="good"),
    "crossed": Pill(label="limit reached", tone="waiting"),
    "paused": Pill(label="work stopped", tone="bad"),
}


def judgments(number: int) -> str:
    """`1 judgment`, `1,200 judgments`."""
    return counted("%(number)s judgment", "%(number)s judgments", number)


def about(number: int) -> str:
    """How long something lasts."""
    return counted("about %(number)s judgment", "about %(number)s judgments", number)


def part_of(part: int, whole: int) -> str:
    """`3 of 20`."""
    return said("%(done)s of %(total)s", done=count(part), total=count(whole))


def policy(found: Overview) -> tuple[Fact, ...]:
    """The policy in force; nothing where there is none."""
    now = found.policy
    if now is None:
        return ()
    delay = round(now.delay_usual_milli / MILLI * PPM / now.rate_ppm)
    return (
        Fact(
            term=said("In force"),
            value=said("version %(version)s, since %(time)s", version=now.version, time=words.moment(now.at)),
        ),
        Fact(term=said("Sentinels"), value=_of_leases(now.rate_ppm)),
        Fact(
            term=said("Told apart"),
            value=said("%(high)s from %(low)s", high=percent(now.acceptable_ppm), low=percent(now.unacceptable_ppm)),
        ),
        Fact(term=said("False alarms"), value=_alarms(now.judgments_between, found.experts)),
        Fact(
            term=said("A fall is found after"),
            value=counted("about %(number)s judgment in the mean", "about %(number)s judgments in the mean", delay),
        ),
        Fact(term=said("Answers so far"), value=_right_of(found.answers, found.right)),
    )


def warnings(found: Overview, known: Mapping[str, str]) -> tuple[str, ...]:
    """What somebody has to do something about: gold that runs out. `known`: names of people, for who may read them."""
    low = [one for one in found.left if one.is_low and found.policy is not None]
    return tuple(_warning(one, known.get(one.expert, one.expert)) for one in low)


def _warning(one: PoolLeft, expert: str) -> str:
    if one.left == 0:
        return said(
            "No sentinels are left for %(expert)s in %(domain)s: all %(total)s gold items were seen, and no fall of "
            "accuracy would be noticed. Import gold items for this domain.",
            expert=expert, domain=one.domain, total=count(one.total),
        )  # fmt: skip
    return said(
        "%(left)s of %(total)s gold items are left for %(expert)s in %(domain)s: import more before they are used up.",
        left=count(one.left), total=count(one.total), expert=expert, domain=one.domain,
    )  # fmt: skip


def right(part: int, whole: int) -> str:
    """`3 of 20 right`."""
    return said("%(right)s of %(answers)s right", right=count(part), answers=count(whole))


def _of_leases(ppm: int) -> str:
    return said("%(share)s of all leases", share=percent(ppm))


def _right_of(answers: int, right: int) -> str:
    return said("%(answers)s, of which %(right)s right", answers=count(answers), right=count(right))


def _alarms(between: int, experts: int) -> str:
    """How often somebody who stays acceptable gives a false alarm, and how often that is among all."""
    alarms = counted(
        "one in %(number)s judgment of each expert who stays acceptable",
        "one in %(number)s judgments of each expert who stays acceptable",
        between,
    )
    together = round(between / experts) if experts else 0
    if not together:
        return alarms
    return said(
        "%(alarms)s; one in %(number)s of all %(experts)s",
        alarms=alarms, number=count(together), experts=count(experts),
    )  # fmt: skip


def percent(ppm: int) -> str:
    """`2.5 %`, with as many digits as there are, up to four."""
    return formats.percent(ppm / 10_000)


def offer_facts(found: Offer) -> tuple[Fact, ...]:
    """What rates mean."""
    rate, wish = found.rate, found.wish
    return (
        Fact(term=said("Sentinels"), value=_of_leases(found.rate_ppm)),
        Fact(
            term=said("A fall is found"),
            value=counted(
                "within %(number)s judgment with a chance of %(chance)s",
                "within %(number)s judgments with a chance of %(chance)s",
                wish.found_within, chance=_tenths(rate.found_chance),
            ),
        ),
        Fact(
            term=said("False alarms"),
            value=said(
                "within %(horizon)s with a chance of %(chance)s; in the mean one in %(judgments)s of one expert",
                horizon=judgments(wish.false_horizon), chance=_tenths(rate.false_chance),
                judgments=judgments(round(rate.mean_between)),
            ),
        ),
    )  # fmt: skip


def _tenths(share: float) -> str:
    """`81.3%`."""
    return said("%(number)s%%", number=formats.number(100 * share, 1))


def delays(found: Offer) -> tuple[views.Delay, ...]:
    """Mean judgments to the alarm at the two accuracies, between them and below."""
    high, low = found.wish.acceptable_ppm / PPM, found.wish.unacceptable_ppm / PPM
    marks = (
        (high, said("acceptable: a false alarm")), ((high + low) / 2, said("halfway")), (low, said("not acceptable")),
        (low * 0.8, said("worse")),
    )  # fmt: skip
    return tuple(
        views.Delay(accuracy=_tenths(at), judgments=count(round(found.judgments_to_alarm(at))), note=note)
        for at, note in marks
    )


def offer_sentences(found: Offer, seen: Overview) -> tuple[str, ...]:
    """What rates cost: in judgments, in gold items, in false alarms among all."""
    per_thousand = formats.number(found.rate_ppm / 1000, 0)
    sentences = [
        said(
            "Of %(thousand)s judgments %(number)s are sentinels: they are paid as work and bring no data.",
            thousand=count(1000), number=per_thousand,
        ),
        said(
            "In %(thousand)s judgments each expert needs about %(number)s gold items of their domain that they have "
            "not had, in a qualification or as a sentinel.",
            thousand=count(1000), number=per_thousand,
        ),
    ]  # fmt: skip
    if seen.experts > 1:
        between = round(found.rate.mean_between / seen.experts)
        sentences.append(
            said(
                "%(number)s experts and rubrics have a chart: somewhere among them one false alarm comes in "
                "%(judgments)s in the mean.",
                number=count(seen.experts), judgments=judgments(between),
            )
        )  # fmt: skip
    gold = {one.domain: one.gold - one.gone for one in seen.pools}
    sentences += [
        said(
            "%(domain)s: %(number)s gold items last %(judgments)s of somebody who has had none of them.",
            domain=domain, number=count(number), judgments=judgments(round(number * PPM / found.rate_ppm)),
        )
        for domain, number in sorted(gold.items())
    ]  # fmt: skip
    return tuple(sentences)


def chart_facts(found: ChartPage) -> tuple[Fact, ...]:
    """How a chart stands."""
    row, fall = found.row, found.fall
    facts = [
        Fact(term=said("State"), value=told(STATES[row.state].label)),
        Fact(term=said("Rubric version"), value=row.rubric_version),
        Fact(term=said("Answers"), value=_right_of(row.taken, row.right)),
        Fact(
            term=said("Score"),
            value=said(
                "%(score)s; at %(limit)s the chart gives alarm",
                score=count(row.score),
                limit=count(found.policy.limit),
            ),
        ),
    ]
    if fall is not None:
        facts += [
            Fact(
                term=said("Fall"),
                value=said(
                    "most likely from answer %(number)s on; not before %(earliest)s with a chance of %(chance)s",
                    number=count(fall.shift_from + 1), earliest=count(fall.earliest + 1), chance=formats.percent(95),
                ),
            ),
            Fact(term=said("Held for review"), value=judgments(fall.held)),
        ]  # fmt: skip
    return tuple(facts)


def pace(found: Pace | None) -> str:
    """How long somebody takes, and whether that changed."""
    if found is None:
        return said("Too few measured times so far: the usual pace is taken from the first 50 judgments.")
    usual = said(
        "%(seconds)s s is usual for this expert, in the median of their first judgments.",
        seconds=formats.number(found.usual_ms / 1000, 0),
    )
    now = formats.number(found.now_ms / 1000, 0)
    if found.direction is None:
        return f"{usual} " + said("Their newest take %(seconds)s s: no change beyond chance.", seconds=now)
    since = count((found.since or 0) + 1)
    return f"{usual} " + (
        said(
            "Since about judgment %(number)s they are faster: %(seconds)s s. This is a notice: nothing is held because "
            "of it.",
            number=since, seconds=now,
        )
        if found.direction == "faster"
        else said(
            "Since about judgment %(number)s they are slower: %(seconds)s s. This is a notice: nothing is held because "
            "of it.",
            number=since, seconds=now,
        )
    )  # fmt: skip
