"""ResourceQuotas: what the objects of a namespace ask for together, against what they may."""

from typing import Any

from opsconsole.demo.kubernetes.controllers.world import World
from opsconsole.demo.kubernetes.quantities import parse_quantity
from opsconsole.demo.kubernetes.resources import (
    CONFIG_MAPS,
    PERSISTENT_VOLUME_CLAIMS,
    PODS,
    RESOURCE_QUOTAS,
    SECRETS,
    SERVICES,
)  # fmt: skip

Body = dict[str, Any]
_COUNTED = {each.plural: each for each in (CONFIG_MAPS, PERSISTENT_VOLUME_CLAIMS, SECRETS, SERVICES)}
_UNITS = (("Gi", 2**30), ("Mi", 2**20), ("Ki", 2**10))


def sync_quotas(world: World) -> None:
    if not world.changed_for("quotas", RESOURCE_QUOTAS, PODS, *_COUNTED.values()):
        return
    for quota in list(world.store.items(RESOURCE_QUOTAS.key)):
        hard = quota.body["spec"].get("hard") or {}
        namespace = quota.name[0]
        pods = [
            pod.body["spec"]
            for pod in world.store.items(PODS.key, namespace)
            if (pod.body.get("status") or {}).get("phase") not in ("Succeeded", "Failed")
        ]
        used = {name: _used(world, namespace, name, pods) for name in hard}
        world.update(RESOURCE_QUOTAS, quota, status={"hard": dict(hard), "used": used})


def _used(world: World, namespace: str, name: str, pods: list[Body]) -> str:
    if name == "pods":
        return str(len(pods))
    if name in _COUNTED:
        return str(sum(1 for _ in world.store.items(_COUNTED[name].key, namespace)))
    if name == "requests.storage":
        claims = world.store.items(PERSISTENT_VOLUME_CLAIMS.key, namespace)
        return _bytes(sum(parse_quantity(each.body["spec"]["resources"]["requests"]["storage"]) for each in claims))
    kind, _, resource = name.rpartition(".")
    asked = sum(
        parse_quantity(str(((each.get("resources") or {}).get(kind or "requests") or {}).get(resource, "0")))
        for spec in pods
        for each in spec["containers"]
    )
    return _cores(asked) if resource == "cpu" else _bytes(asked)


def _cores(cores: float) -> str:
    millicores = round(cores * 1000)
    return str(millicores // 1000) if millicores % 1000 == 0 else f"{millicores}m"


def _bytes(size: float) -> str:
    whole = round(size)
    return next((f"{whole // unit}{name}" for name, unit in _UNITS if whole and whole % unit == 0), str(whole))
