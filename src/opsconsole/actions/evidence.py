"""What is kept before an action destroys it: the object, its pods, events, last and previous logs, and usage."""

import asyncio
from collections.abc import Awaitable, Mapping
from typing import TypeVar

import msgspec

from ..model.action import Plan, Target
from ..model.collection import Collection
from ..model.kubernetes import Event, Pod, Usage
from ..model.reading import Reading, State
from ..poller.board import Board
from ..poller.topics import EVENTS, POD_USAGE, PODS
from ..rules.pod_trouble import failing
from ..rules.workload_state import controller
from ..sources.errors import SourceError
from ..sources.kubernetes.cluster import Cluster
from ..sources.kubernetes.logs import tail_logs
from ..text import clock, units
from ..text.clean import clean
from . import kept, reading

T = TypeVar("T")
WORST_PODS = 4
TAIL = 200
MOST_PODS = 200
MOST_EVENTS = 100
MOST_LOG = 64 * 1024
"""Characters of one log: four pods with two logs each, and the rest, stay below a megabyte."""
MOST_OBJECT = 64 * 1024


async def collect(cluster: Cluster, board: Board, plan: Plan, within_s: float) -> str:
    """The evidence as text; what did not come in time, or could not be had, is named at its place.

    The store redacts it on its way to the disk, in its own thread.
    """
    writer = _Evidence(cluster, board, plan)
    try:
        parts = await _in_time(within_s, writer.parts())
    finally:
        await writer.close()
    head = f"evidence before {clean(plan.title, 200)}, {clock.now():%Y-%m-%dT%H:%M:%SZ}, context {plan.target.context}"
    return "\n\n".join([head, *parts])


class _Evidence:
    def __init__(self, cluster: Cluster, board: Board, plan: Plan) -> None:
        self.cluster = cluster
        self.board = board
        self.plan = plan
        self.targets = _targets(plan)
        self._pods: asyncio.Task[tuple[Pod, ...]] | None = None

    def parts(self) -> list[tuple[str, Awaitable[str]]]:
        """(title, text to come) in their order; the logs wait for the list of pods."""
        namespace = self.plan.target.namespace
        workload = next((each for each in self.targets if each.kind in reading.WORKLOADS), None)
        found: list[tuple[str, Awaitable[str]]] = [
            (f"OBJECT {target.words}", self._object(target)) for target in self.targets
        ]
        if workload is not None:
            self._pods = asyncio.ensure_future(self._pods_of(workload))
            found.append((f"PODS of {workload.words}", self._pod_lines()))
            found.append((f"EVENTS in {namespace}", self._events()))
            found += [(f"LOGS {n + 1}", self._logs(n)) for n in range(WORST_PODS)]
        return found

    async def close(self) -> None:
        """Give up the list of pods, where it is late too."""
        if self._pods is not None:
            self._pods.cancel()
            await asyncio.gather(self._pods, return_exceptions=True)

    async def _object(self, target: Target) -> str:
        body = await reading.read(self.cluster, target)
        (body.get("metadata") or {}).pop("managedFields", None)
        text = msgspec.json.format(msgspec.json.encode(kept.masked(body)), indent=1).decode()
        return text if len(text) <= MOST_OBJECT else text[:MOST_OBJECT] + f"\n… {len(text)} characters in all"

    async def _pod_lines(self) -> str:
        pods = await self._listed()
        usage = self.board.get(POD_USAGE).value or {}
        now = clock.now()
        lines = [_pod_line(pod, usage.get(f"{pod.namespace}/{pod.name}"), units.age(pod.created, now)) for pod in pods]
        more = [f"{len(lines) - MOST_PODS} more"] if len(lines) > MOST_PODS else []
        return "\n".join([*lines[:MOST_PODS], *more]) or "none"

    async def _events(self) -> str:
        """Of the targets, their ReplicaSets and pods: all of these carry the workload's name in front."""
        names = tuple(target.name for target in self.targets)
        live = _live(self.board.get(EVENTS), self.plan.target.namespace)
        if live is not None:
            rows = [each for each in live.values() if each.namespace == self.plan.target.namespace]
            begin = tuple(f"{name}-" for name in names)
            own = [each for each in rows if each.name in names or each.name.startswith(begin)]
        else:
            pods = sorted(await self._listed(), key=_worst_first)[:WORST_PODS]
            own = []
            for name in (*names, *(pod.name for pod in pods)):
                own += await reading.events(self.cluster, self.plan.target.namespace, name)
        own.sort(key=lambda event: event.last.timestamp() if event.last else 0.0)
        return "\n".join(_event_line(event) for event in own[-MOST_EVENTS:]) or "none"

    async def _logs(self, number: int) -> str:
        """The last and the previous log of the n-th worst pod."""
        pods = sorted(await self._listed(), key=_worst_first)
        if number >= len(pods):
            return ""
        pod = pods[number]
        parts = []
        for container in [each for each in pod.containers if not each.init][:2]:
            name = f"{pod.name}/{container.name}"
            parts.append(f"--- {name}, last {TAIL} lines\n{await self._log(pod, container.name)}")
            if container.restarts:
                parts.append(f"--- {name}, before its last restart\n{await self._log(pod, container.name, True)}")
        return "\n".join(parts)

    async def _log(self, pod: Pod, container: str, previous: bool = False) -> str:
        try:
            lines = await tail_logs(
                self.cluster, pod.namespace, pod.name, container, tail=TAIL, previous=previous
            )  # fmt: skip
        except SourceError as error:
            return f"not to be had: {error.problem.sentence}"
        text = "\n".join(f"{line.at:%H:%M:%S} {line.text}" if line.at else line.text for line in lines)
        return text[-MOST_LOG:] or "empty"

    async def _pods_of(self, workload: Target) -> tuple[Pod, ...]:
        """All of them where the board is live, else a page."""
        live = _live(self.board.get(PODS), workload.namespace)
        if live is None:
            return await reading.pods_of(self.cluster, workload, most=MOST_PODS)
        wanted = (workload.kind, workload.name)
        rows = [pod for pod in live.values() if pod.namespace == workload.namespace]
        owners = ((pod, controller(pod)) for pod in rows)
        return tuple(pod for pod, owner in owners if owner is not None and (owner.kind, owner.name) == wanted)

    async def _listed(self) -> tuple[Pod, ...]:
        assert self._pods is not None
        return await asyncio.shield(self._pods)


def _live(seen: Reading[Collection[T]], namespace: str) -> Mapping[str, T] | None:
    """The rows of a collection that is whole and fresh, where the namespace may be listed: no row means none then."""
    value = seen.value
    if seen.state is not State.OK or value is None or not value.complete:
        return None
    return None if "*" in value.denied or namespace in value.denied else value.rows


async def _in_time(within_s: float, parts: list[tuple[str, Awaitable[str]]]) -> list[str]:
    """Each part under its title; those that are late are given up."""
    tasks = [asyncio.ensure_future(_told(work)) for _, work in parts]
    try:
        if tasks:
            await asyncio.wait(tasks, timeout=within_s)
    finally:
        for task in tasks:
            task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    texts = [
        (title, f"not to be had within {within_s:g} s" if task.cancelled() else task.result())
        for (title, _), task in zip(parts, tasks, strict=True)
    ]
    return [f"== {title}\n{text}" for title, text in texts if text]


async def _told(work: Awaitable[str]) -> str:
    try:
        return await work
    except SourceError as error:
        return f"not to be had: {error.problem.sentence}"


def _targets(plan: Plan) -> tuple[Target, ...]:
    """What is written to, and the workload behind it."""
    found: dict[tuple[str, str], Target] = {}
    for target in (plan.target, plan.follows, plan.asked.target):
        if target is not None:
            found.setdefault((target.kind, target.name), target)
    return tuple(found.values())


def _pod_line(pod: Pod, usage: Usage | None, age: str) -> str:
    used = f"  cpu {units.cores(usage.cpu)} memory {units.size(usage.memory)}" if usage else "  usage unknown"
    last = f"  last {pod.last_restart.reason} {pod.last_restart.exit_code}" if pod.last_restart else ""
    said = f"  {clean(pod.message, 160)}" if pod.message else ""
    images = ",".join(dict.fromkeys(each.image for each in pod.containers if not each.init))
    return (
        f"{clean(pod.name, 253)}  {pod.ready}/{pod.total} {clean(pod.status, 40)}  restarts {pod.restarts}  {age}  "
        f"{clean(pod.node, 253)}  {clean(images, 300)}{used}{last}{said}"
    )


def _event_line(event: Event) -> str:
    at = f"{event.last:%H:%M:%S}" if event.last else "?"
    times = f" x{event.count}" if event.count > 1 else ""
    return f"{at} {event.type} {event.reason}{times} {event.kind}/{event.name}: {clean(event.message, 300)}"


def _worst_first(pod: Pod) -> tuple[bool, bool, int, str]:
    return not failing(pod), pod.ready >= pod.total, -pod.restarts, pod.name
