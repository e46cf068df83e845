"""Real servers, of Valkey's wheel or of another program: one with passwords, and as many plain ones as wanted."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from opsconsole.config.settings import Redis, Secret
from opsconsole.demo import children, valkey
from tests.servers.ports import free_port, until

PASSWORD = "valkey-Words"
CONSOLE_PASSWORD = "reader-Words"


class ValkeyUnderTest:
    def __init__(self, folder: Path, program: str = "") -> None:
        self.folder = folder
        self.port = free_port()
        self.command = valkey.prepare(folder, self.port, PASSWORD, CONSOLE_PASSWORD)
        if program:
            self.command[0] = program
            config = Path(self.command[1])
            # Redis before 7.2 does not know it.
            config.write_text(config.read_text().replace("+client|setinfo", ""))
        self.child = self._start()

    @property
    def client(self) -> "redis.Redis":
        return redis.Redis(port=self.port, password=PASSWORD)

    def settings(self, user: str | None = valkey.CONSOLE_USER, password: str | None = CONSOLE_PASSWORD) -> Redis:
        secret = None
        if password is not None:
            name = f"TEST_VALKEY_{(user or 'default').upper()}"
            os.environ[name] = password
            secret = Secret(env=name)
        return Redis(name="cache", url=f"redis://127.0.0.1:{self.port}", user=user, password=secret)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        self.child.process.send_signal(how)
        self.child.process.wait(30)

    def start(self) -> None:
        self.child = self._start()

    def _start(self) -> children.Child:
        child = children.start("valkey", self.command, self.folder / "valkey.log")
        until(self._answers, "Valkey to start")
        return child

    def _answers(self) -> bool:
        try:
            answer: Any = self.client.ping()
        except redis.ConnectionError:
            return False
        return bool(answer)


class PlainValkey:
    """A server without passwords; `options` are lines of its configuration."""

    def __init__(self, folder: Path, *options: str, sentinel: bool = False, program: str = "") -> None:
        self.port = free_port()
        self.folder = folder / str(self.port)
        self.folder.mkdir()
        config = self.folder / "valkey.conf"
        unsaved = () if sentinel else ('save ""',)
        given = ("bind 127.0.0.1", f"port {self.port}", f"dir {self.folder}", *unsaved, *options)
        config.write_text("\n".join(given) + "\n")
        self.command = [program or str(valkey.binary()), str(config), *(["--sentinel"] if sentinel else [])]
        # Its own retries would wait until a server that loads has loaded.
        self.client = redis.Redis(port=self.port, socket_timeout=10, retry=Retry(NoBackoff(), 0))
        self.start()

    @property
    def settings(self) -> Redis:
        return Redis(name=f"cache-{self.port}", url=f"redis://127.0.0.1:{self.port}")

    def start(self) -> None:
        self.child = children.start("valkey", self.command, self.folder.parent / f"valkey-{self.port}.log")
        until(self._answers, "Valkey to start")

    def stop(self, how: signal.Signals = signal.SIGKILL) -> None:
        if self.child.process.poll() is None:
            self.child.process.send_signal(how)
            self.child.process.wait(30)

    def _answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except (redis.BusyLoadingError, redis.ResponseError):
            return True
        except redis.ConnectionError:
            return False


class Valkeys:
    """Starts plain servers in one folder and ends them all."""

    def __init__(self, folder: Path, program: str = "") -> None:
        self._folder = folder
        self._program = program
        self._started: list[PlainValkey] = []

    def start(self, *options: str, sentinel: bool = False) -> PlainValkey:
        self._started.append(PlainValkey(self._folder, *options, sentinel=sentinel, program=self._program))
        return self._started[-1]

    def cluster(self, *options: str, replicas: int = 0) -> list[PlainValkey]:
        """Three primaries with all slots between them, then `replicas` of the first; the last one is waited for."""
        nodes, buses = [], []
        for _ in range(3 + replicas):
            buses.append(free_port())
            nodes.append(self.start("cluster-enabled yes", f"cluster-port {buses[-1]}", *options))
        first = nodes[0]
        for node, low, high in zip(nodes, (0, 5461, 10923), (5460, 10922, 16383), strict=False):
            _ask(node, "CLUSTER", "ADDSLOTSRANGE", low, high)
        for node, bus in zip(nodes[1:], buses[1:], strict=True):
            _ask(first, "CLUSTER", "MEET", "127.0.0.1", node.port, bus)
        # Every node must know every other one before one of them can follow or vote.
        until(lambda: all(_met(node, len(nodes)) for node in nodes), "the nodes to meet")
        for node in nodes[3:]:
            _ask(node, "CLUSTER", "REPLICATE", _ask(first, "CLUSTER", "MYID"))
            until(partial(_follows, node), "it to follow")
        until(lambda: all("cluster_state:ok" in _ask(node, "CLUSTER", "INFO") for node in nodes), "the cluster")
        return nodes

    def stop(self) -> None:
        for server in self._started:
            server.stop()
            server.client.close()


def _ask(server: PlainValkey, *command: object) -> str:
    answer: Any = server.client.execute_command(*command)  # type: ignore[no-untyped-call]  # redis-py has no type
    return answer.decode() if isinstance(answer, bytes) else str(answer)


def _follows(server: PlainValkey) -> bool:
    return bool(server.client.info("replication").get("master_link_status") == "up")


def _met(server: PlainValkey, count: int) -> bool:
    lines = _ask(server, "CLUSTER", "NODES").splitlines()
    return len(lines) == count and all(line.split()[7] == "connected" and "handshake" not in line for line in lines)


@contextmanager
def valkeys_in(folder: Path, program: str = "") -> Iterator[Valkeys]:
    started = Valkeys(folder, program)
    try:
        yield started
    finally:
        started.stop()
