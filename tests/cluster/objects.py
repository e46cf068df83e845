"""Objects that tests of actions create: each with a name of its own, since tests share one control plane."""

import base64
import uuid
from collections.abc import Mapping
from typing import Any

from tests.cluster.manifests import NAMESPACE
from tests.cluster.stuck import LABEL

Object = dict[str, Any]


def unique(prefix: str) -> str:
    """A name that no other test uses."""
    return f"{prefix}-{uuid.uuid4().hex[:8]}"


def template(name: str, image: str = "registry.example/app:1.0", *, stuck: str = "", cpu: str = "100m") -> Object:
    """A pod template; `stuck` as in `tests.cluster.stuck`; the simulated nodes see it by image and command."""
    container: Object = {
        "name": "app",
        "image": image,
        "env": [{"name": "MODE", "value": "fast"}],
        "resources": {"requests": {"cpu": cpu, "memory": "64Mi"}},
    }
    if stuck == "image":
        container["image"] = image.replace("registry.example", "registry.invalid")
    if stuck == "crash":
        container["command"] = ["/bin/false"]
    labels = {"app": name} | ({LABEL: stuck} if stuck else {})
    return {"metadata": {"labels": labels}, "spec": {"containers": [container]}}


def deployment(
    name: str, replicas: int = 3, *, namespace: str = NAMESPACE, paused: bool = False, deadline_s: int = 60, **of: Any
) -> Object:
    """`of`: what `template` takes; without progress for `deadline_s` the controller says so."""
    spec: Object = {
        "replicas": replicas,
        "selector": {"matchLabels": {"app": name}},
        "template": template(name, **of),
        "progressDeadlineSeconds": deadline_s,
    }
    if paused:
        spec["paused"] = True
    return _object("apps/v1", "Deployment", name, spec, namespace)


def stateful_set(name: str, replicas: int = 2, *, namespace: str = NAMESPACE, **of: Any) -> Object:
    spec = {
        "replicas": replicas,
        "serviceName": name,
        "podManagementPolicy": "Parallel",
        "selector": {"matchLabels": {"app": name}},
        "template": template(name, **of),
    }
    return _object("apps/v1", "StatefulSet", name, spec, namespace)


def autoscaler(
    name: str, least: int = 2, most: int = 6, percent: int = 50, *, kind: str = "Deployment", down_s: int = 0
) -> Object:
    """An HPA on the CPU of the workload of the same name, that scales down after `down_s` seconds."""
    spec = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": kind, "name": name},
        "minReplicas": least,
        "maxReplicas": most,
        "metrics": [
            {
                "type": "Resource",
                "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": percent}},
            }
        ],
        "behavior": {"scaleDown": {"stabilizationWindowSeconds": down_s}},
    }
    return _object("autoscaling/v2", "HorizontalPodAutoscaler", name, spec)


def budget(name: str, least: int) -> Object:
    """A PodDisruptionBudget over the pods of the workload of the same name."""
    spec = {"minAvailable": least, "selector": {"matchLabels": {"app": name}}}
    return _object("policy/v1", "PodDisruptionBudget", name, spec)


def namespace(name: str) -> Object:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def quota(name: str, namespace: str, pods: int) -> Object:
    """So many pods in the namespace and no more."""
    return _object("v1", "ResourceQuota", name, {"hard": {"pods": str(pods)}}, namespace)


def policy(name: str, of: str, expression: str, message: str) -> list[Object]:
    """A ValidatingAdmissionPolicy (with its binding) on every write of the object named `of`: a rule in CEL."""
    api = "admissionregistration.k8s.io/v1"
    spec = {
        "failurePolicy": "Fail",
        "matchConstraints": {"resourceRules": [_WRITES]},
        "matchConditions": [{"name": "this-one", "expression": f'request.name == "{of}"'}],
        "validations": [{"expression": expression, "message": message}],
    }
    bound = {"policyName": name, "validationActions": ["Deny"]}
    return [
        {"apiVersion": api, "kind": "ValidatingAdmissionPolicy", "metadata": {"name": name}, "spec": spec},
        {"apiVersion": api, "kind": "ValidatingAdmissionPolicyBinding", "metadata": {"name": name}, "spec": bound},
    ]


def webhook(name: str, of: str, url: str, ca_pem: str, *, timeout_s: int = 5, dry_runs: bool = True) -> Object:
    """A ValidatingWebhookConfiguration on every write of the object named `of`; without dry runs if told so."""
    condition = f'request.name == "{of}"' + ("" if dry_runs else " && !(has(request.dryRun) && request.dryRun)")
    hook = {
        "name": "policy.example.com",
        "clientConfig": {"url": url, "caBundle": base64.b64encode(ca_pem.encode()).decode()},
        "rules": [_WRITES],
        "matchConditions": [{"name": "this-one", "expression": condition}],
        "failurePolicy": "Fail",
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "timeoutSeconds": timeout_s,
    }
    kind = "ValidatingWebhookConfiguration"
    api = "admissionregistration.k8s.io/v1"
    return {"apiVersion": api, "kind": kind, "metadata": {"name": name}, "webhooks": [hook]}


_WRITES = {
    "apiGroups": ["apps", "autoscaling"],
    "apiVersions": ["*"],
    "operations": ["UPDATE"],
    "resources": ["deployments", "deployments/scale", "statefulsets", "horizontalpodautoscalers"],
}


def _object(api: str, kind: str, name: str, spec: Mapping[str, Any], namespace: str = NAMESPACE) -> Object:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": api, "kind": kind, "metadata": metadata, "spec": dict(spec)}
