"""The feeds of one cluster: the heartbeat, the watched collections, usage."""

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any

import msgspec

from ..config import settings
from ..model.collection import Collection
from ..model.kubernetes import Usage
from ..model.reading import Problem, ProblemKind, State
from ..sources.errors import SourceError
from ..sources.kubernetes import convert_others, kinds
from ..sources.kubernetes.access import namespaces_for
from ..sources.kubernetes.cluster import Cluster
from ..sources.kubernetes.decode import Decoder
from ..sources.kubernetes.kinds import Kind
from ..sources.kubernetes.offered import Offered
from ..sources.kubernetes.wire import NodeMetricsWire, PodMetricsWire
from .board import Board
from .feed import Feed, Polled, Read, Wake
from .kubernetes_ledger import Health, Ledger, absent
from .kubernetes_pulse import Heartbeat
from .kubernetes_stream import ABSENT_AGAIN_S, LISTED_EVERY_S, SILENCE_S, Absent, Forbidden, ListWatch
from .kubernetes_wanted import Wanted
from .slices import Slices
from .topics import (
    BUDGETS,
    CLAIMS,
    CONFIG_CHANGES,
    ENDPOINTS,
    EVENTS,
    HPAS,
    K8S_SERVICES,
    NAMESPACES,
    NODE_USAGE,
    NODES,
    POD_USAGE,
    PODS,
    QUOTAS,
    REPLICA_SETS,
    WORKLOADS,
    Topic,
)
from .usage_elsewhere import or_else
from .wishes import Wishes

USAGE_EVERY_S = 60.0
_REFRESHED_AFTER_S = 3600.0

WATCHED: tuple[tuple[Topic[Any], tuple[Kind[Any], ...]], ...] = (
    (PODS, (kinds.PODS,)),
    (WORKLOADS, kinds.WORKLOADS),
    (HPAS, (kinds.HPAS,)),
    (NODES, (kinds.NODES,)),
    (REPLICA_SETS, (kinds.REPLICA_SETS,)),
    (EVENTS, (kinds.EVENTS,)),
    (CONFIG_CHANGES, (kinds.CONFIG_MAPS,)),
    (BUDGETS, (kinds.BUDGETS,)),
    (K8S_SERVICES, (kinds.SERVICES,)),
    (QUOTAS, (kinds.QUOTAS,)),
)
"""Always: a screen that stands open, or a rule, reads them."""
ON_DEMAND: tuple[tuple[Topic[Any], tuple[Kind[Any], ...]], ...] = (
    (ENDPOINTS, (kinds.ENDPOINTS,)),
    (NAMESPACES, (kinds.NAMESPACES,)),
    (CLAIMS, (kinds.CLAIMS,)),
)
"""While somebody wants them."""


def kubernetes_feeds(
    wanted: settings.Kubernetes,
    cluster: Cluster | None = None,
    wishes: Wishes | None = None,
    usage_elsewhere: Read[dict[str, Usage]] | None = None,
) -> tuple[Feed | Polled[Any], ...]:
    """Everything that keeps the `k8s.*` topics fresh, over one shared connection (a new one unless given).

    `wishes` says when somebody wants what is not watched otherwise; `usage_elsewhere` is asked where the cluster does
    not tell what its pods use.
    """
    shared, wishes = cluster or Cluster(wanted), wishes or Wishes()
    heartbeat, offers = Heartbeat(shared), Offered(shared)
    secrets: tuple[Kind[Any], ...] = (kinds.SECRETS,) if wanted.watch_secrets else ()
    watched = tuple(
        Watched(topic, (*of, *secrets) if topic is CONFIG_CHANGES else of, shared, heartbeat, offers=offers)
        for topic, of in WATCHED
    )
    on_demand = (Wanted(Watched(topic, of, shared, heartbeat, offers=offers), topic, wishes) for topic, of in ON_DEMAND)
    usage = UsageReader(shared)
    return (
        heartbeat,
        *watched,
        *on_demand,
        Polled(POD_USAGE.name, POD_USAGE, USAGE_EVERY_S, or_else(usage.pods, usage_elsewhere), timeout_s=30),
        Polled(NODE_USAGE.name, NODE_USAGE, USAGE_EVERY_S, usage.nodes, timeout_s=30),
    )


class Watched:
    """Keeps one collection: a stream per kind, and per namespace where not all may be listed at once."""

    def __init__(
        self, topic: Topic[Collection[Any]], of: tuple[Kind[Any], ...], cluster: Cluster, heartbeat: Heartbeat, *,
        silence_s: float = SILENCE_S, listed_every_s: float = LISTED_EVERY_S, offers: Offered | None = None,
    ) -> None:  # fmt: skip
        self.name = topic.name
        self.topics: tuple[Topic[Any], ...] = (topic,)
        self._topic = topic
        self._kinds = of
        self._cluster = cluster
        self._heartbeat = heartbeat
        self._silence_s = silence_s
        self._listed_every_s = listed_every_s
        self._offers = offers or Offered(cluster)
        self._streams: dict[ListWatch, asyncio.Task[None]] = {}
        self._running: tuple[asyncio.TaskGroup, Ledger[Any]] | None = None
        self._orphans: dict[str, set[str]] = {}
        """By kind: rows of streams that ended, until another stream takes them over or they are dropped."""

    async def run(self, board: Board, wake: Wake) -> None:
        ledger: Ledger[Any] = Ledger(self._topic, board)
        self._heartbeat.ledgers.append(ledger)
        self._streams.clear()
        try:
            async with asyncio.TaskGroup() as group:
                self._running = group, ledger
                group.create_task(ledger.publish_for_ever())
                for kind in self._kinds:
                    scopes: tuple[str | None, ...] = self._cluster.settings.namespaces if kind.namespaced else ()
                    for namespace in scopes or (None,):
                        self._start(group, ledger, kind, namespace)
                while True:
                    if await wake.wait(_REFRESHED_AFTER_S):
                        self._cluster.retry_sign_in()
                        doubted = board.get(self._topic).state is State.STALE
                        for stream in self._streams:
                            stream.refresh(doubted=doubted)
        finally:
            self._running = None
            self._heartbeat.ledgers.remove(ledger)

    def narrow(self) -> None:
        """Look at the namespaces that the settings name now: streams of those that stay go on, the others end."""
        if self._running is None:
            return
        group, ledger = self._running
        scopes: set[str | None] = set(self._cluster.settings.namespaces) or {None}
        ledger.looks_at(scopes)
        for kind in self._kinds:
            if not kind.namespaced:
                continue
            orphans = self._orphans.setdefault(kind.plural, set())
            mine = [stream for stream in self._streams if stream.kind.plural == kind.plural]
            for stream in [one for one in mine if one.namespace not in scopes]:
                self._streams.pop(stream).cancel()
                ledger.leave(stream)
                orphans |= stream.uids
            for namespace in scopes - {stream.namespace for stream in mine}:
                self._start(group, ledger, kind, namespace)
            group.create_task(self._drop(ledger, orphans))

    async def _drop(self, ledger: Ledger[Any], orphans: set[str]) -> None:
        """What nobody looks at any more goes in slices: there may be many thousands."""
        slices = Slices()
        while orphans:
            ledger.drop((orphans.pop(),))
            if slices.over:
                await slices.rest()

    def _start(self, group: asyncio.TaskGroup, ledger: Ledger[Any], kind: Kind[Any], namespace: str | None) -> None:
        stream = ListWatch(
            self._cluster, kind, namespace, ledger, silence_s=self._silence_s, listed_every_s=self._listed_every_s
        )
        orphans = self._orphans.get(kind.plural, set())
        rows = ledger.collection.rows
        own = {uid for uid in orphans if uid in rows and namespace in (None, rows[uid].namespace)}
        orphans -= own
        stream.inherit(own)
        self._streams[stream] = group.create_task(self._run(group, ledger, kind, stream))

    async def _run(self, group: asyncio.TaskGroup, ledger: Ledger[Any], kind: Kind[Any], stream: ListWatch) -> None:
        """A stream; where it may not list everything, one for each namespace that it may."""
        while True:
            try:
                await stream.run()
            except Forbidden as refusal:
                try:
                    allowed = await namespaces_for(self._cluster, kind)
                except SourceError as error:
                    ledger.stands(stream, Health.FAILED, error.problem)
                    allowed = []
                else:
                    ledger.stands(stream, Health.DENIED, _nowhere(refusal.problem))
                if allowed:
                    orphans = self._orphans.setdefault(kind.plural, set())
                    orphans |= stream.uids
                    del self._streams[stream]
                    for namespace in allowed:
                        self._start(group, ledger, kind, namespace)
                    ledger.retire(stream, "*")
                    await self._drop(ledger, orphans)
                    return
                await stream.rest()
            except Absent as missing:
                if (other := await self._offered(kind, stream, ledger, missing)) is None:
                    continue
                self._kinds = tuple(other if one is kind else one for one in self._kinds)
                del self._streams[stream]
                ledger.leave(stream)
                self._start(group, ledger, other, stream.namespace)
                return

    async def _offered(
        self, kind: Kind[Any], stream: ListWatch, ledger: Ledger[Any], missing: Absent
    ) -> Kind[Any] | None:
        """Another version of a kind that was not where it should be; None after a wait where there is none."""
        try:
            found = await self._offers.version_of(kind)
        except SourceError:
            found = None
        if found is kind:
            # it is offered, and not found all the same: whoever serves it is at fault
            ledger.stands(stream, Health.FAILED, missing.problem)
            await stream.rest()
            return None
        if found is None:
            await stream.absent()
        return found


def _nowhere(refusal: Problem) -> Problem:
    """Of those who may list neither everywhere nor the namespaces, only they themselves know where they may."""
    remedy = ':ns NAME looks at yours; namespaces = ["NAME"] under [profiles.….kubernetes] keeps it'
    return msgspec.structs.replace(refusal, remedy=remedy)


class UsageReader:
    """Reads metrics.k8s.io, which knows only get and list."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._pods = Decoder(PodMetricsWire)
        self._nodes = Decoder(NodeMetricsWire)
        self._namespaces: list[str] | None = None
        """None: all at once."""

    async def pods(self) -> tuple[dict[str, Usage], str]:
        """By `namespace/name`."""
        with _metrics_server():
            return await self._pods_where_allowed()

    async def nodes(self) -> tuple[dict[str, Usage], str]:
        """By name."""
        path = "/apis/metrics.k8s.io/v1beta1/nodes"
        with _metrics_server():
            answer = await self._cluster.get(path, needs="list nodes.metrics.k8s.io", timeout_s=20)
        found = (convert_others.node_usage(wire) for wire in self._nodes.page(answer.body).items)
        return dict(item for item in found if item is not None), path

    async def _pods_where_allowed(self) -> tuple[dict[str, Usage], str]:
        named = list(self._cluster.settings.namespaces) or self._namespaces
        try:
            return await self._pods_of(named)
        except SourceError as error:
            if error.problem.kind is not ProblemKind.FORBIDDEN or named is not None:
                raise
            self._namespaces = await namespaces_for(self._cluster, kinds.POD_METRICS) or None
            if self._namespaces is None:
                raise
            return await self._pods_of(self._namespaces)

    async def _pods_of(self, namespaces: list[str] | None) -> tuple[dict[str, Usage], str]:
        usage: dict[str, Usage] = {}
        slices = Slices()
        for namespace in namespaces or (None,):
            scope = f"/namespaces/{namespace}" if namespace else ""
            needs = f"list pods.metrics.k8s.io in {namespace or 'all namespaces'}"
            answer = await self._cluster.get(f"/apis/metrics.k8s.io/v1beta1{scope}/pods", needs=needs, timeout_s=20)
            # the server knows no pages: of 50,000 pods it sends twelve megabytes at once
            for portion in self._pods.portions(answer.body):
                for found in map(convert_others.pod_usage, portion.items):
                    if found is not None:
                        usage[found[0]] = found[1]
                if slices.over:
                    await slices.rest()
        return usage, "/apis/metrics.k8s.io/v1beta1/pods"


@contextlib.contextmanager
def _metrics_server() -> Iterator[None]:
    """Where there is none that is said, and it is looked for again now and then only, and at each refresh."""
    try:
        yield
    except SourceError as error:
        if error.problem.kind is ProblemKind.MISSING:
            raise SourceError(
                ProblemKind.MISSING, absent("metrics.k8s.io").sentence, "install metrics-server in the cluster",
                retry_after_s=ABSENT_AGAIN_S,
            ) from error  # fmt: skip
        raise
