"""Pods that do not stay ready: an image that is not there, a program that ends at once, memory beyond its limit."""

from collections.abc import Sequence
from typing import Any

from opsconsole.demo.kubernetes.quantities import format_time, parse_quantity

Body = dict[str, Any]
NO_REGISTRY = "registry.invalid/"
"""Images from here do not exist."""
FAILS = ["/bin/false"]
_FIRST_BACK_OFF_S, _LONGEST_BACK_OFF_S = 10.0, 300.0
CALM_S = 2 * _LONGEST_BACK_OFF_S
"""After so long without a crash the kubelet begins to count anew."""


def cannot_pull(pod: Body) -> str:
    """What the runtime says of the first image that is not there; "" where all can be pulled."""
    image = next((each["image"] for each in pod["spec"]["containers"] if each["image"].startswith(NO_REGISTRY)), "")
    said = f'rpc error: code = NotFound desc = failed to pull and unpack image "{image}": not found'
    return said if image else ""


def crashes(pod: Body) -> bool:
    """Whether a container's program ends as soon as it is started."""
    return any(each.get("command") == FAILS for each in pod["spec"]["containers"])


def memory_limit(pod: Body) -> float:
    """Bytes beyond which the kernel kills the pod's main container; infinity where there is no limit."""
    limits = (pod["spec"]["containers"][0].get("resources") or {}).get("limits") or {}
    return parse_quantity(limits["memory"]) if "memory" in limits else float("inf")


def ended(containers: Sequence[Body], now: float, reason: str, exit_code: int) -> list[Body]:
    """The containers just after they ended: terminated, until the kubelet looks again."""
    return [
        {
            **each, "ready": False, "started": False,
            "state": {"terminated": {
                "exitCode": exit_code, "reason": reason, "startedAt": each["state"]["running"]["startedAt"],
                "finishedAt": format_time(now), "containerID": each.get("containerID", ""),
            }},
        }
        for each in containers
    ]  # fmt: skip


def backing_off(containers: Sequence[Body], seconds: float, pod: Body) -> list[Body]:
    """The same containers while the kubelet waits before it starts them again."""
    metadata = pod["metadata"]
    whom = f"{metadata['name']}_{metadata['namespace']}({metadata['uid']})"
    return [
        {
            **each, "lastState": each["state"],
            "state": {"waiting": {
                "reason": "CrashLoopBackOff",
                "message": f"back-off {_duration(seconds)} restarting failed container={each['name']} pod={whom}",
            }},
        }
        for each in containers
    ]  # fmt: skip


def back_off_s(crashes_in_a_row: int) -> float:
    """How long the kubelet waits after a crash: not at all, 10 s, 20 s, … five minutes."""
    if crashes_in_a_row < 2:
        return 0.0
    return float(min(_LONGEST_BACK_OFF_S, _FIRST_BACK_OFF_S * 2.0 ** (crashes_in_a_row - 2)))


def past(container: Body | None) -> Body:
    """What a container keeps of its earlier lives when it is started again."""
    if container is None:
        return {}
    state = container["state"]
    return {"lastState": state if "terminated" in state else container["lastState"]}


def _duration(seconds: float) -> str:
    """As Go writes it: 40s, 1m20s, 5m0s."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"
