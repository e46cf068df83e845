"""Composes what people are told: the runbooks' messages with their variables filled in; a gap blocks the message.

A template is plain text with `{{ variables }}`; its first line may say `{# title: …; for: inside #}`. What a variable
may be called is free: one that the record does not know is asked for. People outside get nothing by itself but the
service and times: titles and notes of an incident are written for colleagues.
"""

import asyncio
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from importlib import resources
from pathlib import Path

import msgspec

from ..config.settings import Documents, Policy, Profile
from ..model.incident import Incident, TimelineEntry
from ..poller.board import Board
from ..rules import incident_clocks, severity, timeline
from ..sources.executor import DaemonExecutor
from ..store.errors import StoreError
from ..store.store import Store
from ..text import clock, units
from . import engine
from .errors import DocumentError
from .impact import Impact, in_entries, on_board, so_far
from .plain import line, message

SUFFIX = ".txt.j2"
ORDER = ("incident-alert", "service-degradation", "service-restored", "customer-notification")
_HEADER = re.compile(r"\A\{#(.*?)#\}\n?", re.DOTALL)
_TITLE = re.compile(r"title:\s*([^;#]+)")
_INSIDE = re.compile(r"for:\s*inside\b")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")
_TITLES = {
    "commander": "Incident Commander",
    "status_page": "Status Page",
    "service_name": "Service Name",
    "update_minutes": "Minutes until the next update",
    "duration_minutes": "Minutes it lasted",
}
_thread = DaemonExecutor("updates", 1)


class Template(msgspec.Struct, frozen=True, gc=False):
    """One kind of message."""

    name: str
    """incident-alert, service-degradation, service-restored, customer-notification, or a team's own file name."""
    title: str
    external: bool
    """Whether people outside read it."""
    own: bool = False
    """The team's, from the folder of the settings."""


class Variable(msgspec.Struct, frozen=True, gc=False):
    """One gap of a template."""

    name: str
    """Key of `given`."""
    title: str
    """As the runbook writes it: `Brief description`."""
    value: str
    """What the record knows or was given; "" while nobody has said it."""


class Composed(msgspec.Struct, frozen=True, gc=False):
    """A message; it may be sent only when `unresolved` is empty."""

    text: str
    """Plain text; what is unresolved stands in it as `[Brief description]`."""
    unresolved: tuple[str, ...] = ()
    """Names of the variables that nobody has filled in."""
    variables: tuple[Variable, ...] = ()
    """All that the template names, in its order: what a dialog asks."""
    external: bool = False


async def templates(documents: Documents) -> tuple[Template, ...]:
    """The built-in templates, and the team's own after them; one of the same name replaces the built-in."""
    return await asyncio.get_running_loop().run_in_executor(_thread, lambda: _templates(documents))


async def compose(
    template: str,
    incident: Incident,
    entries: Iterable[TimelineEntry],
    *,
    documents: Documents,
    profile: Profile,
    policy: Policy,
    given: Mapping[str, str] = {},
    store: Store | None = None,
    board: Board | None = None,
    now: datetime | None = None,
) -> Composed:
    """Fill a template from the incident and from what was typed (`given` wins); whom it hurts is what the board tells
    now and what `store` remembers of its worst. Raises DocumentError."""
    own, now = tuple(entry for entry in entries if entry.incident == incident.id), now or clock.now()
    told = timeline.current(own)
    current, worst = Impact(), in_entries(told)
    if store is not None and board is not None:
        try:
            current, worst = await so_far(incident, told, store, board, now)
        except StoreError:  # people are told all the same, with what is at hand
            current = on_board(board, incident, now) if incident.open else Impact()
    known = internal(incident, _hurt(current, worst), profile, policy, now)

    def work() -> Composed:
        return _compose(template, _folder(documents), known, given, incident.drill)

    return await asyncio.get_running_loop().run_in_executor(_thread, work)


def internal(incident: Incident, hurt: str, profile: Profile, policy: Policy, now: datetime) -> Mapping[str, str]:
    """What the record knows, by variable; "" where it does not. `hurt`: whom it hurts, in words."""
    every_s = incident_clocks.update_every_s(policy, incident.severity)
    end = incident.ended or incident.mitigated or incident.resolved
    lasted = "" if incident.impact is None or end is None else f"{(end - incident.impact).total_seconds() / 60:.0f}"
    return {
        "severity": severity.label(policy, incident.severity),
        "service": incident.service,
        "service_name": incident.service,
        "brief_description": incident.title,
        "user_impact_description": hurt,
        "commander": dict(incident.roles).get("commander", ""),
        "status_page": profile.status_page,
        "started": _utc(incident.impact or incident.declared),
        "updated": _utc(now),
        "update_minutes": f"{every_s / 60:.0f}" if every_s else "",
        "resolved": _utc(incident.resolved or incident.ended),
        "duration_minutes": lasted,
        "title": incident.title,
        "id": incident.id,
        "state": incident.state,
        "channel": incident.channel,
        "next_update": _utc(incident.next_update),
    }


OUTSIDE = frozenset(
    {"severity", "service", "service_name", "status_page", "started", "updated", "update_minutes", "resolved",
     "duration_minutes", "id", "state", "next_update"}
)  # fmt: skip
"""What people outside may be told without somebody writing it for them."""


def _templates(documents: Documents) -> tuple[Template, ...]:
    folder = _folder(documents)
    own = _own_names(folder)
    built_in = resources.files(__package__).joinpath("templates", "updates")
    ours = {path.name.removesuffix(SUFFIX) for path in built_in.iterdir() if path.name.endswith(SUFFIX)}
    names = (*(name for name in ORDER if name in ours), *sorted(ours - set(ORDER)), *sorted(own - ours))
    return tuple(_described(name, engine.source(_file(name), folder)[0], name in own) for name in names)


def _described(name: str, text: str, own: bool) -> Template:
    header = _HEADER.match(text)
    said = header[1] if header is not None else ""
    title = _TITLE.search(said)
    return Template(name, line(title[1], 60) if title else _words(name), _INSIDE.search(said) is None, own)


def _own_names(folder: Path | None) -> set[str]:
    try:
        files = list((folder / "updates").iterdir()) if folder is not None else []
    except FileNotFoundError:
        files = []
    except OSError as error:
        raise DocumentError(f"{folder}/updates cannot be read: {error.strerror}", "check its permissions") from None
    names = {file.name.removesuffix(SUFFIX) for file in files if file.name.endswith(SUFFIX) and file.is_file()}
    return {name for name in names if _NAME.match(name)}


def _compose(
    name: str, folder: Path | None, known: Mapping[str, str], given: Mapping[str, str], drill: bool
) -> Composed:
    if not _NAME.match(name):
        raise DocumentError(f"{line(name, 80)!r} is no name of a template")
    text, path = engine.source(_file(name), folder)
    template = _described(name, text, False)
    usable = {key: value for key, value in known.items() if not template.external or key in OUTSIDE}
    variables = tuple(
        Variable(one, _TITLES.get(one, _words(one)), message(given[one] if one in given else usable.get(one, "")))
        for one in engine.names_in(text, path)
    )
    values = {one.name: one.value or f"[{one.title}]" for one in variables}
    written = engine.render(_file(name), values, folder).strip("\n")
    marked = "DRILL, nothing is broken\n\n" if drill else ""
    unresolved = tuple(one.name for one in variables if not one.value)
    return Composed(f"{marked}{written}\n", unresolved, variables, template.external)


def _hurt(current: Impact, worst: Impact) -> str:
    """Whom it hurts now, as the board tells it, and whom at its worst, as the postmortem will; each with its time."""
    then = f"at its worst {_share(worst)}{_as_of(worst)}" if worst.customers else ""
    if current.customers is None:
        return f"{then} had slow or failed requests" if then else ""
    over = f" in the last {units.span(current.window_s)}" if current.window_s else ""
    if not current.customers:
        told = f"no customer had slow or failed requests{over}{_as_of(current)}"
    else:
        told = f"{_share(current)} have slow or failed requests{over}{_as_of(current)}"
    return f"{told}; {then}" if then and worst.customers != current.customers else told


def _share(seen: Impact) -> str:
    of = f" of {seen.of:,}" if seen.of else ""
    return f"{seen.customers:,}{of} customers"


def _as_of(seen: Impact) -> str:
    return f" as of {units.clock(seen.at)} UTC" if seen.at is not None else ""


def _file(name: str) -> str:
    return f"updates/{name}{SUFFIX}"


def _folder(documents: Documents) -> Path | None:
    return Path(documents.templates).expanduser() if documents.templates else None


def _words(name: str) -> str:
    return name.replace("_", " ").replace("-", " ").strip().capitalize()


def _utc(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%d} {units.clock(moment)} UTC"
