"""Endpoints: every address behind a service, whether it takes traffic, and which pod that is."""

from collections.abc import Iterable
from typing import Any, ClassVar

import msgspec
from rich.text import Text

from ...model.collection import Delta
from ...model.kubernetes import Endpoint, EndpointSlice, Pod
from ...poller.topics import ENDPOINTS, Topic
from ...text import units
from ...text.clean import clean
from ...widgets.columns import Cell, Column
from ...widgets.live_table import LiveTable
from ..base import View
from .explain import events_about, head
from .kind import Into, Kind, Part


class EndpointRow(msgspec.Struct, frozen=True, gc=False):
    """One address of one slice."""

    of: EndpointSlice
    endpoint: Endpoint

    @property
    def namespace(self) -> str:
        return self.of.namespace

    @property
    def service(self) -> str:
        return self.of.service


class Endpoints(Kind[EndpointRow]):
    view = View("endpoints", "Endpoints", "")
    topic = ENDPOINTS
    wants = (ENDPOINTS,)
    one = "endpoint"
    word = "ep"
    tells = "every address behind the services"
    empty = "no address stands behind a service here"
    sorts: ClassVar = {"n": ("address", "address"), "t": ("state", "state"), "r": ("service", "service")}

    def __init__(self, known: Any) -> None:
        super().__init__(known)
        self._held: dict[str, tuple[str, ...]] = {}
        """Uid of a slice → keys of its rows."""

    def build(self) -> LiveTable[EndpointRow]:
        return LiveTable(_columns(), order=_order, mark=lambda row: ("▲", "warn") if not row.endpoint.ready else "")

    def take(self, topic: Topic[Any], delta: Delta[EndpointSlice]) -> None:
        gone: set[str] = set()
        if delta.reset:
            gone.update(self.table.rows)
            self._held.clear()
        for uid in delta.removals:
            gone.update(self._held.pop(uid, ()))
        rows: dict[str, EndpointRow] = {}
        for uid, one in delta.upserts.items():
            own = {f"{uid} {endpoint.address}": EndpointRow(one, endpoint) for endpoint in one.endpoints}
            gone.update(self._held.get(uid, ()))
            self._held[uid] = tuple(own)
            rows |= own
        self.table.update_rows(rows, gone - rows.keys())

    def wrong(self, row: EndpointRow) -> bool:
        return not row.endpoint.ready

    def words(self) -> str:
        return _ready_words(self.table.rows.values())

    def part_words(self, part: Part) -> str:
        return f"{_ready_words(row for row in self.table.rows.values() if part.holds(row))} of {clean(part.of)}"

    def into(self, row: EndpointRow) -> Into | None:
        """The pod that has the address."""
        pod = self._pod(row)
        return (
            Into("pods", Part(f"address {row.endpoint.address}", lambda one: one is pod or one.uid == pod.uid))
            if (pod is not None)
            else None
        )

    def _pod(self, row: EndpointRow) -> Pod | None:
        name = row.endpoint.pod
        held = self.known.pods.values() if name else ()
        return next((pod for pod in held if pod.name == name and pod.namespace == row.namespace), None)

    def explain(self, row: EndpointRow, width: int) -> list[Text]:
        one = row.endpoint
        pod = self._pod(row)
        words = _state(row)[0]
        if pod is not None:
            words = f"{words} · pod {clean(pod.name)} {clean(pod.status)}, {pod.ready}/{pod.total} ready"
        else:
            words = f"{words} · " + (f"pod {clean(one.pod)} is not seen" if one.pod else "no pod has it")
        lines = [head(one.address, words)]
        if pod is not None:
            lines += events_about(self.known.events_of, {pod.uid}, pod.name)
        return lines


def _ready_words(rows: Iterable[EndpointRow]) -> str:
    held = list(rows)
    ready = sum(1 for row in held if row.endpoint.ready)
    return f"{ready} of {units.plural(len(held), 'endpoint')} ready"


def _state(row: EndpointRow) -> tuple[str, str]:
    if row.endpoint.terminating:
        return "terminating", "warn"
    return ("ready", "") if row.endpoint.ready else ("not ready: takes no traffic", "warn")


def _order(row: EndpointRow) -> tuple[object, ...]:
    return row.namespace, row.service, row.endpoint.ready, row.endpoint.address


def _columns() -> list[Column[EndpointRow]]:
    def dash(text: str) -> Cell:
        return clean(text) or (units.DASH, "dim")

    return [
        Column("address", "ADDRESS", 15, lambda r: clean(r.endpoint.address), most=39, flex=1,
               sort=lambda r: r.endpoint.address),
        Column("service", "SERVICE", 16, lambda r: dash(r.service), flex=1, most=36),
        Column("state", "STATE", 10, _state, flex=1, most=28, sort=lambda r: r.endpoint.ready),
        Column("pod", "POD", 22, lambda r: dash(r.endpoint.pod), flex=2, most=60),
        Column("ports", "PORTS", 10, lambda r: dash(",".join(r.of.ports)), flex=1, most=30, from_width=100),
        Column("node", "NODE", 12, lambda r: dash(r.endpoint.node), flex=1, most=30, from_width=90),
        Column("zone", "ZONE", 12, lambda r: dash(r.endpoint.zone), from_width=120),
        Column("namespace", "NAMESPACE", 16, lambda r: clean(r.namespace), flex=1, most=30, from_width=120),
    ]  # fmt: skip
