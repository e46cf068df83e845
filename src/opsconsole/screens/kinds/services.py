"""Services: where they are reached, and how many of their endpoints take traffic."""

from collections import Counter
from typing import Any, ClassVar

import msgspec
from rich.text import Text

from ...model.collection import Delta
from ...model.kubernetes import Labels, Service
from ...poller.slices import Slices
from ...poller.topics import ENDPOINTS, K8S_SERVICES, Topic
from ...rules.service_state import judged
from ...rules.verdict import OK, Verdict, info
from ...text import clock, units
from ...text.clean import clean
from ...widgets.columns import Cell, Column, plain
from ...widgets.live_table import LiveTable
from .. import related
from ..base import View
from ..columns.cells import rank, severity_cell, words_cell
from .explain import WIDE, beside, events_about, fact, head, pods_facts
from .kind import Into, MadeKind
from .known import Known

UNREAD = info("unknown: endpoints are not read yet")
Name = tuple[str, str]
"""(namespace, name) of a service."""


class ServiceRow(msgspec.Struct, frozen=True, gc=False):
    of: Service
    verdict: Verdict
    ready: int | None
    """Endpoints that take traffic; None while they are not read."""
    total: int | None

    @property
    def labels(self) -> Labels:
        return self.of.labels


class Services(MadeKind[ServiceRow]):
    view = View("services", "Services", "")
    topic = K8S_SERVICES
    hears = (ENDPOINTS,)
    wants = (ENDPOINTS,)
    one = "service"
    word = "svc"
    tells = "where each is reached, and how many endpoints take traffic"
    empty = "no Service is here"
    sorts: ClassVar = {"n": ("name", "name"), "t": ("state", "state"), "a": ("age", "age"), "r": ("ready", "ready")}

    def build(self) -> LiveTable[ServiceRow]:
        return LiveTable(_columns(), order=_order, mark=lambda row: severity_cell(row.verdict))

    def __init__(self, known: Known) -> None:
        super().__init__(known)
        self._counts: tuple[Counter[Name], Counter[Name]] | None = None
        """(ready, all) endpoints by service; None: to be counted."""

    def take(self, topic: Topic[Any], delta: Delta[Any]) -> None:
        if topic is ENDPOINTS:
            self._counts = None

    async def _counted(self, slices: Slices) -> tuple[Counter[Name], Counter[Name]]:
        ready: Counter[Name] = Counter()
        total: Counter[Name] = Counter()
        read = self.known.collection(ENDPOINTS)
        for one in list(read.rows.values()) if read is not None else ():
            key = (one.namespace, one.service)
            ready[key] += sum(1 for endpoint in one.endpoints if endpoint.ready)
            total[key] += len(one.endpoints)
            if slices.over:
                await slices.rest()
        return ready, total

    async def rebuild(self, slices: Slices) -> None:
        known = self.known
        services = known.collection(K8S_SERVICES)
        read = known.collection(ENDPOINTS)
        if self._counts is None:
            self._counts = await self._counted(slices)
        ready, total = self._counts
        rows: dict[str, ServiceRow] = {}
        for uid, service in list(services.rows.items()) if services is not None else ():
            key = (service.namespace, service.name)
            counts = (ready[key], total[key]) if read is not None and read.complete else (None, None)
            verdict = known.trouble.verdict(uid)
            if counts[0] is None and judged(service) and verdict == OK:
                verdict = UNREAD  # what is behind it may not take traffic
            rows[uid] = ServiceRow(service, verdict, *counts)
            if slices.over:
                await slices.rest()
        self.table.set_rows(rows)

    def wrong(self, row: ServiceRow) -> bool:
        return row.verdict.wrong

    def words(self) -> str:
        unread = sum(1 for row in self.table.rows.values() if row.verdict == UNREAD)
        return super().words() + (f", {unread} unknown" if unread else "")

    def into(self, row: ServiceRow) -> Into:
        return related.endpoints_of(row.of)

    def explain(self, row: ServiceRow, width: int) -> list[Text]:
        service = row.of
        pods = related.selected(self.known, service.namespace, service.selector)
        first = head(service.name, f"{clean(row.verdict.words)} · {_endpoint_words(row)} · {_reached(row)}")
        told = fact("selects", plain(_selector(row)))
        uids = {service.uid, *(pod.uid for pod in pods)}
        events = events_about(self.known.events_of, uids, service.name)
        if width < WIDE:
            return [first, *events[:1], told, *events[1:]]
        behind = pods_facts(pods) if judged(service) else [Text("its endpoints are not made from pods", style="dim")]
        return [first, told, *beside("EVENTS of it and its pods", events, "PODS BEHIND IT", behind, width)]


def _endpoint_words(row: ServiceRow) -> str:
    if row.of.type == "ExternalName":
        return "a name for something outside"
    if row.ready is None or row.total is None:
        return "endpoints are not read yet"
    return f"{row.ready} of {units.plural(row.total, 'endpoint')} ready"


def _reached(row: ServiceRow) -> str:
    service = row.of
    address = clean(service.cluster_ip) or "no address"
    outside = f", outside {', '.join(map(clean, service.external))}" if service.external else ""
    return f"{clean(service.type)} {address}{outside} {','.join(map(clean, service.ports))}".rstrip()


def _selector(row: ServiceRow) -> Cell:
    words = ",".join(f"{clean(key)}={clean(value)}" for key, value in row.of.selector)
    return words or ("nothing: somebody else writes its endpoints", "dim")


def _ready(row: ServiceRow) -> Cell:
    if row.of.type == "ExternalName":
        return units.DASH, "dim"
    if row.ready is None:
        return "?", "dim"
    words = f"{row.ready}/{row.total}"
    return (words, "warn") if row.ready != row.total or row.verdict.wrong else words


def _missing(row: ServiceRow) -> float:
    return (row.ready or 0) - (row.total or 0) if row.total else 0.0


def _order(row: ServiceRow) -> tuple[object, ...]:
    return rank(row.verdict), row.of.namespace, row.of.name


def _columns() -> list[Column[ServiceRow]]:
    return [
        Column("name", "SERVICE", 18, lambda r: clean(r.of.name), flex=2, most=44, sort=lambda r: r.of.name),
        Column("ready", "READY", 6, _ready, right=True, sort=_missing),
        Column("state", "STATE", 16, lambda r: words_cell(r.verdict), flex=2, most=60,
               sort=lambda r: rank(r.verdict)),
        Column("type", "TYPE", 12, lambda r: clean(r.of.type)),
        Column("ip", "CLUSTER-IP", 15, lambda r: clean(r.of.cluster_ip) or units.DASH),
        Column("external", "EXTERNAL", 10, lambda r: ",".join(map(clean, r.of.external)) or units.DASH, flex=1, most=40,
               from_width=100),
        Column("ports", "PORTS", 12, lambda r: ",".join(map(clean, r.of.ports)) or units.DASH, flex=1, most=40,
               from_width=90),
        Column("age", "AGE", 5, lambda r: units.age(r.of.created, clock.now()), right=True,
               sort=lambda r: -(r.of.created.timestamp() if r.of.created else 0.0), from_width=90),
        Column("selector", "SELECTS", 16, _selector, flex=2, most=60, from_width=120),
        Column("namespace", "NAMESPACE", 16, lambda r: clean(r.of.namespace), flex=1, most=30, from_width=130),
    ]  # fmt: skip
