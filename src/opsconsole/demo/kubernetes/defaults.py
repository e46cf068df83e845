"""What the server fills in and refuses when an object is written."""

import re
import zlib
from typing import Any

from opsconsole.demo.kubernetes.controllers.podmaking import quality_of_service
from opsconsole.demo.kubernetes.errors import invalid
from opsconsole.demo.kubernetes.resources import (
    CRON_JOBS,
    DAEMON_SETS,
    DEPLOYMENTS,
    HPAS,
    JOBS,
    NAMESPACES,
    PERSISTENT_VOLUME_CLAIMS,
    PODS,
    REPLICA_SETS,
    SERVICES,
    STATEFUL_SETS,
    Resource,
)  # fmt: skip

Body = dict[str, Any]
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_NAME_RULE = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start "
    "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    r"'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
_POD = {
    "restartPolicy": "Always", "terminationGracePeriodSeconds": 30, "dnsPolicy": "ClusterFirst",
    "securityContext": {}, "schedulerName": "default-scheduler",
}  # fmt: skip
_CONTAINER = {
    "resources": {}, "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
}  # fmt: skip
_JOB: Body = {
    "parallelism": 1, "completions": 1, "backoffLimit": 6, "completionMode": "NonIndexed", "suspend": False,
    "manualSelector": False, "podReplacementPolicy": "TerminatingOrFailed",
}  # fmt: skip
_SPECS: dict[str, Body] = {
    DEPLOYMENTS.key: {"replicas": 1, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600},
    STATEFUL_SETS.key: {
        "replicas": 1, "revisionHistoryLimit": 10, "podManagementPolicy": "OrderedReady",
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
    },
    DAEMON_SETS.key: {
        "revisionHistoryLimit": 10,
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}},
    },
    REPLICA_SETS.key: {"replicas": 1},
    HPAS.key: {"minReplicas": 1},
    CRON_JOBS.key: {
        "concurrencyPolicy": "Allow", "suspend": False, "successfulJobsHistoryLimit": 3, "failedJobsHistoryLimit": 1,
    },
    JOBS.key: _JOB,
    SERVICES.key: {"type": "ClusterIP", "sessionAffinity": "None"},
}  # fmt: skip
_POLICIES: dict[str, list[Body]] = {
    "scaleUp": [
        {"type": "Pods", "value": 4, "periodSeconds": 15},
        {"type": "Percent", "value": 100, "periodSeconds": 15},
    ],
    "scaleDown": [{"type": "Percent", "value": 100, "periodSeconds": 15}],
}


def fill_in(resource: Resource, body: Body) -> None:
    """Adds to a new or changed body what its writer left out."""
    needed = resource.key in _SPECS or resource is PODS
    spec: Any = body.setdefault("spec", {}) if needed else body.get("spec")
    if resource.key in _SPECS:
        for name, value in _SPECS[resource.key].items():
            spec.setdefault(name, value)
    if resource is PODS:
        _fill_pod(spec)
        body.setdefault("status", {"phase": "Pending", "qosClass": quality_of_service(spec)})
    elif isinstance(spec, dict) and "template" in spec:
        spec["template"].setdefault("metadata", {})
        _fill_pod(spec["template"].setdefault("spec", {}))
    if resource is DEPLOYMENTS:
        strategy = spec.setdefault("strategy", {})
        if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
            rolling = strategy.setdefault("rollingUpdate", {})
            rolling.setdefault("maxUnavailable", "25%")
            rolling.setdefault("maxSurge", "25%")
    if resource.key == HPAS.key:
        for way, rules in (spec.get("behavior") or {}).items():
            rules.setdefault("selectPolicy", "Max")
            rules.setdefault("policies", _POLICIES[way])
            if way == "scaleUp":
                rules.setdefault("stabilizationWindowSeconds", 0)
    if resource is SERVICES:
        number = zlib.crc32(body["metadata"]["name"].encode())
        spec.setdefault("clusterIP", f"10.96.{number % 250 + 1}.{number // 250 % 250 + 1}")
    if resource is CRON_JOBS:
        job = spec.setdefault("jobTemplate", {}).setdefault("spec", {})
        _fill_pod(job.setdefault("template", {}).setdefault("spec", {}))
    if resource is JOBS and not spec.get("selector"):
        name, uid = body["metadata"]["name"], body["metadata"].get("uid", "")
        names = {"batch.kubernetes.io/controller-uid": uid, "batch.kubernetes.io/job-name": name}
        labels = {"controller-uid": uid, "job-name": name, **names}
        spec["selector"] = {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}
        metadata = spec["template"].setdefault("metadata", {})
        metadata["labels"] = {**(metadata.get("labels") or {}), **labels}
    if resource in (JOBS, CRON_JOBS):
        body.setdefault("status", {})
    if resource is PERSISTENT_VOLUME_CLAIMS:
        spec.setdefault("volumeMode", "Filesystem")
        body.setdefault("status", {"phase": "Pending"})
    if resource is NAMESPACES:
        body.setdefault("status", {"phase": "Active"})


def _fill_pod(spec: Body) -> None:
    for name, value in _POD.items():
        spec.setdefault(name, value)
    for container in spec.get("containers") or ():
        for name, value in _CONTAINER.items():
            container.setdefault(name, value)
        latest = str(container.get("image", "")).endswith(":latest") or ":" not in str(container.get("image", ""))
        container.setdefault("imagePullPolicy", "Always" if latest else "IfNotPresent")


def check(resource: Resource, body: Body, old: Body | None) -> None:
    """Raises `ApiError` 422 for what the real server would refuse too."""
    metadata, spec = body["metadata"], body.get("spec") or {}
    name = metadata["name"]

    def refuse(field: str, message: str, cause: str = "FieldValueInvalid") -> None:
        raise invalid(resource.kind, resource.group, name, field, message, cause)

    if not _NAME.fullmatch(name):
        refuse("metadata.name", f'Invalid value: "{name}": {_NAME_RULE}')
    for field in ("name", "namespace", "uid"):
        if old is not None and metadata.get(field) != old["metadata"].get(field):
            refuse(f"metadata.{field}", f'Invalid value: "{metadata.get(field, "")}": field is immutable')
    check_replicas(resource.kind, resource.group, name, spec)
    if resource.key == HPAS.key:
        least, most = spec["minReplicas"], spec.get("maxReplicas")
        if not isinstance(most, int) or most < 1:
            refuse("spec.maxReplicas", f"Invalid value: {most or 0}: must be greater than 0")
        elif least < 1:
            refuse("spec.minReplicas", f"Invalid value: {least}: must be greater than or equal to 1")
        elif most < least:
            refuse("spec.maxReplicas", f"Invalid value: {most}: must be greater than or equal to `minReplicas`")
    if "template" in spec:
        if old is not None and old["spec"].get("selector") != spec.get("selector"):
            refuse("spec.selector", "Invalid value: field is immutable")
        containers = spec["template"]["spec"].get("containers") or []
        if not containers:
            refuse("spec.template.spec.containers", "Required value", "FieldValueRequired")
        for index, container in enumerate(containers):
            if not container.get("image"):
                field = f"spec.template.spec.containers[{index}].image"
                refuse(field, "Required value", "FieldValueRequired")


def check_replicas(kind: str, group: str, name: str, spec: Body) -> None:
    """Raises 422 unless `replicas`, where it is given, is a number from 0 on."""
    replicas = spec.get("replicas", 0)
    if not isinstance(replicas, int) or isinstance(replicas, bool):
        raise invalid(kind, group, name, "spec.replicas", f'Invalid value: "{replicas}": must be an integer')
    if replicas < 0:
        message = f"Invalid value: {replicas}: must be greater than or equal to 0"
        raise invalid(kind, group, name, "spec.replicas", message)
