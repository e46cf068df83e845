"""The page of logs: what it shows of a night, and what its keys do."""

import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from opsconsole.app import Console
from opsconsole.model.finding import Finding, Severity
from opsconsole.model.reading import Reading, State
from opsconsole.poller.topics import FINDINGS
from opsconsole.screens.dialogs.choose import Choose, Switch
from opsconsole.screens.dialogs.log_news import LogNewsDialog
from opsconsole.screens.dialogs.logs import LogPage
from opsconsole.widgets.line import Line

from .driving import shown, until
from .logged import HandCluster, logged
from .story import NOW
from .tabs import settled, text


async def opened(pilot: Pilot[Any]) -> LogPage:
    """The logs of the worker, with all that is there."""
    tab = await settled(pilot, "workloads")
    assert tab.go_to("worker")
    await pilot.press("l")
    app = pilot.app
    await until(pilot, lambda: isinstance(app.screen, LogPage) and app.screen.desk.buffer.read == 10)
    assert isinstance(app.screen, LogPage)
    await pilot.pause()
    return app.screen


def bodies(page: LogPage) -> list[str]:
    return [page.writer.plain(line) for line in page.view.lines]


def hint(page: LogPage) -> str:
    return page.query_one("#log-hint", Line).text.strip()


def head(page: LogPage) -> str:
    return page.query_one("#log-head", Line).text.strip()


def read(path: str) -> tuple[int, str]:
    return stat.S_IMODE(Path(path).stat().st_mode), Path(path).read_text(encoding="utf-8")


async def written(pilot: Pilot[Any], page: LogPage, cluster: HandCluster, at: str, words: str) -> None:
    before = page.desk.buffer.read
    cluster.write("worker-41-0", at, words)
    await until(pilot, lambda: page.desk.buffer.read == before + 1)
    await pilot.pause()


@pytest.mark.parametrize("size", [(80, 24), (160, 45)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_picture(size: tuple[int, int], snap_compare: Callable[..., bool], fixed_clock: None) -> None:
    async def ready(pilot: Pilot[None]) -> None:
        await opened(pilot)

    assert snap_compare(logged()[0], terminal_size=size, run_before=ready)


async def test_a_narrow_page_names_fewer_keys_but_each_with_its_word(fixed_clock: None) -> None:
    app, _ = logged()
    async with app.run_test(size=(80, 24)) as pilot:
        said = hint(await opened(pilot))
        assert said.endswith("G follow  esc back")
        assert all(len(key.split()) > 1 for key in said.split("  "))


async def test_two_pods_in_one_order_with_the_restart_between_the_runs(fixed_clock: None) -> None:
    app, _ = logged()
    async with app.run_test(size=(160, 45)) as pilot:
        page = await opened(pilot)
        assert head(page).startswith("logs deploy/worker  all 2 pods  newest lines  FOLLOW  err 3 warn 2  dropped 0")
        screen = text(app)
        assert "-- worker-1 restart 7: OOMKilled 137 at 02:44:10, back after 2m40s ---" in screen
        assert "02:44:12 worker-0 ERROR no connection to the queue" in screen  # JSON as columns
        assert "attempt=3 host=queue-0" in screen
        assert "password=***" in screen  # no secret, no control character
        assert "ERROR heap 1.7 of 2.0 GB ␇" in screen
        order = [line.partition(" worker-")[2][:6] for line in bodies(page) if not line.startswith("--")]
        assert order == [
            "0 INFO",
            "1 INFO",
            "0 WARN",
            "1 ERRO",
            '0 {"le',
            "1 INFO",
            "0 10.0",
            "1 WARN",
            "0 INFO",
            "1 ERRO",
        ]


async def test_scrolling_up_stops_following_and_says_so(fixed_clock: None) -> None:
    app, cluster = logged()
    async with app.run_test(size=(120, 12)) as pilot:
        page = await opened(pilot)
        await pilot.press("k")
        assert hint(page) == "follow stopped; G follows again"
        before = text(app).splitlines()[2:-1]
        await written(pilot, page, cluster, "02:53:01.0", "INFO  news")
        assert text(app).splitlines()[2:-1] == before
        assert "FOLLOW STOPPED, 1 newer (G follows)" in head(page)
        await pilot.press("G")
        assert "INFO  news" in text(app)
        assert "FOLLOW  err" in head(page)
        await pilot.press("p")
        await written(pilot, page, cluster, "02:53:02.0", "INFO  later news")
        assert "later news" not in text(app)
        await pilot.press("p")
        assert "later news" in text(app)


async def test_filter_wrong_ring_and_marks(fixed_clock: None) -> None:
    app, cluster = logged()
    async with app.run_test(size=(120, 30)) as pilot:
        page = await opened(pilot)
        await pilot.press("slash", *"slow job", "enter")
        await until(pilot, lambda: len([line for line in page.view.lines if not line.mark]) == 2)
        await written(pilot, page, cluster, "02:53:01.0", "INFO  does not match")
        await written(pilot, page, cluster, "02:53:02.0", "WARN  slow job 3 ms")
        assert len([line for line in page.view.lines if not line.mark]) == 3
        await pilot.press("escape")
        await until(pilot, lambda: len(page.view.lines) == 13)
        await pilot.press("z")
        await until(pilot, lambda: len([line for line in page.view.lines if not line.mark]) == 6)
        assert "only wrong ON" in text(app)
        await pilot.press("z")
        await until(pilot, lambda: len(page.view.lines) == 13)
        await pilot.press("b", "b", "space", "g")
        assert page.view.cursor == 0
        await pilot.press("n")  # the marked line is the ring now
        assert page.view.cursor_line is not None
        assert b"heap 1.7" in page.view.cursor_line.text
        await pilot.press("slash", *"/(/")
        await until(pilot, lambda: "not a regular expression" in hint(page))
        assert page.query_one("#log-hint").display
        await pilot.press("enter")
        await until(pilot, lambda: not page.has_class("-typing"))
        assert "not a regular expression" in hint(page)


async def test_ranges_and_windows(fixed_clock: None) -> None:
    app, _ = logged()
    async with app.run_test(size=(120, 30)) as pilot:
        page = await opened(pilot)
        await pilot.press("t")
        await until(pilot, lambda: isinstance(app.screen, Choose))
        assert "since the breach, 02:41" in text(app)
        assert "since the newest restart, 02:44" in text(app)
        await pilot.press("j", "j", "enter")  # the last five minutes
        await until(pilot, lambda: page.desk.window.title == "since 02:48")
        await until(pilot, lambda: page.desk.buffer.read == 3)
        await pilot.press("comma")
        assert page.desk.window.title == "02:43-02:48"
        await until(pilot, lambda: page.desk.buffer.read == 6)
        assert "02:43-02:48  PAST" in head(page)
        await pilot.press("full_stop")
        assert page.desk.window.title == "since 02:48"
        await pilot.press("full_stop")
        assert "nothing is later" in hint(page)


async def test_options_wrap_and_names(fixed_clock: None) -> None:
    app, _ = logged()
    async with app.run_test(size=(100, 30)) as pilot:
        page = await opened(pilot)
        rows = len(page.view._rows())
        await pilot.press("x")
        await until(pilot, lambda: isinstance(app.screen, Switch))
        await pilot.press("space", "j", "space", "j", "space", "escape")
        await until(pilot, lambda: app.screen is page)
        await pilot.pause()
        assert len(page.view._rows()) > rows
        assert "wrap ON  times off  names off" in text(app)
        assert " 02:44:08" not in text(app)


async def test_patterns_new_since_the_breach(fixed_clock: None) -> None:
    app, _ = logged()
    async with app.run_test(size=(120, 30)) as pilot:
        page = await opened(pilot)
        await pilot.press("w")
        await until(pilot, lambda: isinstance(app.screen, LogNewsDialog) and "in the 15 min before" in text(app))
        screen = text(app)
        assert "2x  WARN  slow job <N> ms order=<N>" in screen
        assert "GET /feed" not in screen.partition("New patterns")[2].partition("lines since")[0]
        await pilot.press("j", "j", "enter")
        await until(pilot, lambda: app.screen is page and page.filter.text)


async def test_the_pane_tells_what_is_new_in_the_logs_of_what_is_wrong(fixed_clock: None) -> None:
    app, _ = logged()
    killed = Finding(
        "wrong:worker", Severity.WARNING, "worker OOMKilled", 2, since=NOW.replace(minute=44, second=0), object="worker"
    )
    reading: Reading[tuple[Finding, ...]] = Reading((killed,), State.OK)
    app.context.board.publish(FINDINGS, reading)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot, "workloads")
        assert tab.go_to("worker")
        await until(pilot, lambda: "LAST LOG LINES NEW SINCE 02:44" in text(app))
        assert "    2x  WARN  slow job <N> ms" in text(app)
        assert "GET /feed" not in text(app)
        assert tab.go_to("web")
        await until(pilot, lambda: "LAST LOG LINES" not in text(app))


async def test_saving_makes_a_private_file_and_says_where(fixed_clock: None, tmp_path: Path) -> None:
    app, _ = logged()
    app.state_dir = tmp_path
    async with app.run_test(size=(160, 30)) as pilot:
        page = await opened(pilot)
        await pilot.press("c", "f")
        await until(pilot, lambda: "written to" in hint(page))
        mode, saved = read(hint(page).partition("written to ")[2])
        assert mode == 0o600
        assert "2026-03-26T02:44:09.000000000Z worker-1 ERROR heap 1.9 of 2.0 GB\n" in saved
        assert "hunter2" not in saved
        assert "kubectl --context shop-prod -n social-live-prod logs deployment/worker" in page.desk.command()
        await pilot.press("D")
        assert hint(page) == "D (declare) does nothing in the logs; esc goes back"
        await pilot.press("q")
        await until(pilot, lambda: not app.dialog_open)
        assert page.desk.streams == 0


async def test_text_can_be_selected_with_the_mouse_and_stays_meanwhile(fixed_clock: None) -> None:
    app, cluster = logged()
    async with app.run_test(size=(120, 30)) as pilot:
        page = await opened(pilot)
        await pilot.hover("#log-view", offset=(20, 1))
        await pilot.mouse_down("#log-view", offset=(19, 1))
        await pilot.hover("#log-view", offset=(27, 1))
        await pilot.mouse_up("#log-view", offset=(27, 1))
        assert not page.view.following
        await written(pilot, page, cluster, "02:53:01.0", "INFO  news")
        assert page.get_selected_text() == "INFO  job"


async def test_a_row_without_logs_says_so(fixed_clock: None) -> None:
    app, _ = logged()
    async with app.run_test(size=(120, 30)) as pilot:
        await settled(pilot, "nodes")
        await pilot.press("l")
        await until(pilot, lambda: "names neither a pod nor a workload" in shown(app, "footer"))
        assert isinstance(app, Console)


async def test_full_screen_says_the_way_back(fixed_clock: None) -> None:
    app, _ = logged()
    async with app.run_test(size=(120, 40)) as pilot:
        page = await opened(pilot)
        before = hint(page)
        await pilot.press("f")
        assert "f or esc brings the lines above back" in hint(page)
        assert page.query_one("#log-hint").display
        assert not page.query_one("#log-head").display
        await pilot.press("escape")
        assert (hint(page), app.screen) == (before, page)
