"""From a profile to running feeds: which sources it names, what reads them, and how all of it ends."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection, Iterable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from .config.settings import Http, Policy, Profile
from .model.reading import Problem, ProblemKind, State
from .poller import topics
from .poller.alerts import AlertsTogether
from .poller.board import Board
from .poller.charts import Charts
from .poller.feed import Feed, Narrowed, Polled
from .poller.judge import History, Judge, Watcher
from .poller.schedule import Poller
from .poller.topics import Topic
from .poller.traces_watch import TracesWatch
from .poller.wishes import Wishes
from .sources.http import Reach, ServiceProxy, reach

if TYPE_CHECKING:
    from .actions.actions import Actions
    from .model.incident import Incident
    from .model.kubernetes import Usage
    from .poller.loki import LogStoreDesk
    from .poller.postgres import ServerReader
    from .poller.prometheus import Desk
    from .records.records import Records
    from .sources.kubernetes.cluster import Cluster
    from .sources.kubernetes.forward import Forwards
    from .sources.way import Way
    from .store.store import Store

SECTIONS = {
    "k8s": "kubernetes",
    "prom": "prometheus",
    "am": "alertmanager",
    "loki": "loki",
    "pg": "postgres",
    "pgbouncer": "pgbouncer",
    "redis": "redis",
    "bill": "billing",
    "cust": "customers",
    "probes": "probes",
}
"""By system: the part of the profile that serves its topics."""
REMEDY = "add it to the settings; opsconsole config init shows how"
ONLY_SHOWN = frozenset((topics.TILES, topics.EXTERNAL, topics.SPLITS))
"""What no rule judges: who looks once does not ask for it."""
CLOSE_S = 3.0
"""How long the sources may take to let go."""


LOADS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "kubernetes",
        (
            ".sources.kubernetes.loader",
            ".poller.cluster_watch",
            ".poller.kubernetes",
            ".poller.log_news_desk",
            ".poller.logs",
            ".actions.actions",
        ),
    ),
    ("prometheus", (".poller.metrics", ".poller.prometheus", ".poller.slo", ".sources.prometheus.source")),
    ("alertmanager", (".poller.alerts", ".sources.alertmanager")),
    ("loki", (".poller.loki", ".sources.loki")),
    ("postgres", (".poller.postgres", ".poller.connections", ".poller.failover_watch", "psycopg")),
    ("pgbouncer", (".poller.pgbouncer", "psycopg")),
    ("redis", (".poller.redis", ".poller.redis_watch", "redis.asyncio")),
    ("billing", (".poller.billing",)),
    ("customers", (".poller.customers",)),
    ("probes", (".poller.probes",)),
)
"""What each part of the profile imports, the clients that its sources take later among it: a second for all."""


def load(profile: Profile) -> None:
    """Import what the sources of a profile need; to be called in a thread, before `start`."""
    for part, modules in LOADS:
        if getattr(profile, part):
            for module in modules:
                import_module(module, __package__)


class Assembly:
    """All feeds of one profile on one board. Build it, `start` it on the event loop, `stop` it on the same."""

    def __init__(
        self, profile: Profile, policy: Policy, board: Board, *, store_path: Path | None = None, name: str = "",
        wishes: Wishes | None = None, elsewhere: Collection[str] = (), looks_once: bool = False,
    ) -> None:  # fmt: skip
        """`name` is the profile's; `wishes` says who wants what is not watched otherwise; what happens here is no part
        of the incidents `elsewhere`, which are those of another platform. Who `looks_once` writes nothing down and can
        do nothing; a store that is not there is no blindness then."""
        self.wishes = wishes or Wishes()
        self.profile = profile
        self.policy = policy
        self.board = board
        self.poller = Poller(board)
        self.charts: Charts | None = None
        self.actions: Actions | None = None
        self.records: Records | None = None
        self.judge: Judge | None = None
        self.log_store: LogStoreDesk | None = None
        """The Loki of the profile, for lines that somebody looks at."""
        self.databases: dict[str, ServerReader] = {}
        """By name, for what is asked of them only when somebody looks."""
        self._cluster: Cluster | None = None
        self._store_path = store_path
        self._profile_name = name
        self._elsewhere = frozenset(elsewhere)
        self._looks_once = looks_once
        self._feeds: list[Feed | Polled[Any]] = []
        self._sources: list[Topic[Any]] = []
        """The topics whose failure makes the console blind."""
        self._watchers: list[Watcher] = []
        self._history: History | None = None
        self._desk: Desk | None = None
        self._proxy: ServiceProxy | None = None
        self._forwards: Forwards | None = None
        self._closing: list[Callable[[], Awaitable[None]]] = []
        self._settling: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Make the sources and let every feed run; returns at once, answers come by and by."""
        store = self._open_store()
        self._add_kubernetes(store)
        self._add_prometheus()
        self._add_baselines(store)
        self._add_alertmanager()
        self._add([AlertsTogether()])
        self._add_logs()
        self._add_postgres(store)
        self._add_pgbouncer()
        self._add_redis(store)
        self._add_billing()
        self._add_customers()
        self._add_probes(store)
        if not self._looks_once:
            self._add_writing(store)
        self.judge = Judge(
            self.policy, systems=self._sources, history=self._history, watchers=self._watchers,
            stored=self._stored_past(store), refresh=None if self._looks_once else self.poller.refresh,
        )  # fmt: skip
        self.poller.start([*self._feeds, self.judge])
        self._mark_missing()
        if self.actions is not None:
            self._settling = asyncio.create_task(self.actions.keep_settling(), name="settle lost runs")

    @property
    def sources(self) -> frozenset[Topic[Any]]:
        """The topics whose failure makes the console blind."""
        return frozenset(self._sources)

    @property
    def judged(self) -> frozenset[Topic[Any]]:
        """The topics that findings are made of and that its sources answer for."""
        served = {topic for feed in self._feeds for topic in feed.topics}
        return frozenset(served.intersection(self.judge.heard)) if self.judge is not None else frozenset()

    @property
    def cluster(self) -> "Cluster | None":
        """The connection to Kubernetes; None where the profile names none."""
        return self._cluster

    @property
    def metrics(self) -> "Desk | None":
        """The Prometheus of the profile, for what somebody asks once."""
        return self._desk

    def refresh(self, wanted: Any = None) -> None:
        """Ask the feeds of these topics at once; None asks all."""
        self.poller.refresh(wanted)
        if self.charts is not None:
            self.charts.refresh()

    def narrow(self, namespaces: tuple[str, ...]) -> None:
        """Look at these namespaces from now on, none: at all. Watches of those that stay go on."""
        cluster = self._cluster
        if cluster is None or self.profile.kubernetes is None:
            return
        kubernetes = msgspec.structs.replace(self.profile.kubernetes, namespaces=namespaces)
        self.profile = msgspec.structs.replace(self.profile, kubernetes=kubernetes)
        cluster.settings = kubernetes
        for feed in self._feeds:
            if isinstance(feed, Narrowed):
                feed.narrow()
        self.refresh((topics.POD_USAGE,))

    async def stop(self) -> None:
        """Stop asking, then close what is open; a source that does not let go is left behind.

        Actions first: a write that is on its way needs the cluster and the store to come to its end.
        """
        if self._settling is not None:
            self._settling.cancel()
            await asyncio.gather(self._settling, return_exceptions=True)
        if self.actions is not None:
            await self.actions.close()
        await self.poller.stop()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_S):
                await asyncio.gather(*(close() for close in self._closing), return_exceptions=True)

    def forget(self) -> None:
        """After `stop`: hold nothing any more. What stays is kept out of the collector's way, so it would never go."""
        self.board.clear()
        self._feeds.clear()
        self._watchers.clear()
        self._closing.clear()
        self.databases.clear()
        self._history = self.charts = self.actions = self.records = self._cluster = self._proxy = self.judge = None
        self._forwards = self.log_store = None
        self.poller = Poller(self.board)

    # ---- the sources ----------------------------------------------------------------------------------------------

    def _open_store(self) -> "Store":
        from .poller.incidents import IncidentsFeed
        from .store.store import Store

        store = Store.open(self._store_path, read_only=self._looks_once)
        self._closing.append(store.close)
        self._add([IncidentsFeed(store)], *(() if self._looks_once else (topics.INCIDENTS,)))
        return store

    def _stored_past(self, store: "Store") -> Any:
        """What the store says of databases and caches before this console; None where there are none."""
        databases, caches = ([server.name for server in one] for one in (self.profile.postgres, self.profile.redis))
        if not databases and not caches:
            return None
        from .poller.stored_past import StoredPast

        return StoredPast(store, databases, caches).read

    def _add_writing(self, store: "Store") -> None:
        """What writes: records always, actions where there is a cluster."""
        from .documents.keeper import ImpactKeeper
        from .poller.firings import FiringsKeeper
        from .records.recorder import Recorder
        from .records.records import Records

        self.records = Records(store, self.board, self.profile, self.policy)
        self._feeds.extend((Recorder(store, self.records, self._elsewhere), ImpactKeeper(store, self._elsewhere)))
        self._feeds.append(FiringsKeeper(store))
        if self._cluster is None:
            return
        from .actions.actions import Actions

        self.actions = Actions(self._cluster, self.board, store, self.profile, self.policy, self._profile_name)

    def _add_kubernetes(self, store: "Store") -> None:
        settings = self.profile.kubernetes
        if settings is None:
            return
        from .poller.cluster_watch import ClusterWatch
        from .poller.hpa_past import HpaPastFeed
        from .poller.kubernetes import kubernetes_feeds
        from .sources.kubernetes.cluster import Cluster
        from .sources.through_cluster import ThroughCluster

        cluster = Cluster(settings)
        self._cluster = cluster
        self._proxy = ThroughCluster(cluster)
        self._watchers.append(ClusterWatch())
        self._watchers.append(TracesWatch())
        self._closing.append(cluster.close)
        self._feeds.append(HpaPastFeed(settings.context or self._profile_name, store))
        elsewhere = self._usage_elsewhere if self.profile.prometheus is not None else None
        feeds = kubernetes_feeds(settings, cluster, self.wishes, elsewhere)
        self._add(feeds, topics.CLUSTER, topics.PODS, topics.WORKLOADS, topics.NODES)

    async def _usage_elsewhere(self) -> "tuple[dict[str, Usage], str]":
        """What pods use, by Prometheus: its desk is there before any feed runs."""
        from .poller.usage_elsewhere import UsageElsewhere

        assert self._desk is not None
        return await UsageElsewhere(self._desk).pods()

    async def _disk_elsewhere(self, settings: Any) -> Any:
        """A server's volume, by Prometheus."""
        from .poller.server_disk import DiskElsewhere

        assert self._desk is not None
        return await DiskElsewhere(self._desk).read(settings)

    def _add_prometheus(self) -> None:
        settings = self.profile.prometheus
        if settings is None:
            return
        from .poller.alerts import prometheus_alerts_feed
        from .poller.metrics import MeasuresReader, metrics_feeds
        from .poller.prometheus import Desk
        from .poller.slo import slo_feed
        from .poller.slo_watch import SloWatch
        from .sources.prometheus.source import Prometheus

        source = Prometheus(self._reach(settings))
        self._desk = desk = Desk(source, self.profile.metrics)
        live = {"services": True, "postgres": bool(self.profile.postgres), "redis": bool(self.profile.redis)}
        told = [name for name, there in live.items() if there]
        self._history = MeasuresReader(desk, self.policy, told, self.profile.postgres).history
        from .poller.quiet import QuietWatch, quiet_feed

        self._watchers.append(QuietWatch())
        self._add([quiet_feed(desk)])
        self.charts = Charts(desk, self.policy)
        self._closing.append(partial(_close, source.close))
        measured = metrics_feeds(desk, self.policy, self.board, live=told, servers=self.profile.postgres)
        if self._looks_once:
            self._add([feed for feed in measured if feed.topic not in ONLY_SHOWN], topics.SERVICES, topics.MEASURES)
        else:
            self._add([*measured, self.charts], topics.TILES, topics.SERVICES, topics.MEASURES)
        self._add([prometheus_alerts_feed(source)])
        self._add([slo_feed(desk, self.profile.slo)])
        self._watchers.append(SloWatch())

    def _add_baselines(self, store: "Store") -> None:
        """What is normal is learned over minutes: who looks once looks at the shifts that consoles noted."""
        if self._desk is None:
            return
        from .poller.baseline_watch import BaselineWatch
        from .poller.baselines import BaselineReader, BaselinesFeed
        from .poller.deploy_comparisons import comparisons_feed

        def incidents() -> "tuple[Incident, ...]":
            held = self.board.get(topics.INCIDENTS).value
            return held.incidents if held is not None else ()

        reader = BaselineReader(self._desk, store, incidents)
        if self._looks_once:
            self._add([Polled("baselines", topics.BASELINES, 60.0, reader.recheck)])
        else:
            self._add([BaselinesFeed(reader), comparisons_feed(self._desk, self.board)])
        self._watchers.append(BaselineWatch())

    def _add_alertmanager(self) -> None:
        if self.profile.alertmanager is None:
            return
        from .poller.alerts import alerts_feed, silences_feed
        from .poller.operations_watch import OperationsWatch
        from .sources.alertmanager import Alertmanager

        source = Alertmanager(self._reach(self.profile.alertmanager))
        self._closing.append(source.close)
        self._watchers.append(OperationsWatch())
        self._add([alerts_feed(source), silences_feed(source)], topics.ALERTS)

    def _add_logs(self) -> None:
        """Of a Loki; where there is none, from the pods themselves."""
        settings = self.profile.loki
        namespaces = self.profile.kubernetes.namespaces if self.profile.kubernetes is not None else ()
        if settings is not None:
            from .poller.loki import LogStoreDesk, loki_feeds
            from .sources.loki import Loki

            source = Loki(self._reach(settings))
            self._closing.append(source.close)
            self.log_store = LogStoreDesk(source, settings, self.board, namespaces)
            self._add(loki_feeds(self.log_store, self.board, self.wishes), topics.LOG_STORE)
        elif self._cluster is not None:
            from .poller.pod_logs import pod_logs_feed

            self._add([pod_logs_feed(self._cluster, self.board, self.wishes)])

    def _add_postgres(self, store: Any) -> None:
        if not self.profile.postgres:
            return
        from .poller.connections import ConnectionsWatch, connection_feeds
        from .poller.failover_watch import FailoverWatch
        from .poller.health_watch import HealthWatch
        from .poller.operations_watch import OperationsWatch
        from .poller.postgres import PostgresFeeds

        disk = self._disk_elsewhere if self.profile.prometheus is not None else None
        feeds = PostgresFeeds(self.profile.postgres, store, disk, self.way)
        self._closing.append(feeds.close)
        self.databases = {reader.server.name: reader for reader in feeds.readers}
        facts, sessions, statements, changes, health = (
            _topics_of(feeds.feeds, kind)
            for kind in (
                topics.PG_FACTS, topics.PG_SESSIONS, topics.PG_STATEMENTS, topics.PG_CHANGES, topics.PG_HEALTH,
            )
        )  # fmt: skip
        connections = connection_feeds((reader.server for reader in feeds.readers), store)
        self._watchers.append(OperationsWatch(changes))
        self._watchers.append(TracesWatch(statements))
        self._watchers.append(FailoverWatch(facts, store))
        self._watchers.append(HealthWatch([*health, *sessions], self.policy))
        self._watchers.append(ConnectionsWatch([feed.topic for feed in connections]))
        self._add([*feeds.feeds, *connections, *feeds.windows(self.wishes)], *facts, *sessions, *statements)

    def _add_pgbouncer(self) -> None:
        if not self.profile.pgbouncer:
            return
        from .poller.pgbouncer import PgbouncerFeeds

        feeds = PgbouncerFeeds(self.profile.pgbouncer, self.way)
        self._closing.append(feeds.close)
        self._add(feeds.feeds, *(feed.topic for feed in feeds.feeds))

    def _add_redis(self, store: Any) -> None:
        if not self.profile.redis:
            return
        from .poller.redis import RedisFeeds
        from .poller.redis_watch import CacheWatch

        feeds = RedisFeeds(self.profile.redis, store, self.way)
        self._closing.append(feeds.close)
        self._watchers.append(CacheWatch([feed.topic for feed in feeds.feeds]))
        self._add(feeds.feeds, *(feed.topic for feed in feeds.feeds))

    def _add_billing(self) -> None:
        if self.profile.billing is None:
            return
        from .poller.billing import Bookkeeper

        bookkeeper = Bookkeeper(self.profile.billing, self.policy)
        self._closing.append(bookkeeper.close)
        self._add([bookkeeper.feed], topics.COSTS)

    def _add_customers(self) -> None:
        if self.profile.customers is None:
            return
        from .poller.customers import AccountDesk

        desk = AccountDesk(self.profile.customers, self.profile.postgres, self.policy, self.way)
        self._closing.append(desk.close)
        self._add([desk.feed], topics.CUSTOMERS)

    def _add_probes(self, store: "Store") -> None:
        if not self.profile.probes:
            return
        from .poller.probes import ProbesFeed, ProbeWatch

        probes = ProbesFeed(self.profile.probes, store, lambda: self._proxy, looks_once=self._looks_once)
        self._add([probes], topics.PROBES)
        self._watchers.append(ProbeWatch())

    def _add(self, feeds: Any, *sources: Topic[Any]) -> None:
        self._feeds.extend(feeds)
        self._sources.extend(sources)

    def _reach(self, settings: Http) -> Callable[[], Awaitable[Reach]]:
        return lambda: reach(settings, self._proxy)

    def way(self, through: str) -> "Way":
        """How a server inside the cluster is reached: the forwards are there once the first one is named."""
        if self._forwards is None:
            from .sources.kubernetes.forward import Forwards

            self._forwards = Forwards(self._cluster)
            self._closing.append(self._forwards.close)
        return self._forwards.to(through)

    def _mark_missing(self) -> None:
        """What no source of the profile serves is off, with the words that tell how to turn it on."""
        served = {topic for feed in self._feeds for topic in feed.topics}
        for topic in topics.every_topic():
            section = SECTIONS.get(topic.system)
            if section is not None and topic not in served:
                self.board.mark(topic, State.OFF, Problem(ProblemKind.MISSING, f"no {section} in this profile", REMEDY))


def _topics_of(feeds: Iterable[Polled[Any]], kind: Topic[Any]) -> list[Topic[Any]]:
    """Those of one kind, of every server: further ones add their name."""
    return [feed.topic for feed in feeds if feed.name == kind.name or feed.name.startswith(f"{kind.name}.")]


async def _close(close: Callable[[], None]) -> None:
    close()
