"""The columns of workloads: what they are, their autoscaler's bounds, and what their pods use and went through."""

from collections.abc import Callable, Iterable

import msgspec

from ...model.kubernetes import Hpa, Workload
from ...rules import hpa as hpas
from ...rules.restarts import Count
from ...rules.shares import Use
from ...rules.verdict import Verdict
from ...text import units
from ...text.clean import clean
from ...widgets.columns import Cell, Column
from .cells import (
    NONE,
    UNKNOWN,
    age_column,
    aside,
    label_columns,
    largest_first,
    or_none,
    pairs,
    rank,
    share,
    tags,
    words_cell,
)
from .pods import hour_cell, hour_key

SHORT_KINDS = {
    "Deployment": "",
    "StatefulSet": "sts",
    "DaemonSet": "ds",
    "Job": "job",
    "CronJob": "cron",
    "ReplicaSet": "rs",
}
WIDE = 170


class WorkloadRow(msgspec.Struct, frozen=True, gc=False):
    """A workload with what its pods, HPA and usage add to it."""

    workload: Workload
    verdict: Verdict
    hpa: Hpa | None
    use: Use
    """Of its measured pods together."""
    restarts: Count
    """Of the last hour."""
    image_since: str
    last_restart: str
    asks_cpu: bool = True
    """Whether any of its pods requests CPU; without a request there is no share of it."""
    limits_memory: bool = True
    limits_cpu: bool = True
    asks_memory: bool = True

    @property
    def labels(self) -> tuple[tuple[str, str], ...]:
        return self.workload.labels


def workload_columns(labels: Iterable[str] = ()) -> list[Column[WorkloadRow]]:
    def percent(name: str, title: str, of: Callable[[Use], float | None], applies: Callable[[WorkloadRow], bool],
                from_width: int = 0) -> Column[WorkloadRow]:  # fmt: skip
        return Column(name, title, 5, lambda r: share(of(r.use), applies=applies(r)), right=True,
                      from_width=from_width, sort=lambda r: largest_first(of(r.use)), search=False)  # fmt: skip

    return [
        Column("workload", "WORKLOAD", 15, _name, flex=2, most=34, sort=lambda r: r.workload.name),
        Column("ready", "READY", 6, _ready, right=True,
               sort=lambda r: r.workload.ready - r.workload.desired, search=False),
        Column("state", "STATE", 22, lambda r: words_cell(r.verdict), flex=4, most=60,
               sort=lambda r: (rank(r.verdict), r.verdict.words)),
        Column("tag", "IMAGE", 8, lambda r: tags(r.workload.images), below_width=100),
        Column("image", "IMAGE (age)", 14, _image, flex=1, most=20, from_width=100),
        Column("hpa", "HPA min<=now->wants<=max", 24, _hpa, from_width=112, sort=_hpa_key),
        percent("cpu", "CPU%r", lambda use: use.cpu_of_request, lambda r: r.asks_cpu),
        percent("cpu limit", "CPU%l", lambda use: use.cpu_of_limit, lambda r: r.limits_cpu, WIDE),
        percent("memory request", "MEM%r", lambda use: use.memory_of_request, lambda r: r.asks_memory, WIDE),
        percent("memory", "MEM%l", lambda use: use.memory_of_limit, lambda r: r.limits_memory),
        Column("restarts", "RST/h", 5, lambda r: hour_cell(r.restarts), right=True, sort=lambda r: hour_key(r.restarts),
               search=False),
        Column("last", "LAST", 14, lambda r: or_none(r.last_restart), from_width=140, flex=1, most=24),
        age_column(lambda r: r.workload.created, from_width=100),
        *label_columns(labels, lambda r: r.labels, 150),
        Column("namespace", "NAMESPACE", 12, lambda r: clean(r.workload.namespace), flex=1, most=30, from_width=WIDE),
        *_aside(),
    ]  # fmt: skip


def _aside() -> list[Column[WorkloadRow]]:
    def count(name: str, title: str, get: Callable[[Workload], int]) -> Column[WorkloadRow]:
        return aside(name, title, 6, lambda r: str(get(r.workload)), right=True, sort=lambda r: -get(r.workload),
                     search=False)  # fmt: skip

    return [
        aside("kind", "KIND", 11, lambda r: clean(r.workload.kind)),
        count("updated", "UPDATED", lambda w: w.updated),
        count("available", "AVAIL", lambda w: w.available),
        aside("cpu used", "CPU", 7, lambda r: _amount(units.cores, r.use.cpu), right=True,
              sort=lambda r: largest_first(r.use.cpu), search=False),
        aside("memory used", "MEM", 7, lambda r: _amount(units.size, r.use.memory), right=True,
              sort=lambda r: largest_first(r.use.memory), search=False),
        aside("containers", "CONTAINERS", 18, lambda r: or_none(",".join(r.workload.containers))),
        aside("images", "IMAGES", 30, lambda r: or_none(",".join(r.workload.images))),
        aside("selector", "SELECTOR", 24, lambda r: pairs(r.workload.selector)),
        aside("revision", "REV", 4, lambda r: or_none(r.workload.revision), right=True),
        aside("changed by", "CHANGED BY", 16, lambda r: or_none(r.workload.changed_by)),
        aside("labels", "LABELS", 30, lambda r: pairs(r.labels)),
    ]  # fmt: skip


def workload_order(row: WorkloadRow) -> tuple[object, ...]:
    return rank(row.verdict), row.workload.namespace, row.workload.name, row.workload.kind


def _name(row: WorkloadRow) -> str:
    kind = SHORT_KINDS.get(row.workload.kind, row.workload.kind)
    return clean(row.workload.name) + (f" ({kind})" if kind else "")


def _ready(row: WorkloadRow) -> Cell:
    """A CronJob has no pods of its own."""
    return NONE if row.workload.kind == "CronJob" else f"{row.workload.ready}/{row.workload.desired}"


def _image(row: WorkloadRow) -> str:
    return tags(row.workload.images) + (f" ({row.image_since})" if row.image_since else "")


def _hpa(row: WorkloadRow) -> Cell:
    return clean(hpas.cell(row.hpa)) if row.hpa is not None else NONE


def _hpa_key(row: WorkloadRow) -> int | None:
    """The least headroom first."""
    return hpas.headroom(row.hpa) if row.hpa is not None else None


def _amount(say: Callable[[float | None], str], value: float | None) -> Cell:
    return UNKNOWN if value is None else say(value)
