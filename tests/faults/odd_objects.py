"""Objects as no API server should send them: one of each kind, spoilt in one place after the other."""

import copy
import json
import re
import time
from collections.abc import Iterator
from typing import Any

from opsconsole.demo.kubernetes import SimulatedCluster, resources
from opsconsole.sources.kubernetes import kinds
from opsconsole.sources.kubernetes.kinds import Kind
from tests.demo.kubernetes.running import load

Object = dict[str, Any]
LIVED_S = 120
"""After so many seconds of its time a simulated cluster holds pods, events and finished jobs."""
LONG = "n" * 253
WILD = "\x1b[31mred\x07\u202e[bold]x[/]\r\n"

KINDS: dict[Kind[Any], resources.Resource] = {
    kinds.PODS: resources.PODS,
    kinds.DEPLOYMENTS: resources.DEPLOYMENTS,
    kinds.STATEFUL_SETS: resources.STATEFUL_SETS,
    kinds.DAEMON_SETS: resources.DAEMON_SETS,
    kinds.REPLICA_SETS: resources.REPLICA_SETS,
    kinds.JOBS: resources.JOBS,
    kinds.CRON_JOBS: resources.CRON_JOBS,
    kinds.HPAS: resources.HPAS,
    kinds.NODES: resources.NODES,
    kinds.EVENTS: resources.EVENTS,
    kinds.CONFIG_MAPS: resources.CONFIG_MAPS,
    kinds.BUDGETS: resources.DISRUPTION_BUDGETS,
    kinds.SERVICES: resources.SERVICES,
    kinds.QUOTAS: resources.RESOURCE_QUOTAS,
    kinds.ENDPOINTS: resources.ENDPOINT_SLICES,
    kinds.NAMESPACES: resources.NAMESPACES,
    kinds.CLAIMS: resources.PERSISTENT_VOLUME_CLAIMS,
}

_TIME = re.compile(r"\d{4}-\d\d-\d\dT")
_QUANTITY = re.compile(r"\d+(\.\d+)?([numkMGTPE]i?)?")


def samples() -> dict[Kind[Any], Object]:
    """The largest object of each kind that a simulated cluster holds; a kind of which it holds none is left out."""
    cluster = SimulatedCluster(1, time.time(), autoscale_s=5.0, scrape_s=5.0)
    for _ in range(LIVED_S):
        cluster.step(cluster.now + 1.0, load(cluster.now + 1.0))
    found = {}
    for kind, resource in KINDS.items():
        bodies = [stored.body for stored in cluster.store.items(resource.key)]
        if bodies:
            found[kind] = json.loads(json.dumps(max(bodies, key=lambda body: len(json.dumps(body)))))
    return found


def spoilt(whole: Object) -> Iterator[Object]:
    """The same object again and again, each time with one value wrong and a uid of its own."""
    number = 0
    for path in list(_paths(whole, ())):
        for wrong in _wrongs(_at(whole, path), path):
            made = copy.deepcopy(whole)
            _put(made, path, wrong)
            number += 1
            meta = made.get("metadata")
            if isinstance(meta, dict) and path != ("metadata", "uid"):
                meta["uid"] = f"{meta.get('uid')}-{number}"
            yield made


class _Missing:
    pass


MISSING = _Missing()


def _wrongs(value: Any, path: tuple[Any, ...]) -> Iterator[Any]:
    yield None
    if path[-1:] and isinstance(path[-1], str):
        yield MISSING
    if isinstance(value, bool):
        yield from (not value, "true", 1)
    elif isinstance(value, int):
        yield from (-1, 0, 2**63 - 1, 10**30, str(value), 1.5, 1e300)
    elif isinstance(value, str) and _TIME.match(value):
        yield from ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00", "2999-01-01T00:00:00Z",
                    "0000-00-00T00:00:00Z", "", 17)  # fmt: skip
    elif isinstance(value, str):
        yield from ("", "SomethingNew", LONG, WILD, 17)
        if _QUANTITY.fullmatch(value):
            yield from ("-5", "1e400", "nan", "inf", "1e-400", 7, 1e300)
    elif isinstance(value, list):
        yield from ([], [None], {}, "text")
    elif isinstance(value, dict):
        yield from ({}, [], "text", {**value, WILD: WILD, LONG: None, "big": "x" * 2**20})


def _paths(value: Any, at: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    if at:
        yield at
    if isinstance(value, dict):
        for key, held in value.items():
            if key != "managedFields":
                yield from _paths(held, (*at, key))
    elif isinstance(value, list) and value:
        # one of a list stands for all of it
        yield from _paths(value[0], (*at, 0))


def _at(thing: Any, path: tuple[Any, ...]) -> Any:
    for part in path:
        thing = thing[part]
    return thing


def _put(thing: Any, path: tuple[Any, ...], value: Any) -> None:
    inner = _at(thing, path[:-1])
    if isinstance(value, _Missing):
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
