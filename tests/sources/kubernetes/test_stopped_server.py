"""An API server that is stopped, not closed: no connection breaks, and still it must be noticed."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from opsconsole.config.settings import Kubernetes
from opsconsole.model.reading import State
from opsconsole.sources.kubernetes.cluster import Cluster

from .conftest import until
from .test_watching import watching

ROOT = Path(__file__).parents[3]


@pytest.fixture
async def process(tmp_path: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """The small server as a process of its own, with three pods."""
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.sources.kubernetes.server", str(tmp_path), cwd=ROOT
    )
    try:
        await until((tmp_path / "kubeconfig").exists, within_s=30)
        yield running
    finally:
        running.kill()
        await running.wait()


async def test_a_stopped_server_is_noticed_and_its_return_too(
    process: asyncio.subprocess.Process, tmp_path: Path
) -> None:
    cluster = Cluster(Kubernetes(kubeconfig=str(tmp_path / "kubeconfig")))
    async with watching(cluster, beat=True, silence_s=2.0) as seen:
        await until(lambda: seen.reading.state is State.OK and len(seen.rows) == 3)
        os.kill(process.pid, signal.SIGSTOP)
        await until(lambda: seen.reading.state is State.LATE)
        await until(lambda: seen.reading.state in (State.STALE, State.FAILED))
        assert len(seen.rows) == 3
        os.kill(process.pid, signal.SIGCONT)
        seen.alarm.ring()
        await until(lambda: seen.reading.state is State.OK, within_s=30)
        assert len(seen.rows) == 3
    await cluster.close()
