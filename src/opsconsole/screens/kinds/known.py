"""What the lists of the Pods tab know together: rows, readings, and what is derived from them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...model.action import Run
from ...model.collection import Collection
from ...model.finding import Finding
from ...model.kubernetes import Event, Hpa, HpaPast, Node, Pod, Usage
from ...model.reading import ProblemKind, Reading, State
from ...poller.topics import BUDGETS, HPAS, K8S_SERVICES, NODES, PODS, QUOTAS, WORKLOADS, Topic
from ...rules.cluster_index import ClusterIndex, Key
from ...rules.cluster_trouble import ClusterTrouble
from ...text.clean import clean
from ..node_losses import NodeLosses
from ..table_tab import sure

_JUDGED: dict[str, Topic[Any]] = {
    "pods": PODS, "workloads": WORKLOADS, "nodes": NODES, "HPAs": HPAS, "services": K8S_SERVICES,
    "budgets": BUDGETS, "quotas": QUOTAS,
}  # fmt: skip
"""What is judged whether or not somebody looks at it."""

if TYPE_CHECKING:
    from ..base import Context
    from ..columns.workloads import WorkloadRow
    from .kind import Kind
    from .new_lines import NewLines


class Known:
    """Kept by ClusterNews; lists and panes read it."""

    def __init__(self, context: "Context") -> None:
        self.context = context
        self.index = ClusterIndex()
        self.trouble = ClusterTrouble(self.index)
        """Judges all kinds; of pods only those that no workload speaks for."""
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
        self.new_lines: NewLines | None = None
        """Of the logs of the workload under the cursor."""
        self.lost_news = False
        """Something that came could not be taken in: the lists may lack it."""
        self.on_screen = ""
        """Id of the list that is looked at; "" while the tab is hidden."""
        # The rows of the lists themselves, by uid; each list hands in its own.
        self.wrong: Mapping[str, Any] = {}
        self.workloads: Mapping[str, WorkloadRow] = {}
        self.pods: Mapping[str, Pod] = {}
        self.nodes: Mapping[str, Node] = {}
        self.hpas: Mapping[str, Hpa] = {}
        self.events: Mapping[str, Event] = {}
        self.events_of: dict[str, dict[str, Event]] = {}
        """The same by the uid of what they are about: the pane must not walk thousands at each key."""
        self.losses = NodeLosses(self.index, lambda: self.nodes)
        self.judged: dict[str, WorkloadRow] = {}
        """Rows of workloads that the rebuilding under way made anew, runs that ended well included."""
        self.left: frozenset[str] = frozenset()
        """Uids of those that it found gone."""

    def forget(self) -> None:
        """The tab is left: hold no row any more. A collector that keeps out of the way would never free them."""
        vars(self).update(vars(Known(self.context)))

    def reading(self, topic: Topic[Any]) -> Reading[Any]:
        return self.readings.get(topic, Reading())

    def collection(self, topic: Topic[Any]) -> Collection[Any] | None:
        value = self.reading(topic).value
        return value if isinstance(value, Collection) else None

    @property
    def namespaces(self) -> tuple[str, ...]:
        """Those that are looked at; none: all."""
        kubernetes = self.context.profile.kubernetes
        return tuple(kubernetes.namespaces) if kubernetes is not None else ()

    def unseen(self, but: Topic[Any] | None = None) -> list[str]:
        """Kinds in which something may be wrong unseen, each with why; `but` is told of elsewhere."""
        found = []
        for name, topic in _JUDGED.items():
            if topic is not but and topic in self.readings and (why := not_whole(self.reading(topic))):
                found.append(f"{name} ({why})")
        return found

    def unseen_words(self, but: Topic[Any] | None = None) -> str:
        """The same for a headline; "" where all is seen."""
        found = self.unseen(but)
        return f" · not seen: {', '.join(found)}" if found else ""

    def usage_of(self, pod: Any) -> Usage | None:
        return self.usage.get(f"{pod.namespace}/{pod.name}")

    def sees_all(self, *topics: Topic[Any]) -> bool:
        """Whether these, or all in which something could be wrong, are read, live and whole."""
        readings = [self.reading(topic) for topic in topics or (PODS, WORKLOADS, NODES)]
        values = [reading.value for reading in readings if isinstance(reading.value, Collection)]
        return sure(*readings) and all(value.complete and not value.denied and not value.unreadable for value in values)


def not_whole(reading: Reading[Any]) -> str:
    """Why a list may not be whole, in a word or two; "" where it is whole and live."""
    value, problem = reading.value, reading.problem
    if problem is not None and problem.kind is ProblemKind.FORBIDDEN:
        return "forbidden"
    if problem is not None and problem.kind is ProblemKind.MISSING:
        return "not offered by this server"
    if isinstance(value, Collection):
        if value.denied:
            return f"forbidden in {', '.join(map(clean, value.denied))}"
        if value.unreadable:
            return f"{len(value.unreadable)} unreadable"
        if not value.complete:
            return "loading"
    if reading.state is State.OK or (reading.state is State.OFF and problem is None):
        return ""
    return "loading" if reading.state is State.LATE and value is None else str(reading.state)
