"""An incident as the console records it: the slow release of the demo, from the first harm to its end."""

from datetime import UTC, datetime, timedelta

import msgspec

from opsconsole.model.incident import Incident, TimelineEntry
from opsconsole.model.journal import JournalLine, Who
from opsconsole.store.store import Store

IMPACT = datetime(2026, 3, 26, 2, 41, tzinfo=UTC)
FINDING = "p99-critical/checkout"
RUN = "9d2c41aa-run"
TITLE = "ROLL BACK deployment/api"
WHO = Who("maren", "bastion", "10.0.0.7", "maren@example.org")
MARK = """tab Metrics: checkout P99 1.9 s > 0.5 s
P99 1.9 s  5xx 0.31 %  db connections 88/97
tab Customers: 212 of 3,410 customers (6 %) · $84,000 MRR touched · 4 enterprise, 208 pro · first 02:41Z · last 1h
tab Queries
new 14m  select * from order_items where order_id = 4711  7f3a  1.8k  2.1  61.0"""


def at(minutes: float) -> datetime:
    return IMPACT + timedelta(minutes=minutes)


def entry(
    minute: float, kind: str, text: str, *, actor: str = "maren", source: str = "human", detail: str = "",
    object: str = "", link: str = "", name: str = "", pinned: bool = False,
) -> TimelineEntry:  # fmt: skip
    identity = name or f"{kind[:4]}{minute:g}".replace("-", "m")
    return TimelineEntry(
        id=identity, incident="INC-1", occurred=at(minute), recorded=at(max(minute, 4)), kind=kind, actor=actor,
        source=source, text=text, detail=detail, object=object, link=link, pinned=pinned,
        internal=kind != "comms_external",
    )  # fmt: skip


def incident(**changes: object) -> Incident:
    """Resolved after 39 minutes; nobody was scribe."""
    resolved = Incident(
        id="INC-1", title="checkout slow", severity=2, state="resolved", service="checkout", impact=IMPACT,
        declared=at(4), acknowledged=at(5), mitigated=at(21), resolved=at(39), ended=at(21), finding=FINDING,
        roles=(("commander", "maren"), ("operations", "jonas"), ("comms", "lena")),
        channel="#incident-2026-03-26-024500",
    )  # fmt: skip
    return msgspec.structs.replace(resolved, **changes)


def timeline() -> tuple[TimelineEntry, ...]:
    scalings = [
        entry(2 + n, "scale", f"HPA api {6 + n} -> {7 + n}", actor="api", source="k8s", object="hpa api")
        for n in range(12)
    ]
    return (
        entry(-2, "deploy", "release api 1.8.1 -> 1.8.2", actor="deployer", source="deploy", object="release api"),
        entry(1, "alert_fired", "checkout P99 1.9 s > 0.5 s", actor="opsconsole", source="check", object=FINDING),
        entry(4, "declared", "SEV2 declared, impact since 02:41"),
        entry(4, "role_assigned", "commander maren"),
        entry(5, "alert_acked", "checkout P99 acknowledged"),
        entry(6, "role_assigned", "operations jonas, comms lena", name="roles6"),
        *scalings,
        entry(7, "metric_snapshot", "at its worst", detail=MARK, name="mark7"),
        entry(8, "comms_external", "status page: checkout is slow", actor="lena", detail="checkout - Investigating"),
        entry(9, "hypothesis", "the release asks the database once per order item"),
        entry(11, "finding", "1.8.2 runs 42 queries per checkout", actor="jonas", name="cause"),
        entry(12, "status_changed", "identified: N+1 of api 1.8.2", object="state:identified"),
        entry(13, "decision", "roll back, look for the cause afterwards"),
        entry(14, "action", f"{TITLE}: accepted", link=f"journal:{RUN}", name="act14"),
        entry(21, "alert_resolved", "checkout P99 0.24 s", actor="opsconsole", source="check", object=FINDING),
        entry(21, "status_changed", "mitigated: P99 at 240 ms", object="state:mitigated"),
        entry(25, "metric_snapshot", "after the rollback", detail="P99 0.24 s", name="mark25"),
        entry(28, "comms_external", "status page: restored", actor="lena", detail="checkout - Service Restored"),
        entry(39, "status_changed", "resolved", object="state:resolved"),
        entry(41, "todo", "@jonas due 2026-04-10 prevent: count queries per request in CI"),
        entry(42, "todo", "detect: alert on queries per request"),
    )


def journal() -> tuple[JournalLine, ...]:
    said = (
        (14, "intent", f"{TITLE}: rev 41 api:1.8.2 → rev 40 api:1.8.1"),
        (14, "written", f"{TITLE}: accepted"),
        (17, "outcome", f"{TITLE}: 20 of 20 pods ready, after 3m"),
        (21, "effect", f"{TITLE}: helped: checkout P99 0.24 s, within 0.5 s"),
    )
    return tuple(
        JournalLine(
            seq=0, at=at(minute), run=RUN, phase=phase, who=WHO, process="1/1", verb="rollback", context="prod-eu",
            namespace="shop", object="deployment/api", words=words, evidence="ab" * 32 if phase == "intent" else "",
        )
        for minute, phase, words in said
    )  # fmt: skip


async def tell(store: Store, *, what: Incident | None = None, more: tuple[TimelineEntry, ...] = ()) -> None:
    """Put the story into a store."""
    await store.add_incident(what or incident(), (*timeline(), *more))
    for line in journal():
        await store.journal(line)
