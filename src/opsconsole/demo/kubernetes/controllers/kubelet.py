"""Plays the nodes' part in a pod's life: pull, start, become ready, and end; each step some seconds after the last."""

import zlib
from collections.abc import Mapping
from typing import Any

from opsconsole.demo.kubernetes.controllers.failing import (
    CALM_S,
    back_off_s,
    backing_off,
    cannot_pull,
    crashes,
    ended,
    memory_limit,
    past,
)  # fmt: skip
from opsconsole.demo.kubernetes.controllers.world import World, is_leaving, is_ready
from opsconsole.demo.kubernetes.logs import LogBook
from opsconsole.demo.kubernetes.quantities import format_time, parse_time
from opsconsole.demo.kubernetes.resources import NODES, PODS
from opsconsole.demo.kubernetes.store import Stored
from opsconsole.demo.platform import PodLoad

Body = dict[str, Any]
COMPONENT = "kubelet"
_SETTLED = "settled"
_RUNS_S = (12.0, 30.0)
"""How long a program that comes to an end runs: from, to."""


class Kubelet:
    """Remembers for every pod what comes next and when."""

    def __init__(self, world: World, logs: LogBook, start_s: tuple[float, float] = (4.0, 8.0)) -> None:
        self._world = world
        self._logs = logs
        self._start_s = start_s
        """Seconds from running to ready: from, to."""
        self._next: dict[str, tuple[str, float]] = {}
        self._last_address: dict[str, int] = {}
        self._crashes: dict[str, tuple[int, float]] = {}
        """Pod → how often it crashed in a row, and when last."""

    def sync(self, used: Mapping[str, PodLoad] | None = None) -> None:
        """One look at every pod; `used`: what the pods' containers use now, by the pod's name."""
        world = self._world
        alive = set()
        for pod in list(world.store.items(PODS.key)):
            uid = pod.body["metadata"]["uid"]
            alive.add(uid)
            if pod.body["spec"].get("nodeName") in world.silent:
                continue
            if is_leaving(pod.body):
                self._end(pod, uid)
            elif pod.body["spec"].get("nodeName") and self._next.get(uid, ("", 0.0))[0] != _SETTLED:
                self._start(pod, uid)
            elif used and pod.name[1] in used and used[pod.name[1]].memory_bytes >= memory_limit(pod.body):
                self._crash(pod, uid, "OOMKilled", 137)
        for uid in self._next.keys() - alive:
            del self._next[uid]
            self._crashes.pop(uid, None)

    def wake(self, pod: Stored) -> None:
        """A pod's node is back: what ran goes on, and is ready again as soon as its probes say so."""
        world, uid = self._world, pod.body["metadata"]["uid"]
        if not is_leaving(pod.body) and self._next.get(uid, ("", 0.0))[0] == _SETTLED and not is_ready(pod.body):
            self._next[uid] = ("ready", world.now + world.random.uniform(*self._start_s))

    def _start(self, pod: Stored, uid: str) -> None:
        world = self._world
        step, due = self._next.get(uid, ("create", world.now))
        if world.now < due:
            return
        if step == "create":
            _update(world, pod, "Pending", self._waiting(pod.body), started=True)
            self._say(pod, "Pulling", 'Pulling image "{image}"')
            self._next[uid] = ("run", world.now + world.random.uniform(1.0, 3.0))
        elif step == "run" and (refusal := cannot_pull(pod.body)):
            self._say(pod, "Failed", f'Failed to pull image "{{image}}": {refusal}', kind="Warning")
            self._say(pod, "Failed", "Error: ImagePullBackOff", kind="Warning")
            waits = {"reason": "ImagePullBackOff", "message": f"Back-off pulling image: ErrImagePull: {refusal}"}
            _update(world, pod, "Pending", self._waiting(pod.body, waits), started=True)
            self._next[uid] = (_SETTLED, 0.0)
        elif step == "run":
            size = 40_000_000 + zlib.crc32(pod.body["spec"]["containers"][0]["image"].encode()) % 120_000_000
            took = f"{world.random.uniform(0.4, 2.4):.3f}s"
            self._say(
                pod, "Pulled",
                f'Successfully pulled image "{{image}}" in {took} ({took} including waiting). '
                f"Image size: {size} bytes.",
            )  # fmt: skip
            self._say(pod, "Created", "Container created")
            self._say(pod, "Started", "Container started")
            _update(world, pod, "Running", self._running(pod.body, ready=False), address=self._address(pod))
            self._logs.append(*pod.name, world.now, f"INFO  starting {_image(pod.body)}")
            if crashes(pod.body):
                self._next[uid] = ("crash", world.now + 1.0)
            else:
                self._next[uid] = ("ready", world.now + world.random.uniform(*self._start_s))
        elif step == "crash":
            self._logs.append(*pod.name, world.now, "FATAL exit status 1")
            self._crash(pod, uid, "Error", 1)
        elif step == "wait":
            self._wait(pod, uid)
        elif step == "again":
            self._logs.started(*pod.name)
            self._say(pod, "Created", "Container created")
            self._say(pod, "Started", "Container started")
            _update(world, pod, "Running", self._running(pod.body, ready=False, again=True))
            self._logs.append(*pod.name, world.now, f"INFO  starting {_image(pod.body)}")
            soon = ("crash", 1.0) if crashes(pod.body) else ("ready", world.random.uniform(*self._start_s))
            self._next[uid] = (soon[0], world.now + soon[1])
        elif step == "ready":
            _update(world, pod, "Running", self._running(pod.body, ready=True), ready=True)
            if pod.body["spec"].get("restartPolicy", "Always") == "Always":
                self._logs.append(*pod.name, world.now, "INFO  ready to serve")
                self._next[uid] = (_SETTLED, 0.0)
            else:
                self._next[uid] = ("complete", world.now + world.random.uniform(*_RUNS_S))
        elif step == "complete":
            self._logs.append(*pod.name, world.now, "INFO  done")
            self._logs.ended(*pod.name)
            done = ended(pod.body["status"]["containerStatuses"], world.now, "Completed", 0)
            _update(world, pod, "Succeeded", done)
            self._next[uid] = (_SETTLED, 0.0)

    def _crash(self, pod: Stored, uid: str, reason: str, exit_code: int) -> None:
        """The containers end; a second later the kubelet sees it and decides when to start them again."""
        world = self._world
        count, last = self._crashes.get(uid, (0, world.now))
        self._crashes[uid] = (1 if world.now - last > CALM_S else count + 1, world.now)
        self._logs.ended(*pod.name)
        _update(world, pod, "Running", ended(pod.body["status"]["containerStatuses"], world.now, reason, exit_code))
        self._next[uid] = ("wait", world.now + 1.0)

    def _wait(self, pod: Stored, uid: str) -> None:
        world = self._world
        seconds = back_off_s(self._crashes[uid][0])
        self._next[uid] = ("again", world.now + seconds)
        if seconds:
            waiting = backing_off(pod.body["status"]["containerStatuses"], seconds, pod.body)
            _update(world, pod, "Running", waiting)
            whom = f"{pod.name[1]}_{pod.name[0]}({uid})"
            self._say(pod, "BackOff", f"Back-off restarting failed container {{name}} in pod {whom}", kind="Warning")

    def _end(self, pod: Stored, uid: str) -> None:
        world, metadata = self._world, pod.body["metadata"]
        if self._next.get(uid, ("", 0.0))[0] != "end":
            self._say(pod, "Killing", "Stopping container {name}")
            grace = min(metadata.get("deletionGracePeriodSeconds", 30), world.random.uniform(1.5, 4.0))
            self._next[uid] = ("end", world.now + grace)
            if (pod.body.get("status") or {}).get("containerStatuses"):
                _update(world, pod, pod.body["status"]["phase"], pod.body["status"]["containerStatuses"], ready=False)
        elif world.now >= self._next[uid][1]:
            world.store.remove(PODS.key, *pod.name)
            self._logs.forget(*pod.name)

    def _say(self, pod: Stored, reason: str, message: str, *, kind: str = "Normal") -> None:
        for container in pod.body["spec"]["containers"]:
            self._world.tell(
                PODS, pod.body, reason, message.format(image=container["image"], name=container["name"]), COMPONENT,
                field=f"spec.containers{{{container['name']}}}", host=pod.body["spec"]["nodeName"],
                kind=kind,
            )  # fmt: skip

    def _waiting(self, body: Body, why: Body | None = None) -> list[Body]:
        waiting = {"waiting": why or {"reason": "ContainerCreating"}}
        return [_container(each, waiting) for each in body["spec"]["containers"]]

    def _running(self, body: Body, *, ready: bool, again: bool = False) -> list[Body]:
        old = {each["name"]: each for each in body["status"].get("containerStatuses") or ()}
        begun = {"running": {"startedAt": format_time(self._world.now)}}
        return [
            _container(each, old[each["name"]]["state"] if ready else begun, running=True, ready=ready)
            | past(old.get(each["name"]))
            | {"restartCount": old.get(each["name"], {}).get("restartCount", 0) + again}
            for each in body["spec"]["containers"]
        ]

    def _address(self, pod: Stored) -> tuple[str, str]:
        """(the node's address, one of its range that no pod has)."""
        name = pod.body["spec"]["nodeName"]
        node = self._world.store.get(NODES.key, "", name)
        if node is None:
            return "", ""
        addresses = node.body["status"]["addresses"]
        host = next((each["address"] for each in addresses if each["type"] == "InternalIP"), "")
        used = {each.body["status"].get("podIP") for each in self._world.store.items(PODS.key)}
        network = str(node.body["spec"].get("podCIDR", "10.244.0.0/24")).rpartition(".")[0]
        start = self._last_address.get(name, 1)
        free = (f"{network}.{2 + (start + step) % 252}" for step in range(252))
        own = next((address for address in free if address not in used), "")
        self._last_address[name] = int(own.rpartition(".")[2] or 2) - 1
        return host, own


def _container(spec: Body, state: Body, *, running: bool = False, ready: bool = False) -> Body:
    digest = f"{zlib.crc32(spec['image'].encode()):08x}" * 8
    return {
        "name": spec["name"],
        "state": state,
        "lastState": {},
        "ready": ready,
        "restartCount": 0,
        "image": spec["image"],
        "imageID": f"{spec['image'].rpartition(':')[0]}@sha256:{digest}" if running else "",
        **({"containerID": f"containerd://{digest}"} if running else {}),
        "started": running,
    }


def _update(
    world: World, pod: Stored, phase: str, containers: list[Body], *,
    ready: bool = False, started: bool = False, address: tuple[str, str] | None = None,
) -> Stored:  # fmt: skip
    old, at = pod.body.get("status") or {}, format_time(world.now)
    conditions = _conditions(old, ready, at, pod)
    if phase == "Succeeded":
        conditions = [
            {key: value for key, value in each.items() if key != "message"} | {"reason": "PodCompleted"}
            if each["type"] in ("Initialized", "Ready", "ContainersReady") else each
            for each in conditions
        ]  # fmt: skip
    status = {**old, "phase": phase, "containerStatuses": containers, "conditions": conditions}
    if started:
        status["startTime"] = at
    if address is not None:
        host, own = address
        status |= {"hostIP": host, "hostIPs": [{"ip": host}], "podIP": own, "podIPs": [{"ip": own}]}
    return world.update(PODS, pod, status=status)


def _conditions(old: Body, ready: bool, at: str, pod: Stored) -> list[Body]:
    names = [each["name"] for each in pod.body["spec"]["containers"]]
    because = {
        "reason": "ContainersNotReady",
        "message": f"containers with unready status: [{' '.join(names)}]",
    }
    before = {each["type"]: each for each in old.get("conditions") or ()}
    conditions = []
    for kind in ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"):
        good = ready or kind not in ("Ready", "ContainersReady")
        status = "True" if good else "False"
        same = kind in before and before[kind]["status"] == status
        since = before[kind]["lastTransitionTime"] if same else at
        condition: Body = {"type": kind, "status": status, "lastProbeTime": None, "lastTransitionTime": since}
        conditions.append(condition if good else condition | because)
    return conditions


def _image(body: Body) -> str:
    return str(body["spec"]["containers"][0]["image"]).rpartition("/")[2]


def ran_since(pod: Body) -> float | None:
    """Unix seconds since when the first container runs, None while it does not."""
    for each in (pod.get("status") or {}).get("containerStatuses") or ():
        if (running := each["state"].get("running")) is not None:
            return parse_time(running["startedAt"])
    return None
