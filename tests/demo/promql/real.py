"""A real Prometheus over given samples."""

import contextlib
import http.client
import json
import socket
import subprocess
import time
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_DEADLINE_S = 40.0


class RealPrometheus:
    """Talks to one server over one kept connection."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)

    def ask(self, path: str, parameters: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """Status and decoded body of a form that was posted."""
        body = urllib.parse.urlencode(parameters)
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        self._connection.request("POST", path, body, headers)
        response = self._connection.getresponse()
        return response.status, json.loads(response.read())

    def ready(self) -> bool:
        try:
            self._connection.request("GET", "/-/ready")
            response = self._connection.getresponse()
            response.read()
        except OSError:
            self._connection.close()
            return False
        return response.status == 200


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def real_prometheus(folder: Path, openmetrics: str, program: str = "prometheus") -> Iterator[RealPrometheus]:
    """Load OpenMetrics text into a fresh server in `folder`, and stop it in the end."""
    data, text, config = folder / "data", folder / "samples.om", folder / "prometheus.yml"
    text.write_text(openmetrics)
    config.write_text("global: {}\n")
    subprocess.run(
        ["promtool", "tsdb", "create-blocks-from", "openmetrics", text, data],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    port = _free_port()
    arguments = [f"--config.file={config}", f"--storage.tsdb.path={data}", "--storage.tsdb.retention.time=100y"]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [program, *arguments, f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=log
        )
    try:
        client = RealPrometheus(port)
        deadline = time.monotonic() + _DEADLINE_S
        while not client.ready():
            assert server.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < deadline, "prometheus did not become ready"
            time.sleep(0.05)
        yield client
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
