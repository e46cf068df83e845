"""`opsconsole journal`: show, verify and export who did what to the platform. Nothing here writes."""

import asyncio
import csv
import io
import json
import re
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from .options import WRONG, Failure, Invocation, config_option, loaded_or_exit

if TYPE_CHECKING:
    from ..model.journal import JournalHead, JournalLine
    from ..store.store import Store

T = TypeVar("T")

NEWEST = 50
FORMULA = ("=", "+", "-", "@", "|", "%")
"""What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection)."""


@click.group()
def journal() -> None:
    """Show, verify and export the journal: who did what to the platform.

    Each line carries the SHA-256 of itself and of the line before. A hash chain shows lines that were altered,
    inserted, reordered or taken out before the last one. It does not show that lines are missing at the end, and it
    does not stop somebody who can write the whole file: they can write all of it anew, with new hashes. Only a head
    that is kept elsewhere proves the lines up to it: `opsconsole journal show --head` prints one, and every
    postmortem holds one.
    """


@journal.command()
@config_option
@click.option("--newest", type=click.IntRange(1), metavar="N", help=f"Only the newest N lines (usually {NEWEST}).")
@click.option("--run", metavar="ID", default="", help="All lines of one action.")
@click.option("--head", "head_only", is_flag=True, help="Print the end of the chain, SEQ:HASH, to keep elsewhere.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--evidence", metavar="ID", help="Print what was kept before an action: its run, or a SHA-256.")
@click.pass_obj
def show(
    invocation: Invocation,
    config_file: str | None,
    newest: int | None,
    run: str,
    head_only: bool,
    as_json: bool,
    evidence: str | None,
) -> None:
    """Print the newest lines, oldest first; times are UTC."""
    path = _path(invocation, config_file)
    if head_only:
        _print_head(_read(path, lambda store: store.journal_head()), as_json)
    elif evidence is not None:
        _print_evidence(path, evidence)
    else:
        count = newest if newest is not None or run else NEWEST
        lines = _read(path, lambda store: store.journal_lines(run, newest=count))
        if as_json:
            click.echo(json.dumps([_exported(line) for line in lines], indent=2))
            return
        for line in lines:
            click.echo(_shown(line))
        if not lines:
            click.echo(f"no line of the run {_safe(run)}" if run else "the journal has no line yet")


@journal.command()
@config_option
@click.option("--head", "earlier", metavar="SEQ:HASH", help="A head printed earlier: is its line still there?")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def verify(invocation: Invocation, config_file: str | None, earlier: str | None, as_json: bool) -> None:
    """Look for lines that were altered, inserted, reordered or lost.

    The evidence that the lines name is looked through too.

    Without --head only what stands before the last line is proved, and only against somebody who did not write the
    whole file anew with new hashes; with a head that was kept elsewhere everything up to its line is.

    Exit code 0 when it is whole; 1 when it is broken, or does not hold the head; 2 when it cannot be read.
    """
    head = _head(earlier) if earlier is not None else None
    path = _path(invocation, config_file)
    found = _read(path, lambda store: store.journal_verify(head))
    if as_json:
        content = {"lines": found.lines, "head": found.head.words, "problems": found.problems}
        click.echo(json.dumps(content, indent=2))
    else:
        from ..text.units import plural

        for problem in found.problems:
            click.echo(_safe(problem))
        state = f"broken: {plural(len(found.problems), 'problem')} in" if found.problems else "whole:"
        click.echo(f"{state} {plural(found.lines, 'line')}, head {_safe(found.head.words)}")
        if head is None and not found.problems:
            click.echo("the end is not proved: --head SEQ:HASH does that, with a head that was kept elsewhere")
    if found.problems:
        raise click.exceptions.Exit(WRONG)


@journal.command()
@config_option
@click.option("--format", "form", type=click.Choice(("jsonl", "csv")), default="jsonl", show_default=True)
@click.pass_obj
def export(invocation: Invocation, config_file: str | None, form: str) -> None:
    """Print all lines, oldest first, to be kept elsewhere.

    jsonl: one object a line, as it was hashed; without its member "hash" a line's SHA-256 is that hash. csv: for
    spreadsheets; what they would take for a formula begins with an apostrophe.
    """
    lines = _read(_path(invocation, config_file), lambda store: store.journal_lines())
    for text in _csv(lines) if form == "csv" else map(_canonical, lines):
        click.echo(text)


def _path(invocation: Invocation, config_file: str | None) -> Path:
    """The store's file; a Failure where there is none."""
    from ..store.store import default_path

    chosen = loaded_or_exit(invocation, config_file).settings.store.path
    path = Path(chosen).expanduser() if chosen else default_path()
    try:
        there = path.exists()
    except OSError:  # its folder may not be looked into: opening it says so
        there = True
    if not there:
        remedy = "the console makes it when it is first opened; store.path in the settings names another file"
        raise Failure(f"there is no journal yet: {path} does not exist", remedy)
    return path


def _read(path: Path, ask: "Callable[[Store], Coroutine[Any, Any, T]]") -> T:
    from ..store.errors import StoreError
    from ..store.store import Store

    async def read() -> T:
        store = Store.open(path, read_only=True)
        try:
            return await ask(store)
        finally:
            await store.close()

    try:
        return asyncio.run(read())
    except StoreError as error:
        raise Failure(error.problem.sentence, error.problem.remedy) from None


def _print_head(head: "JournalHead", as_json: bool) -> None:
    words = _safe(head.words)
    click.echo(json.dumps({"seq": head.seq, "hash": words.partition(":")[2]}) if as_json else words)


def _print_evidence(path: Path, identity: str) -> None:
    """Of a run, or by its SHA-256 (or the beginning of one, as `show` prints it)."""
    from ..text.clean import clean_lines
    from ..text.redact import redact

    async def texts(store: "Store") -> list[str]:
        lines = [line for line in await store.journal_lines() if line.evidence]
        wanted = [line.evidence for line in lines if line.run == identity]
        by_hash = [line.evidence for line in lines if len(identity) >= 8 and line.evidence.startswith(identity.lower())]
        return [await store.evidence(sha256) for sha256 in dict.fromkeys(wanted or by_hash)]

    try:
        found = _read(path, texts)
    except ValueError as error:
        click.echo(str(error), err=True)
        raise click.exceptions.Exit(WRONG) from None
    if not found:
        click.echo(f"no evidence was kept for {_safe(identity)}", err=True)
        raise click.exceptions.Exit(WRONG)
    for text in found:
        click.echo(clean_lines(redact(text), len(text) + 4096))


def _shown(line: "JournalLine") -> str:
    """Three rows: when and who; on what; what happened."""
    from ..text import units

    place = "/".join(part for part in (line.context, line.namespace, line.object) if part)
    took = f"took {units.seconds(line.took_s)}" if line.took_s is not None else ""
    evidence = f"evidence {line.evidence[:12]}" if line.evidence else ""
    about = "  ".join(
        part for part in (line.verb, place, took, f"run {line.run}" if line.run else "", evidence) if part
    )
    rows = [f"{line.seq:>5}  {line.at:%Y-%m-%d %H:%M:%S}  {_safe(line.phase):<8}  {_safe(line.who.words)}"]
    rows += [f"       {_safe(row)}" for row in (about, line.words) if row]
    return "\n".join(rows)


def _exported(line: "JournalLine") -> dict[str, Any]:
    """The line as it was hashed; what is in it was redacted before, and is again where more is known by now."""
    from ..store.journal import as_json, redacted_json
    from ..text.redact import redact

    return as_json(line) | {"words": redact(line.words), "body": redacted_json(line.body)}


def _canonical(line: "JournalLine") -> str:
    return json.dumps(_exported(line), sort_keys=True, separators=(",", ":"))


def _csv(lines: "tuple[JournalLine, ...]") -> Iterator[str]:
    who = ("user", "host", "origin", "kubernetes")
    names = ("seq", "at", "run", "phase", *who, "process", "verb", "context", "namespace", "object", "words")
    columns = (*names, "body", "evidence", "took_s", "previous", "hash")
    yield _row(columns)
    for line in lines:
        fields = _exported(line)
        fields |= fields["who"]
        yield _row([_cell(fields[name]) for name in columns])


def _row(cells: "list[Any] | tuple[Any, ...]") -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(cells)
    return text.getvalue()


def _cell(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    text = _safe(value)
    return f"'{text}" if text.lstrip().startswith(FORMULA) else text


def _safe(text: str) -> str:
    from ..text.clean import clean
    from ..text.redact import redact

    return clean(redact(text), len(text) + 64)


def _head(text: str) -> "JournalHead":
    from ..model.journal import JournalHead

    found = re.fullmatch(r"(\d{1,18}):([0-9a-fA-F]{64})", text.strip())
    if found is None:
        raise Failure(f"{_safe(text)} is no head", "a head is SEQ:HASH, as `opsconsole journal show --head` prints it")
    return JournalHead(int(found[1]), found[2].lower())
