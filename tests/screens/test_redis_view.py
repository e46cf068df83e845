"""The Redis view: what may not be read names its right, a cold cache is said, and each line knows its command."""

from datetime import timedelta

import msgspec
import pytest

from opsconsole.model.asked import Asked
from opsconsole.model.reading import Problem, ProblemKind, Reading, State
from opsconsole.model.redis import CacheEvent, CacheFigures, CommandRate, Database, Persistence, Unread
from opsconsole.poller import topics
from opsconsole.poller.board import Board

from . import story
from .tabs import console, headline, rows, settled, text
from .test_tab_keys import page, pressed

ASKED = (
    Asked("info", "its counters", "INFO ALL", "redis", story.NOW - timedelta(seconds=3), 0.0021, 181, counted="line"),
    Asked("ping", "a sign of life", "PING", "redis", story.NOW, 0.0004, 1, counted="line"),
    Asked("slowlog", "its newest slow commands", "SLOWLOG GET 128", "redis", story.NOW, 0.0008, 0,
          "redis refuses SLOWLOG GET to its user ops", counted="line"),
)  # fmt: skip
COLD = msgspec.structs.replace(
    story.cache(), hit_ratio=0.31, ping_s=0.0004, slow=None, asked=ASKED, taken=story.NOW,
    unread=(Unread("slow log", "needs +slowlog|get", "ACL SETUSER ops +slowlog|get", "slowlog"),),
    events=(CacheEvent(story.NOW - timedelta(minutes=12), "emptied", "FLUSHALL ran: 33,400 keys before, 2 now"),),
    by_command=(CommandRate("get", 1900.0, 14.0, 0.8, 0.0, (("p50", 11.0), ("p99", 60.0))),),
    databases=(Database(0, 400, 4, 30_000),), persistence=Persistence(aof=False),
)  # fmt: skip


def board(reading: Reading[CacheFigures] | None = None) -> Board:
    made = story.board()
    made.publish(topics.REDIS, reading or Reading(COLD, State.OK, story.NOW))
    return made


@pytest.mark.parametrize("size", [(160, 45), (80, 24)])
async def test_what_fails_then_what_is_unknown_then_the_rest(size: tuple[int, int], fixed_clock: None) -> None:
    app = console(board(), start=3)
    async with app.run_test(size=size) as pilot:
        tab = await settled(pilot, "redis")
        assert [row.split()[:3] for row in rows(tab.table)][:4] == [
            ["▲", "event", "02:41"], ["▲", "work", "hit"], ["?", "unread", "slow"], ["work", "answers", "PING"],
        ]  # fmt: skip
        assert headline(app).startswith("redis valkey 9.1 primary · event 02:41")


async def test_a_line_tells_its_command_and_the_time_it_took(fixed_clock: None) -> None:
    app = console(board(), start=3)
    async with app.run_test(size=(160, 45)) as pilot:
        await settled(pilot, "redis")
        await pressed(pilot, "j", "w")
        told = page(pilot)
        assert "cold since 12m: hit ratio is of a cache that fills" in told
        assert "the difference to the same answer 5 s before" in told
        assert "redis was asked for its counters at 02:53:07Z, <1m ago: 181 lines in 2.1 ms\n\n  INFO ALL" in told
        await pressed(pilot, "escape", "j", "w")
        assert "redis refuses SLOWLOG GET to its user ops in 0.8 ms\n\n  SLOWLOG GET 128" in page(pilot)


async def test_the_last_figures_stay_with_why_they_are_old(fixed_clock: None) -> None:
    busy = Problem(ProblemKind.REFUSED, "redis is held by a script", "who owns it ends it: SCRIPT KILL")
    reading = Reading(COLD, State.STALE, story.NOW - timedelta(minutes=4), problem=busy)
    app = console(board(reading), start=3)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot, "redis")
        assert len(rows(tab.table)) > 5
        assert "STALE 4m" in text(app)
