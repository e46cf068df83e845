"""The STATUS, READY and RESTARTS of a pod as the server's table prints them (kubernetes: printers/internalversion)."""

from typing import Any

from opsconsole.demo.kubernetes.quantities import age, parse_time

Body = dict[str, Any]


def pod_words(body: Body, now: float) -> tuple[str, str, str]:
    """(ready as "1/1", status, restarts as "2 (5m ago)")."""
    status, spec = body.get("status") or {}, body["spec"]
    reason = status.get("reason") or status.get("phase") or "Unknown"
    if any(each["type"] == "PodScheduled" and each.get("reason") == "SchedulingGated" for each in _conditions(status)):
        reason = "SchedulingGated"
    sidecars = {each["name"] for each in spec.get("initContainers") or () if each.get("restartPolicy") == "Always"}
    starting, states = _initialising(status, spec, sidecars)
    ready = states["ready"]
    seen = list(status.get("initContainerStatuses") or ())
    if starting:
        reason = starting
    if not starting or _is_true(status, "Initialized"):
        seen = [each for each in seen if each["name"] in sidecars]
        containers = status.get("containerStatuses") or ()
        seen.extend(containers)
        reason, ready_containers = _running(containers, reason, status)
        ready += ready_containers
    if body["metadata"].get("deletionTimestamp"):
        if status.get("reason") == "NodeLost":
            reason = "Unknown"
        elif status.get("phase") not in ("Succeeded", "Failed"):
            reason = "Terminating"
    total = len(spec.get("containers") or ()) + len(sidecars)
    return f"{ready}/{total}", reason, _restarts(seen, now)


def _initialising(status: Body, spec: Body, sidecars: set[str]) -> tuple[str, dict[str, int]]:
    """The word of the first init container that is not through ("" when all are), and how many sidecars are ready."""
    counts = {"ready": 0}
    for index, each in enumerate(status.get("initContainerStatuses") or ()):
        state = each.get("state") or {}
        ended, waiting = state.get("terminated"), state.get("waiting")
        if ended and not ended.get("exitCode"):
            continue
        if each["name"] in sidecars and each.get("started"):
            counts["ready"] += bool(each.get("ready"))
            continue
        if ended:
            return f"Init:{_ended_word(ended)}", counts
        if waiting and waiting.get("reason") not in (None, "", "PodInitializing"):
            return f"Init:{waiting['reason']}", counts
        return f"Init:{index}/{len(spec.get('initContainers') or ())}", counts
    return "", counts


def _running(containers: list[Body] | tuple[()], reason: str, status: Body) -> tuple[str, int]:
    ready, running = 0, False
    for each in reversed(containers):
        state = each.get("state") or {}
        if (state.get("waiting") or {}).get("reason"):
            reason = state["waiting"]["reason"]
        elif state.get("terminated"):
            reason = _ended_word(state["terminated"])
        elif each.get("ready") and state.get("running") is not None:
            ready, running = ready + 1, True
    if reason == "Completed" and running:
        reason = "Running" if _is_true(status, "Ready") else "NotReady"
    return reason, ready


def _ended_word(ended: Body) -> str:
    if ended.get("reason"):
        return str(ended["reason"])
    return f"Signal:{ended['signal']}" if ended.get("signal") else f"ExitCode:{ended.get('exitCode', 0)}"


def _restarts(containers: list[Body], now: float) -> str:
    count = sum(each.get("restartCount", 0) for each in containers)
    ends = [
        ended["finishedAt"]
        for each in containers
        if (ended := (each.get("lastState") or {}).get("terminated")) is not None
    ]
    return f"{count} ({age(now - parse_time(max(ends)))} ago)" if count and ends else str(count)


def _conditions(status: Body) -> list[Body]:
    return status.get("conditions") or []


def _is_true(status: Body, kind: str) -> bool:
    return any(each["type"] == kind and each["status"] == "True" for each in _conditions(status))
