"""Follow what was written until it is ready, stuck with its reason, or gone; errors on the way are outlived."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from ..model.action import Phase, Plan, Target
from ..model.kubernetes import Event, Pod
from ..model.reading import ProblemKind
from ..rules import rollout as rules
from ..rules.rollout import Rollout, State
from ..sources.errors import SourceError
from ..sources.kubernetes.cluster import Cluster
from ..text import clock, units
from . import reading
from .pace import Pace

AUTOSCALERS = ("HorizontalPodAutoscaler", "ScaledObject")
_REVISION = "deployment.kubernetes.io/revision"
_PODS = 100
_CLOCKS_DIFFER = timedelta(seconds=60)

Tell = Callable[[Phase, str], Awaitable[None]]
"""Hears of each new phase or words."""


class Vanished(Exception):
    """The target is gone, or another object has its name."""


class _Held(msgspec.Struct):
    """How long things stand."""

    troubled: float | None = None
    still: float = 0.0
    seen: tuple[Any, ...] = ()


async def follow(
    cluster: Cluster, plan: Plan, began: datetime, pace: Pace, tell: Tell,
    now: Callable[[], float] = clock.boottime,
) -> Phase:  # fmt: skip
    """Tell every step until it is ready or gone; a stuck one is looked at further, more and more rarely."""
    started, failures, phase = now(), 0, Phase.WRITTEN
    words, held = "written", _Held(still=now())
    while True:
        try:
            found = await _state(cluster, plan, began, held, now() - started, now(), pace)
            failures, words = 0, found.words
            if found.state is State.READY:
                await tell(Phase.READY, words)
                return Phase.READY
            phase = Phase.STUCK if found.state is State.STUCK else Phase.WRITTEN
            await tell(phase, words)
        except Vanished as error:
            await tell(Phase.GONE, str(error))
            return Phase.GONE
        except SourceError as error:
            failures += 1
            await tell(phase, f"{words}; {_trouble(error)}")
        if now() - started >= pace.follow_s:
            if phase is not Phase.STUCK:
                await tell(Phase.STUCK, f"not ready within {units.span(pace.follow_s)}: {words}")
            return Phase.STUCK
        await asyncio.sleep(_pause(pace, failures, stuck=phase is Phase.STUCK))


async def state_now(cluster: Cluster, plan: Plan, began: datetime, pace: Pace) -> Rollout:
    """One look. Raises SourceError, Vanished."""
    return await _state(cluster, plan, began, _Held(still=0.0), 0.0, 0.0, pace)


async def _state(
    cluster: Cluster, plan: Plan, began: datetime, held: _Held, waited_s: float, at: float, pace: Pace
) -> Rollout:
    if plan.target.kind in AUTOSCALERS:
        found = await _autoscaler(cluster, plan.target, waited_s, pace)
        if found is not None:
            return found
    workload = plan.follows
    if workload is None or workload.kind not in reading.WORKLOADS:
        return Rollout(State.READY, "done")
    body = await _read(cluster, workload)
    found, seen = await _rollout(cluster, workload, body, began)
    if held.seen != seen:
        held.seen, held.still = seen, at
    held.troubled = (at if held.troubled is None else held.troubled) if found.state is State.TROUBLED else None
    return rules.held(found, 0.0 if held.troubled is None else at - held.troubled, at - held.still)


async def _rollout(
    cluster: Cluster, workload: Target, body: reading.Object, began: datetime
) -> tuple[Rollout, tuple[Any, ...]]:
    """The rollout's state, and the figures whose change is progress; pods are asked for only while it is not ready."""
    counts = rules.counts(body)
    found = rules.rollout(counts)
    if found.state is State.READY or counts.observed < counts.generation:
        return found, (counts,)
    pods, new_ready, names = await _new_pods(cluster, workload, body)
    events = await _events(cluster, workload.namespace, names, began)
    return rules.rollout(counts, pods, events, new_ready), (counts, new_ready)


async def _new_pods(
    cluster: Cluster, workload: Target, body: reading.Object
) -> tuple[tuple[Pod, ...], int | None, tuple[str, ...]]:
    """Pods of the newest template (a page: enough to say what ails them), how many of them are ready, and the names
    whose events tell of their making."""
    if workload.kind == "Deployment":
        revision = ((body.get("metadata") or {}).get("annotations") or {}).get(_REVISION)
        sets = await reading.replica_sets(cluster, workload, body)
        newest = next((each for each in sets if each.revision == revision), None)
        if newest is None:
            return (), None, (workload.name,)
        pods = await reading.pods_of(
            cluster, workload, body, most=_PODS, labels=f"pod-template-hash={newest.template_hash}"
        )
        return pods, newest.ready, (workload.name, newest.name)
    revision = (body.get("status") or {}).get("updateRevision")
    if workload.kind == "StatefulSet" and revision:
        pods = await reading.pods_of(cluster, workload, body, most=_PODS, labels=f"controller-revision-hash={revision}")
        ready = sum(pod.total > 0 and pod.ready >= pod.total for pod in pods)
        return pods, ready if len(pods) < _PODS else None, (workload.name,)
    return await reading.pods_of(cluster, workload, body, most=_PODS), None, (workload.name,)


async def _events(cluster: Cluster, namespace: str, names: Sequence[str], began: datetime) -> tuple[Event, ...]:
    """Events about making pods since it began; who may not read events goes without."""
    found: list[Event] = []
    for name in names:
        try:
            found += await reading.events(cluster, namespace, name)
        except SourceError as error:
            if error.problem.kind is not ProblemKind.FORBIDDEN:
                raise
    earliest = began - _CLOCKS_DIFFER
    return tuple(sorted((e for e in found if e.last is not None and e.last >= earliest), key=lambda e: str(e.last)))


async def _autoscaler(cluster: Cluster, target: Target, waited_s: float, pace: Pace) -> Rollout | None:
    """Whether the autoscaler has brought its replicas within the new bounds; None when it has."""
    body = await _read(cluster, target)
    if target.kind == AUTOSCALERS[0]:
        return rules.bounded(rules.autoscaler(body), None, waited_s, pace.bounds_s)
    spec = body.get("spec") or {}
    least, most = spec.get("minReplicaCount"), spec.get("maxReplicaCount")
    wanted = (0 if least is None else least, 100 if most is None else most)
    hpa = await _owned(cluster, target, body)
    return rules.bounded(rules.autoscaler(hpa), wanted, waited_s, pace.bounds_s)


async def _owned(cluster: Cluster, target: Target, body: reading.Object) -> reading.Object:
    """The HPA that KEDA keeps for a ScaledObject."""
    name = (body.get("status") or {}).get("hpaName") or f"keda-hpa-{target.name}"
    return await reading.read(cluster, Target(AUTOSCALERS[0], target.namespace, str(name)))


async def _read(cluster: Cluster, target: Target) -> reading.Object:
    """The object by identity. Raises Vanished, SourceError."""
    try:
        body = await reading.read(cluster, target)
    except SourceError as error:
        if error.status == 404:
            raise Vanished(f"{target.words} was deleted while it was followed") from error
        raise
    uid = (body.get("metadata") or {}).get("uid")
    if target.uid and uid != target.uid:
        raise Vanished(f"{target.words} was deleted and made anew while it was followed")
    return body


def _trouble(error: SourceError) -> str:
    """What keeps us from seeing how it goes on."""
    problem = error.problem
    if problem.kind is ProblemKind.UNAUTHORIZED:
        remedy = f" ({problem.remedy})" if problem.remedy else ""
        return f"cannot be followed now: the credentials have run out{remedy}; trying again"
    return f"cannot be followed now: {problem.sentence}; trying again"


def _pause(pace: Pace, failures: int, *, stuck: bool) -> float:
    if failures:
        return float(min(pace.slowest_poll_s, pace.poll_s * 2.0 ** min(failures - 1, 6)))
    return min(pace.slowest_poll_s, pace.poll_s * 3) if stuck else pace.poll_s
