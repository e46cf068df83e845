"""The board: the newest reading of each topic, and who wants to hear of it.

All of it runs on the event loop's thread; subscribers are called at once, in the order they subscribed.
"""

import logging
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from ..model.asked import Asked
from ..model.collection import Collection, Delta
from ..model.reading import Problem, Reading, State
from .topics import Topic

T = TypeVar("T")
Subscriber = Callable[[Reading[Any], Delta[Any] | None], None]
log = logging.getLogger(__name__)


class Board:
    """Newest reading per topic. `publish` replaces, `mark` changes only the state; both tell the subscribers."""

    def __init__(self) -> None:
        self._readings: dict[Topic[Any], Reading[Any]] = {}
        self._subscribers: dict[Topic[Any], list[Subscriber]] = {}

    def get(self, topic: Topic[T]) -> Reading[T]:
        """The newest reading; a late one without value before the first."""
        return self._readings.get(topic, Reading())

    def topics(self) -> tuple[Topic[Any], ...]:
        return tuple(self._readings)

    def publish(self, topic: Topic[T], reading: Reading[T], delta: Delta[Any] | None = None) -> None:
        """Keep the reading; `delta` says what changed where the value is a Collection."""
        self._readings[topic] = reading
        self._tell(topic, reading, delta)

    def mark(
        self, topic: Topic[Any], state: State, problem: Problem | None = None, asked: tuple[Asked, ...] = ()
    ) -> None:
        """Change the state of a topic and keep its last good value; `asked` is what led to the problem."""
        before = self.get(topic)
        if (before.state, before.problem) == (state, problem) and topic in self._readings:
            return
        reading = msgspec.structs.replace(before, state=state, problem=problem, asked=asked or before.asked)
        self._readings[topic] = reading
        self._tell(topic, reading, Delta())

    def forget(self, topic: Topic[Any]) -> None:
        """Nobody asks for it any more: its last reading goes."""
        self._readings.pop(topic, None)
        if not self._subscribers.get(topic):
            self._subscribers.pop(topic, None)

    def clear(self) -> None:
        """Forget everything and everybody: the platform is left. Its rows go now: no collector looks for them."""
        for reading in self._readings.values():
            if isinstance(reading.value, Collection):
                reading.value.rows.clear()
        self._readings.clear()
        self._subscribers.clear()

    def subscribe(
        self, topic: Topic[T], subscriber: Callable[[Reading[T], Delta[Any] | None], None]
    ) -> Callable[[], None]:
        """Hear of each new reading of a topic; returns what ends the subscription."""
        subscribers = self._subscribers.setdefault(topic, [])
        subscribers.append(subscriber)

        def unsubscribe() -> None:
            if subscriber in subscribers:
                subscribers.remove(subscriber)

        return unsubscribe

    def _tell(self, topic: Topic[Any], reading: Reading[Any], delta: Delta[Any] | None) -> None:
        for subscriber in tuple(self._subscribers.get(topic, ())):
            try:
                subscriber(reading, delta)
            except Exception:  # one subscriber's mistake must not cost the others their news; it is logged whole
                log.exception("a subscriber of %s failed", topic.name)
