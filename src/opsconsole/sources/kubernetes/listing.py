"""Lists in pages and watches as streams of decoded objects."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import aiohttp
import msgspec

from . import problems
from .cluster import Cluster
from .decode import Decoded, Lines, Unreadable, decode, event, resource_version
from .kinds import Kind
from .wire import Status

PAGE = 500
PORTION = 64
"""Lines of a watch that are decoded in one go: about a millisecond."""


async def pages(cluster: Cluster, kind: Kind[Any], namespace: str | None) -> AsyncGenerator[Decoded[Any], None]:
    """All objects, in pages; the next page is asked for while the caller works on this one.

    Without resourceVersion: with "0" the server answers from its cache and ignores `limit`. Raises Gone when the
    server forgot where it was.
    """

    async def fetch(token: str) -> bytes:
        query = [("limit", str(PAGE)), *([("continue", token)] if token else [])]
        answer = await cluster.get(
            kind.path(namespace), query, needs=kind.needs("list", namespace), accept=kind.accept(many=True),
            timeout_s=30,
        )  # fmt: skip
        return answer.body

    pending: asyncio.Task[bytes] | None = asyncio.create_task(fetch(""))
    try:
        while pending is not None:
            page = kind.decoder.page(await pending)
            token = page.meta.continue_
            pending = asyncio.create_task(fetch(token)) if token else None
            yield page
    finally:
        if pending is not None:
            pending.cancel()
            await asyncio.gather(pending, return_exceptions=True)


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
    lines = Lines()
    async with cluster.stream(
        kind.path(namespace), query, needs=kind.needs("watch", namespace), accept=kind.accept(many=False),
        silence_s=silence_s,
    ) as response:  # fmt: skip
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
            told = lines.feed(chunk)
            # in portions, so that the caller can let the loop go between two of them; empty ones count as heard too
            for start in range(0, max(1, len(told)), PORTION):
                yield _heard(kind, told[start : start + PORTION])


def _heard(kind: Kind[Any], lines: list[bytes]) -> Heard:
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
