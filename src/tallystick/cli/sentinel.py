"""`tallystick sentinel`: gold items in the work: what rates mean, setting them, what they show, the auditor's check."""

from typing import Annotated

import typer

from tallystick.app import sentinel
from tallystick.app.kernel import new_key
from tallystick.app.sentinel import Overview
from tallystick.canon import PPM
from tallystick.cli import shell
from tallystick.flow.refusal import Refused
from tallystick.flow.sentinel import Offer, Wish

app = typer.Typer(
    name="sentinel", no_args_is_help=True, help="Gold items that stand blind in the work, and what their answers show."
)
USUAL = Wish()

Acceptable = Annotated[float, typer.Option("--acceptable", help="Accuracy that is acceptable.")]
Unacceptable = Annotated[float, typer.Option("--unacceptable", help="Accuracy that is not.")]
Within = Annotated[int, typer.Option("--found-within", help="Judgments within which a fall is found.")]
Found = Annotated[float, typer.Option("--found-chance", help="With this chance at least.")]
Horizon = Annotated[int, typer.Option("--false-horizon", help="Judgments of somebody who stays acceptable.")]
False_ = Annotated[
    float, typer.Option("--false-chance", help="With a false alarm among them with this chance at most.")
]


def _wish(acceptable: float, unacceptable: float, *, within: int, found: float, horizon: int, false: float) -> Wish:
    return Wish(
        acceptable_ppm=round(acceptable * PPM), unacceptable_ppm=round(unacceptable * PPM), found_within=within,
        found_ppm=round(found * PPM), false_horizon=horizon, false_ppm=round(false * PPM),
    )  # fmt: skip


@app.command()
def plan(
    directory: shell.Directory, programme: shell.Programme, login: shell.Login, *, password_fd: shell.PasswordFd = None,
    acceptable: Acceptable = USUAL.acceptable_ppm / PPM, unacceptable: Unacceptable = USUAL.unacceptable_ppm / PPM,
    within: Within = USUAL.found_within, found: Found = USUAL.found_ppm / PPM, horizon: Horizon = USUAL.false_horizon,
    false: False_ = USUAL.false_ppm / PPM, as_json: shell.AsJson = False,
) -> None:  # fmt: skip
    """Say what error rates mean before they are set: how many sentinels, false alarms, delays. Writes nothing."""
    wish = _wish(acceptable, unacceptable, within=within, found=found, horizon=horizon, false=false)
    with shell.opened(directory) as cell:
        offered = sentinel.offer(cell, shell.act_as(cell, login, password_fd), programme, wish)
    if isinstance(offered, Refused):
        shell.refuse(offered)
    shell.show_facts("What these rates mean", _offer(offered), as_json=as_json)


def _offer(offered: Offer) -> dict[str, object]:
    rate = offered.rate
    return {
        "sentinels": f"{offered.rate_ppm / PPM:.1%} of all leases", "rate_ppm": offered.rate_ppm,
        "found_within": f"{offered.wish.found_within} judgments, chance {rate.found_chance:.3f}",
        "false_alarms": f"chance {rate.false_chance:.3f} within {offered.wish.false_horizon} judgments",
        "judgments_between_false_alarms": round(rate.mean_between),
        "judgments_to_alarm": round(offered.judgments_to_alarm(offered.wish.unacceptable_ppm / PPM)),
    }  # fmt: skip


@app.command("set")
def set_(
    directory: shell.Directory, programme: shell.Programme, login: shell.Login, *, password_fd: shell.PasswordFd = None,
    acceptable: Acceptable = USUAL.acceptable_ppm / PPM, unacceptable: Unacceptable = USUAL.unacceptable_ppm / PPM,
    within: Within = USUAL.found_within, found: Found = USUAL.found_ppm / PPM, horizon: Horizon = USUAL.false_horizon,
    false: False_ = USUAL.false_ppm / PPM, as_json: shell.AsJson = False,
) -> None:  # fmt: skip
    """Mix sentinels into a programme from here on. The same rates again give them a new secret."""
    wish = _wish(acceptable, unacceptable, within=within, found=found, horizon=horizon, false=false)
    with shell.opened(directory) as cell:
        actor = shell.act_as(cell, login, password_fd)
        done = sentinel.set_policy(cell, actor, programme, wish, key=new_key())
    if isinstance(done, Refused):
        shell.refuse(done)
    facts: dict[str, object] = {
        "version": done.fact.version,
        "rate_ppm": done.fact.rate_ppm,
        "seq": done.receipt.first_seq,
    }
    shell.show_facts("Sentinels are mixed in", facts, as_json=as_json)


@app.command()
def show(
    directory: shell.Directory, programme: shell.Programme, login: shell.Login, *, password_fd: shell.PasswordFd = None,
    as_json: shell.AsJson = False,
) -> None:  # fmt: skip
    """Show the policy, every chart, every fall that waits for a decision, and what is left of the gold."""
    with shell.opened(directory) as cell:
        found = sentinel.overview(cell, shell.act_as(cell, login, password_fd), programme)
    if isinstance(found, Refused):
        shell.refuse(found)
    shell.show_facts(f"Sentinels of {programme}", _overview(found), as_json=as_json)


def _overview(found: Overview) -> dict[str, object]:
    policy = found.policy
    return {
        "policy": None if policy is None else f"version {policy.version}, {policy.rate_ppm / PPM:.1%} of all leases",
        "answers": found.answers, "right": found.right,
        "charts": [
            f"{one.row.expert} {one.row.rubric}: {one.row.state}, {one.row.right} of {one.row.taken} right, score "
            f"{one.row.score} of {one.limit}"
            for one in found.charts
        ],
        "falls": [
            f"{one.seq}: {one.expert} {one.rubric}, {one.held} held"
            for one in found.falls
            if one.state == "open"
        ],
        "warnings": list(found.warnings),
    }  # fmt: skip


@app.command()
def decide(
    directory: shell.Directory, programme: shell.Programme, login: shell.Login,
    fall: Annotated[int, typer.Option("--fall", help="Place in the journal of the fall, as `show` has it.")],
    found: Annotated[str, typer.Option("--found", help="rubric, gold, expert, chance or unclear.")],
    words: Annotated[str, typer.Option("--words", help="What was looked at and what was found.")],
    *, password_fd: shell.PasswordFd = None, as_json: shell.AsJson = False,
) -> None:  # fmt: skip
    """Say what a fall came from, and let the expert work on. What is held stays held until it is reviewed."""
    with shell.opened(directory) as cell:
        actor = shell.act_as(cell, login, password_fd)
        done = sentinel.decide(cell, actor, programme, fall, found=found, words=words, key=new_key())
    if isinstance(done, Refused):
        shell.refuse(done)
    shell.show_facts("The expert works on", {"fall": done.detected, "seq": done.receipt.first_seq}, as_json=as_json)


@app.command()
def end(
    directory: shell.Directory, programme: shell.Programme, login: shell.Login,
    words: Annotated[str, typer.Option("--words", help="Why no more sentinels are wanted.")],
    *, password_fd: shell.PasswordFd = None, as_json: shell.AsJson = False,
) -> None:  # fmt: skip
    """Mix in no more sentinels."""
    with shell.opened(directory) as cell:
        actor = shell.act_as(cell, login, password_fd)
        done = sentinel.end_policy(cell, actor, programme, words=words, key=new_key())
    if isinstance(done, Refused):
        shell.refuse(done)
    shell.show_facts("No more sentinels", {"version": done.version, "seq": done.receipt.first_seq}, as_json=as_json)


@app.command()
def check(
    directory: shell.Directory, programme: shell.Programme, login: shell.Login, *, password_fd: shell.PasswordFd = None,
    reason: Annotated[str, typer.Option("--reason", help="Why you look: review, audit, incident or rights.")] = "audit",
    as_json: shell.AsJson = False,
) -> None:  # fmt: skip
    """Check that sentinels stood where the secret of each version says. Exit status 1 when they did not."""
    with shell.opened(directory) as cell:
        found = sentinel.check_schedule(cell, shell.act_as(cell, login, password_fd), programme, reason=reason)
    if isinstance(found, Refused):
        shell.refuse(found)
    rows = [
        {
            "version": one.policy.version, "rate_ppm": one.policy.rate_ppm, "leases": one.found.leases,
            "due": one.found.due, "served": one.found.served, "used_up": one.found.used_up,
            "departures": list(one.found.departures), "secret": one.secret,
        }
        for one in found
    ]  # fmt: skip
    if as_json:
        shell.show_json(rows)
    else:
        shell.show_lines(
            [
                f"version {row['version']}: {row['leases']} leases, {row['due']} due, {row['served']} served, "
                f"{row['used_up']} for which the pool was used up, departures: {len(one.found.departures)}"
                for row, one in zip(rows, found, strict=True)
            ]
        )
    if any(one.found.departures for one in found):
        raise typer.Exit(1)
