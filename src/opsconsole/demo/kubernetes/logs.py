"""What the pods' containers have written: lines with their times, kept in memory and followed by readers."""

import asyncio
from collections import deque
from dataclasses import dataclass

LINES_KEPT = 2000
LEFT_KEPT = 200
"""Pods that have gone and whose lines a store of logs would still have."""


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
        self._left: dict[tuple[str, str], deque[Line]] = {}
        self._hearers: set[asyncio.Queue[tuple[tuple[str, str], Line]]] = set()

    def places(self) -> list[tuple[str, str]]:
        """(namespace, pod) of all that have written, those that have gone, too."""
        return list(dict.fromkeys((*self._left, *self._previous, *self._lines)))

    def whole(self, namespace: str, pod: str, since: float) -> list[Line]:
        """All that a store of logs has of a pod from then on: of its lives before, and after it has gone."""
        lives = (
            self._left.get((namespace, pod)),
            self._previous.get((namespace, pod)),
            self._lines.get((namespace, pod)),
        )
        found = {id(line): line for life in lives for line in life or () if line.at >= since}
        return list(found.values())

    def hear(self) -> "asyncio.Queue[tuple[tuple[str, str], Line]]":
        """A queue of all lines to come, whoever writes them."""
        queue: asyncio.Queue[tuple[tuple[str, str], Line]] = asyncio.Queue()
        self._hearers.add(queue)
        return queue

    def unhear(self, queue: "asyncio.Queue[tuple[tuple[str, str], Line]]") -> None:
        self._hearers.discard(queue)

    def append(self, namespace: str, pod: str, at: float, text: str) -> None:
        line = Line(at, text)
        self._lines.setdefault((namespace, pod), deque(maxlen=LINES_KEPT)).append(line)
        for queue in self._followers.get((namespace, pod), ()):
            queue.put_nowait(line)
        for hearer in self._hearers:
            hearer.put_nowait(((namespace, pod), line))

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
        previous = self._previous.pop((namespace, pod), None) or ()
        current = self._lines.pop((namespace, pod), None) or ()
        lines = {id(line): line for line in (*previous, *current)}
        if lines:
            self._left[namespace, pod] = deque(lines.values(), maxlen=LINES_KEPT)
            if len(self._left) > LEFT_KEPT:
                del self._left[next(iter(self._left))]
        for queue in self._followers.pop((namespace, pod), set()):
            queue.put_nowait(None)
