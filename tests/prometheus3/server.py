"""Runs Prometheus 3 for a test, and gives it metrics by OpenTelemetry's own protocol."""

import contextlib
import json
import math
import subprocess
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.prometheus3.build import PROMETHEUS
from tests.servers.ports import free_port, until

CONFIG = """
otlp:
  translation_strategy: NoTranslation
"""
NANO = 1_000_000_000
SCHEMA = 3
"""Eight buckets from one power of two to the next."""


@contextlib.contextmanager
def prometheus3(folder: Path) -> Iterator[str]:
    """A fresh server that keeps names as OpenTelemetry writes them; gives its URL."""
    config = folder / "prometheus.yml"
    config.write_text(CONFIG)
    url = f"http://127.0.0.1:{free_port()}"
    command = [
        str(PROMETHEUS.binary("prometheus")), f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}",
        "--web.enable-otlp-receiver", f"--web.listen-address={url.removeprefix('http://')}",
    ]  # fmt: skip
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        until(lambda: ready(url, server), "prometheus 3")
        yield url
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def ready(url: str, server: "subprocess.Popen[bytes]") -> bool:
    assert server.poll() is None, "prometheus 3 has ended"
    try:
        with urllib.request.urlopen(f"{url}/-/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def push(url: str, service: str, points: list[dict[str, Any]]) -> None:
    """Write points of http.server.request.duration, an exponential histogram, as the protocol's JSON."""
    metric = {
        "name": "http.server.request.duration",
        "unit": "s",
        "exponentialHistogram": {"aggregationTemporality": 2, "dataPoints": points},
    }
    resource = {"attributes": [_attribute("service.name", service)]}
    body = {"resourceMetrics": [{"resource": resource, "scopeMetrics": [{"metrics": [metric]}]}]}
    request = urllib.request.Request(  # the URL is the test's own server
        f"{url}/api/v1/otlp/v1/metrics", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200, answer.read()


def point(at: float, began: float, seconds: Mapping[float, int], attributes: Mapping[str, str]) -> dict[str, Any]:
    """What was observed since `began`: durations, each with how often, in the buckets of the schema."""
    indexes = {math.ceil(math.log2(value) * 2**SCHEMA) - 1: count for value, count in seconds.items()}
    first, last = min(indexes), max(indexes)
    return {
        "startTimeUnixNano": str(int(began * NANO)),
        "timeUnixNano": str(int(at * NANO)),
        "count": str(sum(seconds.values())),
        "sum": sum(value * count for value, count in seconds.items()),
        "scale": SCHEMA,
        "zeroCount": "0",
        "positive": {
            "offset": first,
            "bucketCounts": [str(indexes.get(index, 0)) for index in range(first, last + 1)],
        },
        "attributes": [_attribute(name, value) for name, value in attributes.items()],
    }


def _attribute(name: str, value: str) -> dict[str, Any]:
    return {"key": name, "value": {"stringValue": value}}
