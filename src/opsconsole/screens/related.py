"""What a row of the Pods tab is related to (`o`): owner, node, autoscaler, services, budgets; and where each is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ..model.kubernetes import Budget, Endpoint, Event, Hpa, Labels, Node, Owner, Pod, ReplicaSet, Service, Workload
from ..poller.topics import BUDGETS, K8S_SERVICES, REPLICA_SETS
from ..rules.cluster_index import Key
from ..rules.selection import Selector
from ..text.clean import clean
from .kinds.kind import Into, Part
from .kinds.known import Known
from .pod_rows import key_of, subject


@dataclass(frozen=True)
class Link:
    """One related object."""

    words: str
    into: Into


def links(known: Known, row: Any) -> list[Link]:
    """Everything that the row is related to and that is seen, the nearest first."""
    return [link for link in _links(known, row) if link.into.pane in known.kinds]


def _links(known: Known, row: Any) -> list[Link]:
    found = subject(row)
    match found:
        case Pod():
            return [*_owner(known, found), *_node(known, found.node), *_around(known, _key(known, found), [found])]
        case Workload():
            key = key_of(found)
            parent = _named(known, found.namespace, found.owner)
            return [*parent, *_around(known, key, known.index.pods_of(key)), *_replica_sets(known, found)]
        case Hpa():
            return list(_workload(known, (found.namespace, found.target_kind, found.target_name)))
        case ReplicaSet():
            return list(_named(known, found.namespace, found.owner))
        case Node():
            return [Link("its pods", pods_on(found.name))]
        case Service():
            pods = selected(known, found.namespace, found.selector)
            return [Link("its endpoints", endpoints_of(found)), *_workloads(known, pods), *_budgets(known, pods)]
        case Budget():
            pods = guarded(known, found)
            return [*_workloads(known, pods), *_services(known, pods)]
        case Event():
            return list(_object(known, found.object_uid, found.namespace, found.name))
    if isinstance(getattr(row, "endpoint", None), Endpoint):
        return [*_object(known, "", row.namespace, row.endpoint.pod), *_node(known, row.endpoint.node)]
    kind, namespace, name = (str(getattr(found, part, "")) for part in ("kind", "namespace", "name"))
    return _of_name(known, kind, namespace, name)


def _of_name(known: Known, kind: str, namespace: str, name: str) -> list[Link]:
    """Of a row that only names an object."""
    for rows in (known.workloads, known.pods, known.nodes):
        for other in rows.values():
            one = subject(other)
            if (getattr(one, "namespace", ""), one.name) == (namespace, name) and _is_a(one, kind):
                return links(known, one)
    if not namespace:
        return []
    return [Link(f"namespace {clean(namespace)}", workloads_in(namespace))]


def _is_a(one: Any, kind: str) -> bool:
    return getattr(one, "kind", type(one).__name__) == kind


# ---- parts of lists -------------------------------------------------------------------------------------------------


def pods_of(known: Known, key: Key) -> Into:
    """The pods of a workload."""
    index = known.index
    return Into("pods", Part(f"{key[1].lower()}/{key[2]}", lambda pod: index.workload_of(pod.uid) == key))


def pods_on(node: str) -> Into:
    return Into("pods", Part(node, lambda pod: pod.node == node))


def pods_owned(of: str, uid: str) -> Into:
    return Into("pods", Part(of, lambda pod: pod.owner is not None and pod.owner.uid == uid))


def workloads_in(namespace: str) -> Into:
    return Into("workloads", Part(f"namespace/{namespace}", lambda row: row.workload.namespace == namespace))


def endpoints_of(service: Service) -> Into:
    where = (service.namespace, service.name)
    return Into("endpoints", Part(f"service/{service.name}", lambda row: (row.namespace, row.service) == where))


def jobs_of(workload: Workload) -> Into:
    def begun(row: Any) -> bool:
        owner, job = row.workload.owner, row.workload
        return job.namespace == workload.namespace and owner is not None and owner.name == workload.name

    return Into("jobs", Part(f"cronjob/{workload.name}", begun))


# ---- who selects whom -----------------------------------------------------------------------------------------------


def selected(known: Known, namespace: str, selector: Labels) -> list[Pod]:
    """The pods of a namespace that a selector of equal labels selects; an empty one selects none."""
    if not selector:
        return []
    wanted = set(selector)
    return [pod for pod in known.pods.values() if pod.namespace == namespace and wanted <= set(pod.labels)]


def guarded(known: Known, budget: Budget) -> list[Pod]:
    """The pods that a budget counts."""
    counts = counted_by(budget)
    return [pod for pod in known.pods.values() if counts(pod)]


def counted_by(budget: Budget) -> Callable[[Pod], bool]:
    """Whether a pod is among those that a budget counts."""
    selector = Selector("budget", budget.namespace, budget.selector, budget.expressions, budget.selects_all)
    return lambda pod: pod.namespace == budget.namespace and selector.picks(frozenset(pod.labels))


# ---- links ----------------------------------------------------------------------------------------------------------


def _key(known: Known, pod: Pod) -> Key | None:
    return known.index.workload_of(pod.uid)


def _owner(known: Known, pod: Pod) -> Iterator[Link]:
    key = _key(known, pod)
    if key is not None:
        yield from _workload(known, key)


def _workload(known: Known, key: Key) -> Iterator[Link]:
    uid = next((uid for uid, row in known.workloads.items() if key_of(row.workload) == key), None)
    if uid is not None:
        yield Link(f"{key[1].lower()} {clean(key[2])}", Into("workloads", at=uid))


def _workloads(known: Known, pods: list[Pod]) -> Iterator[Link]:
    keys = {key for pod in pods if (key := _key(known, pod)) is not None}
    for key in sorted(keys):
        yield from _workload(known, key)


def _named(known: Known, namespace: str, owner: Owner | None) -> Iterator[Link]:
    if owner is not None:
        yield from _workload(known, (namespace, owner.kind, owner.name))


def _node(known: Known, name: str) -> Iterator[Link]:
    uid = next((uid for uid, node in known.nodes.items() if node.name == name), None)
    if name and uid is not None:
        yield Link(f"node {clean(name)}", Into("nodes", at=uid))


def _around(known: Known, key: Key | None, pods: list[Pod]) -> Iterator[Link]:
    """The autoscaler of a workload, the services that select its pods, the budgets that guard them."""
    hpa = known.index.hpa_of(key) if key is not None else None
    if hpa is not None:
        yield Link(f"HPA {clean(hpa.name)}", Into("hpas", at=hpa.uid))
    yield from _services(known, pods)
    yield from _budgets(known, pods)


def _services(known: Known, pods: list[Pod]) -> Iterator[Link]:
    held = known.collection(K8S_SERVICES)
    for uid, service in held.rows.items() if held is not None else ():
        wanted = set(service.selector)
        if wanted and any(pod.namespace == service.namespace and wanted <= set(pod.labels) for pod in pods):
            yield Link(f"service {clean(service.name)}", Into("services", at=uid))


def _budgets(known: Known, pods: list[Pod]) -> Iterator[Link]:
    held = known.collection(BUDGETS)
    for uid, budget in held.rows.items() if held is not None else ():
        if any(map(counted_by(budget), pods)):
            yield Link(f"budget {clean(budget.name)}", Into("budgets", at=uid))


def _replica_sets(known: Known, workload: Workload) -> Iterator[Link]:
    held = known.collection(REPLICA_SETS)
    if held is None or workload.kind != "Deployment":
        return
    own = Part(
        f"deployment/{workload.name}",
        lambda one: one.owner is not None and (one.namespace, one.owner.name) == (workload.namespace, workload.name),
    )
    count = sum(1 for one in held.rows.values() if own.holds(one))
    if count:
        yield Link(f"its {count} replica sets" if count > 1 else "its replica set", Into("replicasets", own))


def _object(known: Known, uid: str, namespace: str, name: str) -> Iterator[Link]:
    """An object by uid, else by name, in whichever list has it."""
    lists: tuple[tuple[str, Any], ...] = (
        ("pods", known.pods), ("workloads", known.workloads), ("nodes", known.nodes), ("hpas", known.hpas),
    )  # fmt: skip
    for pane, rows in lists:
        if uid and uid in rows:
            yield Link(clean(name), Into(pane, at=uid))
            return
    for pane, rows in lists:
        for key, row in rows.items():
            one = subject(row)
            if name and (getattr(one, "namespace", ""), one.name) == (namespace, name):
                yield Link(clean(name), Into(pane, at=key))
                return
