"""What every control loop works with: the store, the time, chance, and a way to say what happened."""

import hashlib
import json
import random
import uuid
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from opsconsole.demo.kubernetes.quantities import format_micro_time, format_time
from opsconsole.demo.kubernetes.resources import EVENTS, PODS, Resource
from opsconsole.demo.kubernetes.store import Store, Stored, clone

Body = dict[str, Any]

_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
_EVENT_LIFE_S = 3600.0


class World:
    """One cluster's state between two steps; times are unix seconds."""

    def __init__(self, store: Store, seed: int, now: float, toleration_s: int = 300) -> None:
        self.store = store
        self.random = random.Random(seed)
        self.now = now
        self.toleration_s = toleration_s
        """How long pods stay bound to a node that is gone, as the API server's admission writes it into them."""
        self.silent: set[str] = set()
        """Nodes whose kubelet has stopped."""
        self._owned: dict[str, list[Stored]] = {}
        self._owned_at = -1
        self._looked: dict[str, int] = {}

    def uid(self) -> str:
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def suffix(self, length: int = 5) -> str:
        """Random letters as the server appends them to `generateName`."""
        return "".join(self.random.choices(_LETTERS, k=length))

    def metadata(self, name: str, namespace: str = "", labels: Mapping[str, str] | None = None) -> Body:
        """The metadata of a new object, created now."""
        body: Body = {"name": name}
        if namespace:
            body["namespace"] = namespace
        body |= {"uid": self.uid(), "resourceVersion": "", "creationTimestamp": format_time(self.now)}
        if labels:
            body["labels"] = dict(labels)
        return body

    def update(self, resource: Resource, old: Stored, **parts: Body) -> Stored:
        """Stores a copy with `spec`, `status` or `metadata` replaced; nothing happens when nothing differs."""
        body = {**old.body, **parts}
        if body == old.body:
            return old
        return self.store.put(resource.key, {**body, "metadata": clone(body["metadata"])})

    def pods_of(self, owner_uid: str) -> list[Stored]:
        """The pods that an object controls."""
        if self._owned_at != self.store.version:
            owned: dict[str, list[Stored]] = defaultdict(list)
            for pod in self.store.items(PODS.key):
                if (owner := controller_of(pod.body)) is not None:
                    owned[owner["uid"]].append(pod)
            self._owned, self._owned_at = owned, self.store.version
        return self._owned.get(owner_uid, [])

    def changed_for(self, loop: str, *resources: Resource) -> bool:
        """Whether any object of these resources (none named: any at all) changed since that control loop last asked."""
        newest = self.store.newest(*(resource.key for resource in resources))
        before, self._looked[loop] = self._looked.get(loop), newest
        return newest != before

    def tell(
        self, resource: Resource, about: Body, reason: str, message: str, component: str, *,
        kind: str = "Normal", field: str = "", host: str = "", at: float | None = None,
    ) -> None:  # fmt: skip
        """Writes an Event about an object; the same one again within the hour raises its count."""
        at = self.now if at is None else at
        metadata = about["metadata"]
        namespace = metadata.get("namespace", "default")
        digest = hashlib.sha1(f"{metadata['uid']} {reason} {message} {component}".encode()).hexdigest()[:16]
        name = f"{metadata['name']}.{digest}"
        old = self.store.get(EVENTS.key, namespace, name)
        if old is not None:
            body = clone(old.body) | {"count": old.body["count"] + 1, "lastTimestamp": format_time(at)}
            self.store.put(EVENTS.key, body)
            return
        involved = {
            "kind": resource.kind,
            **({"namespace": metadata["namespace"]} if "namespace" in metadata else {}),
            "name": metadata["name"],
            "uid": metadata["uid"],
            "apiVersion": resource.api_version,
            "resourceVersion": metadata["resourceVersion"],
            **({"fieldPath": field} if field else {}),
        }
        self.store.put(
            EVENTS.key,
            {
                "metadata": self.metadata(name, namespace) | {"creationTimestamp": format_time(at)},
                "involvedObject": involved,
                "reason": reason,
                "message": message,
                "source": {"component": component, **({"host": host} if host else {})},
                "firstTimestamp": format_time(at),
                "lastTimestamp": format_time(at),
                "count": 1,
                "type": kind,
                "eventTime": None,
                "reportingComponent": component,
                "reportingInstance": host,
            },
        )

    def forget_events(self) -> None:
        """Drops events older than an hour, as the server's lease on them does."""
        oldest = format_time(self.now - _EVENT_LIFE_S)
        for event in [each for each in self.store.items(EVENTS.key) if (each.body["lastTimestamp"] or "") < oldest]:
            self.store.remove(EVENTS.key, *event.name)

    def micro_time(self) -> str:
        return format_micro_time(self.now)


def controller_of(body: Body) -> Body | None:
    """The owner reference that controls an object."""
    return next((each for each in body["metadata"].get("ownerReferences") or () if each.get("controller")), None)


def owner_reference(resource: Resource, owner: Body) -> Body:
    return {
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def template_hash(template: Any) -> str:
    """Ten letters that stand for a pod template; the same template always has the same."""
    number = int.from_bytes(hashlib.sha256(json.dumps(template, sort_keys=True).encode()).digest()[:8], "big")
    letters = []
    for _ in range(10):
        number, rest = divmod(number, len(_LETTERS))
        letters.append(_LETTERS[rest])
    return "".join(letters)


def is_ready(pod: Body) -> bool:
    return condition_of(pod, "Ready").get("status") == "True"


def is_leaving(pod: Body) -> bool:
    return bool(pod["metadata"].get("deletionTimestamp"))


def condition_of(body: Body, kind: str) -> Body:
    """The condition of this type, empty when there is none."""
    return next((each for each in (body.get("status") or {}).get("conditions") or () if each["type"] == kind), {})


def set_condition(
    conditions: list[Body], kind: str, status: str, reason: str, message: str, at: str, *, updated: bool = False
) -> list[Body]:
    """A new list with this condition; its time of transition moves only when its status does."""
    old = next((each for each in conditions if each["type"] == kind), None)
    same = old is not None and old["status"] == status
    new: Body = {"type": kind, "status": status}
    if updated:
        unchanged = same and old is not None and old["reason"] == reason and old["message"] == message
        new["lastUpdateTime"] = old["lastUpdateTime"] if unchanged and old is not None else at
    new["lastTransitionTime"] = old["lastTransitionTime"] if same and old is not None else at
    new |= {"reason": reason, "message": message}
    if old is None:
        return [*conditions, new]
    return [new if each["type"] == kind else each for each in conditions]
