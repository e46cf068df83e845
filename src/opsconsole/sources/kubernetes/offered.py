"""Which kinds a server offers, and in which version: its discovery, read once when a kind was not where it should be.

Source: https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api (aggregated where the server has it).
"""

import asyncio
from typing import Any

from ...model.reading import ProblemKind
from ...text import clock
from ..errors import SourceError
from .cluster import Cluster
from .decode import decode
from .kinds import Kind
from .wire import Meta, Wire

FRESH_S = 5.0
"""Several kinds that are missed at once ask once."""
_AGGREGATED = "application/json;g=apidiscovery.k8s.io;v={};as=APIGroupDiscoveryList"
_ACCEPT = ",".join((_AGGREGATED.format("v2"), _AGGREGATED.format("v2beta1"), "application/json"))


class _Resource(Wire):
    resource: str | None = None
    """Of the aggregated form."""
    name: str | None = None
    """Of the list of one group and version."""


class _Version(Wire):
    version: str | None = None
    resources: list[_Resource] | None = None


class _Group(Wire):
    name: str | None = None
    metadata: Meta | None = None
    """Of the aggregated form: there the name stands in it."""
    versions: list[_Version] | None = None


class _Groups(Wire):
    items: list[_Group] | None = None
    groups: list[_Group] | None = None


class _Resources(Wire):
    resources: list[_Resource] | None = None


class Offered:
    """What one server offers, as it said last."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._lock = asyncio.Lock()
        self._read_at = float("-inf")
        self._served: dict[str, set[str] | None] = {}
        """`/apis/group/version` → its plurals; None where the server only names the version."""

    async def version_of(self, kind: Kind[Any]) -> Kind[Any] | None:
        """The kind in the newest version that is offered, which may be itself; None where it is not. SourceError."""
        async with self._lock:
            if clock.boottime() - self._read_at > FRESH_S:
                self._served = await self._read()
                self._read_at = clock.boottime()
            for one in (kind, *kind.older):
                if one.plural in await self._plurals(one.prefix):
                    return one
        return None

    async def _read(self) -> dict[str, set[str] | None]:
        answer = await self._cluster.get("/apis", needs="get /apis", accept=_ACCEPT)
        told = decode(answer.body, _Groups)
        served: dict[str, set[str] | None] = {}
        for group in (*(told.items or ()), *(told.groups or ())):
            name = group.name or (group.metadata and group.metadata.name) or ""
            for version in group.versions or ():
                plurals = None if version.resources is None else {one.resource or "" for one in version.resources}
                served[f"/apis/{name}/{version.version or ''}"] = plurals
        return served

    async def _plurals(self, prefix: str) -> set[str]:
        """Of one group and version; one that the server does not answer for offers nothing."""
        if prefix not in self._served:
            return set()
        known = self._served[prefix]
        if known is None:
            try:
                answer = await self._cluster.get(prefix, needs=f"get {prefix}")
            except SourceError as error:
                if error.problem.kind is not ProblemKind.MISSING:
                    raise
                known = set()
            else:
                known = {one.name or "" for one in decode(answer.body, _Resources).resources or ()}
            self._served[prefix] = known
        return known
