"""All lists of the Pods tab, in the order in which they stand: in the strip, and behind `More`."""

from typing import Any

from .budgets import Budgets
from .capacity import Capacity
from .claims import Claims
from .cron_jobs import CronJobs
from .endpoints import Endpoints
from .events import Events
from .hpas import Hpas
from .jobs import Jobs
from .kind import Kind
from .known import Known
from .more import More
from .namespace_capacity import NamespaceCapacity
from .namespaces import Namespaces
from .nodes import Nodes
from .pods import Pods
from .quotas import Quotas
from .replica_sets import ReplicaSets
from .services import Services
from .workloads import Workloads
from .wrong import Wrong

STRIP: tuple[type[Kind[Any]], ...] = (Wrong, Workloads, Pods, Nodes, Hpas, Events, More)
BEHIND_MORE: tuple[type[Kind[Any]], ...] = (
    Capacity, NamespaceCapacity, Services, Budgets, Namespaces, Jobs, CronJobs, ReplicaSets, Quotas, Claims, Endpoints,
)  # fmt: skip
_FIRST: tuple[type[Kind[Any]], ...] = (Workloads, Pods, Nodes, Hpas, Events)
"""What others are made of: news reaches them first."""


def made(known: Known) -> dict[str, Kind[Any]]:
    """One of each, by id of its view."""
    order: tuple[type[Kind[Any]], ...] = (*_FIRST, *BEHIND_MORE, Wrong, More)
    for kind in order:
        known.kinds[kind.view.id] = kind(known)
    return known.kinds
