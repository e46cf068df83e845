"""The real control plane leaves nothing behind, however the test run that started it ends."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import go_build
from tests.cluster import build
from tests.cluster.build import have_binaries
from tests.cluster.plane import Plane, sweep

HOLD = """
import signal
from tests.cluster.plane import Plane
plane = Plane()
plane.start()
print(plane.folder, flush=True)
signal.pause()
"""


def processes_in(folder: Path) -> list[str]:
    """Command lines of the processes that run in a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").resolve() == folder:
                found.append((process / "cmdline").read_text())
        except OSError:
            continue  # ended meanwhile
    return found


def test_a_killed_test_run_takes_its_plane_along() -> None:
    have_binaries()
    owner = subprocess.Popen([sys.executable, "-c", HOLD], cwd=build.HERE.parents[1], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    folder = Path(owner.stdout.readline().strip())
    assert len(processes_in(folder)) == 5
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    owner.stdout.close()
    end = time.monotonic() + 10
    while processes_in(folder) and time.monotonic() < end:
        time.sleep(0.02)
    assert not processes_in(folder)
    sweep()
    assert not folder.exists()


def test_nodes_are_ready(real_cluster: Plane) -> None:
    assert len(real_cluster.request("GET", "/api/v1/nodes")["items"]) == 3
    assert len(processes_in(real_cluster.folder)) == 5


def test_missing_or_old_go_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(go_build.CannotBuild, match=r"Go is not installed: install Go 1\.26"):
        go_build.check_go(build.HERE)
    old = tmp_path / "go"
    old.write_text("#!/bin/sh\necho go version go1.22.1 linux/amd64\n", encoding="utf-8")
    old.chmod(0o755)
    with pytest.raises(go_build.CannotBuild, match=r"Go 1\.26\S* or newer is needed, this is go version go1\.22\.1"):
        go_build.check_go(build.HERE)


def test_the_cache_folder_follows_go_sum(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert build.cache_folder().parent == tmp_path / "opsconsole"
    assert not build.is_built()
