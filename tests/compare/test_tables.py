"""Row by row and column by column: the console says of a real cluster what `kubectl get` says of it."""

import pytest

from opsconsole.model.kubernetes import Event, Hpa, Node, Pod, ReplicaSet, Workload
from opsconsole.poller.topics import EVENTS, HPAS, NODES, PODS, REPLICA_SETS, WORKLOADS
from opsconsole.rules.hpa_prediction import Around
from opsconsole.screens import pod_columns as shown
from opsconsole.screens.workload_rows import workload_row
from opsconsole.text import clock, units

from .conftest import Both, alike, cells
from .kubectl import Row, same_age
from .objects import NAMESPACE
from .pod_cases import CASES
from .same import Same, aged, different, equal, name_of, or_dash

pytestmark = pytest.mark.asyncio(loop_scope="package")


def restarts(ours: Row, theirs: Row) -> bool:
    """`7 (4m ago)`: our number and, in a column of its own, how the last one ended and when."""
    number, _, when = theirs["RESTARTS"].partition(" (")
    if ours["restarts"] != number or not when:
        return ours["restarts"] == number
    return same_age(ours["last"].rpartition(" · ")[2], when.removesuffix(" ago)"))


async def test_pods(both: Both) -> None:
    columns = shown.pod_columns(dict)
    same = {
        "READY": equal("READY", "ready"), "STATUS": equal("STATUS", "status"), "RESTARTS": restarts,
        "AGE": aged("AGE", "age"), "NODE": or_dash("NODE", "node"), "IP": or_dash("IP", "ip"),
    }  # fmt: skip

    async def look() -> list[str]:
        theirs = {name_of(row): row for row in await both.table("pods", "-A", "-o", "wide")}
        pods: list[Pod] = list(both.rows(PODS).values())
        return different(theirs, {f"{pod.namespace}/{pod.name}": cells(columns, pod) for pod in pods}, same)

    await alike(look)


async def test_every_pod_reads_as_it_was_meant(both: Both) -> None:
    """So that the comparison is one of all the words that there are."""

    async def look() -> list[str]:
        rows = {row["NAME"]: row for row in await both.table("pods", "-n", NAMESPACE, "-o", "wide")}
        said = {name: f"{rows[name]['READY']} {rows[name]['STATUS']} {rows[name]['RESTARTS']}" for name in CASES}
        meant = {name: case.says for name, case in CASES.items()}
        wrong = [
            f"{name}: {said[name]}, meant: {meant[name]}" for name in CASES if not _as_meant(said[name], meant[name])
        ]
        gates = {name: rows[name]["READINESS GATES"] for name, case in CASES.items() if case.gates}
        return wrong + [f"{name}: gates {told}" for name, told in gates.items() if told != CASES[name].gates]

    await alike(look)


def _as_meant(said: str, meant: str) -> bool:
    (text, _, when), (meant_text, _, meant_when) = said.partition(" ("), meant.partition(" (")
    ages = (meant_when.removesuffix(" ago)"), when.removesuffix(" ago)"))
    return text == meant_text and bool(when) == bool(meant_when) and (not when or same_age(*ages, slack_s=300))


# ---- workloads ----------------------------------------------------------------------------------------------------


def workloads(both: Both, kind: str) -> dict[str, Row]:
    """The cells of the Workloads view, and what it holds behind them."""
    index, now, columns = both.index(), clock.now(), shown.workload_columns()
    found = {}
    for workload in both.rows(WORKLOADS).values():
        if workload.kind == kind:
            row = cells(columns, workload_row(workload, index, {}, now))
            found[f"{workload.namespace}/{workload.name}"] = row | behind(workload)
    return found


def behind(workload: Workload) -> Row:
    return {
        "updated": str(workload.updated), "available": str(workload.available), "ready alone": str(workload.ready),
        "desired": str(workload.desired), "images": ",".join(workload.images),
        "selector": ",".join(f"{key}={value}" for key, value in workload.selector) or "<none>",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "same"),
    [
        ("Deployment", {"READY": equal("READY", "ready"), "UP-TO-DATE": equal("UP-TO-DATE", "updated"),
                        "AVAILABLE": equal("AVAILABLE", "available"), "SELECTOR": equal("SELECTOR", "selector")}),
        ("StatefulSet", {"READY": equal("READY", "ready")}),
        ("DaemonSet", {"DESIRED": equal("DESIRED", "desired"), "READY": equal("READY", "ready alone"),
                       "UP-TO-DATE": equal("UP-TO-DATE", "updated"), "AVAILABLE": equal("AVAILABLE", "available")}),
    ],
    ids=["deployments", "statefulsets", "daemonsets"],
)  # fmt: skip
async def test_workloads(both: Both, kind: str, same: dict[str, Same]) -> None:
    always = {"AGE": aged("AGE", "age"), "IMAGES": equal("IMAGES", "images")}

    async def look() -> list[str]:
        theirs = {name_of(row): row for row in await both.table(kind, "-A", "-o", "wide")}
        return different(theirs, workloads(both, kind), {**same, **always})

    await alike(look)


JOB_WORDS = {"Complete": "complete", "Failed": "failed", "Suspended": "suspended", "Running": "running"}


def job_state(ours: Row, theirs: Row) -> bool:
    """A running one tells of its pods what fails there."""
    return ours["state"].startswith(JOB_WORDS[theirs["STATUS"]])


def completions(ours: Row, theirs: Row) -> bool:
    """kubectl's `0/1 of 2`: two pods work until one of them has ended well."""
    return ours["ready"] == theirs["COMPLETIONS"].partition(" of ")[0]


async def test_jobs(both: Both) -> None:
    same = {
        "STATUS": job_state, "COMPLETIONS": completions, "AGE": aged("AGE", "age"), "IMAGES": equal("IMAGES", "images"),
    }  # fmt: skip

    async def look() -> list[str]:
        theirs = {name_of(row): row for row in await both.table("jobs", "-n", NAMESPACE, "-o", "wide")}
        ours = {name: row for name, row in workloads(both, "Job").items() if name.startswith(NAMESPACE)}
        return different(theirs, ours, same)

    await alike(look)


def suspended(ours: Row, theirs: Row) -> bool:
    return (ours["state"] == "suspended") == (theirs["SUSPEND"] == "True")


async def test_cron_jobs(both: Both) -> None:
    same = {
        "SUSPEND": suspended, "ACTIVE": equal("ACTIVE", "desired"), "AGE": aged("AGE", "age"),
        "IMAGES": equal("IMAGES", "images"),
    }  # fmt: skip

    async def look() -> list[str]:
        theirs = {name_of(row): row for row in await both.table("cronjobs", "-A", "-o", "wide")}
        return different(theirs, workloads(both, "CronJob"), same)

    await alike(look)


async def test_replica_sets(both: Both) -> None:
    """Revisions of Deployments, on their pages."""

    def row(one: ReplicaSet) -> Row:
        return {"desired": str(one.desired), "ready": str(one.ready), "images": ",".join(one.images),
                "age": units.age(one.created, clock.now())}  # fmt: skip

    same = {
        "DESIRED": equal("DESIRED", "desired"), "READY": equal("READY", "ready"), "IMAGES": equal("IMAGES", "images"),
        "AGE": aged("AGE", "age"),
    }  # fmt: skip

    async def look() -> list[str]:
        theirs = {name_of(row): row for row in await both.table("replicasets", "-A", "-o", "wide")}
        ours = {f"{one.namespace}/{one.name}": row(one) for one in both.rows(REPLICA_SETS).values()}
        return different(theirs, ours, same)

    await alike(look)


def metrics(ours: Row, theirs: Row) -> bool:
    """`cpu: 50%/50%, 0/1500m (avg) + 1 more...`: the same figures, of all metrics and not of two only."""
    said = theirs["TARGETS"].partition(" + ")[0].replace("<unknown>", "unknown").replace("1500m", "1.5")
    figures = [next(word for word in metric.split() if "/" in word) for metric in said.split(", ")]
    return all(figure.replace("%", "") in ours["metrics"].split() for figure in figures)


async def test_autoscalers(both: Both) -> None:
    columns = shown.hpa_columns(lambda hpa: Around(clock.now()))

    def row(hpa: Hpa) -> Row:
        bounds = {"minimum": str(hpa.minimum), "maximum": str(hpa.maximum), "current": str(hpa.current)}
        return cells(columns, hpa) | bounds | {"created": units.age(hpa.created, clock.now())}

    same = {
        "REFERENCE": lambda ours, theirs: ours["target"].lower() == theirs["REFERENCE"].lower(), "TARGETS": metrics,
        "MINPODS": equal("MINPODS", "minimum"), "MAXPODS": equal("MAXPODS", "maximum"),
        "REPLICAS": equal("REPLICAS", "current"), "AGE": aged("AGE", "created"),
    }  # fmt: skip

    async def look() -> list[str]:
        theirs = {name_of(row): row for row in await both.table("hpa", "-A")}
        return different(theirs, {f"{hpa.namespace}/{hpa.name}": row(hpa) for hpa in both.rows(HPAS).values()}, same)

    await alike(look)


# ---- nodes, events ------------------------------------------------------------------------------------------------


async def test_nodes(both: Both) -> None:
    columns = shown.node_columns(both.index().reserved_on, dict)

    def row(node: Node) -> Row:
        return cells(columns, node) | {"roles": node.roles, "internal": node.internal_ip or "<none>"}

    same = {
        "STATUS": equal("STATUS", "status"), "ROLES": equal("ROLES", "roles"), "AGE": aged("AGE", "age"),
        "VERSION": equal("VERSION", "version"), "INTERNAL-IP": equal("INTERNAL-IP", "internal"),
    }  # fmt: skip

    async def look() -> list[str]:
        theirs = {row["NAME"]: row for row in await both.table("nodes", "-o", "wide")}
        return different(theirs, {node.name: row(node) for node in both.rows(NODES).values()}, same)

    await alike(look)


async def test_events_and_ages_of_every_length(both: Both) -> None:
    columns = shown.event_columns()

    def row(event: Event) -> Row:
        return cells(columns, event) | {"first": units.age(event.first, clock.now())}

    same = {
        "LAST SEEN": aged("LAST SEEN", "last"), "TYPE": equal("TYPE", "type"), "REASON": equal("REASON", "reason"),
        "OBJECT": equal("OBJECT", "object"), "MESSAGE": equal("MESSAGE", "message"),
        "FIRST SEEN": aged("FIRST SEEN", "first"), "COUNT": equal("COUNT", "count"),
    }  # fmt: skip

    async def look() -> list[str]:
        uids = await both.table("events", "-n", NAMESPACE, "-o", "custom-columns=NAME:.metadata.name,UID:.metadata.uid")
        uid_of = {row["NAME"]: row["UID"] for row in uids}
        theirs = {
            uid_of.get(row["NAME"], row["NAME"]): row
            for row in await both.table("events", "-n", NAMESPACE, "-o", "wide")
        }
        ours = {uid: row(event) for uid, event in both.rows(EVENTS).items() if event.namespace == NAMESPACE}
        return different(theirs, ours, same)

    await alike(look)
