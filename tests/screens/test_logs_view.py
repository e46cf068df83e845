"""The Logs view of Metrics: what is new by service, where it was read, and the lines that a row leads to."""

from typing import Any

import msgspec
from textual.pilot import Pilot

from opsconsole.app import Console
from opsconsole.model.logs import Counted, Level, LogLine, LogOverview, ServiceLog
from opsconsole.model.reading import Problem, ProblemKind, Reading, State
from opsconsole.poller.topics import LOGS, POD_LOGS, Topic
from opsconsole.screens.dialogs.choose import Choose
from opsconsole.screens.dialogs.logs import LogPage
from opsconsole.screens.log_words import Writer

from .driving import until
from .logged import logged
from .story import NOW
from .tabs import headline, rows, settled, text

NEW = (
    Counted("ERROR heap <N> of <N> GB", 41, Level.ERROR),
    Counted("WARN slow job <N> ms order=<N>", 7, Level.WARNING),
)
OVERVIEW = LogOverview(
    (
        ServiceLog("api", "social-live-prod", 60.0, (0.0,) * 60, (0.0,) * 60, (30.0,) * 60, NOW, "", (), 120),
        ServiceLog(
            "worker", "social-live-prod", 60.0, (1.0,) * 55 + (4.0,) * 5, (None,) * 60, (9.0,) * 60,
            NOW.replace(minute=41), "worker restarts 7 > 3", NEW, 12, "2 of 2 containers, 300 lines",
        ),
    ),
    "the pods' own logs (no Loki)",
)  # fmt: skip


def shown(state: State = State.OK, **more: Any) -> Console:
    app, _ = logged()
    app.context.profile = msgspec.structs.replace(app.context.profile, **more)
    problem = Problem(ProblemKind.UNREACHABLE, "Loki cannot be reached") if state is State.FAILED else None
    reading: Reading[LogOverview] = Reading(OVERVIEW, state, NOW, problem=problem)
    for topic in (LOGS, POD_LOGS):
        app.context.board.publish(topic, reading)
    return app


async def opened(pilot: Pilot[Any]) -> Any:
    await settled(pilot)
    await pilot.press("1")
    app: Any = pilot.app
    await until(pilot, lambda: app.tab.digit == 1)
    return await settled(pilot, "logs")


async def test_services_with_news_come_first_with_their_patterns_and_it_says_where_it_was_read(
    fixed_clock: None,
) -> None:
    app = shown()
    wanted: list[Topic[Any]] = []
    app.context.want = lambda topic: wanted.append(topic) or (lambda: wanted.remove(topic))  # type: ignore[func-returns-value]
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await opened(pilot)
        first, second, third, last = (" ".join(row.split()) for row in rows(tab.table))
        assert first.startswith("▲ worker 2 4 x4.0 ? 9")
        assert (second, third) == ("ERROR heap <N> of <N> GB 41x", "WARN slow job <N> ms order=<N> 7x")
        assert last.startswith("api 0 0")
        assert headline(app) == (
            "2 patterns new in 1 service, worst worker since 02:41 · read from the pods' own logs (no Loki)"
        )
        assert wanted == [POD_LOGS]
        tab.show_view("services")
        assert wanted == []


async def test_a_row_leads_to_the_lines_of_exactly_that_service_filtered_by_its_pattern(fixed_clock: None) -> None:
    app = shown(links={"jaeger": "https://jaeger.example"})
    async with app.run_test(size=(160, 45)) as pilot:
        await opened(pilot)
        await pilot.press("j", "enter")
        await until(pilot, lambda: isinstance(app.screen, LogPage) and app.screen.desk.buffer.read == 10)
        page = app.screen
        assert isinstance(page, LogPage)
        assert (page.target.words, page.filter.text) == ("deploy/worker", "ERROR heap")
        assert all(line.mark or b"heap" in line.text for line in page.view.lines)
        await pilot.press("escape", "escape", "o")
        await until(pilot, lambda: isinstance(app.screen, Choose))
        assert "https://jaeger.example/search?service=worker&start=" in text(app)


async def test_a_loki_that_fails_is_said_and_nothing_is_called_well(fixed_clock: None) -> None:
    from opsconsole.config.settings import Loki

    app = shown(State.FAILED, loki=Loki(url="http://loki:3100"))
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await opened(pilot)
        assert "Loki cannot be reached" in headline(app)
        assert "no error pattern is new" not in headline(app)
        assert tab.view_note("logs") == "?"


def test_the_id_of_a_trace_in_a_line_is_a_hyperlink() -> None:
    trace, writer = "4bf92f3577b34da6a3ce929d0e0e4736", Writer([])
    writer.address_of = lambda found, line: f"https://jaeger.example/trace/{found}"
    for words in (f"ERROR no trace_id={trace} end", f'{{"level":"error","msg":"no","trace_id":"{trace}"}}'):
        _, parts = writer.line(LogLine(b"k", words.encode()), 160)
        assert [(part.text, part.link) for part in parts if part.link] == [
            (trace, f"https://jaeger.example/trace/{trace}")
        ]
