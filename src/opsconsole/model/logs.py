"""Log lines as the console keeps them: bytes as they came, so that only what is shown is ever decoded."""

from datetime import UTC, datetime
from enum import IntEnum

import msgspec


class Level(IntEnum):
    """How bad a line says it is."""

    UNKNOWN = 0
    DEBUG = 1
    INFO = 2
    WARNING = 3
    ERROR = 4


class LogLine(msgspec.Struct, frozen=True, gc=False):
    key: bytes
    """What it is ordered by: its time, but never before the line that its own stream wrote earlier."""
    text: bytes
    source: int = -1
    """Number of its LogSource; -1: of none."""
    level: int = 0
    stamp: bytes = b""
    """`2026-03-26T02:44:09.123456789Z`, as the container runtime noted it; b"" where the line carries none."""
    mark: bool = False
    """Said by the console between the lines: a restart, a gap, what cannot be read."""


class LogSource(msgspec.Struct, frozen=True, gc=False):
    """One container of one pod."""

    number: int
    namespace: str
    pod: str
    uid: str
    container: str
    label: str
    """Short and yet its own among the others: `worker-x7p`, `worker-x7p/proxy`."""
    init: bool = False


class LogTarget(msgspec.Struct, frozen=True, gc=False):
    """Whose logs: one pod's, or those of all pods of a workload."""

    kind: str
    namespace: str
    name: str

    @property
    def words(self) -> str:
        """`deploy/worker`."""
        return f"{_SHORT.get(self.kind, self.kind.lower())}/{self.name}"


class Window(msgspec.Struct, frozen=True, gc=False):
    """Which lines: the newest, those from a time on, or those between two times."""

    title: str
    """`newest lines`, `since 02:30`, `02:30-02:35`."""
    start: datetime | None = None
    end: datetime | None = None
    """None: go on as lines come."""


TAIL = Window("newest lines")
_SHORT = {"Deployment": "deploy", "StatefulSet": "sts", "DaemonSet": "ds", "ReplicaSet": "rs", "Pod": "pod"}


def stamp_of(moment: datetime) -> bytes:
    """A moment as lines are ordered by."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f000Z").encode()


def moment_of(stamp: bytes) -> datetime | None:
    """The moment of a line; None where it carries none."""
    try:
        return datetime.fromisoformat(stamp[:26].decode() + "+00:00")
    except ValueError:
        return None
