"""Namespaces, quotas, volume claims and endpoint slices as `kubectl describe` writes them."""

from collections.abc import Sequence

from ..text.redact import redact
from .describe_page import NONE, UNSET, Object, Page, at, items, mapping, time_words, words

_SCOPES = {
    "Terminating": "Matches all pods that have an active deadline. These pods have a limited lifespan on a node before "
    "being actively terminated by the system.",
    "NotTerminating": "Matches all pods that do not have an active deadline. These pods usually include long running "
    "pods whose container command is not expected to terminate.",
    "BestEffort": "Matches all pods that do not have resource requirements set. These pods have a best effort quality "
    "of service.",
    "NotBestEffort": "Matches all pods that have at least one resource requirement set. These pods have a burstable or "
    "guaranteed quality of service.",
}


def write_namespace(page: Page, body: Object, quotas: Sequence[Object] | None, limits: Sequence[Object] | None) -> None:
    """`quotas` and `limits` of it; None where they could not be read."""
    metadata, status = mapping(body.get("metadata")), mapping(body.get("status"))
    page.field("Name", metadata.get("name"))
    page.labels("Labels", metadata.get("labels"))
    page.annotations("Annotations", metadata.get("annotations"))
    page.field("Status", status.get("phase"))
    if conditions := items(status.get("conditions")):
        page.add(0, "Conditions:")
        page.add(1, "Type\tStatus\tLastTransitionTime\tReason\tMessage")
        page.add(1, "----\t------\t------------------\t------\t-------")
        for one in conditions:
            cells = (one.get("type"), one.get("status"), time_words(one.get("lastTransitionTime")), one.get("reason"))
            page.add(1, "\t".join([*map(words, cells), words(redact(str(one.get("message") or "")))]))
    page.add(0, "")
    _quotas_of(page, quotas)
    page.add(0, "")
    _limits_of(page, limits)


def _quotas_of(page: Page, quotas: Sequence[Object] | None) -> None:
    if quotas is None:
        page.add(0, "Resource Quotas: unknown, they may not be read")
        return
    if not quotas:
        page.add(0, "No resource quota.")
        return
    page.add(0, "Resource Quotas")
    for quota in sorted(quotas, key=lambda one: str(at(one, "metadata", "name"))):
        page.field("Name", at(quota, "metadata", "name"), 1)
        _scopes(page, quota, 1, "* ")
        _table(page, quota, 1, "---")


def _limits_of(page: Page, limits: Sequence[Object] | None) -> None:
    if limits is None:
        page.add(0, "Resource Limits: unknown, they may not be read")
        return
    if not limits:
        page.add(0, "No LimitRange resource.")
        return
    page.add(0, "Resource Limits")
    page.add(0, " Type\tResource\tMin\tMax\tDefault Request\tDefault Limit\tMax Limit/Request Ratio")
    page.add(0, " ----\t--------\t---\t---\t---------------\t-------------\t-----------------------")
    columns = ("min", "max", "defaultRequest", "default", "maxLimitRequestRatio")
    for one in limits:
        for limit in items(at(one, "spec", "limits")):
            figures = [mapping(limit.get(column)) for column in columns]
            for resource in sorted({name for figure in figures for name in figure}):
                cells = (words(figure.get(resource)) or "-" for figure in figures)
                page.add(0, "\t".join([f" {words(limit.get('type'))}", words(resource), *cells]))


def write_quota(page: Page, body: Object) -> None:
    page.field("Name", at(body, "metadata", "name"))
    page.field("Namespace", at(body, "metadata", "namespace"))
    _scopes(page, body, 0, " * ")
    _table(page, body, 0, "----")


def _scopes(page: Page, quota: Object, level: int, bullet: str) -> None:
    found = sorted(map(str, at(quota, "spec", "scopes") or ()))
    if found:
        page.field("Scopes", ", ".join(found), level)
    for scope in found:
        if scope in _SCOPES:
            page.add(level, bullet + _SCOPES[scope])


def _table(page: Page, quota: Object, level: int, rule: str) -> None:
    hard, used = mapping(at(quota, "status", "hard")), mapping(at(quota, "status", "used"))
    page.add(level, "Resource\tUsed\tHard")
    page.add(level, f"--------\t{rule}\t{rule}")
    for resource in sorted(hard):
        page.add(level, "\t".join((words(resource), words(used.get(resource, "0")), words(hard[resource]))))


def write_claim(page: Page, body: Object, users: Sequence[str] | None, lasts: str) -> None:
    """`users`: names of the pods that use it, None where they could not be read; `lasts`: since when it is deleted."""
    metadata, spec, status = (mapping(body.get(part)) for part in ("metadata", "spec", "status"))
    page.field("Name", metadata.get("name"))
    page.field("Namespace", metadata.get("namespace"))
    page.field("StorageClass", spec.get("storageClassName"))
    page.field("Status", f"Terminating (lasts {lasts})" if lasts else status.get("phase"))
    page.field("Volume", spec.get("volumeName"))
    page.labels("Labels", metadata.get("labels"))
    page.annotations("Annotations", metadata.get("annotations"))
    page.field("Finalizers", metadata.get("finalizers") or [])
    bound = bool(spec.get("volumeName"))
    page.field("Capacity", at(status, "capacity", "storage") if bound else "")
    page.field("Access Modes", access_modes(status.get("accessModes")) if bound else "")
    page.field("VolumeMode", spec.get("volumeMode") or "Filesystem")
    if source := mapping(spec.get("dataSource")):
        page.add(0, "DataSource:")
        for name, part in (("APIGroup", "apiGroup"), ("Kind", "kind"), ("Name", "name")):
            if source.get(part) is not None:
                page.field(name, source.get(part), 1)
    if users is None:
        page.field("Used By", "unknown")
    for place, name in enumerate(users or [NONE] if users is not None else ()):
        page.add(0, ("Used By:\t" if not place else "\t") + words(name))
    if conditions := items(status.get("conditions")):
        page.add(0, "Conditions:")
        page.add(1, "Type\tStatus\tLastProbeTime\tLastTransitionTime\tReason\tMessage")
        page.add(1, "----\t------\t-----------------\t------------------\t------\t-------")
        for one in conditions:
            times = (time_words(one.get("lastProbeTime")), time_words(one.get("lastTransitionTime")))
            cells = (one.get("type"), one.get("status"), *times, one.get("reason"), one.get("message"))
            page.add(1, "\t".join(map(words, cells)))


def access_modes(modes: object) -> str:
    """As kubectl shortens them, each once."""
    short = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}
    found = [str(mode) for mode in modes] if isinstance(modes, list | tuple) else []
    return ",".join(short[mode] for mode in short if mode in found)


def write_slice(page: Page, body: Object) -> None:
    metadata = mapping(body.get("metadata"))
    page.field("Name", metadata.get("name"))
    page.field("Namespace", metadata.get("namespace"))
    page.labels("Labels", metadata.get("labels"))
    page.annotations("Annotations", metadata.get("annotations"))
    page.field("AddressType", body.get("addressType"))
    ports = items(body.get("ports"))
    page.add(0, "Ports:" if ports else f"Ports: {UNSET}")
    if ports:
        page.add(1, "Name\tPort\tProtocol")
        page.add(1, "----\t----\t--------")
    for port in ports:
        cells = (port.get("name") or UNSET, UNSET if port.get("port") is None else port["port"], port.get("protocol"))
        page.add(1, "\t".join(map(words, cells)))
    endpoints = items(body.get("endpoints"))
    page.add(0, "Endpoints:" if endpoints else f"Endpoints: {NONE}")
    for one in endpoints:
        page.add(1, f"- Addresses:\t{', '.join(map(words, one.get('addresses') or ())) or NONE}")
        page.add(2, "Conditions:")
        ready = at(one, "conditions", "ready")
        page.field("Ready", UNSET if ready is None else ready, 3)
        page.field("Hostname", one.get("hostname") or UNSET, 2)
        if target := mapping(one.get("targetRef")):
            page.field("TargetRef", f"{words(target.get('kind'))}/{words(target.get('name'))}", 2)
        page.field("NodeName", one.get("nodeName") or UNSET, 2)
        page.field("Zone", one.get("zone") or UNSET, 2)
