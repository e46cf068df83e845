"""Did it help? Watches the findings that a run should help until that is known, or their window is over."""

import asyncio
from collections.abc import Callable, Hashable
from datetime import UTC, datetime

import msgspec

from ..config.settings import Policy
from ..model.action import Helped, Plan, Target
from ..model.finding import Finding, Severity
from ..poller.board import Board
from ..poller.topics import FINDINGS
from ..rules import outcome
from ..text import clock
from .pace import Pace


class Before(msgspec.Struct, frozen=True, gc=False):
    """What stood when the run began."""

    watched: tuple[Finding, ...]
    criticals: frozenset[str]
    """Ids of all critical findings."""
    at: datetime = datetime.min.replace(tzinfo=UTC)


def before(board: Board, plan: Plan) -> Before:
    """The findings of this moment."""
    now = board.get(FINDINGS).value or ()
    criticals = frozenset(one.id for one in now if one.severity is Severity.CRITICAL)
    return Before(outcome.watched(plan.watches, now), criticals, clock.now())


async def watch(
    board: Board, policy: Policy, plan: Plan, stood: Before, pace: Pace, now: Callable[[], float] = clock.boottime
) -> tuple[Helped, str]:
    """The verdict in words; `now` counts seconds."""
    if not stood.watched:
        return Helped.NONE, ""
    window_s, hold_s = outcome.window_s(stood.watched, policy), outcome.hold_s(stood.watched, policy)
    targets = tuple(each for each in (plan.target, plan.follows, plan.asked.target) if each is not None)
    started, holding = now(), _Holding(hold_s)
    heard = asyncio.Event()
    end = board.subscribe(FINDINGS, lambda reading, delta: heard.set())
    try:
        while True:
            heard.clear()
            settled = now() - started >= outcome.RATES_S
            verdict = _verdict(board, policy, stood, targets, holding, now(), settled)
            if verdict is not None:
                return verdict
            if now() - started >= window_s:
                return _final(board, policy, stood)
            await _either(heard, pace.effect_s)
    finally:
        end()


class _Holding:
    """Since when each thing has been seen without a break."""

    def __init__(self, hold_s: float) -> None:
        self._hold_s = hold_s
        self._since: dict[Hashable, float] = {}

    def longest(self, seen: set[Hashable], at: float) -> set[Hashable]:
        """Those that have been seen for long enough."""
        self._since = {each: self._since.get(each, at) for each in seen}
        return {each for each, since in self._since.items() if at - since >= self._hold_s}


def _verdict(
    board: Board, policy: Policy, stood: Before, targets: tuple[Target, ...], holding: _Holding, at: float,
    settled: bool,
) -> tuple[Helped, str] | None:  # fmt: skip
    """Once it is clear: all better, or something worse, and it stays so.

    Until rates are `settled` a value that is worse proves nothing: they tell of the time before the action as well.
    """
    now = board.get(FINDINGS).value or ()
    standings = outcome.standings(stood.watched, now, policy)
    rules = frozenset(one.rule for one in stood.watched if one.rule in policy.rules)
    fresh = outcome.fresh_criticals(stood.criticals, now, targets, rules, stood.at)
    seen: set[Hashable] = {(one.id, one.helped) for one in standings} | {one.id for one in fresh}
    held = holding.longest(seen, at)
    sure = [one for one in standings if one.sure or (one.id, one.helped) in held]
    lasting = [one for one in fresh if one.id in held]
    if lasting or (settled and any(one.helped is Helped.WORSE for one in sure)):
        return outcome.together(standings, lasting)
    if all(one in sure and one.helped is Helped.HELPED for one in standings):
        return outcome.together(standings)
    return None


def _final(board: Board, policy: Policy, stood: Before) -> tuple[Helped, str]:
    """At the end of the window: what is so now."""
    return outcome.together(outcome.standings(stood.watched, board.get(FINDINGS).value or (), policy))


async def _either(heard: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await heard.wait()
    except TimeoutError:
        return
