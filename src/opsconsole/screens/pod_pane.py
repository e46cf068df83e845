"""The pane of the Pods tab: why the row under the cursor is as it is."""

from collections import Counter
from collections.abc import Callable
from itertools import zip_longest
from typing import TYPE_CHECKING

from rich.text import Text

from ..model.kubernetes import Condition, Event, Hpa, Node, Pod, ReplicaSet
from ..rules import capacity
from ..rules import hpa as hpas
from ..rules.workload_state import node_trouble, pod_trouble, template_difference
from ..text import clock, units
from ..text.clean import clean, fit
from ..widgets.run_line import is_news, run_words
from . import hpa_facts
from . import pod_columns as shown
from .table_tab import TOLD_WIDTH

if TYPE_CHECKING:
    from .pods import PodsTab

WIDE = 120
"""From so wide on events stand at the left and facts beside them."""
EVENTS_SHOWN = 6
BESIDE = 7
"""Lines side by side: with the head above and one line below they fill the pane."""


class PodPane:
    """Explains each kind of row; the first lines are the most important, for consoles with room for two or three."""

    def __init__(self, tab: "PodsTab") -> None:
        self._tab = tab

    def workload(self, row: shown.WorkloadRow, width: int) -> list[Text]:
        workload = row.workload
        key = (workload.namespace, workload.kind, workload.name)
        pods = self._tab.index.pods_of(key)
        head = Text.assemble((clean(workload.name), "bold"), " ─ ")
        if row.hpa is not None:
            why = clean(hpas.why(row.hpa, hpa_facts.around(self._tab, row.hpa)))
            head.append(f"why: {why}" if width >= WIDE else why)
        else:
            head.append(f"{clean(row.verdict.words)} · no HPA owns its replicas")
        run = self._tab.runs.get(key)
        if run is not None and is_news(run, clock.now()):
            # what was done a moment ago comes before what explains the state
            head = Text.assemble((clean(workload.name), "bold"), f" ─ {run_words(run)}")
        elif pods:
            head.append(f" · room: {capacity.room_words(self._room(pods[0]))}")
        events = self._events({workload.uid, *(pod.uid for pod in pods)}, workload.name)
        revisions = self._tab.index.revisions_of(key)
        rollout = [rollout_line(revisions)] if revisions else []
        if width < WIDE:
            return [head, *events[:1], *rollout, *events[1:]]
        facts = [*self._pods_facts(pods), *hpa_facts.triggers(self._tab, workload.namespace, workload.name)]
        if row.hpa is not None:
            facts += hpa_facts.facts(self._tab, row.hpa, width - width * 3 // 5)
        return [head, *beside("EVENTS (warnings first)", events, "PODS AND HPA", facts, width), *rollout]

    def _pods_facts(self, pods: list[Pod]) -> list[Text]:
        """What its pods are, where they run, and what they ask for."""
        if not pods:
            return [Text("no pod of it is seen", style="dim")]
        statuses = Counter(clean(pod.status) for pod in pods)
        nodes = Counter(clean(pod.node) or "no node" for pod in pods)
        each = pods[0]
        asked = f"each requests cpu {_or(units.cores, each.cpu_request)}, mem {_or(units.size, each.memory_request)}"
        most = "  ".join(f"{name} {count}" for name, count in nodes.most_common(4))
        return [
            Text("  ".join(f"{count} {status}" for status, count in statuses.most_common(4))),
            Text(f"on {units.plural(len(nodes), 'node')}: {most}"),
            Text(f"{asked}; limits {_or(units.cores, each.cpu_limit)}, {_or(units.size, each.memory_limit)}"),
        ]

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
        head.append(f" · {clean(pod.qos) or 'QoS unknown'} · node {clean(pod.node) or 'none'}")
        if used is not None:
            head.append(f" · cpu {units.cores(used.cpu)} of {_or(units.cores, pod.cpu_request)} requested")
            head.append(f" · mem {units.size(used.memory)} of {_or(units.size, pod.memory_limit)} limit")
        else:
            head.append(" · usage unknown")
        lines = [head]
        for container in pod.containers:
            state = f"{clean(container.state)}{f' ({clean(container.reason)})' if container.reason else ''}"
            last = ""
            if container.last is not None:
                ended = f"{clean(container.last.reason)} {container.last.exit_code}"
                last = f" · last ended {ended} {units.age(container.last.finished, now)} ago"
            line = f"  {clean(container.name):<18} {state:<26} restarts {container.restarts}{last}"
            style = "" if container.ready or container.init else "bold"
            lines.append(Text(f"{line}  {clean(container.image)}", style=style))
            if container.message:
                lines.append(Text(f"  {'':<18} {clean(container.message)}", style="dim"))
        return [*lines, *self._events({pod.uid}, pod.name)]

    def described(self, pod: Pod) -> list[Text]:
        """The pod in words, for a page of its own."""
        owner = f"{clean(pod.owner.kind)}/{clean(pod.owner.name)}" if pod.owner is not None else "nobody"
        facts = [
            ("namespace", clean(pod.namespace)),
            ("node, ip", f"{clean(pod.node) or 'none'}, {clean(pod.ip) or 'none'}"),
            ("owned by", owner),
            ("status", f"{clean(pod.status)} (phase {clean(pod.phase)}), {pod.ready}/{pod.total} ready"),
            ("message", clean(pod.message)),
            ("labels", "  ".join(f"{clean(key)}={clean(value)}" for key, value in pod.labels)),
        ]
        lines = [*self.pod(pod, TOLD_WIDTH), Text()]
        lines += [Text(f"{title:<12}{value}") for title, value in facts if value]
        for c in pod.conditions:
            words = (
                f"{clean(c.type)} {clean(c.status)} since {units.clock(c.since)} {clean(c.reason)} {clean(c.message)}"
            )
            lines.append(Text(f"{'condition':<12}{words}"))
        return lines

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
        lines += [
            Text(f"  {clean(c.type)} {clean(c.status)} since {units.clock(c.since)}: {clean(c.message)}") for c in bad
        ]
        events = self._events({node.uid}, node.name)
        if width < WIDE:
            return [*lines, *events]
        return [*lines, *beside("EVENTS", events, "MOST CPU ON IT", self._greedy(node), width)]

    def _greedy(self, node: Node) -> list[Text]:
        """The pods of a node that use most CPU, against what they requested."""
        usage = self._tab.usage
        there = [pod for pod in self._tab.pods.rows.values() if pod.node == node.name]
        measured = [(used.cpu, pod) for pod in there if (used := usage.get(f"{pod.namespace}/{pod.name}")) is not None]
        measured.sort(key=lambda pair: (-pair[0], pair[1].name))
        lines = [
            Text(f"{fit(clean(pod.name), 44)} {units.cores(cpu):>6} of {_or(units.cores, pod.cpu_request)}")
            for cpu, pod in measured[:EVENTS_SHOWN]
        ]
        return lines or [Text("usage unknown", style="dim")]

    def hpa(self, hpa: Hpa, width: int) -> list[Text]:
        why = clean(hpas.why(hpa, hpa_facts.around(self._tab, hpa)))
        head = Text.assemble((clean(hpa.name), "bold"), f" ─ why: {why}" if width >= WIDE else f" ─ {why}")
        warnings = [line for line in self._events({hpa.uid}, hpa.name) if "Warning" in line.plain]
        steps = hpa_facts.scalings(self._tab, hpa)
        if width < WIDE:
            return [head, *hpa_facts.newest(self._tab, hpa), *hpa_facts.facts(self._tab, hpa, width), *warnings, *steps]
        half = width * 3 // 5 - 3
        told = [*hpa_facts.facts(self._tab, hpa, half), *warnings]
        return [head, *beside("METRICS AND CONDITIONS", told, "SCALINGS OF 24 H", steps, width, most=len(told))]

    def event(self, event: Event, width: int) -> list[Text]:
        times = f"first {units.clock(event.first)}Z, last {units.clock(event.last)}Z, {event.count} times"
        head = Text.assemble((f"{clean(event.reason)} ", "bold"), f"{clean(event.kind)}/{clean(event.name)} · {times}")
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
        newest: dict[tuple[str, str], Event] = {}
        times: Counter[tuple[str, str]] = Counter()
        for event in found:
            # Every pod of a rollout tells the same: the newest of each kind speaks for all.
            kind = (event.type, event.reason)
            newest.setdefault(kind, event)
            times[kind] += event.count
        return [
            Text.assemble(
                (f"{units.clock(event.last)} ", "dim"),
                (f"{clean(event.type):<8}", "bold" if event.type == "Warning" else "dim"),
                f"{clean(event.reason)} {clean(event.message)}" + (f" (x{times[kind]})" if times[kind] > 1 else ""),
            )
            for kind, event in list(newest.items())[:EVENTS_SHOWN]
        ]


def condition_words(condition: Condition) -> str:
    head = clean(f"{condition.type} {condition.status} {condition.reason}").strip()
    return f"{head}: {clean(condition.message)}" if condition.message else head


def beside(
    left_title: str, left: list[Text], right_title: str, right: list[Text], width: int, most: int = BESIDE
) -> list[Text]:
    """Two lists of lines side by side under their titles."""
    half = width * 3 // 5
    lines = []
    left = left or [Text("none in the last hour", style="dim")]
    titles = Text(left_title, style="bold dim"), Text(right_title, style="bold dim")
    for one, other in zip_longest([titles[0], *left[:most]], [titles[1], *right[:most]], fillvalue=Text()):
        line = one.copy()
        line.truncate(half - 3, overflow="ellipsis", pad=True)
        lines.append(Text.assemble(line, (" │ ", "dim"), other))
    return lines


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
