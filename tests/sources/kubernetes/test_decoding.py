"""Bytes into rows: quantities, lines, odd objects, shared values."""

import contextlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.sources.errors import SourceError
from opsconsole.sources.kubernetes import kinds
from opsconsole.sources.kubernetes.decode import Decoder, Lines, Unreadable, event
from opsconsole.sources.kubernetes.kinds import Kind
from opsconsole.sources.kubernetes.quantity import go_duration, quantity
from opsconsole.sources.kubernetes.share import Shared
from opsconsole.sources.kubernetes.wire import PodWire

from .objects import crashing, pod

TAINTS = [
    {"key": "gpu", "effect": "NoSchedule"},
    {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule", "timeAdded": "2026-03-26T02:49:00Z"},
]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("250m", 0.25), ("1", 1.0), ("1.5", 1.5), ("128Mi", 128 * 2**20), ("1Gi", 2**30), ("1G", 1e9),
        ("12345n", 1.2345e-5), ("100u", 1e-4), ("1e3", 1000.0), ("1E3", 1000.0), ("1E", 1e18), ("2k", 2000.0),
        (4, 4), (None, None), ("-1", -1.0),
    ],
)  # fmt: skip
def test_quantities(text: str | int | None, number: float | None) -> None:
    assert quantity(text) == pytest.approx(number)


@pytest.mark.parametrize("text", ["", "lots", "m", "1 Gib", "Gi"])
def test_what_is_no_quantity(text: str) -> None:
    with pytest.raises(ValueError, match="could not convert"):
        quantity(text)


@pytest.mark.parametrize(
    ("text", "seconds"), [("15s", 15.0), ("1m30.5s", 90.5), ("2h", 7200.0), ("250ms", 0.25), (None, 0.0), ("soon", 0.0)]
)
def test_durations(text: str | None, seconds: float) -> None:
    assert go_duration(text) == pytest.approx(seconds)


@given(st.lists(st.binary(min_size=1).filter(lambda b: b"\n" not in b and b.strip()), max_size=8), st.integers(1, 7))
def test_lines_are_the_same_however_they_are_cut(lines: list[bytes], size: int) -> None:
    stream = b"".join(line + b"\n" for line in lines)
    splitter = Lines()
    found = [line for start in range(0, len(stream), size) for line in splitter.feed(stream[start : start + size])]
    assert found == lines


def test_a_line_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Lines, "LONGEST", 1000)
    splitter = Lines()
    splitter.feed(b"x" * 900)
    with pytest.raises(SourceError):
        splitter.feed(b"x" * 200)


def convert(kind: Kind[Any], thing: dict[str, Any], share: Shared | None = None) -> Any:
    wire = kind.decoder.one(json.dumps(thing).encode())
    assert not isinstance(wire, Unreadable), wire
    return kind.convert(wire, share or Shared())


def test_a_pod() -> None:
    row = convert(kinds.PODS, pod("api-1", status=crashing()))
    assert (row.status, row.ready, row.total, row.restarts) == ("CrashLoopBackOff", 0, 1, 7)
    assert (row.last_restart.reason, row.last_restart.exit_code) == ("OOMKilled", 137)
    assert (row.owner.kind, row.revision, row.cpu_request, row.memory_limit) == ("ReplicaSet", "5d4f8c7b9", 0.25, 2**29)
    assert [condition.type for condition in row.conditions] == ["Ready"]


def test_equal_values_are_one_object() -> None:
    share = Shared()
    first, second = convert(kinds.PODS, pod("a"), share), convert(kinds.PODS, pod("b"), share)
    assert first.labels is second.labels
    assert first.node is second.node
    assert first.containers is second.containers
    assert first.owner is second.owner


ALL = [
    kinds.PODS, *kinds.WORKLOADS, kinds.REPLICA_SETS, kinds.HPAS, kinds.NODES, kinds.EVENTS, kinds.CONFIG_MAPS,
    kinds.BUDGETS, kinds.SERVICES, kinds.QUOTAS, kinds.ENDPOINTS, kinds.NAMESPACES, kinds.CLAIMS, *kinds.HPAS.older,
    *kinds.BUDGETS.older, *kinds.ENDPOINTS.older,
]  # fmt: skip


@pytest.mark.parametrize("kind", ALL)
def test_every_kind_takes_nulls_and_unknown_fields(kind: Kind[Any]) -> None:
    for thing in (
        {},
        {"metadata": None, "spec": None, "status": None},
        {
            "metadata": {"name": "x", "labels": {"a": None}, "ownerReferences": [{}]},
            "spec": {},
            "status": {},
            "odd": [1],
        },
    ):
        convert(kind, thing)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
            st.sampled_from(["metadata", "spec", "status", "containers", "name", "labels", "phase", "conditions"]),
            inner, max_size=4,
        ),
        max_leaves=20,
    )
)  # fmt: skip
def test_any_json_is_a_row_or_named_as_unreadable(thing: Any) -> None:
    page = kinds.PODS.decoder.page(json.dumps({"items": [thing, pod("fine")]}).encode())
    assert len(page.items) + len(page.unreadable) == 2
    assert any((item.metadata and item.metadata.name) == "fine" for item in page.items)


LEAVES = st.sampled_from(["5", "80%", "9Gi", "lots", "", "True", "{", '[{"Type": 1}]', "2026-03-01T08:00:00Z"])
NAMES = [
    "metadata", "spec", "status", "annotations", "labels", "selector", "matchLabels", "matchExpressions", "hard",
    "used", "conditions", "endpoints", "addresses", "targetRef", "ports", "capacity", "storage", "resources",
    "requests", "minAvailable", "behavior", "targetCPUUtilizationPercentage", "loadBalancer", "ingress", "phase",
    "autoscaling.alpha.kubernetes.io/conditions", "autoscaling.alpha.kubernetes.io/behavior",
]  # fmt: skip


@given(
    st.sampled_from(ALL),
    st.fixed_dictionaries(
        {},
        optional={
            part: st.recursive(
                st.none() | st.booleans() | st.integers(-5, 5) | LEAVES,
                lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
                max_leaves=12,
            )
            for part in ("metadata", "spec", "status", "endpoints", "ports")
        },
    ),
)
def test_whatever_can_be_decoded_is_a_row_or_an_error_that_names_it(kind: Kind[Any], thing: dict[str, Any]) -> None:
    wire = kind.decoder.one(json.dumps(thing).encode())
    if not isinstance(wire, Unreadable):
        with contextlib.suppress(ValueError, OverflowError):  # the ledger tells of these
            kind.convert(wire, Shared())


def test_metrics_of_an_hpa_are_matched_by_name_not_by_place() -> None:
    def resource(name: str, key: str, value: dict[str, Any]) -> dict[str, Any]:
        return {"type": "Resource", "resource": {"name": name, key: value}}

    row = convert(
        kinds.HPAS,
        {
            "metadata": {"name": "api", "uid": "u"},
            "spec": {
                "maxReplicas": 20,
                "metrics": [
                    resource("memory", "target", {"type": "AverageValue", "averageValue": "512Mi"}),
                    resource("cpu", "target", {"type": "Utilization", "averageUtilization": 65}),
                    {
                        "type": "External",
                        "external": {"metric": {"name": "queue"}, "target": {"type": "Value", "value": "30"}},
                    },
                ],
            },
            "status": {
                "currentReplicas": 3,
                "currentMetrics": [
                    resource("cpu", "current", {"averageUtilization": 91, "averageValue": "455m"}),
                    {"type": ""},
                    resource("memory", "current", {"averageValue": "256Mi"}),
                ],
            },
        },
    )
    assert [(m.name, m.target, m.current) for m in row.metrics] == [
        ("memory", 512 * 2**20, 256 * 2**20),
        ("cpu", 65, 91),
        ("queue", 30, None),
    ]
    assert row.minimum == 1


def test_config_maps_ask_for_metadata_only_and_tell_who_changed_them() -> None:
    assert kinds.CONFIG_MAPS.accept(many=True).startswith("application/json;as=PartialObjectMetadataList;")
    entries = [
        {"manager": "helm", "operation": "Update", "time": "2026-03-26T01:00:00Z"},
        {"manager": "kubectl-edit", "operation": "Update", "time": "2026-03-26T02:40:00Z"},
        {"manager": "status", "operation": "Update", "time": "2026-03-26T02:50:00Z", "subresource": "status"},
    ]
    row = convert(kinds.CONFIG_MAPS, {"metadata": {"name": "flags", "managedFields": entries}})
    assert (row.manager, row.changed.hour, row.changed.minute) == ("kubectl-edit", 2, 40)


def test_a_node() -> None:
    row = convert(
        kinds.NODES,
        {
            "metadata": {
                "name": "n1",
                "labels": {"node-role.kubernetes.io/worker": "", "topology.kubernetes.io/zone": "b"},
            },
            "spec": {"unschedulable": True, "taints": TAINTS},
            "status": {
                "allocatable": {"cpu": "7900m", "memory": "31Gi", "pods": "110"},
                "conditions": [{"type": "Ready", "status": "Unknown"}],
                "nodeInfo": {"kubeletVersion": "v1.36.3"},
            },
        },
    )
    assert (row.status, row.roles, row.zone, row.cpu, row.pods) == (
        "NotReady,SchedulingDisabled",
        "worker",
        "b",
        7.9,
        110,
    )
    assert row.taints == ("gpu:NoSchedule", "node.kubernetes.io/unschedulable:NoSchedule")
    assert row.cordoned == datetime(2026, 3, 26, 2, 49, tzinfo=UTC)


def test_an_event_of_the_newer_api() -> None:
    row = convert(
        kinds.EVENTS,
        {
            "metadata": {"name": "e"}, "eventTime": "2026-03-26T02:00:00.123456Z", "reportingComponent": "scheduler",
            "series": {"count": 4, "lastObservedTime": "2026-03-26T02:10:00Z"},
            "involvedObject": {"kind": "Pod", "name": "p"},
        },
    )  # fmt: skip
    assert (row.count, row.last.minute, row.component) == (4, 10, "scheduler")


def test_a_watch_line_with_bytes_that_are_no_text() -> None:
    told = event(b'{"type":"ADDED","object":{"metadata":{"name":"a\xff"}}}')
    wire = Decoder(PodWire).one(told.object)
    assert not isinstance(wire, Unreadable)
    assert wire.metadata is not None
    assert wire.metadata.name == "a�"


def test_a_service_reads_as_kubectl_prints_it() -> None:
    def service(**spec: Any) -> Any:
        status = {"loadBalancer": {"ingress": [{"ip": "203.0.113.7"}, {"hostname": "lb.example"}]}}
        return convert(kinds.SERVICES, {"metadata": {"name": "api"}, "spec": spec, "status": status})

    ports = [{"port": 80}, {"port": 53, "protocol": "UDP", "nodePort": 30053}]
    plain = service(clusterIP="10.0.0.1", ports=ports, selector={"app": "api"}, externalIPs=["198.51.100.1"])
    assert (plain.type, plain.external, plain.ports) == ("ClusterIP", ("198.51.100.1",), ("80/TCP", "53:30053/UDP"))
    assert service(type="LoadBalancer").external == ("203.0.113.7", "lb.example")
    outside = service(type="ExternalName", externalName="db.example")
    assert (outside.external, outside.cluster_ip) == (("db.example",), "")


def test_a_budget_keeps_its_rule_as_written_and_its_whole_selector() -> None:
    rule = {"key": "tier", "operator": "In", "values": ["web", "api"]}
    row = convert(
        kinds.BUDGETS,
        {
            "metadata": {"name": "b", "generation": 2},
            "spec": {
                "minAvailable": "50%", "selector": {"matchLabels": {"app": "a"}, "matchExpressions": [rule]},
            },
            "status": {"disruptionsAllowed": 0, "expectedPods": 4, "observedGeneration": 1},
        },
    )  # fmt: skip
    assert (row.minimum, row.most_unavailable, row.selects_all) == ("50%", "", False)
    assert row.expressions == (("tier", "In", ("web", "api")),)
    assert row.allowed is None, "computed for an older version of it"


def test_endpoints_of_either_version_and_what_is_not_said_of_them() -> None:
    newer = {
        "addresses": ["10.1.2.3"], "conditions": {"ready": False, "terminating": True}, "nodeName": "n1", "zone": "a",
        "targetRef": {"kind": "Pod", "name": "api-1"},
    }  # fmt: skip
    topology = {"kubernetes.io/hostname": "n2", "topology.kubernetes.io/zone": "b"}
    older = {"addresses": ["10.1.2.4"], "topology": topology}
    row = convert(
        kinds.ENDPOINTS,
        {
            "metadata": {"name": "api-x", "labels": {"kubernetes.io/service-name": "api"}},
            "endpoints": [newer, older], "ports": [{"port": 8080}, {"port": None}],
        },
    )  # fmt: skip
    assert (row.service, row.ports) == ("api", ("8080", "*"))
    one, two = row.endpoints
    assert (one.ready, one.terminating, one.pod, one.node, one.zone) == (False, True, "api-1", "n1", "a")
    assert (two.ready, two.pod, two.node, two.zone) == (True, "", "n2", "b")


def test_a_quota_and_a_claim() -> None:
    row = convert(
        kinds.QUOTAS,
        {
            "metadata": {"name": "q"}, "spec": {"hard": {"pods": "10"}},
            "status": {"hard": {"requests.memory": "9Gi", "pods": "10"}, "used": {"pods": "3"}},
        },
    )  # fmt: skip
    assert [(one.resource, one.hard, one.used, one.hard_text) for one in row.lines] == [
        ("pods", 10, 3, "10"),
        ("requests.memory", 9 * 2**30, None, "9Gi"),
    ]
    claim = {
        "metadata": {"name": "data"},
        "spec": {"resources": {"requests": {"storage": "8Gi"}}, "storageClassName": "fast"},
        "status": {
            "phase": "Pending",
            "capacity": {"storage": "10Gi"},
            "accessModes": ["ReadWriteMany", "ReadWriteOnce"],
        },
    }
    row = convert(kinds.CLAIMS, claim)
    assert (row.phase, row.capacity, row.modes, row.asked) == ("Pending", "", (), "8Gi")
    claim["spec"]["volumeName"] = "pv-1"  # type: ignore[index]  # a dict of dicts
    row = convert(kinds.CLAIMS, claim)
    assert (row.capacity, row.modes, row.volume) == ("10Gi", ("RWO", "RWX"), "pv-1")


def test_cron_jobs_jobs_and_probes_tell_their_times() -> None:
    cron = convert(
        kinds.CRON_JOBS,
        {
            "metadata": {"name": "mails"},
            "spec": {"schedule": "*/5 * * * *", "timeZone": "Asia/Tokyo", "startingDeadlineSeconds": 30},
            "status": {"lastScheduleTime": "2026-03-01T08:00:00Z"},
        },
    ).cron
    assert (cron.schedule, cron.timezone, cron.deadline_s, cron.concurrency) == (
        "*/5 * * * *",
        "Asia/Tokyo",
        30,
        "Allow",
    )
    assert (cron.last.hour, cron.succeeded) == (8, None)
    run = convert(kinds.JOBS, {"spec": {"backoffLimit": 6, "activeDeadlineSeconds": 60}, "status": {"failed": 2}}).run
    assert (run.retries, run.deadline_s, run.failed, run.started) == (6, 60, 2, None)
    probed = pod("api-1")
    probed["spec"]["containers"][0] |= {"readinessProbe": {"periodSeconds": 5}, "startupProbe": {}}
    (container,) = convert(kinds.PODS, probed).containers
    assert (container.readiness.period_s, container.readiness.failures, container.startup.period_s) == (5, 3, 10)


@pytest.mark.parametrize(("current", "updated"), [("v1", 2), ("v2", 3)])
def test_a_stateful_set_rolls_out_only_between_two_revisions(current: str, updated: int) -> None:
    """A pod that is missing at the newest revision (its node is lost) is no rollout."""
    status = {"replicas": 2, "updatedReplicas": 2, "currentRevision": current, "updateRevision": "v2"}
    row = convert(kinds.STATEFUL_SETS, {"metadata": {"name": "index"}, "spec": {"replicas": 3}, "status": status})
    assert row.updated == updated
