"""However a demo ends, nothing of it stays: no process, no port, no file."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from opsconsole.demo import children, folder
from opsconsole.demo.launch import DemoFailed, RunningDemo, start_demo
from tests.demo.servers.waiting import alive, descendants, listens, processes_of, until

GONE_S = 5.0

_CONSOLE = """\
import json, time
from opsconsole.demo.launch import start_demo
demo = start_demo("calm")
print(json.dumps({**demo.facts, "supervisor": demo.supervisor.pid}), flush=True)
time.sleep(600)
"""


@pytest.fixture
def console() -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """A process that runs a demo as the console does, and what it knows of it."""
    process = subprocess.Popen(
        [sys.executable, "-c", _CONSOLE], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield process, json.loads(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()


def assert_gone(facts: dict[str, Any], started: list[psutil.Process], *, folder_too: bool = True) -> None:
    until(lambda: not alive(started), "all processes have ended", GONE_S)
    home = Path(facts["folder"])
    until(lambda: not processes_of(home), "nothing works in its folder", GONE_S)
    for port in (facts["postgres_port"], facts["valkey_port"]):
        assert not listens(port)
    if folder_too:
        until(lambda: not home.exists(), "its folder is deleted", GONE_S)


def started_by(facts: dict[str, Any]) -> list[psutil.Process]:
    pid = facts["supervisor"]
    everything = [psutil.Process(pid), *descendants(pid)]
    assert len(everything) > 10, "a supervisor, three servers and PostgreSQL's backends"
    assert listens(facts["postgres_port"])
    assert listens(facts["valkey_port"])
    return everything


def test_every_server_is_a_direct_child_in_a_session_of_its_own(demo: RunningDemo) -> None:
    supervisor = psutil.Process(demo.supervisor.pid)
    names = sorted(child.name() for child in supervisor.children())
    assert len(names) == 3
    assert "postgres" in names
    assert os.getsid(supervisor.pid) == supervisor.pid != os.getsid(0)


def test_the_folder_shows_its_name_and_keeps_its_secrets(demo: RunningDemo) -> None:
    assert "opsconsole-demo" in demo.folder.name
    for path in (*Path(demo.facts["secrets"]).iterdir(), demo.settings_path, demo.kubeconfig_path):
        assert path.stat().st_mode & 0o077 == 0, f"{path} is readable by others"


def test_killing_the_console_leaves_nothing(console: tuple[subprocess.Popen[str], dict[str, Any]]) -> None:
    process, facts = console
    started = started_by(facts)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert_gone(facts, started)


def test_a_killed_supervisor_leaves_a_folder_that_the_next_start_sweeps(
    console: tuple[subprocess.Popen[str], dict[str, Any]],
) -> None:
    _, facts = console
    started = started_by(facts)
    os.kill(facts["supervisor"], signal.SIGKILL)
    assert_gone(facts, started, folder_too=False)
    home = Path(facts["folder"])
    assert home.exists()
    assert home in folder.sweep()
    assert not home.exists()


@pytest.fixture
def temporary_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A place of its own for the demo's folder, which a PostgreSQL under another uid can pass through."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o711)
        monkeypatch.setenv("TMPDIR", name)
        monkeypatch.setattr(tempfile, "tempdir", name)
        yield Path(name)


def test_a_server_that_does_not_start_is_named_with_the_end_of_its_log(temporary_folder: Path) -> None:
    with pytest.raises(DemoFailed, match=r"(?s)platform ended at start \(exit code 1\):.*no-such-scenario"):
        start_demo("no-such-scenario")
    assert not list(temporary_folder.glob(folder.PREFIX + "*"))


def test_servers_lost_later_are_reported_the_others_go_on_and_end_with_the_supervisor() -> None:
    with start_demo("calm") as running:
        reports = running.reports()
        servers = {child.name(): child for child in psutil.Process(running.supervisor.pid).children()}
        for name in ("valkey-server", "postgres"):
            servers.pop(name).kill()
            report = next(reports)
            assert report["state"] == "lost"
            assert report["server"] == name.removesuffix("-server")
            assert report["exit_code"] == -signal.SIGKILL
        until(lambda: not sessions_in_prometheus(running), "Prometheus sees no sessions any more")
        (platform,) = servers.values()
        assert alive([platform])
        running.supervisor.terminate()
        assert running.supervisor.wait(GONE_S) == 0
        assert_gone(running.facts, [platform])


def sessions_in_prometheus(demo: RunningDemo) -> float | None:
    """How many sessions the simulated Prometheus sees on the real PostgreSQL; None when it sees nothing."""
    with urllib.request.urlopen(demo.facts["prometheus"] + "/api/v1/query?query=sum(pg_stat_activity_count)") as answer:
        result = json.load(answer)["data"]["result"]
    return float(result[0]["value"][1]) if result else None


def test_sweep_takes_only_what_nobody_holds(tmp_path: Path) -> None:
    held = folder.create(tmp_path)
    abandoned = folder.create(tmp_path)
    os.close(abandoned._lock_fd)
    (tmp_path / "somebody-elses").mkdir()
    new = tmp_path / (folder.PREFIX + "being-made")
    new.mkdir()
    assert folder.sweep(tmp_path) == (abandoned.path,)
    assert held.path.exists()
    assert new.exists()
    held.delete()
    assert not held.path.exists()


def test_a_child_that_does_not_listen_is_killed(tmp_path: Path) -> None:
    deaf = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(99)"
    )
    child = children.start("deaf", [sys.executable, "-c", deaf], tmp_path / "log")
    until(lambda: child.log_tail() == "deaf", "it ignores the signal")
    children.stop_all([child], patience_s=0.2)
    assert child.process.returncode == -signal.SIGKILL
