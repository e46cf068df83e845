"""HorizontalPodAutoscalers: every 15 s from usage to replicas, with the real controller's conditions and events."""

from collections import deque
from typing import Any

from opsconsole.demo.kubernetes.controllers.hpa_limits import Mark, Verdict, limit
from opsconsole.demo.kubernetes.controllers.replicas import TOLERANCES, NoMetric, Proposal, replicas_by_resource
from opsconsole.demo.kubernetes.controllers.world import World, set_condition
from opsconsole.demo.kubernetes.quantities import format_time, parse_quantity
from opsconsole.demo.kubernetes.resources import BY_KIND, HPAS, PODS
from opsconsole.demo.kubernetes.selectors import matches_labels
from opsconsole.demo.kubernetes.store import Stored
from opsconsole.demo.kubernetes.usage import Usage

Body = dict[str, Any]
COMPONENT = "horizontal-pod-autoscaler"
SYNC_S = 15.0
_MEMORY_S = 1800.0
_SOURCES = {"Pods": "pods", "Object": "object", "External": "external", "ContainerResource": "container resource"}


class Autoscaler:
    """Remembers recommendations and scalings of each HPA, by its uid."""

    def __init__(self, world: World, usage: Usage, sync_s: float = SYNC_S) -> None:
        self._world = world
        self._usage = usage
        self._sync_s = sync_s
        self._due: dict[str, float] = {}
        self._recommended: dict[str, deque[Mark]] = {}
        self._scaled: dict[str, deque[Mark]] = {}

    def sync(self) -> None:
        now = self._world.now
        for hpa in list(self._world.store.items(HPAS.key)):
            uid = hpa.body["metadata"]["uid"]
            if now >= self._due.get(uid, 0.0):
                self._due[uid] = now + self._sync_s
                self._reconcile(hpa, uid)

    def _reconcile(self, hpa: Stored, uid: str) -> None:
        world, spec = self._world, hpa.body["spec"]
        conditions = list((hpa.body.get("status") or {}).get("conditions") or ())
        reference = spec["scaleTargetRef"]
        resource = BY_KIND.get(reference["kind"])
        target = world.store.get(resource.key, hpa.name[0], reference["name"]) if resource is not None else None
        if resource is None or target is None:
            kind, name = reference["kind"].lower() + "s.apps", reference["name"]
            message = f'{kind} "{name}" not found'
            world.tell(HPAS, hpa.body, "FailedGetScale", message, COMPONENT, kind="Warning")
            said = f"the HPA controller was unable to get the target's current scale: {message}"
            self._report(hpa, self._set(conditions, "AbleToScale", False, "FailedGetScale", said))
            return
        said = "the HPA controller was able to get the target's current scale"
        conditions = self._set(conditions, "AbleToScale", True, "SucceededGetScale", said)
        current = target.body["spec"].get("replicas", 1)
        status = {"currentReplicas": (target.body.get("status") or {}).get("replicas", current)}
        if not current and spec.get("minReplicas", 1):
            said = "scaling is disabled since the replica count of the target is zero"
            conditions = self._set(conditions, "ScalingActive", False, "ScalingDisabled", said)
            self._report(hpa, conditions, **status, desiredReplicas=0)
            return
        desired, reason, metrics = current, "", None
        if current > spec["maxReplicas"]:
            desired, reason = spec["maxReplicas"], "Current number of replicas above Spec.MaxReplicas"
        elif current < spec.get("minReplicas", 1):
            desired, reason = spec.get("minReplicas", 1), "Current number of replicas below Spec.MinReplicas"
        else:
            wish = self._wish(hpa, target, current, conditions)
            conditions, metrics = wish[2], wish[3]
            if wish[0] is None:
                self._report(hpa, conditions, **status, **_metrics(metrics))
                return
            verdict = self._limit(uid, spec, wish[0], current)
            conditions = self._set(conditions, "AbleToScale", True, verdict.able_reason, verdict.able_message)
            limited = (verdict.limited, verdict.limit_reason, verdict.limit_message)
            conditions = self._set(conditions, "ScalingLimited", *limited)
            desired = verdict.replicas
            reason = f"{wish[1]} above target" if desired > current else "All metrics below target"
        if desired != current:
            conditions = self._rescale(hpa, uid, (resource.key, target), desired, reason, conditions)
            status["lastScaleTime"] = format_time(world.now)
        self._report(hpa, conditions, **status, desiredReplicas=desired, **_metrics(metrics))

    def _wish(
        self, hpa: Stored, target: Stored, current: int, conditions: list[Body]
    ) -> tuple[int | None, str, list[Body], list[Body] | None]:
        """(replicas that the metrics ask for or None, the metric that decides, conditions, current metrics)."""
        replicas, deciding, shown, failed = None, "", [], None
        for metric in hpa.body["spec"].get("metrics") or ():
            try:
                proposal = self._propose(metric, target, current, _tolerances(hpa.body["spec"]))
            except NoMetric as error:
                failed = failed or (metric, str(error))
                shown.append({"type": ""})
                continue
            shown.append(_shown(metric, proposal))
            if replicas is None or proposal.replicas > replicas:
                replicas, deciding = proposal.replicas, _metric_name(metric)
        if failed is not None and (replicas is None or replicas < current):
            return None, "", self._complain(hpa, conditions, *failed), shown
        said = f"the HPA was able to successfully calculate a replica count from {deciding}"
        return replicas, deciding, self._set(conditions, "ScalingActive", True, "ValidMetricFound", said), shown

    def _propose(self, metric: Body, target: Stored, current: int, tolerances: tuple[float, float]) -> Proposal:
        if metric["type"] != "Resource":
            raise NoMetric("no metrics returned: there is no custom metrics API here")
        name, goal = metric["resource"]["name"], dict(metric["resource"]["target"])
        if goal["type"] == "AverageValue":
            goal["average"] = parse_quantity(goal["averageValue"])
        pods = [
            pod
            for pod in self._world.store.items(PODS.key, target.name[0])
            if matches_labels(target.body["spec"]["selector"], pod.body["metadata"].get("labels") or {})
        ]
        return replicas_by_resource(name, goal, pods, self._usage.pods, current, self._world.now, tolerances)

    def _complain(self, hpa: Stored, conditions: list[Body], metric: Body, error: str) -> list[Body]:
        source = _SOURCES.get(metric["type"], "resource")
        what = f"{metric['resource']['name']} utilization" if metric["type"] == "Resource" else f"{source} metric"
        short = f"failed to get {what}: {error}"
        reason = f"FailedGet{metric['type']}Metric"
        self._world.tell(HPAS, hpa.body, reason, short, COMPONENT, kind="Warning")
        count = len(hpa.body["spec"]["metrics"])
        long = (
            f"invalid metrics (1 invalid out of {count}), first error is: failed to get {source} metric value: {short}"
        )
        self._world.tell(HPAS, hpa.body, "FailedComputeMetricsReplicas", long, COMPONENT, kind="Warning")
        said = f"the HPA was unable to compute the replica count: {short}"
        return self._set(conditions, "ScalingActive", False, reason, said)

    def _limit(self, uid: str, spec: Body, wished: int, current: int) -> Verdict:
        now = self._world.now
        recent = self._recommended.setdefault(uid, deque())
        scaled = self._scaled.setdefault(uid, deque())
        for marks in (recent, scaled):
            while marks and marks[0].at < now - _MEMORY_S * 2:
                marks.popleft()
        if not recent:
            recent.append(Mark(now, current))
        verdict = limit(spec, wished, current, recent, scaled, now)
        recent.append(Mark(now, wished))
        return verdict

    def _rescale(
        self, hpa: Stored, uid: str, target: tuple[str, Stored], desired: int, reason: str, conditions: list[Body]
    ) -> list[Body]:
        key, scaled = target
        before = scaled.body["spec"].get("replicas", 1)
        metadata = {**scaled.body["metadata"], "generation": scaled.body["metadata"].get("generation", 1) + 1}
        self._world.store.put(
            key, {**scaled.body, "metadata": metadata, "spec": {**scaled.body["spec"], "replicas": desired}}
        )
        self._scaled.setdefault(uid, deque()).append(Mark(self._world.now, desired - before))
        message = f"New size: {desired}; reason: {reason}"
        self._world.tell(HPAS, hpa.body, "SuccessfulRescale", message, COMPONENT)
        said = f"the HPA controller was able to update the target scale to {desired}"
        return self._set(conditions, "AbleToScale", True, "SucceededRescale", said)

    def _set(self, conditions: list[Body], kind: str, good: bool, reason: str, message: str) -> list[Body]:
        at = format_time(self._world.now)
        return set_condition(conditions, kind, "True" if good else "False", reason, message, at)

    def _report(self, hpa: Stored, conditions: list[Body], **parts: Any) -> None:
        old = hpa.body.get("status") or {}
        kept = {"desiredReplicas": 0, "currentReplicas": 0} | old
        self._world.update(HPAS, hpa, status={**kept, **parts, "conditions": conditions})


def _metrics(shown: list[Body] | None) -> Body:
    return {} if shown is None else {"currentMetrics": shown}


def _tolerances(spec: Body) -> tuple[float, float]:
    """(below, above) as its behavior gives them."""
    behavior = spec.get("behavior") or {}
    own = [(behavior.get(part) or {}).get("tolerance") for part in ("scaleDown", "scaleUp")]
    down, up = (given if value is None else parse_quantity(value) for value, given in zip(own, TOLERANCES, strict=True))
    return down, up


def _metric_name(metric: Body) -> str:
    resource = metric["resource"]
    if resource["target"]["type"] == "Utilization":
        return f"{resource['name']} resource utilization (percentage of request)"
    return f"{resource['name']} resource"


def _shown(metric: Body, proposal: Proposal) -> Body:
    name, target = metric["resource"]["name"], metric["resource"]["target"]
    average = f"{round(proposal.average * 1000)}m" if name == "cpu" else str(round(proposal.average))
    current: Body = {"averageValue": average}
    if target["type"] == "Utilization":
        current["averageUtilization"] = proposal.utilization
    return {"type": "Resource", "resource": {"name": name, "current": current}}
