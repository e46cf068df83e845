"""One connection to a Redis or Valkey server, opened again after it broke; it keeps what was asked and how long.

redis is imported when the first connection opens.
"""

import asyncio
import time
from typing import TYPE_CHECKING, Any

from ..config.settings import Redis
from ..model.asked import Asked
from ..model.reading import ProblemKind
from ..text import clock
from ..text.clean import clean
from ..text.redact import redact, remember
from .errors import SourceError
from .redis_errors import error_of
from .redis_tls import encrypted, tls_context
from .secret import reveal
from .way import NoWay, Ways, forwarded, traced

if TYPE_CHECKING:
    import redis.asyncio

TIMEOUT_S = 5.0


class RedisConnection:
    """Its errors are SourceErrors; one whose kind is in `ANSWERED` is the server's own answer to that command."""

    def __init__(self, settings: Redis, ways: Ways = NoWay) -> None:
        self.settings = settings
        self._way = ways(settings.through) if settings.through else None
        self.asked: dict[str, Asked] = {}
        """By name; the newest of each."""
        self._client: redis.asyncio.Redis | None = None
        self._named = True

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def ask(self, name: str, what: str, *command: Any) -> Any:
        """The answer of one command; raises SourceError."""
        taken, before = clock.now(), time.perf_counter()
        problem, rows = "", 0
        try:
            answer = await self._answer(command)
            rows = _lines(answer)
            return answer
        except SourceError as error:
            problem = error.problem.sentence
            raise
        finally:
            text = clean(redact(" ".join(_text(word) for word in command)), 200)
            took = time.perf_counter() - before
            self.asked[name] = Asked(name, what, text, self.settings.name, taken, took, rows, problem, counted="line")

    async def _answer(self, command: tuple[Any, ...]) -> Any:
        import redis.exceptions as failures

        client = await self._open()
        try:
            # redis' own timeout covers each read; a server that trickles bytes is held by this one.
            async with asyncio.timeout(TIMEOUT_S):
                answer = client.execute_command(*command)  # type: ignore[no-untyped-call]  # redis-py has no type for it
                return await answer
        except failures.AuthenticationError as error:
            await self.close()
            raise error_of(self.settings, error, TIMEOUT_S, command) from None
        except failures.ResponseError as error:
            if self._named and "'client" in str(error).lower():
                # The name shows in CLIENT LIST; where it may not be set, or CLIENT is hidden, all is read without.
                self._named = False
                await self.close()
                return await self._answer(command)
            raise error_of(self.settings, error, TIMEOUT_S, command) from None
        except (failures.RedisError, OSError, TimeoutError, UnicodeError) as error:
            await self.close()
            failure = error_of(self.settings, error, TIMEOUT_S, command)
            raise await traced(self._way, self.settings.name, failure) from None

    async def many(self, commands: list[tuple[Any, ...]]) -> list[Any]:
        """Answers of several commands in one round trip, in order; one that is refused is its exception."""
        import redis.exceptions as failures

        pipeline = (await self._open()).pipeline(transaction=False)
        for command in commands:
            pipeline.execute_command(*command)
        try:
            async with asyncio.timeout(TIMEOUT_S):
                return await pipeline.execute(raise_on_error=False)
        except (failures.RedisError, OSError, TimeoutError, UnicodeError) as error:
            await self.close()
            failure = error_of(self.settings, error, TIMEOUT_S, commands[0] if commands else ("",))
            raise await traced(self._way, self.settings.name, failure) from None

    async def _open(self) -> "redis.asyncio.Redis":
        if self._client is not None:
            if self._way is None or self._way.stands:
                return self._client
            await self.close()
        import redis.asyncio
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff

        context, options = await tls_context(self.settings), dict[str, Any]()
        # The client would tell its version with CLIENT SETINFO, and fill the ACL log where that is not allowed.
        options |= {"driver_info": None} if hasattr(redis, "driver_info") else {"lib_name": None, "lib_version": None}
        if self.settings.user is not None:
            options["username"] = self.settings.user
        if self.settings.password is not None:
            options["password"] = await reveal(self.settings.password)
            remember(options["password"])
        address = await self._way.address() if self._way is not None else None
        try:
            client = redis.asyncio.Redis.from_url(
                self.settings.url,
                single_connection_client=False,
                max_connections=1,
                # Nothing that is read needs RESP3, and proxies and old servers do not know HELLO.
                protocol=2,
                socket_timeout=TIMEOUT_S,
                socket_connect_timeout=TIMEOUT_S,
                client_name="opsconsole" if self._named else None,
                # The schedule backs off; a second layer of retries would only hide how long it took.
                retry=Retry(NoBackoff(), 0),
                encoding_errors="replace",
                **options,
            )
            pool = client.connection_pool
            if context is not None:
                pool.connection_class = encrypted(pool.connection_class, context)
            if address is not None:
                pool.connection_class = forwarded(pool.connection_class, address)
        except ValueError:
            # The message could quote the whole URL, and with it a password.
            sentence = f"the url of {self.settings.name} cannot be understood"
            raise SourceError(ProblemKind.MISCONFIGURED, sentence, "redis://HOST:PORT/DB or rediss://…") from None
        self._client = client
        return client


ANSWERED = frozenset({ProblemKind.FORBIDDEN, ProblemKind.REFUSED, ProblemKind.BAD_ANSWER})


def _lines(answer: Any) -> int:
    if isinstance(answer, (list, dict)):
        return len(answer)
    return max(1, answer.count(b"\n")) if isinstance(answer, bytes) else 1


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
