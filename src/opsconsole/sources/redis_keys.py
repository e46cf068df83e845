"""Big and hot keys of one server, only on request: SCAN in small steps with rests, until the budget is used up.

Only SCAN, MEMORY USAGE, TYPE and OBJECT FREQ; never KEYS, and nothing that reads or writes a value.
"""

import asyncio
from collections.abc import Callable, Container
from typing import Any

import msgspec

from ..config.settings import Redis
from ..model.asked import Asked
from ..model.reading import ProblemKind
from ..model.redis import KeySearch, KeySize
from ..text import clock
from ..text.clean import clean
from ..text.redact import redact
from .errors import SourceError
from .redis_connection import ANSWERED, RedisConnection
from .redis_rights import KEYS, grant
from .way import NoWay, Ways

STEP = 100
REST_S = 0.01
"""Between two steps other clients have the server to themselves."""
MOST_KEYS, MOST_S = 20_000, 15.0
SHOWN = 10
ASKED = f"SCAN … COUNT {STEP}\nMEMORY USAGE key SAMPLES 5\nOBJECT FREQ key\nTYPE key"
Found = dict[bytes, tuple[int | None, int | None]]
"""Key → (bytes, how often of late); None is unknown."""


async def search_keys(
    settings: Redis, told: Callable[[KeySearch], None], ways: Ways = NoWay, *, most_keys: int = MOST_KEYS,
    most_s: float = MOST_S,
) -> None:  # fmt: skip
    """Look through so many keys for so long at most and tell after each step; cancelling it ends it at once.

    Over a connection of its own, so that the figures go on meanwhile. Raises SourceError.
    """
    connection = RedisConnection(settings, ways)
    began, taken, cursor, scanned, best = clock.boottime(), clock.now(), 0, 0, Found()
    refused: dict[str, str] | None = None
    try:
        total = await connection.ask("size", "how many keys there are", "DBSIZE")
        while True:
            cursor, keys = await connection.ask("scan", "some of its keys", "SCAN", cursor, "COUNT", STEP)
            scanned += len(keys)
            if refused is None and keys:
                refused = await _refused(connection, keys[0])
            best = _best(best | await _looked_at(connection, keys, refused or {}))
            took = clock.boottime() - began
            whole, spent = cursor == 0, scanned >= most_keys or took >= most_s
            search = KeySearch(settings.name, scanned, total, ended=whole or spent, whole=whole)
            if search.ended:
                asked = Asked("keys", "big and hot keys", ASKED, settings.name, taken, took, scanned, counted="key")
                named, no = await _named(connection, best), refused or {}
                no_sizes, no_often = no.get("MEMORY", ""), no.get("OBJECT", "")
                told(
                    msgspec.structs.replace(
                        search, keys=named, asked=(asked,), no_sizes=no_sizes, no_frequencies=no_often
                    )
                )
                return
            told(search)
            await asyncio.sleep(REST_S)
    except SourceError as error:
        if error.problem.kind is ProblemKind.FORBIDDEN:
            # One right after the other would be asked for: here are all of them.
            remedy = grant(settings.user or "", *KEYS)
            raise SourceError(ProblemKind.FORBIDDEN, error.problem.sentence, remedy) from None
        raise
    finally:
        await connection.close()


PER_KEY: tuple[Callable[[bytes], tuple[Any, ...]], ...] = (
    lambda key: ("MEMORY", "USAGE", key, "SAMPLES", 5),
    lambda key: ("OBJECT", "FREQ", key),
)


async def _refused(connection: RedisConnection, key: bytes) -> dict[str, str]:
    """By a command's first word why it is not to be asked for every key: each refusal is an error in the server's own
    figures, and thousands would hide those of its clients."""
    found: dict[str, str] = {}
    for command in (of(key) for of in PER_KEY):
        try:
            await connection.ask(f"one {command[0]}", "one of its keys", *command)
        except SourceError as error:
            if error.problem.kind is ProblemKind.FORBIDDEN:
                found[command[0]] = f"needs {error.said}"
            elif "LFU" in error.said:
                found[command[0]] = "needs an lfu policy"
            elif error.problem.kind not in ANSWERED:
                raise
    return found


async def _looked_at(connection: RedisConnection, keys: list[bytes], refused: Container[str]) -> Found:
    """What is refused is None, as is what is asked of a key that is gone by now."""
    found: list[list[Any]] = []
    for of in PER_KEY:
        commands = [of(key) for key in keys]
        asked = bool(commands) and commands[0][0] not in refused
        found.append(await connection.many(commands) if asked else [None] * len(keys))
    return {key: (_whole(size), _whole(freq)) for key, size, freq in zip(keys, *found, strict=True)}


def _best(found: Found) -> Found:
    """The biggest and the hottest."""
    big = sorted(found, key=lambda key: -(found[key][0] or 0))[:SHOWN]
    hot = sorted((key for key in found if found[key][1]), key=lambda key: -(found[key][1] or 0))[:SHOWN]
    return {key: found[key] for key in dict.fromkeys([*big, *hot])}


async def _named(connection: RedisConnection, best: Found) -> tuple[KeySize, ...]:
    types = await connection.many([("TYPE", key) for key in best])
    return tuple(
        KeySize(clean(redact(_text(key)), 120), "" if isinstance(kind, Exception) else clean(_text(kind)), size, freq)
        for (key, (size, freq)), kind in zip(best.items(), types, strict=True)
    )


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) else None
