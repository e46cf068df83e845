"""Is rolling back safe? What is known of the revision that runs and of the last good one; the rest reads `unknown`."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from ..model.kubernetes import ConfigChange, Pod, ReplicaSet
from ..text import clock, units
from ..text.clean import clean
from .describe_page import at, items, mapping
from .revisions import Ran, ran

GOOD_AFTER = timedelta(hours=1)
"""A revision that ran for so long is taken for a good one; nothing proves that it was."""
_SILENT = frozenset({"kube-root-ca.crt"})


class Record(msgspec.Struct, frozen=True, gc=False):
    """How one revision did; None is unknown."""

    row: ReplicaSet
    ran: Ran
    pods: int
    """That run it now."""
    restarts: int | None
    """Of these pods; None where none is left to tell."""
    ended: str = ""
    """How the newest container of it ended."""


def record(row: ReplicaSet, every: Sequence[ReplicaSet], pods: Iterable[Pod], now: datetime) -> Record:
    """`pods` are those of the workload."""
    own = [pod for pod in pods if row.template_hash and pod.revision == row.template_hash]
    ends = [pod.last_restart for pod in own if pod.last_restart is not None]
    last = max(ends, key=lambda end: end.finished.timestamp() if end.finished else 0.0, default=None)
    restarts = sum(pod.restarts for pod in own) if own else None
    words = f"{clean(last.reason, 60)} {last.exit_code}" if last is not None and restarts else ""
    return Record(row, ran(row, every, now), len(own), restarts, words)


def last_good(revisions: Sequence[ReplicaSet], now: datetime) -> ReplicaSet | None:
    """The newest one before the running one that ran for GOOD_AFTER, else the one before; `revisions` newest first."""
    earlier = revisions[1:]
    long = [row for row in earlier if (span := ran(row, revisions, now).span) is not None and span >= GOOD_AFTER]
    return next(iter([*long, *earlier]), None)


def ran_words(found: Record) -> str:
    span = found.ran.span
    if span is None:
        return units.UNKNOWN
    return f"{units.span(span.total_seconds())}{' or more' if found.ran.at_least else ''}"


def restart_words(found: Record) -> str:
    """`12 in 3 pods, the last OOMKilled 137`; pods that are gone took their count with them."""
    if found.restarts is None:
        return f"{units.UNKNOWN}: no pod of it is there"
    last = f", the last {found.ended}" if found.ended else ""
    return f"{found.restarts} in {units.plural(found.pods, 'pod')}{last}"


def image_words(images: Sequence[str], holding: Mapping[str, int] | None, nodes: int, pods: int) -> tuple[str, bool]:
    """(whether its images can still be had, whether that is sure). Nobody asks the registry."""
    if pods:
        return f"{units.plural(pods, 'pod')} of it still run{'s' if pods == 1 else ''}", True
    counts = [_held(image, holding) for image in images] if holding is not None else []
    if not counts or not min(counts):
        return f"{units.UNKNOWN}: no pod runs it and no node says that it holds it; the registry is not asked", False
    return f"held by {min(counts)} of {units.plural(nodes, 'node')}; the others would pull it: {units.UNKNOWN}", True


def _held(image: str, holding: Mapping[str, int] | None) -> int:
    """Nodes write out what was left away: the registry and the tag."""
    last = image.rsplit("/", 1)[-1]
    tagged = image if ":" in last or "@" in last else f"{image}:latest"
    first, slash, _ = tagged.partition("/")
    whole = tagged if slash and ("." in first or ":" in first or first == "localhost") else ""
    library = f"docker.io/{tagged}" if slash else f"docker.io/library/{tagged}"
    names = {image, tagged, whole or library}
    return max((holding.get(name, 0) for name in names), default=0) if holding else 0


def config_names(template: Mapping[str, Any]) -> dict[str, set[str]]:
    """ConfigMaps and Secrets that a pod template names, by kind."""
    found: dict[str, set[str]] = {"ConfigMap": set(), "Secret": set()}
    spec = mapping(template.get("spec"))
    sources: list[Any] = []
    for container in (*items(spec.get("initContainers")), *items(spec.get("containers"))):
        sources += [
            *items(container.get("envFrom")),
            *(mapping(v.get("valueFrom")) for v in items(container.get("env"))),
        ]
    for volume in items(spec.get("volumes")):
        sources += [volume, *items(at(volume, "projected", "sources"))]
    for source in sources:
        for kind, keys in (("ConfigMap", ("configMapRef", "configMapKeyRef", "configMap")),
                           ("Secret", ("secretRef", "secretKeyRef", "secret"))):  # fmt: skip
            for key in keys:
                name = at(source, key, "name") or at(source, key, "secretName")
                if name:
                    found[kind].add(str(name))
    return found


def changed_since(
    configs: Iterable[ConfigChange], namespace: str, named: Mapping[str, set[str]], since: datetime
) -> tuple[ConfigChange, ...]:
    """Those of the namespace that changed later, what the template names first, then the newest."""
    found = [
        one
        for one in configs
        if one.namespace == namespace and one.changed is not None and one.changed > since and one.name not in _SILENT
    ]
    found.sort(key=lambda one: one.changed.timestamp() if one.changed else 0.0, reverse=True)
    found.sort(key=lambda one: one.name not in named.get(one.kind, ()))
    return tuple(found)


def changed_words(found: Sequence[ConfigChange], named: Mapping[str, set[str]], most: int = 4) -> str:
    """`ConfigMap api-flags 02:12 (used) · 3 more`."""
    words = [
        f"{one.kind} {clean(one.name, 80)} {units.when(one.changed, clock.now())}"
        f"{' (it uses it)' if one.name in named.get(one.kind, ()) else ''}"
        for one in found[:most]
    ]
    more = [f"{len(found) - most} more"] if len(found) > most else []
    return " · ".join([*words, *more])


def mean_between(
    times: Sequence[float], values: Sequence[float | None], begin: datetime | None, end: datetime
) -> tuple[float, float] | None:
    """(mean of the points between, seconds from the first to the last); None where there are fewer than two."""
    if begin is None:
        return None
    there = [
        (at_, value)
        for at_, value in zip(times, values, strict=False)
        if value is not None and begin.timestamp() <= at_ < end.timestamp()
    ]
    if len(there) < 2:
        return None
    return sum(value for _, value in there) / len(there), there[-1][0] - there[0][0]
