"""The desk of logs against a server that cuts, rotates, refuses and restarts: what is shown, and what is said."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from opsconsole.config.settings import Kubernetes
from opsconsole.model.collection import Collection, Delta
from opsconsole.model.kubernetes import Container, Owner, Pod, Termination
from opsconsole.model.logs import LogLine, LogTarget, Window
from opsconsole.model.reading import Reading, State
from opsconsole.poller import log_follow
from opsconsole.poller.board import Board
from opsconsole.poller.log_news import log_news
from opsconsole.poller.logs import LogDesk
from opsconsole.poller.topics import PODS
from opsconsole.sources.kubernetes.cluster import Cluster
from tests.sources.kubernetes.containers import Containers, at
from tests.sources.kubernetes.server import ApiServer

WORKER = LogTarget("Deployment", "shop", "worker")
HOUR = Window("since 02:00", at(0, 0))


def pod(name: str, *containers: Container, revision: str = "5d4f8c7b9") -> Pod:
    owner = Owner("ReplicaSet", f"worker-{revision}")
    return Pod(
        f"uid-{name}", "shop", name, "Running", "Running", 1, 1, 0, at(0, 0), owner=owner, revision=revision,
        containers=containers or (Container("app", "worker:1", state="running", started=at(0, 0)),),
    )  # fmt: skip


class Seen:
    """A desk on a board that a test fills by hand."""

    def __init__(self, cluster: Cluster, target: LogTarget = WORKER) -> None:
        self.board = Board()
        self.pods: dict[str, Pod] = {}
        self.desk = LogDesk(cluster, self.board, target, lambda batch: None)

    def put(self, *pods: Pod, gone: tuple[str, ...] = ()) -> None:
        self.pods |= {one.uid: one for one in pods}
        for uid in gone:
            del self.pods[uid]
        delta: Delta[Pod] = Delta({one.uid: one for one in pods}, frozenset(gone))
        self.board.publish(PODS, Reading(Collection(self.pods, True), State.OK), delta)

    def said(self) -> list[str]:
        """What the page would show: names and texts."""
        return [self._line(line) for line in self.desk.buffer.lines]

    def _line(self, line: LogLine) -> str:
        text = line.text.decode("utf-8", "replace")
        return f"-- {text}" if line.mark else f"{self.desk.sources[line.source].label} {text}"


async def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        await asyncio.sleep(0.01)


@pytest.fixture
async def cluster(server: ApiServer, tmp_path: Path) -> AsyncIterator[Cluster]:
    (tmp_path / "kubeconfig").write_text(server.kubeconfig(), encoding="utf-8")
    connection = Cluster(Kubernetes(kubeconfig=str(tmp_path / "kubeconfig")))
    yield connection
    await connection.close()


@pytest.fixture
async def server() -> AsyncIterator[ApiServer]:
    running = ApiServer()
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
def containers(server: ApiServer) -> Containers:
    return Containers(server)


@pytest.fixture
async def seen(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Seen]:
    for name in ("FIRST_PAUSE_S", "FIRST_LINES_S"):
        monkeypatch.setattr(log_follow, name, 0.05)
    one = Seen(cluster)
    yield one
    one.desk.close()


async def test_all_pods_of_a_workload_in_the_order_of_their_times(containers: Containers, seen: Seen) -> None:
    containers["worker-5d4f8c7b9-x7p9k/app"].write(1, "first")
    containers["worker-5d4f8c7b9-m2q4z/app"].write(2, "second")
    containers["worker-5d4f8c7b9-x7p9k/app"].write(3, "third")
    containers["other-1/app"].write(1, "of another workload")
    stranger = msgspec.structs.replace(pod("other-1"), owner=Owner("StatefulSet", "other"))
    seen.put(pod("worker-5d4f8c7b9-x7p9k"), pod("worker-5d4f8c7b9-m2q4z"), stranger)
    seen.desk.open(HOUR)
    expected = ["worker-x7p9k first", "worker-m2q4z second", "worker-x7p9k third"]
    await until(lambda: seen.said() == expected)
    seen.put(pod("worker-5d4f8c7b9-new11"))
    containers["worker-5d4f8c7b9-new11/app"].write(4, "a pod that came later")
    await until(lambda: seen.said()[-1] == "worker-new11 a pod that came later")
    seen.put(gone=("uid-worker-5d4f8c7b9-m2q4z",))
    await until(lambda: seen.said()[-1] == "-- worker-m2q4z is gone")


async def test_a_cut_is_shown_as_a_gap_and_nothing_comes_twice(containers: Containers, seen: Seen) -> None:
    written = containers["worker-1/app"]
    for text in ("a", "b", "the same moment"):
        written.write(1 if text == "a" else 2, text)
    seen.put(pod("worker-1"))
    seen.desk.open(HOUR)
    await until(lambda: len(seen.said()) == 3 and written.followers)
    written.cut()
    written.write(3, "while it was cut")
    await until(lambda: len(seen.said()) == 5)
    *before, gap, after = seen.said()
    assert before == ["worker-1 a", "worker-1 b", "worker-1 the same moment"]
    assert gap.startswith("-- worker-1 gap ")
    assert gap.endswith("stream lost, re-opened: nothing missed")
    assert after == "worker-1 while it was cut"


async def test_after_a_rotation_lines_may_be_missing(
    containers: Containers, seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_follow, "END_S", 0.05)  # nothing will explain the end
    written = containers["worker-1/app"]
    written.write(1, "a")
    seen.put(pod("worker-1"))
    seen.desk.open(HOUR)
    await until(lambda: seen.said() == ["worker-1 a"] and written.followers)
    written.rotate()
    written.end()
    await until(lambda: not written.followers)
    written.write(9, "in the new file")
    await until(lambda: len(seen.said()) == 3)
    assert seen.said()[1].endswith("stream lost, re-opened: lines may be missing")
    assert seen.said()[2] == "worker-1 in the new file"


async def test_a_restart_stands_between_the_two_runs(containers: Containers, seen: Seen) -> None:
    written = containers["worker-5d4f8c7b9-x7p9k/app"]
    written.write(9, "ERROR heap 1.9 of 2.0 GB")
    seen.put(pod("worker-5d4f8c7b9-x7p9k"))
    seen.desk.open(HOUR)
    await until(lambda: len(seen.said()) == 1 and written.followers)
    written.previous = [*written.lines, (b"2026-03-26T02:44:10.000000000Z", b"FATAL out of memory")]
    written.lines = []
    written.end()
    await until(lambda: not written.followers)
    written.write(50, "INFO  boot 2.1.0", 46)
    last = Termination("OOMKilled", 137, at(10))
    again = Container("app", "worker:1", state="running", restarts=7, started=at(50, 46), last=last)
    seen.put(pod("worker-5d4f8c7b9-x7p9k", again))
    await until(lambda: len(seen.said()) == 4)
    assert seen.said() == [
        "worker-x7p9k ERROR heap 1.9 of 2.0 GB",
        "worker-x7p9k FATAL out of memory",
        "-- worker-x7p9k restart 7: OOMKilled 137 at 02:44:10, back after 2m40s",
        "worker-x7p9k INFO  boot 2.1.0",
    ]
    assert seen.desk.buffer.errors == 2


@pytest.mark.parametrize("counted", ["when it ended", "when it started again"])
async def test_a_container_that_waits_to_start_again_is_read_once(
    containers: Containers, seen: Seen, counted: str
) -> None:
    """Its log is that of the run that ended, and so is its previous one."""
    written = containers["worker-1/app"]
    written.write(9, "ERROR heap 1.9 of 2.0 GB")
    written.previous = list(written.lines)
    last = Termination("OOMKilled", 137, at(10))
    dead = Container("app", "w:1", state="waiting", reason="CrashLoopBackOff", restarts=3, last=last)
    seen.put(pod("worker-1", dead))
    seen.desk.open(HOUR)
    await until(lambda: len(written.followers))
    written.end()
    over = "-- worker-1 OOMKilled 137 at 02:44:10, not back: CrashLoopBackOff"
    await until(lambda: len(seen.said()) == 2)
    assert seen.said() == ["worker-1 ERROR heap 1.9 of 2.0 GB", over]
    written.lines = []
    written.write(50, "INFO  boot", 46)
    restarts = 3 if counted == "when it ended" else 4
    alive = Container("app", "w:1", state="running", restarts=restarts, started=at(50, 46), last=last)
    seen.put(pod("worker-1", alive))
    await until(lambda: len(seen.said()) == 4)
    restart = f"-- worker-1 restart {restarts}: OOMKilled 137 at 02:44:10, back after 2m40s"
    assert seen.said()[1:] == [over, restart, "worker-1 INFO  boot"]


async def test_a_run_that_ends_while_the_one_before_is_read_is_not_told_twice(
    containers: Containers, seen: Seen
) -> None:
    written = containers["worker-1/app"]
    written.write(30, "INFO  boot")
    written.previous = list(written.lines)  # the server knows already that it has ended
    last = Termination("OOMKilled", 137, at(10))
    seen.put(pod("worker-1", Container("app", "w:1", state="running", restarts=2, started=at(30), last=last)))
    seen.desk.open(HOUR)
    await until(lambda: len(seen.said()) == 2)
    assert seen.said() == ["-- worker-1 restart 2: OOMKilled 137 at 02:44:10, back after 20s", "worker-1 INFO  boot"]


async def test_a_restart_that_is_known_late_is_put_where_it_belongs(
    containers: Containers, seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_follow, "END_S", 0.05)
    written = containers["worker-1/app"]
    written.write(9, "before")
    seen.put(pod("worker-1"))
    seen.desk.open(HOUR)
    await until(lambda: len(seen.said()) == 1 and written.followers)
    written.rotate()
    written.end()
    await until(lambda: not written.followers)
    written.write(50, "after")
    await until(lambda: seen.said()[-1] == "worker-1 after")
    last = Termination("Error", 1, at(10))
    seen.put(pod("worker-1", Container("app", "w:1", state="running", restarts=1, started=at(40), last=last)))
    restart = "-- worker-1 restart 1: Error 1 at 02:44:10, back after 30s"
    await until(lambda: seen.said()[-2:] == [restart, "worker-1 after"])


async def test_all_containers_and_what_has_not_started(
    containers: Containers, seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_follow, "STARTS_S", 0.05)
    for number, name in enumerate(("migrate", "app", "proxy"), 1):
        containers[f"worker-1/{name}"].write(number, "hello")
    done = Container("migrate", "m:1", state="terminated", init=True)
    app, proxy = Container("app", "a:1", state="running"), Container("proxy", "p:1", reason="PodInitializing")
    seen.put(pod("worker-1", done, app, proxy))
    seen.desk.open(HOUR)
    await until(lambda: len(seen.said()) == 3)
    assert seen.said()[:2] == ["worker-1/migrate hello", "worker-1/app hello"]
    assert seen.said()[2] == "-- worker-1/proxy has not started: PodInitializing"
    seen.put(pod("worker-1", done, app, msgspec.structs.replace(proxy, state="running", reason="")))
    await until(lambda: "worker-1/proxy hello" in seen.said())


async def test_a_missing_right_is_named(containers: Containers, seen: Seen) -> None:
    containers["worker-1/app"].refuses = (403, "pods is forbidden")
    seen.put(pod("worker-1"))
    seen.desk.open(HOUR)
    await until(lambda: seen.desk.problems)
    assert seen.desk.problems == {"worker-1": "forbidden: needs get pods/log in shop"}
    containers["worker-1/app"].refuses = None
    containers["worker-1/app"].write(1, "allowed now")
    seen.desk.retry()
    await until(lambda: seen.said() == ["worker-1 allowed now"])
    assert seen.desk.problems == {}


async def test_hostile_lines_are_bounded_and_keep_their_place(containers: Containers, seen: Seen) -> None:
    written = containers["worker-1/app"]
    written.write(1, b"\x1b[31mERROR\x1b[0m \xff\xfe\x00 binary")
    written.write(2, b"x" * 2**20)
    written.write(4, "later")
    written.write(3, "its clock went back")
    seen.put(pod("worker-1"))
    seen.desk.open(HOUR)
    await until(lambda: len(seen.said()) == 4 and written.followers)
    written.say(b"no time stamp at all\n")
    written.say(b"2026-03-26T03:44:05+01:00 another zone\n")
    await until(lambda: len(seen.said()) == 6)
    binary, long, *rest = seen.said()
    assert binary == "worker-1 ERROR \ufffd\ufffd\x00 binary"
    assert len(long) < 9000
    assert long.endswith("(cut: the line has 1,048,576 bytes)")
    assert rest == [f"worker-1 {text}" for text in (
        "later", "its clock went back", "no time stamp at all", "another zone",
    )]  # fmt: skip


async def test_a_window_of_the_past_ends_where_it_ends(containers: Containers, seen: Seen) -> None:
    for second in range(10):
        containers["worker-1/app"].write(second, f"line {second}")
    seen.put(pod("worker-1"))
    seen.desk.open(Window("02:44-02:44", at(3), at(6)))
    await until(lambda: len(seen.said()) == 3)
    assert seen.said() == ["worker-1 line 3", "worker-1 line 4", "worker-1 line 5"]
    assert "follow" not in containers.asked[-1]


async def test_only_so_many_streams_are_open(containers: Containers, seen: Seen) -> None:
    seen.put(*(pod(f"worker-{number:03}") for number in range(63)))
    seen.desk.open(HOUR)
    await until(lambda: sum(bool(one.followers) for one in containers.written.values()) == 50)
    assert (seen.desk.streams, seen.desk.unopened) == (50, 13)


async def test_patterns_that_are_new_since_a_moment(containers: Containers, cluster: Cluster) -> None:
    written = containers["worker-1/app"]
    written.write(1, "INFO  GET /feed 200 4ms")
    for second in (41, 42, 43):
        written.write(second, "INFO  GET /feed 200 9ms")
        written.write(second, f"WARN  slow checkout {second} ms order=99{second}")
    news = await log_news(cluster, (pod("worker-1"),), at(40))
    assert [(one.count, one.pattern) for one in news.patterns] == [(3, "WARN slow checkout <N> ms order=<N>")]
    assert (news.before, news.after, news.problem) == (1, 6, "")
    nothing_before = await log_news(cluster, (pod("worker-1"),), at(0) - timedelta(minutes=1))
    assert (nothing_before.before, len(nothing_before.patterns)) == (0, 2)  # these are all
