"""Which pods the selectors of services and budgets select, and how many of them are ready; change by change.

Pods with the same labels are one group: a selector is matched against groups, never against ten thousand pods.
"""

from typing import NamedTuple

from ..model.collection import Delta
from ..model.kubernetes import Labels, Pod
from .pod_trouble import finished, is_ready
from .selector import selects

Expressions = tuple[tuple[str, str, tuple[str, ...]], ...]
Pair = tuple[str, str]
"""A label: (key, value)."""
Place = tuple[str, Labels]
"""(namespace, labels) of a group."""


class Selector(NamedTuple):
    """Of one service or budget."""

    kind: str
    namespace: str
    labels: Labels
    expressions: Expressions = ()
    everything: bool = False

    @property
    def first(self) -> Pair | None:
        """A label without which it picks nothing."""
        return self.labels[0] if self.labels else None

    def picks(self, labels: frozenset[Pair]) -> bool:
        if self.everything:
            return True
        if not self.labels and not self.expressions:
            return False
        if not all(pair in labels for pair in self.labels):
            return False
        rules = [{"key": key, "operator": how, "values": values} for key, how, values in self.expressions]
        return not rules or selects({"matchExpressions": rules}, dict(labels))


class Selection:
    """Feed it pods and selectors; it answers whom they touched, and counts."""

    def __init__(self) -> None:
        self._pods: dict[str, tuple[Place, bool]] = {}
        """Pod uid → its group and whether it is ready."""
        self._groups: dict[str, dict[Labels, list[int]]] = {}
        """Namespace → labels → [pods, ready]."""
        self._selectors: dict[str, Selector] = {}
        """By uid of the service or budget."""
        self._here: dict[tuple[str, Pair | None], dict[str, Selector]] = {}
        """The same by namespace and the first label that they ask for."""
        self._pickers: dict[Place, tuple[str, ...]] = {}
        """Group → uids of the selectors that pick it."""
        self._picked: dict[str, set[Labels]] = {}
        """Selector's uid → the groups that it picks."""

    def pods_changed(self, delta: Delta[Pod]) -> set[str]:
        """Take pods in; the uids of the selectors whose counts may differ now."""
        touched: set[str] = set()
        if delta.reset:
            touched.update(self._selectors)
            self._pods.clear()
            self._groups.clear()
            self._pickers.clear()
            self._picked = {uid: set() for uid in self._selectors}
        for uid in delta.removals:
            self._count(self._pods.pop(uid, None), -1, touched)
        for uid, pod in delta.upserts.items():
            before = self._pods.get(uid)
            # what is ending or has ended stands behind nothing
            now = None if finished(pod) or pod.deleting is not None else ((pod.namespace, pod.labels), is_ready(pod))
            if before == now:
                continue
            self._count(before, -1, touched)
            if now is None:
                self._pods.pop(uid, None)
            else:
                self._pods[uid] = now
                self._count(now, 1, touched)
        return touched

    def selector(self, uid: str, selector: Selector) -> None:
        """A service or budget as it is now."""
        if self._selectors.get(uid) == selector:
            return
        self.drop(uid)
        self._selectors[uid] = selector
        self._here.setdefault((selector.namespace, selector.first), {})[uid] = selector
        first = selector.first
        here = self._groups.get(selector.namespace, ())
        # most groups fail at the first label: that is seen without a set
        likely = (labels for labels in here if first is None or first in labels)
        picked = self._picked[uid] = {labels for labels in likely if selector.picks(frozenset(labels))}
        for labels in picked:
            self._pickers[selector.namespace, labels] += (uid,)

    def drop(self, uid: str) -> None:
        """A service or budget that is gone."""
        selector = self._selectors.pop(uid, None)
        if selector is None:
            return
        self._here[selector.namespace, selector.first].pop(uid, None)
        for labels in self._picked.pop(uid, ()):
            place = selector.namespace, labels
            self._pickers[place] = tuple(other for other in self._pickers[place] if other != uid)

    def of(self, uid: str) -> Selector | None:
        """The selector of a service or budget."""
        return self._selectors.get(uid)

    def counts(self, uid: str) -> tuple[int, int]:
        """(pods, ready ones among them) that a selector selects."""
        selector = self._selectors.get(uid)
        if selector is None:
            return 0, 0
        groups = self._groups.get(selector.namespace, {})
        counted = [groups[labels] for labels in self._picked[uid]]
        return sum(pods for pods, _ in counted), sum(ready for _, ready in counted)

    def rivals(self, uid: str) -> set[str]:
        """Selectors of the same kind that select one of its pods as well."""
        own = self._selectors.get(uid)
        if own is None:
            return set()
        found = {other for labels in self._picked[uid] for other in self._pickers[own.namespace, labels]}
        return {other for other in found if other != uid and self._selectors[other].kind == own.kind}

    def pickers_of(self, pod: str) -> tuple[str, ...]:
        """Uids of the selectors that select a pod."""
        held = self._pods.get(pod)
        return self._pickers[held[0]] if held is not None else ()

    def that_pick(self, namespace: str, labels: Labels) -> set[str]:
        """Uids of the selectors that would select a pod with these labels, whether or not there is one."""
        pairs = frozenset(labels)
        asked = (self._here.get((namespace, first), {}) for first in (None, *labels))
        return {uid for some in asked for uid, selector in some.items() if selector.picks(pairs)}

    def _count(self, pod: tuple[Place, bool] | None, many: int, touched: set[str]) -> None:
        if pod is None:
            return
        (namespace, labels), ready = pod
        groups = self._groups.setdefault(namespace, {})
        counted = groups.get(labels)
        if counted is None:
            counted = groups[labels] = [0, 0]
            self._begin(namespace, labels)
        counted[0] += many
        counted[1] += many * ready
        touched.update(self._pickers[namespace, labels])
        if not counted[0]:
            del groups[labels]
            for uid in self._pickers.pop((namespace, labels)):
                self._picked[uid].discard(labels)

    def _begin(self, namespace: str, labels: Labels) -> None:
        """A group that was not there before: who picks it?"""
        pickers = self._pickers[namespace, labels] = tuple(self.that_pick(namespace, labels))
        for uid in pickers:
            self._picked[uid].add(labels)
