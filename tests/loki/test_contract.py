"""What the console asks of a Loki, on a real server and on the demo's simulated one."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from opsconsole.model.finding import Finding, Severity
from opsconsole.model.logs import Level, LogLine, LogTarget, ServiceLog, Window
from opsconsole.model.reading import ProblemKind, Reading, State
from opsconsole.poller.loki import LogStoreDesk, OverviewReader
from opsconsole.poller.loki_lines import LokiLogDesk
from opsconsole.poller.topics import FINDINGS
from opsconsole.sources.errors import SourceError
from opsconsole.text import clock

from .conftest import Store, minutes_ago


async def until(condition: Callable[[], bool], deadline_s: float = 20.0) -> None:
    async with asyncio.timeout(deadline_s):
        while not condition():
            await asyncio.sleep(0.02)


async def test_services_with_counts_by_level_and_what_is_new_since_the_breach(store: Store, desk: LogStoreDesk) -> None:
    breach = minutes_ago(20)
    old = [(breach - 60 * at, f"ERROR GET /feed 500 {at}ms req=9f31aa0{at}") for at in range(1, 9)]
    new = [(breach + 30 * at, f"ERROR POST /checkout 502 {at}ms upstream gone") for at in range(1, 6)]
    store.write(
        "api", [*old, *((breach + 40 * at, f"ERROR GET /feed 500 {at}ms req=aa31aa0{at}") for at in (1, 2)), *new]
    )
    store.write("web", [(minutes_ago(3), "INFO  GET / 200 3ms")])
    since = datetime.fromtimestamp(breach, UTC)
    fires = Finding("p99:api", Severity.CRITICAL, "api P99 1.9 s > 0.5 s", 1, since=since, object="api ", rule="p99")
    firing: Reading[tuple[Finding, ...]] = Reading((fires,), State.OK, clock.now())
    desk._board.publish(FINDINGS, firing)
    found: dict[str, ServiceLog] = {}

    async def read() -> bool:
        overview, _ = await OverviewReader(desk, desk._board).read()
        found.update({one.service: one for one in overview.services})
        return bool(found.get("api") and found["api"].new)

    async with asyncio.timeout(30):
        while not await read():  # a real one finds patterns a moment after the lines
            await asyncio.sleep(0.2)
    api = found["api"]
    assert [(" ".join(one.pattern.split()[:3]), one.level) for one in api.new or ()] == [
        ("ERROR POST /checkout", Level.ERROR)
    ]
    assert sum(value or 0 for value in api.errors) == len(old) + 2 + len(new)
    assert (api.since, api.breach) == (since, "api P99 1.9 s > 0.5 s")
    assert (any(found["web"].errors), sum(filter(None, found["web"].lines))) == (False, 1)
    known = await desk.store()
    assert (known.service in ("service_name", "app"), known.namespace, known.level) == (
        True,
        "namespace",
        "detected_level",
    )


async def test_lines_of_a_window_and_then_as_they_come(store: Store, desk: LogStoreDesk) -> None:
    store.write("api", [(minutes_ago(5 - at / 100), f"INFO  line {at}") for at in range(30)])
    store.write("api", [(minutes_ago(4), "\x1b[31mERROR\x1b[0m heap \x07 \ufffd full")], pod="api-1")
    store.write("web", [(minutes_ago(4), "INFO  another service")])
    got: list[LogLine] = []
    page = LokiLogDesk(desk, LogTarget("Service", store.namespace, "api"), got.extend)
    page.open()
    try:
        await until(lambda: len(got) == 31)
        assert [line.key for line in got] == sorted(line.key for line in got)
        assert {source.label for source in page.sources} == {"api-0", "api-1"}
        assert got[-1].level == Level.ERROR
        assert b"\x1b" not in got[-1].text

        async def comes() -> None:
            number = 0
            while len(got) < 34:  # a stream is open only a moment later; what was written before it opened comes, too
                store.write("api", [(time.time(), f"WARN  now {(number := number + 1)}")])
                await asyncio.sleep(0.2)

        await asyncio.wait_for(comes(), 20)
        texts = [line.text for line in got if not line.mark]
        assert len(texts) == len(set(texts))
        assert not page.problems
    finally:
        page.close()


async def test_a_window_that_is_over_is_read_from_its_end_and_nothing_follows(store: Store, desk: LogStoreDesk) -> None:
    start = float(int(minutes_ago(30)))
    store.write("api", [(start + at, f"INFO  line {at}") for at in range(60)])
    got: list[LogLine] = []
    page = LokiLogDesk(desk, LogTarget("Service", store.namespace, "api"), got.extend)
    window = Window("a minute", datetime.fromtimestamp(start + 10, UTC), datetime.fromtimestamp(start + 20, UTC))
    page.open(window)
    try:
        await until(lambda: len(got) >= 10)
        assert [line.text for line in got] == [f"INFO  line {at}".encode() for at in range(10, 20)]
    finally:
        page.close()


async def test_more_lines_than_it_allows_are_asked_for_again_as_many_as_it_allows(store: Store) -> None:
    store.write("api", [(minutes_ago(1), "INFO  one")])
    source = store.source()
    source._most = 10_000
    span = (round(minutes_ago(5) * 1e9), time.time_ns())
    (stream,) = await source.lines(f'{{namespace="{store.namespace}"}}', *span, 10_000)
    assert [text for _, text in stream.lines] == [b"INFO  one"]
    assert source._most == 5_000
    await source.close()


async def test_a_query_that_it_does_not_understand_is_refused_in_its_words(store: Store) -> None:
    source = store.source()
    with pytest.raises(SourceError, match="parse error") as caught:
        await source.lines("{app=", 0, time.time_ns(), 10)
    assert caught.value.problem.kind is ProblemKind.REFUSED
    await source.close()
