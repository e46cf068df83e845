"""Server-side Tables: the columns and cells that the real kubectl prints, kind by kind."""

from collections.abc import Callable, Iterable
from typing import Any

from opsconsole.demo.kubernetes.podwords import pod_words
from opsconsole.demo.kubernetes.quantities import age, parse_time
from opsconsole.demo.kubernetes.resources import (
    CONFIG_MAPS,
    CONTROLLER_REVISIONS,
    CRON_JOBS,
    DAEMON_SETS,
    DEPLOYMENTS,
    DISRUPTION_BUDGETS,
    ENDPOINT_SLICES,
    EVENTS,
    HPAS,
    JOBS,
    LEASES,
    NAMESPACES,
    NODES,
    PERSISTENT_VOLUME_CLAIMS,
    PODS,
    REPLICA_SETS,
    RESOURCE_QUOTAS,
    SERVICES,
    STATEFUL_SETS,
    Resource,
)  # fmt: skip

Body = dict[str, Any]
Cells = list[Any]
NONE = "<none>"
UNKNOWN = "<unknown>"
_TEMPLATE = "Containers:1 Images:1"
_WORKLOAD = f"{_TEMPLATE} Selector:1"

_COLUMNS = {
    PODS.key: "Name Ready Status Restarts Age IP:1 Node:1 Nominated_Node:1 Readiness_Gates:1",
    DEPLOYMENTS.key: f"Name Ready Up-to-date Available Age {_WORKLOAD}",
    REPLICA_SETS.key: f"Name Desired:i Current:i Ready:i Age {_WORKLOAD}",
    STATEFUL_SETS.key: f"Name Ready Age {_TEMPLATE}",
    DAEMON_SETS.key: f"Name Desired:i Current:i Ready:i Up-to-date:i Available:i Node_Selector Age {_WORKLOAD}",
    JOBS.key: f"Name Status Completions Duration Age {_WORKLOAD}",
    CRON_JOBS.key: f"Name Schedule Timezone Suspend:b Active:i Last_Schedule Age {_WORKLOAD}",
    HPAS.key: "Name Reference Targets MinPods MaxPods Replicas Age",
    NODES.key: "Name Status Roles Age Version Internal-IP:1 External-IP:1 OS-Image:1 Kernel-Version:1 "
    "Container-Runtime:1",
    SERVICES.key: "Name Type Cluster-IP External-IP Port(s) Age Selector:1",
    EVENTS.key: "Last_Seen Type Reason Object Subobject:1 Source:1 Message First_Seen:1 Count:1 Name:1",
    NAMESPACES.key: "Name Status Age",
    CONFIG_MAPS.key: "Name Data Age",
    DISRUPTION_BUDGETS.key: "Name Min_Available Max_Unavailable Allowed_Disruptions:i Age",
    ENDPOINT_SLICES.key: "Name AddressType Ports Endpoints Age",
    LEASES.key: "Name Holder Age",
    CONTROLLER_REVISIONS.key: "Name Controller Revision Age",
    RESOURCE_QUOTAS.key: "Name Request Limit Age",
    PERSISTENT_VOLUME_CLAIMS.key: "Name Status Volume Capacity Access_Modes StorageClass VolumeAttributesClass Age "
    "VolumeMode:1",
}
"""Resource → names of columns (_ for a space), `:1` for those that only `-o wide` shows, `:i` and `:b` for types."""

_TYPES = {"i": "integer", "b": "boolean"}


def columns(resource: Resource) -> list[Body]:
    """`columnDefinitions` of a resource; kinds without columns of their own have name and age."""
    definitions = []
    for column in _COLUMNS.get(resource.key, "Name Created_At").split():
        name, _, mark = column.partition(":")
        definitions.append(
            {
                "name": name.replace("_", " "),
                "type": _TYPES.get(mark, "string"),
                "format": "name" if name == "Name" else "",
                "description": "",
                "priority": 1 if mark == "1" else 0,
            }
        )
    return definitions


def cells(resource: Resource, body: Body, now: float) -> Cells:
    """One row's cells; `now` in unix seconds gives the ages."""
    printer = _PRINTERS.get(resource.key)
    if printer is None:
        return [body["metadata"]["name"], body["metadata"].get("creationTimestamp", "")]
    return printer(body, now)


def _name(body: Body) -> str:
    return str(body["metadata"]["name"])


def _age(body: Body, now: float) -> str:
    return since(body["metadata"].get("creationTimestamp"), now)


def since(text: str | None, now: float) -> str:
    return age(now - parse_time(text)) if text else UNKNOWN


def _pod(body: Body, now: float) -> Cells:
    ready, status, restarts = pod_words(body, now)
    spec, state = body["spec"], body.get("status") or {}
    nominated = state.get("nominatedNodeName") or NONE
    where = [state.get("podIP") or NONE, spec.get("nodeName") or NONE, nominated, NONE]
    return [_name(body), ready, status, restarts, _age(body, now), *where]


def _template(spec: Body) -> Cells:
    containers = spec["template"]["spec"]["containers"]
    return [_join(each["name"] for each in containers), _join(each.get("image", "") for each in containers)]


def _join(words: Iterable[str]) -> str:
    return ",".join(words)


def _selector(selector: Body | None) -> str:
    labels = (selector or {}).get("matchLabels") or {}
    return _join(f"{key}={value}" for key, value in sorted(labels.items())) or NONE


def _deployment(body: Body, now: float) -> Cells:
    spec, status = body["spec"], body.get("status") or {}
    ready = f"{status.get('readyReplicas', 0)}/{spec.get('replicas', 1)}"
    counts = [status.get("updatedReplicas", 0), status.get("availableReplicas", 0)]
    return [_name(body), ready, *counts, _age(body, now), *_template(spec), _selector(spec["selector"])]


def _replica_set(body: Body, now: float) -> Cells:
    spec, status = body["spec"], body.get("status") or {}
    counts = [spec.get("replicas", 1), status.get("replicas", 0), status.get("readyReplicas", 0)]
    return [_name(body), *counts, _age(body, now), *_template(spec), _selector(spec["selector"])]


def _stateful_set(body: Body, now: float) -> Cells:
    spec, status = body["spec"], body.get("status") or {}
    ready = f"{status.get('readyReplicas', 0)}/{spec.get('replicas', 1)}"
    return [_name(body), ready, _age(body, now), *_template(spec)]


_DAEMON_COUNTS = (
    "desiredNumberScheduled", "currentNumberScheduled", "numberReady", "updatedNumberScheduled", "numberAvailable",
)  # fmt: skip


def _daemon_set(body: Body, now: float) -> Cells:
    spec, status = body["spec"], body.get("status") or {}
    counts = [status.get(name, 0) for name in _DAEMON_COUNTS]
    nodes = _selector({"matchLabels": spec["template"]["spec"].get("nodeSelector")})
    return [_name(body), *counts, nodes, _age(body, now), *_template(spec), _selector(spec["selector"])]


def _job(body: Body, now: float) -> Cells:
    spec, status = body["spec"], body.get("status") or {}
    true = {each["type"] for each in status.get("conditions") or () if each["status"] == "True"}
    word = next((kind for kind in ("Complete", "Failed", "Suspended", "FailureTarget") if kind in true), "Running")
    started, ended = status.get("startTime"), status.get("completionTime")
    duration = since(started, parse_time(ended) if ended else now) if started else ""
    done = f"{status.get('succeeded', 0)}/{spec.get('completions', 1)}"
    return [_name(body), word, done, duration, _age(body, now), *_template(spec), _selector(spec.get("selector"))]


def _cron_job(body: Body, now: float) -> Cells:
    spec, status = body["spec"], body.get("status") or {}
    last = status.get("lastScheduleTime")
    job = spec["jobTemplate"]["spec"]
    return [
        _name(body), spec["schedule"], spec.get("timeZone") or NONE, str(bool(spec.get("suspend"))),
        len(status.get("active") or ()), since(last, now) if last else NONE, _age(body, now),
        *_template(job), _selector(job.get("selector")),
    ]  # fmt: skip


def _hpa(body: Body, now: float) -> Cells:
    spec, status = body["spec"], body.get("status") or {}
    target = spec["scaleTargetRef"]
    return [
        _name(body), f"{target['kind']}/{target['name']}", _targets(spec, status),
        str(spec.get("minReplicas", "<unset>")), spec["maxReplicas"], status.get("currentReplicas", 0), _age(body, now),
    ]  # fmt: skip


def _targets(spec: Body, status: Body) -> str:
    current = {
        each["resource"]["name"]: each["resource"]["current"]
        for each in status.get("currentMetrics") or ()
        if each.get("type") == "Resource"
    }
    words = []
    for metric in spec.get("metrics") or ():
        if metric["type"] != "Resource":
            words.append(f"{UNKNOWN}/{UNKNOWN}")
            continue
        name, target = metric["resource"]["name"], metric["resource"]["target"]
        now = current.get(name) or {}
        if target.get("averageValue") is not None:
            words.append(f"{name}: {now.get('averageValue', UNKNOWN)}/{target['averageValue']}")
        else:
            used = f"{now['averageUtilization']}%" if "averageUtilization" in now else UNKNOWN
            words.append(f"{name}: {used}/{target.get('averageUtilization')}%")
    if not words:
        return NONE
    return ", ".join(words[:2]) + (f" + {len(words) - 2} more..." if len(words) > 2 else "")


def _node(body: Body, now: float) -> Cells:
    status, labels = body.get("status") or {}, body["metadata"].get("labels") or {}
    ready = next((each for each in status.get("conditions") or () if each["type"] == "Ready"), None)
    word = "Unknown" if ready is None else "Ready" if ready["status"] == "True" else "NotReady"
    if body["spec"].get("unschedulable"):
        word += ",SchedulingDisabled"
    prefix = "node-role.kubernetes.io/"
    roles = _join(sorted(key.removeprefix(prefix) for key in labels if key.startswith(prefix))) or NONE
    addresses = {each["type"]: each["address"] for each in status.get("addresses") or ()}
    info = status.get("nodeInfo") or {}
    return [
        _name(body), word, roles, _age(body, now), info.get("kubeletVersion", ""), addresses.get("InternalIP", NONE),
        addresses.get("ExternalIP", NONE), info.get("osImage") or UNKNOWN,
        f"{info.get('kernelVersion') or UNKNOWN} ({info.get('architecture', '')})",
        info.get("containerRuntimeVersion") or UNKNOWN,
    ]  # fmt: skip


def _service(body: Body, now: float) -> Cells:
    spec = body["spec"]
    ports = _join(f"{each['port']}/{each.get('protocol', 'TCP')}" for each in spec.get("ports") or ()) or NONE
    selector = _selector({"matchLabels": spec.get("selector")})
    address = spec.get("clusterIP") or NONE
    return [_name(body), spec.get("type", "ClusterIP"), address, NONE, ports, _age(body, now), selector]


def _event(body: Body, now: float) -> Cells:
    about, source = body["involvedObject"], body.get("source") or {}
    component = source.get("component") or body.get("reportingComponent") or ""
    host = source.get("host") or body.get("reportingInstance")
    series = body.get("series") or {}
    first = body.get("firstTimestamp") or body.get("eventTime")
    last = series.get("lastObservedTime") or body.get("lastTimestamp") or body.get("eventTime")
    return [
        since(last, now), body.get("type", ""), body.get("reason", ""), f"{about['kind'].lower()}/{about['name']}",
        about.get("fieldPath", ""), f"{component}, {host}" if host and host != component else component,
        body.get("message", "").strip(), since(first, now), series.get("count") or body.get("count") or 1, _name(body),
    ]  # fmt: skip


def _namespace(body: Body, now: float) -> Cells:
    return [_name(body), (body.get("status") or {}).get("phase", ""), _age(body, now)]


def _config_map(body: Body, now: float) -> Cells:
    return [_name(body), len(body.get("data") or {}) + len(body.get("binaryData") or {}), _age(body, now)]


def _budget(body: Body, now: float) -> Cells:
    spec, status = body["spec"], body.get("status") or {}
    bounds = [str(spec.get(name, "N/A")) for name in ("minAvailable", "maxUnavailable")]
    return [_name(body), *bounds, status.get("disruptionsAllowed", 0), _age(body, now)]


def _endpoint_slice(body: Body, now: float) -> Cells:
    ports = _join(str(each.get("port", "*")) for each in body.get("ports") or ()) or "<unset>"
    addresses = [address for each in body.get("endpoints") or () for address in each["addresses"]]
    shown = _join(addresses[:3]) + (f" + {len(addresses) - 3} more..." if len(addresses) > 3 else "")
    return [_name(body), body["addressType"], ports, shown or "<unset>", _age(body, now)]


def _lease(body: Body, now: float) -> Cells:
    return [_name(body), body["spec"].get("holderIdentity", ""), _age(body, now)]


def _revision(body: Body, now: float) -> Cells:
    owner = next((each for each in body["metadata"].get("ownerReferences") or () if each.get("controller")), None)
    controller = f"{owner['kind'].lower()}.apps/{owner['name']}" if owner else "<none>"
    return [_name(body), controller, body["revision"], _age(body, now)]


def _quota(body: Body, now: float) -> Cells:
    status = body.get("status") or {}
    used = status.get("used") or {}
    words = {name: f"{name}: {used.get(name, '0')}/{hard}" for name, hard in sorted((status.get("hard") or {}).items())}
    limits = [word for name, word in words.items() if name.startswith("limits.")]
    requests = [word for name, word in words.items() if not name.startswith("limits.")]
    return [_name(body), ", ".join(requests), ", ".join(limits), _age(body, now)]


_MODES = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}


def _claim(body: Body, now: float) -> Cells:
    spec, status = body["spec"], body.get("status") or {}
    word = "Terminating" if body["metadata"].get("deletionTimestamp") else status.get("phase", "")
    volume, size, modes = spec.get("volumeName", ""), "", ""
    if volume:
        size = (status.get("capacity") or {}).get("storage", "0")
        modes = _join(_MODES[each] for each in status.get("accessModes") or ())
    return [
        _name(body), word, volume, size, modes, spec.get("storageClassName") or "",
        spec.get("volumeAttributesClassName") or "<unset>", _age(body, now), spec.get("volumeMode") or "<unset>",
    ]  # fmt: skip


_PRINTERS: dict[str, Callable[[Body, float], Cells]] = {
    PODS.key: _pod,
    DEPLOYMENTS.key: _deployment,
    REPLICA_SETS.key: _replica_set,
    STATEFUL_SETS.key: _stateful_set,
    DAEMON_SETS.key: _daemon_set,
    JOBS.key: _job,
    CRON_JOBS.key: _cron_job,
    HPAS.key: _hpa,
    NODES.key: _node,
    SERVICES.key: _service,
    EVENTS.key: _event,
    NAMESPACES.key: _namespace,
    CONFIG_MAPS.key: _config_map,
    DISRUPTION_BUDGETS.key: _budget,
    ENDPOINT_SLICES.key: _endpoint_slice,
    LEASES.key: _lease,
    CONTROLLER_REVISIONS.key: _revision,
    RESOURCE_QUOTAS.key: _quota,
    PERSISTENT_VOLUME_CLAIMS.key: _claim,
}
