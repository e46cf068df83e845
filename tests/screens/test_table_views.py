"""Tables of the tabs: rows that are gone under the cursor, columns that a person chose, and what a view remembers."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from textual.pilot import Pilot

from opsconsole.app import Console
from opsconsole.model.collection import Collection, Delta
from opsconsole.model.finding import Finding
from opsconsole.model.kubernetes import Pod, Termination
from opsconsole.model.reading import Reading, State
from opsconsole.poller import topics
from opsconsole.poller.board import Board
from opsconsole.rules.restarts import Count
from opsconsole.screens.columns.pods import lately_cell
from opsconsole.screens.table_tab import TableTab
from opsconsole.store.view_memory import Remembered, ViewMemory
from opsconsole.widgets.columns import Cell, Choice, one_form

from . import story
from .driving import shown, until
from .tabs import console, settled


async def press(pilot: Pilot[Any], *keys: str) -> None:
    """Press, and let nothing settle that would not settle by itself."""
    app = pilot.app
    assert isinstance(app, Console)
    for key in keys:
        await pilot.press(key)
        await until(pilot, lambda: app._gate.deadline is None)
    await pilot.pause()


def footer(pilot: Pilot[Any]) -> str:
    app = pilot.app
    assert isinstance(app, Console)
    return shown(app, "footer").strip()


def table_of(tab: TableTab) -> Any:
    assert tab.table is not None
    return tab.table


async def replaced(pilot: Pilot[Any], board: Board, tab: TableTab) -> str:
    """The pod under the cursor dies, and another one comes by its name."""
    table = table_of(tab)
    uid = table.cursor_key
    rows = story.pods()
    old = rows.pop(uid)
    rows["uid-of-the-new"] = msgspec.structs.replace(old, uid="uid-of-the-new")
    reading = Reading(Collection(rows, complete=True), State.OK, story.NOW)
    board.publish(topics.PODS, reading, Delta({"uid-of-the-new": rows["uid-of-the-new"]}, frozenset({uid})))
    await until(pilot, lambda: table.cursor_left is not None)
    return str(uid)


@pytest.mark.parametrize("key", ["S", "R", "B", "l", "d", "y", "enter", "o", "a"])
async def test_a_key_on_a_row_that_is_gone_never_means_another(fixed_clock: None, key: str) -> None:
    board = story.board()
    app = console(board, start=2)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot, "pods")
        table_of(tab).go(2)
        uid = await replaced(pilot, board, tab)
        await press(pilot, key)
        assert "gone since 02:53" in footer(pilot)
        assert not app.dialog_open
        assert table_of(tab).cursor_key == uid


async def test_a_row_that_is_gone_stays_under_the_cursor_through_sort_filter_and_news(fixed_clock: None) -> None:
    board = story.board()
    app = console(board, start=2)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot, "pods")
        table = table_of(tab)
        await press(pilot, "k")
        uid = await replaced(pilot, board, tab)  # on the first row, where everything else is shown at once
        await until(pilot, lambda: "uid-of-the-new" in {pod.uid for pod in table.visible_rows()})
        assert table.cursor_key == uid
        await press(pilot, "s", "n")
        assert table.cursor_key == uid
        name = table.cursor_row.name
        tab.apply_filter(name)
        assert [pod.uid for pod in table.visible_rows()].count(uid) == 1
        assert table.cursor_key == uid
        assert " gone 02:53" in "\n".join(table.as_text().splitlines())
        await press(pilot, "j")
        assert uid not in {pod.uid for pod in table.visible_rows()}


@pytest.mark.parametrize("key", ["k", "w", "?"])
async def test_on_a_screen_that_nobody_touches_what_is_over_leaves_the_calm_words(fixed_clock: None, key: str) -> None:
    board = story.board()
    app = console(board)
    nothing: tuple[Finding, ...] = ()
    async with app.run_test(size=(160, 45)) as pilot:
        table = table_of(await settled(pilot, "now"))
        first = table.cursor_key
        board.publish(topics.FINDINGS, Reading(nothing, State.OK, story.NOW))
        await until(pilot, lambda: not table.row_count)
        board.publish(topics.FINDINGS, Reading(story.findings(), State.OK, story.NOW))
        await until(pilot, lambda: table.row_count)
        assert table.cursor_key == first
        await press(pilot, key)
        board.publish(topics.FINDINGS, Reading(nothing, State.OK, story.NOW))
        await until(pilot, lambda: table.row_count == 1)
        assert table.cursor_left is not None
        assert table.cursor_key == first


async def test_what_was_missed_while_the_tab_was_hidden_is_gone_before(fixed_clock: None) -> None:
    board = story.board()
    app = console(board, start=2)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot, "pods")
        table = table_of(tab)
        table.go(3)
        uid = table.cursor_key
        await press(pilot, "1")
        rows = {key: pod for key, pod in story.pods().items() if key != uid}
        reading = Reading(Collection(rows, complete=True), State.OK, story.NOW)
        board.publish(topics.PODS, reading, Delta({}, frozenset({str(uid)})))
        await press(pilot, "2")
        await until(pilot, lambda: table.cursor_left is not None)
        assert table.cursor_key == uid
        await press(pilot, "y")
        assert "gone before 02:53" in footer(pilot)


async def test_namespaces_that_are_not_looked_at_any_more_did_not_die(fixed_clock: None) -> None:
    board = story.board()
    app = console(board, start=2)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot, "pods")
        table = table_of(tab)
        table.go(3)
        kubernetes = app.context.profile.kubernetes
        assert kubernetes is not None
        narrower = msgspec.structs.replace(kubernetes, namespaces=("elsewhere",))
        app.context.profile = msgspec.structs.replace(app.context.profile, kubernetes=narrower)
        none: Collection[Any] = Collection({}, complete=True)
        board.publish(topics.PODS, Reading(none, State.OK, story.NOW), Delta({}, frozenset(story.pods())))
        await until(pilot, lambda: not table.row_count)
        assert table.cursor_left is None


async def test_columns_are_hidden_brought_and_moved_and_everything_is_there_after_a_restart(
    fixed_clock: None, state_of_its_own: Path
) -> None:
    app = console(story.board(), start=2)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot, "pods")
        await press(pilot, "x", "j", "space")  # READY goes
        await press(pilot, "j", ".", "s")  # STATUS one later, sorted by it
        await press(pilot, "x")
        assert [column.title for column, _, _ in table_of(tab)._layout[:3]] == ["NAME", "RST", "STATUS"]
        await press(pilot, "z")
        tab.apply_filter("api")
    again = console(story.board(), start=2)
    async with again.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot, "pods")
        table = table_of(tab)
        assert [column.title for column, _, _ in table._layout[:3]] == ["NAME", "RST", "STATUS"]
        assert (table.sorted_by, tab.only_wrong, tab.filter_text) == ("status", True, "api")
        assert all("api" in table.searched_text(pod) and tab.is_wrong(pod) for pod in table.visible_rows())
        note = tab.strip_note(120)
        assert "z only wrong: ON" in note
        assert "sort: status" in note
        assert "filter: api" in note
        await press(pilot, "x", "G", "enter", "esc")
        assert [column.title for column, _, _ in table._layout[:3]] == ["NAME", "READY", "STATUS"]
    assert ViewMemory(state_of_its_own / "opsconsole", "prod-eu").get("pods.pods").sort == ""


async def test_a_column_that_is_hidden_and_shown_again_follows_the_width_as_before(fixed_clock: None) -> None:
    app = console(story.board(), start=2)
    async with app.run_test(size=(80, 24)) as pilot:
        table = table_of(await settled(pilot, "pods"))
        await press(pilot, "x", "j", "space")
        assert table.choice == Choice(off=("ready",))
        await press(pilot, "space")
        assert table.choice == Choice()
        await press(pilot, "j", "j", "space")  # kubectl's count stands aside here: to be shown it must stay shown
        assert table.choice == Choice(on=("restarts",))


async def test_a_remembered_filter_that_is_not_taken_any_more_is_left_out(
    fixed_clock: None, state_of_its_own: Path
) -> None:
    memory = ViewMemory(state_of_its_own / "opsconsole", "prod-eu")
    memory.put("pods.pods", Remembered(filter="/(a+)+/", wrong=True))
    memory.flush()
    app = console(story.board(), start=2)
    async with app.run_test(size=(80, 24)) as pilot:
        tab = await settled(pilot, "pods")
        assert tab.only_wrong
        assert tab.filter_text == ""


async def test_what_stands_aside_is_counted_in_the_head_and_reached_sideways(fixed_clock: None) -> None:
    app = console(story.board(), start=2)
    async with app.run_test(size=(80, 24)) as pilot:
        tab = await settled(pilot, "pods")
        table = table_of(tab)
        assert "→" in table.as_text().splitlines()[0]
        titles = ["NAME", "READY", "STATUS", "RST/h LAST", "CPU%r", "MEM%l", "NODE", "AGE"]
        assert [column.title for column, _, _ in table._layout] == titles
        await pilot.press("right")
        assert [column.title for column, _, _ in table._layout] == [*titles[:1], *titles[2:], "RST"]
        await pilot.press("left")
        seen: set[str] = set()
        for _ in range(40):
            layout = [column.title for column, _, _ in table._layout]
            assert layout[0] == "NAME"
            seen |= set(layout)
            await pilot.press("right")
        assert {column.title for column in one_form(table.all_columns, table.table_width)} <= seen
        assert "RST/h" not in seen  # its short form is there already
        head = table.as_text().splitlines()[0]
        assert "←" in head
        assert "→" not in head


@pytest.mark.parametrize(
    ("count", "reason", "ago_min", "cell"),
    [
        (Count(7, whole=True), "OOMKilled", 4, ("7 OOM 4m", "warn")),
        (Count(2, whole=False), "Error", 0, ("≥2 Err <1m", "warn")),
        (Count(0, whole=True), "ContainerCannotRun", 125, ("0 Cont 2h05m", "")),
        (None, "Completed", 4000, ("? Done 2d", "dim")),
        (Count(0, whole=True), None, 0, ("0", "")),
    ],
)
def test_at_eighty_columns_restarts_of_the_hour_and_the_last_one_share_a_cell(
    fixed_clock: None, count: Count | None, reason: str | None, ago_min: int, cell: Cell
) -> None:
    ended = None if reason is None else Termination(reason, 1, story.NOW - timedelta(minutes=ago_min))
    pod = Pod("p", "shop", "p", "Running", "Running", 1, 1, int(ended is not None), story.NOW, last_restart=ended)
    assert lately_cell(pod, count) == cell


async def test_what_the_filter_found_stands_out_and_a_bad_one_is_said(fixed_clock: None) -> None:
    app = console(story.board(), start=2)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot, "pods")
        table = table_of(tab)
        assert tab.apply_filter("api !worker") == ""
        marked = [segment.text for segment in table.render_line(1) if segment.style and segment.style.underline]
        assert marked[0] == "api"
        assert "brackets" in tab.apply_filter("-l tier in (web")
        assert tab.filter_text == "api !worker"
