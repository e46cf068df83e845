"""`opsconsole demo --serve`: a platform for any program, until it is told to end."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from opsconsole.cli.main import console
from opsconsole.demo import launch, postgres
from opsconsole.demo.launch import RunningDemo
from tests.cluster.build import binary
from tests.demo.servers.waiting import alive, descendants, until
from tests.require import require


@pytest.fixture
def served() -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """The running command and the lines that it printed."""
    process = subprocess.Popen(
        [sys.executable, "-c", "from opsconsole.cli.main import main; main()", "demo", "--serve", "--scenario", "calm"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line.rstrip("\n"))
        if line.startswith("ctrl-c"):
            break
    yield process, lines
    process.kill()
    process.communicate()


def test_it_prints_the_way_in_and_ends_on_a_signal(served: tuple[subprocess.Popen[str], list[str]]) -> None:
    process, lines = served
    assert lines, process.communicate()[1]
    paths = {line.split()[0]: Path(line.split()[1]) for line in lines[:2]}
    assert paths["settings"].exists()
    assert paths["kubeconfig"].exists()
    started = descendants(process.pid)
    assert len(started) > 10, "a supervisor, three servers and PostgreSQL's backends"
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    until(lambda: not alive(started), "all processes have ended", 5)
    assert not paths["settings"].parent.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_the_other_signals_end_it_as_well(monkeypatch: pytest.MonkeyPatch, number: signal.Signals) -> None:
    """The program's own part alone: the demo is told to stop, and the exit code is 0."""
    stopped: list[signal.Signals] = []
    before = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGHUP)}

    @contextlib.contextmanager
    def started(*_: object) -> Iterator[None]:
        try:
            signal.raise_signal(number)
            yield
        finally:
            stopped.append(number)

    monkeypatch.setattr(launch, "start_demo", started)
    try:
        done = CliRunner().invoke(console, ["demo", "--serve"])
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
    assert (done.exit_code, stopped) == (0, [number])


def test_psql_reads_it(demo: RunningDemo) -> None:
    psql = postgres.binaries() / "psql"
    password = Path(demo.facts["secrets"], "console").read_text()
    done = subprocess.run(
        [psql, "-h", "127.0.0.1", "-p", str(demo.facts["postgres_port"]), "-U", "opsconsole", "-d", "shop", "-Atc",
         "SELECT count(*) FROM customers"],
        env={**os.environ, "PGPASSWORD": password}, capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout.strip()) == (0, "240"), done.stderr


def test_prometheus_answers_over_http(demo: RunningDemo) -> None:
    with urllib.request.urlopen(demo.facts["prometheus"] + "/api/v1/query?query=sum(pg_stat_activity_count)") as answer:
        body = json.load(answer)
    assert body["status"] == "success"


def test_prometheus_shows_what_the_real_servers_say(demo: RunningDemo) -> None:
    def connections() -> float:
        with urllib.request.urlopen(
            demo.facts["prometheus"] + "/api/v1/query?query=sum(pg_stat_activity_count)"
        ) as answer:
            result = json.load(answer)["data"]["result"]
        return float(result[0]["value"][1]) if result else 0.0

    until(lambda: 35 <= connections() <= 60, "the pools' backends show in Prometheus")


def kubectl(demo: RunningDemo, *arguments: str) -> str:
    found = binary("kubectl")
    program = str(found) if found.exists() else shutil.which("kubectl")
    require("kubectl", program is not None, "make cluster builds it")
    done = subprocess.run(
        [str(program), "--kubeconfig", str(demo.kubeconfig_path), *arguments],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_kubectl_lists_the_platform(demo: RunningDemo) -> None:
    shown = kubectl(demo, "get", "pods,hpa,nodes", "-o", "wide")
    assert "api-" in shown
    assert "horizontalpodautoscaler" in shown
    assert shown.count("node/ip-10-0-") == 3


def test_kubectl_scales_and_reads_logs(demo: RunningDemo) -> None:
    kubectl(demo, "scale", "deployment/scheduler", "--replicas=2")
    until(
        lambda: kubectl(demo, "get", "deployment/scheduler", "-o", "jsonpath={.status.readyReplicas}") == "2",
        "the second pod is ready",
    )
    kubectl(demo, "scale", "deployment/scheduler", "--replicas=1")
    until(lambda: bool(kubectl(demo, "logs", "deployment/api", "--tail=5")), "the api writes logs")


def test_kubectl_top_shows_usage(demo: RunningDemo) -> None:
    until(lambda: "api-" in kubectl(demo, "top", "pods"), "metrics are there", 60)
