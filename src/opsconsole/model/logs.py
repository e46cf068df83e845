"""Log lines as the console keeps them: bytes as they came, so that only what is shown is ever decoded."""

from datetime import UTC, datetime
from enum import IntEnum

import msgspec

from .kubernetes import Labels


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


class Counted(msgspec.Struct, frozen=True, gc=False):
    """A pattern of lines, how often it came, and the worst level of its lines."""

    pattern: str
    count: int
    level: int


class StreamLines(msgspec.Struct, frozen=True, gc=False):
    """Lines of one stream of a store of logs: (nanoseconds since 1970, text)."""

    labels: Labels
    lines: tuple[tuple[int, bytes], ...]


class StoredPattern(msgspec.Struct, frozen=True, gc=False):
    """A pattern that a store of logs has found by itself, and how often it came when: (unix seconds, lines)."""

    pattern: str
    level: str
    samples: tuple[tuple[float, float], ...]


class LogStore(msgspec.Struct, frozen=True, gc=False):
    """What a store of logs says of itself, and how its streams are told apart."""

    version: str
    labels: tuple[str, ...]
    service: str = ""
    """The label that names services; "" where none does."""
    namespace: str = ""
    level: str = ""
    """The label that names levels; "" where a line's own words must."""
    clock_difference_s: float | None = None
    """Its clock less ours."""


class ServiceLog(msgspec.Struct, frozen=True, gc=False):
    """What one service has written lately: lines by level in slices, oldest first, and what is new in it.

    In a slice None is unknown; `errors`, `warnings` and `lines` have the same slices.
    """

    service: str
    namespace: str = ""
    slice_s: float = 60.0
    errors: tuple[float | None, ...] = ()
    warnings: tuple[float | None, ...] = ()
    lines: tuple[float | None, ...] = ()
    since: datetime | None = None
    """Everything from then on is new that did not come in the hour before."""
    breach: str = ""
    """What `since` is the beginning of; "" where nothing fires, and `since` is only a while ago."""
    new: tuple[Counted, ...] | None = None
    """None: nobody has looked."""
    before: int = 0
    """Lines compared with; 0: nothing from before was there, so that all of `new` is only unknown from before."""
    read: str = ""
    """How much of the log that rests on, in words."""
    problem: str = ""


class LogOverview(msgspec.Struct, frozen=True, gc=False):
    """The logs of all services at one instant."""

    services: tuple[ServiceLog, ...] = ()
    source: str = ""
    """What they were read from, in words."""
    remarks: tuple[str, ...] = ()
    """What the reader of these figures must know."""


TAIL = Window("newest lines")
_SHORT = {"Deployment": "deploy", "StatefulSet": "sts", "DaemonSet": "ds", "ReplicaSet": "rs", "Pod": "pod"}


def stamp_of(moment: datetime) -> bytes:
    """A moment as lines are ordered by."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f000Z").encode()


def stamp_at(nanoseconds: int) -> bytes:
    """Nanoseconds since 1970 as lines are ordered by."""
    seconds, rest = divmod(nanoseconds, 10**9)
    return datetime.fromtimestamp(seconds, UTC).strftime(f"%Y-%m-%dT%H:%M:%S.{rest:09d}Z").encode()


def nanoseconds_of(moment: datetime) -> int:
    """A moment as nanoseconds since 1970."""
    return int(moment.timestamp()) * 10**9 + moment.microsecond * 1000


def moment_of(stamp: bytes) -> datetime | None:
    """The moment of a line; None where it carries none."""
    try:
        return datetime.fromisoformat(stamp[:26].decode() + "+00:00")
    except ValueError:
        return None
