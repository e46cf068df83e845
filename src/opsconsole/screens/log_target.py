"""Whose logs `l` opens: the pod that a row names, else its workload; and since when something is wrong."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..model.logs import LogTarget
from ..poller.topics import FINDINGS
from . import targets

if TYPE_CHECKING:
    from ..poller.board import Board
    from .base import Tab


def log_target(tab: "Tab") -> LogTarget | None:
    """None where the row names neither a pod nor a workload."""
    row: Any = getattr(tab, "row", None)
    if getattr(row, "kind", "") == "Pod" or type(row).__name__ == "Pod":
        return LogTarget("Pod", row.namespace, row.name)
    target = tab.target()
    return LogTarget(target.kind, target.namespace, target.name) if target is not None else None


def breach_of(board: "Board", identities: list[str]) -> datetime | None:
    """Since when the worst finding fires: the one about these, else of all."""
    findings = [one for one in board.get(FINDINGS).value or () if one.state == "firing" and one.since is not None]
    about = targets.worst_about(findings, identities)
    worst = about or min(findings, key=lambda one: (one.severity, one.since), default=None)
    return worst.since if worst is not None else None
