"""A worker that was killed and came back, and what its pods wrote that night: for the page of logs."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import msgspec

from opsconsole.app import Console
from opsconsole.model.collection import Collection
from opsconsole.model.kubernetes import Container, Pod, Termination
from opsconsole.model.reading import Reading, State
from opsconsole.poller.topics import PODS

from . import story
from .story import NOW
from .tabs import console

FEED = "INFO  GET /feed 200 9ms req=9f31aa02"
WRITTEN = {
    "worker-41-0": [
        ("02:39:30.1", FEED),
        ("02:44:08.5", "WARN  slow job 812 ms order=991712"),
        ("02:44:12.0", '{"level":"error","msg":"no connection to the queue","attempt":3,"host":"queue-0"}'),
        ("02:46:51.0", '10.0.0.1 - - [26/Mar/2026:02:46:51 +0000] "GET /health HTTP/1.1" 200 2 "-" "probe"'),
        ("02:51:00.2", "INFO  done password=hunter2 " + "and a long story that goes on " * 8),
    ],
    "worker-41-1": [
        ("02:46:50.4", "INFO  boot 2.1.0"),
        ("02:50:01.0", "WARN  slow job 1204 ms order=991713"),
        ("02:52:30.0", "\x1b[31mERROR\x1b[0m heap 1.7 of 2.0 GB \x07"),
    ],
}
BEFORE = {"worker-41-1": [("02:44:01.0", "INFO  job 7"), ("02:44:09.0", "ERROR heap 1.9 of 2.0 GB")]}


class HandCluster:
    """Answers each log at once with what was written; who follows hears what `write` adds."""

    context, server = "shop-prod", "https://api.shop"

    def __init__(self) -> None:
        self.following: dict[str, asyncio.Queue[bytes]] = {}

    def write(self, pod: str, at: str, text: str) -> None:
        self.following[pod].put_nowait(line(at, text))

    @contextlib.asynccontextmanager
    async def stream(self, path: str, query: Any, **_: Any) -> AsyncIterator[Any]:
        pod, asked = path.split("/")[-2], dict(query)
        queue: asyncio.Queue[bytes] = asyncio.Queue()
        written = BEFORE.get(pod, []) if "previous" in asked else WRITTEN[pod]
        since = asked.get("sinceTime", "")[11:19]
        queue.put_nowait(b"".join(line(at, text) for at, text in written if at[:8] >= since))
        if "follow" in asked:
            self.following[pod] = queue
        else:
            queue.put_nowait(b"")
        yield SimpleNamespace(content=SimpleNamespace(read=lambda size: queue.get()))


def line(at: str, text: str) -> bytes:
    return f"2026-03-26T{at.ljust(18, '0')}Z {text}\n".encode()


def logged() -> tuple[Console, HandCluster]:
    """A console on the workloads of that night, with a worker that is up again."""
    board = story.board()
    pods: dict[str, Pod] = dict(board.get(PODS).value.rows)  # type: ignore[union-attr]
    last = Termination("OOMKilled", 137, NOW.replace(minute=44, second=10))
    for uid, pod in pods.items():
        if pod.name in WRITTEN:
            begun = NOW.replace(minute=46, second=50) if pod.name in BEFORE else None
            run = Container("app", "worker:2.1.0", True, "running", restarts=7 if begun else 0, started=begun,
                            last=last if begun else None)  # fmt: skip
            pods[uid] = msgspec.structs.replace(pod, containers=(run,), status="Running", restarts=run.restarts)
    board.publish(PODS, Reading(Collection(pods, True), State.OK, NOW))
    app, cluster = console(board, start=2), HandCluster()
    app.context.services.cluster = cluster
    return app, cluster
