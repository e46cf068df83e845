"""One Redis or Valkey server: INFO ALL, PING, the slow log by id and LATENCY LATEST; never KEYS, MONITOR or FLUSH."""

import time
from typing import Any

import msgspec

from ..config.settings import Redis
from ..model.reading import ProblemKind
from ..model.redis import CacheCounters, Cluster, LatencyEvent, SentinelMaster, SlowEntry, Unread
from ..text import clock
from ..text.clean import clean
from . import redis_info as parts
from .errors import SourceError
from .redis_cluster import cluster as parse_cluster
from .redis_connection import ANSWERED, RedisConnection
from .redis_rights import READING, SENTINEL, grant
from .redis_sentinel import sentinel_master
from .redis_slow_log import latency_event, slow_entry
from .redis_words import STATES, state_of
from .way import NoWay, Ways

SLOW_ENTRIES = 128
MASTERS = 50
"""Watched primaries of one Sentinel that are read."""
SETTINGS_EVERY_S, REFUSED_EVERY_S = 60.0, 3600.0
"""How often the settings are asked again; they rarely change."""
PART_REFUSED_EVERY_S = 60.0
"""How often a part that was refused is asked again: each refusal is an error more in the server's own figures."""
ENOUGH_S = 2.0
"""Once a reading took so long, the server is asked for no further part of it: it has trouble enough."""


class RedisServer:
    """Reads one server; what it is not allowed or does not know is named in the reading and fails nothing else."""

    def __init__(self, settings: Redis, ways: Ways = NoWay) -> None:
        self.settings = settings
        self.name = settings.name
        self.connection = RedisConnection(settings, ways)
        self._slow: dict[int, SlowEntry] = {}
        self._run_id = ""
        self._settings: dict[str, str] = {}
        self._settings_until: float | None = None
        self._began = 0.0
        self._unread: list[Unread] = []
        self._refused: dict[str, tuple[Unread, float]] = {}
        """By the command's name: what was refused, and until when it is not asked again."""

    async def close(self) -> None:
        await self.connection.close()

    async def read(self) -> CacheCounters:
        """One reading. Raises SourceError when the server does not answer, or allows nothing of it."""
        self._began, self._unread = time.monotonic(), []
        info = await self._info()
        taken = clock.now()
        if info.get("run_id") != self._run_id:
            self._run_id, self._slow, self._settings_until = str(info.get("run_id", "")), {}, None
            self._refused.clear()
        ping_s, ping_said = await self._ping()
        is_sentinel, cluster, sentinel, slow, latency = "sentinel_masters" in info, None, None, None, None
        if is_sentinel:
            sentinel = await self._sentinel()
        else:
            slow, latency = await self._slow_log(), await self._latency()
            cluster = await self._cluster() if info.get("cluster_enabled") == 1 else None
            await self._read_settings()
        if not info and slow is None and latency is None:
            user = self.settings.user or ""
            remedy = grant(user, *(SENTINEL if is_sentinel else READING))
            raise SourceError(ProblemKind.FORBIDDEN, f"{self.name} does not allow INFO, nor anything else", remedy)
        databases = parts.databases(info)
        save, monitor = self._settings.get("save"), self._settings.get("latency-monitor-threshold", "")
        return CacheCounters(
            server=self.name,
            taken=taken,
            run_id=self._run_id,
            uptime_s=parts.whole(info.get("uptime_in_seconds")),
            version=parts.version(info),
            role="sentinel" if is_sentinel else clean(str(info.get("role", ""))),
            hits=parts.whole(info.get("keyspace_hits")),
            misses=parts.whole(info.get("keyspace_misses")),
            evicted=parts.whole(info.get("evicted_keys")),
            expired=parts.whole(info.get("expired_keys")),
            commands=parts.whole(info.get("total_commands_processed")),
            memory_bytes=parts.whole(info.get("used_memory")),
            max_memory_bytes=parts.whole(info.get("maxmemory")),
            policy=clean(str(info.get("maxmemory_policy", ""))),
            clients=parts.whole(info.get("connected_clients")),
            blocked_clients=parts.whole(info.get("blocked_clients")),
            max_clients=parts.whole(info.get("maxclients")),
            fragmentation=parts.number(info.get("allocator_frag_ratio")),
            fragmented_bytes=parts.whole(info.get("allocator_frag_bytes")),
            resident_bytes=parts.whole(info.get("used_memory_rss")),
            # An empty server lists no database.
            keys=sum(database.keys for database in databases) if "keyspace_hits" in info else None,
            rejected=parts.whole(info.get("rejected_connections")),
            over_limit_ms=parts.whole(info.get("current_eviction_exceeded_time")),
            by_command=parts.commands(info) or None,
            errors=parts.errors(info),
            databases=databases,
            replication=parts.replication(info),
            persistence=parts.persistence(info, None if save is None else parts.save_rules(save)),
            cluster=cluster,
            sentinel=sentinel,
            slow=slow,
            latency=latency,
            monitor_ms=int(monitor) if monitor.isdigit() else None,
            ping_s=ping_s,
            ping_said=ping_said,
            unread=tuple(self._unread),
            asked=tuple(self.connection.asked.values()),
        )

    async def _info(self) -> parts.Info:
        """Empty where this user may not read it; any other refusal is one of everything."""
        try:
            answer = await self.connection.ask("info", "its counters", "INFO", "ALL")
        except SourceError as error:
            if error.problem.kind is not ProblemKind.FORBIDDEN:
                raise
            self._unread.append(_unread("INFO", "info", error))
            return {}
        return answer if isinstance(answer, dict) else {}

    async def _ping(self) -> tuple[float | None, str]:
        """A server that refuses its clients answers PING with why; the way there and back is as long."""
        if self._still_refused("ping"):
            return None, ""
        before = time.perf_counter()
        try:
            answer = await self.connection.ask("ping", "a sign of life", "PING")
        except SourceError as error:
            if error.problem.kind not in ANSWERED:
                raise
            state = state_of(error.said)
            if state in STATES and state != "NOPERM":
                return time.perf_counter() - before, state
            self._cannot_read("PING", "ping", error)
            return None, ""
        said = "" if answer in (True, b"PONG", "PONG") else clean(str(answer), 40)
        return time.perf_counter() - before, said

    async def _part(self, part: str, name: str, what: str, *command: Any) -> Any:
        """The answer of one command; None, and why, where it is refused or the server is slow as it is."""
        spent = time.monotonic() - self._began
        if spent > ENOUGH_S:
            self.connection.asked.pop(name, None)
            why = f"not asked: the server took {spent:.1f} s for what came before"
            self._unread.append(Unread(part, why, "it is asked again once the server answers in time"))
            return None
        if self._still_refused(name):
            return None
        try:
            return await self.connection.ask(name, what, *command)
        except SourceError as error:
            if error.problem.kind not in ANSWERED:
                raise
            self._cannot_read(part, name, error)
            return None

    def _cannot_read(self, part: str, name: str, error: SourceError) -> None:
        refused = _unread(part, name, error)
        self._unread.append(refused)
        if error.problem.kind is not ProblemKind.REFUSED:
            self._refused[name] = refused, clock.boottime() + PART_REFUSED_EVERY_S

    def _still_refused(self, name: str) -> bool:
        refused, until = self._refused.get(name, (None, 0.0))
        if refused is None or clock.boottime() >= until:
            return False
        self._unread.append(refused)
        return True

    async def _slow_log(self) -> tuple[SlowEntry, ...] | None:
        answer = await self._part("slow log", "slowlog", "its newest slow commands", "SLOWLOG", "GET", SLOW_ENTRIES)
        if answer is None:
            return None
        # An entry never changes under its id: those that are known are not decoded again.
        self._slow = {entry[0]: self._slow.get(entry[0]) or slow_entry(entry) for entry in answer}
        return tuple(sorted(self._slow.values(), key=lambda entry: -entry.id))

    async def _latency(self) -> tuple[LatencyEvent, ...] | None:
        answer = await self._part("latency events", "latency", "what stalled it of late", "LATENCY", "LATEST")
        return None if answer is None else tuple(latency_event(row) for row in answer)

    async def _cluster(self) -> Cluster | None:
        info = await self._part("CLUSTER INFO", "cluster info", "the state of its cluster", "CLUSTER", "INFO")
        nodes = await self._part("CLUSTER NODES", "cluster nodes", "the cluster's nodes", "CLUSTER", "NODES")
        return None if info is None or nodes is None else parse_cluster(_text(info), _text(nodes))

    async def _sentinel(self) -> tuple[SentinelMaster, ...] | None:
        answer = await self._part("SENTINEL MASTERS", "masters", "the primaries it watches", "SENTINEL", "MASTERS")
        if answer is None:
            return None
        return tuple([await self._with_quorum(master) for master in map(sentinel_master, answer[:MASTERS])])

    async def _with_quorum(self, master: SentinelMaster) -> SentinelMaster:
        name, what = f"quorum {master.name}", f"the quorum of {master.name}"
        try:
            await self.connection.ask(name, what, "SENTINEL", "CKQUORUM", master.name)
        except SourceError as error:
            if error.problem.kind not in ANSWERED:
                raise
            if "NOQUORUM" in error.said:
                return msgspec.structs.replace(master, quorum_reached=False)
            refused = _unread("SENTINEL CKQUORUM", name, error)
            if all(refused.part != known.part for known in self._unread):
                self._unread.append(refused)
            return master
        return msgspec.structs.replace(master, quorum_reached=True)

    async def _read_settings(self) -> None:
        """Two settings that INFO does not tell: when a snapshot is due, and from where on latency is recorded.

        A user need not have CONFIG GET, which tells passwords, too: then they are unknown, and that is no fault.
        """
        now = clock.boottime()
        if (
            self._settings_until is not None and now < self._settings_until
        ) or time.monotonic() - self._began > ENOUGH_S:
            return
        self._settings = {}
        for setting in ("save", "latency-monitor-threshold"):
            # One by one: older servers take one pattern.
            try:
                answer = await self.connection.ask(
                    f"config {setting}", f"its setting {setting}", "CONFIG", "GET", setting
                )
            except SourceError as error:
                if error.problem.kind not in ANSWERED:
                    raise
                self._settings_until = now + REFUSED_EVERY_S
                return
            pairs = answer.items() if isinstance(answer, dict) else zip(answer[::2], answer[1::2], strict=False)
            self._settings |= {_text(key): _text(value) for key, value in pairs}
        self._settings_until = now + SETTINGS_EVERY_S


def _unread(part: str, name: str, error: SourceError) -> Unread:
    if error.problem.kind is ProblemKind.FORBIDDEN:
        return Unread(part, f"needs {error.said}", error.problem.remedy, name)
    if "unknown" in error.said.lower():
        return Unread(part, "not known to this server", "a managed service or a proxy may hide it", name)
    return Unread(part, error.problem.sentence, error.problem.remedy, name)


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
