"""Objects as an API server sends them, with what a real one carries beside the fields that are used."""

from typing import Any

CREATED = "2026-03-01T08:00:00Z"


def pod(
    name: str, namespace: str = "shop", node: str = "node-1", *, status: dict[str, Any] | None = None
) -> dict[str, Any]:
    """A running pod of Deployment `api` with one container."""
    return {
        "kind": "Pod",
        "apiVersion": "v1",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "uid": f"uid-{namespace}-{name}",
            "resourceVersion": "1",
            "creationTimestamp": CREATED,
            "labels": {"app": "api", "pod-template-hash": "5d4f8c7b9"},
            "annotations": {"checksum/config": "0" * 64},
            "ownerReferences": [
                {"kind": "ReplicaSet", "name": "api-5d4f8c7b9", "uid": "rs-1", "controller": True}
            ],
            "managedFields": [
                {
                    "manager": "kube-controller-manager", "operation": "Update", "apiVersion": "v1", "time": CREATED,
                    "fieldsType": "FieldsV1", "fieldsV1": {f"f:field{index}": {} for index in range(60)},
                }
            ],
        },
        "spec": {
            "nodeName": node,
            "containers": [
                {
                    "name": "app",
                    "image": "registry.example/api:1.8.1",
                    "env": [{"name": f"VARIABLE_{index}", "value": "x" * 20} for index in range(10)],
                    "resources": {
                        "requests": {"cpu": "250m", "memory": "256Mi"},
                        "limits": {"cpu": "1", "memory": "512Mi"},
                    },
                }
            ],
            "tolerations": [{"key": f"t{index}", "operator": "Exists"} for index in range(4)],
        },
        "status": status or running(),
    }  # fmt: skip


def running() -> dict[str, Any]:
    return {
        "phase": "Running",
        "podIP": "10.1.2.3",
        "qosClass": "Burstable",
        "startTime": CREATED,
        "conditions": [
            {"type": kind, "status": "True", "lastProbeTime": None, "lastTransitionTime": CREATED}
            for kind in ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
        ],
        "containerStatuses": [
            {
                "name": "app", "ready": True, "started": True, "restartCount": 0, "lastState": {},
                "state": {"running": {"startedAt": CREATED}}, "imageID": "sha256:" + "0" * 64,
            }
        ],
    }  # fmt: skip


def crashing() -> dict[str, Any]:
    """CrashLoopBackOff after an OOM kill."""
    return {
        **running(),
        "containerStatuses": [
            {
                "name": "app", "ready": False, "started": False, "restartCount": 7,
                "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s"}},
                "lastState": {
                    "terminated": {"reason": "OOMKilled", "exitCode": 137, "finishedAt": "2026-03-01T09:00:00Z"}
                },
            }
        ],
        "conditions": [{"type": "Ready", "status": "False", "reason": "ContainersNotReady"}],
    }  # fmt: skip
