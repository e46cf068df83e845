"""`opsconsole baseline`: what is normal at this hour, what left it; accept it as the new normal, or freeze it."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeVar

import click

from .options import WRONG, Failure, Invocation, config_option, loaded_or_exit

if TYPE_CHECKING:
    from datetime import datetime

    from ..config.settings import Profile
    from ..model.baseline import BaselineNote, Baselines, RowBaseline
    from ..model.incident import Incident
    from ..model.journal import JournalLine
    from ..poller.prometheus import Desk
    from ..store.store import Store


T = TypeVar("T")


@click.group()
def baseline() -> None:
    """Show, accept and freeze baselines: what is normal for a service at this hour of the week.

    They are read from Prometheus: windows of five minutes of the last 28 days in the same class of hours. Incidents,
    and shifts that nobody accepted, are left out.
    """


@baseline.command()
@config_option
@click.argument("service", default="")
@click.argument("endpoint", default="")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def show(invocation: Invocation, config_file: str | None, service: str, endpoint: str, as_json: bool) -> None:
    """Print what is normal now, with n, and what shifted.

    Exit code 0: nothing shifted; 1: something did; 2: it cannot be read.
    """
    from .baseline_words import exported, table

    desk = _Desk(invocation, config_file)
    found = desk.read(service)
    rows = [row for row in found.rows if row.service and endpoint in ("", row.endpoint)]
    if service and not rows:
        raise _unknown(service, endpoint)
    click.echo(json.dumps(exported(found, rows), indent=2) if as_json else "\n".join(table(found, rows)))
    if any(shift.service == service or not service for shift in found.shifts):
        raise click.exceptions.Exit(WRONG)


@baseline.command()
@config_option
@click.argument("service")
@click.argument("endpoint", default="")
@click.option("--because", metavar="TEXT", required=True, help="Why this is normal from now on; it is kept.")
@click.option("--since", metavar="TIME", help="From when on (RFC 3339, UTC without a zone); usually when it shifted.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def accept(
    invocation: Invocation,
    config_file: str | None,
    service: str,
    endpoint: str,
    because: str,
    since: str | None,
    as_json: bool,
) -> None:
    """Accept what shifted as the new normal: what was before counts no more. Who, when and why is kept.

    Of a service its endpoints that shifted are accepted with it. --json prints one object a line.
    """
    from ..records import baselines
    from ..rules.baseline import to_accept
    from ..text import clock

    desk = _Desk(invocation, config_file)
    found = desk.read(service)
    rows = to_accept(found, service, endpoint)
    if not rows:
        raise _unknown(service, endpoint)
    try:
        began = clock.parse(since) if since else _shifted_since(found, rows[0])
    except ValueError:
        raise Failure(f"{_safe(since or '')} is no time", "write 2026-03-26T02:41Z") from None
    if began is None:
        raise Failure(f"{_safe(rows[0].key.strip())} has not shifted", "--since TIME says from when on it is normal")
    try:
        notes = desk.write(lambda store: baselines.accept(store, rows, began, because))
    except ValueError as error:
        _wrong(str(error))
    for note in notes:
        _tell(note, as_json)


@baseline.command()
@config_option
@click.argument("service", default="")
@click.argument("endpoint", default="")
@click.option("--because", metavar="TEXT", required=True, help="Why; it is kept.")
@click.option("--thaw", is_flag=True, help="Learn from what is measured again.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def freeze(
    invocation: Invocation,
    config_file: str | None,
    service: str,
    endpoint: str,
    because: str,
    thaw: bool,
    as_json: bool,
) -> None:
    """Learn nothing from now on: before a load test, a migration, a sale. Without a service: of all.

    While an incident is open nothing is learned anyway.
    """
    from ..records import baselines

    do = baselines.thaw if thaw else baselines.freeze
    desk = _Desk(invocation, config_file)
    try:
        note = desk.write(lambda store: do(store, service, endpoint, because))
    except ValueError as error:
        _wrong(str(error))
    _tell(note, as_json)


class _Desk:
    """The profile, its Prometheus and the store that a command works with."""

    def __init__(self, invocation: Invocation, config_file: str | None) -> None:
        from ..config.settings import Profile
        from ..store.store import default_path

        settings = loaded_or_exit(invocation, config_file).settings
        chosen = invocation.choose(settings)
        self.profile = chosen.profile if chosen is not None else Profile()
        self.path = Path(settings.store.path).expanduser() if settings.store.path else default_path()

    def read(self, service: str) -> "Baselines":
        """All that is normal now; nothing is noted."""
        from ..sources.errors import SourceError

        if self.profile.prometheus is None:
            raise Failure("the profile names no Prometheus", "baselines are read from one: add it to the settings")
        try:
            return asyncio.run(self._read(service))
        except SourceError as error:
            raise Failure(error.problem.sentence, error.problem.remedy) from None

    async def _read(self, service: str) -> "Baselines":
        from ..poller.baselines import BaselineReader

        known = _Known(*await self._known())
        async with _prometheus(self.profile) as desk:
            reader = BaselineReader(desk, known, lambda: known.incidents, service=service)
            while not reader.learned:
                await reader.learn()
            return await reader.judge()

    async def _known(self) -> "tuple[tuple[BaselineNote, ...], tuple[Incident, ...]]":
        from ..store.store import Store

        if not self.path.exists():
            return (), ()
        store = Store.open(self.path, read_only=True)
        try:
            return await store.baseline_notes(), (await store.incidents()).incidents
        finally:
            await store.close()

    def write(self, ask: "Callable[[Store], Awaitable[T]]") -> T:
        """What this returns is on disk."""
        from ..store.errors import StoreError
        from ..store.store import Store

        async def work() -> T:
            store = Store.open(self.path)
            try:
                return await ask(store)
            finally:
                await store.close()

        try:
            return asyncio.run(work())
        except StoreError as error:
            raise Failure(error.problem.sentence, error.problem.remedy) from None


class _Known:
    """What the store holds; who only shows writes nothing down."""

    def __init__(self, notes: "tuple[BaselineNote, ...]", incidents: "tuple[Incident, ...]") -> None:
        self.notes, self.incidents = notes, incidents

    async def baseline_notes(self) -> "tuple[BaselineNote, ...]":
        return self.notes

    async def note_baseline(self, note: "BaselineNote", line: "JournalLine | None" = None) -> None:
        pass


@asynccontextmanager
async def _prometheus(profile: "Profile") -> "AsyncIterator[Desk]":
    """The profile's Prometheus, through the cluster where its address says so."""
    from ..poller.prometheus import Desk
    from ..sources.http import reach
    from ..sources.kubernetes.cluster import Cluster
    from ..sources.prometheus.source import Prometheus
    from ..sources.through_cluster import ThroughCluster

    assert profile.prometheus is not None
    cluster = Cluster(profile.kubernetes) if profile.kubernetes is not None else None
    proxy = ThroughCluster(cluster) if cluster is not None else None
    source = Prometheus(partial(reach, profile.prometheus, proxy))
    try:
        yield Desk(source, profile.metrics)
    finally:
        source.close()
        if cluster is not None:
            await cluster.close()


def _shifted_since(found: "Baselines", row: "RowBaseline") -> "datetime | None":
    """Its own shift, or that of its service."""
    from ..rules import regression

    of_service = (one for one in found.shifts if one.service == row.service)
    told = next((one for one in of_service if row.endpoint in ("", one.endpoint)), None)
    own = regression.shift(row)
    return told.since if told is not None else own.since if own is not None else None


def _tell(note: "BaselineNote", as_json: bool) -> None:
    from .baseline_words import note_as_json

    if as_json:
        click.echo(json.dumps(note_as_json(note)))
        return
    about = " ".join(part for part in (note.service, note.endpoint) if part) or "all"
    since = f" as it is since {note.since:%Y-%m-%d %H:%M}Z" if note.since is not None else ""
    click.echo(_safe(f"baseline of {about} {note.what}{since} by {note.who}, saved: {note.note}"))


def _unknown(service: str, endpoint: str) -> Failure:
    about = _safe(" ".join(part for part in (service, endpoint) if part))
    return Failure(f"{about}: no requests were seen", "`opsconsole baseline show` names all")


def _wrong(sentence: str) -> NoReturn:
    click.echo(f"opsconsole: {_safe(sentence)}", err=True)
    raise click.exceptions.Exit(WRONG)


def _safe(text: str) -> str:
    from ..text.clean import clean

    return clean(text, 2000)
