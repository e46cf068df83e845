"""Did it help? What is said when, with a clock that the test moves."""

import asyncio

from opsconsole.actions import effect
from opsconsole.actions.pace import Pace
from opsconsole.config.policies import builtin
from opsconsole.model.action import Helped
from opsconsole.model.finding import Finding
from opsconsole.model.reading import Reading, State
from opsconsole.poller.board import Board
from opsconsole.poller.topics import FINDINGS
from opsconsole.text import clock
from tests.screens.fake_actions import plan

from .test_executor_following import latency


async def test_a_latency_that_rises_for_the_first_two_minutes_is_no_verdict_yet() -> None:
    """Rolled back a minute into the harm: the quantile over two minutes goes on rising first."""
    board, at = Board(), [0.0]

    async def after(seconds: float, *findings: Finding) -> None:
        at[0] += seconds
        board.publish(FINDINGS, Reading(findings, State.OK, clock.now()))
        for _ in range(10):
            await asyncio.sleep(0)

    await after(0, latency(0.8))
    stood = effect.Before((latency(0.8),), frozenset({"p99-critical:auth"}))
    watching = asyncio.create_task(
        effect.watch(board, builtin("default"), plan(), stood, Pace(effect_s=60), lambda: at[0])
    )
    for seconds in (1, 62, 50):
        await after(seconds, latency(1.4))
    assert not watching.done()
    await after(10, latency(0.2))
    await after(60, latency(0.2))
    assert (await watching)[0] is Helped.HELPED


async def test_a_latency_that_stays_worse_is_said_once_rates_have_settled() -> None:
    board, at = Board(), [0.0]
    stood = effect.Before((latency(0.8),), frozenset({"p99-critical:auth"}))
    worse: tuple[Finding, ...] = (latency(1.4),)
    board.publish(FINDINGS, Reading(worse, State.OK, clock.now()))
    watching = asyncio.create_task(
        effect.watch(board, builtin("default"), plan(), stood, Pace(effect_s=0.001), lambda: at[0])
    )
    await asyncio.sleep(0)
    at[0] = 121.0
    async with asyncio.timeout(5):
        assert (await watching)[0] is Helped.WORSE
