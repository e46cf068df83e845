"""create, update, patch, delete, the scale subresource and eviction."""

from typing import Any

from opsconsole.demo.kubernetes.cluster import SimulatedCluster
from opsconsole.demo.kubernetes.controllers.podmaking import delete_pod
from opsconsole.demo.kubernetes.defaults import check, check_replicas, fill_in
from opsconsole.demo.kubernetes.errors import (
    ApiError,
    already_exists,
    bad_request,
    conflict,
    failure,
    not_found,
    precondition,
    unsupported_media_type,
)  # fmt: skip
from opsconsole.demo.kubernetes.managed import stamp
from opsconsole.demo.kubernetes.patch import (
    APPLY_PATCHES,
    JSON_PATCH,
    MERGE_PATCH,
    STRATEGIC_PATCH,
    apply_patch,
)  # fmt: skip
from opsconsole.demo.kubernetes.quantities import format_time
from opsconsole.demo.kubernetes.reading import get, list_page
from opsconsole.demo.kubernetes.requests import Asked
from opsconsole.demo.kubernetes.resources import (
    CONFIG_MAPS,
    DEPLOYMENTS,
    DISRUPTION_BUDGETS,
    EVENTS,
    HPAS,
    NAMESPACES,
    NODES,
    PODS,
    SECRETS,
    SERVICES,
    Resource,
)  # fmt: skip
from opsconsole.demo.kubernetes.selectors import matches_labels
from opsconsole.demo.kubernetes.store import Body, Stored, clone
from opsconsole.demo.kubernetes.versions import in_version, stored_version

_NO_GENERATION = {each.key for each in (CONFIG_MAPS, SECRETS, EVENTS, NAMESPACES, NODES, SERVICES, HPAS)}


def create(cluster: SimulatedCluster, asked: Asked, document: Any, manager: str) -> Stored:
    """Stores a new object. Raises 400, 404 (namespace), 409 or 422."""
    resource = asked.resource
    body = _checked_document(resource, asked, document)
    metadata = body["metadata"]
    if not metadata.get("name"):
        if not metadata.get("generateName"):
            raise bad_request("name or generateName is required")
        metadata["name"] = metadata["generateName"] + cluster.world.suffix()
    if resource.namespaced:
        if cluster.store.get(NAMESPACES.key, "", asked.namespace) is None:
            raise not_found(NAMESPACES, asked.namespace)
        metadata["namespace"] = asked.namespace
    namespace = asked.namespace if resource.namespaced else ""
    if cluster.store.get(resource.key, namespace, metadata["name"]) is not None:
        raise already_exists(resource, metadata["name"])
    metadata |= {"uid": cluster.world.uid(), "creationTimestamp": format_time(cluster.now), "resourceVersion": ""}
    if resource.key not in _NO_GENERATION:
        metadata["generation"] = 1
    body = stored_version(resource, body, None)
    fill_in(resource, body)
    check(resource, body, None)
    stamp(resource, body, None, manager, cluster.now)
    return Stored(body) if asked.dry_run else cluster.store.put(resource.key, body)


def update(cluster: SimulatedCluster, asked: Asked, document: Any, manager: str) -> Stored:
    """PUT of a whole object; its resourceVersion, where given, must be the newest."""
    old = get(cluster, asked)
    body = _checked_document(asked.resource, asked, document)
    metadata = body["metadata"]
    if metadata.get("name", asked.name) != asked.name:
        raise bad_request(
            f"the name of the object ({metadata.get('name')}) does not match the name on the URL ({asked.name})"
        )
    for name in ("name", "namespace", "uid", "creationTimestamp"):
        if name in old.body["metadata"]:
            metadata.setdefault(name, old.body["metadata"][name])
    return _replace(cluster, asked, old, body, manager)


def patch(cluster: SimulatedCluster, asked: Asked, media_type: str, document: Any, manager: str) -> Stored:
    """PATCH of an object. Raises 400, 404, 409, 415 or 422."""
    check_media_type(media_type)
    old = get(cluster, asked)
    shown = {
        "kind": asked.resource.kind,
        "apiVersion": asked.resource.api_version,
        **in_version(asked.resource, old.body),
    }
    patched = apply_patch(media_type, shown, document)
    body = _checked_document(asked.resource, asked, patched)
    return _replace(cluster, asked, old, body, manager)


def check_media_type(media_type: str) -> None:
    if media_type in APPLY_PATCHES:
        raise failure(
            415, "UnsupportedMediaType", "this server does not offer server-side apply: use another patch", {}
        )
    if media_type not in (JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH):
        raise unsupported_media_type()


def _replace(cluster: SimulatedCluster, asked: Asked, old: Stored, body: Body, manager: str) -> Stored:
    resource, metadata = asked.resource, body["metadata"]
    given = metadata.get("resourceVersion")
    if given and given != old.body["metadata"]["resourceVersion"]:
        raise conflict(resource, asked.name)
    body = stored_version(resource, body, old.body)
    fill_in(resource, body)
    if asked.subresource == "status":
        body = {**clone(old.body), "status": body.get("status") or {}}
    elif "status" in old.body and resource.key not in (NAMESPACES.key,):
        body["status"] = old.body["status"]
    check(resource, body, old.body)
    metadata = body["metadata"]
    for name in ("generation", "deletionTimestamp", "managedFields"):
        metadata.pop(name, None)
        if name in old.body["metadata"]:
            metadata[name] = old.body["metadata"][name]
    metadata["resourceVersion"] = old.body["metadata"]["resourceVersion"]
    if _is_new_generation(resource, old.body, body):
        metadata["generation"] = metadata.get("generation", 0) + 1
    if body == old.body:
        return old
    stamp(resource, body, old.body, manager, cluster.now, asked.subresource)
    return Stored(body) if asked.dry_run else cluster.store.put(resource.key, body)


def _is_new_generation(resource: Resource, old: Body, new: Body) -> bool:
    if resource.key in _NO_GENERATION:
        return False
    marks = resource is DEPLOYMENTS and old["metadata"].get("annotations") != new["metadata"].get("annotations")
    return marks or old.get("spec") != new.get("spec")


def _checked_document(resource: Resource, asked: Asked, document: Any) -> Body:
    """A copy without kind and apiVersion. Raises 400 when it is no object of this resource."""
    if not isinstance(document, dict) or not isinstance(document.get("metadata", {}), dict):
        raise bad_request("the object provided is unrecognized (must be of type " + resource.kind + ")")
    body: Body = clone(document)
    kind, version = body.pop("kind", resource.kind), body.pop("apiVersion", resource.api_version)
    if (kind, version) != (resource.kind, resource.api_version):
        raise bad_request(
            f'{kind} in version "{version}" cannot be handled as a {resource.kind}: expected {resource.api_version}'
        )
    namespace = body.setdefault("metadata", {}).get("namespace")
    if namespace and resource.namespaced and namespace != asked.namespace:
        raise bad_request("the namespace of the provided object does not match the namespace sent on the request")
    return body


def scale_of(resource: Resource, stored: Stored) -> Body:
    """The Scale object of a workload."""
    body = stored.body
    names = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    labels = (body["spec"].get("selector") or {}).get("matchLabels") or {}
    replicas = body["spec"].get("replicas", 1)
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {name: body["metadata"][name] for name in names},
        "spec": {"replicas": replicas} if replicas else {},  # as the real server, which leaves a zero out
        "status": {
            "replicas": (body.get("status") or {}).get("replicas", 0),
            "selector": ",".join(f"{key}={value}" for key, value in sorted(labels.items())),
        },
    }


def write_scale(cluster: SimulatedCluster, asked: Asked, media_type: str, document: Any, manager: str) -> Body:
    """PUT or PATCH of the scale subresource; returns the new Scale."""
    old = get(cluster, asked)
    scale = scale_of(asked.resource, old)
    if asked.verb == "patch":
        check_media_type(media_type)
        document = apply_patch(media_type, scale, document)
    if not isinstance(document, dict):
        raise bad_request("the object provided is unrecognized (must be of type Scale)")
    metadata, spec = document.get("metadata") or {}, document.get("spec") or {}
    check_replicas("Scale", "autoscaling", asked.name, spec)
    for name in ("uid", "resourceVersion"):
        if metadata.get(name) and metadata[name] != scale["metadata"][name]:
            raise conflict(asked.resource, asked.name)
    body = clone(old.body)
    body["spec"]["replicas"] = spec.get("replicas", 0)
    return scale_of(asked.resource, _replace(cluster, _without_subresource(asked), old, body, manager))


def _without_subresource(asked: Asked) -> Asked:
    return Asked(asked.verb, asked.resource, asked.namespace, asked.name, "", "", asked.query)


def delete(cluster: SimulatedCluster, asked: Asked, options: Any) -> Stored | Body:
    """DELETE; a pod is returned as it ends, other kinds as a Status. Raises 404, 409."""
    stored, options = get(cluster, asked), options if isinstance(options, dict) else {}
    metadata = stored.body["metadata"]
    for field, name in (("UID", "uid"), ("ResourceVersion", "resourceVersion")):
        wanted = (options.get("preconditions") or {}).get(name)
        if wanted is not None and wanted != metadata[name]:
            raise precondition(asked.resource, asked.name, field, wanted, metadata[name])
    dry_run = asked.dry_run or options.get("dryRun") == ["All"]
    grace = options.get("gracePeriodSeconds", asked.number("gracePeriodSeconds"))
    if asked.resource is PODS and grace != 0:
        return stored if dry_run else delete_pod(cluster.world, stored, grace)
    if not dry_run:
        cluster.store.remove(asked.resource.key, *stored.name)
    details: Body = {"name": asked.name, "kind": asked.resource.plural, "uid": metadata["uid"]}
    if asked.resource.group:
        details["group"] = asked.resource.group
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}


def delete_collection(cluster: SimulatedCluster, asked: Asked, options: Any) -> None:
    for each in list_page(cluster, asked)[0]:
        namespace, name = each.name
        single = Asked("delete", asked.resource, namespace, name, "", "", asked.query)
        delete(cluster, single, {} if not isinstance(options, dict) else options)


def evict(cluster: SimulatedCluster, asked: Asked, document: Any) -> Body:
    """Eviction: a delete that a PodDisruptionBudget may refuse with 429."""
    pod = get(cluster, asked)
    labels = pod.body["metadata"].get("labels") or {}
    budgets = [
        budget
        for budget in cluster.store.items(DISRUPTION_BUDGETS.key, asked.namespace)
        if matches_labels(budget.body["spec"].get("selector") or {}, labels)
    ]
    for budget in budgets:
        if not (budget.body.get("status") or {}).get("disruptionsAllowed", 0):
            raise _disrupted(budget)
    options = document.get("deleteOptions") if isinstance(document, dict) else None
    delete(cluster, _without_subresource(asked), options)
    for budget in [] if asked.dry_run else budgets:
        status = budget.body["status"]
        spent = {**status, "disruptionsAllowed": status["disruptionsAllowed"] - 1}
        cluster.world.update(DISRUPTION_BUDGETS, budget, status=spent)
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}


def _disrupted(budget: Stored) -> ApiError:
    status, name = budget.body.get("status") or {}, budget.name[1]
    message = (
        f"The disruption budget {name} needs {status.get('desiredHealthy', 0)} healthy pods and has "
        f"{status.get('currentHealthy', 0)} currently"
    )
    details = {"causes": [{"reason": "DisruptionBudget", "message": message}]}
    said = "Cannot evict pod as it would violate the pod's disruption budget."
    return failure(429, "TooManyRequests", said, details)
