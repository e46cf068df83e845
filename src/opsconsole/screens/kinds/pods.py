"""Pods, with kubectl's words, their usage and what their containers did last."""

from typing import Any, ClassVar

from rich.text import Text

from ...model.collection import Delta
from ...model.kubernetes import Pod
from ...poller.topics import PODS, Topic
from ...rules.pod_trouble import pod_trouble
from ...rules.restarts import Count, last_hour
from ...rules.verdict import Verdict
from ...text import clock, units
from ...text.clean import clean
from ...widgets.live_table import LiveTable
from ..base import View
from ..columns.cells import severity_cell
from ..columns.pods import pod_columns, pod_order
from ..table_tab import TOLD_WIDTH
from .explain import events_about, or_dash
from .kind import Kind, Part
from .known import Known


class Pods(Kind[Pod]):
    view = View("pods", "Pods", "p")
    topic = PODS
    sorts: ClassVar = {
        "c": ("cpu", "cpu"), "m": ("memory", "memory"), "t": ("status", "status"), "r": ("restarts", "restarts"),
        "a": ("age", "age"), "n": ("name", "name"),
    }  # fmt: skip
    one = "pod"
    empty = "no pod runs here"

    def __init__(self, known: Known) -> None:
        super().__init__(known)
        known.pods = self.table.rows
        self._running: set[str] = set()
        self._completed: set[str] = set()
        """Counted as they change: the headline is drawn ten times a second while ten thousand roll over."""

    def build(self) -> LiveTable[Pod]:
        columns = pod_columns(lambda: self.known.usage, self.label_columns, self._restarts)
        return LiveTable(columns, order=pod_order, mark=lambda pod: severity_cell(self._verdict(pod)))

    def _restarts(self, pod: Pod) -> Count | None:
        """Of the last hour."""
        return last_hour(pod, self.known.trouble.restarts, clock.now())

    def wrong(self, row: Pod) -> bool:
        return self._verdict(row).wrong

    def _verdict(self, pod: Pod) -> Verdict:
        """Its memory counts as well: the next burst may kill a pod that is near its limit."""
        return pod_trouble(pod, clock.now(), self.known.usage_of(pod))

    def take(self, topic: Topic[Any], delta: Delta[Pod]) -> None:
        super().take(topic, delta)
        rows = self.table.rows
        if delta.reset:
            self._running &= rows.keys()
            self._completed &= rows.keys()
        self._running -= delta.removals
        self._completed -= delta.removals
        for uid, pod in delta.upserts.items():
            (self._running.add if pod.status == "Running" else self._running.discard)(uid)
            (self._completed.add if pod.phase == "Succeeded" else self._completed.discard)(uid)

    def words(self) -> str:
        return _count_words(len(self._running), len(self._completed), len(self.table.rows))

    def part_words(self, part: Part) -> str:
        rows = [pod for pod in self.table.rows.values() if part.holds(pod)]
        running = sum(1 for pod in rows if pod.status == "Running")
        completed = sum(1 for pod in rows if pod.phase == "Succeeded")
        return _count_words(running, completed, len(rows), f" of {clean(part.of)}")

    def explain(self, row: Pod, width: int) -> list[Text]:
        now = clock.now()
        trouble = self._verdict(row)
        used = self.known.usage_of(row)
        head = Text.assemble((clean(row.name), "bold"), f" ─ {clean(trouble.words)}")
        head.append(f" · {clean(row.qos) or 'QoS unknown'} · node {clean(row.node) or 'none'}")
        if used is not None:
            head.append(f" · cpu {units.cores(used.cpu)} of {or_dash(units.cores, row.cpu_request)} requested")
            head.append(f" · mem {units.size(used.memory)} of {or_dash(units.size, row.memory_limit)} limit")
        else:
            head.append(" · usage unknown")
        lines = [head]
        for container in row.containers:
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
        return [*lines, *events_about(self.known.events_of, {row.uid}, row.name)]

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
        lines = [*self.explain(pod, TOLD_WIDTH), Text()]
        lines += [Text(f"{title:<12}{value}") for title, value in facts if value]
        now = clock.now()
        for c in pod.conditions:
            since = units.when(c.since, now)
            words = f"{clean(c.type)} {clean(c.status)} since {since} {clean(c.reason)} {clean(c.message)}"
            lines.append(Text(f"{'condition':<12}{words}"))
        return lines


def _count_words(running: int, completed: int, total: int, of: str = "") -> str:
    """What has completed is not missing: `42 of 42 pods running, 3 completed`."""
    if completed and completed == total:
        return f"{units.plural(completed, 'pod')}{of}, completed"
    done = f", {completed:,} completed" if completed else ""
    return f"{running:,} of {units.plural(total - completed, 'pod')}{of} running{done}"
