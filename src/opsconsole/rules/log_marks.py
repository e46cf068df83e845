"""What is said between log lines: a restart, a gap, a pod that has gone."""

from datetime import datetime

from ..model.kubernetes import Container
from ..text import units


def restart(label: str, container: Container) -> str:
    """`worker-x7p restart 7: OOMKilled 137 at 02:44:10, back after 2m40s`."""
    last = container.last
    if last is None:
        return f"{label} restart {container.restarts}: how the run before ended is unknown"
    words = f"{label} restart {container.restarts}: {last.reason or 'ended'} {last.exit_code}"
    if last.finished is None:
        return words
    words += f" at {last.finished:%H:%M:%S}"
    if container.started is not None and container.state == "running":
        words += f", back after {units.span((container.started - last.finished).total_seconds())}"
    return words


def over(label: str, container: Container) -> str:
    """`worker-x7p OOMKilled 137 at 02:44:10, not back: CrashLoopBackOff`."""
    last = container.last
    if last is None:
        return f"{label} has ended, not back: {container.reason or container.state}"
    when = f" at {last.finished:%H:%M:%S}" if last.finished is not None else ""
    return f"{label} {last.reason or 'ended'} {last.exit_code}{when}, not back: {container.reason or container.state}"


def gap(label: str, lost: datetime, back: datetime, *, whole: bool) -> str:
    """`worker-x7p gap 02:47:02-02:47:09 stream lost, re-opened: nothing missed`."""
    end = "nothing missed" if whole else "lines may be missing"
    return f"{label} gap {lost:%H:%M:%S}-{back:%H:%M:%S} stream lost, re-opened: {end}"


def waits(label: str, container: Container) -> str:
    """Why a container has written nothing yet."""
    return f"{label} has not started: {container.reason or container.state}"
