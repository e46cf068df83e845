"""One object as the API server holds it, read when somebody asks for it: for `y`, `d` and the pages of an object."""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import msgspec

from ...model.reading import ProblemKind
from ...rules.object_shown import shown
from ...text.clean import clean
from ...text.yaml_text import to_yaml
from ..errors import SourceError
from ..executor import DaemonExecutor
from .decode import valid_utf8

if TYPE_CHECKING:
    # screens import this module before the first paint: what reaches the network comes later
    from .cluster import Cluster

Object = Mapping[str, Any]
P = ParamSpec("P")
T = TypeVar("T")

SMALL = 24 * 1024
"""Bytes of an answer that are decoded at once: less than a millisecond. Larger ones are in a thread."""
_PAGE = 500
_MOST_PAGES = 40
_threads = DaemonExecutor("kubernetes-object", 1)


class Place(msgspec.Struct, frozen=True, gc=False):
    """Where objects of a kind are served."""

    prefix: str
    plural: str
    namespaced: bool = True

    def path(self, namespace: str, name: str = "") -> str:
        scope = f"/namespaces/{namespace}" if self.namespaced and namespace else ""
        return f"{self.prefix}{scope}/{self.plural}" + (f"/{name}" if name else "")

    def needs(self, verb: str, namespace: str) -> str:
        """The right in words: `get deployments in shop`."""
        where = f" in {namespace or 'all namespaces'}" if self.namespaced else ""
        return f"{verb} {self.plural}{where}"


PLACES: dict[str, Place] = {
    "Pod": Place("/api/v1", "pods"),
    "Node": Place("/api/v1", "nodes", False),
    "Namespace": Place("/api/v1", "namespaces", False),
    "Service": Place("/api/v1", "services"),
    "Event": Place("/api/v1", "events"),
    "ConfigMap": Place("/api/v1", "configmaps"),
    "Secret": Place("/api/v1", "secrets"),
    "ResourceQuota": Place("/api/v1", "resourcequotas"),
    "LimitRange": Place("/api/v1", "limitranges"),
    "PersistentVolumeClaim": Place("/api/v1", "persistentvolumeclaims"),
    "Deployment": Place("/apis/apps/v1", "deployments"),
    "ReplicaSet": Place("/apis/apps/v1", "replicasets"),
    "StatefulSet": Place("/apis/apps/v1", "statefulsets"),
    "DaemonSet": Place("/apis/apps/v1", "daemonsets"),
    "ControllerRevision": Place("/apis/apps/v1", "controllerrevisions"),
    "Job": Place("/apis/batch/v1", "jobs"),
    "CronJob": Place("/apis/batch/v1", "cronjobs"),
    "HorizontalPodAutoscaler": Place("/apis/autoscaling/v2", "horizontalpodautoscalers"),
    "PodDisruptionBudget": Place("/apis/policy/v1", "poddisruptionbudgets"),
    "EndpointSlice": Place("/apis/discovery.k8s.io/v1", "endpointslices"),
    "Lease": Place("/apis/coordination.k8s.io/v1", "leases"),
    "ScaledObject": Place("/apis/keda.sh/v1alpha1", "scaledobjects"),
    "Rollout": Place("/apis/argoproj.io/v1alpha1", "rollouts"),
}
"""By kind; of those that the console names somewhere."""


class Yaml(msgspec.Struct, frozen=True, gc=False):
    text: str
    left_out: tuple[str, ...] = ()
    """In words: what is not shown."""


def place_of(kind: str) -> Place:
    """Raises SourceError where the console does not know where such objects are."""
    if kind not in PLACES:
        raise SourceError(ProblemKind.MISSING, f"the console does not know where objects of kind {clean(kind, 80)} are")
    return PLACES[kind]


async def read_object(cluster: "Cluster", kind: str, namespace: str, name: str) -> Object:
    """The object of that name. Raises SourceError."""
    return await _worked(await _bytes(cluster, kind, namespace, name), _decoded, kind)


async def read_yaml(cluster: "Cluster", kind: str, namespace: str, name: str) -> Yaml:
    """The same as text. Raises SourceError."""
    return await aside(_written, await _bytes(cluster, kind, namespace, name), kind)


async def read_list(
    cluster: "Cluster", kind: str, namespace: str, *, labels: str = "", fields: str = ""
) -> tuple[Object, ...]:
    """All objects that match both selectors, in pages. Raises SourceError."""
    place = place_of(kind)
    found: list[Object] = []
    token = ""
    for _ in range(_MOST_PAGES):
        query = [("limit", str(_PAGE)), ("labelSelector", labels), ("fieldSelector", fields), ("continue", token)]
        answer = await cluster.get(
            place.path(namespace), [(key, value) for key, value in query if value], needs=place.needs("list", namespace)
        )
        page = await _worked(answer.body, _decoded, kind)
        found += [item for item in page.get("items") or () if isinstance(item, Mapping)]
        token = str((page.get("metadata") or {}).get("continue") or "")
        if not token:
            break
    return tuple(found)


async def _bytes(cluster: "Cluster", kind: str, namespace: str, name: str) -> bytes:
    place = place_of(kind)
    try:
        answer = await cluster.get(place.path(namespace, name), needs=place.needs("get", namespace))
    except SourceError as error:
        if error.problem.kind is not ProblemKind.MISSING:
            raise
        where = f" in {clean(namespace, 80)}" if namespace and place.namespaced else ""
        raise SourceError(
            ProblemKind.MISSING, f"{kind.lower()}/{clean(name, 253)} is not there any more{where}"
        ) from error
    return answer.body


async def _worked(body: bytes, work: Callable[[bytes, str], T], kind: str) -> T:
    """Large answers are worked on in a thread: nothing may hold the loop."""
    return work(body, kind) if len(body) <= SMALL else await aside(work, body, kind)


async def aside(work: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
    """Work on what was read in a thread."""
    return await asyncio.get_running_loop().run_in_executor(_threads, partial(work, *args, **named))


def _decoded(body: bytes, kind: str) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(valid_utf8(body))
    except (msgspec.DecodeError, RecursionError) as error:
        raise SourceError(ProblemKind.BAD_ANSWER, f"the answer cannot be read: {clean(str(error), 120)}") from error
    if not isinstance(found, dict):
        raise SourceError(ProblemKind.BAD_ANSWER, "the answer is no object")
    if "items" not in found:
        found.setdefault("kind", kind)
    return found


def _written(body: bytes, kind: str) -> Yaml:
    return as_yaml(_decoded(body, kind))


def as_yaml(body: Object) -> Yaml:
    """An object as text: of a large one in a thread, please."""
    seen = shown(body)
    return Yaml(to_yaml(seen.body), seen.left_out)
