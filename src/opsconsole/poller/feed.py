"""What a feed is: something that keeps one or more topics of the board fresh until it is cancelled."""

from collections.abc import Awaitable, Callable
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

from ..model.reading import Problem
from .board import Board
from .topics import Topic

T = TypeVar("T")


class Feed(Protocol):
    """Runs as one task. It publishes readings itself, and never ends by an error of its source."""

    @property
    def name(self) -> str: ...

    @property
    def topics(self) -> tuple[Topic[Any], ...]: ...

    async def run(self, board: Board, wake: "Wake") -> None: ...


@runtime_checkable
class Narrowed(Protocol):
    """A feed whose namespaces may change while it runs."""

    def narrow(self) -> None:
        """The settings name other namespaces now."""


class Wake(Protocol):
    """How a feed waits: until its time has come or somebody asks for a refresh."""

    async def wait(self, seconds: float) -> bool:
        """True when a refresh was asked for before the time was over."""


Read = Callable[[], Awaitable[tuple[T, str]]]
"""Asks the source once: (value, where it came from). Raises sources.errors.SourceError."""


class Polled(Generic[T]):
    """A feed that asks again and again (the poller's schedule runs it)."""

    def __init__(
        self,
        name: str,
        topic: Topic[T],
        every_s: float,
        read: Read[T],
        *,
        timeout_s: float = 15.0,
        doubt: Callable[[], Problem | None] = lambda: None,
    ) -> None:
        self.name = name
        self.topic = topic
        self.topics: tuple[Topic[Any], ...] = (topic,)
        self.every_s = every_s
        """Whoever reads may change it: what is dear for the source is asked more rarely."""
        self.usual_s = every_s
        """What asks sooner for a while, as it has more to read, is not late for that."""
        self.read = read
        self.timeout_s = timeout_s
        self.doubt = doubt
        """What is wrong with a source that answers all the same: its clock."""
