"""One pod for every word that kubectl has for one: what its kubelet says, and the words that follow from it."""

import json
import re
from datetime import datetime, timedelta
from typing import Any

import msgspec

Json = dict[str, Any]
_AGO = re.compile(r'"@([\d.]+)"')


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A pod and its row; `status` as the kubelet writes it, {}: none does."""

    says: str
    """Ready, word and restarts: `0/1 CrashLoopBackOff 7`."""
    status: Json
    spec: Json = {}
    deleted: bool = False
    finalizers: tuple[str, ...] = ()
    """Without one kwok itself leaves the pod there."""
    gates: str = ""
    """Readiness gates that hold, of all."""


def ago(minutes: float) -> str:
    """A time that `dated` fills in."""
    return f"@{minutes}"


def dated(value: Any, now: datetime) -> str:
    """As JSON, with the times so many minutes before now."""
    return _AGO.sub(lambda found: f'"{stamp(now - timedelta(minutes=float(found[1])))}"', json.dumps(value))


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def condition(type: str, status: str, reason: str = "") -> Json:
    return {"type": type, "status": status, "reason": reason, "lastTransitionTime": ago(9)}


def box(state: Json, name: str = "app", *, restarts: int = 0, **more: Any) -> Json:
    """One container's status."""
    blank = {"name": name, "image": "reg/app:1", "imageID": "", "ready": False, "restartCount": restarts}
    return {**blank, "state": state, **more}


def waits(reason: str = "") -> Json:
    return {"waiting": {"reason": reason} if reason else {}}


def ended(exit_code: int = 0, reason: str = "", minutes: float = 4, signal: int = 0) -> Json:
    told = {"exitCode": exit_code, "startedAt": ago(minutes + 1), "finishedAt": ago(minutes)}
    return {"terminated": told | ({"reason": reason} if reason else {}) | ({"signal": signal} if signal else {})}


def main(*boxes: Json, phase: str = "Running", ready: str = "False", **more: Any) -> Json:
    """A pod past its init containers."""
    told = [condition("Initialized", "True"), condition("Ready", ready)]
    return {"phase": phase, "startTime": ago(10), "conditions": told, "containerStatuses": list(boxes), **more}


def init(*boxes: Json, initialized: str = "False", phase: str = "Pending") -> Json:
    """A pod whose init containers are not all done."""
    return {
        "phase": phase,
        "startTime": ago(10),
        "conditions": [condition("Initialized", initialized), condition("Ready", "False")],
        "initContainerStatuses": list(boxes),
        "containerStatuses": [box(waits("PodInitializing"))],
    }


def over(phase: str, reason: str = "", message: str = "") -> Json:
    """A pod of which no container is told."""
    return {"phase": phase, "startTime": ago(10)} | ({"reason": reason, "message": message} if reason else {})


def named(*names: str) -> list[Json]:
    return [{"name": name, "image": f"reg/{name}:1"} for name in names]


RUNS: Json = {"running": {"startedAt": ago(9)}}
UP: Json = {"ready": True, "started": True}
OOM = ended(137, "OOMKilled")
DONE = ended(0, "Completed")
TWO_BEFORE: Json = {"initContainers": named("first", "second")}
SIDECAR: Json = {
    "initContainers": [*named("first"), {"name": "side", "image": "reg/side:1", "restartPolicy": "Always"}]
}
TWO: Json = {"containers": named("app", "other")}
GATE: Json = {"readinessGates": [{"conditionType": "lb.example.com/in-rotation"}, {"conditionType": "other"}]}
FIRST_DONE = box(DONE, "first")

CASES: dict[str, Case] = {
    # running and not
    "running": Case(says="1/1 Running 0", status=main(box(RUNS, **UP), ready="True")),
    "not-ready": Case(says="0/1 Running 0", status=main(box(RUNS, started=True))),
    "creating": Case(says="0/1 ContainerCreating 0", status=main(box(waits("ContainerCreating")), phase="Pending")),
    "waits-silently": Case(says="0/1 Pending 0", status=main(box(waits()), phase="Pending")),
    "nothing-told": Case(says="0/1 Pending 0", status=over("Pending")),
    "no-state": Case(says="0/1 Running 0", status=main(box({}))),
    "unknown-phase": Case(says="0/1 Unknown 0", status=over("Unknown")),
    "gates": Case(
        says="1/1 Running 0", spec=GATE, gates="1/2",
        status=main(box(RUNS, **UP), conditions=[
            condition("Ready", "False", "ReadinessGatesNotReady"), condition("lb.example.com/in-rotation", "True"),
        ]),
    ),
    # restarts
    "crash-loop": Case(
        says="0/1 CrashLoopBackOff 7 (4m ago)", status=main(box(waits("CrashLoopBackOff"), restarts=7, lastState=OOM))
    ),
    "oom": Case(says="0/1 OOMKilled 1 (30m ago)",
                status=main(box(OOM, restarts=1, lastState=ended(137, "OOMKilled", 30)))),
    "error": Case(says="0/1 Error 0", status=main(box(ended(1, "Error")))),
    "restarted": Case(says="1/1 Running 2 (3h ago)",
                      status=main(box(RUNS, restarts=2, lastState=ended(1, "Error", 185), **UP), ready="True")),
    "restarts-undated": Case(says="1/1 Running 3", status=main(box(RUNS, restarts=3, **UP), ready="True")),
    "dated-without-restart": Case(says="1/1 Running 0", status=main(box(RUNS, lastState=OOM, **UP), ready="True")),
    "two-restarted": Case(
        says="2/2 Running 5 (6m ago)", spec=TWO,
        status=main(box(RUNS, restarts=4, lastState=ended(2, "Error", 50), **UP),
                    box(RUNS, "other", restarts=1, lastState=ended(137, "OOMKilled", 6.5), **UP), ready="True"),
    ),
    # images and configuration
    "err-image-pull": Case(says="0/1 ErrImagePull 0", status=main(box(waits("ErrImagePull")), phase="Pending")),
    "image-pull-back-off": Case(
        says="0/1 ImagePullBackOff 0", status=main(box(waits("ImagePullBackOff")), phase="Pending")
    ),
    "image-name": Case(says="0/1 InvalidImageName 0", status=main(box(waits("InvalidImageName")), phase="Pending")),
    "config": Case(
        says="0/1 CreateContainerConfigError 0",
        status=main(box(waits("CreateContainerConfigError")), phase="Pending"),
    ),
    "run-error": Case(says="0/1 RunContainerError 2", status=main(box(waits("RunContainerError"), restarts=2))),
    # init containers
    "init-first": Case(says="0/1 Init:0/2 0", spec=TWO_BEFORE,
                       status=init(box(RUNS, "first"), box(waits("PodInitializing"), "second"))),
    "init-second": Case(says="0/1 Init:1/2 0", spec=TWO_BEFORE, status=init(FIRST_DONE, box(RUNS, "second"))),
    "init-waits": Case(says="0/1 Init:0/2 0", spec=TWO_BEFORE, status=init(box(waits("PodInitializing"), "first"))),
    "init-error": Case(says="0/1 Init:Error 1 (5m ago)", spec=TWO_BEFORE,
                       status=init(box(ended(1, "Error"), "first", restarts=1, lastState=ended(1, "Error", 5.5)))),
    "init-crash": Case(says="0/1 Init:CrashLoopBackOff 3 (4m ago)", spec=TWO_BEFORE,
                       status=init(box(waits("CrashLoopBackOff"), "first", restarts=3, lastState=ended(1, "Error")))),
    "init-exit": Case(says="0/1 Init:ExitCode:2 0", spec=TWO_BEFORE, status=init(box(ended(2), "first"))),
    "init-signal": Case(says="0/1 Init:Signal:9 0", spec=TWO_BEFORE,
                        status=init(FIRST_DONE, box(ended(137, signal=9), "second"))),
    "init-oom": Case(says="0/1 Init:OOMKilled 0", spec=TWO_BEFORE, status=init(box(OOM, "first"))),
    "init-image": Case(says="0/1 Init:ImagePullBackOff 0", spec=TWO_BEFORE,
                       status=init(box(waits("ImagePullBackOff"), "first"))),
    "init-done": Case(says="0/1 PodInitializing 0", spec=TWO_BEFORE,
                      status=init(FIRST_DONE, box(DONE, "second"), initialized="True")),
    "init-restarted": Case(
        says="1/1 Running 0", spec=TWO_BEFORE,
        status={**main(box(RUNS, **UP), ready="True"),
                "initContainerStatuses": [box(DONE, "first", restarts=4, lastState=OOM), box(DONE, "second")]},
    ),
    # sidecars
    "sidecar-waits": Case(says="0/2 Init:1/2 0", spec=SIDECAR,
                          status=init(FIRST_DONE, box(RUNS, "side", started=False))),
    "sidecar-not-ready": Case(
        says="1/2 Running 0", spec=SIDECAR,
        status={**main(box(RUNS, **UP)), "initContainerStatuses": [FIRST_DONE, box(RUNS, "side", started=True)]},
    ),
    "sidecar-restarted": Case(
        says="2/2 Running 3 (8m ago)", spec=SIDECAR,
        status={**main(box(RUNS, restarts=1, lastState=ended(1, "Error", 70), **UP), ready="True"),
                "initContainerStatuses": [box(DONE, "first", restarts=9, lastState=ended(1, "Error", 2)),
                                          box(RUNS, "side", restarts=2, lastState=ended(1, "Error", 8.5), **UP)]},
    ),
    "sidecar-crashes": Case(
        says="1/2 Init:CrashLoopBackOff 2 (4m ago)", spec=SIDECAR,
        status={**main(box(RUNS, **UP)),
                "initContainerStatuses": [FIRST_DONE, box(waits("CrashLoopBackOff"), "side", restarts=2,
                                                          lastState=ended(1, "Error"), started=False)]},
    ),
    "sidecar-outlives": Case(
        says="1/2 Completed 0", spec=SIDECAR,
        status={**main(box(DONE)), "initContainerStatuses": [FIRST_DONE, box(RUNS, "side", **UP)]},
    ),
    # several containers
    "one-completed": Case(says="1/2 Running 0", spec=TWO,
                          status=main(box(DONE), box(RUNS, "other", **UP), ready="True")),
    "one-completed-not-ready": Case(says="1/2 NotReady 0", spec=TWO,
                                    status=main(box(DONE), box(RUNS, "other", **UP))),
    "one-failed": Case(says="0/2 Error 0", spec=TWO, status=main(box(DONE), box(ended(1, "Error"), "other"))),
    "first-speaks": Case(says="0/2 ImagePullBackOff 0", spec=TWO,
                         status=main(box(waits("ImagePullBackOff")), box(waits("ErrImagePull"), "other"))),
    # ended
    "completed": Case(says="0/1 Completed 0", status=main(box(DONE), phase="Succeeded")),
    "succeeded": Case(says="0/1 Succeeded 0", status=over("Succeeded")),
    "failed": Case(says="0/1 Error 0", status=main(box(ended(1, "Error")), phase="Failed")),
    "failed-silently": Case(says="0/1 Failed 0", status=over("Failed")),
    "signal": Case(says="0/1 Signal:9 0", status=main(box(ended(137, signal=9)), phase="Failed")),
    "exit-code": Case(says="0/1 ExitCode:3 0", status=main(box(ended(3)), phase="Failed")),
    "status-unknown": Case(says="0/1 ContainerStatusUnknown 1",
                           status=main(box(ended(137, "ContainerStatusUnknown"), restarts=1), phase="Failed")),
    "deadline": Case(says="0/1 DeadlineExceeded 0", status=over("Failed", "DeadlineExceeded", "was active too long")),
    "evicted": Case(says="0/1 Evicted 0", status=over("Failed", "Evicted", "The node was low on resource: memory.")),
    "evicted-told": Case(says="0/1 Error 0", status=main(box(ended(137, "Error")), phase="Failed", reason="Evicted")),
    "preempted": Case(says="0/1 Preempting 0", status=over("Failed", "Preempting", "to admit a critical pod")),
    "no-room": Case(says="0/1 OutOfcpu 0", status=over("Failed", "OutOfcpu", "Pod was rejected")),
    "node-shut-down": Case(says="0/1 Terminated 0", status=over("Failed", "Terminated", "node shutdown")),
    "node-lost": Case(says="1/1 NodeLost 0", status=main(box(RUNS, **UP), reason="NodeLost")),
    # going
    "terminating": Case(says="1/1 Terminating 0", deleted=True, status=main(box(RUNS, **UP), ready="True")),
    "terminating-held": Case(says="1/1 Terminating 0", deleted=True, finalizers=("example.com/held",),
                             status=main(box(RUNS, **UP), ready="True")),
    "terminating-ended": Case(says="0/1 Terminating 2", deleted=True,
                              status=main(box(ended(143, "Error"), restarts=2))),
    "terminating-crash": Case(says="0/1 Terminating 5 (4m ago)", deleted=True,
                              status=main(box(waits("CrashLoopBackOff"), restarts=5, lastState=OOM))),
    "terminating-init": Case(says="0/1 Terminating 0", spec=TWO_BEFORE, deleted=True, status=init(box(RUNS, "first"))),
    "terminating-completed": Case(says="0/1 Completed 0", deleted=True, finalizers=("example.com/held",),
                                  status=main(box(DONE), phase="Succeeded")),
    "terminating-lost": Case(says="1/1 Unknown 0", deleted=True, status=main(box(RUNS, **UP), reason="NodeLost")),
    # without a node
    "scheduling-gated": Case(says="0/1 SchedulingGated 0", status={},
                             spec={"schedulingGates": [{"name": "example.com/quota"}]}),
    "unschedulable": Case(says="0/1 Pending 0", status={}, spec={"nodeSelector": {"disk": "nowhere"}}),
}  # fmt: skip
