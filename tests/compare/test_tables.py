"""Row by row and column by column: the console says of a real cluster what `kubectl get` says of it."""

from collections.abc import Mapping

import msgspec
import pytest

from .conftest import Both, settled
from .kubectl import Row, same_age
from .objects import NAMESPACE
from .pod_cases import CASES
from .same import Same, aged, alike, different, equal, part

pytestmark = pytest.mark.asyncio(loop_scope="package")


class Table(msgspec.Struct, frozen=True):
    """One of kubectl's tables, the list of ours that says the same, and how; `same` by kubectl's heading."""

    view: str
    same: Mapping[str, Same]
    kind: str = ""
    """Of the workloads those of this kind."""
    own: bool = False
    """In the namespace of these tests only: elsewhere a list of ours leaves out what another row stands for."""


def restarts(ours: Row, theirs: Row) -> bool:
    """`7 (4m ago)`: our number and, in a column of its own, how the last one ended and when."""
    number, _, when = theirs["RESTARTS"].partition(" (")
    if ours["restarts"] != number or not when:
        return ours["restarts"] == number
    return same_age(ours["last"].rpartition(" · ")[2], when.removesuffix(" ago)"))


def state(**words: str) -> Same:
    """kubectl's word is one of those with which our judgement begins; a failed job's judgement says why it failed."""
    return lambda ours, theirs: ours["state"].startswith(tuple(words[theirs["STATUS"]].split("|")))


def completions(ours: Row, theirs: Row) -> bool:
    """kubectl's `0/1 of 2`: two pods work until one of them has ended well."""
    return ours["done"] == theirs["COMPLETIONS"].partition(" of ")[0]


def schedule(ours: Row, theirs: Row) -> bool:
    zone = "" if theirs["TIMEZONE"] == "<none>" else f" {theirs['TIMEZONE']}"
    return ours["schedule"] == theirs["SCHEDULE"] + zone


def scheduled(ours: Row, theirs: Row) -> bool:
    said = theirs["LAST SCHEDULE"]
    return ours["last"] == "never" if said == "<none>" else same_age(ours["last"], said)


def metrics(ours: Row, theirs: Row) -> bool:
    """`cpu: 50%/50%, 0/1500m (avg) + 1 more...`: the same figures, of all metrics and not of two only."""
    said = theirs["TARGETS"].partition(" + ")[0].replace("<unknown>", "unknown").replace("1500m", "1.5")
    figures = [next(word for word in metric.split() if "/" in word) for metric in said.split(", ")]
    return all(figure.replace("%", "") in ours["metrics"].split() for figure in figures)


def kernel(ours: Row, theirs: Row) -> bool:
    """kubectl puts the architecture behind it."""
    said = theirs["KERNEL-VERSION"].partition(" (")[0]
    return said == ours["kernel"] or (said == "<unknown>" and ours["kernel"] == "-")


def outside(ours: Row, theirs: Row) -> bool:
    """kubectl sorts what a load balancer has, and says that it waits for it."""
    said = theirs["EXTERNAL-IP"]
    wanted = "-" if said in ("<none>", "<pending>") else said
    return sorted(ours["external"].split(",")) == sorted(wanted.split(","))


def selected(ours: Row, theirs: Row) -> bool:
    return ours["selector"].startswith("nothing") if theirs["SELECTOR"] == "<none>" else equal(
        "SELECTOR", "selector")(ours, theirs)  # fmt: skip


def phase(ours: Row, theirs: Row) -> bool:
    """Active is what needs no word."""
    return ours["state"].lower().startswith("terminating") == (theirs["STATUS"] == "Terminating")


def shares(ours: Row, theirs: Row) -> bool:
    """kubectl shows requests and limits apart."""
    wanted = [line.replace(": ", " ") for line in f"{theirs['REQUEST']}, {theirs['LIMIT']}".split(", ") if line]
    return sorted(ours["lines"].split("  ")) == sorted(wanted)


WIDE = {"CONTAINERS": equal("CONTAINERS", "containers"), "IMAGES": equal("IMAGES", "images")}
AGE = {"AGE": aged("AGE", "age")}
RUNS = {"UP-TO-DATE": equal("UP-TO-DATE", "updated"), "AVAILABLE": equal("AVAILABLE", "available")}
JOB = state(Complete="complete|ok", Failed="failed", Suspended="suspended", Running="running|ok|starting")

TABLES: dict[str, Table] = {
    "pods": Table("pods", {
        "READY": equal("READY", "ready"), "STATUS": equal("STATUS", "status"), "RESTARTS": restarts,
        "NODE": equal("NODE", "node"), "IP": equal("IP", "ip"), "READINESS GATES": equal("READINESS GATES", "gates"),
        "NOMINATED NODE": equal("NOMINATED NODE", "nominated"), **AGE,
    }),
    "deployments": Table("workloads", {
        "READY": equal("READY", "ready"), "SELECTOR": equal("SELECTOR", "selector"), **RUNS, **WIDE, **AGE,
    }, kind="Deployment"),
    "statefulsets": Table("workloads", {"READY": equal("READY", "ready"), **WIDE, **AGE}, kind="StatefulSet"),
    "daemonsets": Table("workloads", {
        "DESIRED": part("DESIRED", "ready", 1), "READY": part("READY", "ready", 0),
        "SELECTOR": equal("SELECTOR", "selector"), **RUNS, **WIDE, **AGE,
    }, kind="DaemonSet"),
    "replicasets": Table("replicasets", {
        "DESIRED": part("DESIRED", "ready", 1), "READY": part("READY", "ready", 0), **AGE,
    }),
    "jobs": Table("jobs", {"STATUS": JOB, "COMPLETIONS": completions, **AGE}, own=True),
    "cronjobs": Table("cronjobs", {
        "SCHEDULE": schedule, "ACTIVE": equal("ACTIVE", "active"), "LAST SCHEDULE": scheduled,
        "SUSPEND": lambda ours, theirs: (ours["suspended"] == "yes") == (theirs["SUSPEND"] == "True"), **AGE,
    }),
    "horizontalpodautoscalers": Table("hpas", {
        "REFERENCE": alike("REFERENCE", "target"), "TARGETS": metrics, "MINPODS": equal("MINPODS", "minimum"),
        "MAXPODS": equal("MAXPODS", "maximum"), "REPLICAS": equal("REPLICAS", "replicas"),
        "AGE": aged("AGE", "created"),
    }),
    "nodes": Table("nodes", {
        "STATUS": equal("STATUS", "status"), "ROLES": equal("ROLES", "roles"), "VERSION": equal("VERSION", "version"),
        "INTERNAL-IP": equal("INTERNAL-IP", "internal"), "EXTERNAL-IP": equal("EXTERNAL-IP", "external"),
        "OS-IMAGE": equal("OS-IMAGE", "os"), "KERNEL-VERSION": kernel,
        "CONTAINER-RUNTIME": equal("CONTAINER-RUNTIME", "runtime"), **AGE,
    }),
    "poddisruptionbudgets": Table("budgets", {
        "MIN AVAILABLE": equal("MIN AVAILABLE", "minimum"), "MAX UNAVAILABLE": equal("MAX UNAVAILABLE", "most"),
        "ALLOWED DISRUPTIONS": equal("ALLOWED DISRUPTIONS", "allowed"), **AGE,
    }),
    "services": Table("services", {
        "TYPE": equal("TYPE", "type"), "CLUSTER-IP": equal("CLUSTER-IP", "ip"), "EXTERNAL-IP": outside,
        "PORT(S)": equal("PORT(S)", "ports"), "SELECTOR": selected, **AGE,
    }),
    "namespaces": Table("namespaces", {"STATUS": phase, **AGE}),
    "resourcequotas": Table("quotas", {"REQUEST": shares, **AGE}),
    "persistentvolumeclaims": Table("claims", {
        "STATUS": equal("STATUS", "status"), "VOLUME": equal("VOLUME", "volume"),
        "CAPACITY": equal("CAPACITY", "capacity"), "ACCESS MODES": equal("ACCESS MODES", "modes"),
        "STORAGECLASS": equal("STORAGECLASS", "class"), **AGE,
    }),
}  # fmt: skip


@pytest.mark.parametrize("resource", TABLES)
async def test_what_kubectl_prints(both: Both, resource: str) -> None:
    table = TABLES[resource]
    scope = ("-n", NAMESPACE) if table.own else ("-A",)

    async def look() -> list[str]:
        told = await both.theirs(resource, *scope, "-o", "wide")
        theirs = {f"{row.get('NAMESPACE', NAMESPACE if table.own else '')}/{row['NAME']}": row for row in told}
        ours = {
            name: cells
            for uid, name, cells in await both.ours(table.view)
            if table.kind in ("", both.kind_of(uid)) and (not table.own or name.startswith(f"{NAMESPACE}/"))
        }
        return different(theirs, ours, table.same)

    await settled(look)


async def test_every_pod_reads_as_it_was_meant(both: Both) -> None:
    """So that the comparison is one of all the words that there are."""

    async def look() -> list[str]:
        rows = {row["NAME"]: row for row in await both.theirs("pods", "-n", NAMESPACE, "-o", "wide")}
        said = {name: f"{rows[name]['READY']} {rows[name]['STATUS']} {rows[name]['RESTARTS']}" for name in CASES}
        meant = {name: case.says for name, case in CASES.items()}
        wrong = [f"{name}: {said[name]} for {meant[name]}" for name in CASES if not _as_meant(said[name], meant[name])]
        gates = {name: rows[name]["READINESS GATES"] for name, case in CASES.items() if case.gates}
        return wrong + [f"{name}: gates {told}" for name, told in gates.items() if told != CASES[name].gates]

    await settled(look)


async def test_endpoints(both: Both) -> None:
    """A row of kubectl's is a slice, which counts the addresses that it has no room for; one of ours an address."""

    async def look() -> list[str]:
        told = await both.theirs("endpointslices", "-n", NAMESPACE)
        shown = {
            (f"{NAMESPACE}/{row['NAME'].rpartition('-')[0]}", row["PORTS"], address)
            for row in told
            if row["ENDPOINTS"] != "<unset>"
            for address in row["ENDPOINTS"].split(",")
        }
        ours = {
            (f"{cells['namespace']}/{cells['service']}", cells["ports"], cells["address"])
            for _, _, cells in await both.ours("endpoints")
            if cells["namespace"] == NAMESPACE
        }
        return [] if shown and shown == ours else [f"kubectl: {sorted(shown)}", f"ours: {sorted(ours)}"]

    await settled(look)


async def test_events_and_ages_of_every_length(both: Both) -> None:
    same = {
        "LAST SEEN": aged("LAST SEEN", "last"), "TYPE": equal("TYPE", "type"), "REASON": equal("REASON", "reason"),
        "OBJECT": equal("OBJECT", "object"), "MESSAGE": equal("MESSAGE", "message"),
        "FIRST SEEN": aged("FIRST SEEN", "first"), "COUNT": equal("COUNT", "count"),
        "SUBOBJECT": equal("SUBOBJECT", "part"),
    }  # fmt: skip

    async def look() -> list[str]:
        uids = await both.theirs("events", "-n", NAMESPACE, "-o", "custom-columns=N:.metadata.name,UID:.metadata.uid")
        uid_of = {row["N"]: row["UID"] for row in uids}
        told = await both.theirs("events", "-n", NAMESPACE, "-o", "wide")
        theirs = {uid_of.get(row["NAME"], row["NAME"]): row for row in told}
        ours = {uid: cells for uid, _, cells in await both.ours("events") if cells["namespace"] == NAMESPACE}
        return different(theirs, ours, same)

    await settled(look)


def _as_meant(said: str, meant: str) -> bool:
    (text, _, when), (meant_text, _, meant_when) = said.partition(" ("), meant.partition(" (")
    ages = (meant_when.removesuffix(" ago)"), when.removesuffix(" ago)"))
    return text == meant_text and bool(when) == bool(meant_when) and (not when or same_age(*ages, slack_s=300))
