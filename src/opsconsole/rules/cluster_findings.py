"""What is wrong in a cluster as findings: one per object, none twice, and many of the same folded into one."""

import re
from collections.abc import Callable, Iterable, Iterator

from ..model.finding import Finding, Severity
from ..model.kubernetes import Budget, Pod, Service, Workload
from ..text import units
from .cluster_trouble import ClusterTrouble
from .disruption import waits_for_pods
from .docket import Trouble
from .pod_trouble import is_ready

ALIKE = 50
"""More than so many of one kind that say the same are one finding: a list of a thousand tells nobody anything."""
OF_A_KIND = 150
"""More than so many of one kind are one finding, whatever they say."""
MANY = "many"
_RULES = {
    "Node": "node", "Pod": "pod", "Service": "service", "PodDisruptionBudget": "disruption-budget",
    "HorizontalPodAutoscaler": "autoscaler", "ResourceQuota": "quota",
}  # fmt: skip
"""All other kinds are workloads."""
_CALLED = {
    "Node": "node ", "Pod": "pod ", "Service": "service ", "PodDisruptionBudget": "disruption budget ",
    "HorizontalPodAutoscaler": "autoscaler ", "ResourceQuota": "quota ",
}  # fmt: skip
RULES = frozenset({"workload", MANY, *_RULES.values()})
"""Of all findings that are made here."""
Dated = tuple[Trouble, Finding]


def speaking(trouble: ClusterTrouble) -> Iterator[Trouble]:
    """Everything wrong, but services and budgets that only wait for pods whose workload is told already."""
    found = trouble.found()
    silent: set[str] = set()
    if any(one.kind in ("Service", "PodDisruptionBudget") for one in found):
        for one in found:
            silent |= _spoken_for(one, trouble)
    return (one for one in found if one.uid not in silent)


def _spoken_for(one: Trouble, trouble: ClusterTrouble) -> set[str]:
    """Services and budgets that say no more than a wrong workload or pod does: they wait for its pods."""
    thing, selection = trouble.object_of(one.uid), trouble.selection
    if not isinstance(thing, Workload | Pod):
        return set()
    pods = [thing] if isinstance(thing, Pod) else trouble.behind(thing)[0]
    found = {picker for pod in pods if not is_ready(pod) for picker in selection.pickers_of(pod.uid)}
    if isinstance(thing, Workload) and thing.selector and not pods:
        found |= selection.that_pick(thing.namespace, thing.selector)
    return {picker for picker in found if _waits(picker, trouble)}


def _waits(uid: str, trouble: ClusterTrouble) -> bool:
    """For pods alone: two budgets over one pod are wrong however many are ready."""
    one = trouble.object_of(uid)
    if isinstance(one, Budget):
        return waits_for_pods(one) and not trouble.selection.rivals(uid)
    return isinstance(one, Service)


def finding_of(one: Trouble, trouble: ClusterTrouble) -> Finding:
    """Without its time. A workload's id is `workload:NAMESPACE/KIND/NAME`, that of others `RULE:NAMESPACE/NAME`."""
    rule = _RULES.get(one.kind, "workload")
    name = _CALLED.get(one.kind, "") + one.name
    words = one.verdict.words
    thing = trouble.object_of(one.uid)
    if isinstance(thing, Pod):
        name = name if words.lower().startswith(thing.status.lower()) else f"{name} {thing.status}"
    elif rule not in ("workload", "node"):
        name += ":"
    path = f"{one.namespace}/{one.name}" if one.namespace else one.name
    id = f"workload:{one.namespace}/{one.kind}/{one.name}" if rule == "workload" else f"{rule}:{path}"
    place = one.uid if rule == "pod" else path
    severity = one.verdict.severity or Severity.INFO
    return Finding(id, severity, f"{name} {words}", 2, object=place, rule=rule, touches=_touches(thing, trouble))


def _touches(thing: object, trouble: ClusterTrouble) -> tuple[str, ...]:
    """The node that all pods of a workload stand on that are not ready; of a pod its node and what it was made for."""
    if isinstance(thing, Workload):
        nodes = {pod.node for pod in trouble.behind(thing)[0] if not is_ready(pod)} - {""}
        return tuple(nodes) if len(nodes) == 1 else ()
    if not isinstance(thing, Pod):
        return ()
    owner = thing.owner
    made_for = "" if owner is None else owner.name.rpartition("-")[0] if owner.kind == "ReplicaSet" else owner.name
    return tuple(name for name in (thing.node, made_for) if name)


def folded(dated: Iterable[Dated]) -> list[Finding]:
    """All of them, but very many of one kind as one finding each, since the first of them."""
    single, found = _folded(list(dated), ALIKE, lambda one: _reason(one.verdict.words))
    single, more = _folded(single, OF_A_KIND, lambda one: "")
    return [*(finding for _, finding in single), *found, *more]


def _folded(dated: list[Dated], most: int, reason: Callable[[Trouble], str]) -> tuple[list[Dated], list[Finding]]:
    groups: dict[tuple[str, Severity, str], list[Dated]] = {}
    for each in dated:
        trouble, finding = each
        groups.setdefault((trouble.kind, finding.severity, reason(trouble)), []).append(each)
    single = [each for group in groups.values() if len(group) <= most for each in group]
    return single, [_one_of(key, group) for key, group in groups.items() if len(group) > most]


def _one_of(key: tuple[str, Severity, str], group: list[Dated]) -> Finding:
    kind, severity, reason = key
    findings = [finding for _, finding in group]
    begun = [one for one in findings if one.since is not None]
    first = min(begun, key=lambda one: one.since.timestamp() if one.since else 0.0, default=findings[0])
    what = f"{units.plural(len(group), kind)}, such as {findings[0].what}"
    return Finding(
        f"{MANY}:{kind}/{severity.name.lower()}/{reason}", severity, what, 2,
        since=first.since, from_start=first.from_start, object=findings[0].object, rule=MANY,
    )  # fmt: skip


def _reason(words: str) -> str:
    """What objects have in common that are wrong for the same reason: the first clause, whatever its numbers."""
    return re.sub(r"\d+", "#", words.partition(":")[0])
