"""From what a row names to the workload that an action means, and to the worst finding about it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..model.action import Target
from ..model.finding import Finding
from ..model.kubernetes import Hpa, Workload
from ..poller.board import Board
from ..poller.owners import key_of, owner
from ..poller.topics import CLUSTER, HPAS, WORKLOADS
from ..rules.cluster_index import Key
from ..text.clean import clean

if TYPE_CHECKING:
    from ..widgets.live_table import LiveTable
    from .base import Context

ROWS_KEPT = 60
CELLS_KEPT = 300


def target_of(context: "Context", key: Key) -> Target:
    """The workload of that (namespace, kind, name), with its uid where it is known."""
    namespace, kind, name = key
    rows = context.board.get(WORKLOADS).value
    found = next((w for w in rows.rows.values() if (w.namespace, w.kind, w.name) == key), None) if rows else None
    return Target(kind, namespace, name, found.uid if found is not None else "", context_name(context))


def context_name(context: "Context") -> str:
    """The full name of the Kubernetes context, as the cluster's heartbeat or the settings know it."""
    heartbeat = context.board.get(CLUSTER).value
    if heartbeat is not None and heartbeat.context:
        return heartbeat.context
    settings = context.profile.kubernetes
    return (settings.context if settings is not None else None) or context.cluster


def workload_target(context: "Context", identity: str) -> Target | None:
    """What owns the object of that uid, `namespace/name` or name; None where there is none, or more than one."""
    key = owner(context.board, identity)
    return target_of(context, key) if key is not None else None


def workload_at(board: Board, target: Target) -> tuple[Workload | None, Hpa | None]:
    """What the board knows of a workload, and the autoscaler that owns its replicas."""
    workloads, hpas = board.get(WORKLOADS).value, board.get(HPAS).value
    key = (target.namespace, target.kind, target.name)
    workload = next((w for w in workloads.rows.values() if key_of(w) == key), None) if workloads else None
    scaled = (h for h in hpas.rows.values() if (h.namespace, h.target_kind, h.target_name) == key) if hpas else ()
    return workload, next(iter(scaled), None)


def worst_about(findings: Iterable[Finding], identities: Iterable[str]) -> Finding | None:
    """The worst finding whose object is one of these; those that fire before those that may."""
    wanted = {identity.strip() for identity in identities} - {""}
    about = [finding for finding in findings if finding.object.strip() in wanted]
    return min(about, key=lambda finding: (finding.state != "firing", finding.severity), default=None)


def rows_in_view(headline: str, *tables: "LiveTable[object] | None") -> tuple[str, ...]:
    """What a mark keeps of a view: its verdict and the rows on the screen."""
    lines = [headline] if headline else []
    for table in tables:
        if table is not None:
            lines += [table.row_text(row) for row in table.visible_rows()[:ROWS_KEPT]]
    return tuple(clean(line, CELLS_KEPT) for line in lines)
