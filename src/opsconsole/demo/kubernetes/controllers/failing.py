"""Pods that never become ready: an image that is not there, a program that ends at once."""

from typing import Any

from opsconsole.demo.kubernetes.quantities import format_time

Body = dict[str, Any]
NO_REGISTRY = "registry.invalid/"
"""Images from here do not exist."""
FAILS = ["/bin/false"]
_LONGEST_BACK_OFF_S = 300.0


def cannot_pull(pod: Body) -> str:
    """What the runtime says of the first image that is not there; "" where all can be pulled."""
    image = next((each["image"] for each in pod["spec"]["containers"] if each["image"].startswith(NO_REGISTRY)), "")
    said = f'rpc error: code = NotFound desc = failed to pull and unpack image "{image}": not found'
    return said if image else ""


def crashes(pod: Body) -> bool:
    """Whether a container's program ends as soon as it is started."""
    return any(each.get("command") == FAILS for each in pod["spec"]["containers"])


def crashed(pod: Body, now: float) -> list[Body]:
    """The containers after one more crash: they wait in CrashLoopBackOff."""
    return [_crash(each, now) for each in pod["status"]["containerStatuses"]]


def _crash(container: Body, now: float) -> Body:
    restarts = container["restartCount"] + 1
    name = container["name"]
    ended = {
        "exitCode": 1, "reason": "Error", "startedAt": container["state"]["running"]["startedAt"],
        "finishedAt": format_time(now), "containerID": container.get("containerID", ""),
    }  # fmt: skip
    seconds = f"{_seconds(restarts):.0f}s"
    waits = {"reason": "CrashLoopBackOff", "message": f"back-off {seconds} restarting failed container={name}"}
    return {
        **container, "ready": False, "started": False, "restartCount": restarts,
        "lastState": {"terminated": ended}, "state": {"waiting": waits},
    }  # fmt: skip


def back_off_s(containers: list[Body]) -> float:
    """How long the kubelet waits before it starts them again: 10 s, 20 s, … five minutes."""
    return _seconds(max(each["restartCount"] for each in containers))


def _seconds(restarts: int) -> float:
    return min(_LONGEST_BACK_OFF_S, 10.0 * 2.0 ** (restarts - 1))


def past(container: Body | None) -> Body:
    """What a container keeps of its earlier lives when it is started again."""
    return {} if container is None else {key: container[key] for key in ("restartCount", "lastState")}
