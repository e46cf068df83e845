"""Budgets, services, endpoints, namespaces, quotas and claims: what is held of them is what `kubectl get` prints."""

from collections.abc import Callable
from typing import Any

import pytest

from opsconsole.model.kubernetes import Budget, Claim, EndpointSlice, Namespace, Quota, Service
from opsconsole.poller.topics import BUDGETS, CLAIMS, ENDPOINTS, K8S_SERVICES, NAMESPACES, QUOTAS, Topic
from opsconsole.text import clock, units

from .conftest import Both, alike
from .kubectl import Row
from .same import Same, aged, different, equal, name_of

pytestmark = pytest.mark.asyncio(loop_scope="package")


def budget(one: Budget) -> Row:
    return {
        "least": one.minimum or "N/A", "most": one.most_unavailable or "N/A",
        "allowed": units.UNKNOWN if one.allowed is None else str(one.allowed),
    }  # fmt: skip


def service(one: Service) -> Row:
    return {
        "type": one.type, "address": one.cluster_ip or "<none>", "ports": ",".join(one.ports) or "<none>",
        "outside": ",".join(one.external), "selector": ",".join(f"{k}={v}" for k, v in one.selector) or "<none>",
    }  # fmt: skip


def outside(ours: Row, theirs: Row) -> bool:
    """kubectl sorts what a load balancer has, and says that it waits for it."""
    said = theirs["EXTERNAL-IP"]
    wanted = "" if said in ("<none>", "<pending>") else said
    return sorted(ours["outside"].split(",")) == sorted(wanted.split(","))


def endpoint_slice(one: EndpointSlice) -> Row:
    return {"ports": ",".join(one.ports) or "<unset>",
            "addresses": ",".join(each.address for each in one.endpoints) or "<unset>"}  # fmt: skip


def first_addresses(ours: Row, theirs: Row) -> bool:
    """kubectl shows three and counts the others."""
    shown, _, more = theirs["ENDPOINTS"].partition(" + ")
    count = len(shown.split(",")) + (int(more.split()[0]) if more else 0)
    return ours["addresses"].startswith(shown) and len(ours["addresses"].split(",")) == count


def namespace(one: Namespace) -> Row:
    return {"phase": one.phase}


def quota(one: Quota) -> Row:
    """kubectl shows what the controller has counted, requests and limits apart."""
    lines = {line.resource: f"{line.resource}: {line.used_text}/{line.hard_text}" for line in one.lines}
    limits = [text for resource, text in lines.items() if resource.startswith("limits.")]
    return {"requests": ", ".join(text for text in lines.values() if text not in limits), "limits": ", ".join(limits)}


def claim(one: Claim) -> Row:
    return {
        "phase": "Terminating" if one.deleting else one.phase, "volume": one.volume, "capacity": one.capacity,
        "modes": ",".join(one.modes), "class": one.storage_class,
    }  # fmt: skip


KINDS: dict[str, tuple[Topic[Any], Callable[[Any], Row], dict[str, Same]]] = {
    "poddisruptionbudgets": (BUDGETS, budget, {
        "MIN AVAILABLE": equal("MIN AVAILABLE", "least"), "MAX UNAVAILABLE": equal("MAX UNAVAILABLE", "most"),
        "ALLOWED DISRUPTIONS": equal("ALLOWED DISRUPTIONS", "allowed"),
    }),
    "services": (K8S_SERVICES, service, {
        "TYPE": equal("TYPE", "type"), "CLUSTER-IP": equal("CLUSTER-IP", "address"), "EXTERNAL-IP": outside,
        "PORT(S)": equal("PORT(S)", "ports"), "SELECTOR": equal("SELECTOR", "selector"),
    }),
    "endpointslices": (ENDPOINTS, endpoint_slice, {
        "PORTS": equal("PORTS", "ports"), "ENDPOINTS": first_addresses,
    }),
    "namespaces": (NAMESPACES, namespace, {"STATUS": equal("STATUS", "phase")}),
    "resourcequotas": (QUOTAS, quota, {"REQUEST": equal("REQUEST", "requests"), "LIMIT": equal("LIMIT", "limits")}),
    "persistentvolumeclaims": (CLAIMS, claim, {
        "STATUS": equal("STATUS", "phase"), "VOLUME": equal("VOLUME", "volume"),
        "CAPACITY": equal("CAPACITY", "capacity"), "ACCESS MODES": equal("ACCESS MODES", "modes"),
        "STORAGECLASS": equal("STORAGECLASS", "class"),
    }),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
async def test_other_kinds(both: Both, kind: str) -> None:
    topic, row, same = KINDS[kind]

    def ours() -> dict[str, Row]:
        found = {}
        for one in both.rows(topic).values():
            name = one.name if kind == "namespaces" else f"{one.namespace}/{one.name}"
            found[name] = row(one) | {"age": units.age(one.created, clock.now())}
        return found

    async def look() -> list[str]:
        told = await both.table(kind, "-A", "-o", "wide")
        theirs = {row["NAME"] if kind == "namespaces" else name_of(row): row for row in told}
        return different(theirs, ours(), same | {"AGE": aged("AGE", "age")})

    await alike(look)
