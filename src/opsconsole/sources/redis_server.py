"""One Redis or Valkey server: INFO ALL, the slow log by id and LATENCY LATEST; never KEYS, MONITOR or FLUSH.

redis is imported when the first connection opens.
"""

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from ..config.settings import Redis
from ..model.reading import ProblemKind
from ..model.redis import CacheCounters, Cluster, LatencyEvent, SentinelMaster, SlowEntry
from ..text import clock
from ..text.clean import clean
from ..text.redact import redact, remember
from . import redis_info as parts
from .errors import SourceError
from .redis_cluster import cluster as parse_cluster
from .redis_sentinel import sentinel_master
from .redis_words import STATES, state_of
from .secret import reveal

if TYPE_CHECKING:
    import redis.asyncio

TIMEOUT_S = 5.0
SLOW_ENTRIES = 128
MASTERS = 50
"""Watched primaries of one Sentinel that are read."""
SETTINGS_EVERY_S = 60.0
"""How often the settings are asked again; they rarely change."""
# The first argument of these is a subcommand, of the others a key: either is kept, everything after it is redacted.
_SECRETIVE = frozenset({"AUTH", "HELLO", "MIGRATE", "EVAL", "EVALSHA", "EVAL_RO", "EVALSHA_RO", "FCALL", "SCRIPT"})
_SUBCOMMANDS = frozenset({"CONFIG", "ACL", "CLIENT", "FUNCTION", "OBJECT", "XGROUP", "XINFO", "DEBUG", "MEMORY"})


class RedisServer:
    """Reads one server over one connection that is opened again after it broke."""

    def __init__(self, settings: Redis) -> None:
        self.settings = settings
        self.name = settings.name
        self._client: redis.asyncio.Redis | None = None
        self._slow: dict[int, SlowEntry] = {}
        self._run_id = ""
        self._named = True
        self._settings: dict[str, str] = {}
        self._settings_at: float | None = None

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def read(self) -> CacheCounters:
        """One reading; raises SourceError when INFO cannot be had. Other parts that fail are named in the notes."""
        info = await self._ask("INFO", "INFO", "ALL", essential=True, notes=[])
        taken = clock.now()
        notes: list[str] = []
        if info.get("run_id") != self._run_id:
            self._run_id, self._slow, self._settings_at = str(info.get("run_id", "")), {}, None
        is_sentinel, cluster, sentinel, slow, latency = "sentinel_masters" in info, None, None, None, None
        if is_sentinel:
            sentinel = await self._sentinel(notes)
        else:
            slow, latency = await self._slow_log(notes), await self._latency(notes)
            cluster = await self._cluster(notes) if info.get("cluster_enabled") == 1 else None
            await self._read_settings()
        databases = parts.databases(info)
        save, monitor = self._settings.get("save"), self._settings.get("latency-monitor-threshold", "")
        return CacheCounters(
            server=self.name,
            taken=taken,
            run_id=self._run_id,
            uptime_s=parts.whole(info.get("uptime_in_seconds")) or 0,
            version=parts.version(info),
            role="sentinel" if is_sentinel else clean(str(info.get("role", ""))),
            hits=parts.whole(info.get("keyspace_hits")) or 0,
            misses=parts.whole(info.get("keyspace_misses")) or 0,
            evicted=parts.whole(info.get("evicted_keys")) or 0,
            expired=parts.whole(info.get("expired_keys")) or 0,
            commands=parts.whole(info.get("total_commands_processed")) or 0,
            memory_bytes=parts.whole(info.get("used_memory")),
            max_memory_bytes=parts.whole(info.get("maxmemory")),
            policy=clean(str(info.get("maxmemory_policy", ""))),
            clients=parts.whole(info.get("connected_clients")) or 0,
            blocked_clients=parts.whole(info.get("blocked_clients")) or 0,
            max_clients=parts.whole(info.get("maxclients")),
            fragmentation=parts.number(info.get("allocator_frag_ratio")),
            fragmented_bytes=parts.whole(info.get("allocator_frag_bytes")),
            resident_bytes=parts.whole(info.get("used_memory_rss")),
            keys=sum(database.keys for database in databases),
            rejected=parts.whole(info.get("rejected_connections")),
            over_limit_ms=parts.whole(info.get("current_eviction_exceeded_time")),
            by_command=parts.commands(info),
            errors=parts.errors(info),
            databases=databases,
            replication=parts.replication(info),
            persistence=parts.persistence(info, None if save is None else parts.save_rules(save)),
            cluster=cluster,
            sentinel=sentinel,
            slow=slow,
            latency=latency,
            monitor_ms=int(monitor) if monitor.isdigit() else None,
            notes=tuple(notes),
        )

    async def command(self, *words: Any) -> Any:
        """The answer of one command; raises SourceError."""
        return await self._ask(str(words[0]), *words, essential=True, notes=[])

    async def commands(self, asked: list[tuple[Any, ...]]) -> list[Any]:
        """Answers of several commands in one round trip, in order; one that is refused is its exception."""
        import redis.exceptions as failures

        pipeline = (await self._open()).pipeline(transaction=False)
        for words in asked:
            pipeline.execute_command(*words)
        try:
            async with asyncio.timeout(TIMEOUT_S):
                return await pipeline.execute(raise_on_error=False)
        except (failures.RedisError, OSError, TimeoutError, UnicodeError) as error:
            await self.close()
            raise self._error(error) from None

    async def _slow_log(self, notes: list[str]) -> tuple[SlowEntry, ...] | None:
        answer = await self._ask("the slow log", "SLOWLOG", "GET", SLOW_ENTRIES, notes=notes)
        if answer is None:
            return None
        # An entry never changes under its id: those that are known are not decoded again.
        self._slow = {entry[0]: self._slow.get(entry[0]) or slow_entry(entry) for entry in answer}
        return tuple(sorted(self._slow.values(), key=lambda entry: -entry.id))

    async def _latency(self, notes: list[str]) -> tuple[LatencyEvent, ...] | None:
        answer = await self._ask("LATENCY LATEST", "LATENCY", "LATEST", notes=notes)
        return None if answer is None else tuple(latency_event(row) for row in answer)

    async def _cluster(self, notes: list[str]) -> Cluster | None:
        info = await self._ask("CLUSTER INFO", "CLUSTER", "INFO", notes=notes)
        nodes = await self._ask("CLUSTER NODES", "CLUSTER", "NODES", notes=notes)
        return None if info is None or nodes is None else parse_cluster(_text(info), _text(nodes))

    async def _sentinel(self, notes: list[str]) -> tuple[SentinelMaster, ...] | None:
        answer = await self._ask("SENTINEL MASTERS", "SENTINEL", "MASTERS", notes=notes)
        if answer is None:
            return None
        found = []
        for master in map(sentinel_master, answer[:MASTERS]):
            refusals: list[str] = []
            said = await self._ask("SENTINEL CKQUORUM", "SENTINEL", "CKQUORUM", master.name, notes=refusals)
            reached = True if said is not None else False if "NOQUORUM" in "".join(refusals) else None
            found.append(msgspec.structs.replace(master, quorum_reached=reached))
            notes += [refusal for refusal in refusals if reached is None and refusal not in notes]
        return tuple(found)

    async def _read_settings(self) -> None:
        """Two settings that INFO does not tell: when a snapshot is due, and from where on latency is recorded.

        A user need not have CONFIG GET, which tells passwords, too: then they are unknown, and that is no fault.
        """
        now = clock.boottime()
        if self._settings_at is not None and now - self._settings_at < SETTINGS_EVERY_S:
            return
        self._settings = {}
        for name in ("save", "latency-monitor-threshold"):
            # One by one: older servers take one pattern.
            answer = await self._ask(f"CONFIG GET {name}", "CONFIG", "GET", name, notes=[])
            pairs = (
                answer.items()
                if isinstance(answer, dict)
                else zip(answer[::2], answer[1::2], strict=False)
                if answer
                else ()
            )
            self._settings |= {_text(key): _text(value) for key, value in pairs}
        self._settings_at = now

    async def _ask(self, what: str, *command: Any, notes: list[str], essential: bool = False) -> Any:
        """The answer of one command; where it is not essential and not allowed: None, and a note."""
        import redis.exceptions as failures

        client = await self._open()
        try:
            # redis' own timeout covers each read; a server that trickles bytes is held by this one.
            async with asyncio.timeout(TIMEOUT_S):
                answer = client.execute_command(*command)  # type: ignore[no-untyped-call]  # redis-py has no type for it
                return await answer
        except failures.NoPermissionError as error:
            if self._named and "'client" in str(error):
                # The name shows in CLIENT LIST; a user that may not set one reads all the same.
                self._named = False
                await self.close()
                return await self._ask(what, *command, notes=notes, essential=essential)
            if not essential:
                notes.append(f"{what} is not allowed to this user (ACL)")
                return None
            raise SourceError(
                ProblemKind.FORBIDDEN, f"{self.name}: {what} is not allowed: {_said(error)}", "ACL SETUSER … +info"
            ) from None
        except failures.AuthenticationError as error:
            await self.close()
            raise self._error(error) from None
        except failures.ResponseError as error:
            if essential or state_of(str(error)) in ("NOAUTH", "BUSY", "LOADING"):
                raise self._error(error) from None
            known = "unknown" not in str(error).lower()
            notes.append(f"{what}: {self._error(error).problem.sentence}" if known else _unknown(what))
            return None
        except (failures.RedisError, OSError, TimeoutError, UnicodeError) as error:
            await self.close()
            raise self._error(error) from None

    async def _open(self) -> "redis.asyncio.Redis":
        if self._client is not None:
            return self._client
        import redis.asyncio
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff

        options: dict[str, Any] = {}
        if self.settings.user is not None:
            options["username"] = self.settings.user
        if self.settings.password is not None:
            options["password"] = await reveal(self.settings.password)
            remember(options["password"])
        try:
            self._client = redis.asyncio.Redis.from_url(
                self.settings.url,
                single_connection_client=False,
                max_connections=1,
                socket_timeout=TIMEOUT_S,
                socket_connect_timeout=TIMEOUT_S,
                client_name="opsconsole" if self._named else None,
                # The schedule backs off; a second layer of retries would only hide how long it took.
                retry=Retry(NoBackoff(), 0),
                encoding_errors="replace",
                **options,
            )
        except ValueError:
            # The message could quote the whole URL, and with it a password.
            sentence = f"the url of {self.name} cannot be understood"
            raise SourceError(ProblemKind.MISCONFIGURED, sentence, "redis://HOST:PORT/DB or rediss://…") from None
        return self._client

    def _error(self, error: BaseException) -> SourceError:
        import redis.exceptions as failures

        has_password = self.settings.password is not None or bool(urlsplit(self.settings.url).password)
        state = state_of(str(error))
        if isinstance(error, failures.AuthenticationError) and not state:
            state = "WRONGPASS"
        if state == "WRONGPASS" and not has_password:
            state = "NOAUTH"
        if isinstance(error, failures.BusyLoadingError):
            state = "LOADING"
        if state:
            return self._problem(*STATES[state])
        if "max number of clients" in str(error).lower():
            return self._problem(ProblemKind.REFUSED, "has no free connection", "see who holds them: CLIENT LIST")
        if isinstance(error, (TimeoutError, failures.TimeoutError)):
            return self._problem(ProblemKind.TIMEOUT, f"gave no answer within {TIMEOUT_S:g} s", "check that it runs")
        if isinstance(error, (failures.ConnectionError, OSError)):
            return self._problem(ProblemKind.UNREACHABLE, f"cannot be reached: {_said(error)}", "check host and port")
        return self._problem(ProblemKind.BAD_ANSWER, f"answers with an error: {_said(error)}", "")

    def _problem(self, kind: ProblemKind, sentence: str, remedy: str) -> SourceError:
        return SourceError(kind, f"{self.name} {sentence}", remedy)


def slow_entry(entry: list[Any]) -> SlowEntry:
    """One raw entry of SLOWLOG GET: id, unix time, µs, arguments, client address, client name; values are redacted."""
    number, at, micros, arguments, *client = entry
    address, name = [*(_text(part) for part in client), "", ""][:2]
    return SlowEntry(
        id=number,
        at=datetime.fromtimestamp(at, UTC),
        took_ms=micros / 1000,
        command=clean(redacted_command([_text(argument) for argument in arguments]), 300),
        client=clean(name or address),
    )


def redacted_command(arguments: list[str]) -> str:
    """The command and its key; what follows could be anybody's data and is only counted."""
    name, rest = arguments[0].upper() if arguments else "", arguments[1:]
    kept = 0 if name in _SECRETIVE else 2 if name in _SUBCOMMANDS else 1
    shown = [name, *(redact(part) for part in rest[:kept])]
    left = len(rest) - kept
    return " ".join(shown) + (f" (+{left} redacted)" if left > 0 else "")


def latency_event(row: list[Any]) -> LatencyEvent:
    """One raw row of LATENCY LATEST: event, unix time, latest ms, most ms."""
    name, at, latest, most = row[:4]
    return LatencyEvent(clean(_text(name), 60), datetime.fromtimestamp(at, UTC), float(latest), float(most))


def _unknown(what: str) -> str:
    return f"{what} is not known to this server (a managed service may hide it)"


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _said(error: BaseException) -> str:
    return clean(redact(str(error)), 200)
