"""What the large cluster holds and what happens to it: collections with versions, watchers, a rollout."""

import asyncio
import gzip
import heapq
import itertools
import random
from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

import msgspec

from . import objects
from .objects import App, Json, PodState

PAGE = 500
KEPT = 50_000
"""Events that a watch may still be resumed from."""
SPAN_S = 5.0
"""From the first to the last event of one replaced pod."""


class Collection:
    """Objects of one kind by uid, as JSON; whoever watches gets a line for each change."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.objects: dict[str, bytes] = {}
        self.version = 1
        self.events: deque[tuple[int, bytes]] = deque(maxlen=KEPT)
        self.watchers: set[asyncio.Queue[bytes]] = set()
        self._pages: dict[tuple[int, int, int], bytes] = {}

    def put(self, uid: str, make: Callable[[int], Json]) -> None:
        """Add or change an object; `make` gets its new version."""
        self.version += 1
        known = uid in self.objects
        self.objects[uid] = body = msgspec.json.encode(make(self.version))
        self._tell("MODIFIED" if known else "ADDED", body)

    def drop(self, uid: str) -> None:
        self.version += 1
        self._tell("DELETED", self.objects.pop(uid))

    def load(self, made: Iterator[tuple[str, Json]]) -> None:
        """Fill it at the start, without telling anybody."""
        self.objects.update((uid, msgspec.json.encode(thing)) for uid, thing in made)

    def page(self, start: int, limit: int) -> bytes:
        """One page of the list, compressed; made once per version."""
        key = (self.version, start, limit)
        if key not in self._pages:
            self._pages = {known: body for known, body in self._pages.items() if known[0] == self.version}
            self._pages[key] = gzip.compress(self._list(start, limit), 1)
        return self._pages[key]

    def bookmark(self) -> bytes:
        meta = {"resourceVersion": str(self.version), "creationTimestamp": None}
        told = {"type": "BOOKMARK", "object": {"kind": self.kind, "apiVersion": "v1", "metadata": meta}}
        return msgspec.json.encode(told) + b"\n"

    def _list(self, start: int, limit: int) -> bytes:
        items = list(itertools.islice(self.objects.values(), start, start + limit))
        meta: Json = {"resourceVersion": str(self.version)}
        if (left := len(self.objects) - start - len(items)) > 0:
            meta |= {"continue": str(start + limit), "remainingItemCount": left}
        head = {"kind": f"{self.kind}List", "apiVersion": "v1", "metadata": meta}
        return msgspec.json.encode({**head, "items": [msgspec.Raw(item) for item in items]})

    def _tell(self, what: str, body: bytes) -> None:
        line = b'{"type":"%s","object":%s}\n' % (what.encode(), body)
        self.events.append((self.version, line))
        for queue in self.watchers:
            queue.put_nowait(line)


class State:
    """The cluster: `pods` pods in Deployments of forty on a hundred nodes or more, `events` of an hour."""

    def __init__(self, pods: int, namespaces: int = len(objects.NAMESPACES), events: int = 0) -> None:
        self.chance = random.Random(1)
        self.nodes = max(objects.NODES, pods // 100)
        apps = range(pods // objects.PER_WORKLOAD)
        self.apps = [App(number, objects.PER_WORKLOAD, namespaces) for number in apps]
        self.pods = [
            objects.new_pod(app, index, self.chance, self.nodes) for app in self.apps for index in range(app.replicas)
        ]
        self.collections = {name: Collection(kind) for name, kind in KINDS.items()}
        self._told = 0
        self._fill()
        for number in range(events):
            self._tell(3600.0 * (number - events) / events)
        self._fresh: list[PodState] = []
        self._metrics = b""
        self._metrics_at = float("-inf")

    def _fill(self) -> None:
        held = self.collections
        held["pods"].load((state.uid, objects.pod(state, 1)) for state in self.pods)
        held["nodes"].load((objects.node_name(number), objects.node(number, 1)) for number in range(self.nodes))
        for app in self.apps:
            made = objects.deployment(app, app.replicas, app.replicas, 1)
            held["deployments"].load(iter([(objects.uid(app.namespace, app.name), made)]))
            held["replicasets"].load(iter([(objects.uid(app.name, app.hash), objects.replica_set(app, 1))]))
            held["services"].load(iter([(objects.uid("service", app.name), objects.service(app, 1))]))
            held["poddisruptionbudgets"].load(iter([(objects.uid("budget", app.name), objects.budget(app, 1))]))
        for name in {app.namespace for app in self.apps}:
            held["resourcequotas"].load(iter([(objects.uid("quota", name), objects.quota(name, 1))]))
        for start in range(0, len(self.pods), PAGE):
            held["pods"].page(start, PAGE)

    def metrics(self, now: float) -> bytes:
        """The list of pod usage, compressed; new values every 15 s as from metrics-server."""
        if now - self._metrics_at >= 15:
            self._metrics_at = now
            items = [objects.pod_metrics(state, self.chance) for state in self.pods]
            listed = {"kind": "PodMetricsList", "metadata": {}, "items": items}
            self._metrics = gzip.compress(msgspec.json.encode(listed), 1)
        return self._metrics

    async def tell(self, a_minute: int) -> None:
        """So many events a minute, for ever."""
        while True:
            for _ in range(max(1, a_minute // 600)):
                self._tell()
            await asyncio.sleep(0.1)

    def _tell(self, ago_s: float = 0.0) -> None:
        self._told += 1
        number, about, moment = self._told, self.chance.choice(self.pods), _moment(ago_s)
        self.collections["events"].put(
            objects.uid("event", number), lambda version: objects.event(number, about, moment, version)
        )

    async def roll(self, pods: int, seconds: float) -> None:
        """Replace so many pods, as rollouts of their Deployments do, within so many seconds."""
        apps = self.apps[: pods // objects.PER_WORKLOAD]
        rolling = [state for state in self.pods if state.app in apps]
        due: list[tuple[float, int, Callable[[], None]]] = []
        order = itertools.count()
        for app in apps:
            app.revision += 1
            begin: Callable[[], None] = partial(self._begin, app)
            heapq.heappush(due, (0.0, next(order), begin))
        self.chance.shuffle(rolling)
        gone: dict[str, int] = {}
        for index, old in enumerate(rolling):
            at = max(0.0, seconds - SPAN_S) * index / len(rolling)
            number = gone[old.app.name] = gone.get(old.app.name, -1) + 1
            new = objects.new_pod(old.app, number, self.chance, self.nodes)
            for after, step in self._steps(old, new, number + 1):
                heapq.heappush(due, (at + after, next(order), step))
        started = asyncio.get_running_loop().time()
        while due:
            wait = started + due[0][0] - asyncio.get_running_loop().time()
            if wait > 0:
                await asyncio.sleep(max(wait, 0.01))
            else:
                heapq.heappop(due)[2]()
        kept = [state for state in self.pods if state.app not in apps]
        self.pods = kept + [state for state in self._fresh if state.app in apps]
        self._fresh = []

    def _begin(self, app: App) -> None:
        self.collections["replicasets"].put(objects.uid(app.name, app.hash), lambda v: objects.replica_set(app, v))
        self._report(app, 0)

    def _report(self, app: App, updated: int) -> None:
        made = objects.uid(app.namespace, app.name)
        self.collections["deployments"].put(made, lambda v: objects.deployment(app, app.replicas - 1, updated, v))

    def _steps(self, old: PodState, new: PodState, updated: int) -> Iterator[tuple[float, Callable[[], None]]]:
        """What is told of one pod that takes another one's place: (seconds after the first, what to do)."""
        pods = self.collections["pods"]

        def change(state: PodState, **differs: object) -> Callable[[], None]:
            def step() -> None:
                for name, value in differs.items():
                    setattr(state, name, value)
                pods.put(state.uid, lambda version: objects.pod(state, version))

            return step

        def leave() -> None:
            pods.drop(old.uid)
            self._fresh.append(new)

        yield 0.0, change(new, phase="Pending", ready=False, created=_moment())
        yield 0.3, change(new, phase="Pending")
        yield 1.0, change(new, phase="Running")
        yield 3.0, change(new, ready=True)
        yield 3.0, lambda: self._report(new.app, updated)
        yield 3.1, change(old, deleting=_moment(30))
        yield 4.0, change(old, ready=False)
        yield SPAN_S, leave


KINDS = {
    "pods": "Pod", "nodes": "Node", "events": "Event", "configmaps": "ConfigMap", "deployments": "Deployment",
    "replicasets": "ReplicaSet", "statefulsets": "StatefulSet", "daemonsets": "DaemonSet", "jobs": "Job",
    "cronjobs": "CronJob", "horizontalpodautoscalers": "HorizontalPodAutoscaler", "services": "Service",
    "poddisruptionbudgets": "PodDisruptionBudget", "resourcequotas": "ResourceQuota",
}  # fmt: skip


def _moment(seconds: float = 0.0) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
