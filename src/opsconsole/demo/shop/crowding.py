"""How full the nodes are: what their pods ask of the CPUs against what the CPUs have."""

from collections.abc import Mapping

from opsconsole.demo.platform import PodLoad, WorkloadState
from opsconsole.demo.shop.behaviour import NORMAL, Behaviours
from opsconsole.demo.shop.inventory import NODES

SYSTEM_MILLICORES = 320.0
"""What a node's own services and those of the cluster use at most."""
_MOST = 4.0


def hogs(states: Mapping[str, WorkloadState], behaviours: Behaviours) -> dict[str, tuple[str, float]]:
    """Pods that take every CPU they can get: pod → (its node, millicores that its threads could use)."""
    found = {}
    for name, state in states.items():
        for pod, life in (state.lives or {}).items():
            wanted = behaviours.get((name, life.version), NORMAL).grabs_millicores
            if wanted:
                found[pod] = (state.nodes[pod], wanted)
    return found


def left_over(states: Mapping[str, WorkloadState], pods: Mapping[str, PodLoad]) -> dict[str, float]:
    """Millicores of each node that these pods leave."""
    left = {node.name: node.cpu_millicores - SYSTEM_MILLICORES for node in NODES}
    for state in states.values():
        for pod, node in state.nodes.items():
            if node in left and pod in pods:
                left[node] -= pods[pod].cpu_millicores
    return left


def crowding(
    states: Mapping[str, WorkloadState], pods: Mapping[str, PodLoad], behaviours: Behaviours
) -> dict[str, float]:
    """Nodes with more work than CPUs → how many times longer all that runs there takes."""
    grabbing = hogs(states, behaviours)
    left = left_over(states, {pod: load for pod, load in pods.items() if pod not in grabbing})
    wanted: dict[str, float] = {}
    for node, millicores in grabbing.values():
        wanted[node] = wanted.get(node, 0.0) + millicores
    sizes = {node.name: float(node.cpu_millicores) for node in NODES}
    asked = {name: size - left[name] + wanted.get(name, 0.0) for name, size in sizes.items()}
    return {name: round(min(_MOST, asked[name] / size), 1) for name, size in sizes.items() if asked[name] > size}
