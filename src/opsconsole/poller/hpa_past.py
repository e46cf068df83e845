"""The feed that remembers what each HPA did: its steps of 24 hours, kept in the store, and what it asked for lately."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from ..model.collection import Collection, Delta
from ..model.kubernetes import Event, Hpa, HpaPast
from ..model.reading import Reading, State
from ..rules import hpa as hpas
from ..rules.hpa_past import KEPT, asked, joined, scalings
from ..text import clock
from .board import Board
from .feed import Wake
from .samples import Samples
from .topics import EVENTS, HPA_PAST, HPAS, Topic

KIND = "k8s.hpa-past"
AT_MOST_EVERY_S = 1.0
SAVE_EVERY_S = 60.0
_TELLING = ("SuccessfulRescale", "ScalingReplicaSet")


class Kept(msgspec.Struct, frozen=True):
    """What goes to the store: everything, each time, since older samples are thinned out there."""

    until: datetime
    past: dict[str, HpaPast]


class HpaPastFeed:
    """Publishes the past of each HPA by its uid."""

    name = "hpa past"
    topics: tuple[Topic[Any], ...] = (HPA_PAST,)

    def __init__(self, cluster: str, store: Samples | None) -> None:
        """`cluster` is what samples of this cluster are kept under."""
        self._cluster = cluster
        self._store = store
        self._past: dict[str, HpaPast] = {}
        self._hpas: dict[str, Hpa] = {}
        self._kept_until: datetime | None = None
        self._saved: datetime | None = None
        self._dirty = asyncio.Event()
        self._events_due = False

    async def run(self, board: Board, wake: Wake) -> None:
        """Remember until cancelled."""
        await self._load()
        endings = [
            board.subscribe(HPAS, lambda reading, delta: self._hear_hpas(reading)),
            board.subscribe(EVENTS, lambda reading, delta: self._hear_events(delta)),
        ]
        try:
            self._hear_hpas(board.get(HPAS))
            self._hear_events(None)
            while True:
                await self._dirty.wait()
                self._dirty.clear()
                self._take_events(board)
                if self._hpas:
                    board.publish(HPA_PAST, Reading(dict(self._past), State.OK, clock.now(), source="HPAs and events"))
                await self._save()
                await asyncio.sleep(AT_MOST_EVERY_S)
        finally:
            for end in endings:
                end()

    def _hear_hpas(self, reading: Reading[Collection[Hpa]]) -> None:
        """What each asked for until now and asks for from now on: the controller writes a status when it changes."""
        if reading.value is None:
            return
        now = clock.now()
        for uid, hpa in reading.value.rows.items():
            before = self._hpas.get(uid)
            if before is hpa:
                continue
            past = self._past.get(uid, HpaPast())
            self._past[uid] = asked(past, _wanted(before), _wanted(hpa), now)
            self._events_due |= before is None or before.last_scale != hpa.last_scale
            self._dirty.set()
        self._hpas = dict(reading.value.rows)

    def _hear_events(self, delta: Delta[Event] | None) -> None:
        if delta is None or delta.reset or any(event.reason in _TELLING for event in delta.upserts.values()):
            self._events_due = True
            self._dirty.set()

    def _take_events(self, board: Board) -> None:
        events = board.get(EVENTS).value
        if not self._events_due or events is None:
            return
        self._events_due = False
        now = clock.now()
        told = [event for event in events.rows.values() if event.reason in _TELLING]
        by_place: dict[tuple[str, str], list[Event]] = {}
        for event in told:
            by_place.setdefault((event.namespace, event.name), []).append(event)
        reach = self._known_since(events.rows, now)
        for uid, hpa in self._hpas.items():
            places = {(hpa.namespace, hpa.name), (hpa.namespace, hpa.target_name)}
            found = scalings(hpa, [event for place in places for event in by_place.get(place, ())])
            past = joined(self._past.get(uid, HpaPast()), found, now)
            self._past[uid] = msgspec.structs.replace(past, known_since=self._since(past.known_since, reach, now))
        self._past = {uid: past for uid, past in self._past.items() if uid in self._hpas or past.scalings}
        self._kept_until = None  # what was kept is joined; from here on nothing is missed

    def _known_since(self, events: Mapping[str, Event], now: datetime) -> datetime:
        """The oldest event of any kind: the cluster keeps those of an hour or so, and does not say how long."""
        return min((at for event in events.values() if (at := event.last or event.first) is not None), default=now)

    def _since(self, known: datetime | None, reach: datetime, now: datetime) -> datetime:
        """What was kept counts where it reaches up to what the events tell: else there is a gap between the two."""
        if known is not None and self._kept_until is not None and self._kept_until < reach:
            known = None
        return max(now - KEPT, min(known, reach) if known is not None else reach)

    async def _load(self) -> None:
        if self._store is None:
            return
        found = await self._store.samples(KIND, self._cluster, clock.now() - KEPT)
        for _, payload in reversed(found):
            try:
                kept = msgspec.msgpack.decode(payload, type=Kept)
            except (msgspec.DecodeError, ValueError):
                continue
            self._kept_until = kept.until
            self._past = {
                uid: msgspec.structs.replace(past, asked=(), watched_since=None) for uid, past in kept.past.items()
            }
            return

    async def _save(self) -> None:
        now = clock.now()
        due = self._saved is None or now - self._saved >= timedelta(seconds=SAVE_EVERY_S)
        if self._store is None or not due or not self._past:
            return
        self._saved = now
        past = {uid: msgspec.structs.replace(one, asked=()) for uid, one in self._past.items()}
        await self._store.save_sample(KIND, self._cluster, now, msgspec.msgpack.encode(Kept(now, past)))


def _wanted(hpa: Hpa | None) -> int | None:
    want = hpas.wants(hpa) if hpa is not None else None
    return want.replicas if want is not None else None
