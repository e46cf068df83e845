"""Whether a namespace that is being deleted comes to its end, and what holds it."""

from datetime import datetime

from ..model.kubernetes import Namespace
from ..text import units
from .pod_trouble import PATIENCE, first
from .verdict import OK, Verdict, info, warning

_WORST_FIRST = (
    "NamespaceDeletionDiscoveryFailure", "NamespaceDeletionGroupVersionParsingFailure",
    "NamespaceDeletionContentFailure", "NamespaceFinalizersRemaining", "NamespaceContentRemaining",
)  # fmt: skip


def namespace_state(namespace: Namespace, now: datetime) -> Verdict:
    if namespace.phase != "Terminating" and namespace.deleting is None:
        return OK
    true = {c.type: c for c in namespace.conditions if c.status == "True"}
    holding = next((true[kind] for kind in _WORST_FIRST if kind in true), None)
    said = f": {first(holding.message) or holding.reason}" if holding is not None else ""
    if namespace.deleting is None:
        return info(f"terminating{said}")
    lasts = now - namespace.deleting
    words = f"terminating for {units.span(lasts.total_seconds())}{said}"
    return warning(words) if lasts > PATIENCE else info(words)
