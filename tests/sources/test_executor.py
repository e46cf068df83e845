"""The daemon threads: results and errors come back, and a hanging call holds neither the others nor the exit."""

import asyncio
import subprocess
import sys
import threading

import pytest

from opsconsole.sources.executor import DaemonExecutor


async def test_results_and_errors_come_back_to_the_loop() -> None:
    executor = DaemonExecutor("test", 2)
    loop = asyncio.get_running_loop()
    assert await loop.run_in_executor(executor, int, "7") == 7
    with pytest.raises(ValueError, match="invalid literal"):
        await loop.run_in_executor(executor, int, "seven")
    names = {await loop.run_in_executor(executor, lambda: threading.current_thread().name) for _ in range(4)}
    assert names <= {"test-0", "test-1"}
    executor.shutdown()
    with pytest.raises(RuntimeError, match="ended"):
        executor.submit(int, "7")


async def test_a_hanging_call_does_not_hold_the_next_one() -> None:
    executor, released = DaemonExecutor("test", 2), threading.Event()
    loop = asyncio.get_running_loop()
    hanging = loop.run_in_executor(executor, released.wait, 20)
    assert await loop.run_in_executor(executor, int, "7") == 7
    assert not hanging.done()
    released.set()
    assert await hanging
    executor.shutdown()


def test_a_hanging_call_does_not_hold_the_exit() -> None:
    code = (
        "import threading; from opsconsole.sources.executor import DaemonExecutor;"
        "DaemonExecutor('test', 1).submit(threading.Event().wait)"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=30, check=False).returncode == 0
