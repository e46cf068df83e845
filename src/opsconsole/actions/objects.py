"""The desk of the planners: what they know (board, policy, profile), and how they re-read an object from the API."""

import asyncio
from typing import Any

import msgspec

from ..config.settings import Policy, Profile
from ..model.action import Target
from ..model.kubernetes import Hpa, Pod, ReplicaSet, Workload
from ..model.reading import ProblemKind
from ..poller.board import Board
from ..rules.selector import selects
from ..sources.errors import SourceError
from ..sources.kubernetes import convert_hpas, convert_pods, convert_workloads
from ..sources.kubernetes.cluster import Cluster
from ..sources.kubernetes.decode import bad_answer, valid_utf8
from ..sources.kubernetes.share import Shared
from ..sources.kubernetes.wire import HpaWire, PodWire, WorkloadWire
from ..text.clean import clean
from .errors import Refused

Object = dict[str, Any]
"""One object as the API server answers it."""

WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet")
SCALED_OBJECT = "ScaledObject"
"""KEDA's; it owns the HPA that it makes."""
_PLACES: dict[str, tuple[str, str]] = {
    "Deployment": ("/apis/apps/v1", "deployments"),
    "StatefulSet": ("/apis/apps/v1", "statefulsets"),
    "DaemonSet": ("/apis/apps/v1", "daemonsets"),
    "ReplicaSet": ("/apis/apps/v1", "replicasets"),
    "HorizontalPodAutoscaler": ("/apis/autoscaling/v2", "horizontalpodautoscalers"),
    "PodDisruptionBudget": ("/apis/policy/v1", "poddisruptionbudgets"),
    SCALED_OBJECT: ("/apis/keda.sh/v1alpha1", "scaledobjects"),
}
"""Kind → (where its group is served, plural)."""
_PAGE = 500
_PAGES = 8
"""So many pages of a list are read; what lies behind them stays unknown."""
_ASIDE_S = 5.0
"""How long a question may take whose answer only helps to judge."""


class Known(msgspec.Struct, frozen=True, gc=False):
    """Objects that were looked for beside the target; None is unknown, and `why` says why."""

    items: tuple[Object, ...] | None
    why: str = ""


class Desk:
    """What every planner needs. Raises SourceError; Refused where the target is not what was asked for."""

    def __init__(
        self, cluster: Cluster, board: Board, policy: Policy, profile: Profile, profile_name: str = ""
    ) -> None:
        self.cluster = cluster
        self.board = board
        self.policy = policy
        self.profile = profile
        self.profile_name = profile_name

    async def read(self, target: Target) -> Object:
        """The object as it is now: Refused("gone") when there is none, Refused("replaced") when it is another one.

        The name alone never redirects an action: what was deleted and created anew under it is not what was meant.
        """
        await self.cluster.ready()
        if target.context and target.context != self.cluster.context:
            raise Refused("unsupported", f"{name_of(target)} belongs to another context: {clean(target.context, 120)}")
        try:
            body = await self._get(path_of(target), f"get {_place(target.kind)[1]} in {target.namespace}")
        except SourceError as error:
            if error.problem.kind is ProblemKind.FORBIDDEN:
                raise Refused("rights", error.problem.sentence, error.problem.remedy) from error
            if error.problem.kind is not ProblemKind.MISSING:
                raise
            there = "is not there any more" if target.uid else "is not there"
            raise Refused("gone", f"{name_of(target)} {there} in {clean(target.namespace, 80)}") from error
        metadata = body.get("metadata") or {}
        if target.uid and metadata.get("uid") != target.uid:
            since = f" at {metadata['creationTimestamp']}" if metadata.get("creationTimestamp") else ""
            raise Refused(
                "replaced",
                f"{name_of(target)} was deleted and created anew{clean(since)}: this one was not meant",
                "look at the new one, and ask again",
            )
        if metadata.get("deletionTimestamp"):
            raise Refused("gone", f"{name_of(target)} is being deleted")
        return body

    def seen(self, kind: str, raw: Object) -> Target:
        """The identity of an object that was read."""
        metadata = raw.get("metadata") or {}
        return Target(
            kind=kind,
            namespace=str(metadata.get("namespace") or ""),
            name=str(metadata.get("name") or ""),
            uid=str(metadata.get("uid") or ""),
            context=self.cluster.context,
        )

    async def autoscalers(self, target: Target) -> Known:
        """The HPAs that scale the target."""
        return await self._beside("HorizontalPodAutoscaler", target.namespace, lambda item: _scales(item, target))

    async def scaled_objects(self, target: Target) -> Known:
        """KEDA's objects that scale the target; none where the cluster has no KEDA."""
        return await self._beside(SCALED_OBJECT, target.namespace, lambda item: _scales(item, target))

    async def budgets(self, target: Target, labels: dict[str, str]) -> Known:
        """The PodDisruptionBudgets that select the pods with these labels."""

        def meant(item: Object) -> bool:
            return selects((item.get("spec") or {}).get("selector"), labels)

        return await self._beside("PodDisruptionBudget", target.namespace, meant)

    async def replica_sets(self, deployment: Object) -> tuple[Object, ...]:
        """The ReplicaSets that a Deployment owns. Raises SourceError where they cannot all be read."""
        metadata = deployment["metadata"]
        found = await self._listed("ReplicaSet", metadata["namespace"], 15.0)
        return tuple(item for item in found if _owned(item, metadata["uid"]))

    async def _beside(self, kind: str, namespace: str, meant: Any) -> Known:
        """What is missing here is unknown, never assumed absent; only a kind that the cluster lacks is absent."""
        try:
            async with asyncio.timeout(_ASIDE_S):
                found = await self._listed(kind, namespace, _ASIDE_S)
        except TimeoutError:
            return Known(None, "the API server did not answer in time")
        except SourceError as error:
            if kind == SCALED_OBJECT and await self._without_keda(error):
                return Known(())
            return Known(None, error.problem.sentence)
        return Known(tuple(item for item in found if meant(item)))

    async def _without_keda(self, error: SourceError) -> bool:
        """Whether the cluster does not know the kind. Rights come first: who has none is refused what is not there."""
        if error.problem.kind is not ProblemKind.FORBIDDEN:
            return error.problem.kind is ProblemKind.MISSING
        try:
            await self.cluster.get(_place(SCALED_OBJECT)[0], needs="discover keda.sh", timeout_s=_ASIDE_S)
        except SourceError as missing:
            return missing.problem.kind is ProblemKind.MISSING
        return False

    async def _listed(self, kind: str, namespace: str, timeout_s: float) -> list[Object]:
        prefix, plural = _place(kind)
        path, needs = f"{prefix}/namespaces/{namespace}/{plural}", f"list {plural} in {namespace}"
        items: list[Object] = []
        further = ""
        for _ in range(_PAGES):
            query = [("limit", str(_PAGE)), *([("continue", further)] if further else [])]
            answer = await self.cluster.get(path, query, needs=needs, timeout_s=timeout_s)
            page = _decoded(answer.body)
            items += page.get("items") or ()
            further = (page.get("metadata") or {}).get("continue") or ""
            if not further:
                return items
        raise SourceError(ProblemKind.BAD_ANSWER, f"there are more than {_PAGES * _PAGE} {plural} in {namespace}")

    async def _get(self, path: str, needs: str) -> Object:
        answer = await self.cluster.get(path, needs=needs)
        return _decoded(answer.body)


def path_of(target: Target, subresource: str = "") -> str:
    """Where the API serves it."""
    prefix, plural = _place(target.kind)
    path = f"{prefix}/namespaces/{target.namespace}/{plural}/{target.name}"
    return f"{path}/{subresource}" if subresource else path


def resource_of(target: Target, subresource: str = "") -> str:
    """As an access review names it: `deployments.apps/scale`."""
    prefix, plural = _place(target.kind)
    return f"{plural}.{prefix.split('/')[2]}" + (f"/{subresource}" if subresource else "")


def plural_of(target: Target) -> str:
    return _place(target.kind)[1]


def name_of(target: Target) -> str:
    """`deployment/api`, fit for the screen."""
    return clean(target.words, 120)


def workload(kind: str, raw: Object) -> Workload:
    """The row of a workload that was read. Raises SourceError where it cannot be understood."""
    made = {
        "Deployment": convert_workloads.deployment,
        "StatefulSet": convert_workloads.stateful_set,
        "DaemonSet": convert_workloads.daemon_set,
    }
    return made[kind](_typed(raw, WorkloadWire), Shared())


def replica_set(raw: Object) -> ReplicaSet:
    return convert_workloads.replica_set(_typed(raw, WorkloadWire), Shared())


def hpa(raw: Object) -> Hpa:
    return convert_hpas.hpa(_typed(raw, HpaWire), Shared())


def pod_of(template: Object) -> Pod:
    """A pod as the template would make it: what it requests is what counts."""
    try:
        return convert_pods.pod(_typed({"spec": template.get("spec") or {}}, PodWire), Shared())
    except ValueError as error:
        raise bad_answer(b"", error) from error


def _typed(raw: Object, wire: Any) -> Any:
    try:
        return msgspec.convert(raw, wire)
    except msgspec.ValidationError as error:
        raise bad_answer(b"", error) from error


def _decoded(body: bytes) -> Object:
    try:
        found = msgspec.json.decode(valid_utf8(body))
    except msgspec.DecodeError as error:
        raise bad_answer(body, error) from error
    if not isinstance(found, dict):
        raise bad_answer(body)
    return found


def _place(kind: str) -> tuple[str, str]:
    place = _PLACES.get(kind)
    if place is None:
        raise Refused("unsupported", f"nothing can be done to a {clean(kind, 40)} from here")
    return place


def _scales(item: Object, target: Target) -> bool:
    """Whether an autoscaler's scaleTargetRef names the target; KEDA's may leave the kind out."""
    reference = (item.get("spec") or {}).get("scaleTargetRef") or {}
    return (reference.get("kind") or "Deployment", reference.get("name")) == (target.kind, target.name)


def _owned(item: Object, uid: str) -> bool:
    owners = (item.get("metadata") or {}).get("ownerReferences") or ()
    return any(owner.get("controller") and owner.get("uid") == uid for owner in owners)
