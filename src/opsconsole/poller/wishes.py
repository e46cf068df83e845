"""Who wants topics that are not watched otherwise: screens wish, feeds hear of it; wishes outlive the feeds."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from .topics import Topic


class Wishes:
    """Counts who wants a topic. All of it runs on the event loop's thread."""

    def __init__(self) -> None:
        self._wanted: Counter[Topic[Any]] = Counter()
        self._hearers: dict[Topic[Any], list[Callable[[], None]]] = {}

    def want(self, topic: Topic[Any]) -> Callable[[], None]:
        """Want a topic from now on; the answer takes the wish back, once."""
        self._wanted[topic] += 1
        self._tell(topic)
        given = True

        def release() -> None:
            nonlocal given
            if given:
                given = False
                self._wanted[topic] -= 1
                self._tell(topic)

        return release

    def wanted(self, topic: Topic[Any]) -> bool:
        return self._wanted[topic] > 0

    def hear(self, topic: Topic[Any], hearer: Callable[[], None]) -> Callable[[], None]:
        """Call back at each wish for the topic and whenever one is taken back; returns what ends that."""
        hearers = self._hearers.setdefault(topic, [])
        hearers.append(hearer)
        return lambda: hearers.remove(hearer)

    def _tell(self, topic: Topic[Any]) -> None:
        for hearer in tuple(self._hearers.get(topic, ())):
            hearer()
