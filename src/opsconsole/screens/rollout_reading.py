"""What the page of a workload's rollouts rests on: the API server, the board, and metrics where they reach."""

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ..model.chart import Chart
from ..model.kubernetes import Event, Pod
from ..model.reading import Reading
from ..poller.charts import ChartRequest
from ..poller.topics import COMPARISONS, CONFIG_CHANGES, EVENTS
from ..rules.baseline_findings import comparison_of
from ..rules.cluster_index import Key
from ..rules.revisions import ran
from ..rules.rollback_safety import last_good, mean_between
from ..sources import migrations
from ..sources.kubernetes.rollouts import Rollouts, read_rollouts
from ..text import clock
from .rollout_page import Errors, Known

if TYPE_CHECKING:
    from ..sources.kubernetes.cluster import Cluster
    from .base import Context

METRICS_WITHIN_S = 4.0
"""What only helps to judge may take so long."""
_SHORTEST, _LONGEST = timedelta(hours=3), timedelta(days=7)


async def read_known(context: "Context", cluster: "Cluster", key: Key, pods: Iterable[Pod]) -> Known:
    """Raises SourceError where the workload or its revisions cannot be read."""
    namespace, kind, name = key
    rollouts = await read_rollouts(cluster, kind, namespace, name)
    own = tuple(pods)
    configs = context.board.get(CONFIG_CHANGES).value
    settings = context.profile.kubernetes
    return Known(
        rollouts,
        own,
        _events(context, rollouts, own),
        tuple(configs.rows.values()) if configs is not None and configs.complete else None,
        settings is not None and settings.watch_secrets,
        *await asyncio.gather(_errors(context, rollouts, name), migrations.told(context.profile.migrations)),
        comparison_of(context.board.get(COMPARISONS).value, name, rollouts.revisions[0].row.created)
        if rollouts.revisions
        else None,
    )


def _events(context: "Context", rollouts: Rollouts, pods: tuple[Pod, ...]) -> tuple[Event, ...]:
    """About the workload, its newest revision and its pods."""
    uids = {str((rollouts.body.get("metadata") or {}).get("uid") or ""), *(pod.uid for pod in pods)}
    uids |= {one.row.uid for one in rollouts.revisions[:1]}
    held = context.board.get(EVENTS).value
    found = [event for event in held.rows.values() if event.object_uid in uids] if held is not None else []
    return tuple(sorted(found, key=lambda event: event.last.timestamp() if event.last else 0.0))


async def _errors(context: "Context", rollouts: Rollouts, service: str) -> Errors:
    """The share of 5xx of the service of that name, since the running revision began and while the good one ran."""
    charts: Any = context.services.__dict__.get("charts")
    rows = [one.row for one in rollouts.revisions]
    now = clock.now()
    if charts is None or not rows or rows[0].created is None:
        return Errors()
    began = rows[0].created
    reach = min(_LONGEST, max(_SHORTEST, 2 * (now - began)))
    request = ChartRequest("errors", service, "", reach.total_seconds(), 240, past="")
    chart = await _chart(context, charts, request)
    if chart is None or not chart.series:
        return Errors()
    course = chart.series[0]
    good = last_good(rows, now)
    ended = good.created + span if good and good.created and (span := ran(good, rows, now).span) else now
    before = mean_between(course.times, course.values, good.created, ended) if good is not None else None
    return Errors(mean_between(course.times, course.values, began, now), before)


async def _chart(context: "Context", charts: Any, request: ChartRequest) -> Chart | None:
    """The first answer about a chart; None where none comes in time."""
    topic = charts.want(request)
    arrived: asyncio.Future[Chart | None] = asyncio.get_running_loop().create_future()

    def hear(reading: Reading[Chart], _: object = None) -> None:
        if (reading.value is not None or reading.problem is not None) and not arrived.done():
            arrived.set_result(reading.value)

    end = context.board.subscribe(topic, hear)
    hear(context.board.get(topic))
    try:
        async with asyncio.timeout(METRICS_WITHIN_S):
            return await arrived
    except TimeoutError:
        return None
    finally:
        end()
        charts.drop(request)
