"""One look at a platform without a screen: the feeds of a profile run until each has answered or failed, then judged.

It is the same assembly and the same judge as behind the Now page; nothing is written down.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from ..assembly import SECTIONS, Assembly
from ..config.settings import Policy, Profile
from ..model.finding import Finding, Severity
from ..model.reading import Problem, ProblemKind, Reading, State
from ..poller.board import Board
from ..poller.topics import FINDINGS, ON_DEMAND, Topic
from ..text import clock

STOP_S = 0.5
"""How long the sources may take to let go."""
PAST_S = 1.0
"""At least so long the past may be looked through, however late the last source answered."""


@dataclass(frozen=True, slots=True)
class Source:
    """A configured source, as it answered."""

    name: str
    """As the settings call it."""
    state: str
    """ok, partial (it answers, and refuses a part) or failed."""
    after_s: float | None
    """Seconds from the beginning until the last of its readings had come or failed; None: it had not."""
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look found."""

    at: datetime
    findings: tuple[Finding, ...]
    sources: tuple[Source, ...]


async def look_once(
    profile: Profile, policy: Policy, *, store_path: Path | None = None, name: str = "", timeout_s: float = 30.0
) -> Seen:
    """Every source is waited for, but no longer than `timeout_s`: one that has not answered by then has failed."""
    logging.getLogger("opsconsole").addHandler(logging.NullHandler())
    board = Board()
    assembly = Assembly(profile, policy, board, store_path=store_path, name=name, looks_once=True)
    began = time.monotonic()
    assembly.start()
    try:
        wanted = assembly.judged - ON_DEMAND
        after = await _answers(board, wanted, began, timeout_s)
        for topic in wanted - after.keys():
            board.mark(topic, State.FAILED, _late(timeout_s))
        past = await _concluded(assembly, board, max(PAST_S, began + timeout_s - time.monotonic()), timeout_s)
        found = (*(board.get(FINDINGS).value or ()), *((_without_past(past),) if past else ()))
        return Seen(clock.now(), found, _sources(board, assembly, after))
    finally:
        # the program ends at once: a source that does not let go holds nobody up
        await asyncio.wait((asyncio.ensure_future(assembly.stop()),), timeout=STOP_S)


async def _answers(
    board: Board, wanted: frozenset[Topic[Any]], began: float, timeout_s: float
) -> Mapping[Topic[Any], float]:
    """Seconds until each topic had its first answer or problem; what had none in time is not in it."""
    after: dict[Topic[Any], float] = {}
    complete = asyncio.Event()

    def hear(topic: Topic[Any], reading: Reading[Any]) -> None:
        if _answered(reading):
            after.setdefault(topic, time.monotonic() - began)
        if len(after) == len(wanted):
            complete.set()

    endings = [board.subscribe(topic, partial(_told, hear, topic)) for topic in wanted]
    for topic in wanted:
        hear(topic, board.get(topic))
    try:
        async with asyncio.timeout(timeout_s if wanted else 0):
            await complete.wait()
    except TimeoutError:
        pass
    finally:
        for end in endings:
            end()
    return after


def _told(hear: Callable[[Topic[Any], Reading[Any]], None], topic: Topic[Any], reading: Reading[Any], _: Any) -> None:
    hear(topic, reading)


def _answered(reading: Reading[Any]) -> bool:
    return reading.value is not None or reading.state in (State.FAILED, State.OFF)


async def _concluded(assembly: Assembly, board: Board, within_s: float, timeout_s: float) -> str:
    """Let the judge conclude; why the past, which rules with a duration need, is not known, "" where it is."""
    judge = assembly.judge
    assert judge is not None
    try:
        async with asyncio.timeout(within_s):
            await judge.conclude(board)
    except TimeoutError:
        return f"their past did not come within {timeout_s:g} s; --timeout waits longer"
    problem = judge.past_problem
    return f"their past could not be read: {problem.sentence}" if problem is not None else ""


def _late(timeout_s: float) -> Problem:
    return Problem(ProblemKind.TIMEOUT, f"no answer within {timeout_s:g} s", "--timeout waits longer")


def _without_past(said: str) -> Finding:
    return Finding("blind:past", Severity.BLIND, "rules with a duration are not judged", 1, value=said, rule="blind")


def _sources(board: Board, assembly: Assembly, after: Mapping[Topic[Any], float]) -> tuple[Source, ...]:
    """One line per system, with its worst state."""
    found = []
    for system, section in SECTIONS.items():
        topics = [topic for topic in assembly.judged - ON_DEMAND if topic.system == system]
        if not topics:
            continue
        failed = [topic for topic in topics if board.get(topic).state is State.FAILED]
        worst = min(failed, key=lambda topic: (topic not in assembly.sources, topic.name), default=None)
        state = "ok" if worst is None else "failed" if worst in assembly.sources else "partial"
        times = [after.get(topic) for topic in topics]
        last = None if None in times else max(time for time in times if time is not None)
        found.append(Source(section, state, last, board.get(worst).problem if worst is not None else None))
    return tuple(found)


def narrowed(profile: Profile, sections: frozenset[str]) -> Profile:
    """Only these sources; Kubernetes stays where one of them is reached through it."""
    kept = set(sections)
    parts = {section: getattr(profile, section) for section in SECTIONS.values()}
    if any(_through_cluster(parts[section]) for section in sections):
        kept.add("kubernetes")
    empty = {section: () if isinstance(part, tuple) else None for section, part in parts.items() if section not in kept}
    return msgspec.structs.replace(profile, **empty)


def _through_cluster(part: Any) -> bool:
    servers = part if isinstance(part, tuple) else (part,)
    return any(
        getattr(server, "through", None) or str(getattr(server, "url", "")).startswith("kube://") for server in servers
    )
