"""The charts of Metrics: a range change beside the source's own answer, 2,000 series in one answer, bytes at rest."""

import http.server
import json
import re
import tempfile
import threading
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .cluster.running import opsconsole
from .keys import Keys
from .large import Options
from .report import Figure, median
from .terminal import Terminal

SERIES = 2_000
"""Endpoints of one service: so many series in each answer about endpoints, with a bucket for each bound."""
BOUNDS = ("0.05", "0.1", "0.25", "0.5", "1", "+Inf")
RANGES = ("3h", "6h", "24h", "7d", "30d", "15m", "1h")
ANSWER_S = 0.02
"""What the server takes for each answer: told apart from what the console adds."""


def metrics(options: Options) -> list[Figure]:
    """A Prometheus of 2,000 endpoints that answers at once, and one console on a terminal."""
    with _server() as url, tempfile.TemporaryDirectory() as home:
        counters = Path(home) / "counters.json"
        environment = {"XDG_STATE_HOME": home, "XDG_CONFIG_HOME": home, "OPSCONSOLE_COUNTERS": str(counters)}
        argv = [opsconsole(), "--prometheus", url, "--tab", "metrics"]
        with Terminal(argv, environment=environment) as console:
            keys = Keys(console)
            keys.wait(r"P99 latency", 60.0)
            keys.wait(r"shop +\d", 60.0)
            console.watch(5.0)
            changes = [_change(keys, name) for name in RANGES]
            again = [_change(keys, name) for name in RANGES]
            console.watch(20.0)
            seconds = min(options.rest_s, 60.0)
            cpu = console.cpu_s()
            sent = console.watch(seconds) / seconds
            used = 100 * (console.cpu_s() - cpu) / seconds
            memory = console.memory_mb()
        told = json.loads(counters.read_text(encoding="utf-8"))
    own = 1000 * ANSWER_S
    note = f"of these {own:.0f} ms are the source's own; known before: median {1000 * median(again):.0f} ms"
    return [
        Figure("t to the chart of another range: median", 1000 * median(changes) - own, "ms", 150, note),
        Figure("t to the chart of another range: worst", 1000 * max(changes) - own, "ms"),
        Figure(f"{SERIES:,} series: longest stall of the loop", told["longest_stall_ms"], "ms", 50),
        Figure("bytes to the terminal at rest, charts live", sent, "B/s", 300),
        Figure("CPU of the console meanwhile", used, "%"),
        Figure("memory", memory, "MB"),
    ]


def _change(keys: Keys, name: str) -> float:
    """Seconds from `t` to the first picture that differs in its time axis."""
    before = _axis(keys.terminal)
    taken = keys.after("t", lambda: _axis(keys.terminal) != before and f"range {name}" in keys.terminal.text())
    keys.terminal.watch(1.0)
    return taken


def _axis(terminal: Terminal) -> str:
    """The line of times under the large chart."""
    lines = (re.match(r"\s+│(\d\d?[: ]\w+ [^│]*)", line) for line in terminal.text().splitlines())
    return next((found[1] for found in lines if found), "")


@contextmanager
def _server() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Prometheus)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Prometheus(http.server.BaseHTTPRequestHandler):
    """Answers every query of the catalogue by what it sums over; each value is steady, as of a calm platform."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        self._answer(path, dict(urllib.parse.parse_qsl(query)))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self._answer(self.path.partition("?")[0], dict(urllib.parse.parse_qsl(body)))

    def _answer(self, path: str, asked: dict[str, str]) -> None:
        if path.endswith("/label/__name__/values"):
            data: object = ["http_requests_total", "http_request_duration_seconds_bucket",
                            "http_request_duration_seconds_count"]  # fmt: skip
        elif path.endswith("/query_range"):
            time.sleep(ANSWER_S)
            data = {"resultType": "matrix", "result": _matrix(asked)}
        elif path.endswith("/query"):
            data = {"resultType": "vector", "result": _vector(asked.get("query", ""))}
        else:
            data = {}
        body = json.dumps({"status": "success", "data": data}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""


def _labels(query: str) -> list[dict[str, str]]:
    by = re.search(r"by \(([^)]*)\)", query)
    names = [name.strip() for name in by[1].split(",")] if by else []
    if "endpoint" not in names:
        found = [{"service": "shop"} if "service" in names else {}]
    else:
        found = [{"service": "shop", "endpoint": f"/path/{place}"} for place in range(SERIES)]
    if "status" in names:
        found = [{**labels, "status": "200"} for labels in found]
    if "le" in names and not query.startswith("histogram_quantile"):
        found = [{**labels, "le": bound} for labels in found for bound in BOUNDS]
    return found


def _value(labels: dict[str, str]) -> str:
    return str(BOUNDS.index(labels["le"]) + 1) if "le" in labels else "0.25"


def _vector(query: str) -> list[object]:
    now = time.time()
    return [{"metric": labels, "value": [now, _value(labels)]} for labels in _labels(query)]


def _matrix(asked: dict[str, str]) -> list[object]:
    start, end, step = (float(asked[name]) for name in ("start", "end", "step"))
    times = [start + step * place for place in range(int((end - start) // step) + 1)]
    return [{"metric": labels, "values": [[at, _value(labels)] for at in times]} for labels in _labels(asked["query"])]
