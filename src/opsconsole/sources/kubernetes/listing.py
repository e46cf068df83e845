"""Lists in pages and watches as streams of decoded objects."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import aiohttp
import msgspec

from . import problems
from .cluster import Cluster, TooLong
from .decode import Decoded, Lines, Unreadable, bad_answer, decode, event, in_portions, resource_version
from .kinds import Kind
from .wire import Status

PAGE = 500
FEWEST = 5
LONG = 8 * 2**20
"""Bytes of a page. A longer one is broken off and asked for in smaller ones: one object can have a megabyte."""
ANSWERS_WITHIN_S = 65.0
"""The API server itself gives up after a minute."""


async def pages(cluster: Cluster, kind: Kind[Any], namespace: str | None) -> AsyncGenerator[Decoded[Any], None]:
    """All objects, in portions of pages; the next page is asked for while the caller works on this one.

    Without resourceVersion: with "0" the server answers from its cache and ignores `limit`. Raises Gone when the
    server forgot where it was.
    """
    paging = _Paging(cluster, kind, namespace)
    pending: asyncio.Task[bytes] | None = asyncio.create_task(paging.page(""))
    try:
        while pending is not None:
            portions = kind.decoder.portions(await pending)
            first = next(portions)
            token = first.meta.continue_
            pending = asyncio.create_task(paging.page(token)) if token else None
            yield first
            for portion in portions:
                yield portion
    finally:
        if pending is not None:
            pending.cancel()
            await asyncio.gather(pending, return_exceptions=True)


class _Paging:
    """Asks for one page after another, with fewer objects where they are large."""

    def __init__(self, cluster: Cluster, kind: Kind[Any], namespace: str | None) -> None:
        self._cluster = cluster
        self._kind = kind
        self._namespace = namespace
        self._limit = PAGE

    async def page(self, token: str) -> bytes:
        while True:
            query = [("limit", str(self._limit)), *([("continue", token)] if token else [])]
            few = self._limit <= FEWEST
            try:
                answer = await self._cluster.get(
                    self._kind.path(self._namespace), query, needs=self._kind.needs("list", self._namespace),
                    accept=self._kind.accept(many=True), timeout_s=ANSWERS_WITHIN_S, longest=None if few else LONG,
                )  # fmt: skip
            except TooLong:
                if few:
                    raise
                self._limit = max(FEWEST, self._limit // 8)
            else:
                if len(answer.body) < LONG // 4:
                    self._limit = min(PAGE, self._limit * 2)
                return answer.body


class Heard(msgspec.Struct, frozen=True, gc=False):
    """What one chunk of a watch brought."""

    changed: tuple[Any, ...] = ()
    """Wire objects, and `Unreadable` ones, in their order; of the latter kind it may be one that was deleted."""
    deleted: tuple[bool, ...] = ()
    """For each of `changed`: whether it is gone."""
    version: str = ""
    """resourceVersion to go on from; "" when the chunk told none."""


async def watch(
    cluster: Cluster, kind: Kind[Any], namespace: str | None, version: str, *, silence_s: float = 150.0
) -> AsyncGenerator[Heard, None]:
    """What changes from `version` on; the first item is empty and says that the server accepted the watch.

    Ends when the server closes the stream. Raises Gone (list again), SourceError, and TimeoutError after `silence_s`
    without a byte.
    """
    query = [("watch", "1"), ("resourceVersion", version), ("allowWatchBookmarks", "true")]
    cut = Lines()
    async with cluster.stream(
        kind.path(namespace), query, needs=kind.needs("watch", namespace), accept=kind.accept(many=False),
        silence_s=silence_s,
    ) as response:  # fmt: skip
        if "html" in response.headers.get("Content-Type", ""):
            raise bad_answer(b"<")
        yield Heard()
        chunks = response.content.iter_any()
        while True:
            try:
                chunk = await anext(chunks)
            except StopAsyncIteration:
                return
            except TimeoutError:
                raise
            except (aiohttp.ClientError, OSError) as error:  # TimeoutError is an OSError too
                raise problems.unreachable(error, cluster.server) from error
            told = cut.feed(chunk)
            # in portions, so that the caller can let the loop go between two of them; empty ones count as heard too
            for lines in in_portions(told):
                yield _heard(kind, lines)


def _heard(kind: Kind[Any], lines: Sequence[bytes]) -> Heard:
    changed: list[Any] = []
    deleted: list[bool] = []
    version = ""
    for line in lines:
        told = event(line)
        if told.type == "ERROR":
            status = decode(bytes(told.object), Status)
            if status.code == 410:
                raise problems.Gone
            raise problems.refused(status.code or 500, bytes(told.object), kind.needs("watch", None))
        if told.type == "BOOKMARK":
            version = resource_version(told.object) or version
            continue
        wire = kind.decoder.one(told.object)
        changed.append(wire)
        deleted.append(told.type == "DELETED")
        meta = None if isinstance(wire, Unreadable) else wire.metadata
        version = (meta.resource_version if meta else resource_version(told.object)) or version
    return Heard(tuple(changed), tuple(deleted), version)
