"""The simulated autoscaler and the console's rules say the same: both are the controller's arithmetic."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from opsconsole.demo.kubernetes.controllers.hpa_limits import Mark, limit
from opsconsole.demo.kubernetes.controllers.replicas import NoMetric, replicas_by_resource
from opsconsole.demo.kubernetes.quantities import format_time
from opsconsole.demo.kubernetes.store import Stored
from opsconsole.demo.kubernetes.usage import Sample as DemoSample
from opsconsole.model.kubernetes import HpaMetric
from opsconsole.rules.hpa_calculator import Sample, Tolerances, grouped, per_pod
from opsconsole.rules.hpa_limits import History, Step, held
from opsconsole.rules.hpa_limits import Mark as Asked
from tests.cluster.autoscaling import convert_hpa

NOW = 1_790_000_000.0
LONG_AGO = format_time(NOW - 86_400)


def moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


PODS = st.lists(
    st.tuples(
        st.one_of(st.none(), st.integers(0, 3000)),
        st.sampled_from((50, 100, 333, 1000)),
        st.sampled_from(("Running", "Running", "Running", "Pending", "Failed")),
    ),
    min_size=1,
    max_size=12,
)
TOLERANCES = st.tuples(st.sampled_from((0.0, 0.1, 0.34)), st.sampled_from((0.0, 0.1, 0.5)))


@given(PODS, st.integers(1, 150), st.integers(1, 14), TOLERANCES, st.booleans())
def test_what_one_metric_asks_for(
    pods: list[tuple[int | None, int, str]], target: int, current: int, within: tuple[float, float], average: bool
) -> None:
    stored, samples, seen = [], {}, []
    for index, (used, request, phase) in enumerate(pods):
        body = {
            "metadata": {"name": f"pod-{index}", "namespace": "one"},
            "spec": {"containers": [{"name": "app", "resources": {"requests": {"cpu": f"{request}m"}}}]},
            "status": {
                "phase": phase,
                "startTime": LONG_AGO,
                "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": LONG_AGO}],
            },
        }
        stored.append(Stored(body))
        if used is not None:
            samples["one", f"pod-{index}"] = DemoSample(used, 0.0, NOW)
        if phase != "Failed":
            seen.append(Sample(None if used is None else used / 1000, request / 1000, phase != "Pending"))
    if average:
        metric = HpaMetric("Resource", "cpu", "AverageValue", target / 1000)
        goal: dict[str, Any] = {"type": "AverageValue", "average": target / 1000}
    else:
        metric = HpaMetric("Resource", "cpu", "Utilization", target)
        goal = {"type": "Utilization", "averageUtilization": target}
    found = per_pod(metric, grouped(seen), current, Tolerances(*within))
    try:
        simulated = replicas_by_resource("cpu", goal, stored, samples, current, NOW, within).replicas
    except NoMetric:
        assert found is None
    else:
        assert found is not None
        assert found.replicas == simulated


RULES = st.fixed_dictionaries(
    {},
    optional={
        "stabilizationWindowSeconds": st.integers(0, 600),
        "selectPolicy": st.sampled_from(("Max", "Min", "Disabled")),
        "policies": st.lists(
            st.fixed_dictionaries(
                {
                    "type": st.sampled_from(("Pods", "Percent")),
                    "value": st.integers(1, 200),
                    "periodSeconds": st.integers(1, 900),
                }
            ),
            min_size=1,
            max_size=3,
        ),
    },
)
BEHAVIORS = st.one_of(st.none(), st.fixed_dictionaries({}, optional={"scaleUp": RULES, "scaleDown": RULES}))
AGES = st.integers(0, 1200)


@given(
    st.integers(1, 60),
    st.integers(1, 200),
    st.tuples(st.integers(0, 30), st.integers(0, 60)),
    BEHAVIORS,
    st.lists(st.tuples(AGES, st.integers(1, 80)), max_size=6),
    st.lists(st.tuples(AGES, st.integers(-20, 20)), max_size=6),
)
def test_what_holds_it(
    current: int,
    wanted: int,
    bounds: tuple[int, int],
    behavior: dict[str, Any] | None,
    asked: list[tuple[int, int]],
    scaled: list[tuple[int, int]],
) -> None:
    least = max(1, current - bounds[0])
    spec: dict[str, Any] = {"minReplicas": least, "maxReplicas": current + bounds[1], "metrics": []}
    if behavior is not None:
        spec["behavior"] = behavior
    simulated = limit(
        spec,
        wanted,
        current,
        [Mark(NOW - age, replicas) for age, replicas in asked],
        [Mark(NOW - age, change) for age, change in scaled],
        NOW,
    )
    hpa = convert_hpa({"metadata": {"name": "api"}, "spec": spec, "status": {"currentReplicas": current}})
    history = History(
        tuple(Asked(moment(NOW - age), replicas) for age, replicas in asked),
        tuple(Step(moment(NOW - age), change) for age, change in scaled),
    )
    found = held(hpa, wanted, moment(NOW), history)
    assert (found.replicas, found.able, found.limit) == (
        simulated.replicas, simulated.able_reason, simulated.limit_reason
    )  # fmt: skip
