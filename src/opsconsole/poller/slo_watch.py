"""What the judge knows of error budgets: what burns too fast, what is spent, and what cannot be told any more."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from ..model.collection import Delta
from ..model.finding import Change, Finding
from ..model.reading import Reading
from ..model.slo import Slos
from ..rules.measures import trusted
from ..rules.slo_findings import slo_findings
from .topics import SLOS, Topic


class SloWatch:
    """A watcher of the judge (see judge.Watcher). What was found stands while nothing trusted is read."""

    def __init__(self) -> None:
        self.topics: Sequence[Topic[Any]] = (SLOS,)
        self._slos = Slos()

    def changed(self, topic: Topic[Any], reading: Reading[Any], delta: Delta[Any] | None) -> None:
        if trusted(reading) and reading.value is not None:
            self._slos = reading.value

    async def findings(self, now: datetime) -> Iterable[Finding]:
        return slo_findings(self._slos, now)

    def changes(self, now: datetime) -> Iterable[Change]:
        return ()

    def place(self, finding: Finding) -> Finding:
        return finding
