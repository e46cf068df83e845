"""`:server NAME`: the database or cache that the Queries tab is to show, by name or from what is completed."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from ..text import matching

if TYPE_CHECKING:
    from ..app import Console

QUERIES = 3


def look_at(app: "Console", typed: str) -> None:
    """Show that server; without a name all of them side by side."""
    name = matching.meant(typed.strip(), _names(app)) if typed.strip() else ""
    if name:
        app.show_tab(QUERIES, identity=name)
        return
    if typed.strip():
        app.say(f"server {typed.strip()}: no database and no cache of that name in this profile")
    app.show_tab(QUERIES, "servers")


def server_names(app: "Console", typed: str) -> list[tuple[str, str, Callable[[], None]]]:
    """What completes the name after `server`: (title, kind, what it does)."""
    databases = frozenset(server.name for server in app.context.profile.postgres)
    return [
        (name, "PostgreSQL" if name in databases else "Redis", partial(look_at, app, name))
        for name in matching.matching(typed.strip(), _names(app))
    ]


def _names(app: "Console") -> list[str]:
    profile = app.context.profile
    return [*(server.name for server in profile.postgres), *(server.name for server in profile.redis)]
