"""The pane of the Pods tab: why the row under the cursor is as it is."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from rich.text import Text

from ..model.kubernetes import Event, Hpa, Node, Pod, ReplicaSet
from ..rules import capacity
from ..rules import hpa as hpas
from ..rules.workload_state import node_trouble, pod_trouble, template_difference
from ..text import clock, units
from ..text.clean import clean
from . import pod_columns as shown

if TYPE_CHECKING:
    from .pods import PodsTab

EVENTS_SHOWN = 4


class PodPane:
    """Explains each kind of row; the first line is the most important, for consoles with room for one."""

    def __init__(self, tab: "PodsTab") -> None:
        self._tab = tab

    def workload(self, row: shown.WorkloadRow, width: int) -> list[Text]:
        workload = row.workload
        key = (workload.namespace, workload.kind, workload.name)
        pods = self._tab.index.pods_of(key)
        head = Text.assemble((clean(workload.name), "bold"), " ─ ")
        if row.hpa is not None:
            head.append(f"why: {hpas.why(row.hpa)}")
        else:
            head.append(f"{row.verdict.words} · no HPA owns its replicas")
        if pods:
            head.append(f" · room: {capacity.room_words(self._room(pods[0]))}")
        lines = [head, *self._events({workload.uid, *(pod.uid for pod in pods)}, workload.name)]
        revisions = self._tab.index.revisions_of(key)
        return [*lines, rollout_line(revisions)] if revisions else lines

    def wrong(self, row: shown.WrongRow, width: int) -> list[Text]:
        for workload_row in self._tab.workloads.rows.values():
            found = workload_row.workload
            if (found.namespace, found.kind, found.name) == (row.namespace, row.kind, row.name):
                return self.workload(workload_row, width)
        for node in self._tab.nodes.rows.values():
            if row.kind == "Node" and node.name == row.name:
                return self.node(node, width)
        return [Text.assemble((clean(row.name), "bold"), f" ─ {clean(row.verdict.words)}")]

    def pod(self, pod: Pod, width: int) -> list[Text]:
        now = clock.now()
        trouble = pod_trouble(pod, now)
        used = self._tab.usage.get(f"{pod.namespace}/{pod.name}")
        head = Text.assemble((clean(pod.name), "bold"), f" ─ {clean(trouble.words)}")
        head.append(f" · {pod.qos or 'QoS unknown'} · node {clean(pod.node) or 'none'}")
        if used is not None:
            head.append(f" · cpu {units.cores(used.cpu)} of {_or(units.cores, pod.cpu_request)} requested")
            head.append(f" · mem {units.size(used.memory)} of {_or(units.size, pod.memory_limit)} limit")
        else:
            head.append(" · usage unknown")
        lines = [head]
        for container in pod.containers:
            state = f"{container.state}{f' ({clean(container.reason)})' if container.reason else ''}"
            last = ""
            if container.last is not None:
                ended = f"{clean(container.last.reason)} {container.last.exit_code}"
                last = f" · last ended {ended} {units.age(container.last.finished, now)} ago"
            line = f"  {clean(container.name):<18} {state:<26} restarts {container.restarts}{last}"
            style = "" if container.ready or container.init else "bold"
            lines.append(Text(f"{line}  {clean(container.image)}", style=style))
        return [*lines, *self._events({pod.uid}, pod.name)]

    def node(self, node: Node, width: int) -> list[Text]:
        cpu, memory, pods = self._tab.index.reserved_on(node.name)
        used = self._tab.node_usage.get(node.name)
        head = Text.assemble((clean(node.name), "bold"), f" ─ {clean(node_trouble(node).words)}")
        head.append(f" · requested {cpu:.1f} of {node.cpu:.1f} CPU, {units.size(memory)} of {units.size(node.memory)}")
        head.append(f" · used {used.cpu:.1f} CPU, {units.size(used.memory)}" if used else " · usage unknown")
        head.append(f" · {pods} of {node.pods} pods")
        lines = [head]
        if node.taints:
            lines.append(Text(f"  taints {', '.join(map(clean, node.taints))}"))
        bad = [c for c in node.conditions if (c.status == "True") != (c.type == "Ready")]
        lines += [Text(f"  {c.type} {c.status} since {units.clock(c.since)}: {clean(c.message)}") for c in bad]
        return [*lines, *self._events({node.uid}, node.name)]

    def hpa(self, hpa: Hpa, width: int) -> list[Text]:
        lines = [Text.assemble((clean(hpa.name), "bold"), f" ─ why: {hpas.why(hpa)}")]
        for condition in hpa.conditions:
            words = f"{condition.type} {condition.status} {clean(condition.reason)}: {clean(condition.message)}"
            lines.append(Text(f"  {units.clock(condition.since)} {words}", style="dim"))
        return [lines[0], *self._events({hpa.uid}, hpa.name), *lines[1:]]

    def event(self, event: Event, width: int) -> list[Text]:
        times = f"first {units.clock(event.first)}Z, last {units.clock(event.last)}Z, {event.count} times"
        head = Text.assemble((f"{clean(event.reason)} ", "bold"), f"{event.kind}/{clean(event.name)} · {times}")
        return [head, Text(clean(event.message)), Text(clean(event.component), style="dim")]

    def _room(self, template: Pod) -> capacity.Room:
        nodes = list(self._tab.nodes.rows.values())
        return capacity.room_on(self._tab.index.rooms(nodes), template, len(nodes))

    def _events(self, uids: set[str], name: str) -> list[Text]:
        """Events of these objects, warnings first, then the newest."""
        found = [
            event
            for event in self._tab.events.rows.values()
            if event.object_uid in uids or (not event.object_uid and event.name == name)
        ]
        found.sort(key=lambda event: (event.type != "Warning", shown.event_order(event)))
        return [
            Text.assemble(
                (f"  {units.clock(event.last)} ", "dim"),
                (f"{event.type:<8}", "bold" if event.type == "Warning" else "dim"),
                f"{clean(event.reason)} {clean(event.message)}" + (f" (x{event.count})" if event.count > 1 else ""),
            )
            for event in found[:EVENTS_SHOWN]
        ]


def rollout_line(revisions: list[ReplicaSet]) -> Text:
    """`rev 41 1.8.2 14m · before: rev 40 1.8.1 9d · template differs: image, env FEED_V2`."""
    now = clock.now()

    def said(replica_set: ReplicaSet) -> str:
        tag = shown.image_tag(replica_set.images[0]) if replica_set.images else units.DASH
        return f"rev {clean(replica_set.revision)} {clean(tag)} {units.age(replica_set.created, now)}"

    newest = revisions[0]
    text = Text.assemble(("ROLLOUT ", "bold dim"), said(newest))
    if len(revisions) > 1:
        differs = ", ".join(map(clean, template_difference(newest, revisions[1]))) or "nothing that is read here"
        text.append(f" · before: {said(revisions[1])} · template differs: {differs}")
    return text


def _or(say: Callable[[float], str], value: float | None) -> str:
    return units.DASH if value is None else say(value)
