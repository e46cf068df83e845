"""HorizontalPodAutoscalers from the wire: metrics by identity, behavior with its defaults, KEDA's marks."""

from typing import Any

import msgspec

from opsconsole.model.kubernetes import Hpa, HpaPolicy, HpaRules
from opsconsole.sources.kubernetes.convert_hpas import DOWN_POLICIES, UP_POLICIES, hpa
from opsconsole.sources.kubernetes.share import Shared
from opsconsole.sources.kubernetes.wire import HpaWire


def row(spec: dict[str, Any], status: dict[str, Any] | None = None, **metadata: Any) -> Hpa:
    raw = {"metadata": {"name": "api", "namespace": "shop", **metadata}, "spec": {"maxReplicas": 9, **spec}}
    return hpa(msgspec.convert({**raw, "status": status}, HpaWire), Shared())


def external(selector: str, **value: Any) -> dict[str, Any]:
    return {"metric": {"name": "depth", "selector": {"matchLabels": {"queue": selector}}}, **value}


def test_two_metrics_of_one_name_differ_by_their_selector() -> None:
    target = {"target": {"type": "AverageValue", "averageValue": "30"}}
    read = row(
        {"metrics": [{"type": "External", "external": external(queue, **target)} for queue in ("mail", "pay")]},
        {"currentMetrics": [{"type": "External", "external": external("pay", current={"averageValue": "7500m"})}]},
    )
    assert [(metric.selector, metric.current) for metric in read.metrics] == [
        ((("queue", "mail"),), None),
        ((("queue", "pay"),), 7.5),
    ]


def test_a_container_is_part_of_its_metric() -> None:
    of = {"name": "cpu", "container": "app"}
    metric = {"type": "ContainerResource", "containerResource": {**of, "target": {"averageUtilization": 60}}}
    seen = {"type": "ContainerResource", "containerResource": {**of, "current": {"averageUtilization": 71}}}
    (found,) = row({"metrics": [metric]}, {"currentMetrics": [{"type": ""}, seen]}).metrics
    assert (found.name, found.container, found.current) == ("app/cpu", "app", 71.0)


def test_behavior_takes_the_defaults_of_the_api_server() -> None:
    rules = {"policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}], "tolerance": "50m"}
    behavior = row({"behavior": {"scaleUp": rules}}).behavior
    assert behavior is not None
    assert behavior.up == HpaRules((HpaPolicy("Pods", 1, 60),), tolerance=0.05)
    assert behavior.down == HpaRules(DOWN_POLICIES, window_s=300)
    empty = row({"behavior": {"scaleDown": None}}).behavior
    assert empty is not None
    assert empty.up == HpaRules(UP_POLICIES)
    assert row({}).behavior is None


def test_keda_is_seen_by_owner_label_or_name() -> None:
    owner = {"kind": "ScaledObject", "name": "api-scaler", "controller": True}
    assert row({}, ownerReferences=[owner]).keda == "api-scaler"
    assert row({}, labels={"scaledobject.keda.sh/name": "by-label"}).keda == "by-label"
    assert row({}, name="keda-hpa-worker").keda == "worker"
    assert row({}).keda == ""


def test_kedas_pauses_are_read_from_the_annotations_that_it_copies() -> None:
    """kedacore/keda: controllers/keda/hpa.go gives the HPA the annotations of its ScaledObject."""
    prefix = "autoscaling.keda.sh/paused"
    assert row({}, annotations={f"{prefix}-replicas": "2"}).keda_paused == "paused at 2"
    assert row({}, annotations={f"{prefix}-scale-in": "true"}).keda_paused == "scale-in paused"
    assert row({}, annotations={prefix: "false"}).keda_paused == ""
