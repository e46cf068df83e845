"""Objects in memory with rising resource versions and a history of changes, as etcd keeps them.

Bodies are trees of plain dicts and lists without `kind` and `apiVersion`; once stored they are never changed in place,
so lists, watches and controllers share them without copies. One event loop (one thread) uses a store.
"""

import asyncio
from bisect import bisect_right, insort
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

Body = dict[str, Any]
ChangeKind = Literal["ADDED", "MODIFIED", "DELETED"]
Name = tuple[str, str]
"""(namespace, name); the namespace of a cluster-wide object is empty."""

_encode = msgspec.json.Encoder().encode


class Stored:
    """One version of one object, with its JSON made at most once."""

    __slots__ = ("_raw", "body")

    def __init__(self, body: Body) -> None:
        self.body = body
        self._raw: bytes | None = None

    @property
    def raw(self) -> bytes:
        """The body as JSON, without `kind` and `apiVersion`."""
        if self._raw is None:
            self._raw = _encode(self.body)
        return self._raw

    @property
    def name(self) -> Name:
        metadata = self.body["metadata"]
        return metadata.get("namespace", ""), metadata["name"]

    @property
    def version(self) -> int:
        return int(self.body["metadata"]["resourceVersion"])


@dataclass(frozen=True, slots=True)
class Change:
    version: int
    kind: ChangeKind
    key: str
    object: Stored
    previous: Stored | None


class Compacted(Exception):
    """History before `oldest` is gone."""

    def __init__(self, oldest: int) -> None:
        super().__init__(f"history begins at {oldest}")
        self.oldest = oldest


class Store:
    """Objects by resource key and name; every write raises `version` by one and is told to the subscribers."""

    def __init__(self, version: int = 1000, history: int = 20_000) -> None:
        self.version = version
        self._objects: dict[str, dict[Name, Stored]] = {}
        self._names: dict[str, list[Name]] = {}
        self._newest: dict[str, int] = {}
        self._changes: deque[Change] = deque(maxlen=history)
        self._compacted = version
        self._subscribers: dict[str, set[asyncio.Queue[Change]]] = {}

    def get(self, key: str, namespace: str, name: str) -> Stored | None:
        return self._objects.get(key, {}).get((namespace, name))

    def items(self, key: str, namespace: str = "") -> Iterator[Stored]:
        """Objects in order of namespace and name; an empty namespace means all of them."""
        objects = self._objects.get(key, {})
        for name in tuple(self._names.get(key, ())):
            if not namespace or name[0] == namespace:
                yield objects[name]

    def newest(self, *keys: str) -> int:
        """The version of the last change to any object of these resources; without any: to any object at all."""
        return max((self._newest.get(key, 0) for key in keys), default=self.version)

    def put(self, key: str, body: Body) -> Stored:
        """Stores a body as the newest version; the same body again changes nothing. The caller gives `body` away."""
        new = Stored(body)
        objects = self._objects.setdefault(key, {})
        old = objects.get(new.name)
        metadata = body["metadata"]
        if old is not None:
            metadata["resourceVersion"] = old.body["metadata"]["resourceVersion"]
            if body == old.body:
                return old
        self.version += 1
        metadata["resourceVersion"] = str(self.version)
        objects[new.name] = new
        if old is None:
            insort(self._names.setdefault(key, []), new.name)
        self._tell(Change(self.version, "ADDED" if old is None else "MODIFIED", key, new, old))
        return new

    def remove(self, key: str, namespace: str, name: str) -> Stored | None:
        """Takes an object away and returns its last state, which carries the version of its removal."""
        old = self._objects.get(key, {}).pop((namespace, name), None)
        if old is None:
            return None
        self._names[key].remove(old.name)
        self.version += 1
        last = Stored({**old.body, "metadata": {**old.body["metadata"], "resourceVersion": str(self.version)}})
        self._tell(Change(self.version, "DELETED", key, last, old))
        return last

    def snapshot(self, key: str, version: int) -> list[Stored]:
        """All objects of a resource as they were at `version`, in order of name. Raises `Compacted`."""
        if version < self._compacted:
            raise Compacted(self._compacted)
        objects = dict(self._objects.get(key, {}))
        for change in reversed(self._changes):
            if change.version <= version:
                break
            if change.key == key:
                if change.previous is None:
                    objects.pop(change.object.name, None)
                else:
                    objects[change.object.name] = change.previous
        return [objects[name] for name in sorted(objects)]

    def since(self, key: str, version: int) -> list[Change]:
        """Changes of a resource after `version`. Raises `Compacted`."""
        if version < self._compacted:
            raise Compacted(self._compacted)
        start = bisect_right(self._changes, version, key=lambda change: change.version)
        return [change for index, change in enumerate(self._changes) if index >= start and change.key == key]

    def compact(self) -> None:
        """Forgets all history: older versions can no longer be listed or watched from."""
        self._changes.clear()
        self._compacted = self.version

    def subscribe(self, key: str) -> "asyncio.Queue[Change]":
        queue: asyncio.Queue[Change] = asyncio.Queue()
        self._subscribers.setdefault(key, set()).add(queue)
        return queue

    def unsubscribe(self, key: str, queue: "asyncio.Queue[Change]") -> None:
        self._subscribers.get(key, set()).discard(queue)

    def _tell(self, change: Change) -> None:
        if len(self._changes) == self._changes.maxlen:
            self._compacted = self._changes[0].version
        self._changes.append(change)
        self._newest[change.key] = change.version
        for queue in self._subscribers.get(change.key, ()):
            queue.put_nowait(change)


def clone(tree: Any) -> Any:
    """A copy of a tree of dicts and lists, to change and then `put`."""
    if isinstance(tree, dict):
        return {key: clone(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [clone(value) for value in tree]
    return tree
