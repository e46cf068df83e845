"""The columns of nodes: state, what is used and requested of them, and what kubectl's wide table shows."""

from collections.abc import Callable, Iterable, Mapping

from ...model.kubernetes import Node, Usage
from ...rules.node_trouble import node_trouble
from ...rules.verdict import Verdict
from ...text import units
from ...text.clean import clean
from ...widgets.columns import Cell, Column
from .cells import UNKNOWN, age_column, aside, label_columns, largest_first, or_none, pairs, share, words_cell

Reserved = Callable[[str], tuple[float, float, int]]
"""(cores, bytes, pods) that the pods on a node reserve."""


def node_columns(
    reserved: Reserved,
    usage: Callable[[], Mapping[str, Usage]],
    labels: Iterable[str] = (),
    verdict: Callable[[Node], Verdict] = node_trouble,
) -> list[Column[Node]]:
    def percent(name: str, title: str, of: Callable[[Node], float | None]) -> Column[Node]:
        return Column(name, title, 5, lambda n: share(of(n)), right=True, sort=lambda n: largest_first(of(n)),
                      search=False)  # fmt: skip

    def used(node: Node, get: Callable[[Usage], float]) -> float | None:
        usage_now = usage().get(node.name)
        return None if usage_now is None else get(usage_now)

    def of(value: float | None, whole: float) -> float | None:
        return value / whole if value is not None and whole else None

    def amount(say: Callable[[float | None], str], value: float | None) -> Cell:
        return UNKNOWN if value is None else say(value)

    return [
        Column("name", "NODE", 18, lambda n: clean(n.name), flex=2, most=44, sort=lambda n: n.name),
        Column("status", "STATUS", 10, lambda n: clean(n.status), flex=1, most=30),
        Column("trouble", "STATE", 14, lambda n: words_cell(verdict(n)), flex=2, most=40, from_width=100),
        percent("cpu", "CPU%", lambda n: of(used(n, lambda u: u.cpu), n.cpu)),
        percent("reqcpu", "REQ%", lambda n: of(reserved(n.name)[0], n.cpu)),
        percent("memory", "MEM%", lambda n: of(used(n, lambda u: u.memory), n.memory)),
        percent("reqmem", "REQ%", lambda n: of(reserved(n.name)[1], n.memory)),
        Column("pods", "PODS", 8, lambda n: f"{reserved(n.name)[2]}/{n.pods}", right=True,
               sort=lambda n: -reserved(n.name)[2], search=False),
        Column("zone", "ZONE", 13, lambda n: or_none(n.zone), from_width=110),
        Column("type", "TYPE", 11, lambda n: or_none(n.instance_type), from_width=130),
        Column("version", "VERSION", 10, lambda n: clean(n.version), from_width=90),
        age_column(lambda n: n.created),
        Column("roles", "ROLES", 10, lambda n: or_none(n.roles), from_width=140, most=24),
        *label_columns(labels, lambda n: n.labels, 150),
        Column("internal", "INTERNAL-IP", 15, lambda n: or_none(n.internal_ip), from_width=170),
        aside("taints", "TAINTS", 24, lambda n: or_none(",".join(n.taints))),
        aside("cpu used", "CPU", 7, lambda n: amount(units.cores, used(n, lambda u: u.cpu)), right=True, search=False,
              sort=lambda n: largest_first(used(n, lambda u: u.cpu))),
        aside("cpu there", "CPU all", 7, lambda n: units.cores(n.cpu), right=True, sort=lambda n: -n.cpu, search=False),
        aside("memory used", "MEM", 7, lambda n: amount(units.size, used(n, lambda u: u.memory)), right=True,
              sort=lambda n: largest_first(used(n, lambda u: u.memory)), search=False),
        aside("memory there", "MEM all", 7, lambda n: units.size(n.memory), right=True, sort=lambda n: -n.memory,
              search=False),
        aside("external", "EXTERNAL-IP", 15, lambda n: or_none(n.external_ip)),
        aside("os", "OS-IMAGE", 24, lambda n: or_none(n.os_image)),
        aside("kernel", "KERNEL-VERSION", 20, lambda n: or_none(n.kernel)),
        aside("runtime", "CONTAINER-RUNTIME", 20, lambda n: or_none(n.runtime)),
        aside("architecture", "ARCH", 6, lambda n: or_none(n.architecture)),
        aside("labels", "LABELS", 30, lambda n: pairs(n.labels)),
    ]  # fmt: skip
