"""What the commands of incidents share: the store beside a console or alone, and how a mistake is said."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeVar

import click

from .options import WRONG, Failure, Invocation, loaded_or_exit

if TYPE_CHECKING:
    from ..config.settings import Policy
    from ..model.incident import Incident, Incidents, TimelineEntry
    from ..records.records import Records

T = TypeVar("T")
MOST_INPUT = 4 * 1024 * 1024
"""Bytes read from standard input; what is kept of them is far less."""


def incident_id(text: str) -> str:
    """`7` is `INC-7`."""
    return f"INC-{text}" if text.isdigit() else text


class Desk:
    """The settings, the policy and the store that a command works with."""

    def __init__(self, invocation: Invocation, config_file: str | None) -> None:
        from ..config.policies import resolve_policy
        from ..config.settings import Profile
        from ..store.store import default_path

        settings = loaded_or_exit(invocation, config_file).settings
        chosen = invocation.choose(settings)
        self.profile = chosen.profile if chosen is not None else Profile()
        self.policy: Policy = resolve_policy(settings, self.profile.policy)
        self.path = Path(settings.store.path).expanduser() if settings.store.path else default_path()

    def read(self) -> "Incidents":
        """All incidents; where there is no store yet, there are none."""
        from ..model.incident import Incidents
        from ..store.errors import StoreError
        from ..store.store import Store

        async def work() -> Incidents:
            store = Store.open(self.path, read_only=True)
            try:
                return await store.incidents()
            finally:
                await store.close()

        try:
            if not self.path.exists():
                return Incidents()
        except OSError:  # its folder may not be looked into: opening it says so
            pass
        try:
            return asyncio.run(work())
        except StoreError as error:
            raise Failure(error.problem.sentence, error.problem.remedy) from None

    def write(self, ask: "Callable[[Records], Awaitable[T]]") -> T:
        """What this returns is on disk."""
        from ..poller.board import Board
        from ..records.records import Records
        from ..store.errors import StoreError
        from ..store.store import Store

        async def work() -> T:
            store = Store.open(self.path)
            try:
                return await ask(Records(store, Board(), self.profile, self.policy))
            finally:
                await store.close()

        try:
            return asyncio.run(work())
        except StoreError as error:
            raise Failure(error.problem.sentence, error.problem.remedy) from None
        except ValueError as error:
            wrong(str(error))

    def tell(self, one: "Incident", words: str, as_json: bool) -> None:
        from ..text import clock
        from .incident_export import as_json as whole
        from .incident_export import safe

        if as_json:
            known = self.read()
            click.echo(json.dumps(whole(one, entries_of(known, one), self.policy, clock.now()), indent=2))
        else:
            click.echo(safe(words))

    def tell_entry(self, entry: "TimelineEntry", as_json: bool) -> None:
        from .incident_export import json_lines, safe

        if as_json:
            click.echo(next(json_lines([entry])))
        else:
            where = entry.incident or "loose, for the next incident of this hour"
            click.echo(safe(f"{entry.kind} {entry.id[:8]} saved ({where}): {entry.text}"))


def entries_of(known: "Incidents", one: "Incident") -> "list[TimelineEntry]":
    return [entry for entry in known.entries if entry.incident == one.id]


def one_of(known: "Incidents", identity: str) -> "Incident":
    wanted = identity.strip().casefold()
    found = next((one for one in known.incidents if one.id.casefold() == wanted), None)
    if found is None:
        wrong(f"{identity}: there is no such incident")
    return found


def entry_of(known: "Incidents", identity: str) -> "TimelineEntry":
    """By its id, or by a beginning of it that only one has."""
    found = [entry for entry in known.entries if entry.id == identity]
    found = found or [entry for entry in known.entries if len(identity) >= 4 and entry.id.startswith(identity)]
    if len(found) != 1:
        wrong(f"{identity}: {'several entries begin so' if found else 'there is no such entry'}")
    return found[0]


def typed(text: str) -> str:
    """The text, or what stands on standard input for `-`."""
    if text != "-":
        return text
    given = sys.stdin.buffer.read(MOST_INPUT)
    return given.decode("utf-8", "replace")


def moment_of(text: str, option: str) -> datetime:
    """A time that somebody typed after an option; `now` is one too."""
    from ..text import clock, moment

    now = clock.now()
    return now if text.strip().casefold() == "now" else usage(lambda: moment.parse(text, now), option)


def usage(read: Callable[[], T], option: str) -> T:
    try:
        return read()
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=option) from None


def wrong(sentence: str) -> NoReturn:
    """It ran, and makes no sense: exit code 1."""
    from .incident_export import safe

    click.echo(f"opsconsole: {safe(sentence)}", err=True)
    raise click.exceptions.Exit(WRONG)
