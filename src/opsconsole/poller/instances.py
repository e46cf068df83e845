"""The pods of one service with rate, errors and percentiles, for a table that was asked to show them."""

import msgspec

from ..model.metrics import ServiceFigures
from ..rules.services import Names, ServiceAnswers, services
from .prometheus import Desk

EVERY_S = 15.0
MOST = 100
"""So many pods of a service are told: those with the most 5xx, then the slowest."""


class InstancesRequest(msgspec.Struct, frozen=True, gc=False):
    """The pods of which service."""

    service: str


async def read_instances(desk: Desk, service: str) -> tuple[ServiceFigures, ...]:
    """The worst first. Raises SourceError."""
    catalogue = await desk.catalogue()
    pod = catalogue.label("pod")
    select = catalogue.selection(service)
    requests = await desk.ask(catalogue.query("split.requests", label=pod, **select))
    buckets, _ = await desk.ask_or_say(catalogue.query("split.buckets", label=pod, **select))
    names = Names(service=pod, endpoint="", status=catalogue.label("status"), unit_s=catalogue.flavour.unit_s)
    answers = ServiceAnswers(requests, buckets or msgspec.structs.replace(requests, samples=()))
    table = await desk.work(services, answers, names)
    found = [
        msgspec.structs.replace(row, service=service, instance=row.service)
        for row in table.figures
        if row.service and not row.endpoint
    ]
    return tuple(sorted(found, key=_badness)[:MOST])


def _badness(row: ServiceFigures) -> tuple[float, float, str]:
    return -(row.server_errors or 0.0), -(row.p99_s or 0.0), row.instance
