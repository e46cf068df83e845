"""A Loki that refuses, breaks off, is slow or sends nonsense: what is said, and that no line is lost or doubled."""

import asyncio
import json
import threading
import time
from functools import partial

import aiohttp
import pytest
from aiohttp import web

from opsconsole.config.settings import Http
from opsconsole.demo.loki import start_loki
from opsconsole.model.logs import LogLine, LogTarget
from opsconsole.model.reading import ProblemKind
from opsconsole.poller.board import Board
from opsconsole.poller.loki import LogStoreDesk
from opsconsole.poller.loki_lines import LokiLogDesk
from opsconsole.sources.errors import SourceError
from opsconsole.sources.http import reach
from opsconsole.sources.loki import Loki
from tests.servers.ports import free_port
from tests.sources.canned import answering, serving

from .conftest import labels_of, minutes_ago, simulated
from .test_contract import until

REFUSALS = [
    (401, b"no org id\n", ProblemKind.UNAUTHORIZED, "tenant"),
    (403, b"", ProblemKind.FORBIDDEN, "forbids"),
    (429, b"too many outstanding requests", ProblemKind.REFUSED, "too many requests waiting"),
    (500, b"context deadline exceeded", ProblemKind.TIMEOUT, "gave the query up"),
    (400, b"maximum of series (500) reached for a single query", ProblemKind.REFUSED, "so much at once"),
    (200, b"<html>login</html>", ProblemKind.BAD_ANSWER, "web page"),
    (200, b'{"status":"success","data":{"result":[{"stream":7}]}}', ProblemKind.BAD_ANSWER, "no JSON"),
]


async def test_refusals_and_nonsense_are_said_in_words() -> None:
    for status, body, kind, said in REFUSALS:
        with serving(answering(status, body)) as url:
            source = Loki(partial(reach, Http(url=url, timeout_s=5.0)))
            with pytest.raises(SourceError, match=said) as caught:
                await source.lines('{app="api"}', 0, 10**18, 10)
            await source.close()
        assert (status, caught.value.problem.kind) == (status, kind)


async def test_an_answer_that_takes_minutes_is_given_up_in_time() -> None:
    released = threading.Event()
    with serving(lambda handler: released.wait(20)) as url:
        source = Loki(lambda: reach(Http(url=url, timeout_s=0.2)))
        with pytest.raises(SourceError, match=r"within 0\.2 s"):
            await source.labels(0, 1)
        released.set()
        await source.close()


async def test_huge_binary_and_disordered_lines_are_lines() -> None:
    values = [["3000000000", "x" * 100_000], ["1000000000", "\ufffd\x00\x1b"], ["2000000000", "later"], ["no", "time"]]
    body = json.dumps({"data": {"resultType": "streams", "result": [{"stream": {}, "values": values}]}}).encode()
    with serving(answering(200, body)) as url:
        source = Loki(lambda: reach(Http(url=url)))
        try:
            (stream,) = await source.lines("{}", 0, 10**18, 10)
        finally:
            await source.close()
    assert [at for at, _ in stream.lines] == [3 * 10**9, 10**9, 2 * 10**9]
    assert stream.lines[0][1].endswith(b"(cut: the line has 100,000 characters)")
    assert stream.lines[1][1] == "\ufffd\x00\x1b".encode()


async def test_a_server_that_goes_while_it_streams_leaves_a_gap_mark_and_no_gap() -> None:
    server, store = await simulated()
    port = int(server.url.rpartition(":")[2])
    assert store.book is not None
    store.write("api", [(minutes_ago(1), "INFO  before")])
    source = store.source()
    got: list[LogLine] = []
    page = LokiLogDesk(
        LogStoreDesk(source, store.settings(), Board()), LogTarget("Service", store.namespace, "api"), got.extend
    )
    page.open()
    try:
        await until(lambda: len(got) == 1 and bool(store.book and store.book._hearers))
        await server.stop()
        store.write("api", [(time.time(), "INFO  meanwhile")])
        await until(lambda: bool(page.problems))
        server = await start_loki(store.book, labels_of, port=port)
        page.retry()
        await until(lambda: not page.problems and any(line.text == b"INFO  meanwhile" for line in got))
        await until(lambda: bool(store.book and store.book._hearers))
        store.write("api", [(time.time(), "INFO  after")])
        await until(lambda: any(line.text == b"INFO  after" for line in got))
        said = [line.text.decode() for line in got]
        assert [text for text in said if text.startswith("INFO")] == ["INFO  before", "INFO  meanwhile", "INFO  after"]
        (mark,) = (line.text.decode() for line in got if line.mark)
        assert "stream lost, re-opened: nothing missed" in mark
    finally:
        page.close()
        await source.close()
        await server.stop()


async def test_where_no_stream_gets_through_it_is_asked_again_and_again_and_that_is_said() -> None:
    server, store = await simulated()

    async def gateway(request: web.Request) -> web.StreamResponse:
        if request.path.endswith("/tail"):
            return web.Response(status=403)
        async with (
            aiohttp.ClientSession() as session,
            session.get(server.url + str(request.rel_url)) as answer,
        ):
            return web.Response(status=answer.status, body=await answer.read(), content_type="application/json")

    application = web.Application()
    application.router.add_get("/{path:.*}", gateway)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    source = Loki(lambda: reach(Http(url=f"http://127.0.0.1:{port}")))
    got: list[LogLine] = []
    store.write("api", [(minutes_ago(1), "INFO  before")])
    page = LokiLogDesk(
        LogStoreDesk(source, store.settings(), Board()), LogTarget("Service", store.namespace, "api"), got.extend
    )
    page.open()
    try:
        await until(lambda: any(line.mark for line in got))
        store.write("api", [(time.time(), "INFO  after")])
        async with asyncio.timeout(20):
            while not any(line.text == b"INFO  after" for line in got):
                page.retry()  # somebody presses r
                await asyncio.sleep(0.05)
        assert [line.text for line in got if line.mark] == [
            b"Loki lets no stream through (HTTP 403): asked every 2 s instead"
        ]
        assert not page.problems
    finally:
        page.close()
        await source.close()
        await runner.cleanup()
        await server.stop()
