"""Whose logs `l` opens: the pod that a row names, its workload or its service; and since when something is wrong."""

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from ..model.action import Target
from ..model.logs import LogTarget
from ..model.reading import State
from ..poller.topics import FINDINGS, LOG_STORE
from . import targets

if TYPE_CHECKING:
    from ..app import Console
    from ..poller.board import Board
    from ..poller.loki import LogStoreDesk
    from .base import Context, Tab


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


def log_store(context: "Context") -> "LogStoreDesk | None":
    """The Loki that can be asked now; None where there is none, or it fails."""
    store: LogStoreDesk | None = context.services.__dict__.get("log_store")
    return None if context.board.get(LOG_STORE).state is State.FAILED else store


def pod_logs(app: "Console", target: LogTarget, owner: Target | None, *, filter_text: str = "") -> None:
    """The logs of a pod, or of all pods of a workload, as the pods themselves tell them."""
    from ..poller.logs import LogDesk
    from .dialogs.logs import LogPage

    cluster, board = app.context.services.__dict__.get("cluster"), app.context.board
    if cluster is None:
        app.say("l: there is no Kubernetes to read logs from")
        return
    breach = breach_of(board, [owner.uid, f"{owner.namespace}/{owner.name}", owner.name] if owner is not None else [])
    folder, links = app.state_dir / "copies", app.context.profile.links
    desk = partial(LogDesk, cluster, board, target)
    app.push_screen(LogPage(desk, board, breach, app.palette, folder, filter_text=filter_text, links=links))


def service_logs(app: "Console", service: str, *, filter_text: str = "") -> None:
    """The logs of exactly one service: of Loki where there is one that answers, else of the pods of its name."""
    from ..poller.loki_lines import LokiLogDesk
    from .dialogs.logs import LogPage

    context = app.context
    store, owner = log_store(context), targets.workload_target(context, service)
    if store is None and owner is None:
        app.say(f"l: there is no Loki that answers, and no one workload is called {service}")
    elif store is None and owner is not None:
        target = LogTarget(owner.kind, owner.namespace, owner.name)
        pod_logs(app, target, owner, filter_text=filter_text)
    elif store is not None:
        target = LogTarget("Service", owner.namespace if owner is not None else "", service)
        breach = breach_of(
            context.board, [service, owner.uid if owner is not None else "", f"{target.namespace}/{service}"]
        )
        desk = partial(LokiLogDesk, store, target)
        folder, links = app.state_dir / "copies", context.profile.links
        app.push_screen(LogPage(desk, context.board, breach, app.palette, folder, filter_text=filter_text, links=links))
