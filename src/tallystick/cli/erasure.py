"""`tallystick cell erase`, `cell erasures` and `log certificate`: order erasures, list them, check what they say."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from tallystick.app import erasure
from tallystick.app.kernel import new_key
from tallystick.audit.erasure import verify_certificate
from tallystick.audit.log import Status
from tallystick.cli import shell
from tallystick.flow.erasure import ORDERED_BY_PEOPLE, REASONS, TARGETS, Wish, moment
from tallystick.flow.refusal import Refused

EXIT = {Status.OK: 0, Status.BAD: 1, Status.COULD_NOT_CHECK: 2}


def register(cell: typer.Typer, log: typer.Typer) -> None:
    """Add the commands to those of the cell and of the log."""
    cell.command()(erase)
    cell.command()(erasures)
    log.command()(certificate)


_SHAPES = ", ".join(f"{what}: {' or '.join(f'{kind}:ID' for kind in TARGETS[what])}" for what in ORDERED_BY_PEOPLE)


def erase(
    directory: shell.Directory,
    login: shell.Login,
    what: Annotated[str, typer.Option(help=f"One of {', '.join(ORDERED_BY_PEOPLE)}.")],
    reason: Annotated[str, typer.Option(help=f"One of {', '.join(REASONS[:-1])}.")],
    target: Annotated[str, typer.Option(help=f"What is erased. {_SHAPES}.")] = "",
    name_file: Annotated[
        Path | None, typer.Option(help="In place of a target: a file with the name of somebody in `subjects`.")
    ] = None,
    confirm: Annotated[str, typer.Option(help="The target once more: a source needs it.")] = "",
    preview: Annotated[bool, typer.Option("--preview", help="Say what would be lost, and write nothing.")] = False,
    words_file: Annotated[Path | None, typer.Option(help="The request as it was made; goes into the vault.")] = None,
    password_fd: shell.PasswordFd = None,
    as_json: shell.AsJson = False,
) -> None:
    """Erase content for ever, in this cell and in every copy of it. Exit 0 final, 1 refused, 2 could not."""
    words = shell.read_text(words_file, "the request") if words_file else ""
    if bool(target) is (name_file is not None):
        shell.fail("expected --target or else --name-file, found both or neither: give one of them.")
    name = shell.read_text(name_file, "a name") if name_file else ""
    with shell.opened(directory) as cell:
        actor = shell.act_as(cell, login, password_fd)
        named = erasure.subject_named(cell, actor, name) if name_file else target
        if isinstance(named, Refused):
            shell.refuse(named)
        target = named
        wish = Wish(what=what, target=target, reason=reason, confirmed=confirm)
        found = erasure.preview(cell, actor, wish)
        if isinstance(found, Refused):
            shell.refuse(found)
        lost: dict[str, object] = {
            "target": target, "items": len(found.coverage.items), "objects": len(found.coverage.objects),
            "judgments_that_lose_their_words": found.coverage.judgments,
            "releases_that_held_it": [f"{row.name} {row.version}" for row in found.releases],
        }  # fmt: skip
        if preview:
            shell.show_facts("Would be erased", lost, as_json=as_json)
            return
        ordered = erasure.order(cell, actor, wish, words=words, key=new_key())
        if isinstance(ordered, Refused):
            shell.refuse(ordered)
        final = ordered.erasure in erasure.finish_interrupted(cell)
        erasure.deliver_notices(cell)
        cell.seal()
    state = "final" if final else "ordered"
    facts = {"erasure": ordered.erasure, "state": state, "seq": ordered.receipt.first_seq, **lost}
    shell.show_facts("Erased", facts, as_json=as_json)


def erasures(
    directory: shell.Directory,
    login: shell.Login,
    name: Annotated[str | None, typer.Option("--certificate", help="Print the certificate of this erasure.")] = None,
    password_fd: shell.PasswordFd = None,
    as_json: shell.AsJson = False,
) -> None:
    """List erasures with their states, or print the certificate of one."""
    with shell.opened(directory) as cell:
        actor = shell.act_as(cell, login, password_fd)
        rows = erasure.erasures(cell, actor)
        page = erasure.erasure_page(cell, actor, name) if name else None
    for answer in (rows, page):
        if isinstance(answer, Refused):
            shell.refuse(answer)
    if isinstance(page, erasure.ErasurePage):
        if page.certificate is None:
            shell.fail(f"{name}: expected a final erasure, found one that is ordered: it has no certificate yet.")
        typer.echo(page.certificate, nl=False)
        return
    assert not isinstance(rows, Refused)
    if as_json:
        shell.show_json({"erasures": [_told(row) for row in rows]})
        return
    for row in rows:
        told = f"{row.erasure}  {row.state}  {moment(row.at)}  {row.what}  {row.target}  {row.objects} objects"
        shell.OUT.print(shell.plain(told), soft_wrap=True)


def _told(row: object) -> dict[str, object]:
    names = ("erasure", "what", "target", "reason", "state", "objects", "at", "seq", "final_at", "certificate_digest")
    return {name: getattr(row, name) for name in names}


def certificate(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The certificate.")],
    log: Annotated[Path, typer.Option("--log", metavar="DIR", help="The log directory, or a copy of it.")],
    vkey: Annotated[Path, typer.Option("--vkey", metavar="FILE", help="File with the log's verifier key lines.")],
    as_json: shell.AsJson = False,
) -> None:
    """Check an erasure certificate against the log. Exit 0 good, 1 bad, 2 could not check."""
    report = verify_certificate(
        shell.read_text(file, "a certificate"), log, shell.read_text(vkey, "verifier key lines")
    )
    if as_json:
        typer.echo(json.dumps(asdict(report)))
    else:
        word = {Status.OK: "good", Status.BAD: "bad"}.get(report.status, "could not check")
        shell.OUT.print(f"[bold]{word}[/]")
        for line in (*(str(problem) for problem in report.problems), *report.checked, *report.notes):
            shell.OUT.print(f"  {shell.plain(line)}", soft_wrap=True)
    raise typer.Exit(EXIT[report.status])
