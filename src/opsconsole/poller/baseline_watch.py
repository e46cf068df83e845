"""What the judge knows of baselines: services that left their normal, and releases that made one worse."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from ..model.baseline import Baselines, Comparison
from ..model.collection import Delta
from ..model.finding import Change, Finding
from ..model.reading import Reading
from ..rules.baseline_findings import baseline_findings
from ..rules.measures import trusted
from .topics import BASELINES, COMPARISONS, Topic


class BaselineWatch:
    """A watcher of the judge (see judge.Watcher). What was found stands while nothing trusted is read."""

    def __init__(self) -> None:
        self.topics: Sequence[Topic[Any]] = (BASELINES, COMPARISONS)
        self._baselines: Baselines | None = None
        self._comparisons: tuple[Comparison, ...] = ()

    def changed(self, topic: Topic[Any], reading: Reading[Any], delta: Delta[Any] | None) -> None:
        if not trusted(reading) or reading.value is None:
            return
        if topic == BASELINES:
            self._baselines = reading.value
        else:
            self._comparisons = reading.value

    async def findings(self, now: datetime) -> Iterable[Finding]:
        return baseline_findings(self._baselines, self._comparisons)

    def changes(self, now: datetime) -> Iterable[Change]:
        return ()

    def place(self, finding: Finding) -> Finding:
        return finding
