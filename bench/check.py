"""`opsconsole check` on the demo: its total beside its slowest source, and beside one that takes its time."""

import http.server
import json
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from opsconsole.demo.launch import start_demo

from .cluster.running import opsconsole
from .report import Figure, median

RUNS = 5
SLOW_S = 3.0
GOAL_S = 1.0
SETTLED_S = 20.0
"""The demo's own start is over by then."""


def check(_: object) -> list[Figure]:
    """Wall times of whole processes, from the command to its end."""
    with start_demo("calm", 1, 1.0) as running, tempfile.TemporaryDirectory() as folder, _slow_server() as port:
        time.sleep(SETTLED_S)
        plain = Path(running.settings_path)
        slow = Path(folder) / "settings.toml"
        slow.write_text(f'{plain.read_text()}\n[profiles.demo.alertmanager]\nurl = "http://127.0.0.1:{port}"\n')
        slow.chmod(0o600)
        five = [_run(plain) for _ in range(RUNS)]
        six = [_run(slow) for _ in range(RUNS)]
    count = len(five[0][1])
    return [
        Figure(f"check: {count} sources, command to end", median([total for total, _ in five]), "s"),
        Figure("check: its slowest source had answered after", median([_slowest(run) for run in five]), "s"),
        Figure("check: beyond that source, imports included", median([_beyond(run) for run in five]), "s", GOAL_S),
        Figure(f"check: one source takes {SLOW_S:g} s, command to end", median([total for total, _ in six]), "s"),
        Figure("check: its slowest source then", median([_slowest(run) for run in six]), "s"),
        Figure("check: beyond that source, imports included", median([_beyond(run) for run in six]), "s", GOAL_S),
    ]


def _slowest(run: tuple[float, dict[str, float]]) -> float:
    """On a laden machine that is not the one which is made slow."""
    return max(run[1].values())


def _beyond(run: tuple[float, dict[str, float]]) -> float:
    return run[0] - _slowest(run)


def _run(settings: Path) -> tuple[float, dict[str, float]]:
    """(seconds of the process, seconds until each source had answered)."""
    began = time.perf_counter()
    command = [opsconsole(), "--config", str(settings), "check", "--json"]
    out = subprocess.run(command, stdout=subprocess.PIPE, check=False).stdout
    took = time.perf_counter() - began
    return took, {source["name"]: source["answered_s"] or took for source in json.loads(out)["sources"]}


@contextmanager
def _slow_server() -> Iterator[int]:
    """An Alertmanager without alerts that answers each request after three seconds."""

    class Slow(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            time.sleep(SLOW_S)
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(b"[]")

        def log_message(self, format: str, *args: object) -> None:
            """Nothing is printed between the figures."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
