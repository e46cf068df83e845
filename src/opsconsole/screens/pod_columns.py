"""What the views of the Pods tab show of workloads, pods, nodes, HPAs and events."""

from collections.abc import Callable, Mapping

import msgspec

from ..model.finding import Severity
from ..model.kubernetes import Event, Hpa, Node, Pod, Usage, Workload
from ..rules import capacity, hpa_past
from ..rules import hpa as hpas
from ..rules.hpa_prediction import Around
from ..rules.workload_state import Verdict, node_trouble, pod_trouble
from ..text import clock, units
from ..text.clean import clean
from ..widgets.columns import Cell, Column

SHORT_KINDS = {
    "Deployment": "",
    "StatefulSet": "sts",
    "DaemonSet": "ds",
    "Job": "job",
    "CronJob": "cron",
    "ReplicaSet": "rs",
}
HOT = 0.9
WORST = 9


class WorkloadRow(msgspec.Struct, frozen=True, gc=False):
    """A workload with what its pods, HPA and usage add to it."""

    workload: Workload
    verdict: Verdict
    hpa: Hpa | None
    cpu: float | None
    """Used / requested over its measured pods."""
    memory: float | None
    """Used / limit."""
    restarts: int
    image_since: str
    last_restart: str
    asks_cpu: bool = True
    """Whether any of its pods requests CPU; without a request there is no share of it."""
    limits_memory: bool = True

    @property
    def labels(self) -> tuple[tuple[str, str], ...]:
        return self.workload.labels


class WrongRow(msgspec.Struct, frozen=True, gc=False):
    """Something that is wrong, of whatever kind."""

    kind: str
    namespace: str
    name: str
    verdict: Verdict


def severity_cell(verdict: Verdict) -> Cell:
    if verdict.severity is Severity.CRITICAL:
        return "▲", "crit"
    if verdict.severity in (Severity.WARNING, Severity.BLIND):
        return "▲", "warn"
    return ("·", "dim") if verdict.severity is Severity.INFO else ""


def words_cell(verdict: Verdict) -> Cell:
    style = {Severity.CRITICAL: "crit", Severity.WARNING: "warn", Severity.INFO: ""}.get(
        verdict.severity or Severity.INFO, ""
    )
    return (clean(verdict.words), style if verdict.severity is not None else "dim")


def rank(verdict: Verdict) -> int:
    return WORST if verdict.severity is None else int(verdict.severity)


def share(value: float | None, hot: float = HOT, *, applies: bool = True) -> Cell:
    """A ratio as percent, hot ones marked; `?` is unknown, `-` where there is nothing to take a share of."""
    if value is None:
        return "?" if applies else units.DASH, "dim"
    return (units.percent(value), "warn") if value >= hot else units.percent(value)


def image_tag(image: str) -> str:
    """`1.8.2` of `registry/app:1.8.2`; the digest's beginning where there is no tag."""
    name, _, digest = image.partition("@")
    tag = name.rpartition("/")[2].partition(":")[2]
    return tag or (digest[:15] if digest else "latest")


def workload_columns() -> list[Column[WorkloadRow]]:
    return [
        Column("workload", "WORKLOAD", 15, _workload_name, flex=2, most=34, sort=lambda r: r.workload.name),
        Column("ready", "READY", 6, lambda r: f"{r.workload.ready}/{r.workload.desired}", right=True,
               sort=lambda r: r.workload.ready - r.workload.desired),
        Column("state", "STATE", 22, lambda r: words_cell(r.verdict), flex=4, most=60, sort=lambda r: rank(r.verdict)),
        Column("tag", "IMAGE", 8, _tag, below_width=100),
        Column("image", "IMAGE (age)", 14, _image, flex=1, most=20, from_width=100),
        Column("hpa", "HPA min<=now->wants<=max", 24, _hpa, from_width=120),
        Column("cpu", "CPU%r", 5, lambda r: share(r.cpu, applies=r.asks_cpu), right=True,
               sort=lambda r: -(r.cpu or 0.0)),
        Column("memory", "MEM%l", 5, lambda r: share(r.memory, applies=r.limits_memory), right=True,
               sort=lambda r: -(r.memory or 0.0)),
        Column("restarts", "RST/h", 5, lambda r: (str(r.restarts), "warn") if r.restarts else "0", right=True,
               sort=lambda r: -r.restarts),
        Column("last", "LAST", 14, lambda r: clean(r.last_restart) or (units.DASH, "dim"), from_width=140),
        Column("age", "AGE", 5, lambda r: units.age(r.workload.created, clock.now()), right=True, from_width=100,
               sort=lambda r: r.workload.created.timestamp() if r.workload.created else 0.0),
    ]  # fmt: skip


def workload_order(row: WorkloadRow) -> tuple[object, ...]:
    return rank(row.verdict), row.workload.namespace, row.workload.name, row.workload.kind


def _workload_name(row: WorkloadRow) -> str:
    kind = SHORT_KINDS.get(row.workload.kind, row.workload.kind)
    return clean(row.workload.name) + (f" ({kind})" if kind else "")


def _tag(row: WorkloadRow) -> str:
    images = row.workload.images
    if not images:
        return units.DASH
    tag = image_tag(images[0])
    return clean(tag + (f"+{len(images) - 1}" if len(images) > 1 else ""))


def _hpa(row: WorkloadRow) -> Cell:
    return clean(hpas.cell(row.hpa)) if row.hpa is not None else (units.DASH, "dim")


def _image(row: WorkloadRow) -> str:
    return _tag(row) + (f" ({row.image_since})" if row.image_since else "")


def pod_columns(usage: Callable[[], Mapping[str, Usage]], labels: tuple[str, ...] = ()) -> list[Column[Pod]]:
    """`usage` gives the newest usage by `namespace/name`; `labels` are columns of the settings."""

    def used(pod: Pod) -> Usage | None:
        return usage().get(f"{pod.namespace}/{pod.name}")

    def cpu(pod: Pod) -> float | None:
        return capacity.cpu_of_request(pod, used(pod))

    def memory(pod: Pod) -> float | None:
        return capacity.memory_of_limit(pod, used(pod))

    def label(name: str) -> Column[Pod]:
        return Column(f"label {name}", name.rpartition("/")[2].upper(), 8,
                      lambda pod: clean(dict(pod.labels).get(name, "")) or units.DASH, from_width=120)  # fmt: skip

    return [
        Column("name", "NAME", 24, lambda pod: clean(pod.name), flex=4, most=60, sort=lambda pod: pod.name),
        Column("ready", "READY", 5, lambda pod: f"{pod.ready}/{pod.total}", right=True),
        Column("status", "STATUS", 12, _status, flex=1, most=30, sort=lambda pod: (pod.status, pod.name)),
        Column("restarts", "RST", 4, lambda pod: (str(pod.restarts), "warn") if pod.restarts else "0", right=True,
               sort=lambda pod: -pod.restarts),
        Column("last", "LAST RESTART", 16, _last_restart, from_width=100),
        Column("cpu", "CPU%r", 5, lambda pod: share(cpu(pod), applies=pod.cpu_request is not None), right=True,
               sort=lambda pod: -(cpu(pod) or 0.0)),
        Column("memory", "MEM%l", 5, lambda pod: share(memory(pod), applies=pod.memory_limit is not None), right=True,
               sort=lambda pod: -(memory(pod) or 0.0)),
        Column("node", "NODE", 9, lambda pod: clean(pod.node) or units.DASH, flex=1, most=30),
        Column("age", "AGE", 5, lambda pod: units.age(pod.created, clock.now()), right=True,
               sort=lambda pod: -(pod.created.timestamp() if pod.created else 0.0)),
        *(label(name) for name in labels),
        Column("namespace", "NAMESPACE", 16, lambda pod: clean(pod.namespace), flex=1, most=30, from_width=110),
        Column("ip", "IP", 15, lambda pod: clean(pod.ip) or units.DASH, from_width=140),
    ]  # fmt: skip


def pod_order(pod: Pod) -> tuple[object, ...]:
    return rank(pod_trouble(pod, clock.now())), pod.namespace, pod.name


def pod_mark(pod: Pod) -> Cell:
    return severity_cell(pod_trouble(pod, clock.now()))


def _status(pod: Pod) -> Cell:
    verdict = pod_trouble(pod, clock.now())
    style = {Severity.CRITICAL: "crit", Severity.WARNING: "warn"}.get(verdict.severity or Severity.INFO, "")
    return clean(pod.status), style


def _last_restart(pod: Pod) -> Cell:
    last = pod.last_restart
    if last is None or not pod.restarts:
        return units.DASH, "dim"
    return f"{clean(last.reason)} {last.exit_code} · {units.age(last.finished, clock.now())}"


def node_columns(
    reserved: Callable[[str], tuple[float, float, int]], usage: Callable[[], Mapping[str, Usage]]
) -> list[Column[Node]]:
    def requested(node: Node) -> float | None:
        return reserved(node.name)[0] / node.cpu if node.cpu else None

    def requested_memory(node: Node) -> float | None:
        return reserved(node.name)[1] / node.memory if node.memory else None

    def cpu(node: Node) -> float | None:
        used = usage().get(node.name)
        return used.cpu / node.cpu if used is not None and node.cpu else None

    def memory(node: Node) -> float | None:
        used = usage().get(node.name)
        return used.memory / node.memory if used is not None and node.memory else None

    return [
        Column("name", "NODE", 18, lambda n: clean(n.name), flex=2, most=44),
        Column("status", "STATUS", 10, lambda n: clean(n.status), flex=1, most=30),
        Column("trouble", "STATE", 14, lambda n: words_cell(node_trouble(n)), flex=2, most=40, from_width=100),
        Column("cpu", "CPU%", 5, lambda n: share(cpu(n)), right=True, sort=lambda n: -(cpu(n) or 0.0)),
        Column("reqcpu", "REQ%", 5, lambda n: share(requested(n)), right=True, sort=lambda n: -(requested(n) or 0.0)),
        Column("memory", "MEM%", 5, lambda n: share(memory(n)), right=True, sort=lambda n: -(memory(n) or 0.0)),
        Column("reqmem", "REQ%", 5, lambda n: share(requested_memory(n)), right=True),
        Column("pods", "PODS", 8, lambda n: f"{reserved(n.name)[2]}/{n.pods}", right=True),
        Column("zone", "ZONE", 13, lambda n: clean(n.zone) or units.DASH, from_width=110),
        Column("type", "TYPE", 11, lambda n: clean(n.instance_type) or units.DASH, from_width=120),
        Column("version", "VERSION", 10, lambda n: clean(n.version), from_width=90),
        Column("age", "AGE", 5, lambda n: units.age(n.created, clock.now()), right=True),
    ]


def hpa_columns(around: Callable[[Hpa], Around]) -> list[Column[Hpa]]:
    """Bounds and wish, each metric with its ratio, what it is doing in words, how far it can go, its last step."""

    def state(hpa: Hpa) -> Cell:
        if wrong := hpas.words(hpa):
            return clean(wrong.removeprefix("HPA ")), "warn"
        return clean(hpas.state(hpa, around(hpa))) or ("ok", "dim")

    def scaled(hpa: Hpa) -> str:
        past = around(hpa).past
        if past is not None and (words := hpa_past.last_words(past, clock.now())):
            return clean(words)
        return units.age(hpa.last_scale, clock.now()) if hpa.last_scale else units.DASH

    def headroom(hpa: Hpa) -> Cell:
        return str(hpas.headroom(hpa)) if hpas.headroom(hpa) else ("0", "warn")

    return [
        Column("name", "HPA", 12, lambda h: clean(h.name), flex=1, most=34),
        Column("target", "TARGET", 14, lambda h: f"{clean(h.target_kind).lower()}/{clean(h.target_name)}", flex=1,
               most=40, from_width=120),
        Column("cell", "min<=now->wants<=max", 23, lambda h: clean(hpas.cell(h, around(h)))),
        Column("state", "STATE", 24, state, flex=9, most=60),
        Column("room", "ROOM", 4, headroom, right=True, sort=hpas.headroom),
        Column("metrics", "METRICS now/target (ratio)", 22, _metrics, flex=1, from_width=100),
        Column("age", "SCALED", 6, lambda h: units.age(h.last_scale, clock.now()) if h.last_scale else units.DASH,
               right=True, below_width=100),
        Column("last", "LAST SCALE, REASON", 16, scaled, flex=1, most=44, from_width=100,
               sort=lambda h: -(h.last_scale.timestamp() if h.last_scale else 0.0)),
    ]  # fmt: skip


def _metrics(hpa: Hpa) -> str:
    """`cpu 91/65 % (1.40) queue 12/30 (0.40)`: each metric by its name."""
    return "  ".join(clean(hpas.metric_words(hpa, metric)) for metric in hpa.metrics) or units.DASH


def event_columns() -> list[Column[Event]]:
    return [
        Column("last", "LAST", 5, lambda e: units.age(e.last, clock.now()), right=True,
               sort=lambda e: -(e.last.timestamp() if e.last else 0.0)),
        Column("type", "TYPE", 7, lambda e: (clean(e.type), "warn" if e.type == "Warning" else "dim")),
        Column("count", "N", 4, lambda e: str(e.count), right=True),
        Column("reason", "REASON", 14, lambda e: clean(e.reason), flex=1, most=28),
        Column("object", "OBJECT", 18, _about, flex=2, most=50),
        Column("message", "MESSAGE", 18, lambda e: clean(e.message), flex=5),
    ]  # fmt: skip


def _about(event: Event) -> str:
    """`pod/api-1`; the kind alone where no object of it is named."""
    return clean(f"{event.kind.lower()}/{event.name}" if event.name else event.kind.lower())


def event_order(event: Event) -> float:
    return -(event.last.timestamp() if event.last else 0.0)


def wrong_columns() -> list[Column[WrongRow]]:
    return [
        Column("kind", "KIND", 12, lambda r: clean(r.kind)),
        Column("name", "NAME", 24, lambda r: clean(r.name), flex=2, most=60),
        Column("words", "WHAT IS WRONG", 30, lambda r: words_cell(r.verdict), flex=4),
        Column("namespace", "NAMESPACE", 18, lambda r: clean(r.namespace) or units.DASH, flex=1, from_width=100),
    ]
