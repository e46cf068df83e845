"""What is wrong in a cluster, from the news of the board: kept until asked for, then taken in and judged in steps.

The same judgement (rules.cluster_trouble) as that of the Pods tab, of what is watched whether or not somebody looks.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from ..model.collection import Collection, Delta, in_parts
from ..model.kubernetes import Hpa, Pod, ReplicaSet
from ..model.reading import ProblemKind, Reading, State
from ..rules.cluster_index import ClusterIndex
from ..rules.cluster_trouble import ClusterTrouble
from .topics import (
    BUDGETS,
    HPAS,
    K8S_SERVICES,
    NODE_USAGE,
    NODES,
    POD_USAGE,
    PODS,
    QUOTAS,
    REPLICA_SETS,
    WORKLOADS,
    Topic,
)

JUDGED: tuple[Topic[Any], ...] = (
    NODES, REPLICA_SETS, HPAS, PODS, WORKLOADS, BUDGETS, K8S_SERVICES, QUOTAS, POD_USAGE, NODE_USAGE,
)  # fmt: skip
_USAGE = (POD_USAGE, NODE_USAGE)
"""Without it less is judged, and that for long: nothing waits for it."""


class ClusterJudgement:
    """Feed it readings by `hear`, let it work by `steps`, and ask `trouble`."""

    def __init__(self) -> None:
        self.index = ClusterIndex()
        self.trouble = ClusterTrouble(self.index)
        self._news: deque[tuple[Topic[Any], Delta[Any]]] = deque()
        self._readings: dict[Topic[Any], Reading[Any]] = {}
        self._heard: set[Topic[Any]] = set()
        """Topics that have answered in full, be it that they may not be read or are not offered."""
        self._takers: dict[Topic[Any], Callable[[Delta[Any], datetime], None]] = {
            PODS: self._take_pods,
            HPAS: self._take_hpas,
            REPLICA_SETS: self._take_replica_sets,
            NODES: lambda delta, now: self.trouble.nodes_changed(delta),
            BUDGETS: lambda delta, now: self.trouble.budgets_changed(delta),
            K8S_SERVICES: lambda delta, now: self.trouble.services_changed(delta),
            QUOTAS: lambda delta, now: self.trouble.quotas_changed(delta),
        }

    @property
    def looked(self) -> bool:
        """Whether all that there was at the start is known; what is judged after that is new."""
        return not self._news and self._heard.issuperset(JUDGED)

    def hear(self, topic: Topic[Any], reading: Reading[Any], delta: Delta[Any] | None) -> None:
        """Without a delta it is the whole collection."""
        self._readings[topic] = reading
        if _answered(reading) or (topic in _USAGE and reading.problem is not None):
            self._heard.add(topic)
        if topic == POD_USAGE:
            self.trouble.usage_changed(reading.value or {})
        elif topic == NODE_USAGE:
            self.trouble.node_usage_changed(reading.value or {})
        elif topic in self._takers and isinstance(reading.value, Collection):
            delta = delta if delta is not None else Delta(upserts=dict(reading.value.rows), reset=True)
            if delta.reset or delta.upserts or delta.removals:
                self._news.append((topic, delta))

    def steps(self, now: datetime) -> Iterator[None]:
        """All that is to do now; between two steps others may have their turn."""
        while self._news:
            topic, delta = self._news.popleft()
            for part in in_parts(delta):
                self._takers[topic](part, now)
                yield
        self.trouble.workloads_changed(self._rows(WORKLOADS))
        self.trouble.pods_are_known(_whole(self._readings.get(PODS)))
        yield from self.trouble.judge(now)

    def _take_pods(self, delta: Delta[Pod], now: datetime) -> None:
        touched = self.index.pods_changed(delta)
        self.trouble.pods_changed(delta, now)
        self.trouble.touch(touched)

    def _take_hpas(self, delta: Delta[Hpa], now: datetime) -> None:
        self.trouble.touch(self.index.hpas_changed(self._rows(HPAS)))
        self.trouble.hpas_changed(delta)

    def _take_replica_sets(self, delta: Delta[ReplicaSet], now: datetime) -> None:
        self.trouble.touch(self.index.replica_sets_changed(delta))
        self.trouble.replica_sets_changed(delta)

    def _rows(self, topic: Topic[Any]) -> Mapping[str, Any]:
        reading = self._readings.get(topic)
        return reading.value.rows if reading is not None and isinstance(reading.value, Collection) else {}


def _answered(reading: Reading[Any]) -> bool:
    """Whether it tells all that there is; a server that does not answer says nothing of that."""
    if isinstance(reading.value, Collection):
        return reading.value.complete
    problem = reading.problem
    refused = problem is not None and problem.kind in (ProblemKind.FORBIDDEN, ProblemKind.MISSING)
    return refused or reading.value is not None


def _whole(reading: Reading[Any] | None) -> bool:
    """Whether it is live, and nothing is missing in it."""
    value = reading.value if reading is not None and reading.state is State.OK else None
    return isinstance(value, Collection) and value.complete and not value.denied and not value.unreadable
