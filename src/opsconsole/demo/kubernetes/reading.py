"""get and list: pages at one version, selectors, usage."""

import base64
import binascii
from typing import Any

import msgspec

from opsconsole.demo.kubernetes.cluster import SimulatedCluster
from opsconsole.demo.kubernetes.errors import (
    ApiError,
    bad_request,
    expired_continue,
    failure,
    not_found,
    too_large,
    too_old,
)  # fmt: skip
from opsconsole.demo.kubernetes.requests import Asked
from opsconsole.demo.kubernetes.resources import NODE_METRICS, NODES, POD_METRICS, PODS
from opsconsole.demo.kubernetes.selectors import matcher
from opsconsole.demo.kubernetes.store import Body, Compacted, Stored

_FROM_NOW = -1
"""In a continue token: go on with the newest version instead of the first page's."""


def get(cluster: SimulatedCluster, asked: Asked) -> Stored:
    """One object. Raises 404."""
    if asked.resource in (POD_METRICS, NODE_METRICS):
        found = next((each for each in _usage(cluster, asked) if each.body["metadata"]["name"] == asked.name), None)
        of = PODS if asked.resource is POD_METRICS else NODES
        if found is None and cluster.store.get(of.key, asked.namespace, asked.name) is None:
            raise not_found(of, asked.name)
    else:
        namespace = asked.namespace if asked.resource.namespaced else ""
        found = cluster.store.get(asked.resource.key, namespace, asked.name)
    if found is None:
        raise not_found(asked.resource, asked.name)
    return found


def list_page(cluster: SimulatedCluster, asked: Asked) -> tuple[list[Stored], Body]:
    """(the objects of one page, the list's metadata). Raises 400, 410 or 504."""
    matches = matcher(asked.resource, asked.query.get("labelSelector", ""), asked.query.get("fieldSelector", ""))
    if asked.resource in (POD_METRICS, NODE_METRICS):
        return [each for each in _usage(cluster, asked) if matches(each.body)], {}
    token, limit = asked.query.get("continue", ""), asked.number("limit") or 0
    wanted = parse_version(asked.query.get("resourceVersion", ""))
    if token:
        objects, version = _continued(cluster, asked, token)
    else:
        objects, version = _fresh(cluster, asked, wanted)
        if wanted == 0:
            limit = 0  # answered from the watch cache, which pays no heed to limits
    found = [each for each in objects if matches(each.body)]
    metadata: Body = {"resourceVersion": str(version)}
    if limit and len(found) > limit:
        metadata["continue"] = _token(version, found[limit - 1])
        if not asked.query.get("labelSelector") and not asked.query.get("fieldSelector"):
            metadata["remainingItemCount"] = len(found) - limit
        found = found[:limit]
    return found, metadata


def parse_version(text: str) -> int | None:
    """A resourceVersion parameter, None when it is not given. Raises the real server's 500 for nonsense."""
    if not text:
        return None
    try:
        return int(text)
    except ValueError as error:
        message = f'resourceVersion: Invalid value: "{text}": strconv.ParseUint: parsing "{text}": invalid syntax'
        raise failure(500, "", message) from error


def _fresh(cluster: SimulatedCluster, asked: Asked, wanted: int | None) -> tuple[list[Stored], int]:
    store = cluster.store
    if wanted is not None and wanted > store.version:
        raise too_large(wanted, store.version)
    if asked.query.get("resourceVersionMatch") == "Exact" and wanted:
        try:
            return _in_namespace(store.snapshot(asked.resource.key, wanted), asked), wanted
        except Compacted as error:
            raise too_old(wanted, error.oldest) from error
    return _in_namespace(list(store.items(asked.resource.key)), asked), store.version


def _continued(cluster: SimulatedCluster, asked: Asked, token: str) -> tuple[list[Stored], int]:
    version, last = _read_token(token)
    store = cluster.store
    if version == _FROM_NOW:
        objects, version = list(store.items(asked.resource.key)), store.version
    else:
        try:
            objects = store.snapshot(asked.resource.key, version)
        except Compacted as error:
            raise _expired(last) from error
    return [each for each in _in_namespace(objects, asked) if each.name > last], version


def _in_namespace(objects: list[Stored], asked: Asked) -> list[Stored]:
    if not asked.namespace or not asked.resource.namespaced:
        return objects
    return [each for each in objects if each.name[0] == asked.namespace]


def _token(version: int, last: Stored) -> str:
    return _write_token(version, "/".join(last.name))


def _write_token(version: int, last: str) -> str:
    text = msgspec.json.encode({"v": "meta.k8s.io/v1", "rv": version, "start": f"{last}\0"})
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def _read_token(token: str) -> tuple[int, tuple[str, str]]:
    try:
        decoded: Any = msgspec.json.decode(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        namespace, _, name = decoded["start"].removesuffix("\0").partition("/")
        return int(decoded["rv"]), (namespace, name)
    except (binascii.Error, msgspec.DecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise bad_request(f"invalid continue token: continue key is not valid: {error}") from error


def _expired(last: tuple[str, str]) -> ApiError:
    return expired_continue(_write_token(_FROM_NOW, "/".join(last)))


def _usage(cluster: SimulatedCluster, asked: Asked) -> list[Stored]:
    if asked.resource is NODE_METRICS:
        return [Stored(body) for body in cluster.usage.node_metrics()]
    return [Stored(body) for body in cluster.usage.pod_metrics(asked.namespace)]
