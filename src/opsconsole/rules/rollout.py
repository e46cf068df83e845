"""How far a rollout is: ready, under way, or stuck with the reason in words.

Order and conditions are those of `kubectl rollout status` (k8s.io/kubectl: pkg/polymorphichelpers/rollout_status.go),
with two things added: a scale-down waits for its pods to go, and pods that cannot start are named before the deadline.
"""

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import msgspec

from ..model.kubernetes import Condition, Event, Pod
from ..text import units
from ..text.clean import clean
from .pod_trouble import failing

GRACE_S = 15.0
"""A trouble that stands for so long is no hiccup: the kubelet has tried again by then."""
ROOM_S = 60.0
"""What waits for room on the nodes may get a new node."""
BOUND_S = 900.0
"""Without any progress for so long it is called stuck, whatever the reason; Kubernetes' own deadline is 600 s."""


class State(StrEnum):
    READY = "ready"
    PROGRESSING = "progressing"
    TROUBLED = "troubled"
    """Not yet stuck: pods fail, and may still recover."""
    STUCK = "stuck"


class Counts(msgspec.Struct, frozen=True, gc=False):
    """What a workload's object says of its pods."""

    kind: str
    generation: int
    observed: int
    desired: int
    total: int
    """All pods that are not ending, old and new."""
    updated: int
    """Of the new template."""
    ready: int
    available: int
    conditions: tuple[Condition, ...] = ()
    moving: bool = False
    """StatefulSet: its current revision is not yet the new one."""
    by_hand: bool = False
    """Pods are replaced only when somebody deletes them (OnDelete)."""
    partition: int = 0
    """StatefulSet: so many pods keep the old template."""
    paused: bool = False


class Autoscaler(msgspec.Struct, frozen=True, gc=False):
    """What an HPA says of its replicas."""

    least: int
    most: int
    current: int
    desired: int
    conditions: tuple[Condition, ...] = ()


class Rollout(msgspec.Struct, frozen=True, gc=False):
    """Where it stands."""

    state: State
    words: str
    grace_s: float = 0.0
    """While troubled: how long that may last before it counts as stuck."""


def counts(body: dict[str, Any]) -> Counts:
    """From the object as the API server answers it."""
    kind = str(body.get("kind") or "Deployment")
    metadata, spec, status = body.get("metadata") or {}, body.get("spec") or {}, body.get("status") or {}
    desired = spec.get("replicas")
    common: dict[str, Any] = {
        "kind": kind,
        "generation": metadata.get("generation") or 0,
        "observed": status.get("observedGeneration") or 0,
        "conditions": tuple(_condition(each) for each in status.get("conditions") or ()),
    }
    strategy = spec.get("updateStrategy") or {}
    by_hand = strategy.get("type") == "OnDelete"
    if kind == "DaemonSet":
        wanted = status.get("desiredNumberScheduled") or 0
        return Counts(
            **common, desired=wanted, total=status.get("currentNumberScheduled") or 0,
            updated=status.get("updatedNumberScheduled") or 0, ready=status.get("numberReady") or 0,
            available=status.get("numberAvailable") or 0, by_hand=by_hand,
        )  # fmt: skip
    moving = kind == "StatefulSet" and status.get("updateRevision") != status.get("currentRevision")
    return Counts(
        **common, desired=1 if desired is None else desired, total=status.get("replicas") or 0,
        updated=status.get("updatedReplicas") or 0, ready=status.get("readyReplicas") or 0,
        available=status.get("availableReplicas") or 0, moving=moving, by_hand=by_hand,
        partition=(strategy.get("rollingUpdate") or {}).get("partition") or 0, paused=bool(spec.get("paused")),
    )  # fmt: skip


def rollout(
    seen: Counts, pods: Sequence[Pod] = (), events: Sequence[Event] = (), new_ready: int | None = None
) -> Rollout:
    """The state of one instant. `pods` are those of the new template, `events` the workload's own (and its newest
    ReplicaSet's), `new_ready` how many of the new pods are ready, where somebody counted them."""
    if seen.observed < seen.generation:
        return Rollout(State.PROGRESSING, "asked for; its controller has not seen it yet")
    missing = _missing(seen, new_ready)
    if not missing:
        return Rollout(State.READY, _ready_words(seen))
    progress = next((each for each in seen.conditions if each.type == "Progressing"), None)
    trouble = _trouble(seen, pods, events)
    if progress is not None and progress.reason == "ProgressDeadlineExceeded":
        reason = trouble.words if trouble else "no progress within its deadline"
        return Rollout(State.STUCK, f"{reason} ({missing})")
    if trouble is not None:
        return msgspec.structs.replace(trouble, words=f"{trouble.words} ({missing})")
    if seen.paused and seen.updated < seen.desired:
        return Rollout(State.TROUBLED, f"the rollout is paused ({missing})", GRACE_S)
    return Rollout(State.PROGRESSING, missing)


def autoscaler(body: dict[str, Any]) -> Autoscaler:
    """From an HPA as the API server answers it."""
    spec, status = body.get("spec") or {}, body.get("status") or {}
    least = spec.get("minReplicas")
    return Autoscaler(
        1 if least is None else least, spec.get("maxReplicas") or 0, status.get("currentReplicas") or 0,
        status.get("desiredReplicas") or 0, tuple(_condition(each) for each in status.get("conditions") or ()),
    )  # fmt: skip


def bounded(seen: Autoscaler, wanted: tuple[int, int] | None, waited_s: float, bound_s: float) -> Rollout | None:
    """Whether its replicas are within its bounds; None when they are. `wanted` are those of the ScaledObject behind it:
    KEDA hands them over, a minimum of 0 as 1."""
    handed = wanted is None or (seen.least, seen.most) == (max(1, wanted[0]), wanted[1])
    judged = bool(seen.conditions)  # a new one says nothing before its controller has looked
    asleep = seen.current == seen.desired == 0
    # without usage figures it wants 0 as well, and only keeps the replicas within its bounds
    within = seen.least <= seen.current <= seen.most and (
        seen.desired == 0 or seen.least <= seen.desired <= seen.most
    )  # fmt: skip
    if handed and judged and (asleep or within):
        return None
    words = f"the autoscaler has {units.plural(seen.current, 'pod')}, its bounds are {seen.least}..{seen.most}"
    if wanted is not None and not handed:
        words = (
            f"KEDA has not yet handed {wanted[0]}..{wanted[1]} to its autoscaler, which has {seen.least}..{seen.most}"
        )
    if waited_s < bound_s:
        return Rollout(State.PROGRESSING, words)
    said = next((each.message for each in seen.conditions if each.status == "False" and each.message), "")
    return Rollout(State.STUCK, f"{words} after {units.span(waited_s)}" + (f": {clean(said, 160)}" if said else ""))


def held(now: Rollout, troubled_s: float, still_s: float) -> Rollout:
    """The same with time: what is troubled for longer than its grace is stuck, and so is what does not move at all."""
    if now.state is State.TROUBLED and troubled_s >= now.grace_s:
        return Rollout(State.STUCK, now.words)
    if now.state in (State.PROGRESSING, State.TROUBLED) and still_s >= BOUND_S:
        return Rollout(State.STUCK, f"no progress for {units.span(still_s)}: {now.words}")
    return now


def _missing(seen: Counts, new_ready: int | None) -> str:
    """What is not there yet, in words; "" when all is."""
    if seen.kind == "DaemonSet":
        return _missing_daemons(seen)
    new = max(0, seen.desired - seen.partition) if seen.kind == "StatefulSet" else seen.desired
    behind = not seen.by_hand and (seen.updated < new or (seen.moving and not seen.partition))
    if behind:
        counted = min(seen.updated, new) if new_ready is None else new_ready
        return f"{counted} of {new} new pods {'made' if new_ready is None else 'ready'}"
    if seen.kind == "Deployment" and seen.total > max(seen.updated, seen.desired):
        return f"{units.plural(seen.total - seen.updated, 'old pod')} to go"
    if seen.total > seen.desired:
        return f"{units.plural(seen.total - seen.desired, 'pod')} to go"
    there = seen.available if seen.kind == "Deployment" else seen.ready
    if there < seen.desired:
        return f"{there} of {units.plural(seen.desired, 'pod')} ready"
    return ""


def _missing_daemons(seen: Counts) -> str:
    if not seen.by_hand and seen.updated < seen.desired:
        return f"{seen.updated} of {seen.desired} new pods made"
    if seen.available < seen.desired:
        return f"{seen.available} of {units.plural(seen.desired, 'pod')} ready"
    return ""


def _ready_words(seen: Counts) -> str:
    if not seen.desired:
        return "scaled to 0"
    if seen.by_hand and seen.updated < seen.desired:
        return f"{seen.desired} of {seen.desired} ready; its pods change when they are deleted (OnDelete)"
    return f"{seen.desired} of {units.plural(seen.desired, 'pod')} ready"


def _trouble(seen: Counts, pods: Sequence[Pod], events: Sequence[Event]) -> Rollout | None:
    """The first reason that explains why it does not get on: no pods made, pods that fail, pods without a place."""
    failure = next((c for c in seen.conditions if c.type == "ReplicaFailure" and c.status == "True"), None)
    said = failure.message if failure is not None else _cannot_create(events)
    if said:
        word = "quota" if "exceeded quota" in said else "pods cannot be created"
        return Rollout(State.TROUBLED, f"{word}: {clean(said, 200)}", GRACE_S)
    there = [pod for pod in pods if pod.deleting is None and pod.phase not in ("Succeeded", "Failed")]
    bad = [pod for pod in there if failing(pod)]
    if bad:
        word, count = Counter(pod.status for pod in bad).most_common(1)[0]
        why = _why(next(pod for pod in bad if pod.status == word))
        return Rollout(State.TROUBLED, f"{word} on {units.plural(count, 'pod')}{why}", GRACE_S)
    placeless = [c for pod in there if (c := _unscheduled(pod)) is not None]
    if placeless:
        why = clean(placeless[0].message.partition(". ")[0], 160)
        return Rollout(State.TROUBLED, f"{units.plural(len(placeless), 'pod')} cannot be scheduled: {why}", ROOM_S)
    return None


def _cannot_create(events: Sequence[Event]) -> str:
    """What the newest event about making pods says, if it says that it failed; `events` are oldest first."""
    newest = next((each for each in reversed(events) if each.reason in ("FailedCreate", "SuccessfulCreate")), None)
    return newest.message if newest is not None and newest.reason == "FailedCreate" else ""


def _why(pod: Pod) -> str:
    """`: exit 137 OOMKilled`, `: back-off pulling image …`; "" where nothing more is known."""
    for container in pod.containers:
        if container.ready or (container.state == "terminated" and container.reason == "Completed"):
            continue
        if container.last is not None:
            return f": {container.last.reason} {container.last.exit_code}"
        if container.message:
            return f": {clean(container.message, 160)}"
    return f": {clean(pod.message, 160)}" if pod.message else ""


def _unscheduled(pod: Pod) -> Condition | None:
    return next((c for c in pod.conditions if c.type == "PodScheduled" and c.reason == "Unschedulable"), None)


def _condition(body: dict[str, Any]) -> Condition:
    return Condition(
        str(body.get("type") or ""), str(body.get("status") or ""), str(body.get("reason") or ""),
        str(body.get("message") or ""),
    )  # fmt: skip
