"""The Statements view: windows, columns, filters, what is new since which deploy, and the slow ones."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from opsconsole.model.reading import Problem, ProblemKind, Reading, State
from opsconsole.model.statements import RESET, StatementRate, Statements, Tracked
from opsconsole.poller import topics
from opsconsole.poller.board import Board
from opsconsole.poller.statement_feed import window_topic
from opsconsole.poller.topics import Topic
from opsconsole.screens.statement_columns import what_grew
from opsconsole.screens.statement_verdict import verdict
from opsconsole.screens.statement_words import lines, news, window_title

from . import story
from .tabs import console, headline, rows, settled, text
from .test_tab_keys import page, pressed

DUMP = StatementRate("12/5/4/1", 0x0D0D, "COPY public.orders TO stdout", 0.1, 900.0, 0.2, 1e6, user="backup")
LOGS = Tracked(planning=True, io_timing=True, jit=True, most=5000, log_ms=250.0)


def board(*more: StatementRate, **changed: Any) -> Board:
    filled = story.board()
    usual = story.statements()
    changed = {"tracked": LOGS, "before_label": "the hour before", **changed}
    value = msgspec.structs.replace(usual, rows=(*usual.rows, *more), **changed)
    filled.publish(topics.PG_STATEMENTS, Reading(value, State.OK, story.NOW))
    return filled


async def test_t_goes_through_the_windows_and_asks_only_for_the_one_that_is_shown(fixed_clock: None) -> None:
    filled = board()
    app = console(filled, start=3)
    wanted: list[str] = []

    def want(topic: Topic[Any]) -> Callable[[], None]:
        wanted.append(topic.name)
        return lambda: wanted.remove(topic.name)

    app.frame.context.want = want
    async with app.run_test(size=(200, 45)) as pilot:
        tab = await settled(pilot)
        assert "window 5m v the hour before" in tab.strip_note(120)
        await pressed(pilot, "t")
        assert wanted == ["pg.window.15m"]
        assert "window 5m" in tab.strip_note(120)  # until the other one has been reckoned
        await pressed(pilot, "t")
        assert wanted == ["pg.window.reset"]
        reset = msgspec.structs.replace(
            story.statements(), window=RESET, window_s=15 * 86400.0, before_s=None, begins=story.ago(15 * 1440)
        )
        filled.publish(window_topic(RESET), Reading(reset, State.OK, story.NOW))
        await settled(pilot)
        assert "since reset 11 Mar" in tab.strip_note(120)
        for _ in range(3):
            await pressed(pilot, "t")
        assert wanted == []
        assert "window 5m" in tab.strip_note(120)


async def test_a_window_is_no_younger_than_the_samples_it_is_made_of(fixed_clock: None) -> None:
    filled = board()
    last = msgspec.structs.replace(story.statements(), window="last", window_s=10.0)
    filled.publish(window_topic("last"), Reading(last, State.OK, story.NOW))
    app = console(filled, start=3)
    async with app.run_test(size=(200, 45)) as pilot:
        tab = await settled(pilot)
        tab.set_option("window.last", True)
        assert "last interval 10s" in tab.strip_note(120)
        problem = Problem(ProblemKind.MISCONFIGURED, "pg_stat_statements is not installed", "CREATE EXTENSION")
        filled.mark(topics.PG_STATEMENTS, State.FAILED, problem)
        await settled(pilot)
        assert "pg_stat_statements is not installed · CREATE EXTENSION" in headline(app)


@pytest.mark.parametrize(
    ("size", "title"), [((80, 24), "5m v 1h"), ((120, 34), "5m v 1h"), ((160, 45), "window 5m v the hour before")]
)
async def test_the_window_stands_in_the_strip_and_the_headline_begins_with_what_is_wrong(
    size: tuple[int, int], title: str, fixed_clock: None
) -> None:
    app = console(board(), start=3)
    async with app.run_test(size=size) as pilot:
        tab = await settled(pilot)
        assert text(app).splitlines()[2].rstrip().endswith(title)
        assert headline(app).strip().startswith("7f3a new 14m, 61 % of the time")
        tab.apply_filter("order_items")
        await settled(pilot)
        assert "5m v 1h" in text(app) or "5m v the hour before" in text(app)


async def test_a_filter_is_seen_even_where_the_strip_has_no_room_for_its_words(fixed_clock: None) -> None:
    app = console(board(), start=3)
    async with app.run_test(size=(80, 24)) as pilot:
        tab = await settled(pilot)
        tab.apply_filter("-l app=nobody")
        await settled(pilot)
        assert text(app).splitlines()[2].rstrip().endswith("filter 0/3")
        await pressed(pilot, "z")
        assert text(app).splitlines()[2].rstrip().endswith("z ON, filter 0/3")


def test_nothing_is_called_new_or_not_new_before_there_is_a_time_to_compare_with(fixed_clock: None) -> None:
    view = msgspec.structs.replace(story.statements(), begins=story.ago(5))
    assert news(view, view.rows) == "1 new statement since 01:48"
    assert news(view, view.rows[1:]) == "no new statement in 5m"
    for before_s in (None, 20.0):
        short = msgspec.structs.replace(view, before_s=before_s)
        assert [news(short, short.rows), news(short, short.rows[1:])] == ["", ""]


def test_what_grew_is_said_and_until_when_the_time_before_is_kept(fixed_clock: None) -> None:
    calls = msgspec.structs.replace(DUMP, calls_s=26.0, before_calls_s=10.0, mean_ms=5.0, before_mean_ms=5.0)
    mean = msgspec.structs.replace(calls, mean_ms=46.0, before_until=story.ago(8))
    assert [what_grew(calls), what_grew(mean)] == ["x2.6 calls", "x9.2 mean"]
    assert what_grew(msgspec.structs.replace(DUMP, before_calls_s=None, before_mean_ms=None)) == "-"
    first, *_ = lines(mean, story.statements(), (), ())
    assert "before 02:45: 10 calls/s, 5 ms each" in first.plain


async def test_what_takes_most_of_the_time_stands_first_though_nobody_saw_it_grow(fixed_clock: None) -> None:
    lost = msgspec.structs.replace(DUMP, text="SELECT lost", share=0.9, before_calls_s=0.1, before_mean_ms=900.0)
    minor = msgspec.structs.replace(DUMP, key="1/1/1/1", text="SELECT minor", share=0.01, first_seen=story.ago(2))
    filled = board()
    view = msgspec.structs.replace(story.statements(), rows=(minor, lost), others=None)
    filled.publish(topics.PG_STATEMENTS, Reading(view, State.OK, story.NOW))
    app = console(filled, start=3)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot)
        assert "SELECT lost" in rows(tab.table)[0]
        assert headline(app).strip().startswith("0d0d takes 90 % of the time of all statements")


def test_the_worst_is_said_in_words() -> None:
    usual = StatementRate("1/1/1/1", 0xBEEF, "select 1", 10.0, 2.0, 0.6, 1.0, before_calls_s=10.0, before_mean_ms=2.0)
    slower = msgspec.structs.replace(usual, mean_ms=48.0, share=0.3)
    often = msgspec.structs.replace(usual, calls_s=100.0, share=0.1)
    assert verdict([often, slower], {}, None) == [
        "beef slower x24.0: 48 ms each, 30 % of the time", "beef called x10.0, 10 % of the time",
    ]  # fmt: skip
    assert verdict([usual], {}, None) == ["beef takes 60 % of the time of all statements"]
    assert verdict([msgspec.structs.replace(usual, share=0.4)], {}, None) == []


async def test_a_new_statement_is_named_with_the_deploy_before_it(fixed_clock: None) -> None:
    app = console(board(), start=3)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot)
        assert "new 14m" in rows(tab.table)[0]
        assert "api 1.8.2" in rows(tab.table)[0]
        assert "after api 1.8.2 (first seen 02:39" in text(app)


async def test_a_deploy_of_another_application_is_told_and_not_taken_for_the_one_that_asks(fixed_clock: None) -> None:
    other = msgspec.structs.replace(DUMP, text="SELECT new", application="scheduler", first_seen=story.ago(10))
    app = console(board(other), start=3)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot)
        tab.go_to(other.key)
        await settled(pilot)
        (line,) = [line for line in rows(tab.table) if "SELECT new" in line]
        assert "scheduler" in line
        assert "1.8.2" not in line
        assert "new 10m, 4m after api 1.8.2" in text(app)


async def test_dumps_are_left_out_on_request_and_their_share_is_told(fixed_clock: None) -> None:
    app = console(board(DUMP), start=3)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot)
        assert any("COPY public.orders" in line for line in rows(tab.table))
        tab.set_option("backups", False)
        await settled(pilot)
        assert not any("COPY public.orders" in line for line in rows(tab.table))
        assert "1 statement of dumps and backups left out: 20.0 %" in headline(app)


@pytest.mark.parametrize(
    ("words", "left"), [("-l app=api", 2), ("-l user=backup", 1), ("-l db=shop", 2), ("-l user!=shop_app", 2)]
)
async def test_filters_by_application_user_and_database(words: str, left: int, fixed_clock: None) -> None:
    app = console(board(DUMP), start=3)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot)
        assert tab.apply_filter(words) == ""
        await settled(pilot)
        assert len(rows(tab.table)) == left
        assert "shares are of all statements" in headline(app)


async def test_the_list_of_slow_statements(fixed_clock: None) -> None:
    slow = msgspec.structs.replace(DUMP, key="10/5/9/1", text="SELECT slow", user="shop_app", mean_ms=120.0)
    app = console(board(DUMP, slow), start=3)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot)
        tab.set_option("slow", True)
        await settled(pilot)
        first, second = rows(tab.table)
        assert "COPY" in first
        assert "SELECT slow" in second
        assert "slow: mean over 100 ms, at most 20" in headline(app)
        await pressed(pilot, "w")
        assert "log: statements from 250 ms on (log_min_duration_statement), its average call too" in page(pilot)
        assert "mean 900 ms, limit 100 ms" in page(pilot)
        assert "P95 unknown" in page(pilot)


async def test_what_an_eviction_makes_doubtful_is_said(fixed_clock: None) -> None:
    app = console(board(evicting=True, notes=("top-N incomplete: the server evicted statements 2 times",)), start=3)
    async with app.run_test(size=(160, 45)) as pilot:
        await settled(pilot)
        assert "top-N incomplete" in headline(app)
        assert "or evicted before that" in text(app)


async def test_what_is_counted_since_a_reset_only_may_be_older(fixed_clock: None) -> None:
    app = console(board(counting_since=story.ago(20)), start=3)
    async with app.run_test(size=(160, 45)) as pilot:
        await settled(pilot)
        assert "first seen 02:39, counted since the reset at 02:33" in text(app)


@pytest.mark.parametrize(
    ("changed", "title"),
    [
        ({"window_s": 40.0, "before_s": None, "before_label": "mean since 12 Mar"},
         "window 40s, since start v mean since 12 Mar"),
        ({"window_s": 40.0, "before_s": None, "before_label": "mean since 12 Mar", "window": "15m"},
         "window 40s of 15m, since start v mean since 12 Mar"),
        ({"window_s": 60.0, "before_s": 120.0, "before_label": "the 2m before"}, "window 1m of 5m v the 2m before"),
        ({"window_s": 304.0, "before_label": "the hour before"}, "window 5m v the hour before"),
        ({"window_s": 0.0, "before_s": None, "before_label": "", "window": "last"}, "window last interval"),
    ],
)  # fmt: skip
def test_the_title_names_the_true_span(changed: dict[str, Any], title: str, fixed_clock: None) -> None:
    assert window_title(msgspec.structs.replace(story.statements(), **changed)) == title


def test_the_view_survives_the_trip_through_messagepack() -> None:
    view = story.statements()
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(view), type=Statements) == view
