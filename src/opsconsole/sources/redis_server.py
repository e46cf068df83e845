"""One Redis or Valkey server: INFO, the slow log by id and LATENCY LATEST; never KEYS, never MONITOR.

redis is imported when the first connection opens.
"""

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..config.settings import Redis
from ..model.counters import CacheCounters
from ..model.reading import ProblemKind
from ..model.redis import SlowEntry
from ..text import clock
from ..text.clean import clean
from ..text.redact import redact, remember
from .errors import SourceError
from .secret import reveal

if TYPE_CHECKING:
    import redis.asyncio

TIMEOUT_S = 5.0
_NO_PASSWORD = "wants a password and none was given"
SLOW_ENTRIES = 128
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

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def read(self) -> CacheCounters:
        """One reading; raises SourceError when INFO cannot be had. Other parts that fail are named in the notes."""
        info = await self._ask("INFO", "INFO", essential=True, notes=[])
        taken = clock.now()
        notes: list[str] = []
        if info.get("run_id") != self._run_id:
            self._run_id, self._slow = str(info.get("run_id", "")), {}
        slow = await self._slow_log(notes)
        return CacheCounters(
            server=self.name,
            taken=taken,
            run_id=self._run_id,
            uptime_s=_whole(info.get("uptime_in_seconds")) or 0,
            version=clean(_version(info)),
            role=clean(str(info.get("role", ""))),
            hits=_whole(info.get("keyspace_hits")) or 0,
            misses=_whole(info.get("keyspace_misses")) or 0,
            evicted=_whole(info.get("evicted_keys")) or 0,
            expired=_whole(info.get("expired_keys")) or 0,
            commands=_whole(info.get("total_commands_processed")) or 0,
            memory_bytes=_whole(info.get("used_memory")) or 0,
            max_memory_bytes=_whole(info.get("maxmemory")) or 0,
            policy=clean(str(info.get("maxmemory_policy", ""))),
            clients=_whole(info.get("connected_clients")) or 0,
            blocked_clients=_whole(info.get("blocked_clients")) or 0,
            max_clients=_whole(info.get("maxclients")),
            fragmentation=_number(info.get("allocator_frag_ratio")),
            keys=sum(int(part["keys"]) for name, part in info.items() if _is_database(name, part)),
            replication=clean(_replication(info)),
            slow=slow,
            latency=await self._latency(notes),
            notes=tuple(notes),
        )

    async def _slow_log(self, notes: list[str]) -> tuple[SlowEntry, ...] | None:
        answer = await self._ask("the slow log", "SLOWLOG", "GET", SLOW_ENTRIES, notes=notes)
        if answer is None:
            return None
        # An entry never changes under its id: those that are known are not decoded again.
        self._slow = {entry[0]: self._slow.get(entry[0]) or slow_entry(entry) for entry in answer}
        return tuple(sorted(self._slow.values(), key=lambda entry: -entry.id))

    async def _latency(self, notes: list[str]) -> tuple[tuple[str, float], ...]:
        answer = await self._ask("LATENCY LATEST", "LATENCY", "LATEST", notes=notes)
        return tuple((clean(_text(row[0])), float(row[2])) for row in answer or ())

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
        except failures.ResponseError as error:
            if not essential and "unknown" in str(error).lower():
                notes.append(f"{what} is not known to this server")
                return None
            raise self._error(error) from None
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

        said = str(error).lower()
        has_password = self.settings.password is not None or bool(urlsplit(self.settings.url).password)
        if "noauth" in said or "authentication required" in said:
            return self._problem(
                ProblemKind.UNAUTHORIZED, "wants a password and none was given", "give it a password reference"
            )
        if isinstance(error, failures.AuthenticationError) or "wrongpass" in said or "invalid password" in said:
            given = "refuses the user name or password" if has_password else _NO_PASSWORD
            return self._problem(ProblemKind.UNAUTHORIZED, given, "check user and the password reference")
        if isinstance(error, failures.BusyLoadingError) or "loading" in said:
            return self._problem(ProblemKind.REFUSED, "is loading its data set", "wait: it is asked again by itself")
        if "max number of clients" in said:
            return self._problem(ProblemKind.REFUSED, "has no free connection", "see who holds them: CLIENT LIST")
        if "masterdown" in said:
            return self._problem(
                ProblemKind.REFUSED, "is a replica that has lost its primary", "look at its replication"
            )
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


def _replication(info: dict[str, Any]) -> str:
    if info.get("role") == "slave":
        state = info.get("master_link_status", "unknown")
        return f"replica, link {state}, last heard {info.get('master_last_io_seconds_ago', '?')} s ago"
    count = _whole(info.get("connected_slaves")) or 0
    return f"{count} replicas" if count else ""


def _version(info: dict[str, Any]) -> str:
    valkey = info.get("valkey_version")
    return f"valkey {valkey}" if valkey else f"redis {info.get('redis_version', '?')}"


def _is_database(name: str, part: Any) -> bool:
    return name.startswith("db") and name[2:].isdigit() and isinstance(part, dict) and "keys" in part


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _said(error: BaseException) -> str:
    return clean(redact(str(error)), 200)


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
