"""An HPA in words: what it wants and why, what holds it and for how long, and how far it can still go.

The arithmetic is the controller's own: see hpa_calculator (one metric), hpa_limits (windows, policies, bounds) and
hpa_prediction (all of it in order).
"""

from datetime import datetime, timedelta

from ..model.kubernetes import Condition, Hpa, HpaMetric
from ..text import clock, units
from .hpa_calculator import Proposal, tolerances
from .hpa_limits import window_s
from .hpa_past import TURNS, turns
from .hpa_prediction import Around, Prediction, predict, propose

Want = Proposal


def prediction(hpa: Hpa, around: Around | None = None) -> Prediction:
    """What it will do, from the values that the controller reports."""
    return predict(hpa, around if around is not None else Around(clock.now()))


def wants(hpa: Hpa, around: Around | None = None) -> Want | None:
    """The largest number of replicas that any metric asks for, with that metric; None when no metric can be read.

    Where a metric is missing and the others say "down", the controller does not scale: the current number stays.
    """
    return prediction(hpa, around).deciding


def metric_wants(hpa: Hpa, metric: HpaMetric, around: Around | None = None) -> Want | None:
    """What one metric asks for; None when its value or its target is unknown."""
    return propose(hpa, metric, around if around is not None else Around(clock.now()), metric.current)


def cell(hpa: Hpa, around: Around | None = None) -> str:
    """`3<=20->31<=20 cpu`: minimum, now, wanted, maximum, and the metric that decides."""
    found = prediction(hpa, around)
    if found.deciding is None:
        wanted = "0" if found.paused else "?"
        return f"{hpa.minimum}<={hpa.current}->{wanted}<={hpa.maximum}"
    return f"{hpa.minimum}<={hpa.current}->{found.wanted}<={hpa.maximum} {short_name(found.deciding.metric)}"


def at_maximum(hpa: Hpa) -> bool:
    """Whether it stands at its maximum and asks for more."""
    want = wants(hpa)
    limited = _condition(hpa, "ScalingLimited")
    more = want is not None and want.replicas > hpa.maximum
    said = limited is not None and limited.status == "True" and limited.reason == "TooManyReplicas"
    return hpa.maximum > 0 and hpa.current >= hpa.maximum and (more or said)


def at_maximum_since(hpa: Hpa) -> datetime | None:
    """The later of its last step and the condition's change: a condition keeps its time while its reason changes."""
    limited = _condition(hpa, "ScalingLimited")
    if limited is None or limited.status != "True" or limited.reason != "TooManyReplicas" or limited.since is None:
        return None
    return max(limited.since, hpa.last_scale) if hpa.last_scale is not None else limited.since


def words(hpa: Hpa) -> str:
    """What is wrong with it in a few words; "" where it does what it should."""
    want = wants(hpa)
    if at_maximum(hpa):
        since = at_maximum_since(hpa)
        when = f" since {units.when(since, clock.now())}" if since else ""
        more = f", wants {want.replicas}" if want is not None and want.replicas > hpa.maximum else ""
        return f"HPA at max{when}{more}"
    active = _condition(hpa, "ScalingActive")
    if active is not None and active.status == "False":
        return "HPA paused (0 replicas)" if active.reason == "ScalingDisabled" else f"HPA blind: {active.reason}"
    able = _condition(hpa, "AbleToScale")
    if able is not None and able.status == "False":
        return f"HPA cannot scale: {able.reason}"
    if hpa.keda_paused:
        return f"HPA paused by KEDA ({hpa.keda_paused})"
    missing = next((metric for metric in hpa.metrics if metric.current is None), None)
    return f"HPA metric missing ({short_name(missing)}) → scale-down blocked" if missing is not None else ""


def state(hpa: Hpa, around: Around) -> str:
    """What is wrong, else what it is doing: held, stabilizing, going somewhere, thrashing; "" where it rests."""
    if wrong := words(hpa).removeprefix("HPA "):
        return wrong
    if around.past is not None and (count := turns(around.past, around.now)) >= TURNS:
        return f"thrashing: turned {count} times in 60 min"
    found = prediction(hpa, around)
    if found.deciding is None or found.held is None:
        return ""
    hold = holding(hpa, found, around)
    if hold.startswith("stabilizing"):
        return hold
    asked = f"wants {found.wanted}"
    if found.wanted == hpa.current and not hold:
        return ""
    return f"{asked} · {hold}" if hold else asked


def counts_down(hpa: Hpa) -> bool:
    """Whether something holds it for a while, as the controller says: its words change by the second."""
    told = ((one.status, one.reason) for one in hpa.conditions if one.type in ("AbleToScale", "ScalingLimited"))
    return any(
        (status == "True" and reason in ("ScaleUpLimit", "ScaleDownLimit")) or reason.endswith("Stabilized")
        for status, reason in told
    )


def why(hpa: Hpa, around: Around | None = None) -> str:
    """`cpu 91/65 % of request x 20 pods = wants 28, held to 20 by maxReplicas`."""
    around = around if around is not None else Around(clock.now())
    found = prediction(hpa, around)
    want = found.deciding
    if want is None:
        return words(hpa) or "no metric of the HPA can be read"
    metric = want.metric
    figures = f"{short_name(metric)} {figure(metric, metric.current)}/{figure(metric, metric.target)}{_unit(metric)}"
    pods = "" if metric.type in ("Object", "External") and metric.target_type == "Value" else f" x {hpa.current} pods"
    if found.blocked:
        lacks = ", ".join(short_name(one) for one in found.unread)
        return f"{figures}{pods} = would go down, metric missing ({lacks}) → scale-down blocked"
    if want.uncounted and want.replicas == hpa.current and not want.within:
        few = units.plural(want.uncounted, "pod")
        sentence = f"{figures}{pods} = stays {hpa.current}: {few} not counted yet (starting or without metrics)"
    elif want.within and want.ratio != 1.0 and want.replicas == hpa.current:
        allowed = tolerances(hpa)
        share = f"{units.percent(allowed.up if want.ratio > 1 else allowed.down)} %"
        sentence = f"{figures}{pods} = within {share} of the target, stays {hpa.current}"
    else:
        sentence = f"{figures}{pods} = wants {want.replicas}"
    hold = holding(hpa, found, around)
    return f"{sentence}, {hold}" if hold else sentence


def holding(hpa: Hpa, found: Prediction, around: Around) -> str:
    """What keeps it from what it wants, and for how long; "" where nothing does."""
    if found.wanted is None or found.held is None:
        return ""
    wanted, limit = found.wanted, found.held.limit
    able = _condition(hpa, "AbleToScale")
    stabilized = able.reason if able is not None else ""
    if wanted < hpa.minimum == hpa.current:
        return f"held to {hpa.minimum} by minReplicas"
    if wanted < hpa.current and (found.held.able == "ScaleDownStabilized" or stabilized == "ScaleDownStabilized"):
        return _stabilizing(hpa, found, around)
    if wanted > hpa.current and (found.held.able == "ScaleUpStabilized" or stabilized == "ScaleUpStabilized"):
        return _stabilizing(hpa, found, around)
    if limit in ("ScaleUpLimit", "ScaleDownLimit") and found.held.replicas != wanted:
        return _paced(hpa, found, around, limit)
    if wanted > hpa.maximum:
        return f"held to {hpa.maximum} by maxReplicas"
    if wanted < hpa.minimum:
        return f"held to {hpa.minimum} by minReplicas"
    return _said(hpa, found)


def headroom(hpa: Hpa) -> int:
    """How many replicas it may still add."""
    return max(0, hpa.maximum - hpa.current)


def keda_words(hpa: Hpa) -> str:
    """Who made it, where KEDA did: its bounds are set on the ScaledObject."""
    if not hpa.keda:
        return ""
    paused = f", {hpa.keda_paused}" if hpa.keda_paused else ""
    return f"made by KEDA's scaledobject/{hpa.keda} (bounds {hpa.minimum}..{hpa.maximum}{paused})"


def metric_words(hpa: Hpa, metric: HpaMetric) -> str:
    """`cpu 91/65 % (1.40)`."""
    target = figure(metric, metric.target)
    if metric.current is None:
        return f"{short_name(metric)} unknown/{target}"
    ratio = f" ({metric.current / metric.target:.2f})" if metric.target > 0 else ""
    percent = " %" if metric.target_type == "Utilization" else ""
    return f"{short_name(metric)} {figure(metric, metric.current)}/{target}{percent}{ratio}"


def short_name(metric: HpaMetric) -> str:
    """`cpu`, `memory`, or the metric's own name; of a single container `app/cpu`."""
    return metric.name if metric.container else metric.name.rsplit("/", 1)[-1]


def figure(metric: HpaMetric, value: float | None) -> str:
    """A value in the metric's own unit."""
    if value is None:
        return units.UNKNOWN
    if metric.target_type == "Utilization":
        return f"{value:.0f}"
    resource = metric.name.rsplit("/", 1)[-1] if metric.type in ("Resource", "ContainerResource") else ""
    if resource == "memory":
        return units.size(value)
    return units.cores(value) if resource == "cpu" else units.number(value)


def _stabilizing(hpa: Hpa, found: Prediction, around: Around) -> str:
    """`stabilizing down: 300 s window, 7→5 in 2m10s`; `within` where the recommendation that holds was not seen."""
    up = (found.wanted or 0) > hpa.current
    window = window_s(hpa, up=up)
    head = f"stabilizing {'up' if up else 'down'}: {window} s window"
    if found.release is not None:
        at, then = found.release
        return f"{head}, {hpa.current}→{then} in {_short((at - around.now).total_seconds())}"
    watched = around.past.watched_since if around.past is not None else None
    began = watched or around.now
    goal = max(hpa.minimum, min(hpa.maximum, found.wanted or 0))
    left = (began + timedelta(seconds=window) - around.now).total_seconds()
    if left <= 0:
        return f"{head}, {hpa.current}→{goal} at the next look"
    return f"{head}, {hpa.current}→{goal} within {_short(left)}"


def _paced(hpa: Hpa, found: Prediction, around: Around, limit: str) -> str:
    """`held to 6 by the scale-up policy for another 12 s`."""
    name = "scale-up" if limit == "ScaleUpLimit" else "scale-down"
    rules = None if hpa.behavior is None else hpa.behavior.up if limit == "ScaleUpLimit" else hpa.behavior.down
    if rules is not None and rules.select == "Disabled":
        return f"held to {hpa.current}: {name} is disabled"
    now = found.held.replicas if found.held is not None else hpa.current
    policy = f"the {name} policy" if rules is not None else "the rate of scaling up"
    if found.release is None:
        return f"held to {now} by {policy}"
    return f"held to {now} by {policy} for another {_short((found.release[0] - around.now).total_seconds())}"


def _said(hpa: Hpa, found: Prediction) -> str:
    """What the controller itself says where nothing that is known here explains it."""
    limited = _condition(hpa, "ScalingLimited")
    if found.wanted == hpa.current or limited is None or limited.status != "True":
        return ""
    return "slowed by its scaling policy" if limited.reason in ("ScaleUpLimit", "ScaleDownLimit") else ""


def _condition(hpa: Hpa, kind: str) -> Condition | None:
    return next((condition for condition in hpa.conditions if condition.type == kind), None)


def _short(seconds: float) -> str:
    """`12 s`, `2m10s`: what is about to happen is told to the second."""
    whole = max(1, round(seconds))
    return f"{whole} s" if whole < 60 else f"{whole // 60}m{whole % 60:02d}s"


def _unit(metric: HpaMetric) -> str:
    if metric.target_type == "Utilization":
        return " % of request"
    return " per pod" if metric.target_type == "AverageValue" else ""
