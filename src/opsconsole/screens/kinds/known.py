"""What the lists of the Pods tab know together: rows, readings, and what is derived from them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...model.action import Run
from ...model.collection import Collection
from ...model.finding import Finding
from ...model.kubernetes import Event, Hpa, HpaPast, Node, Pod, Usage
from ...model.reading import Reading
from ...poller.topics import NODES, PODS, WORKLOADS, Topic
from ...rules.cluster_index import ClusterIndex, Key
from ..table_tab import sure

if TYPE_CHECKING:
    from ..base import Context
    from ..pod_columns import WorkloadRow
    from .kind import Kind


class Known:
    """Kept by ClusterNews; lists and panes read it."""

    def __init__(self, context: "Context") -> None:
        self.context = context
        self.index = ClusterIndex()
        self.usage: dict[str, Usage] = {}
        self.node_usage: Mapping[str, Usage] = {}
        self.hpa_past: Mapping[str, HpaPast] = {}
        self.triggers: tuple[Finding, ...] = ()
        self.runs: dict[Key, Run] = {}
        """The newest that was done from here, by workload."""
        self.readings: dict[Topic[Any], Reading[Any]] = {}
        self.touched: set[Key] = set()
        """Workloads to judge anew."""
        self.kinds: dict[str, Kind[Any]] = {}
        self.on_screen = ""
        """Id of the list that is looked at; "" while the tab is hidden."""
        # The rows of the lists themselves, by uid; each list hands in its own.
        self.wrong: Mapping[str, Any] = {}
        self.workloads: Mapping[str, WorkloadRow] = {}
        self.pods: Mapping[str, Pod] = {}
        self.nodes: Mapping[str, Node] = {}
        self.hpas: Mapping[str, Hpa] = {}
        self.events: Mapping[str, Event] = {}
        self.judged: dict[str, WorkloadRow] = {}
        """Workloads that the rebuilding under way judged anew, runs that ended well included."""
        self.left: frozenset[str] = frozenset()
        """Uids of those that it found gone."""

    def reading(self, topic: Topic[Any]) -> Reading[Any]:
        return self.readings.get(topic, Reading())

    def collection(self, topic: Topic[Any]) -> Collection[Any] | None:
        value = self.reading(topic).value
        return value if isinstance(value, Collection) else None

    def usage_of(self, pod: Any) -> Usage | None:
        return self.usage.get(f"{pod.namespace}/{pod.name}")

    def sees_all(self) -> bool:
        """Whether everything that could be wrong is read, live and whole."""
        readings = [self.reading(topic) for topic in (PODS, WORKLOADS, NODES)]
        values = [reading.value for reading in readings if isinstance(reading.value, Collection)]
        return sure(*readings) and all(value.complete and not value.denied and not value.unreadable for value in values)
