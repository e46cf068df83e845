"""Starts the demo's supervisor from the console's process and hands back where its platform is reached."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from opsconsole.demo import folder

DEFAULT_SCENARIO = "default"
_STOP_PATIENCE_S = 8.0


class DemoFailed(RuntimeError):
    """The demo did not start; the message says which server, why, and the end of its log."""


@dataclass(slots=True)
class RunningDemo:
    """A platform in a box that lives until `stop()`, the end of the `with` block, or the end of this process."""

    folder: Path
    settings_path: Path
    kubeconfig_path: Path
    facts: dict[str, Any]
    """What the supervisor reported: ports, URLs, paths of secrets."""
    supervisor: subprocess.Popen[bytes]
    _control_fd: int
    _report_fd: int

    def stop(self) -> None:
        """Close the pipe that keeps the demo alive and wait until nothing of it is left."""
        if self._control_fd < 0:
            return
        os.close(self._control_fd)
        self._control_fd = -1
        try:
            self.supervisor.wait(_STOP_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.supervisor.kill()
            self.supervisor.wait()
        os.close(self._report_fd)
        # A supervisor that was killed has left its folder; its children are gone by their death signal.
        if self.folder.exists():
            folder.sweep(self.folder.parent)

    def reports(self) -> Iterator[dict[str, Any]]:
        """What the supervisor says from now on, such as the loss of a server; ends with the supervisor. Blocks."""
        pending = b""
        while data := os.read(self._report_fd, 65536):
            *lines, pending = (pending + data).split(b"\n")
            yield from map(json.loads, lines)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self.stop()


def start_demo(scenario: str = DEFAULT_SCENARIO, seed: int = 1, speed: float = 1.0) -> RunningDemo:
    """Start all servers and wait until they are ready; raises DemoFailed when one does not come up."""
    control_read, control_write = os.pipe()
    report_read, report_write = os.pipe()
    command = [sys.executable, "-P", "-m", "opsconsole.demo.supervisor"]
    command += ["--scenario", scenario, "--seed", str(seed), "--speed", str(speed)]
    command += ["--control-fd", str(control_read), "--report-fd", str(report_write)]
    # Without a name: what the supervisor says when it cannot even report leaves no file behind.
    errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed below, after it has been read
    try:
        supervisor = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=errors,
            stderr=errors,
            pass_fds=(control_read, report_write),
            start_new_session=True,
        )
    finally:
        os.close(control_read)
        os.close(report_write)
    try:
        facts = _first_report(report_read, supervisor, errors)
    except BaseException:
        os.close(control_write)
        os.close(report_read)
        with suppress(subprocess.TimeoutExpired):
            supervisor.wait(_STOP_PATIENCE_S)
        raise
    finally:
        errors.close()
    return RunningDemo(
        folder=Path(facts["folder"]),
        settings_path=Path(facts["settings"]),
        kubeconfig_path=Path(facts["kubeconfig"]),
        facts=facts,
        supervisor=supervisor,
        _control_fd=control_write,
        _report_fd=report_read,
    )


def _first_report(fd: int, supervisor: subprocess.Popen[bytes], errors: IO[bytes]) -> dict[str, Any]:
    """Wait on the pipe for one line; its end without one means that the supervisor itself failed."""
    received = b""
    while b"\n" not in received:
        data = os.read(fd, 65536)
        if not data:
            supervisor.wait()
            errors.seek(0)
            raise DemoFailed("the demo's supervisor ended at start:\n" + errors.read().decode(errors="replace").strip())
        received += data
    facts: dict[str, Any] = json.loads(received.split(b"\n", 1)[0])
    if facts["state"] != "ready":
        raise DemoFailed(facts["message"])
    return facts
