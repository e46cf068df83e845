"""How long the capacity of a large cluster takes: taking pods in, the sums, and what the loss of nodes would mean."""

import time
from collections.abc import Callable
from typing import Any

from opsconsole.model.collection import Delta
from opsconsole.model.kubernetes import Condition, Container, Node, Owner, Pod
from opsconsole.model.placement import Placement, Toleration
from opsconsole.rules.capacity import room_on
from opsconsole.rules.cluster_index import ClusterIndex
from opsconsole.rules.headroom import fullest, total
from opsconsole.rules.node_loss import Places

from .large import Options
from .report import Figure

SIZES = ((10_000, 500), (50_000, 1_000))
VISIBLE = 40
GIB = 2.0**30
DEFAULTS = tuple(
    Toleration(f"node.kubernetes.io/{word}", "Exists", "", "NoExecute") for word in ("not-ready", "unreachable")
)
PLACEMENTS = (
    Placement(DEFAULTS),
    Placement(DEFAULTS, selector=(("pool", "a"),)),
    Placement((*DEFAULTS, Toleration("dear", "Exists")), unread=("pod anti-affinity",)),
)


def capacity(options: Options) -> list[Figure]:
    return [figure for pods, nodes in SIZES for figure in _of(pods, nodes)]


def _of(pods: int, nodes: int) -> list[Figure]:
    size = f"{pods:,} pods on {nodes:,} nodes"
    hosts, held = [_node(number) for number in range(nodes)], [_pod(number, nodes, pods) for number in range(pods)]
    index = ClusterIndex()
    delta = Delta({pod.uid: pod for pod in held}, reset=True)
    taken, _ = _timed(lambda: index.pods_changed(delta))
    one = Delta({held[0].uid: held[0]})
    changed, _ = _timed(lambda: [index.pods_changed(one) for _ in range(100)])
    summed, _ = _timed(lambda: total(hosts, index.node_sums(), {}))
    found, full = _timed(lambda: fullest(hosts, index.node_sums()))
    rooms_s, rooms = _timed(lambda: index.rooms(hosts))
    fits_s, _ = _timed(lambda: room_on(rooms, held[0], nodes))
    assert full is not None
    name = full[0].name
    first, loss = _timed(lambda: Places(rooms).lose(name, index.pods_on(name)))
    places = Places(rooms)
    seen, _ = _timed(lambda: [places.lose(host.name, index.pods_on(host.name)) for host in hosts[:VISIBLE]])
    every, _ = _timed(lambda: [places.lose(host.name, index.pods_on(host.name)) for host in hosts])
    return [
        Figure(f"{size}: taken in", taken * 1000, "ms"),
        Figure(f"{size}: one pod changed", changed * 10_000, "µs"),
        Figure(f"{size}: the sums, the fullest node", (summed + found) * 1000, "ms"),
        Figure(f"{size}: how many more pods fit", (rooms_s + fits_s) * 1000, "ms", 50),
        Figure(f"{size}: loss of the fullest node", (rooms_s + first) * 1000, "ms", 50,
               f"{len(loss.left)} of {loss.moving} out"),
        Figure(f"{size}: loss of each of {VISIBLE} nodes in view", seen * 1000, "ms",
               note="beside the keys, in slices"),
        Figure(f"{size}: loss of each node", every * 1000, "ms", note="no screen asks for all"),
    ]  # fmt: skip


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    found = work()
    return time.perf_counter() - began, found


def _node(number: int) -> Node:
    taints = ("dear=yes:NoSchedule",) if number % 20 == 0 else ()
    labels = (("pool", "ab"[number % 2]), ("topology.kubernetes.io/zone", "abc"[number % 3]))
    return Node(
        f"u-{number}", f"node-{number}", "Ready", "<none>", "v1.36.0", None, cpu=16.0, memory=64 * GIB, pods=110,
        taints=taints, conditions=(Condition("Ready", "True"),), labels=labels,
    )  # fmt: skip


def _pod(number: int, nodes: int, pods: int) -> Pod:
    """Each node is requested to about four fifths."""
    workload = number % 40
    share = 16.0 * 0.8 / (pods / nodes)
    cpu, memory = share * (0.5 + workload / 40), share * GIB * (2.0 + workload % 4)
    container = Container("app", "app:1", True, "running", cpu_request=cpu, memory_request=memory, memory_limit=memory)
    return Pod(
        f"p-{number}", f"ns-{workload % 30}", f"app-{workload}-{number}", "Running", "Running", 1, 1, 0, None,
        node=f"node-{(number * 7 + number // nodes) % nodes}", owner=Owner("ReplicaSet", f"app-{workload}-abc"),
        revision="abc", containers=(container,), placement=PLACEMENTS[0 if workload % 5 else 1 + workload % 2],
    )  # fmt: skip
