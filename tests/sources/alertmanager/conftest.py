"""Debian's Alertmanager, and a Prometheus of Debian whose rules fire into it."""

import json
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.require import require
from tests.servers.ports import free_port, until

ALERTMANAGER = "prometheus-alertmanager"
ROUTES = {
    "route": {"receiver": "nobody", "group_by": ["service"]},
    "receivers": [{"name": "nobody"}],
    "inhibit_rules": [{"source_matchers": ["alertname=Cause"], "target_matchers": ["alertname=Effect"]}],
}
RUNBOOK = "https://runbooks.example/loud"
FLIP_FOR_MS, FLIP_KEEP_MS = 300, 400
RULES: list[dict[str, Any]] = [
    {
        "alert": "TooLoud",
        "expr": "vector(7) > 5",
        "labels": {"severity": "critical", "service": "api"},
        "annotations": {"summary": "too loud", "runbook_url": RUNBOOK},
    },
    {"alert": "Waits", "expr": "vector(1)", "for": "1h", "labels": {"severity": "warning"}},
    {"alert": "Cause", "expr": "vector(1)", "labels": {"severity": "critical"}},
    {"alert": "Effect", "expr": "vector(1)", "labels": {"severity": "warning"}},
    {"alert": "Calm", "expr": "vector(1) > 2", "labels": {"severity": "warning"}},
    {"record": "flip", "expr": "floor(vector(time() / 0.6)) % 2"},
    {"alert": "Flip", "expr": "flip > 0.5", "for": f"{FLIP_FOR_MS}ms", "keep_firing_for": f"{FLIP_KEEP_MS}ms"},
]


@pytest.fixture(scope="package")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of an Alertmanager."""
    require(ALERTMANAGER, shutil.which(ALERTMANAGER) is not None, f"install the Debian package {ALERTMANAGER}")
    folder = tmp_path_factory.mktemp("alertmanager")
    config = folder / "alertmanager.yml"
    config.write_text(json.dumps(ROUTES))
    port = free_port()
    arguments = [f"--config.file={config}", f"--storage.path={folder}", f"--web.listen-address=127.0.0.1:{port}"]
    with _running([ALERTMANAGER, *arguments, "--cluster.listen-address="], port, folder / "log"):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="package")
def prometheus(url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a Prometheus that evaluates RULES ten times a second and tells that Alertmanager."""
    require("prometheus", shutil.which("prometheus") is not None, "install the Debian package prometheus")
    folder = tmp_path_factory.mktemp("prometheus")
    config = {
        "global": {"evaluation_interval": "100ms", "external_labels": {"cluster": "eu", "replica": "a"}},
        "rule_files": ["rules.yml"],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [url.removeprefix("http://")]}]}]},
    }
    (folder / "rules.yml").write_text(json.dumps({"groups": [{"name": "shop", "rules": RULES}]}))
    (folder / "prometheus.yml").write_text(json.dumps(config))
    port = free_port()
    arguments = [f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}"]
    arguments.append("--rules.alert.resend-delay=1s")  # what was sent before it knew the Alertmanager comes again
    with _running(["prometheus", *arguments, f"--web.listen-address=127.0.0.1:{port}"], port, folder / "log"):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def _running(command: list[str], port: int, log: Path) -> Iterator[None]:
    with log.open("wb") as said:
        server = subprocess.Popen(command, stdout=said, stderr=said)
    try:
        until(lambda: _ready(f"http://127.0.0.1:{port}", server, log), command[0])
        yield
    finally:
        server.terminate()
        server.wait(10)


def _ready(url: str, server: "subprocess.Popen[bytes]", log: Path) -> bool:
    assert server.poll() is None, log.read_text()
    try:
        with urllib.request.urlopen(f"{url}/-/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
