"""How the rows of the Pods tab are called: keys, names and addresses; and their news in pieces."""

from typing import Any

import msgspec

from ..model.collection import Delta
from ..model.kubernetes import Hpa, Node, Pod, Workload
from ..rules.cluster_index import Key
from . import pod_columns as shown

CHUNK = 400
"""Rows taken in between two looks at the time."""


def in_parts(delta: Delta[Any]) -> list[Delta[Any]]:
    """The delta in pieces of at most CHUNK rows; the first one carries reset and removals."""
    rows = list(delta.upserts.items())
    if len(rows) <= CHUNK:
        return [delta]
    pieces = [Delta(upserts=dict(rows[at : at + CHUNK])) for at in range(0, len(rows), CHUNK)]
    pieces[0] = msgspec.structs.replace(pieces[0], reset=delta.reset, removals=delta.removals)
    return pieces


def key_of(workload: Workload) -> Key:
    return workload.namespace, workload.kind, workload.name


def names_of(row: Any) -> tuple[str, ...]:
    subject = row.workload if isinstance(row, shown.WorkloadRow) else row
    namespace = getattr(subject, "namespace", "")
    return (f"{namespace}/{subject.name}", subject.name)


def address_of(row: Any) -> tuple[str, str, str]:
    if isinstance(row, shown.WorkloadRow):
        row = row.workload
    if isinstance(row, Workload | shown.WrongRow):
        return row.kind.lower(), row.namespace, row.name
    if isinstance(row, Pod):
        return "pod", row.namespace, row.name
    if isinstance(row, Hpa):
        return "hpa", row.namespace, row.name
    return ("node", "", row.name) if isinstance(row, Node) else ("", "", "")
