"""The feed that judges: it hears of every topic and publishes the ranked findings and the changes."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, ParamSpec, Protocol, TypeVar

import msgspec

from ..config.settings import Policy
from ..model.collection import Delta
from ..model.finding import Change, Finding
from ..model.reading import Problem, ProblemKind, Reading, State
from ..rules import findings as rules_findings
from ..rules import manual_triggers, measures
from ..rules.acknowledged import acknowledged
from ..rules.blocking_findings import blocking_findings
from ..rules.evaluate import Samples, due_s, evaluated, hinted, replayed
from ..rules.findings import Blind, Judged, StateKey
from ..rules.pools import from_pools
from ..rules.rule_states import rule_states
from ..rules.statement_findings import statement_findings
from ..rules.thresholds import Phase, Threshold, history_s
from ..sources.errors import SourceError
from ..sources.executor import DaemonExecutor
from ..text import clock
from .board import Board
from .feed import Wake
from .topics import (
    ALL_ALERTS,
    CHANGES,
    COSTS,
    CUSTOMERS,
    FINDINGS,
    INCIDENTS,
    MEASURES,
    PG_FACTS,
    PG_SESSIONS,
    PG_STATEMENTS,
    PGBOUNCER,
    REDIS,
    RULES,
    SERVICES,
    TRIGGERS,
    Topic,
)

P = ParamSpec("P")
T = TypeVar("T")
log = logging.getLogger(__name__)
AT_MOST_EVERY_S = 0.25
REST_S = 1.0
RESTS = 10.0
"""After judging it rests so many times as long as that took, up to a second: cheap news is not held back."""
SOON_S = 2.0
"""A reading is not asked for sooner after another: with many things pending each would have its own moment."""
AT_LEAST_EVERY_S = 15.0
"""Pending times and "no data for" move on even when nothing is heard."""
EARLIER_S = 6 * 3600.0
"""How far back the beginning of a breach is looked for that is older than its rule's own history."""
CHANGES_S = 24 * 3600.0
"""How long a change is kept in the list."""

History = Callable[[Mapping[str, float]], Awaitable[Mapping[str, Mapping[str, Samples]]]]
"""Samples of each measure (id → seconds back) per object; raises SourceError."""

Stored = Callable[[], Awaitable[Mapping[str, Mapping[str, Samples]]]]
"""The same of what the store holds, by server, a minute apart; never raises."""
STORED_STEP_S = 60.0

OBSERVERS: Mapping[Topic[Any], tuple[frozenset[str], Callable[[Reading[Any]], tuple[measures.Observation, ...]]]] = {
    SERVICES: (frozenset(("requests.p99", "requests.p95", "requests.errors", "endpoint.p99")), measures.from_services),
    PG_FACTS: (frozenset(("pg.connections",)), measures.from_postgres),
    PG_STATEMENTS: (frozenset(("statement.mean",)), measures.from_statements),
    PG_SESSIONS: (frozenset(("statement.running", "pg.blocked")), measures.from_sessions),
    PGBOUNCER: (frozenset(("pool.wait", "pool.clients")), from_pools),
    REDIS: (frozenset(("cache.hit",)), measures.from_redis),
    COSTS: (frozenset(("budget.spent",)), measures.from_costs),
    MEASURES: (frozenset(), measures.from_measures),
}
OF_EVERY_SERVER = (PG_FACTS, PG_STATEMENTS, PG_SESSIONS, PGBOUNCER, REDIS)
"""Also observed on the topics of further servers, which add the server's name; so do the identities of their
statements, since a replica counts each under the same key as its primary."""


class Watcher(Protocol):
    """Something that follows topics of its own row by row and says what is wrong and what changed there."""

    @property
    def topics(self) -> Sequence[Topic[Any]]: ...

    def changed(self, topic: Topic[Any], reading: Reading[Any], delta: Delta[Any] | None) -> None:
        """A reading of one of its topics; only what the delta names may cost work."""

    async def findings(self, now: datetime) -> Iterable[Finding]:
        """There may be much to judge: others have their turn in between."""

    def changes(self, now: datetime) -> Iterable[Change]: ...

    def place(self, finding: Finding) -> Finding:
        """The finding with the identity of its row, where this watcher knows the object."""


class Judge:
    """Runs the thresholds of one policy. `history` asks Prometheus for the past; None where there is none."""

    name = "judge"
    topics: tuple[Topic[Any], ...] = (FINDINGS, CHANGES, TRIGGERS, RULES)

    def __init__(
        self,
        policy: Policy,
        *,
        systems: Iterable[Topic[Any]],
        history: History | None = None,
        watchers: Sequence[Watcher] = (),
        stored: Stored | None = None,
        refresh: Callable[[Iterable[Topic[Any]]], None] | None = None,
    ) -> None:
        """`systems` are the topics whose failure makes the console blind: those of every configured source; `stored`
        tells what earlier consoles kept; `refresh` asks for topics at once, when what pends in them may fire."""
        self._policy = policy
        self._systems = tuple(systems)
        self._history = history
        self._stored = stored
        self._refresh = refresh
        self._due: dict[Topic[Any], asyncio.TimerHandle] = {}
        """By kind of topic: when the next of what pends there may fire."""
        self._triggers = manual_triggers.rules_of(policy)
        self._watchers = tuple(watchers)
        self._states: dict[StateKey, Judged] = {}
        self._hints: dict[str, Threshold] = {}
        """By rule: what Prometheus' history says of the one server that another source tells by its name."""
        self._kept: dict[StateKey, Threshold] = {}
        """What the store says of each server until this console began."""
        self._statements: dict[str, tuple[datetime, float]] = {}
        """Findings about statements that stand: since when, and the calls per second that were normal before."""
        self._failing: dict[Topic[Any], datetime] = {}
        self._thread = DaemonExecutor("judge", 1)
        self._replayed_at: float | None = None
        self._waiting: list[Topic[Any]] = []
        self._replaying: asyncio.Task[None] | None = None
        self.past_problem: Problem | None = None
        """Why the past could not be looked through: what stands for long then seems to have just begun."""
        self._dirty = asyncio.Event()
        self._listening = asyncio.Event()
        """Set once everything on the board was heard for the first time."""
        self._began: datetime | None = None

    async def run(self, board: Board, wake: Wake) -> None:
        """Judge until cancelled."""
        self._began = self._began or clock.now()
        self._thread = DaemonExecutor("judge", 1)
        await self._take_stored()
        endings = [board.subscribe(topic, self._hearing(board, topic)) for topic in self.heard]
        try:
            for topic in self.heard:
                self._hear(board, topic, board.get(topic), None)
            self._listening.set()
            while True:
                self._dirty.clear()
                began = time.perf_counter()
                await self._publish(board)
                took = time.perf_counter() - began
                await asyncio.sleep(min(REST_S, max(AT_MOST_EVERY_S, RESTS * took)))
                try:
                    async with asyncio.timeout(AT_LEAST_EVERY_S):
                        await self._dirty.wait()
                except TimeoutError:
                    continue
        finally:
            for end in endings:
                end()
            while self._due:
                self._due.popitem()[1].cancel()
            self._thread.shutdown()
            if self._replaying is not None:
                self._replaying.cancel()
                self._replaying = None
                self._waiting.clear()

    async def conclude(self, board: Board) -> None:
        """Publish what the board says by now, without waiting for the next turn; the past is looked through first."""
        await self._listening.wait()
        while self._replaying is not None:
            await asyncio.wait((self._replaying,))
        await self._publish(board)

    @property
    def heard(self) -> tuple[Topic[Any], ...]:
        """The topics that its findings and changes are made of."""
        watched = [topic for watcher in self._watchers for topic in watcher.topics]
        return tuple(dict.fromkeys([*OBSERVERS, ALL_ALERTS, CUSTOMERS, INCIDENTS, *self._systems, *watched]))

    def _hearing(self, board: Board, topic: Topic[Any]) -> Callable[[Reading[Any], Delta[Any] | None], None]:
        return lambda reading, delta: self._hear(board, topic, reading, delta)

    def _hear(self, board: Board, topic: Topic[Any], reading: Reading[Any], delta: Delta[Any] | None) -> None:
        if topic in self._systems and reading.state in (State.FAILED, State.STALE):
            self._failing.setdefault(topic, clock.now())
        else:
            self._failing.pop(topic, None)
        for watcher in self._watchers:
            if topic in watcher.topics:
                watcher.changed(topic, reading, delta)
        if _kind_of(topic) in OBSERVERS and measures.trusted(reading):
            self._observe(board, topic, reading)
        self._dirty.set()

    def _observe(self, board: Board, topic: Topic[Any], reading: Reading[Any]) -> None:
        """Step the thresholds, or first replay what happened before (at start, after a time without answers)."""
        if topic.system == "prom" and self._history is not None and self._needs_history():
            self._waiting.append(topic)
            if self._replaying is None:
                self._replaying = asyncio.create_task(self._replay(board, self._history), name="judge history")
            return
        kind = _kind_of(topic)
        told, observe = OBSERVERS[kind]
        # what a measure's reading does not name is gone: all servers of a kind speak together
        readings = {other: board.get(other) for other in self.heard if _kind_of(other) == kind}
        seen = tuple(
            found if other == kind or kind != PG_STATEMENTS else measures.of_server(found, _server_of(other))
            for other, told_there in readings.items()
            if measures.trusted(told_there)
            for found in observe(told_there)
        )
        told = told or frozenset(observation.measure for observation in seen)
        at = reading.taken.timestamp() if reading.taken else clock.now().timestamp()
        self._states = evaluated(self._states, self._policy, told, seen, at)
        self._take_hints(seen)
        self._ask_when_due(kind, told, tuple(readings))
        if topic.system == "prom":
            self._replayed_at = clock.boottime()

    def _ask_when_due(self, kind: Topic[Any], told: frozenset[str], topics: Iterable[Topic[Any]]) -> None:
        """Ask again at the moment when what pends may fire: the feed's own turn may be nearly an interval later."""
        if (earlier := self._due.pop(kind, None)) is not None:
            earlier.cancel()
        left_s = due_s(self._states, self._policy, told)
        if self._refresh is not None and left_s is not None:
            ask = partial(self._refresh, tuple(topics))
            self._due[kind] = asyncio.get_running_loop().call_later(max(SOON_S, left_s), ask)

    def _needs_history(self) -> bool:
        gap_s = 2 * measures.step_of("")
        return self._replayed_at is None or clock.boottime() - self._replayed_at > gap_s

    async def _replay(self, board: Board, history: History) -> None:
        """Without an answer the thresholds start from now: "since" is then the console's own start, not a lie."""
        try:
            await self._take_history(board, history)
            self.past_problem = None
        except SourceError as error:
            self.past_problem = error.problem
            log.warning("no history for the thresholds: %s", error)
        except Exception:  # nobody waits for this task: a mistake of ours would end the judging of metrics unheard
            self.past_problem = Problem(ProblemKind.INTERNAL, "the history could not be used")
            log.exception("the history of the thresholds could not be used")
        self._replayed_at = clock.boottime()
        self._replaying = None
        waiting, self._waiting = dict.fromkeys(self._waiting), []
        for topic in waiting:
            reading = board.get(topic)
            if measures.trusted(reading):  # it may have failed meanwhile
                self._observe(board, topic, reading)
        self._dirty.set()

    async def _take_history(self, board: Board, history: History) -> None:
        spans: dict[str, float] = {}
        for rule in self._policy.rules.values():
            needed = history_s(rule, measures.HISTORY_STEP_S)
            spans[rule.measure] = max(spans.get(rule.measure, 0.0), needed)
        past = dict(await history(spans))
        begun_before = await self._apart(self._begun_before, past)
        if begun_before:
            past |= await history(dict.fromkeys(begun_before, EARLIER_S))
        told = self._told_elsewhere(board)
        hints = await self._apart(replayed, {}, self._policy, {id: past[id] for id in past if id in told})
        self._hints = {rule_id: judged.state for (rule_id, name), judged in hints.items() if not name}
        own = {id: past[id] for id in past if id not in told}
        before = {key: one for key, one in self._states.items() if self._policy.rules[key[0]].measure in own}
        after = await self._apart(replayed, before, self._policy, own)
        self._states = {**self._states, **after}  # what other sources told meanwhile stays
        for topic in OBSERVERS if self._hints else ():
            if topic.system != "prom" and measures.trusted(board.get(topic)):
                self._observe(board, topic, board.get(topic))  # a reading that was stepped through gets its hint

    async def _apart(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do in a thread what takes long with thousands of objects."""
        call = partial(function, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)

    async def _take_stored(self) -> None:
        """Once, before anything is heard: breaches that stood a moment ago began before this console did."""
        if self._stored is None:
            return
        read, self._stored = self._stored, None
        past = await read()
        states = replayed({}, self._policy, past, STORED_STEP_S)
        newest = clock.now().timestamp() - 3 * STORED_STEP_S
        self._kept = {key: one.state for key, one in states.items() if (one.state.seen_at or 0.0) >= newest}

    def _begun_before(self, past: Mapping[str, Mapping[str, Samples]]) -> frozenset[str]:
        """Measures that were in breach already when their history begins: it does not reach back to the start."""
        found: set[str] = set()
        for (rule_id, name), judged in replayed({}, self._policy, past).items():
            measure = self._policy.rules[rule_id].measure
            first = past[measure][name][0][0]
            since = judged.state.active_at
            if judged.state.phase in (Phase.PENDING, Phase.FIRING) and since is not None and since <= first:
                found.add(measure)
        return frozenset(found)

    def _told_elsewhere(self, board: Board) -> frozenset[str]:
        """Measures that a source of their own tells."""
        topics = [topic for topic in OBSERVERS if topic.system != "prom" and board.get(topic).state is not State.OFF]
        return frozenset(measure for topic in topics for measure in OBSERVERS[topic][0])

    def _take_hints(self, seen: Sequence[measures.Observation]) -> None:
        """Hand a hint to the one object of its measure; with several nobody knows which of them it speaks of."""
        for rule_id in tuple(self._hints):
            names = [one.object for one in seen if one.measure == self._policy.rules[rule_id].measure]
            if len(names) == 1 and (judged := self._states.get((rule_id, names[0]))) is not None:
                state = hinted(self._hints.pop(rule_id), judged.state)
                self._states[(rule_id, names[0])] = msgspec.structs.replace(judged, state=state)

        for key in tuple(self._kept):
            if (judged := self._states.get(key)) is not None and judged.state.seen_at is not None:
                self._states[key] = msgspec.structs.replace(judged, state=hinted(self._kept.pop(key), judged.state))

    async def _publish(self, board: Board) -> None:
        now = clock.now()
        watched = [finding for watcher in self._watchers for finding in await watcher.findings(now)]
        changes = self._changes(now)
        found = rules_findings.from_thresholds(self._states, self._policy, now.timestamp())
        found += rules_findings.from_blind(self._blind(board))
        asked: Reading[Any] = board.get(MEASURES)
        found += rules_findings.from_refused(asked.value.failed if asked.value and measures.trusted(asked) else ())
        found += rules_findings.from_alerts(board.get(ALL_ALERTS).value or ())
        found += [*self._of_statements(board, now), *self._of_blocking(board, now), *watched]
        customers = board.get(CUSTOMERS).value
        incidents = board.get(INCIDENTS).value
        known = acknowledged(found, incidents.acknowledgements if incidents is not None else (), self._began)
        ranked = rules_findings.assemble(found, changes, customers, known)
        for watcher in self._watchers:
            ranked = tuple(watcher.place(finding) for finding in ranked)
        triggers = rules_findings.of_rules(self._states, self._policy, now.timestamp(), self._triggers)
        states = rule_states(self._states, self._policy, now.timestamp(), found, self._told(board))
        _renew(board, TRIGGERS, tuple(triggers), now)
        _renew(board, RULES, states, now)
        _renew(board, FINDINGS, ranked, now)
        _renew(board, CHANGES, changes, now)

    def _told(self, board: Board) -> frozenset[str]:
        """Measures that a reading tells now, also of no object at all: then nothing breaches them."""
        return frozenset(
            measure
            for topic in self.heard
            if _kind_of(topic) in OBSERVERS and measures.trusted(board.get(topic))
            for measure in OBSERVERS[_kind_of(topic)][0]
        )

    def _of_blocking(self, board: Board, now: datetime) -> list[Finding]:
        """Blocking trees of every server: their own rule dates them by the oldest wait, and names who blocks."""
        readings = [board.get(topic) for topic in self.heard if _kind_of(topic) == PG_SESSIONS]
        trusted = [reading.value for reading in readings if measures.trusted(reading)]
        return [finding for value in trusted for finding in blocking_findings(value, self._policy, now)]

    def _of_statements(self, board: Board, now: datetime) -> list[Finding]:
        """New, grown and slower statements; one that grew counts from when that was first seen."""
        normal = {id: before for id, (_, before) in self._statements.items()}
        held, self._statements = self._statements, {}
        services = board.get(SERVICES).value
        found = []
        for topic in self.heard:
            if _kind_of(topic) != PG_STATEMENTS:
                continue
            server = _server_of(topic)
            for one in statement_findings(board.get(topic).value, normal, server, services):
                id = one.finding.id
                since = held[id][0] if id in held else one.finding.since or now
                self._statements[id] = (since, one.normal)
                found.append(msgspec.structs.replace(one.finding, since=since))
        return found

    def _blind(self, board: Board) -> list[Blind]:
        """One entry per system whose topics fail or are stale, since the first of them did."""
        found: dict[str, Blind] = {}
        for topic, since in self._failing.items():
            reading = board.get(topic)
            failing = frozenset(other.name for other in self._failing if other.system == topic.system)
            stale, servers = reading.state is State.STALE, self._silent(board, topic.system)
            one = Blind(topic.system, since, reading.problem, stale, failing, servers)
            other = found.get(topic.system)
            if other is None or (other.stale and not one.stale):
                found[topic.system] = one
            first = min(since, other.since) if other and other.since else since
            found[topic.system] = msgspec.structs.replace(found[topic.system], since=first)
        return [found[system] for system in sorted(found)]

    def _silent(self, board: Board, system: str) -> tuple[str, ...]:
        """Names of the servers of a system that cannot be read, where others of it can."""
        there = {_server_of(topic): topic for topic in self._systems if topic.system == system}
        silent = {_server_of(topic): topic for topic in self._failing if topic.system == system}
        if there.keys() == silent.keys():
            return ()
        # the first server's topics do not name it, its readings do
        named = (name or getattr(board.get(topic).value, "server", "") for name, topic in silent.items())
        return tuple(sorted(name for name in named if name))

    def _changes(self, now: datetime) -> tuple[Change, ...]:
        """Everything that changed lately, newest first."""
        oldest = now - timedelta(seconds=CHANGES_S)
        found = {change for watcher in self._watchers for change in watcher.changes(now) if change.at >= oldest}
        return tuple(sorted(found, key=lambda change: (change.at, change.kind, change.what), reverse=True))


def _kind_of(topic: Topic[Any]) -> Topic[Any]:
    """The first server's topic for that of a further one: `pg.facts` for `pg.facts.replica`."""
    return next((first for first in OF_EVERY_SERVER if topic.name.startswith(f"{first.name}.")), topic)


def _server_of(topic: Topic[Any]) -> str:
    """The name of a further server; "" for the first."""
    return topic.name.removeprefix(_kind_of(topic).name).removeprefix(".")


def _renew(board: Board, topic: Topic[Any], value: Any, now: datetime) -> None:
    """Publish only what is new: a table that hears of nothing paints nothing."""
    held = board.get(topic)
    if held.state is not State.OK or held.value != value:
        board.publish(topic, Reading(value, State.OK, now, source="rules"))
