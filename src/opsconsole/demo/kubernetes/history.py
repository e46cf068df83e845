"""Lets the control loops live through some months in short: ages, revisions and hashes are there at the start."""

from collections.abc import Callable, Sequence

from opsconsole.demo.kubernetes.blueprint import (
    SYSTEM,
    add_autoscalers,
    add_batch,
    add_quota,
    add_workload,
    lay_ground,
)
from opsconsole.demo.kubernetes.controllers.world import World
from opsconsole.demo.kubernetes.quantities import format_time
from opsconsole.demo.kubernetes.resources import DEPLOYMENTS, HPAS, PODS
from opsconsole.demo.kubernetes.store import clone
from opsconsole.demo.platform import NAMESPACE
from opsconsole.demo.shop.inventory import Node, Workload

DAY_S = 86400.0
_GROUND_DAYS = 214.0
_RELEASES_DAYS = (41.2, 26.9, 19.3, 11.6, 6.4, 3.1, 1.3)
"""How long before the start releases went out; each Deployment took part in some of them."""
_CLEANUPS, _CLEANUP_S = 3, 90.0
_STEP_S = 8.0
_MOST_STEPS = 60


def live_through(
    world: World, settle: Callable[[], bool], nodes: Sequence[Node], workloads: Sequence[Workload], down_window_s: int
) -> None:
    """Builds everything with a past. `settle` does one step of all loops and says whether all is at rest."""
    end = world.now
    world.now = end - _GROUND_DAYS * DAY_S
    lay_ground(world, nodes)
    for namespace, workload in SYSTEM:
        add_workload(world, namespace, workload, workload.version)
    releases = {workload.name: _releases(world, workload) for workload in workloads}
    for workload in workloads:
        add_workload(world, NAMESPACE, workload, releases[workload.name][0][1])
    add_autoscalers(world, workloads, down_window_s)
    add_quota(world)
    _rest(world, settle)
    for days in _RELEASES_DAYS:
        world.now = end - days * DAY_S + world.random.uniform(0, DAY_S / 3)
        due = [(name, version) for name, plan in releases.items() for at, version in plan if at == days]
        for name, version in due:
            _release(world, name, version)
        _rest(world, settle)
    world.now = end
    _give_scars(world)
    _clean_up_until(world, settle, end)
    for hpa in list(world.store.items(HPAS.key)):
        target = world.store.get(DEPLOYMENTS.key, *hpa.name)
        replicas = target.body["spec"]["replicas"] if target is not None else 0
        last = format_time(end - world.random.uniform(1, 9) * 3600)
        world.update(
            HPAS, hpa, status={"lastScaleTime": last, "currentReplicas": replicas, "desiredReplicas": replicas}
        )


def _clean_up_until(world: World, settle: Callable[[], bool], end: float) -> None:
    """The CronJob's last hours: its newest Jobs are there, finished."""
    world.now = end - _GROUND_DAYS * DAY_S
    add_batch(world)
    slot = end // 1800 * 1800
    if end - slot < _CLEANUP_S:
        slot -= 1800  # the newest would still run
    for back in range(_CLEANUPS - 1, -1, -1):
        world.now = slot - back * 1800
        _rest(world, settle)
    world.now = end


def _releases(world: World, workload: Workload) -> list[tuple[float, str]]:
    """(days ago, version): the first is what it began with (0), the last one is today's version."""
    if workload.kind != "Deployment":
        return [(0.0, workload.version)]
    versions = [*_earlier(workload.version), workload.version]
    days = sorted(world.random.sample(_RELEASES_DAYS, len(versions) - 1), reverse=True)
    return list(zip([0.0, *days], versions, strict=True))


def _earlier(version: str) -> list[str]:
    """Up to two versions that came before: 2.3.5 → 2.3.3, 2.3.4; 4.4.0 → 4.3.6."""
    head, _, patch = version.rpartition(".")
    if int(patch):
        return [f"{head}.{number}" for number in range(max(0, int(patch) - 2), int(patch))]
    major, _, minor = head.rpartition(".")
    return [f"{major}.{int(minor) - 1}.6"] if int(minor) else []


def _release(world: World, name: str, version: str) -> None:
    deployment = world.store.get(DEPLOYMENTS.key, NAMESPACE, name)
    if deployment is not None:
        set_version(world, name, version, f"deploy {version}")


def set_version(world: World, name: str, version: str, cause: str, env: dict[str, str] | None = None) -> None:
    """Changes a Deployment's image tag, and env where given, as a delivery pipeline does. KeyError: no such one."""
    deployment = world.store.get(DEPLOYMENTS.key, NAMESPACE, name)
    if deployment is None:
        raise KeyError(name)
    body = clone(deployment.body)
    container = body["spec"]["template"]["spec"]["containers"][0]
    container["image"] = f"{container['image'].rpartition(':')[0]}:{version}"
    if env is not None:
        others = [each for each in container.get("env") or () if each["name"] not in env]
        container["env"] = others + [{"name": key, "value": value} for key, value in env.items()]
    if body == deployment.body:
        return
    metadata = body["metadata"]
    metadata["generation"] += 1
    metadata["annotations"] = {**(metadata.get("annotations") or {}), "kubernetes.io/change-cause": cause}
    world.store.put(DEPLOYMENTS.key, body)


def _rest(world: World, settle: Callable[[], bool]) -> None:
    for _ in range(_MOST_STEPS):
        world.now += _STEP_S
        if settle():
            return
    raise RuntimeError("the simulated cluster's past does not come to rest")


def _give_scars(world: World) -> None:
    """One worker pod was once killed for its memory, as happens."""
    pod = next((pod for pod in world.store.items(PODS.key, NAMESPACE) if pod.name[1].startswith("worker-")), None)
    if pod is None:
        return
    status = clone(pod.body["status"])
    container = status["containerStatuses"][0]
    fell = world.now - 31 * 3600
    container |= {
        "restartCount": 1,
        "lastState": {
            "terminated": {
                "exitCode": 137, "reason": "OOMKilled", "startedAt": container["state"]["running"]["startedAt"],
                "finishedAt": format_time(fell), "containerID": container["containerID"],
            }
        },
        "state": {"running": {"startedAt": format_time(fell + 2)}},
    }  # fmt: skip
    world.update(PODS, pod, status=status)
