"""What the rules say of an HPA, held against what the real HPA controller then does, case by case."""

from datetime import UTC, datetime, timedelta
from functools import partial

import msgspec

from opsconsole.model.kubernetes import Hpa, HpaMetric, HpaPast, Scaling
from opsconsole.rules.hpa_prediction import Around, Prediction, predict
from tests.cluster import autoscaling as scaling
from tests.cluster.autoscaling import Case, Seen, average, container_cpu, cpu, external, memory
from tests.cluster.plane import Plane


def up(*policies: tuple[str, int, int], **more: object) -> dict[str, object]:
    return {"scaleUp": _rules(policies, more), "scaleDown": {"stabilizationWindowSeconds": 0}}


def down(*policies: tuple[str, int, int], **more: object) -> dict[str, object]:
    return {"scaleDown": _rules(policies, {"stabilizationWindowSeconds": 0, **more})}


def _rules(policies: tuple[tuple[str, int, int], ...], more: dict[str, object]) -> dict[str, object]:
    given = [{"type": kind, "value": value, "periodSeconds": period} for kind, value, period in policies]
    return {**({"policies": given} if given else {}), **more}


CASES: dict[str, Case] = {
    "up by utilization": Case(usage=("90m",) * 3, metrics=(cpu(50),)),
    "down by utilization": Case(usage=("20m",) * 4, metrics=(cpu(50),)),
    "unequal pods": Case(usage=("10m", "150m", "99m"), metrics=(cpu(50),)),
    "at the edge of the tolerance, up": Case(usage=("55m",) * 3, metrics=(cpu(50),)),
    "just over the tolerance": Case(usage=("56m",) * 3, metrics=(cpu(50),)),
    "at the edge of the tolerance, down": Case(usage=("45m",) * 10, metrics=(cpu(50),)),
    "just under the tolerance": Case(usage=("44m",) * 10, metrics=(cpu(50),)),
    "a tolerance of its own": Case(usage=("70m",) * 3, metrics=(cpu(50),), behavior=up(tolerance="500m")),
    "by average value": Case(usage=("80m",) * 3, metrics=(average("cpu", "50m"),)),
    "memory by utilization": Case(usage=("1m",) * 3, memory="96Mi", metrics=(memory(100),)),
    "memory by average value": Case(usage=("1m",) * 3, metrics=(average("memory", "48Mi"),)),
    "of one container": Case(usage=("90m",) * 3, metrics=(container_cpu(50),)),
    "the larger of two metrics": Case(usage=("60m",) * 3, memory="128Mi", metrics=(cpu(50), memory(100))),
    "one says up, one down": Case(usage=("10m",) * 3, memory="128Mi", metrics=(cpu(50), memory(100))),
    "a metric missing, the other down": Case(usage=("10m",) * 3, metrics=(cpu(50), external())),
    "a metric missing, the other up": Case(usage=("90m",) * 3, metrics=(external(), cpu(50))),
    "all metrics missing": Case(usage=("90m",) * 2, metrics=(external(),)),
    "no request": Case(usage=("90m",) * 2, metrics=(cpu(50),), request=False),
    "pods without metrics, up": Case(usage=("100m", "100m", None, None), metrics=(cpu(50),)),
    "pods without metrics, far up": Case(usage=("400m", "400m", None, None), metrics=(cpu(50),)),
    "pods without metrics, down": Case(usage=("10m", "10m", None, None), metrics=(cpu(80),)),
    "pods without metrics would turn it": Case(usage=("10m", "10m", None, None), metrics=(cpu(50),)),
    "pods without metrics, average": Case(usage=("10m", "10m", None, None), metrics=(average("cpu", "50m"),)),
    "pending pods dampen": Case(usage=("90m",) * 3, metrics=(cpu(50),), pending=2),
    "pending pods and far up": Case(usage=("300m",) * 3, metrics=(cpu(50),), pending=2),
    "pending pods, down": Case(usage=("10m",) * 4, metrics=(cpu(50),), pending=2),
    "an unready pod": Case(usage=("100m",) * 3, metrics=(cpu(50),), unready=1),
    "held to the maximum": Case(usage=("500m",) * 3, metrics=(cpu(50),), most=5),
    "held to the minimum": Case(usage=("1m",) * 4, metrics=(cpu(50),), least=2),
    "above the maximum": Case(usage=("50m",) * 5, metrics=(cpu(50),), most=4),
    "below the minimum": Case(usage=("50m",), metrics=(cpu(50),), least=3),
    "no replicas": Case(usage=(), metrics=(cpu(50),)),
    "no behavior, up": Case(usage=("500m",) * 3, metrics=(cpu(50),), behavior=None),
    "no behavior, from one": Case(usage=("500m",), metrics=(cpu(50),), behavior=None),
    "no behavior, down": Case(usage=("10m",) * 3, metrics=(cpu(50),), behavior=None),
    "default window, down": Case(usage=("10m",) * 3, metrics=(cpu(50),), behavior={"scaleDown": {}}),
    "window, up": Case(usage=("90m",) * 3, metrics=(cpu(50),), behavior=up(stabilizationWindowSeconds=60)),
    "default policies, up": Case(usage=("900m",) * 3, metrics=(cpu(50),)),
    "pods policy, up": Case(usage=("90m",) * 3, metrics=(cpu(50),), behavior=up(("Pods", 1, 60))),
    "percent policy, up": Case(usage=("500m",) * 3, metrics=(cpu(50),), behavior=up(("Percent", 50, 60))),
    "smaller of two, up": Case(
        usage=("500m",) * 4, metrics=(cpu(50),), behavior=up(("Pods", 4, 60), ("Percent", 50, 60), selectPolicy="Min")
    ),
    "up disabled": Case(usage=("90m",) * 3, metrics=(cpu(50),), behavior=up(selectPolicy="Disabled")),
    "pods policy, down": Case(usage=("1m",) * 4, metrics=(cpu(50),), behavior=down(("Pods", 1, 60))),
    "percent policy, down": Case(usage=("1m",) * 5, metrics=(cpu(50),), behavior=down(("Percent", 50, 60))),
    "larger of two, down": Case(
        usage=("1m",) * 5, metrics=(cpu(50),), behavior=down(("Pods", 4, 60), ("Percent", 20, 60))
    ),
    "down disabled": Case(usage=("1m",) * 4, metrics=(cpu(50),), behavior=down(selectPolicy="Disabled")),
}
HELD_ON = ("pods policy, up", "pods policy, down", "percent policy, up")
"""Cases whose policy holds them where their first step has brought them."""


def foresee(seen: Seen) -> Prediction:
    """From the pods' usage; the controller's first act is to take down the current number as a recommendation."""
    now = datetime.now(UTC)
    past = HpaPast(asked=((now, seen.hpa.current),))
    hpa = seen.hpa
    if any(metric.type == "ContainerResource" for metric in hpa.metrics):
        # its pods have one container: what the pod uses of its request is what the container does
        hpa = msgspec.structs.replace(hpa, metrics=tuple(_whole(metric) for metric in hpa.metrics))
    return predict(hpa, Around(now + timedelta(seconds=1), seen.pods, seen.usage, past), measured=True)


def _whole(metric: HpaMetric) -> HpaMetric:
    return msgspec.structs.replace(metric, type="Resource", name="cpu", container="")


def said(found: Prediction, hpa: Hpa) -> tuple[object, ...]:
    """(replicas, held by which limit, stabilized how, active or not) as the rules have it."""
    if found.paused:
        return 0, "", "", "ScalingDisabled"
    if hpa.current > hpa.maximum or hpa.current < hpa.minimum:
        return (found.held.replicas if found.held else None), "", "", ""
    if found.deciding is None or found.blocked or found.held is None:
        return hpa.current, "", "", "blind"
    steady = found.held.able if found.held.replicas == hpa.current else "SucceededRescale"
    return found.held.replicas, found.held.limit, steady, "ValidMetricFound"


def done(hpa: Hpa, before: int, now: int) -> tuple[object, ...]:
    """The same as the controller has it."""
    told = {condition.type: condition for condition in hpa.conditions}
    active = told.get("ScalingActive")
    if active is not None and active.status == "False":
        return before, "", "", active.reason if active.reason == "ScalingDisabled" else "blind"
    if before > hpa.maximum or before < hpa.minimum:
        return now, "", "", ""
    limit = told["ScalingLimited"].reason if "ScalingLimited" in told else ""
    return hpa.desired, limit, told["AbleToScale"].reason, active.reason if active is not None else ""


def test_predictions_come_true(real_cluster: Plane) -> None:
    seen = scaling.prepare(real_cluster, CASES)
    foreseen = {title: foresee(one) for title, one in seen.items()}
    looks = scaling.first_looks(real_cluster, list(seen.values()))
    wrong: dict[str, tuple[object, object]] = {}
    for title, one in seen.items():
        look = looks[one.name]
        expected, found = said(foreseen[title], one.hpa), done(look, one.hpa.current, look.desired)
        if expected != found:
            wrong[title] = (expected, found)
        shown = {metric.name.rpartition("/")[2]: metric.current for metric in look.metrics if metric.current}
        values = {proposal.metric.name: proposal.value for proposal in foreseen[title].proposals}
        if shown and shown.items() - values.items():
            wrong[f"{title}: values"] = (tuple(values.items()), tuple(shown.items()))
    assert not wrong

    # what a policy holds after its step stays where it is, and the rules say until when
    for title in HELD_ON:
        hpa = scaling.now_as(real_cluster, seen[title].name)
        at = hpa.last_scale
        assert at is not None
        past = HpaPast((Scaling(at, hpa.desired, seen[title].hpa.current),), at)
        pods, usage = scaling.pods_and_usage(real_cluster, hpa.name)
        current = msgspec.structs.replace(hpa, current=scaling.replicas(real_cluster, hpa.name))
        later = predict(current, Around(datetime.now(UTC), pods, usage, past), measured=True)
        assert later.held is not None
        assert later.held.replicas == hpa.desired, title
        assert later.release is not None
        assert later.release[0] == at + timedelta(seconds=60)
        scaling.wait(partial(_is_limited, real_cluster, hpa.name, later.held.limit))
        assert scaling.now_as(real_cluster, hpa.name).desired == hpa.desired


def _is_limited(plane: Plane, name: str, reason: str) -> bool:
    conditions = scaling.now_as(plane, name).conditions
    return any(one.type == "ScalingLimited" and one.reason == reason for one in conditions)
