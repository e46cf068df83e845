"""What the Pods tab says of an HPA below its row: metrics, who made it, conditions in full, scalings of 24 hours."""

from collections.abc import Iterable
from textwrap import wrap
from typing import TYPE_CHECKING

from rich.text import Text

from ..model.kubernetes import Condition, Hpa
from ..rules import hpa as hpas
from ..rules import hpa_past, manual_triggers
from ..rules.hpa_prediction import Around
from ..text import clock, units
from ..text.clean import clean

if TYPE_CHECKING:
    from .kinds.known import Known

NARROW = 40
"""Conditions are folded at no less than this."""


def around(known: "Known", hpa: Hpa) -> Around:
    """What the tab knows beside the object: the target's pods, their usage, and what it did before."""
    pods = known.index.pods_of((hpa.namespace, hpa.target_kind, hpa.target_name))
    return Around(clock.now(), pods or None, known.usage or None, known.hpa_past.get(hpa.uid))


def facts(known: "Known", hpa: Hpa, width: int) -> list[Text]:
    """Bounds and headroom, each metric, what holds it, triggers to scale by hand, conditions; folded, never cut."""
    there = around(known, hpa)
    room = f"headroom {hpas.headroom(hpa)}" if hpas.headroom(hpa) else "no headroom: it stands at its maximum"
    lines = [Text(f"HPA {clean(hpas.cell(hpa, there))} · {room}")]
    if made := hpas.keda_words(hpa):
        lines.append(Text(clean(made)))
    for metric in hpa.metrics:
        want = hpas.metric_wants(hpa, metric, there)
        wants = f" wants {want.replicas}" if want is not None else ""
        lines.append(Text(f"{clean(hpas.metric_words(hpa, metric))}{wants}"))
    if state := hpas.state(hpa, there):
        lines.append(Text(clean(state), style="bold"))
    lines += triggers(known, hpa.namespace, hpa.target_name)
    return [*_folded(lines, width), *conditions(hpa, width)]


def triggers(known: "Known", namespace: str, name: str) -> list[Text]:
    """Triggers to scale by hand that hold or begin to hold for a workload."""
    said = manual_triggers.hit(known.context.policy, known.triggers, (f"{namespace}/{name}", name))
    return [Text(clean(line), style="bold") for line in said]


def conditions(hpa: Hpa, width: int) -> list[Text]:
    """What the controller says, the limit first."""
    ordered = sorted(hpa.conditions, key=lambda condition: condition.type != "ScalingLimited")
    return _folded((Text(_words(condition), style="dim") for condition in ordered), width)


def scalings(known: "Known", hpa: Hpa) -> list[Text]:
    """Its steps of the last 24 hours, newest first, with their reasons."""
    past = known.hpa_past.get(hpa.uid)
    last = f"scaled {units.age(hpa.last_scale, clock.now())} ago" if hpa.last_scale else "never scaled"
    if past is None:
        return [Text(f"{last}; its steps are not known yet", style="dim")]
    head, *steps = hpa_past.told(past, clock.now())
    if not steps:
        head = f"{head}; {last}"
    return [Text(clean(head), style="dim"), *(Text(clean(hpa_past.short_reason(step))) for step in steps)]


def newest(known: "Known", hpa: Hpa) -> list[Text]:
    """Its last step in one line, for consoles with room for two."""
    past = known.hpa_past.get(hpa.uid)
    last = hpa_past.last_words(past, clock.now()) if past is not None else ""
    return [Text(clean(f"last scaled {last}"))] if last else []


def explained(known: "Known", hpa: Hpa) -> list[str]:
    """The arithmetic in full, for the page of `w`."""
    there = around(known, hpa)
    lines = [f"why: {hpas.why(hpa, there)}", ""]
    lines += [line.plain for line in facts(known, hpa, 10_000)]
    policy = known.context.policy
    lines += ["", "triggers to scale by hand (policy):"]
    lines += [f"  {line}" for line in manual_triggers.table(policy, _measured(known, hpa))]
    lines += ["", "scalings of the last 24 hours:"]
    lines += [f"  {line.plain}" for line in scalings(known, hpa)]
    return [clean(line) for line in lines]


def _measured(known: "Known", hpa: Hpa) -> dict[str, float | None]:
    """CPU of request and memory of limit of the workload now."""
    key = (hpa.namespace, hpa.target_kind, hpa.target_name)
    rows = (row for row in known.workloads.values() if _key(row.workload) == key)
    row = next(rows, None)
    return {} if row is None else {"workload.cpu": row.use.cpu_of_request, "workload.memory": row.use.memory_of_limit}


def _key(workload: object) -> tuple[str, str, str]:
    return (
        getattr(workload, "namespace", ""),
        getattr(workload, "kind", ""),
        getattr(workload, "name", ""),
    )


def _words(condition: Condition) -> str:
    said = clean(f"{condition.type} {condition.status} {condition.reason}")
    since = f" since {units.when(condition.since, clock.now())}" if condition.since else ""
    return f"{said}{since}: {clean(condition.message, 400)}"


def _folded(lines: Iterable[Text], width: int) -> list[Text]:
    """Lines that are too long go on below, two cells in."""
    found: list[Text] = []
    for line in lines:
        parts = wrap(line.plain, max(NARROW, width), subsequent_indent="  ") or [""]
        found += [Text(part, style=line.style) for part in parts]
    return found
