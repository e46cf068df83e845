"""Containers as `kubectl describe` writes them: of a pod with their state, of a pod template without."""

import math
from collections.abc import Mapping
from typing import Any

from ..text.redact import redact
from . import exact_quantity as quantities
from .describe_page import (
    MOST_LINES,
    NONE,
    Object,
    Page,
    at,
    items,
    mapping,
    number,
    optional,
    secret,
    time_words,
    title_case,
    words,
)

_FIELDS = {"metadata.name": "name", "metadata.namespace": "namespace", "metadata.uid": "uid"}


def write_containers(
    page: Page, title: str, containers: Any, statuses: Any = None, pod: Object | None = None, space: str = ""
) -> None:
    """`pod` is what variables that take a field of it are read from; a template has none."""
    found = items(containers)
    known = {str(status.get("name")): status for status in items(statuses)}
    page.add(0, f"{space}{title}:{'' if found else f' {NONE}'}")
    for container in found:
        status = known.get(str(container.get("name")))
        page.add(1, f"{' ' if space else ''}{words(container.get('name'))}:")
        _basics(page, container, status)
        _command(page, "Command", container.get("command"))
        _command(page, "Args", container.get("args"))
        if status is not None:
            _state(page, status)
        write_resources(page, container.get("resources"), 2)
        for name in ("liveness", "readiness", "startup"):
            if probe := container.get(f"{name}Probe"):
                page.field(name.title(), probe_words(probe), 2)
        _sources(page, container)
        _environment(page, container, pod)
        _mounts(page, container)


def write_resources(page: Page, resources: Any, level: int) -> None:
    for side in ("limits", "requests"):
        found = mapping(at(resources, side))
        if found:
            page.add(level, f"{side.title()}:")
        for name in sorted(found):
            page.field(words(name), found[name], level + 1)


def probe_words(probe: Object) -> str:
    """`http-get http://:8080/healthz delay=0s timeout=1s period=10s #success=1 #failure=3`."""
    delay, timeout, period = (
        number(probe.get(name)) for name in ("initialDelaySeconds", "timeoutSeconds", "periodSeconds")
    )
    success, failure = number(probe.get("successThreshold")), number(probe.get("failureThreshold"))
    attributes = f"delay={delay}s timeout={timeout}s period={period}s #success={success} #failure={failure}"
    if (run := probe.get("exec")) is not None:
        return f"exec {redact(words(at(run, 'command') or []))} {attributes}"
    if (get := probe.get("httpGet")) is not None:
        host, port = str(at(get, "host") or ""), str(at(get, "port") or "")
        where = f"{f'[{host}]' if ':' in host else host}:{port}" if port else host
        path = str(at(get, "path") or "")
        slash = "/" if path and not path.startswith("/") and where else ""
        return f"http-get {str(at(get, 'scheme') or '').lower()}://{where}{slash}{words(path)} {attributes}"
    if (tcp := probe.get("tcpSocket")) is not None:
        return f"tcp-socket {words(at(tcp, 'host'))}:{words(at(tcp, 'port'))} {attributes}"
    if (grpc := probe.get("grpc")) is not None:
        return f"grpc <pod>:{words(at(grpc, 'port'))} {words(at(grpc, 'service'))} {attributes}"
    return f"unknown {attributes}"


def _basics(page: Page, container: Object, status: Object | None) -> None:
    if status is not None:
        page.field("Container ID", status.get("containerID"), 2)
    page.field("Image", container.get("image"), 2)
    if status is not None:
        page.field("Image ID", status.get("imageID"), 2)
    ports = items(container.get("ports"))
    for title, field in (("Port", "containerPort"), ("Host Port", "hostPort")):
        said = ", ".join(_port(port, field) for port in ports)
        page.field(f"{title}s" if len(ports) > 1 else title, said or NONE, 2)
    if profile := at(container, "securityContext", "seccompProfile"):
        page.field("SeccompProfile", at(profile, "type"), 2)
        if at(profile, "type") == "Localhost":
            page.field("LocalhostProfile", at(profile, "localhostProfile"), 3)


def _port(port: Object, field: str) -> str:
    name = f" ({words(port.get('name'))})" if port.get("name") else ""
    return f"{number(port.get(field))}/{words(port.get('protocol') or 'TCP')}{name}"


def _command(page: Page, title: str, command: Any) -> None:
    if command:
        page.add(2, f"{title}:")
        lines = [line for part in command for line in redact(str(part)).split("\n")]
        for line in lines[:MOST_LINES]:
            page.add(3, words(line))


def _state(page: Page, status: Object) -> None:
    _write_state(page, "State", mapping(status.get("state")))
    if at(status, "lastState", "terminated") is not None:
        _write_state(page, "Last State", mapping(status.get("lastState")))
    page.field("Ready", title_case(status.get("ready")), 2)
    page.field("Restart Count", number(status.get("restartCount")), 2)


def _write_state(page: Page, title: str, state: Mapping[str, Any]) -> None:
    if (running := state.get("running")) is not None:
        page.field(title, "Running", 2)
        page.field("Started", time_words(at(running, "startedAt")), 3)
        return
    ended = state.get("terminated")
    if ended is None or state.get("waiting") is not None:
        page.field(title, "Waiting", 2)
        if reason := at(state, "waiting", "reason"):
            page.field("Reason", reason, 3)
        return
    page.field(title, "Terminated", 2)
    if reason := at(ended, "reason"):
        page.field("Reason", reason, 3)
    if message := at(ended, "message"):
        for place, line in enumerate(redact(str(message)).split("\n")[:MOST_LINES]):
            page.add(3, f"{'' if place else 'Message:'}\t{words(line)}")
    page.field("Exit Code", number(at(ended, "exitCode")), 3)
    if number(at(ended, "signal")) > 0:
        page.field("Signal", at(ended, "signal"), 3)
    page.field("Started", time_words(at(ended, "startedAt")), 3)
    page.field("Finished", time_words(at(ended, "finishedAt")), 3)


def _sources(page: Page, container: Object) -> None:
    sources = items(container.get("envFrom"))
    if sources:
        page.add(2, "Environment Variables from:")
    for source in sources:
        kind, of = ("ConfigMap", source["configMapRef"]) if source.get("configMapRef") else ("", None)
        if of is None and source.get("secretRef"):
            kind, of = "Secret", source["secretRef"]
        prefix = f" with prefix '{words(source['prefix'])}'" if source.get("prefix") else ""
        page.add(3, f"{words(at(of, 'name'))}\t{kind}{prefix}\tOptional: {optional(of)}")


def _environment(page: Page, container: Object, pod: Object | None) -> None:
    variables = items(container.get("env"))
    page.add(2, "Environment:" if variables else f"Environment:\t{NONE}")
    for variable in variables:
        name, source = words(variable.get("name")), mapping(variable.get("valueFrom"))
        if not source:
            lines = secret(name, variable.get("value")).split("\n")
            for place, line in enumerate(lines[:MOST_LINES]):
                page.add(3, f"{'' if place else f'{name}:'}\t{words(line)}")
        elif (field := source.get("fieldRef")) is not None:
            where = f"({words(at(field, 'apiVersion'))}:{words(at(field, 'fieldPath'))})"
            page.add(3, f"{name}:\t{words(_field(pod, str(at(field, 'fieldPath') or '')))} {where}")
        elif (taken := source.get("resourceFieldRef")) is not None:
            page.add(3, f"{name}:\t{_resource(taken, container)} ({words(at(taken, 'resource'))})")
        else:
            for key, words_of in (("secretKeyRef", "in secret"), ("configMapKeyRef", "of config map")):
                if (ref := source.get(key)) is not None:
                    said = f"<set to the key '{words(at(ref, 'key'))}' {words_of} '{words(at(ref, 'name'))}'>"
                    page.add(3, f"{name}:\t{said}\tOptional: {optional(ref)}")


def _field(pod: Object | None, path: str) -> str:
    """A field of the pod, as far as kubectl reads them."""
    metadata = mapping(at(pod, "metadata"))
    if path in _FIELDS:
        return str(metadata.get(_FIELDS[path]) or "")
    for of in ("labels", "annotations"):
        found = mapping(metadata.get(of))
        if path == f"metadata.{of}":
            return "\n".join(f'{key}="{found[key]}"' for key in sorted(found))
        if path.startswith(f"metadata.{of}['") and path.endswith("']"):
            return str(found.get(path[len(f"metadata.{of}['") : -2]) or "")
    return ""


def _resource(taken: Object, container: Object) -> str:
    side, _, name = str(at(taken, "resource") or "").partition(".")
    divisor = quantities.read(at(taken, "divisor"))
    amount = quantities.read(at(container, "resources", side, name)).amount
    found = math.ceil(amount / divisor.amount) if divisor.numerator else math.ceil(amount)
    return "node allocatable" if not found and side == "limits" and name in ("cpu", "memory") else str(found)


def _mounts(page: Page, container: Object) -> None:
    mounts = sorted(items(container.get("volumeMounts")), key=lambda mount: str(mount.get("mountPath")))
    page.add(2, "Mounts:" if mounts else f"Mounts:\t{NONE}")
    for mount in mounts:
        path = f',path="{words(mount["subPath"])}"' if mount.get("subPath") else ""
        flags = f"{'ro' if mount.get('readOnly') else 'rw'}{path}"
        page.add(3, f"{words(mount.get('mountPath'))} from {words(mount.get('name'))} ({flags})")
    devices = sorted(items(container.get("volumeDevices")), key=lambda device: str(device.get("devicePath")))
    if devices:
        page.add(2, "Devices:" if mounts else f"Devices:\t{NONE}")
    for device in devices:
        page.add(3, f"{words(device.get('devicePath'))} from {words(device.get('name'))}")
