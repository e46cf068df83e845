"""watch: what changes, line by line, with bookmarks, until the client or the time ends it."""

import asyncio
import random
from collections.abc import Iterator

from aiohttp import web

from opsconsole.demo.kubernetes.answers import encode, many, one, table, typed
from opsconsole.demo.kubernetes.cluster import SimulatedCluster
from opsconsole.demo.kubernetes.errors import ApiError, invalid, too_old
from opsconsole.demo.kubernetes.reading import parse_version
from opsconsole.demo.kubernetes.requests import Asked, Form
from opsconsole.demo.kubernetes.selectors import Matches, matcher
from opsconsole.demo.kubernetes.store import Body, Change, Compacted, Stored

BOOKMARK_S = 60.0
_LAST_BOOKMARK_S = 2.0
_DEFAULT_TIMEOUT_S = (1800, 3600)


class Watch:
    """One watch request: writes the stored past, then what comes."""

    def __init__(self, cluster: SimulatedCluster, asked: Asked, form: Form, bookmark_s: float) -> None:
        self._cluster = cluster
        self._asked = asked
        self._form = form
        self._bookmark_s = bookmark_s
        self._headed = True
        query = asked.query
        self._matches: Matches = matcher(asked.resource, query.get("labelSelector", ""), query.get("fieldSelector", ""))
        self._version = parse_version(query.get("resourceVersion", ""))
        self._initial = _initial_events(asked)
        self._bookmarks = asked.flag("allowWatchBookmarks")
        self._timeout_s = asked.number("timeoutSeconds") or random.randint(*_DEFAULT_TIMEOUT_S)

    async def run(self, request: web.Request) -> web.StreamResponse:
        store, key = self._cluster.store, self._asked.resource.key
        queue = store.subscribe(key)
        # Between here and the first await nothing changes: the past and the queue join without gap or overlap.
        try:
            first = b"".join(self._begin())
            response = web.StreamResponse(headers={"Content-Type": "application/json"})
            await response.prepare(request)
            await response.write(first)
            await self._follow(response, queue)
            await response.write_eof()
        except ConnectionResetError:
            return response
        finally:
            store.unsubscribe(key, queue)
        return response

    def _begin(self) -> Iterator[bytes]:
        store, key = self._cluster.store, self._asked.resource.key
        if self._version and not self._initial:
            try:
                changes = store.since(key, self._version)
            except Compacted as error:
                yield _line("ERROR", encode(too_old(self._version, error.oldest).body))
                self._timeout_s = 0
                return
            for change in changes:
                yield from self._lines(change)
            return
        for stored in store.items(key):
            if self._wants(stored):
                yield _line("ADDED", self._object(stored))
        if self._initial:
            yield self._bookmark({"k8s.io/initial-events-end": "true"})

    async def _follow(self, response: web.StreamResponse, queue: "asyncio.Queue[Change]") -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + self._timeout_s
        mark = self._next_bookmark(loop.time(), end)
        store = self._cluster.store
        # A bookmark that says nothing new is not sent, as the real server does it.
        known = self._version or store.version
        while (left := end - loop.time()) > 0:
            try:
                async with asyncio.timeout(min(left, max(0.0, mark - loop.time()))):
                    change = await queue.get()
            except TimeoutError:
                if self._bookmarks and loop.time() >= mark and store.version > known:
                    known = store.version
                    await response.write(self._bookmark())
                if loop.time() >= mark:
                    mark = self._next_bookmark(loop.time(), end)
                continue
            lines = list(self._lines(change))
            while not queue.empty():
                lines.extend(self._lines(queue.get_nowait()))
            if lines:
                await response.write(b"".join(lines))

    def _next_bookmark(self, now: float, end: float) -> float:
        """The last one comes two seconds before the watch ends, so that its client resumes without a list."""
        last, regular = end - _LAST_BOOKMARK_S, now + self._bookmark_s
        return last if now < last < regular else regular

    def _lines(self, change: Change) -> Iterator[bytes]:
        """An object that begins or ceases to match the selectors is added or deleted for this watcher."""
        now, before = self._wants(change.object), change.previous is not None and self._wants(change.previous)
        if change.kind == "DELETED":
            if before:
                yield _line("DELETED", self._object(change.object))
        elif now:
            yield _line("MODIFIED" if before else "ADDED", self._object(change.object))
        elif before:
            yield _line("DELETED", self._object(change.object))

    def _wants(self, stored: Stored) -> bool:
        namespace = self._asked.namespace if self._asked.resource.namespaced else ""
        return (not namespace or stored.name[0] == namespace) and self._matches(stored.body)

    def _object(self, stored: Stored) -> bytes:
        resource, form, now = self._asked.resource, self._form, self._cluster.now
        if form.kind == "Table":
            headed, self._headed = self._headed, False
            metadata = {"resourceVersion": str(stored.version)}
            return table(resource, [stored], metadata, form, now, headed=headed)
        return one(resource, stored, form, now) if form.kind else typed(resource, stored)

    def _bookmark(self, annotations: Body | None = None) -> bytes:
        metadata: Body = {"resourceVersion": str(self._cluster.store.version)}
        if annotations:
            metadata["annotations"] = annotations
        resource = self._asked.resource
        if self._form.kind == "Table":
            return _line("BOOKMARK", many(resource, [], metadata, self._form, 0.0))
        body: Body = {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": metadata}
        return _line("BOOKMARK", encode(body))


def _line(kind: str, body: bytes) -> bytes:
    return b'{"type":"%s","object":%s}\n' % (kind.encode(), body)


def _initial_events(asked: Asked) -> bool:
    """Whether the client asks for all objects as events first. Raises 422 for a combination that is not allowed."""
    if "sendInitialEvents" not in asked.query:
        return False
    if asked.query.get("resourceVersionMatch") != "NotOlderThan":
        raise _forbidden_option(
            "resourceVersionMatch", "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
        )
    return asked.flag("sendInitialEvents")


def _forbidden_option(field: str, message: str) -> ApiError:
    return invalid("ListOptions", "meta.k8s.io", "", field, f"Forbidden: {message}", "FieldValueForbidden")
