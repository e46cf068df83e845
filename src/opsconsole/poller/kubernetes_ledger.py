"""One watched topic: its rows, what changed since the last publication, and how well its streams are."""

import asyncio
import gc
from collections.abc import Container, Iterable
from datetime import datetime
from enum import Enum
from itertools import islice
from typing import Any, Generic, TypeVar

from ..model.asked import Asked
from ..model.collection import Collection, Delta
from ..model.reading import Problem, ProblemKind, Reading, State
from ..sources.kubernetes.decode import Unreadable
from ..sources.kubernetes.share import Shared
from ..text import clock
from .board import Board
from .slices import Slices
from .topics import EVENTS, Topic

R = TypeVar("R")

PUBLISH_EVERY_S = 0.1
EVENTS_EVERY_S = 1.0
"""Events may come by the hundred in a second, and each publication costs all who read them."""
ASKED_MOST = 6
"""Of so many streams, at most, a reading tells what they ask."""
HEARD_EVERY_S = 10.0
"""A stream that only shows that it lives is published no more often than this."""


class Health(Enum):
    """How one stream (one kind in one namespace) is."""

    STARTING = "starting"
    LISTING = "listing"
    LIVE = "live"
    STALE = "stale"
    FAILED = "failed"
    DENIED = "denied"
    """The credentials may not list it here, but elsewhere."""
    ABSENT = "absent"
    """The server does not know this kind."""


class Ledger(Generic[R]):
    """Folds what its streams bring into one Collection and publishes it at most ten times a second."""

    def __init__(self, topic: Topic[Collection[R]], board: Board) -> None:
        self.topic = topic
        self.share = Shared()
        self.collection: Collection[R] = Collection({})
        self.source = ""
        self.silent: Problem | None = None
        """Set by the heartbeat while the server does not answer."""
        self._board = board
        self._health: dict[object, tuple[Health, Problem | None]] = {}
        self._unreadable: dict[str, Unreadable] = {}
        self._denied: set[str] = set()
        self._upserts: dict[str, R] = {}
        self._removals: set[str] = set()
        self._pending: dict[str, tuple[Any, Any]] = {}
        self._converting: dict[str, tuple[Any, Any]] = {}
        self._heard: datetime | None = None
        self._took_s = 0.0
        self._changed = asyncio.Event()
        self._published_at = 0.0
        self._every_s = EVENTS_EVERY_S if topic == EVENTS else PUBLISH_EVERY_S
        self._begun = False
        """Whether rows were published: the first ones take the place of what an earlier ledger left."""

    # what the streams tell

    def put(self, uid: str, row: R) -> None:
        """A row as it is now; one that equals the known one changes nothing."""
        self._unreadable.pop(uid, None)
        if self.collection.rows.get(uid) == row:
            return
        self.collection.rows[uid] = row
        self._upserts[uid] = row
        self._removals.discard(uid)
        self._changed.set()

    def drop(self, uids: Iterable[str]) -> None:
        for uid in uids:
            self._unreadable.pop(uid, None)
            self._pending.pop(uid, None)
            self._converting.pop(uid, None)
            if self.collection.rows.pop(uid, None) is not None:
                self._upserts.pop(uid, None)
                self._removals.add(uid)
            self._changed.set()

    def later(self, uid: str, wire: Any, kind: Any) -> None:
        """An object of a watch: only its newest version is converted, when the next publication is due."""
        self._pending[uid] = (wire, kind)
        self._changed.set()

    def cannot_read(self, thing: Unreadable) -> None:
        self._unreadable[thing.uid or thing.name] = thing
        self._changed.set()

    def convert(self, uid: str, wire: Any, kind: Any) -> None:
        """Make a row of a wire object now."""
        try:
            self.put(uid, kind.convert(wire, self.share))
        except (ValueError, OverflowError) as error:
            meta = wire.metadata
            name = f"{meta.namespace}/{meta.name}" if meta.namespace else meta.name or ""
            self.cannot_read(Unreadable(name, uid, str(error)[:200]))

    def heard(self, took_s: float | None = None) -> None:
        """Bytes came, or an answer that took so long."""
        self._heard = clock.now()
        if took_s is not None:
            self._took_s = took_s

    def stands(self, stream: object, health: Health, problem: Problem | None = None) -> None:
        """How a stream is from now on."""
        if health is Health.DENIED and isinstance(problem, Problem):
            self._denied.add(str(getattr(stream, "namespace", None) or "*"))
        if self._health.get(stream) != (health, problem):
            self._health[stream] = (health, problem)
            self._changed.set()

    def retire(self, stream: object, denied: str) -> None:
        """Others take this stream's place, because it may not list `denied`."""
        self._health.pop(stream, None)
        self._denied.add(denied)
        self._changed.set()

    def leave(self, stream: object) -> None:
        """A stream ended because nobody looks at its namespace any more."""
        self._health.pop(stream, None)
        self._changed.set()

    def looks_at(self, scopes: Container[str | None]) -> None:
        """The namespaces that are wanted now (None: all): what is denied elsewhere is no matter."""
        self._denied = {name for name in self._denied if (None if name == "*" else name) in scopes}
        self._changed.set()

    def hush(self, problem: Problem | None) -> None:
        """The heartbeat's word on the server: a problem while it is silent, None when it answers."""
        if (self.silent is None) != (problem is None):
            self.silent = problem
            self._changed.set()

    def touch(self) -> None:
        """Publish even though no row changed."""
        self._changed.set()

    # what it publishes

    async def publish_for_ever(self) -> None:
        """Publishes whenever something changed, at most so often; and now and then that all is quiet."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                async with asyncio.timeout(HEARD_EVERY_S):
                    await self._changed.wait()
            except TimeoutError:
                reading = self._board.get(self.topic)
                if reading.taken == self._heard and reading.state is self.state[0]:
                    continue
            wait = self._published_at + self._every_s - loop.time()
            if wait > 0:
                await asyncio.sleep(wait)
            self._changed.clear()
            await self._convert_pending()
            self.publish()
            self._published_at = loop.time()

    async def _convert_pending(self) -> None:
        self._converting, self._pending = self._pending, {}
        slices = Slices()
        for uid, (wire, kind) in tuple(self._converting.items()):
            if uid in self._converting:
                self.convert(uid, wire, kind)
            if slices.over:
                await slices.rest()
        self._converting = {}

    def publish(self) -> None:
        """Put what is known now onto the board."""
        was_complete = self.collection.complete
        health = [health for health, _ in self._health.values()]
        self.collection.complete = (
            bool(health)
            and not any(item in (Health.STARTING, Health.LISTING) for item in health)
            and (was_complete or any(item is Health.LIVE for item in health))
        )
        self.collection.unreadable = tuple(map(str, self._unreadable.values()))
        self.collection.denied = tuple(sorted(self._denied))
        state, problem = self.state
        known = self._heard is not None and (self.collection.rows or self.collection.complete)
        delta: Delta[R] = Delta(self._upserts, frozenset(self._removals), reset=bool(known) and not self._begun)
        self._begun = self._begun or bool(known)
        self._upserts, self._removals = {}, set()
        if not known and state is State.OK:
            # an empty first page says nothing yet: live without a value does not exist
            state = State.LATE
        value = self.collection if known else None
        reading = Reading(value, state, self._heard, self._took_s, self.source, problem, self._asked())
        if self.collection.complete and not was_complete:
            # what is there now stays: the collector need not walk it again (collecting first would stop the loop)
            gc.freeze()
        self._board.publish(self.topic, reading, delta)

    def _asked(self) -> tuple[Asked, ...]:
        """Request and watch of its first streams."""
        asks = (getattr(stream, "asked", None) for stream in islice(self._health, ASKED_MOST))
        return tuple(asked for ask in asks if ask is not None and (asked := ask()) is not None)

    @property
    def state(self) -> tuple[State, Problem | None]:
        """The worst of what matters: a stream that is denied or absent counts only where all are."""
        by_health: dict[Health, Problem | None] = {}
        for health, problem in self._health.values():
            by_health.setdefault(health, problem)
        if by_health and set(by_health) <= {Health.ABSENT}:
            return State.OFF, by_health[Health.ABSENT]
        if by_health and set(by_health) <= {Health.ABSENT, Health.DENIED}:
            return State.FAILED, by_health[Health.DENIED]
        if Health.FAILED in by_health:
            return State.FAILED, by_health[Health.FAILED]
        if Health.STALE in by_health:
            return State.STALE, by_health[Health.STALE]
        if self.silent is not None:
            return State.LATE, self.silent
        if self._heard is None or set(by_health) <= {Health.STARTING}:
            return State.LATE, None
        return State.OK, None


def absent(kind_needs: str) -> Problem:
    return Problem(ProblemKind.MISSING, f"this server does not offer it: {kind_needs}", "")
