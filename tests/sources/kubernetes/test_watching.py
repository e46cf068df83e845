"""Lists and watches end to end: rows on the board, whatever the server does."""

import asyncio
import dataclasses
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from opsconsole.config.settings import Kubernetes
from opsconsole.model.collection import Collection, Delta
from opsconsole.model.kubernetes import Pod
from opsconsole.model.reading import ProblemKind, Reading, State
from opsconsole.poller.board import Board
from opsconsole.poller.kubernetes import Watched
from opsconsole.poller.kubernetes_pulse import Heartbeat
from opsconsole.poller.schedule import Alarm
from opsconsole.poller.topics import CLUSTER, EVENTS, NODES, PODS, WORKLOADS
from opsconsole.sources.errors import SourceError
from opsconsole.sources.kubernetes import kinds, listing
from opsconsole.sources.kubernetes.cluster import Cluster
from opsconsole.sources.kubernetes.problems import refused

from .conftest import until
from .objects import crashing, pod
from .server import ApiServer, status


class Watching:
    """A pod feed at work, and everything that it published."""

    def __init__(self, cluster: Cluster, **options: Any) -> None:
        self.board = Board()
        self.alarm = Alarm()
        self.heartbeat = Heartbeat(cluster, every_s=0.05, timeout_s=0.3)
        self.feed = Watched(PODS, (kinds.PODS,), cluster, self.heartbeat, **options)
        self.readings: list[tuple[Reading[Any], Delta[Any] | None]] = []
        self.names: list[set[str]] = []
        self.board.subscribe(PODS, self._hear)

    def _hear(self, reading: Reading[Any], delta: Delta[Any] | None) -> None:
        self.readings.append((reading, delta))
        if reading.value is not None:
            self.names.append({row.name for row in reading.value.rows.values()})

    @property
    def reading(self) -> Reading[Any]:
        return self.board.get(PODS)

    @property
    def collection(self) -> Collection[Pod]:
        value: Collection[Pod] | None = self.reading.value
        assert value is not None
        return value

    @property
    def rows(self) -> dict[str, Pod]:
        value = self.reading.value
        return {row.name: row for row in value.rows.values()} if value else {}


@asynccontextmanager
async def watching(cluster: Cluster, *, beat: bool = False, **options: Any) -> AsyncIterator[Watching]:
    one = Watching(cluster, **options)
    tasks = [asyncio.create_task(one.feed.run(one.board, one.alarm))]
    if beat:
        tasks.append(asyncio.create_task(one.heartbeat.run(one.board, Alarm())))
    try:
        yield one
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_pages_arrive_one_by_one_and_the_watch_goes_on(server: ApiServer, cluster: Cluster) -> None:
    for index in range(1203):
        server.put(pod(f"api-{index}"))
    async with watching(cluster) as seen:
        await until(lambda: seen.reading.value and seen.reading.value.complete)
        assert len(seen.rows) == 1203
        assert seen.reading.state is State.OK
        assert seen.reading.taken is not None
        lists = [line for line in server.requests if "limit=500" in line]
        assert len(lists) == 3
        assert not any("resourceVersion" in line for line in lists)
        await until(lambda: server.watches)
        server.put(pod("api-7", status=crashing()))
        server.put(pod("new"))
        server.delete("uid-shop-api-0")
        await until(lambda: "new" in seen.rows and "api-0" not in seen.rows)
        assert seen.rows["api-7"].status == "CrashLoopBackOff"
        last = {uid for _, delta in seen.readings if delta for uid in delta.removals}
        assert last == {"uid-shop-api-0"}
        assert "allowWatchBookmarks=true" in server.requests[-1]


async def test_of_large_objects_fewer_are_asked_for_at_once(
    server: ApiServer, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "LONG", 4 * 2**20)
    for index in range(20):
        large = pod(f"large-{index}")
        large["metadata"]["annotations"] = {"state": "x" * 2**20}
        server.put(large)
    for index in range(600):
        server.put(pod(f"small-{index}"))
    async with watching(cluster) as seen:
        await until(lambda: seen.reading.value and seen.reading.value.complete)
        assert len(seen.rows) == 620
        limits = [int(line.partition("limit=")[2].partition("&")[0]) for line in server.requests if "limit=" in line]
        assert limits[:3] == [500, 62, 7]
        assert limits[-1] > 100
        assert len(limits) < 20


async def test_events_are_folded(server: ApiServer, cluster: Cluster) -> None:
    server.put(pod("api"))
    async with watching(cluster) as seen:
        await until(lambda: server.watches and seen.rows)
        before = len(seen.readings)
        for node in range(500):
            server.put(pod("api", node=f"node-{node}"))
        await until(lambda: seen.rows["api"].node == "node-499")
        assert len(seen.readings) - before < 50


async def test_a_broken_stream_resumes_where_it_was(server: ApiServer, cluster: Cluster) -> None:
    server.put(pod("a"))
    async with watching(cluster) as seen:
        await until(lambda: server.watches)
        server.bookmark()
        server.break_watches()
        server.put(pod("b"))
        await until(lambda: "b" in seen.rows)
        assert sum("limit=" in line for line in server.requests) == 1
        assert all({"a"} <= names for names in seen.names)


@pytest.mark.parametrize("how", ["event", "status"])
async def test_gone_lists_again_without_emptying_the_screen(server: ApiServer, cluster: Cluster, how: str) -> None:
    for name in "abc":
        server.put(pod(name))
    async with watching(cluster) as seen:
        await until(lambda: server.watches and len(seen.rows) == 3)
        answered = len(seen.names)
        server.delete("uid-shop-b", silently=True)
        server.put(pod("d"))
        if how == "event":
            server.version += 5
            server.gone_below = server.version
            server.break_watches()
        else:
            once = iter([True])

            async def fault(request: web.Request) -> web.StreamResponse | None:
                return status(410, "Expired") if "watch" in request.query and next(once, False) else None

            server.fault = fault
            server.break_watches()
        await until(lambda: set(seen.rows) == {"a", "c", "d"})
        assert all({"a", "c"} <= names for names in seen.names[answered:])


async def test_garbage_in_the_stream_is_said_and_survived(server: ApiServer, cluster: Cluster) -> None:
    server.put(pod("a"))
    async with watching(cluster) as seen:
        await until(lambda: server.watches)
        server.say(b"this is not JSON\n")
        await until(lambda: any(r.problem and r.problem.kind is ProblemKind.BAD_ANSWER for r, _ in seen.readings))
        seen.alarm.ring()
        await until(lambda: server.watches and seen.reading.state is State.OK)
        assert set(seen.rows) == {"a"}


async def test_an_unreadable_object_is_named_and_the_rest_is_used(server: ApiServer, cluster: Cluster) -> None:
    server.put(pod("good"))
    server.put({**pod("odd"), "status": {"containerStatuses": [{"restartCount": "many"}]}})
    bad = pod("bad-quantity")
    bad["spec"]["containers"][0]["resources"]["requests"]["cpu"] = "lots"
    server.put(bad)
    nulls = pod("nulls")
    nulls["metadata"]["labels"] = None
    nulls["status"] = {"phase": None, "containerStatuses": None, "conditions": None, "surprise": {"x": [1]}}
    server.put(nulls)
    async with watching(cluster) as seen:
        await until(lambda: seen.reading.value and seen.reading.value.complete)
        assert set(seen.rows) == {"good", "nulls"}
        unreadable = seen.collection.unreadable
        assert [text.partition(":")[0] for text in sorted(unreadable)] == ["shop/bad-quantity", "shop/odd"]
        await until(lambda: server.watches)
        server.put(pod("odd"))
        await until(lambda: "odd" in seen.rows)
        assert len(seen.collection.unreadable) == 1


async def test_invalid_utf8_is_replaced(server: ApiServer, cluster: Cluster) -> None:
    body = json.dumps({"items": [pod("a")], "metadata": {"resourceVersion": "5"}}).encode()
    body = body.replace(b"registry.example/api:1.8.1", b"registry.example/\xff\xfe")

    async def fault(request: web.Request) -> web.StreamResponse | None:
        if request.path == "/api/v1/pods" and "watch" not in request.query:
            return web.Response(body=body, content_type="application/json")
        return None

    server.fault = fault
    async with watching(cluster) as seen:
        await until(lambda: seen.rows)
        assert seen.rows["a"].containers[0].image == "registry.example/��"


def answers(make: Callable[[], web.Response]) -> Any:
    async def fault(request: web.Request) -> web.StreamResponse | None:
        return make()

    return fault


@pytest.mark.parametrize(
    ("make", "kind", "words"),
    [
        (lambda: status(401, "Unauthorized"), ProblemKind.UNAUTHORIZED, "does not accept the credentials"),
        (lambda: status(429, "slow down"), ProblemKind.REFUSED, "too busy (429): slow down"),
        (lambda: status(500, "etcd leader changed"), ProblemKind.BAD_ANSWER, "etcd leader changed"),
        (
            lambda: web.Response(text="<html>sign in</html>", content_type="text/html"),
            ProblemKind.BAD_ANSWER,
            "web page instead of JSON",
        ),
        (lambda: web.Response(text="{{{", content_type="application/json"), ProblemKind.BAD_ANSWER, "cannot be read"),
    ],
)
async def test_errors_are_typed_and_said(
    server: ApiServer, cluster: Cluster, make: Callable[[], web.Response], kind: ProblemKind, words: str
) -> None:
    server.put(pod("a"))
    server.fault = answers(make)
    async with watching(cluster) as seen:
        await until(lambda: seen.reading.state is State.FAILED)
        assert seen.reading.problem is not None
        assert seen.reading.problem.kind is kind
        assert words in seen.reading.problem.sentence
        assert seen.reading.value is None
        server.fault = None
        cluster.retry_sign_in()
        seen.alarm.ring()
        await until(lambda: seen.reading.state is State.OK and set(seen.rows) == {"a"})


async def test_retry_after_is_honoured(server: ApiServer, cluster: Cluster) -> None:
    server.fault = answers(lambda: status(429, "slow down", **{"Retry-After": "120"}))
    with pytest.raises(SourceError) as refusal:
        await cluster.get("/api/v1/pods", needs="list pods")
    assert refusal.value.retry_after_s == 120


async def test_a_server_that_goes_away_leaves_the_last_rows(server: ApiServer, cluster: Cluster) -> None:
    server.put(pod("a"))
    async with watching(cluster) as seen:
        await until(lambda: server.watches)
        await server.stop()
        await until(lambda: seen.reading.state is State.FAILED)
        assert seen.reading.problem is not None
        assert seen.reading.problem.kind is ProblemKind.UNREACHABLE
        assert set(seen.rows) == {"a"}
        await server.start()


async def test_forbidden_everywhere_falls_back_to_allowed_namespaces(server: ApiServer, cluster: Cluster) -> None:
    server.put(pod("mine", "shop"))
    server.put(pod("theirs", "bank"))
    server.collections["/api/v1/namespaces"] = {
        name: {"metadata": {"name": name, "uid": name, "resourceVersion": "1"}} for name in ("shop", "bank", "lab")
    }
    server.forbidden = {"/api/v1/pods"}
    server.reviews = lambda attributes: attributes["namespace"] in ("shop", "lab")
    async with watching(cluster) as seen:
        await until(lambda: seen.reading.value and seen.reading.value.complete)
        assert set(seen.rows) == {"mine"}
        assert seen.reading.state is State.OK
        assert seen.collection.denied == ("*",)


async def test_forbidden_altogether_says_which_right_is_missing(server: ApiServer, cluster: Cluster) -> None:
    server.forbidden = {"/api/v1/pods"}
    server.reviews = lambda attributes: False
    async with watching(cluster) as seen:
        await until(lambda: seen.reading.state is State.FAILED)
        assert seen.reading.problem is not None
        assert seen.reading.problem.kind is ProblemKind.FORBIDDEN
        assert seen.reading.problem.sentence == "forbidden: needs list pods in all namespaces"
        assert ":ns NAME" in seen.reading.problem.remedy


async def test_who_may_list_but_not_watch_gets_lists(server: ApiServer, cluster: Cluster) -> None:
    server.put(pod("a"))
    server.unwatchable = {"/api/v1/pods"}
    async with watching(cluster, listed_every_s=0.1) as seen:
        await until(lambda: set(seen.rows) == {"a"} and seen.collection.complete)
        server.put(pod("b"))
        await until(lambda: set(seen.rows) == {"a", "b"})
        server.unwatchable = set()
        await until(lambda: server.watches)
        states = {reading.state for reading, _ in seen.readings if reading.value and reading.value.complete}
        assert states == {State.OK}
        assert seen.collection.denied == ()


@pytest.mark.parametrize(
    ("what", "asked"),
    [
        ("list pods in all namespaces", "list pods --all-namespaces"),
        ("list pods in shop", "list pods -n shop"),
        ("list nodes", "list nodes"),
    ],
)
def test_a_missing_right_is_told_as_kubectl_takes_it(what: str, asked: str) -> None:
    error = refused(403, b"", what)
    assert error.problem.remedy == f"ask for the right: `kubectl auth can-i {asked}`"


async def test_of_configured_namespaces_the_denied_one_is_named(server: ApiServer, tmp_path: Path) -> None:
    server.put(pod("mine", "shop"))
    server.forbidden = {"/api/v1/namespaces/bank/pods"}
    (tmp_path / "kubeconfig").write_text(server.kubeconfig(), encoding="utf-8")
    cluster = Cluster(Kubernetes(kubeconfig=str(tmp_path / "kubeconfig"), namespaces=("shop", "bank")))
    async with watching(cluster) as seen:
        await until(lambda: seen.reading.value and seen.reading.value.complete and seen.reading.value.denied)
        assert seen.collection.denied == ("bank",)
        assert seen.reading.state is State.OK
        assert set(seen.rows) == {"mine"}
    await cluster.close()


async def test_a_watch_in_each_of_many_namespaces_leaves_room_for_requests(server: ApiServer, tmp_path: Path) -> None:
    names = tuple(f"team-{number}" for number in range(110))
    (tmp_path / "kubeconfig").write_text(server.kubeconfig(), encoding="utf-8")
    cluster = Cluster(Kubernetes(kubeconfig=str(tmp_path / "kubeconfig"), namespaces=names))
    async with watching(cluster):
        await until(lambda: len(server.watches) == len(names))
        assert (await cluster.get("/version", needs="get /version", timeout_s=5)).status == 200
    await cluster.close()


async def test_kinds_that_the_server_lacks_are_off(server: ApiServer, cluster: Cluster) -> None:
    board = Board()
    server.collections["/apis/apps/v1/deployments"] = {}
    feeds = [
        Watched(WORKLOADS, kinds.WORKLOADS, cluster, Heartbeat(cluster)),
        Watched(NODES, (kinds.NODES,), cluster, Heartbeat(cluster)),
    ]
    tasks = [asyncio.create_task(feed.run(board, Alarm())) for feed in feeds]
    await until(lambda: board.get(NODES).state is State.OFF and board.get(WORKLOADS).state is State.OK)
    workloads = board.get(WORKLOADS).value
    assert workloads is not None
    await until(lambda: workloads.complete)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_silence_makes_a_topic_stale_and_opens_the_watch_again(server: ApiServer, cluster: Cluster) -> None:
    server.put(pod("a"))
    async with watching(cluster, silence_s=0.3) as seen:
        await until(lambda: any(reading.state is State.STALE for reading, _ in seen.readings))
        await until(lambda: seen.reading.state is State.OK)
        assert sum("watch=1" in line for line in server.requests) >= 2
        assert set(seen.rows) == {"a"}


async def test_after_a_sleep_of_the_machine_rows_are_stale_until_the_server_is_heard(
    server: ApiServer, cluster: Cluster
) -> None:
    server.put(pod("a"))
    async with watching(cluster) as seen:
        await until(lambda: server.watches and seen.reading.state is State.OK)
        hold = asyncio.Event()

        async def fault(request: web.Request) -> web.StreamResponse | None:
            await hold.wait()
            return None

        server.fault = fault
        seen.board.mark(PODS, State.STALE)
        seen.alarm.ring()
        asked = len(server.requests)
        await until(lambda: len(server.requests) > asked)
        server.put(pod("b"))
        assert seen.reading.state is State.STALE
        hold.set()
        await until(lambda: seen.reading.state is State.OK and set(seen.rows) == {"a", "b"})


async def test_clocks_that_disagree_are_said_and_the_pods_are_shown(server: ApiServer, cluster: Cluster) -> None:
    server.put(pod("a"))

    async def fault(request: web.Request) -> web.StreamResponse | None:
        date = {"Date": "Sun, 01 Mar 2026 08:00:00 GMT"}
        return web.json_response({"gitVersion": "v1.36.3"}, headers=date) if request.path == "/version" else None

    server.fault = fault
    async with watching(cluster, beat=True) as seen:
        await until(lambda: seen.board.get(CLUSTER).state is State.OK and seen.rows)
        problem = seen.board.get(CLUSTER).problem
        assert problem is not None
        assert "ahead of the API server's: ages are wrong" in problem.sentence
        assert seen.reading.state is State.OK


async def test_two_missed_heartbeats_make_the_topics_late(server: ApiServer, cluster: Cluster) -> None:
    server.put(pod("a"))
    async with watching(cluster, beat=True) as seen:
        await until(lambda: seen.board.get(CLUSTER).state is State.OK and server.watches and seen.rows)
        info = seen.board.get(CLUSTER).value
        assert info is not None
        assert (info.context, info.version, info.user) == ("test", "v1.36.3", "jane")
        assert info.clock_difference_s == 0.0
        hold = asyncio.Event()

        async def fault(request: web.Request) -> web.StreamResponse | None:
            if request.path == "/version":
                await hold.wait()
            return None

        server.fault = fault
        await until(lambda: seen.reading.state is State.LATE)
        assert set(seen.rows) == {"a"}
        assert seen.board.get(CLUSTER).state is State.FAILED
        hold.set()
        await until(lambda: seen.reading.state is State.OK and seen.board.get(CLUSTER).state is State.OK)


async def test_of_events_without_end_the_newest_are_kept_and_warnings_longest(
    server: ApiServer, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = "/api/v1/events"
    server.collections[path] = {}
    few = dataclasses.replace(kinds.EVENTS, most=40)
    for minute in range(60):
        server.put(told(minute, "Warning" if minute < 10 else "Normal"), path)
    board = Board()
    feed = asyncio.create_task(Watched(EVENTS, (few,), cluster, Heartbeat(cluster)).run(board, Alarm()))

    def kept() -> set[int]:
        value = board.get(EVENTS).value
        return {int(row.name) for row in value.rows.values()} if value else set()

    await until(lambda: kept() == {*range(10), *range(30, 60)})
    await until(lambda: server.watches)
    for number in range(60, 360):
        server.put(told(number, "Normal"), path)
    await until(lambda: 359 in kept())
    await until(lambda: len(kept()) <= 50)
    assert kept() >= {*range(10), *range(330, 360)}
    feed.cancel()
    await asyncio.gather(feed, return_exceptions=True)


def told(number: int, kind: str) -> dict[str, Any]:
    """An event, a minute later than the one before it."""
    moment = f"2026-03-01T{8 + number // 60:02d}:{number % 60:02d}:00Z"
    return {
        "metadata": {"name": f"e{number}", "namespace": "shop", "uid": f"uid-{number}", "creationTimestamp": moment},
        "type": kind, "reason": "Scheduled", "lastTimestamp": moment,
        "involvedObject": {"kind": "Pod", "name": str(number)},
    }  # fmt: skip
