"""The columns of pods: kubectl's words, what they use of what they asked for, and how they ended last."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from ...model.kubernetes import Pod, Usage
from ...rules import shares
from ...rules.pod_trouble import pod_trouble
from ...rules.restarts import Count
from ...text import clock, units
from ...text.clean import clean
from ...widgets.columns import Cell, Column
from .cells import (
    NONE,
    UNKNOWN,
    age_column,
    aside,
    label_columns,
    largest_first,
    newest_first,
    or_none,
    pairs,
    rank,
    share,
    style_of,
    tags,
)

ROOMY = 96
"""Narrower tables show what restarted in one short cell; kubectl's count is beside the screen."""
WIDE = 170
"""Tables so wide show the shares that are less often asked for, the image, the owner and the labels, too."""

_SHORT_REASONS = {"OOMKilled": "OOM", "Error": "Err", "Completed": "Done"}

UsedBy = Callable[[Pod], Usage | None]
Restarts = Callable[[Pod], Count | None]


def pod_columns(
    usage: Callable[[], Mapping[str, Usage]],
    labels: Iterable[str] = (),
    restarts: Restarts = lambda pod: None,
) -> list[Column[Pod]]:
    """`usage` gives the newest usage by `namespace/name`, `restarts` those of the last hour (None: unknown)."""

    def used(pod: Pod) -> Usage | None:
        return usage().get(f"{pod.namespace}/{pod.name}")

    def percent(name: str, title: str, of: Callable[[Pod, Usage | None], float | None],
                base: Callable[[Pod], float | None], from_width: int = 0) -> Column[Pod]:  # fmt: skip
        return Column(
            name, title, 5, lambda pod: share(of(pod, used(pod)), applies=base(pod) is not None), right=True,
            from_width=from_width, sort=lambda pod: largest_first(of(pod, used(pod))), search=False,
        )  # fmt: skip

    return [
        Column("name", "NAME", 19, lambda pod: clean(pod.name), flex=4, most=60, sort=lambda pod: pod.name,
               tail=5),
        Column("ready", "READY", 5, lambda pod: f"{pod.ready}/{pod.total}", right=True,
               sort=lambda pod: pod.ready - pod.total, search=False),
        Column("status", "STATUS", 12, _status, flex=1, most=30, sort=lambda pod: (pod.status, pod.name)),
        Column("restarts", "RST", 4, lambda pod: (str(pod.restarts), "warn") if pod.restarts else "0", right=True,
               from_width=ROOMY, sort=lambda pod: -pod.restarts, search=False),
        Column("lately", "RST/h LAST", 11, lambda pod: lately_cell(pod, restarts(pod)), below_width=ROOMY,
               sort=lambda pod: hour_key(restarts(pod)), search=False),
        Column("hour", "RST/h", 5, lambda pod: hour_cell(restarts(pod)), right=True, from_width=ROOMY,
               sort=lambda pod: hour_key(restarts(pod)), search=False),
        Column("last", "LAST RESTART", 16, _last_restart, from_width=ROOMY, flex=1, most=26, sort=_last_restart_key),
        percent("cpu", "CPU%r", shares.cpu_of_request, lambda pod: pod.cpu_request),
        percent("cpu limit", "CPU%l", shares.cpu_of_limit, lambda pod: pod.cpu_limit, WIDE),
        percent("memory request", "MEM%r", shares.memory_of_request, lambda pod: pod.memory_request, WIDE),
        percent("memory", "MEM%l", shares.memory_of_limit, lambda pod: pod.memory_limit),
        Column("node", "NODE", 8, lambda pod: or_none(pod.node), flex=1, most=30, tail=3),
        age_column(lambda pod: pod.created),
        Column("namespace", "NAMESPACE", 12, lambda pod: clean(pod.namespace), flex=1, most=30, from_width=110),
        *label_columns(labels, lambda pod: pod.labels, 140),
        Column("tag", "IMAGE", 9, lambda pod: tags(_images(pod)), from_width=WIDE, most=20, flex=1),
        Column("owner", "OWNER", 16, _owner, from_width=WIDE, flex=1, most=40),
        Column("ip", "IP", 15, lambda pod: or_none(pod.ip), from_width=WIDE + 30),
        *_aside(used),
    ]  # fmt: skip


def _aside(used: UsedBy) -> list[Column[Pod]]:
    def amount(name: str, title: str, say: Callable[[float | None], str],
               get: Callable[[Pod], float | None]) -> Column[Pod]:  # fmt: skip
        def cell(pod: Pod) -> Cell:
            value = get(pod)
            return NONE if value is None else say(value)

        return aside(name, title, 7, cell, right=True, sort=lambda pod: largest_first(get(pod)), search=False)

    def now(pod: Pod, field: str) -> Cell:
        usage = used(pod)
        if usage is None:
            return UNKNOWN
        return units.cores(usage.cpu) if field == "cpu" else units.size(usage.memory)

    def now_key(pod: Pod, field: str) -> float | None:
        usage = used(pod)
        return None if usage is None else -(usage.cpu if field == "cpu" else usage.memory)

    return [
        aside("cpu used", "CPU", 7, partial(now, field="cpu"), right=True, sort=partial(now_key, field="cpu"),
              search=False),
        amount("cpu requested", "CPU req", units.cores, lambda pod: pod.cpu_request),
        amount("cpu allowed", "CPU lim", units.cores, lambda pod: pod.cpu_limit),
        aside("memory used", "MEM", 7, partial(now, field="memory"), right=True, sort=partial(now_key, field="memory"),
              search=False),
        amount("memory requested", "MEM req", units.size, lambda pod: pod.memory_request),
        amount("memory allowed", "MEM lim", units.size, lambda pod: pod.memory_limit),
        aside("qos", "QOS", 10, lambda pod: or_none(pod.qos)),
        aside("nominated", "NOMINATED NODE", 14, lambda pod: or_none(pod.nominated)),
        aside("gates", "READINESS GATES", 15, lambda pod: f"{pod.gates_open}/{pod.gates}" if pod.gates else NONE),
        aside("account", "SERVICE ACCOUNT", 16, lambda pod: or_none(pod.account)),
        aside("containers", "CONTAINERS", 18, lambda pod: or_none(",".join(c.name for c in pod.containers))),
        aside("images", "IMAGES", 30, lambda pod: or_none(",".join(_images(pod)))),
        aside("labels", "LABELS", 30, lambda pod: pairs(pod.labels)),
    ]  # fmt: skip


def pod_order(pod: Pod) -> tuple[object, ...]:
    return rank(pod_trouble(pod, clock.now())), pod.namespace, pod.name


def hour_cell(count: Count | None) -> Cell:
    """`3`; `≥3` where more may have happened that nothing dates; `?` where nothing is known."""
    if count is None:
        return UNKNOWN
    if not count.many and count.whole:
        return "0"
    return f"{'' if count.whole else '≥'}{count.many}", "warn" if count.many else "dim"


def hour_key(count: Count | None) -> int | None:
    return None if count is None else -count.many


def _status(pod: Pod) -> Cell:
    return clean(pod.status), style_of(pod_trouble(pod, clock.now()))


def lately_cell(pod: Pod, count: Count | None) -> Cell:
    """`7 OOM 4m`: restarts of the last hour, then why and when the last one was."""
    said, style = parts if isinstance(parts := hour_cell(count), tuple) else (parts, "")
    last = pod.last_restart
    if last is None or not pod.restarts:
        return said, style
    reason = _SHORT_REASONS.get(last.reason, clean(last.reason)[:4])
    return f"{said} {reason} {units.age(last.finished, clock.now())}", style


def _last_restart(pod: Pod) -> Cell:
    """`OOMKilled 137 · 4m`."""
    last = pod.last_restart
    if last is None or not pod.restarts:
        return NONE
    return f"{clean(last.reason)} {last.exit_code} · {units.age(last.finished, clock.now())}"


def _last_restart_key(pod: Pod) -> float | None:
    last = pod.last_restart
    return newest_first(last.finished) if last is not None and pod.restarts else None


def _owner(pod: Pod) -> Cell:
    owner = pod.owner
    return NONE if owner is None else f"{clean(owner.kind).lower()}/{clean(owner.name)}"


def _images(pod: Pod) -> tuple[str, ...]:
    return tuple(c.image for c in pod.containers if not c.init or c.sidecar)
