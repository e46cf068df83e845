"""What the judge knows of changes that leave no object behind: DDL of each server, and actions of consoles."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from ..model.collection import Delta
from ..model.finding import Change, Finding
from ..model.reading import Reading
from ..rules.traced_changes import action_changes, ddl_changes
from .topics import CLUSTER, JOURNAL, Topic

KEPT = timedelta(hours=3)


class TracesWatch:
    """A watcher of the judge (see judge.Watcher)."""

    def __init__(self, statements: Sequence[Topic[Any]] = ()) -> None:
        """`statements`: those of every server; without any it looks at the journal."""
        self._of_servers = frozenset(statements)
        self.topics: Sequence[Topic[Any]] = tuple(statements) or (JOURNAL, CLUSTER)
        self._seen: dict[tuple[str, str], Change] = {}
        """A statement may leave the list again; that it was there stays."""
        self._lines: Any = ()
        self._context = ""

    def changed(self, topic: Topic[Any], reading: Reading[Any], delta: Delta[Any] | None) -> None:
        if topic in self._of_servers:
            for change in ddl_changes(reading.value):
                self._seen.setdefault((change.object, change.what), change)
        elif topic == JOURNAL:
            self._lines = reading.value or ()
        elif reading.value is not None:
            self._context = reading.value.context

    async def findings(self, now: datetime) -> Iterable[Finding]:
        return ()

    def changes(self, now: datetime) -> Iterable[Change]:
        self._seen = {key: change for key, change in self._seen.items() if now - change.at <= KEPT}
        done = action_changes(self._lines, self._context)
        return [*self._seen.values(), *(change for change in done if now - change.at <= KEPT)]

    def place(self, finding: Finding) -> Finding:
        return finding
