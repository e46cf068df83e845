"""The simulated cluster as the shop and the scenarios see it, and its control loops second by second."""

import pytest

from opsconsole.demo.kubernetes import SimulatedCluster
from opsconsole.demo.kubernetes.resources import CONFIG_MAPS, DEPLOYMENTS, EVENTS, HPAS, PODS, REPLICA_SETS
from opsconsole.demo.kubernetes.store import clone
from opsconsole.demo.kubernetes.tables import cells
from opsconsole.demo.platform import NAMESPACE, EndpointLoad, Load, PodLoad
from opsconsole.demo.shop.inventory import BY_NAME, WORKLOADS
from tests.demo.kubernetes.running import load

START = 1_790_000_000.0


@pytest.fixture
def cluster() -> SimulatedCluster:
    return SimulatedCluster(7, START)


def run(cluster: SimulatedCluster, seconds: int, *, api_millicores: float = 325.0) -> None:
    """Lets time pass; the API's pods use that much (their request is 500, the target 65 %), others idle."""
    for _ in range(seconds):
        pods = {pod: PodLoad(api_millicores, 300e6) for pod in cluster.workloads()["api"].nodes}
        cluster.step(cluster.now + 1, load(cluster.now + 1, pods))


def replicas(cluster: SimulatedCluster, name: str) -> int:
    return cluster.workloads()[name].replicas


def events(cluster: SimulatedCluster, reason: str) -> list[str]:
    return [each.body["message"] for each in cluster.store.items(EVENTS.key) if each.body["reason"] == reason]


def test_it_starts_with_every_workload_ready(cluster: SimulatedCluster) -> None:
    states = cluster.workloads()
    assert set(states) == {workload.name for workload in WORKLOADS}
    for name, state in states.items():
        assert (state.version, len(state.ready)) == (BY_NAME[name].version, BY_NAME[name].replicas)
        assert set(state.ready.values()) == {state.version}
        assert all(state.nodes.values())
    ages = {cells(PODS, pod.body, cluster.now)[4] for pod in cluster.store.items(PODS.key)}
    assert len(ages) > 4


def test_the_same_seed_makes_the_same_cluster() -> None:
    first, second = SimulatedCluster(7, START), SimulatedCluster(7, START)
    assert [pod.body for pod in first.store.items(PODS.key)] == [pod.body for pod in second.store.items(PODS.key)]


def test_nothing_is_written_where_nothing_happens(cluster: SimulatedCluster) -> None:
    run(cluster, 5)
    before = {key: cluster.store.snapshot(key, cluster.store.version) for key in (PODS.key, DEPLOYMENTS.key)}
    run(cluster, 60)
    for key, objects in before.items():
        assert cluster.store.snapshot(key, cluster.store.version) == objects


def test_a_deploy_rolls_over_pod_by_pod(cluster: SimulatedCluster) -> None:
    run(cluster, 2)
    cluster.deploy("api", "1.9.0", author="deployer", env={"FEED_V2": "on"})
    both, least, most = False, 99, 0
    for _ in range(120):
        run(cluster, 1)
        state = cluster.workloads()["api"]
        both = both or set(state.ready.values()) == {"1.8.1", "1.9.0"}
        least, most = min(least, len(state.ready)), max(most, len(state.nodes))
    assert both
    assert least >= 9, "a quarter of 12 may be missing"
    state = cluster.workloads()["api"]
    assert (state.version, list(state.ready.values())) == ("1.9.0", ["1.9.0"] * 12)
    pod = cluster.store.get(PODS.key, NAMESPACE, next(iter(state.ready)))
    assert pod is not None
    assert pod.body["spec"]["containers"][0]["env"] == [{"name": "FEED_V2", "value": "on"}]
    deployment = cluster.store.get(DEPLOYMENTS.key, NAMESPACE, "api")
    assert deployment is not None
    marks = deployment.body["metadata"]["annotations"]
    assert marks["kubernetes.io/change-cause"] == "deploy 1.9.0 by deployer"
    sets = [each.body for each in cluster.store.items(REPLICA_SETS.key) if each.name[1].startswith("api-")]
    asked = {
        each["metadata"]["annotations"]["deployment.kubernetes.io/revision"]: each["spec"]["replicas"] for each in sets
    }
    assert asked[marks["deployment.kubernetes.io/revision"]] == 12
    assert sum(asked.values()) == 12


def test_a_rollout_of_what_never_starts_exceeds_its_deadline(cluster: SimulatedCluster) -> None:
    old = cluster.store.get(DEPLOYMENTS.key, NAMESPACE, "auth")
    assert old is not None
    body = clone(old.body)
    body["spec"]["progressDeadlineSeconds"] = 30
    body["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"]["cpu"] = "100"
    body["metadata"]["generation"] += 1
    cluster.store.put(DEPLOYMENTS.key, body)
    run(cluster, 60)
    assert events(cluster, "FailedScheduling")[0] == "0/3 nodes are available: 3 Insufficient cpu."
    new = cluster.store.get(DEPLOYMENTS.key, NAMESPACE, "auth")
    assert new is not None
    progressing = next(each for each in new.body["status"]["conditions"] if each["type"] == "Progressing")
    assert (progressing["status"], progressing["reason"]) == ("False", "ProgressDeadlineExceeded")
    assert len(cluster.workloads()["auth"].ready) == 2


def test_load_scales_up_at_once_and_down_after_the_window() -> None:
    cluster = SimulatedCluster(7, START, down_window_s=60)
    run(cluster, 20)
    assert replicas(cluster, "api") == 12
    run(cluster, 30, api_millicores=450.0)
    assert replicas(cluster, "api") == 17, "ceil(12 × 90 / 65)"
    run(cluster, 40, api_millicores=325.0 * 12 / 17)
    assert replicas(cluster, "api") == 17, "held by recommendations of the last minute"
    hpa = cluster.store.get(HPAS.key, NAMESPACE, "api")
    assert hpa is not None
    conditions = {each["type"]: each["reason"] for each in hpa.body["status"]["conditions"]}
    assert conditions["AbleToScale"] == "ScaleDownStabilized"
    run(cluster, 60, api_millicores=325.0 * 12 / 17)
    assert replicas(cluster, "api") == 12
    assert "New size: 12; reason: All metrics below target" in events(cluster, "SuccessfulRescale")


def test_a_deleted_workload_takes_its_pods_along(cluster: SimulatedCluster) -> None:
    cluster.store.remove(DEPLOYMENTS.key, NAMESPACE, "web")
    run(cluster, 20)
    assert not [pod for pod in cluster.store.items(PODS.key) if pod.name[1].startswith("web-")]


def test_config_maps_carry_the_time_of_their_change(cluster: SimulatedCluster) -> None:
    run(cluster, 3)
    cluster.set_config("feature-flags", {"new-checkout": "true"})
    stored = cluster.store.get(CONFIG_MAPS.key, NAMESPACE, "feature-flags")
    assert stored is not None
    assert stored.body["data"] == {"new-checkout": "true"}
    assert stored.body["metadata"]["managedFields"][-1]["time"] == "2026-09-21T14:13:23Z"


def test_logs_tell_of_slow_checkouts(cluster: SimulatedCluster) -> None:
    endpoint = EndpointLoad("POST", "/api/checkout", 50.0, 0.0, 0.0, 2.0, 0.1, 3.0)
    for _ in range(30):
        now = cluster.now + 1
        calm = load(now)
        cluster.step(
            now,
            Load(now, {"api": [endpoint]}, {}, calm.database, 0.0, 0.0, 0.0, calm.business),
        )
    pod = next(iter(cluster.workloads()["api"].ready))
    cluster.log(pod, "INFO  told by a scenario")
    lines = [line.text for line in cluster.logs.read(NAMESPACE, pod)]
    assert lines[-1] == "INFO  told by a scenario"
    assert any(line.startswith("WARN  slow checkout ") and " ms order=" in line for line in lines)


def test_unknown_deployments_are_named(cluster: SimulatedCluster) -> None:
    with pytest.raises(KeyError, match="nobody"):
        cluster.deploy("nobody", "1", author="x")
