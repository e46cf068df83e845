"""What changed on the cluster, told from its objects."""

from datetime import UTC, datetime, timedelta

import msgspec

from opsconsole.model.kubernetes import (
    Condition,
    ConfigChange,
    Event,
    Hpa,
    Node,
    Owner,
    Pod,
    ReplicaSet,
    Termination,
    Workload,
)
from opsconsole.rules.kubernetes_changes import kubernetes_changes, version

NOW = datetime(2026, 3, 26, 2, 53, tzinfo=UTC)
API = Owner("Deployment", "api", "d")


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def replica_set(revision: str, tag: str, created: datetime, **changes: object) -> ReplicaSet:
    base = ReplicaSet(revision, "shop", f"api-{tag}", API, revision, 1, 1, created, (f"reg/api:{tag}",))
    return msgspec.structs.replace(base, **changes)


def event(reason: str, message: str, at: datetime, name: str = "api") -> Event:
    return Event(f"{name}{at}", "shop", "Normal", reason, message, "X", name, "", 1, at, at)


def test_a_release_names_both_versions_and_who() -> None:
    old, new = replica_set("40", "1.8.1", ago(9000)), replica_set("41", "1.8.2", ago(14), author="ci/anna")
    (change,) = kubernetes_changes(NOW, replica_sets=[new, old])
    assert (change.kind, change.what, change.who, change.at) == (
        "release",
        "release api 1.8.1→1.8.2",
        "ci/anna",
        ago(14),
    )
    assert change.object == "shop/api"


def test_a_rollout_without_a_new_image_says_what_differs() -> None:
    old = replica_set("40", "1", ago(900), environment=(("A", "1"),))
    new = replica_set("41", "1", ago(3), environment=(("A", "1"), ("FEED_V2", "on")))
    workload = Workload("w", "shop", "Deployment", "api", 1, 1, 1, 1, ago(9000), changed_by="kubectl-edit")
    (change,) = kubernetes_changes(NOW, replica_sets=[old, new], workloads=[workload])
    assert (change.kind, change.what, change.who) == ("rollout", "rollout api (env FEED_V2)", "kubectl-edit")


def test_a_rollback_is_told_from_the_event() -> None:
    bad = replica_set("41", "1.8.2", ago(80))
    good = replica_set("42", "1.8.1", ago(9000))
    scaled = event("ScalingReplicaSet", "Scaled up replica set api-1.8.1 from 0 to 5", ago(5))
    (change,) = kubernetes_changes(NOW, replica_sets=[bad, good], events=[scaled])
    assert (change.what, change.at) == ("rollback api 1.8.2→1.8.1", ago(5))


def test_after_a_rollback_the_release_before_it_keeps_its_words() -> None:
    """The old ReplicaSet got a new number; that it was 40 before says its annotation."""
    first, bad = replica_set("39", "1.8.0", ago(90000)), replica_set("41", "1.8.2", ago(20))
    good = replica_set("42", "1.8.1", ago(9000), earlier=(40,))
    scaled = event("ScalingReplicaSet", "Scaled up replica set api-1.8.1 from 0 to 5", ago(5))
    told = [(one.what, one.at) for one in kubernetes_changes(NOW, replica_sets=[good, bad, first], events=[scaled])]
    assert told == [("rollback api 1.8.2→1.8.1", ago(5)), ("release api 1.8.1→1.8.2", ago(20))]


def test_a_run_of_scalings_is_one_change() -> None:
    steps = [
        event("SuccessfulRescale", f"New size: {size}; reason: cpu resource utilization above target", ago(minutes))
        for size, minutes in ((12, 70), (16, 12), (20, 9), (8, 2))
    ]
    hpa = Hpa("h", "shop", "api", "Deployment", "api", 3, 20, 20, 20)
    down, up = kubernetes_changes(NOW, events=steps, hpas=[hpa])
    assert (up.what, up.at) == ("HPA api 12→20 at max", ago(9))
    assert down.what == "HPA api 20→8 (cpu resource utilization above target)"


def test_a_run_tells_where_it_came_from() -> None:
    events = [
        event("SuccessfulRescale", "New size: 5; reason: cpu", ago(9)),
        event("ScalingReplicaSet", "Scaled up replica set api-1 from 3 to 5", ago(9)),
        event("SuccessfulRescale", "New size: 6; reason: cpu", ago(8)),
        event("ScalingReplicaSet", "Scaled up replica set api-1 from 5 to 6", ago(8)),
    ]
    hpa = Hpa("h", "shop", "api", "Deployment", "api", 3, 6, 6, 6)
    (change,) = kubernetes_changes(NOW, events=events, hpas=[hpa])
    assert change.what == "HPA api 3→6 at max"


def test_what_neither_an_hpa_nor_a_rollout_did_was_scaled_by_hand() -> None:
    by_hand = event("ScalingReplicaSet", "Scaled up replica set web-1 from 2 to 3", ago(20), "web")
    rollout = [
        event("ScalingReplicaSet", "Scaled up replica set web-2 from 0 to 1", ago(5), "web"),
        event("ScalingReplicaSet", "Scaled down replica set web-1 from 3 to 2", ago(5), "web"),
    ]
    (change,) = kubernetes_changes(NOW, events=[by_hand, *rollout])
    assert (change.kind, change.what, change.object, change.at) == ("scale", "scale web 2→3", "shop/web", ago(20))
    created = event("ScalingReplicaSet", "Scaled up replica set new-1 from 0 to 3", ago(5), "new")
    assert kubernetes_changes(NOW, events=[created]) == ()


def test_a_cordoned_node() -> None:
    node = Node("a", "n1", "Ready,SchedulingDisabled", "", "", ago(9000), unschedulable=True, cordoned=ago(3))
    back = event("NodeSchedulable", "Node n2 status is now: NodeSchedulable", ago(2), "n2")
    assert [change.what for change in kubernetes_changes(NOW, nodes=[node], events=[back])] == [
        "node n2 uncordoned",
        "node n1 cordoned",
    ]


def test_config_maps() -> None:
    def config(name: str, changed: datetime, created: datetime, manager: str = "helm") -> ConfigChange:
        return ConfigChange(name, "shop", "ConfigMap", name, changed, manager, created)

    changes = kubernetes_changes(
        NOW,
        configs=[
            config("api-flags", ago(20), ago(9000)),
            config("fresh", ago(10), ago(10)),
            config("old", ago(200), ago(9000)),
            config("kube-root-ca.crt", ago(1), ago(1), "kube-controller-manager"),
        ],
    )
    assert [(c.what, c.who) for c in changes] == [
        ("config fresh created", "helm"),
        ("config api-flags changed", "helm"),
    ]


def test_restarts_and_nodes() -> None:
    pod = Pod("p", "shop", "worker-x7p", "Running", "Running", 1, 1, 7, ago(900))
    pod = msgspec.structs.replace(pod, last_restart=Termination("OOMKilled", 137, ago(9)))
    nodes = [
        Node("a", "n1", "NotReady", "", "", ago(9000), conditions=(Condition("Ready", "False", since=ago(4)),)),
        Node("b", "n2", "Ready", "", "", ago(7), conditions=(Condition("Ready", "True", since=ago(6)),)),
    ]
    changes = kubernetes_changes(NOW, pods=[pod], nodes=nodes)
    assert [c.what for c in changes] == [
        "node n1 NotReady",
        "node n2 joined",
        "restart worker-x7p: OOMKilled 137 (7 restarts)",
    ]


def test_a_stateful_set_rolls_by_its_pods_revisions() -> None:
    def pod(name: str, revision: str, created: datetime) -> Pod:
        base = Pod(name, "shop", name, "Running", "Running", 1, 1, 0, created)
        return msgspec.structs.replace(base, owner=Owner("StatefulSet", "index"), revision=revision)

    workload = Workload(
        "w", "shop", "StatefulSet", "index", 2, 2, 1, 2, ago(9000), ("reg/index:8.15",), changed_by="helm"
    )
    mixed = [pod("index-0", "r1", ago(9000)), pod("index-1", "r2", ago(6))]
    (change,) = kubernetes_changes(NOW, workloads=[workload], pods=mixed)
    assert (change.what, change.who, change.at) == ("rollout index 8.15", "helm", ago(6))
    same = [pod("index-0", "r1", ago(9000)), pod("index-1", "r1", ago(6))]
    assert kubernetes_changes(NOW, workloads=[workload], pods=same) == ()


def test_versions_of_images() -> None:
    assert version("reg:5000/shop/api:1.8.2") == "1.8.2"
    assert version("reg:5000/shop/api") == "latest"
    assert version("api@sha256:0123456789abcdef") == "0123456789ab"
