"""The objects with which a test control plane starts: nodes, rights, usage definitions, kwok's settings."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

NAMESPACE = "social-live-prod"
PLURALS = {
    "Namespace": "namespaces",
    "Node": "nodes",
    "Role": "roles",
    "RoleBinding": "rolebindings",
    "ClusterRole": "clusterroles",
    "ClusterRoleBinding": "clusterrolebindings",
    "CustomResourceDefinition": "customresourcedefinitions",
    "PodMetrics": "pods",
    "NodeMetrics": "nodes",
    "Pod": "pods",
    "Deployment": "deployments",
    "StatefulSet": "statefulsets",
    "DaemonSet": "daemonsets",
    "ReplicaSet": "replicasets",
    "Job": "jobs",
    "CronJob": "cronjobs",
    "HorizontalPodAutoscaler": "horizontalpodautoscalers",
    "ConfigMap": "configmaps",
    "Service": "services",
    "Event": "events",
    "PortForward": "portforwards",
    "PodDisruptionBudget": "poddisruptionbudgets",
    "ResourceQuota": "resourcequotas",
    "PersistentVolume": "persistentvolumes",
    "PersistentVolumeClaim": "persistentvolumeclaims",
    "ValidatingAdmissionPolicy": "validatingadmissionpolicies",
    "ValidatingAdmissionPolicyBinding": "validatingadmissionpolicybindings",
    "ValidatingWebhookConfiguration": "validatingwebhookconfigurations",
}
Object = dict[str, Any]


def collection_path(document: Mapping[str, Any]) -> str:
    """Where an object of this kind and namespace is created."""
    group = document["apiVersion"]
    base = f"/api/{group}" if "/" not in group else f"/apis/{group}"
    namespace = document["metadata"].get("namespace")
    return base + (f"/namespaces/{namespace}" if namespace else "") + "/" + PLURALS[document["kind"]]


def nodes(count: int) -> list[Object]:
    """Nodes that kwok brings to life: 16 CPUs, 64 GiB, 110 pods each."""
    return [
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {
                "name": f"node-{index}",
                "labels": {"kubernetes.io/hostname": f"node-{index}"},
                # all nodes have one kubelet here: where metrics-server finds this one's figures
                "annotations": {
                    "metrics.k8s.io/resource-metrics-path": f"/metrics/nodes/node-{index}/metrics/resource"
                },
            },
            "status": {
                "allocatable": {"cpu": "16", "memory": "64Gi", "pods": "110"},
                "capacity": {"cpu": "16", "memory": "64Gi", "pods": "110"},
            },
        }
        for index in range(count)
    ]


def rbac() -> list[Object]:
    """The namespace, and the rights of `viewer` (looks everywhere) and `tenant` (rules one namespace)."""
    api = "rbac.authorization.k8s.io"
    readable = [
        {"apiGroups": [""], "resources": READABLE_CORE, "verbs": ["get", "list", "watch"]},
        {"apiGroups": READABLE_GROUPS, "resources": ["*"], "verbs": ["get", "list", "watch"]},
    ]
    every = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
        {"apiVersion": f"{api}/v1", "kind": "ClusterRole", "metadata": {"name": "watcher"}, "rules": readable},
        {
            "apiVersion": f"{api}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": "watchers"},
            "roleRef": {"apiGroup": api, "kind": "ClusterRole", "name": "watcher"},
            "subjects": [{"apiGroup": api, "kind": "User", "name": "viewer"}],
        },
        {
            "apiVersion": f"{api}/v1",
            "kind": "Role",
            "metadata": {"name": "tenant", "namespace": NAMESPACE},
            "rules": every,
        },
        {
            "apiVersion": f"{api}/v1",
            "kind": "RoleBinding",
            "metadata": {"name": "tenants", "namespace": NAMESPACE},
            "roleRef": {"apiGroup": api, "kind": "Role", "name": "tenant"},
            "subjects": [{"apiGroup": api, "kind": "User", "name": "tenant"}],
        },
    ]


READABLE_CORE = [
    "configmaps", "endpoints", "events", "namespaces", "nodes", "persistentvolumeclaims", "pods", "pods/log",
    "replicationcontrollers", "resourcequotas", "services",
]  # fmt: skip
READABLE_GROUPS = [
    "apps", "autoscaling", "batch", "coordination.k8s.io", "discovery.k8s.io", "events.k8s.io", "metrics.k8s.io",
    "policy",
]  # fmt: skip


def metrics_definitions() -> list[Object]:
    """metrics.k8s.io as custom resources, so that a test writes the usage it wants."""
    return [_definition("pods", "PodMetrics", "Namespaced"), _definition("nodes", "NodeMetrics", "Cluster")]


def forward_definition() -> Object:
    """kwok's own PortForward, so that a test says where a port of a pod leads: to a real server of this machine."""
    return _definition("portforwards", "PortForward", "Namespaced", "kwok.x-k8s.io", "v1alpha1")


def _definition(plural: str, kind: str, scope: str, group: str = "metrics.k8s.io", version: str = "v1beta1") -> Object:
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": f"{plural}.{group}",
            "annotations": {"api-approved.kubernetes.io": "unapproved, only for tests"},
        },
        "spec": {
            "group": group,
            "scope": scope,
            "names": {"plural": plural, "singular": kind.lower(), "kind": kind, "listKind": f"{kind}List"},
            "versions": [
                {
                    "name": version,
                    "served": True,
                    "storage": True,
                    "schema": {
                        "openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                    },
                }
            ],
        },
    }


def pod_metrics(namespace: str, pod: str, cpu: str, memory: str, labels: Mapping[str, str]) -> Object:
    """One PodMetrics object with one container `app`, measured now over one second (a starting pod soon counts)."""
    return {
        "apiVersion": "metrics.k8s.io/v1beta1",
        "kind": "PodMetrics",
        "metadata": {"name": pod, "namespace": namespace, "labels": dict(labels)},
        "timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "window": "1s",
        "containers": [{"name": "app", "usage": {"cpu": cpu, "memory": memory}}],
    }


def kwok_settings(folder: Path, port: int) -> list[Object]:
    """kwok's own settings: it plays every node's kubelet on `port` and serves one log file for all containers."""
    return [
        {
            "apiVersion": "config.kwok.x-k8s.io/v1alpha1",
            "kind": "KwokConfiguration",
            "options": {
                "manageAllNodes": True,
                "nodeIP": "127.0.0.1",
                "nodePort": port,
                "serverAddress": f"127.0.0.1:{port}",
                "tlsCertFile": f"{folder}/server.crt",
                "tlsPrivateKeyFile": f"{folder}/server.key",
                "enableDebuggingHandlers": True,
                "cidr": "10.0.0.0/16",
                "enableCRDs": ["PortForward"],
                "nodeLeaseDurationSeconds": 40,
                "nodeLeaseParallelism": 4,
                "nodePlayStageParallelism": 4,
                "podPlayStageParallelism": 16,
            },
        },
        {
            "apiVersion": "kwok.x-k8s.io/v1alpha1",
            "kind": "ClusterLogs",
            "metadata": {"name": "all"},
            "spec": {"logs": [{"logsFile": f"{folder}/containers.log", "follow": True}]},
        },
        {
            "apiVersion": "kwok.x-k8s.io/v1alpha1",
            "kind": "ClusterResourceUsage",
            "metadata": {"name": "all"},
            "spec": {"usages": [{"usage": {"cpu": {"value": CPU}, "memory": {"value": MEMORY}}}]},
        },
        _kubelet_metrics(),
    ]


CPU, MEMORY = "120m", "64Mi"
"""What every container uses, as its kubelet tells metrics-server."""


def _kubelet_metrics() -> Object:
    """A kubelet's /metrics/resource, as far as metrics-server reads it."""
    who = [
        {"name": "container", "value": "container.name"},
        {"name": "namespace", "value": "pod.metadata.namespace"},
        {"name": "pod", "value": "pod.metadata.name"},
    ]

    def metric(name: str, kind: str, value: str, dimension: str = "container") -> Object:
        labels = {"labels": who} if dimension == "container" else {}
        return {"name": name, "kind": kind, "dimension": dimension, "value": value, "help": name, **labels}

    told = [
        metric("container_start_time_seconds", "gauge", "pod.SinceSecond()"),
        metric("container_cpu_usage_seconds_total", "counter", 'pod.CumulativeUsage("cpu", container.name)'),
        metric("container_memory_working_set_bytes", "gauge", 'pod.Usage("memory", container.name)'),
        metric("node_cpu_usage_seconds_total", "counter", 'node.CumulativeUsage("cpu")', "node"),
        metric("node_memory_working_set_bytes", "gauge", 'node.Usage("memory")', "node"),
    ]
    return {
        "apiVersion": "kwok.x-k8s.io/v1alpha1",
        "kind": "Metric",
        "metadata": {"name": "resource"},
        "spec": {"path": "/metrics/nodes/{nodeName}/metrics/resource", "metrics": told},
    }
