"""The situation in a few lines of plain text, fit for a chat: what, since when, whom, doing, next update."""

from collections.abc import Iterable
from datetime import datetime

from ..config.settings import Policy
from ..model.action import Helped, Run
from ..model.finding import Finding
from ..model.incident import Incident, Incidents, TimelineEntry
from ..poller import topics
from ..poller.board import Board
from ..rules import incident_clocks, incident_states, severity
from ..rules.timeline import of_incident
from ..text import clock, units
from . import impact
from .doings import run_of
from .plain import line

FINDINGS = 5
WIDTH = 200
"""Characters of one foreign text in it."""


def sitrep(
    board: Board,
    *,
    profile_name: str = "",
    incident: Incident | None = None,
    policy: Policy | None = None,
    sources: str = "",
    now: datetime | None = None,
) -> str:
    """From the readings of the board; `incident` None takes the worst open one. `sources` is the frame's `6/7 loki
    FAILED`, said at the end."""
    now, policy = now or clock.now(), policy or Policy()
    held = board.get(topics.INCIDENTS).value or Incidents()
    incident = incident or worst_open(held)
    lines = [f"{profile_name or 'platform'} at {now:%Y-%m-%d %H:%M} UTC"]
    if incident is not None:
        told = of_incident(held.entries, incident.id)
        lines += _what(incident, policy, now)
        lines += _whom(board, incident, told, now)
        lines += _doing(board.get(topics.RUNS).value or (), told, incident, now)
        lines += _roles(incident)
        lines += _next(incident, policy, now)
    lines += _findings(board.get(topics.FINDINGS).value, now)
    if sources:
        lines.append(f"sources {sources}")
    return "\n".join(lines) + "\n"


def worst_open(held: Incidents) -> Incident | None:
    """The gravest open one."""
    return next(iter(incident_states.gravest_first(held.incidents)), None)


def _what(incident: Incident, policy: Policy, now: datetime) -> list[str]:
    label = severity.label(policy, incident.severity)
    drill = "DRILL " if incident.drill else ""
    service = f" ({line(incident.service, 60)})" if incident.service else ""
    what = f"what   {drill}{incident.id} {label} {incident.state}: {line(incident.title, WIDTH)}{service}"
    at = incident_clocks.clocks(incident, policy, now)
    return [what, f"since  impact {at.impact.words} · declared {at.declared.words} · ack {at.acknowledged.words}"]


def _whom(board: Board, incident: Incident, told: Iterable[TimelineEntry], now: datetime) -> list[str]:
    seen = impact.on_board(board, incident, now)
    as_of = ""
    if seen.customers is None:
        seen = impact.in_entries(told)
        as_of = f", as of {units.clock(seen.at)}" if seen.at else ""
    if seen.customers is None:
        return ["whom   unknown: nothing measures it"]
    of = f" of {seen.of:,}" if seen.of else ""
    money = f", {units.money(seen.revenue, seen.currency)} MRR" if seen.revenue is not None else ""
    plans = ", ".join(f"{count} {line(plan, 30)}" for plan, count in seen.plans[:3])
    over = f" in the last {units.span(seen.window_s)}" if seen.window_s else ""
    return [f"whom   {seen.customers:,}{of} customers{over}{money}{f' ({plans})' if plans else ''}{as_of}"]


def _doing(runs: Iterable[Run], told: Iterable[TimelineEntry], incident: Incident, now: datetime) -> list[str]:
    """What runs now; else the last action of this console or of the timeline, with its outcome."""
    since = incident.impact or incident.declared
    own = [run for run in runs if run.running or run.began >= since]
    going = [run for run in own if run.running]
    if going or own:
        run = going[0] if going else max(own, key=lambda one: one.began)
        helped = f"; {run.helped}" if run.helped not in (Helped.NONE, Helped.WATCHING) else ""
        watching = "; watching whether it helps" if run.helped is Helped.WATCHING else ""
        words = f"{line(run.plan.title, WIDTH)}: {line(run.words, WIDTH)}{helped}{watching}"
        return [f"doing  {words}, {'begun' if run.running else 'done'} {units.age(run.began, now)} ago"]
    actions = [entry for entry in told if entry.kind == "action"]
    if actions:
        last = actions[-1]
        by = "" if run_of(last) or not last.actor else f" ({line(last.actor, 60)})"
        return [f"doing  {line(last.text, WIDTH)}{by}, {units.age(last.occurred, now)} ago"]
    return ["doing  nothing was changed yet"]


def _roles(incident: Incident) -> list[str]:
    held = [f"{role} {line(person, 60)}" for role, person in incident.roles if person]
    empty = [f"{role} NONE" for role in incident_clocks.empty_roles(incident)]
    return [f"roles  {', '.join((*held, *empty))}"] if held or empty else []


def _next(incident: Incident, policy: Policy, now: datetime) -> list[str]:
    at = incident_clocks.clocks(incident, policy, now)
    due = [f"{one.title} {one.words}" for one in (at.update, at.resolution) if one.words]
    return [f"next   {' · '.join(due)}"] if due else []


def _findings(findings: tuple[Finding, ...] | None, now: datetime) -> list[str]:
    if findings is None:
        return ["findings unknown: the rules have not looked yet"]
    firing = sorted((one for one in findings if one.state == "firing"), key=lambda one: one.severity)
    if not firing:
        return ["no finding fires"]
    lines = []
    for number, finding in enumerate(firing[:FINDINGS], 1):
        after = f", after {line(finding.after, 120)}" if finding.after else ""
        whom = f", {line(finding.whom, 60)}" if finding.whom else ""
        since = units.age(finding.since, now)
        lines.append(f"{number}. {finding.severity.name.lower()}: {line(finding.what, WIDTH)}, {since}{after}{whom}")
    if len(firing) > FINDINGS:
        lines.append(f"   +{len(firing) - FINDINGS} more")
    return lines
