"""The demo's past: a few incidents with their timelines, so that the Incidents tab has something to remember."""

import asyncio
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from opsconsole.model.incident import Incident, Incidents, TimelineEntry
from opsconsole.store.store import Store
from opsconsole.text import clock


@dataclass(frozen=True, slots=True)
class _Line:
    """One timeline entry, in minutes after the first harm."""

    minute: float
    kind: str
    actor: str
    source: str
    text: str
    due: int = 0
    """Days from now: what `{due}` in the text stands for."""


@dataclass(frozen=True, slots=True)
class _Past:
    """An incident that is over; minutes count from the first harm."""

    days_ago: int
    hour: int
    minute: int
    title: str
    severity: int
    service: str
    declared: float
    acknowledged: float
    mitigated: float
    resolved: float
    state: str
    summary: str
    lines: tuple[_Line, ...]


_PAST: tuple[_Past, ...] = (
    _Past(
        34, 19, 12, "feed empty for new users", 3, "feed", 22, 25, 51, 66, "closed",
        "An index on follows was dropped by a migration; the feed query fell back to a scan and timed out.",
        (
            _Line(22, "declared", "maren", "human", "SEV3 declared: support reports empty feeds for accounts of today"),
            _Line(25, "role_assigned", "maren", "human", "commander maren"),
            _Line(31, "hypothesis", "maren", "human", "only accounts without followers? no: old ones are slow too"),
            _Line(38, "finding", "jonas", "human", "follows has no index on user_id since the migration of 18:50"),
            _Line(44, "action", "jonas", "human", "CREATE INDEX CONCURRENTLY on follows (user_id)"),
            _Line(51, "status_changed", "maren", "human", "mitigated: P95 of /feed back at 60 ms"),
            _Line(66, "status_changed", "maren", "human", "resolved after 15 quiet minutes"),
            _Line(70, "todo", "maren", "human", "[x] @jonas due {due} mitigate: the dropped index again", -33),
            _Line(71, "todo", "maren", "human", "@maren due {due} process: a second reader for dropped indexes", -4),
        ),
    ),
    _Past(
        20, 2, 41, "checkout fails: connection pool exhausted", 1, "api", 4, 6, 23, 48, "closed",
        "The nightly revenue report held transactions open; checkouts waited for connections and failed.",
        (
            _Line(2, "alert_fired", "alertmanager", "alert", "DatabaseConnectionsHigh: 96 of 97 connections in use"),
            _Line(4, "declared", "priya", "human", "SEV1 declared: 38 % of checkouts answer 503"),
            _Line(6, "role_assigned", "priya", "human", "commander priya, operations jonas, comms lena"),
            _Line(9, "comms_external", "lena", "human", "status page: checkout degraded, next update in 20 minutes"),
            _Line(12, "metric_snapshot", "opsconsole", "check", "connections 97 of 97, idle in transaction 31"),
            _Line(15, "finding", "jonas", "human", "31 sessions of worker idle in transaction: the revenue report"),
            _Line(17, "decision", "priya", "human", "end the report's sessions, it can run again tomorrow"),
            _Line(18, "action", "jonas", "human", "scheduler paused, 31 backends of worker terminated"),
            _Line(19, "scale", "worker-hpa", "k8s", "worker 6 -> 3"),
            _Line(23, "status_changed", "priya", "human", "mitigated: checkout errors below 0.2 %"),
            _Line(25, "alert_resolved", "alertmanager", "alert", "DatabaseConnectionsHigh resolved"),
            _Line(28, "comms_external", "lena", "human", "status page: recovered, we keep watching"),
            _Line(48, "status_changed", "priya", "human", "resolved"),
            _Line(52, "todo", "priya", "human", "@jonas due {due} prevent: a pool of five for reports", 3),
            _Line(53, "todo", "priya", "human", "@lena due {due} detect: alert on sessions idle in transaction", 10),
        ),
    ),
    _Past(
        9, 14, 5, "images slow after media 0.9.6", 2, "media", 11, 13, 29, 44, "resolved",
        "media 0.9.6 resized images on every request instead of once; rolled back.",
        (
            _Line(-6, "deploy", "deployer", "deploy", "release media 0.9.5 -> 0.9.6"),
            _Line(9, "alert_fired", "alertmanager", "alert", "HighLatency media: P99 2.4 s"),
            _Line(11, "declared", "jonas", "human", "SEV2 declared: pages without pictures for a fifth of the users"),
            _Line(13, "role_assigned", "jonas", "human", "commander jonas, operations maren"),
            _Line(16, "scale", "media-hpa", "k8s", "media 2 -> 5, at its maximum"),
            _Line(19, "hypothesis", "maren", "human", "cache keys changed with the release: each request resizes"),
            _Line(21, "finding", "maren", "human", "0.9.6 puts the time into the cache key: nothing is ever hit"),
            _Line(22, "decision", "jonas", "human", "roll back, look for the cause afterwards"),
            _Line(23, "action", "maren", "human", "rollback media to 0.9.5, rollout complete in 3 minutes"),
            _Line(29, "status_changed", "jonas", "human", "mitigated: P99 240 ms"),
            _Line(44, "status_changed", "jonas", "human", "resolved"),
            _Line(47, "todo", "jonas", "human", "@maren due {due} prevent: a load test before a media release", 1),
        ),
    ),
    _Past(
        2, 22, 50, "one node not ready", 3, "platform", 6, 9, 14, 31, "resolved",
        "A node lost its network for eight minutes; its pods moved, nobody noticed outside.",
        (
            _Line(3, "alert_fired", "alertmanager", "alert", "NodeNotReady ip-10-0-3-88"),
            _Line(6, "declared", "lena", "human", "SEV3 declared: capacity down by a third, no errors seen"),
            _Line(9, "role_assigned", "lena", "human", "commander lena"),
            _Line(11, "finding", "lena", "human", "provider reports a switch restart in eu-central-1c"),
            _Line(14, "status_changed", "lena", "human", "mitigated: node is ready again, pods run"),
            _Line(31, "status_changed", "lena", "human", "resolved"),
        ),
    ),
)  # fmt: skip


def past_incidents(now: datetime) -> Incidents:
    """The demo's incidents before `now` (aware, UTC), newest first, timelines in order of time."""
    built = [_build(number, past, now) for number, past in enumerate(_PAST, start=3)]
    return Incidents(
        incidents=tuple(incident for incident, _ in reversed(built)),
        entries=tuple(entry for _, entries in built for entry in entries),
    )


def _build(number: int, past: _Past, now: datetime) -> tuple[Incident, list[TimelineEntry]]:
    day = now - timedelta(days=past.days_ago)
    impact = day.replace(hour=past.hour, minute=past.minute, second=0, microsecond=0)
    identifier = f"INC-{number}"

    def at(minutes: float) -> datetime:
        return impact + timedelta(minutes=minutes)

    incident = Incident(
        id=identifier,
        title=past.title,
        severity=past.severity,
        state=past.state,
        service=past.service,
        impact=impact,
        declared=at(past.declared),
        acknowledged=at(past.acknowledged),
        mitigated=at(past.mitigated),
        resolved=at(past.resolved),
        roles=_roles(past.lines),
        summary=past.summary,
        ended=at(past.mitigated),
        channel=f"#incident-{at(past.declared):%Y-%m-%d-%H%M%S}",
    )
    entries = [
        TimelineEntry(
            id=f"demo-{number}-{index}",
            incident=identifier,
            occurred=at(line.minute),
            # What happened before the incident was declared was written down when it was.
            recorded=at(max(line.minute, past.declared)),
            kind=line.kind,
            actor=line.actor,
            source=line.source,
            text=line.text.format(due=(now + timedelta(days=line.due)).date()),
            internal=line.kind != "comms_external",
        )
        for index, line in enumerate(past.lines)
    ]
    return incident, entries


def _roles(lines: tuple[_Line, ...]) -> tuple[tuple[str, str], ...]:
    """(role, person) as the timeline assigned them: `commander priya, operations jonas`."""
    texts = [part for line in lines if line.kind == "role_assigned" for part in line.text.split(", ")]
    return tuple((role, person) for role, person in (text.split(" ", 1) for text in texts))


async def write_past(path: Path) -> int:
    """Put the past incidents into the store at `path`; how many were new. Raises StoreError."""
    past = past_incidents(clock.now())
    timelines: dict[str, list[TimelineEntry]] = {}
    for entry in past.entries:
        timelines.setdefault(entry.incident, []).append(entry)
    store = Store.open(path)
    try:
        return await store.import_incidents((incident, timelines[incident.id]) for incident in past.incidents)
    finally:
        await store.close()


def main() -> None:
    """Run as `python -m opsconsole.demo.incidents STORE_FILE` by the supervisor, beside the servers' start."""
    asyncio.run(write_past(Path(sys.argv[1])))


if __name__ == "__main__":
    main()
