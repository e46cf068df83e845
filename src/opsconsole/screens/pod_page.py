"""The page of one pod: its containers, what happened to it in order of time, its events, owners, volumes and node."""

from datetime import datetime
from typing import Any

import msgspec

from ..model.kubernetes import Usage
from ..rules.describe_containers import probe_words
from ..rules.describe_page import Object, at, items, mapping, moment, number
from ..rules.describe_volumes import volume_words
from ..rules.pod_trouble import failing_word
from ..sources.kubernetes.quantity import quantity
from ..text import units
from ..text.clean import clean, fit
from ..text.redact import redact
from ..widgets.line import Part, Parts
from .event_lines import event_lines, shown_at

_TITLE = 12
_STAGES = (
    "created", "PodScheduled", "taken by the kubelet", "PodReadyToStartContainers", "Initialized", "ContainersReady",
    "Ready",
)  # fmt: skip
"""What a pod goes through, in order."""


class Seen(msgspec.Struct, frozen=True, gc=False):
    """What was read of a pod; None is unknown."""

    body: Object
    events: tuple[Object, ...] | None
    owners: tuple[Object, ...]
    node: Object | None
    usage: Usage | None


def lines(seen: Seen, now: datetime) -> list[Parts]:
    """The most important first."""
    parts = (
        _facts(seen, now),
        _containers(seen, now),
        event_lines(seen.events, now),
        _time_line(seen, now),
        _volumes(seen),
    )
    return [line for part in parts for line in (*part, [Part("")])]


# ---- what it is -----------------------------------------------------------------------------------------------------


def _facts(seen: Seen, now: datetime) -> list[Parts]:
    metadata, spec, status = (mapping(seen.body.get(part)) for part in ("metadata", "spec", "status"))
    phase = clean(str(status.get("phase") or units.UNKNOWN))
    word = _word(seen.body) or phase
    why = " ".join(clean(str(status[key]), 400) for key in ("reason", "message") if status.get(key))
    if metadata.get("deletionTimestamp"):
        word = f"Terminating for {units.age(moment(metadata['deletionTimestamp']), now)} (was {phase})"
    bad = failing_word(word)
    age = units.age(moment(metadata.get("creationTimestamp")), now)
    quality = clean(str(status.get("qosClass") or units.UNKNOWN))
    address = clean(str(status.get("podIP") or "none"))
    return [
        _fact("state", f"{word}{f': {why}' if why else ''}", "critical" if phase == "Failed" or bad else ""),
        _fact("age", f"{age} · QoS {quality} · ip {address}"),
        _fact("owned by", " ← ".join(_owner(one) for one in seen.owners) or "nobody: what deletes it ends it"),
        _fact("node", _node(str(spec.get("nodeName") or ""), seen.node)),
    ]


def _word(body: Object) -> str:
    """As the list says it; "" where the list cannot read the pod."""
    from ..sources.kubernetes.convert_pods import pod
    from ..sources.kubernetes.share import Shared
    from ..sources.kubernetes.wire import PodWire

    try:
        return clean(pod(msgspec.convert(body, PodWire), Shared()).status)
    except ValueError:  # msgspec's own is one, too
        return ""


def _owner(one: Object) -> str:
    kind, name = clean(str(one.get("kind") or "")), clean(str(at(one, "metadata", "name") or ""), 120)
    ready, wanted = at(one, "status", "readyReplicas"), at(one, "spec", "replicas")
    return f"{kind}/{name}" + (f" {number(ready)}/{wanted} ready" if isinstance(wanted, int) else "")


def _node(name: str, node: Object | None) -> str:
    if not name:
        return "none yet: the scheduler has found no place (see events)"
    if node is None:
        return f"{clean(name)} (what it is like is unknown)"
    conditions = items(at(node, "status", "conditions"))
    ready = next((one.get("status") for one in conditions if one.get("type") == "Ready"), None)
    pressed = [str(one.get("type")) for one in conditions if one.get("type") != "Ready" and one.get("status") == "True"]
    words = "Ready" if ready == "True" else "NOT READY" if ready == "False" else "ready unknown"
    cordoned = ["cordoned"] if at(node, "spec", "unschedulable") else []
    version = clean(str(at(node, "status", "nodeInfo", "kubeletVersion") or ""))
    return " · ".join(clean(part) for part in (name, words, *pressed, *cordoned, version) if part)


# ---- containers -----------------------------------------------------------------------------------------------------


def _containers(seen: Seen, now: datetime) -> list[Parts]:
    spec, status = mapping(seen.body.get("spec")), mapping(seen.body.get("status"))
    found: list[Parts] = [[Part("CONTAINERS", "title"), Part(f"   {_usage(seen)}", "dim")]]
    for title, key, of in (
        ("init", "initContainers", "initContainerStatuses"), ("", "containers", "containerStatuses"),
        ("ephemeral", "ephemeralContainers", "ephemeralContainerStatuses"),
    ):  # fmt: skip
        known = {str(one.get("name")): one for one in items(status.get(of))}
        for container in items(spec.get(key)):
            role = "sidecar" if container.get("restartPolicy") == "Always" and title == "init" else title
            found += _container(container, known.get(str(container.get("name"))), role, now)
    return found


def _usage(seen: Seen) -> str:
    """All containers together: the metrics are kept by pod."""
    if seen.usage is None:
        return "usage unknown"
    spec = mapping(seen.body.get("spec"))
    asked = _sum(spec, "requests", "cpu")
    bound = _sum(spec, "limits", "memory")
    cpu = f"cpu {units.cores(seen.usage.cpu)}" + _share(seen.usage.cpu, asked, units.cores, "requested")
    memory = f"mem {units.size(seen.usage.memory)}" + _share(seen.usage.memory, bound, units.size, "limit")
    return f"together {cpu} · {memory}"


def _share(used: float, of: float | None, say: Any, what: str) -> str:
    return f" = {units.percent(used / of)} % of {say(of)} {what}" if of else f", no {what}"


def _sum(spec: Object, side: str, name: str) -> float | None:
    """None where one of them has none: there is nothing to take a share of."""
    total = 0.0
    running = [one for one in items(spec.get("initContainers")) if one.get("restartPolicy") == "Always"]
    for container in (*items(spec.get("containers")), *running):
        try:
            amount = quantity(at(container, "resources", side, name))
        except ValueError:
            return None
        if amount is None:
            return None
        total += amount
    return total


def _container(container: Object, status: Object | None, role: str, now: datetime) -> list[Parts]:
    name = clean(str(container.get("name") or ""), 60)
    state, style = _state(mapping(at(status, "state")), role, now)
    ready = "" if status is None else "ready" if status.get("ready") else "not ready"
    restarts = units.UNKNOWN if status is None else str(number(status.get("restartCount")))
    head: Parts = [
        Part(f"  {fit(name, 24)} ", "title"),
        Part(f"{state}", style),
        Part(f" · {ready}" if ready and role != "init" else "", "" if ready == "ready" else "warning"),
        Part(f" · restarts {restarts}"),
        Part(f" · {role}" if role else "", "dim"),
    ]
    found = [head, _detail("image", clean(str(container.get("image") or "")))]
    message = at(status, "state", "waiting", "message") or at(status, "state", "terminated", "message")
    if message:
        found.append(_detail("says", redact(" ".join(str(message).split())), "warning"))
    if (last := at(status, "lastState", "terminated")) is not None:
        found.append(_detail("last end", _ended(mapping(last), now), "warning"))
    resources = [
        f"{side} {', '.join(f'{clean(key)} {clean(str(value))}' for key, value in sorted(amounts.items()))}"
        for side in ("requests", "limits")
        if (amounts := mapping(at(container, "resources", side)))
    ]
    found.append(_detail("resources", " · ".join(resources) or "none asked for, no limits"))
    for kind in ("startup", "readiness", "liveness"):
        if probe := container.get(f"{kind}Probe"):
            found.append(_detail(kind, probe_words(probe)))
    return found


def _state(state: Object, role: str, now: datetime) -> tuple[str, str]:
    if (running := state.get("running")) is not None:
        return f"running for {units.age(moment(at(running, 'startedAt')), now)}", "ok"
    if (ended := state.get("terminated")) is not None:
        good = number(at(ended, "exitCode")) == 0
        return f"ended {_ended(mapping(ended), now)}", "dim" if good else "critical"
    reason = clean(str(at(state, "waiting", "reason") or ""))
    plain = reason in ("", "ContainerCreating", "PodInitializing")
    return f"waiting{f': {reason}' if reason else ''}", "" if plain else "critical"


def _ended(ended: Object, now: datetime) -> str:
    """`OOMKilled, exit 137, 4m ago after 3m10s`."""
    reason, code = clean(str(ended.get("reason") or "ended")), ended.get("exitCode")
    signal = f", signal {number(ended.get('signal'))}" if number(ended.get("signal")) else ""
    began, finished = moment(ended.get("startedAt")), moment(ended.get("finishedAt"))
    ran = f" after {units.span((finished - began).total_seconds())}" if began and finished else ""
    exit_code = units.UNKNOWN if code is None else str(code)
    return f"{reason}, exit {exit_code}{signal}, {units.age(finished, now)} ago{ran}"


# ---- what happened --------------------------------------------------------------------------------------------------


def _time_line(seen: Seen, now: datetime) -> list[Parts]:
    """Conditions and the pod's own moments, oldest first: where it waits is the last line."""
    metadata, status = mapping(seen.body.get("metadata")), mapping(seen.body.get("status"))
    moments: list[tuple[datetime, str, str]] = []
    for title, value in (
        ("created", metadata.get("creationTimestamp")), ("taken by the kubelet", status.get("startTime")),
        ("asked to end", metadata.get("deletionTimestamp")),
    ):  # fmt: skip
        if (when := moment(value)) is not None:
            moments.append((when, title, ""))
    for one in items(status.get("conditions")):
        good = one.get("status") == "True"
        said = " ".join(clean(str(one.get(key) or ""), 400) for key in ("reason", "message")).strip()
        state = "" if good else f" is {clean(str(one.get('status') or units.UNKNOWN))}"
        words = f"{clean(str(one.get('type') or ''))}{state}{f': {said}' if said else ''}"
        disrupted = good and one.get("type") == "DisruptionTarget"
        when = moment(one.get("lastTransitionTime"))
        if when is not None:
            moments.append((when, words, "warning" if not good or disrupted else ""))
    # of one second in the order in which a pod goes through them
    moments.sort(key=lambda each: (each[0], _rank(each[1])))
    return [
        [Part("TIME LINE", "title")],
        *(
            [Part(f"  {shown_at(when, now)}  {units.age(when, now):>5} ago  ", "dim"), Part(words, style)]
            for when, words, style in moments
        ),
    ]


def _rank(words: str) -> int:
    return next((place for place, stage in enumerate(_STAGES) if words.startswith(stage)), len(_STAGES))


def _volumes(seen: Seen) -> list[Parts]:
    volumes = items(at(seen.body, "spec", "volumes"))
    mounts: dict[str, list[str]] = {}
    for container in items(at(seen.body, "spec", "containers")):
        for mount in items(container.get("volumeMounts")):
            mounts.setdefault(str(mount.get("name")), []).append(clean(str(mount.get("mountPath") or "")))
    found: list[Parts] = [[Part("VOLUMES", "title"), Part("" if volumes else "   none", "dim")]]
    for volume in volumes:
        name = str(volume.get("name") or "")
        where = ", ".join(dict.fromkeys(mounts.get(name, ()))) or "mounted nowhere"
        found.append([Part(f"  {fit(clean(name), 24)} "), Part(f"{volume_words(volume)} · {where}", "dim")])
    return found


def _fact(title: str, text: str, style: str = "") -> Parts:
    return [Part(fit(title, _TITLE), "dim"), Part(text, style)]


def _detail(title: str, text: str, style: str = "dim") -> Parts:
    return [Part(f"    {fit(title, _TITLE)}", "dim"), Part(clean(text), style)]
