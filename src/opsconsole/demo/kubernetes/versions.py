"""The one kind that is served in two versions: HorizontalPodAutoscaler, stored as autoscaling/v2."""

from opsconsole.demo.kubernetes.resources import HPAS_V1, Resource
from opsconsole.demo.kubernetes.store import Body


def in_version(resource: Resource, body: Body) -> Body:
    """The body as this version of the resource shows it; the same object where nothing differs."""
    if resource is not HPAS_V1:
        return body
    spec, status = body["spec"], body.get("status") or {}
    older_spec = {name: spec[name] for name in ("scaleTargetRef", "minReplicas", "maxReplicas") if name in spec}
    if (percent := _cpu(spec.get("metrics"), "target")) is not None:
        older_spec["targetCPUUtilizationPercentage"] = percent
    counts = ("observedGeneration", "lastScaleTime", "currentReplicas", "desiredReplicas")
    older_status = {name: status[name] for name in counts if name in status}
    if (percent := _cpu(status.get("currentMetrics"), "current")) is not None:
        older_status["currentCPUUtilizationPercentage"] = percent
    return {"metadata": body["metadata"], "spec": older_spec, "status": older_status}


def stored_version(resource: Resource, body: Body, old: Body | None) -> Body:
    """The body to store of what was written in this version; what the older version cannot say stays as it is."""
    if resource is not HPAS_V1:
        return body
    spec = dict(body.get("spec") or {})
    percent = spec.pop("targetCPUUtilizationPercentage", None)
    before = old["spec"] if old is not None else {}
    others = [each for each in before.get("metrics") or () if (each.get("resource") or {}).get("name") != "cpu"]
    target = {"type": "Utilization", "averageUtilization": percent}
    cpu = [] if percent is None else [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]
    kept = {"behavior": before["behavior"]} if "behavior" in before else {}
    status = {"status": old["status"]} if old is not None and "status" in old else {}
    return {"metadata": body["metadata"], "spec": {**spec, **kept, "metrics": cpu + others}, **status}


def _cpu(metrics: list[Body] | None, part: str) -> int | None:
    for each in metrics or ():
        resource = each.get("resource") or {}
        if resource.get("name") == "cpu":
            percent = resource[part].get("averageUtilization")
            return None if percent is None else int(percent)
    return None
