"""The demo's supervisor: starts every server as its direct child and takes all of them along when its console goes.

A process of its own session, started by `demo.launch` with the read end of a pipe whose write end only the console
holds. The kernel closes that pipe however the console ends, `kill -9` included; then everything stops and the one
temporary folder goes. Reports are JSON lines on a second pipe: `{"state": "ready" | "failed" | "lost", …}`.
"""

import argparse
import json
import os
import random
import secrets
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from opsconsole.demo import children, folder, postgres, settings_file, valkey
from opsconsole.demo.children import Child

START_DEADLINE_S = 90.0
_LEAVE_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
# Below the range from which the kernel hands out ports for outgoing connections, so that none takes it meanwhile.
_PORTS = range(20000, 30000)


class Leave(Exception):
    """The console is gone, or a signal asks to end."""


class StartFailed(Exception):
    """A server did not come up; the message says which, and holds the end of its log."""


class Supervisor:
    """One demo from its first child to its last."""

    def __init__(self, home: Path, options: argparse.Namespace) -> None:
        self.home = home
        self.options = options
        self.children: list[Child] = []
        self.tasks: set[str] = set()
        """Children that are expected to end by themselves, with exit code 0."""
        self.ended: set[str] = set()
        self.platform: dict[str, Any] | None = None
        self.ready = False
        self._platform_output = b""
        self._selector = selectors.DefaultSelector()
        self._selector.register(options.control_fd, selectors.EVENT_READ, self._console_gone)
        self._watch_signals()

    def run(self) -> NoReturn:
        """Start everything, report, and wait; ends only by Leave or StartFailed."""
        facts = self._start()
        self.ready = True
        self.report({"state": "ready", **facts})
        self._wait(lambda: False)
        raise Leave

    def report(self, message: dict[str, Any]) -> None:
        try:
            os.write(self.options.report_fd, json.dumps(message).encode() + b"\n")
        except BrokenPipeError:
            # Nobody listens any more; the end of the control pipe ends this process.
            return

    def _start(self) -> dict[str, Any]:
        logs = self.home / "logs"
        logs.mkdir(mode=0o700)
        facts = _facts(self.home)
        passwords = {name: secrets.token_urlsafe(18) for name in ("superuser", "shop", "console", "valkey", "reader")}
        # Those of the administrators are for mending from outside what a scenario has done.
        for name in ("console", "reader", "superuser", "valkey"):
            _write_private(Path(facts["secrets"], name), passwords[name])
        request = {"scenario": self.options.scenario, "seed": self.options.seed, "speed": self.options.speed}
        _write_private(self.home / "platform.json", json.dumps({**facts, **request, "passwords": passwords}))

        # The longest way is PostgreSQL's, so it sets out first; the bill is quick and can wait for a free core.
        files = postgres.prepare(self.home, passwords["superuser"])
        setup = children.start("initdb", files.initdb(), logs / "initdb.log", user=files.user, cwd=self.home)
        self._add(setup, task=True)
        self._start_platform(logs)
        cache = valkey.prepare(self.home, facts["valkey_port"], passwords["valkey"], passwords["reader"])
        self._add(children.start("valkey", cache, logs / "valkey.log"))
        self._wait(lambda: "initdb" in self.ended)
        files.password_file.unlink()
        # An immediate shutdown: nothing here needs a checkpoint, and its shared memory is given back.
        server = children.start(
            "postgres",
            files.server(facts["postgres_port"]),
            logs / "postgres.log",
            stop_signal=signal.SIGQUIT,
            user=files.user,
            cwd=self.home,
        )
        self._add(server)
        self._add(self._python("billing", logs, facts["billing"], str(self.options.seed)), task=True)
        self._add(self._python("incidents", logs, facts["store"]), task=True)
        self._wait(lambda: self.platform is not None and self.tasks <= self.ended)
        assert self.platform is not None
        facts |= self.platform
        settings_file.write(facts)
        return facts

    def _start_platform(self, logs: Path) -> None:
        read_end, write_end = os.pipe()
        os.set_blocking(read_end, False)
        self._add(self._python("platform_process", logs, str(self.home), str(write_end), pass_fds=(write_end,)))
        os.close(write_end)
        self._selector.register(read_end, selectors.EVENT_READ, self._platform_says)

    def _python(self, module: str, logs: Path, *arguments: str, pass_fds: tuple[int, ...] = ()) -> Child:
        command = [sys.executable, "-P", "-m", f"opsconsole.demo.{module}", *arguments]
        name = module.removesuffix("_process")
        return children.start(name, command, logs / f"{name}.log", pass_fds=pass_fds, cwd=self.home)

    def _add(self, child: Child, *, task: bool = False) -> None:
        self.children.append(child)
        if task:
            self.tasks.add(child.name)

    def _wait(self, done: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_DEADLINE_S
        while not done():
            left = None if self.ready else deadline - time.monotonic()
            if left is not None and left <= 0:
                raise StartFailed(f"the demo was not ready after {START_DEADLINE_S:.0f} s" + self._logs())
            for key, _ in self._selector.select(left):
                key.data(key.fd)
            self._reap()

    def _reap(self) -> None:
        for child in self.children:
            if child.name in self.ended or child.process.poll() is None:
                continue
            self.ended.add(child.name)
            code = child.process.returncode
            if child.name in self.tasks and code == 0:
                continue
            if not self.ready:
                raise StartFailed(f"{child.name} ended at start (exit code {code}):\n{child.log_tail()}")
            # The others go on: a console that loses one server is worth a look too.
            self.report({"state": "lost", "server": child.name, "exit_code": code, "log": child.log_tail()})

    def _logs(self) -> str:
        return "".join(f"\n{child.name}: {child.log_tail(3)}" for child in self.children)

    def _watch_signals(self) -> None:
        read_end, write_end = os.pipe()
        for end in (read_end, write_end):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(write_end)
        for number in (*_LEAVE_SIGNALS, signal.SIGCHLD):
            signal.signal(number, lambda *_: None)
        self._selector.register(read_end, selectors.EVENT_READ, self._signalled)

    def _signalled(self, fd: int) -> None:
        if any(number in _LEAVE_SIGNALS for number in os.read(fd, 64)):
            raise Leave

    def _console_gone(self, fd: int) -> None:
        if not os.read(fd, 64):
            raise Leave

    def _platform_says(self, fd: int) -> None:
        data = os.read(fd, 65536)
        self._platform_output += data
        if not data:
            self._selector.unregister(fd)
        if b"\n" in self._platform_output:
            self.platform = json.loads(self._platform_output.split(b"\n", 1)[0])


def _facts(home: Path) -> dict[str, Any]:
    secret_files = home / "secrets"
    secret_files.mkdir(mode=0o700)
    return {
        "folder": str(home),
        "secrets": str(secret_files),
        "billing": str(home / "billing"),
        "store": str(home / "state.sqlite"),
        "settings": str(home / "settings.toml"),
        "kubeconfig": str(home / "kubeconfig"),
        "postgres_port": _free_port(),
        "valkey_port": _free_port(),
    }


def _free_port() -> int:
    for port in random.sample(_PORTS, 200):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise StartFailed("no free TCP port on 127.0.0.1 between 20000 and 29999")


def _write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)


def main() -> int:
    """Run as `python -m opsconsole.demo.supervisor`; started by `demo.launch` only."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--control-fd", type=int, required=True)
    parser.add_argument("--report-fd", type=int, required=True)
    parser.add_argument("--scenario", required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--speed", type=float, required=True)
    options = parser.parse_args()
    # What this process makes is for its owner alone.
    os.umask(0o077)
    folder.sweep()
    home = folder.create()
    supervisor = Supervisor(home.path, options)
    try:
        supervisor.run()
    except Leave:
        return 0
    except (StartFailed, postgres.MissingBinaries, OSError) as error:
        supervisor.report({"state": "failed", "message": str(error)})
        return 1
    finally:
        children.stop_all(supervisor.children)
        postgres.release_shared_memory(home.path / "postgres" / "data")
        home.delete()


if __name__ == "__main__":
    sys.exit(main())
