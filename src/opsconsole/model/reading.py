"""A reading: one value of one topic with its age, origin and state, so that nothing old is ever shown as live."""

from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

import msgspec

from .asked import Asked

T = TypeVar("T")


class State(StrEnum):
    """How far a reading can be trusted."""

    OK = "ok"
    LATE = "late"
    """An answer is overdue; before the first answer every topic is late and has no value."""
    STALE = "stale"
    """The value is old: shown dimmed and dated."""
    FAILED = "failed"
    """The source answered with an error, or not at all; the last good value stays."""
    OFF = "off"
    """Not configured: no answer will come."""


class ProblemKind(StrEnum):
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    MISCONFIGURED = "misconfigured"
    MISSING = "missing"
    BAD_ANSWER = "bad answer"
    REFUSED = "refused"
    INTERNAL = "internal"


class Problem(msgspec.Struct, frozen=True, gc=False):
    """Why a reading could not be taken, in words for an operator."""

    kind: ProblemKind
    sentence: str
    """What is wrong: one sentence, clean of control characters and secrets."""
    remedy: str = ""
    """The one thing to do next; empty where nothing but waiting helps."""


class Reading(msgspec.Struct, Generic[T], frozen=True, gc=False):
    """The newest value of one topic."""

    value: T | None = None
    state: State = State.LATE
    taken: datetime | None = None
    """When the value was true at its source (UTC); None before the first one."""
    took_s: float = 0.0
    source: str = ""
    """Where it came from: the query, path or file itself."""
    problem: Problem | None = None
    asked: tuple[Asked, ...] = ()
    """The queries behind the value; of a reading that failed those that it came to, the one that failed last."""
