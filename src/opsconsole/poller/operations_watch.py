"""What the judge knows of what people did beside the cluster: silences, and the settings of databases."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from ..model.alerts import Silence
from ..model.collection import Delta
from ..model.finding import Change, Finding
from ..model.reading import Reading
from ..rules.silences import silence_changes
from .topics import SILENCES, Topic


class OperationsWatch:
    """A watcher of the judge (see judge.Watcher) for silences, or for the topics of database changes."""

    def __init__(self, servers: Sequence[Topic[tuple[Change, ...]]] = ()) -> None:
        self.topics: Sequence[Topic[Any]] = tuple(servers) or (SILENCES,)
        self._silences: tuple[Silence, ...] = ()
        self._of_servers: dict[Topic[Any], tuple[Change, ...]] = {}

    def changed(self, topic: Topic[Any], reading: Reading[Any], delta: Delta[Any] | None) -> None:
        """Keep the newest of each; a failed reading keeps the last good value."""
        if topic == SILENCES:
            self._silences = reading.value or ()
        else:
            self._of_servers[topic] = reading.value or ()

    async def findings(self, now: datetime) -> Iterable[Finding]:
        """None: what people do is no trouble by itself."""
        return ()

    def changes(self, now: datetime) -> Iterable[Change]:
        return [*silence_changes(self._silences, now), *(c for told in self._of_servers.values() for c in told)]

    def place(self, finding: Finding) -> Finding:
        return finding
