"""Opens the console: the first-run page where nothing is configured, else the tabs on the chosen profile."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..app import Console
    from ..config.choice import Chosen
    from ..config.loading import Loaded
    from ..config.settings import Profile
    from ..screens.base import Tab

TABS = ("now", "metrics", "pods", "queries", "costs", "customers", "incidents")


def run_console(loaded: "Loaded", chosen: "Chosen | None", *, tab: str = "now", mouse: bool = True) -> int:
    """Run until the operator leaves; the exit code (see terminal.session.run)."""
    from ..terminal import collector

    collector.relax()
    # Textual reads it when it is imported; at its own 60 a key may wait 17 ms for the frame after some other news
    os.environ.setdefault("TEXTUAL_FPS", "120")
    from ..config import paths
    from ..terminal import session

    def make(log_path: Path | None) -> "Console":
        return console(loaded, chosen, tab, log_path)

    return session.run(make, paths.state_dir(), mouse=mouse)


def console(loaded: "Loaded", chosen: "Chosen | None", tab: str, log_path: Path | None) -> "Console":
    """The application, not yet running; it starts its sources after the first paint."""
    from ..app import Console
    from ..config.policies import resolve_policy
    from ..config.settings import Profile
    from ..poller.board import Board
    from ..screens.base import Context
    from ..terminal import collector

    settings = loaded.settings
    profile = chosen.profile if chosen is not None else Profile()
    board = Board()
    kubernetes = profile.kubernetes
    context = Context(
        board=board,
        settings=settings,
        profile=profile,
        policy=resolve_policy(settings, profile.policy),
        profile_name=chosen.name if chosen is not None else "",
        cluster=(kubernetes.alias or kubernetes.context or "") if kubernetes is not None else "",
        namespace=", ".join(kubernetes.namespaces) if kubernetes is not None else "",
    )
    if chosen is None:
        from ..config.looked import look
        from ..screens.first_run import FirstRun

        context.services.looked = look()
        return Console(context, {0: lambda: FirstRun}, log_path=log_path)
    app = Console(context, LOADERS, start=TABS.index(tab), log_path=log_path)

    path = Path(settings.store.path).expanduser() if settings.store.path else None

    async def begin() -> None:
        # what the sources import takes half a second: in a thread, or no key would be answered meanwhile
        await asyncio.get_running_loop().run_in_executor(imports, _load, profile)
        imports.shutdown(wait=False)
        from ..assembly import Assembly

        assembly = Assembly(profile, context.policy, board, store_path=path, name=context.profile_name)
        context.refresh = assembly.refresh
        assembly.start()
        context.services.charts = assembly.charts
        context.services.cluster = assembly.cluster
        context.actions, context.records = assembly.actions, assembly.records
        app.at_exit = assembly.stop
        collector.keep()

    imports = ThreadPoolExecutor(1, thread_name_prefix="imports")
    app.after_first_paint = begin
    return app


def _load(profile: "Profile") -> None:
    from ..assembly import load

    load(profile)


def _now() -> "type[Tab]":
    from ..screens.now import NowTab

    return NowTab


def _metrics() -> "type[Tab]":
    from ..screens.metrics import MetricsTab

    return MetricsTab


def _pods() -> "type[Tab]":
    from ..screens.pods import PodsTab

    return PodsTab


def _queries() -> "type[Tab]":
    from ..screens.queries import QueriesTab

    return QueriesTab


def _costs() -> "type[Tab]":
    from ..screens.costs import CostsTab

    return CostsTab


def _customers() -> "type[Tab]":
    from ..screens.customers import CustomersTab

    return CustomersTab


def _incidents() -> "type[Tab]":
    from ..screens.incidents import IncidentsTab

    return IncidentsTab


LOADERS = {0: _now, 1: _metrics, 2: _pods, 3: _queries, 4: _costs, 5: _customers, 6: _incidents}
