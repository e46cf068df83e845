"""What the pods' containers have written: lines with their times, kept in memory and followed by readers."""

import asyncio
from collections import deque
from dataclasses import dataclass

LINES_KEPT = 2000


@dataclass(frozen=True, slots=True)
class Line:
    at: float
    """Unix seconds."""
    text: str


class LogBook:
    """The newest lines of each pod, and the queues of those who follow it."""

    def __init__(self) -> None:
        self._lines: dict[tuple[str, str], deque[Line]] = {}
        self._previous: dict[tuple[str, str], deque[Line]] = {}
        self._followers: dict[tuple[str, str], set[asyncio.Queue[Line | None]]] = {}

    def append(self, namespace: str, pod: str, at: float, text: str) -> None:
        line = Line(at, text)
        self._lines.setdefault((namespace, pod), deque(maxlen=LINES_KEPT)).append(line)
        for queue in self._followers.get((namespace, pod), ()):
            queue.put_nowait(line)

    def read(
        self, namespace: str, pod: str, since: float | None = None, tail: int | None = None, *, previous: bool = False
    ) -> list[Line]:
        """Lines from `since` on (unix seconds), of these the last `tail`; `previous`: of the life that ended last."""
        known = self._previous if previous else self._lines
        lines = [line for line in known.get((namespace, pod), ()) if since is None or line.at >= since]
        return lines if tail is None else lines[len(lines) - min(tail, len(lines)) :]

    def ended(self, namespace: str, pod: str) -> None:
        """The containers have ended: what they wrote is now their previous log too, and who follows it is done."""
        self._previous[namespace, pod] = deque(self._lines.get((namespace, pod), ()))
        for queue in self._followers.pop((namespace, pod), set()):
            queue.put_nowait(None)

    def started(self, namespace: str, pod: str) -> None:
        """The containers start again, with an empty log."""
        self._lines.pop((namespace, pod), None)

    def has_previous(self, namespace: str, pod: str) -> bool:
        """Whether the containers have ended before."""
        return (namespace, pod) in self._previous

    def follow(self, namespace: str, pod: str) -> "asyncio.Queue[Line | None]":
        """A queue of lines to come; None says that the containers have ended."""
        queue: asyncio.Queue[Line | None] = asyncio.Queue()
        self._followers.setdefault((namespace, pod), set()).add(queue)
        return queue

    def unfollow(self, namespace: str, pod: str, queue: "asyncio.Queue[Line | None]") -> None:
        self._followers.get((namespace, pod), set()).discard(queue)

    def forget(self, namespace: str, pod: str) -> None:
        self._lines.pop((namespace, pod), None)
        self._previous.pop((namespace, pod), None)
        for queue in self._followers.pop((namespace, pod), set()):
            queue.put_nowait(None)
