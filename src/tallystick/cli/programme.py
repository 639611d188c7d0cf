"""`tallystick programme`: contracts, rubrics, imports, agreement, from the command line."""

from pathlib import Path
from typing import Annotated

import typer

from tallystick.app import constitution, contract, gate, items, rubric, slices
from tallystick.app.items import ImportReport
from tallystick.app.kernel import new_key
from tallystick.cli import shell
from tallystick.flow.constitution import Constitution
from tallystick.flow.contract import DataContract, check_bound
from tallystick.flow.document import Problem, Versioned, placed, read
from tallystick.flow.refusal import Refused
from tallystick.flow.rubric import DiffRow, Rubric, check_takeable, enough, rule_on
from tallystick.flow.slices import Slice

app = typer.Typer(name="programme", no_args_is_help=True, help="Contracts, rubrics, imports and agreement.")

File = Annotated[Path, typer.Argument(help="The file.")]


@app.command()
def check(file: File, as_json: shell.AsJson = False) -> None:
    """Check a contract, rubric or constitution without a cell. Exit 0 good, 1 problems."""
    data = shell.read_file(file, "a contract or a rubric")
    is_rubric, is_constitution = b"tallystick/rubric/" in data, b"tallystick/constitution/" in data
    model = Constitution if is_constitution else Rubric if is_rubric else DataContract
    found: Versioned | list[Problem] = read(data, file.name, model)
    if isinstance(found, DataContract):
        found = placed(check_bound(found, file.name), data) or found
    elif isinstance(found, Rubric):
        found = placed(check_takeable(found, file.name), data) or found
    if isinstance(found, list):
        shell.list_problems(found)
    kind = "constitution" if is_constitution else "rubric" if is_rubric else "contract"
    facts: dict[str, object] = {"document": kind, "version": found.version}
    if isinstance(found, Rubric):
        facts |= _qualification(found)
    shell.show_facts("No problems", facts, as_json=as_json)


def _qualification(rubric: Rubric) -> dict[str, object]:
    """Both error rates of the qualification on as many gold items as it asks for at least, and how many are enough."""
    asked = rubric.qualification
    rule, least = rule_on(asked, asked.gold_min), enough(asked)
    return {
        "gold_min": asked.gold_min,
        "guesser_passes": None if rule is None else round(rule.type1, 4),
        "expert_fails": None if rule is None else round(1 - rule.power, 4),
        "items_needed": None if least is None else least.n,
    }


@app.command("open")
def open_(
    file: File,
    directory: shell.Directory,
    login: shell.Login,
    password_fd: shell.PasswordFd = None,
    as_json: shell.AsJson = False,
) -> None:
    """Open a programme from its data contract, or bring a new version of the contract into force."""
    text = shell.read_text(file, "a data contract")
    with shell.opened(directory) as cell:
        actor = shell.act_as(cell, login, password_fd)
        done = contract.bring_into_force(cell, actor, text=text, name=file.name, key=new_key())
        if isinstance(done, list):
            shell.list_problems(done)
        if isinstance(done, Refused):
            shell.refuse(done)
        facts = {"programme": done.programme, "version": done.version, "seq": done.receipt.first_seq}
        shell.show_facts("In force", facts, as_json=as_json)


@app.command()
def publish(
    file: File,
    directory: shell.Directory,
    programme: shell.Programme,
    login: shell.Login,
    password_fd: shell.PasswordFd = None,
    as_json: shell.AsJson = False,
) -> None:
    """Publish a rubric version."""
    text = shell.read_text(file, "a rubric")
    with shell.opened(directory) as cell:
        actor = shell.act_as(cell, login, password_fd)
        done = rubric.publish(cell, actor, programme=programme, text=text, name=file.name, key=new_key())
        if isinstance(done, list):
            shell.list_problems(done)
        if isinstance(done, Refused):
            shell.refuse(done)
        facts = {
            "rubric": done.rubric, "version": done.version, "affected_criteria": list(done.affected),
            "lapsed_qualifications": done.lapsed,
        }  # fmt: skip
        shell.show_facts("Published", facts, as_json=as_json)


@app.command()
def diff(
    rubric_id: Annotated[str, typer.Argument(help="The rubric, by its id; `constitution` for the constitution.")],
    old: Annotated[str, typer.Argument(help="The earlier version.")],
    new: Annotated[str, typer.Argument(help="The later version.")],
    directory: shell.Directory,
    programme: shell.Programme,
    login: shell.Login,
    password_fd: shell.PasswordFd = None,
    as_json: shell.AsJson = False,
) -> None:
    """Lay two versions of a rubric or of the constitution side by side. Exit 0 the same, 1 different."""
    with shell.opened(directory) as cell:
        actor = shell.act_as(cell, login, password_fd)
        if rubric_id == "constitution":
            found = constitution.constitution_diff(cell, actor, programme, old=old, new=new)
            rows = found if isinstance(found, Refused) else list(found.rows)
        else:
            rows = rubric.rubric_diff(cell, actor, programme=programme, rubric=rubric_id, old=old, new=new)
    if isinstance(rows, Refused):
        shell.refuse(rows)
    changed = [row for row in rows if row.state != "same"]
    facts: dict[str, object] = {"old": old, "new": new, "changed": len(changed)}
    told = [{"place": f"{r.section}: {r.part}", "state": r.state, "old": r.old, "new": r.new} for r in changed]
    shell.show_facts("Compared", facts | ({"rows": told} if as_json else {}), as_json=as_json)
    if not as_json:
        shell.show_lines([line for row in changed for line in _side_by_side(row)])
    raise typer.Exit(1 if changed else 0)


def _side_by_side(row: DiffRow) -> list[str]:
    """A part of both versions, with the words that differ in brackets."""
    sides = (("-", row.old_pieces), ("+", row.new_pieces))
    lines = [
        f"  {sign} " + "".join(f"[{piece.text}]" if piece.is_changed else piece.text for piece in pieces)
        for sign, pieces in sides
        if pieces
    ]
    return [f"{row.section}: {row.part} ({row.state})", *lines]


@app.command("import")
def import_(
    file: File,
    directory: shell.Directory,
    programme: shell.Programme,
    login: shell.Login,
    batch: Annotated[str, typer.Option(help="Name of the batch that the items join.")] = "batch-1",
    purpose: Annotated[str, typer.Option(help="work, gold or holdout.")] = "work",
    strict: Annotated[bool, typer.Option("--strict", help="Refuse the whole file when one row is bad.")] = False,
    password_fd: shell.PasswordFd = None,
    as_json: shell.AsJson = False,
) -> None:
    """Import items from JSONL, CSV or Parquet. Exit 0 when all rows came in, 1 when some did not."""
    wanted = items.Wanted(programme=programme, name=file.name, batch=batch, purpose=purpose, is_strict=strict)
    data = shell.read_file(file, "a file of items")
    with shell.opened(directory) as cell:
        actor = shell.act_as(cell, login, password_fd)
        with shell.waiting(f"Importing {file.name}", as_json=as_json):
            done = items.import_items(cell, actor, data, wanted)
    _report(done, as_json=as_json)


@app.command("review-written")
def review_written(
    batch: Annotated[str, typer.Argument(help="Id of the batch in which demonstrations were written.")],
    directory: shell.Directory,
    login: shell.Login,
    into: Annotated[str, typer.Option(help="Name of the batch of reviews; the batch's own with -review.")] = "",
    password_fd: shell.PasswordFd = None,
    as_json: shell.AsJson = False,
) -> None:
    """Bring demonstrations that experts wrote back as items, for others than their authors to review."""
    with shell.opened(directory) as cell:
        done = items.promote(cell, shell.act_as(cell, login, password_fd), batch, into=into, key=new_key())
    if isinstance(done, Refused):
        shell.refuse(done)
    facts: dict[str, object] = {"batch": done.batch, "items": done.items, "waiting": done.waiting}
    shell.show_facts("Under review", facts, as_json=as_json)


@app.command("import-judgments")
def import_judgments(
    file: File,
    directory: shell.Directory,
    programme: shell.Programme,
    login: shell.Login,
    source: Annotated[str, typer.Option(help="Where the judgments were made; it stays with them for ever.")],
    password_fd: shell.PasswordFd = None,
    as_json: shell.AsJson = False,
) -> None:
    """Import judgments that were made elsewhere. They stay marked as imported and not observed."""
    data = shell.read_file(file, "a file of judgments")
    with shell.opened(directory) as cell:
        actor = shell.act_as(cell, login, password_fd)
        with shell.waiting(f"Importing {file.name}", as_json=as_json):
            done = items.import_judgments(cell, actor, data, programme=programme, name=file.name, source=source)
    _report(done, as_json=as_json)


def _report(done: ImportReport | list[Problem] | Refused, *, as_json: bool) -> None:
    if isinstance(done, list):
        shell.list_problems(done)
    if isinstance(done, Refused):
        shell.refuse(done)
    facts: dict[str, object] = {
        "run": done.run, "rows": done.rows, "accepted": done.accepted, "rejected": done.rejected,
    }  # fmt: skip
    if as_json:
        facts["problems"] = [shell.problem_object(problem) for problem in done.problems]
    shell.show_facts("Imported", facts, as_json=as_json)
    if not as_json:
        shell.show_lines([problem.sentence for problem in done.problems])
    raise typer.Exit(1 if done.problems else 0)


@app.command()
def measure(
    directory: shell.Directory,
    programme: shell.Programme,
    login: shell.Login,
    password_fd: shell.PasswordFd = None,
    as_json: shell.AsJson = False,
) -> None:
    """Measure every batch against its gate and record the decisions. Exit 0 when all pass, 1 when one does not."""
    with shell.opened(directory) as cell:
        actor = shell.act_as(cell, login, password_fd)
        rows = gate.batches(cell, actor, programme)
        if isinstance(rows, Refused):
            shell.refuse(rows)
        wanted = [row for row in rows if row.purpose == "work" and row.judgments]
        if not wanted:
            shell.fail(f"{programme}: expected a batch of work items with judgments, found none: nothing was measured.")
        found = {f"{row.name}/{row.domain}": gate.measure(cell, actor, row.batch, key=new_key()) for row in wanted}
    gates = {name: _decision(done) for name, done in found.items()}
    if as_json:
        shell.show_json({"gates": {name: {"decision": word, "why": why} for name, (word, why) in gates.items()}})
    else:
        shell.show_facts("Gates", {name: f"{word}: {why}" for name, (word, why) in gates.items()}, as_json=False)
    raise typer.Exit(0 if all(word == "pass" for word, _ in gates.values()) else 1)


@app.command()
def agreement(
    directory: shell.Directory,
    programme: shell.Programme,
    login: shell.Login,
    by: Annotated[str, typer.Option(help="batch, domain, rubric_version, week, criterion, difficulty ...")] = "domain",
    password_fd: shell.PasswordFd = None,
    as_json: shell.AsJson = False,
) -> None:
    """Show agreement along one axis, as the judgments stand now. Nothing is recorded."""
    with shell.opened(directory) as cell:
        found = slices.sliced(cell, shell.act_as(cell, login, password_fd), programme, by=by)
    if isinstance(found, Refused):
        shell.refuse(found)
    if as_json:
        shell.show_json({"by": found.by, "left_out": found.left_out, "slices": [_slice(one) for one in found.slices]})
        return
    facts = {one.name: _words_of(one, found.threshold.get(one.name)) for one in found.slices}
    shell.show_facts(f"Agreement by {by}", facts or {by: "no judgments that count"}, as_json=False)


def _slice(one: Slice) -> dict[str, object]:
    interval = one.found.interval
    return {
        "name": one.name, "value": one.found.value, "status": str(one.found.status),
        "interval": None if interval is None else [interval.low, interval.high], "items": one.found.n_items,
        "judgments": one.found.n_judgments, "expected": one.expected,
    }  # fmt: skip


def _words_of(one: Slice, threshold_ppm: int | None) -> str:
    interval = one.found.interval
    limits = f" [{interval.low:.2f}, {interval.high:.2f}]" if interval else ""
    value = f"undefined ({one.found.status})" if one.found.value is None else f"{one.found.value:.2f}{limits}"
    asked = "" if threshold_ppm is None else f", threshold {threshold_ppm / 1_000_000:.2f}"
    return f"{value}{asked}, {one.found.n_items:,} items, {one.found.n_judgments:,} judgments"


def _decision(done: gate.Measured | Refused) -> tuple[str, str]:
    """What the gate decided, or that it was not asked, and why."""
    return ("refused", done.sentence) if isinstance(done, Refused) else (done.fact.decision, done.fact.why)
