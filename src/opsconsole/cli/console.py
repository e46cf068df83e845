"""Opens the console: the first-run page where nothing is configured, else the tabs on the chosen profile."""

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..app import Console
    from ..config.choice import Chosen
    from ..config.loading import Loaded
    from ..screens.base import Tab
    from .platforms import Platforms

TABS = ("now", "metrics", "pods", "queries", "costs", "customers", "incidents")


def run_console(
    loaded: "Loaded", chosen: "Chosen | None", *, tab: str = "now", mouse: bool = True, alert: str = ""
) -> int:
    """Run until the operator leaves; the exit code (see terminal.session.run). `alert` is gone to once it is found."""
    from ..terminal import collector

    collector.relax()
    # Textual reads it when it is imported; at its own 60 a key may wait 17 ms for the frame after some other news
    os.environ.setdefault("TEXTUAL_FPS", "120")
    from ..config import paths
    from ..terminal import session

    def make(log_path: Path | None) -> "Console":
        return console(loaded, chosen, tab, log_path, alert)

    return session.run(make, paths.state_dir(), mouse=mouse)


def console(loaded: "Loaded", chosen: "Chosen | None", tab: str, log_path: Path | None, alert: str = "") -> "Console":
    """The application, not yet running; it starts its sources after the first paint."""
    from ..app import Console
    from ..config import paths
    from ..config.policies import resolve_policy
    from ..config.settings import Profile
    from ..poller.board import Board
    from ..screens.base import Context

    settings = loaded.settings
    if chosen is None:
        from ..config.looked import look
        from ..screens.first_run import FirstRun

        profile = Profile()
        context = Context(Board(), settings, profile, resolve_policy(settings, profile.policy))
        context.services.looked = look()
        return Console(context, {0: lambda: FirstRun}, log_path=log_path)
    from .platforms import Platforms

    path = Path(settings.store.path).expanduser() if settings.store.path else None
    platforms = Platforms(settings, chosen, path, paths.state_dir())
    app = Console(platforms.context, LOADERS, start=TABS.index(tab), log_path=log_path)
    app.before_first_tab = partial(_import, LOADERS[app.start_tab])
    app.after_first_paint = partial(_begin, platforms, app, alert)
    app.at_exit = platforms.end
    return app


async def _begin(platforms: "Platforms", app: "Console", alert: str) -> None:
    await platforms.begin(app)
    if alert:
        from ..screens.alert_jump import open_on

        await open_on(app, alert)


async def _import(loader: "Callable[[], type[Tab]]") -> None:
    """In a thread: a tab's modules take a tenth of a second, in which nothing else would move."""
    import asyncio

    from ..sources.executor import DaemonExecutor

    thread = DaemonExecutor("first tab", 1)
    await asyncio.get_running_loop().run_in_executor(thread, loader)
    thread.shutdown()


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
