"""What the capacity sentence and a node's page say while a scenario plays."""

from opsconsole.demo.kubernetes import resources as served
from opsconsole.demo.scenarios.node_loss import LOST
from opsconsole.model.collection import Delta
from opsconsole.model.kubernetes import Node, Pod, Usage
from opsconsole.rules.cluster_index import ClusterIndex
from opsconsole.rules.headroom import capacity_words, fullest, total
from opsconsole.rules.node_loss import Loss, Places
from opsconsole.screens.node_page import Seen, lines
from opsconsole.sources.kubernetes import kinds
from opsconsole.sources.kubernetes.quantity import quantity
from opsconsole.widgets.line import plain
from tests.demo.played import Played

HOG_NODE = "ip-10-0-3-88"


class Capacity:
    """What the console makes of a played scenario's nodes and pods."""

    def __init__(self, demo: Played) -> None:
        self.demo = demo
        self.nodes: list[Node] = demo.every(kinds.NODES, served.NODES)
        self.pods: list[Pod] = demo.every(kinds.PODS, served.PODS)
        self.index = ClusterIndex()
        self.index.pods_changed(Delta({pod.uid: pod for pod in self.pods}, reset=True))
        usage = demo.cluster.usage
        self.node_usage = {each["metadata"]["name"]: _used(each["usage"]) for each in usage.node_metrics()}
        self.usage = {
            f"{namespace}/{name}": Usage(used.cpu_millicores / 1000, float(used.memory_bytes))
            for (namespace, name), used in usage.pods.items()
        }

    def loss(self, node: str) -> Loss:
        return Places(self.index.rooms(self.nodes)).lose(node, self.index.pods_on(node))

    def sentence(self) -> str:
        found = fullest(self.nodes, self.index.node_sums())
        assert found is not None
        return capacity_words(total(self.nodes, self.index.node_sums(), self.node_usage), self.loss(found[0].name))

    def page(self, name: str) -> list[str]:
        node = next(one for one in self.nodes if one.name == name)
        seen = Seen(
            node=node,
            body=self.demo.body(served.NODES, name),
            events=(),
            lease=self.demo.body(served.LEASES, name, "kube-node-lease"),
            sums=self.index.sums_on(name),
            pods=tuple(self.index.pods_on(name)),
            only="",
            used=self.node_usage.get(name),
            usage=self.usage,
            loss=self.loss(name),
        )
        return [plain(line) for line in lines(seen, self.demo.now)]

    @property
    def waiting(self) -> int:
        return sum(not pod.node for pod in self.pods)


def _used(amounts: dict[str, str]) -> Usage:
    return Usage(quantity(amounts["cpu"]) or 0.0, quantity(amounts["memory"]) or 0.0)


def after(page: list[str], title: str) -> str:
    """The line below a title of the page."""
    return page[next(at for at, line in enumerate(page) if line.startswith(title)) + 1].strip()


def test_a_noisy_neighbour_shows_in_what_is_used_not_in_what_is_requested() -> None:
    demo = Played("noisy-neighbour")
    calm = Capacity(demo).sentence()
    assert calm.startswith("CPU 67 % requested of 23.7 cores, headroom 33 % ok · memory 18 %, headroom 82 % ok")

    demo.until(80)
    now = Capacity(demo)
    assert now.sentence().startswith(f"{HOG_NODE} uses 100 % of its cpu · CPU 67 % requested of 23.7 cores")
    page = now.page(HOG_NODE)
    assert any(line.startswith("CAPACITY   uses 100 % of its cpu · fullest: cpu 63 % requested") for line in page)
    greedy = after(page, "MOST CPU")
    assert greedy.startswith("report-export-")
    assert greedy.endswith("%: over it"), "it requests 100m"
    assert not any("uses" in line for line in now.page("ip-10-0-2-42"))


def test_before_a_node_is_lost_its_page_says_what_will_find_no_place_and_then_so_it_is() -> None:
    demo = Played("node-loss", toleration_s=60)
    demo.until(59)
    before = Capacity(demo)
    foreseen = before.loss(LOST)
    assert before.sentence().startswith(
        "CPU 73 % requested of 23.7 cores, headroom 27 % ok · memory 19 %, headroom 81 % ok · "
        f"if {HOG_NODE} went: 3 to 6 of 15 pods would not fit, as they come ("
    ), "the fullest"
    line = "IF IT WENT   3 to 9 of 17 pods would not fit, as they come (auth 2, media 1, "
    assert any(each.startswith(line) for each in before.page(LOST))
    assert {one.why for one in foreseen.left} == {"cpu"}

    demo.until(220)
    now = Capacity(demo)
    assert now.sentence().startswith("CPU 96 % requested of 15.8 cores, below the 20 % rule")
    assert now.sentence().endswith("1 node left out (cordoned, not ready or tainted)")
    # a StatefulSet does not replace what may still run: its pod has no new one that waits
    assert foreseen.fewest <= now.waiting + 1 <= len(foreseen.left)
    page = now.page(LOST)
    assert page[0].startswith("state       NotReady: NodeStatusUnknown since")
    assert any(line.startswith("taints      node.kubernetes.io/unreachable:NoSchedule") for line in page)
    assert any("the kubelet is silent" in line for line in page)
    assert any("Ready Unknown: NodeStatusUnknown" in line for line in page)
    assert any("usage unknown: requested only" in line for line in page)
