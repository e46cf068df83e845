"""What changed at a PostgreSQL server: its start, its settings, and that its configuration was read anew."""

from datetime import timedelta

from ..model.finding import Change
from ..model.postgres import ServerSettings

_WITH_SECRETS = ("conninfo", "command", "passphrase", "password")
"""Settings whose values may hold secrets: that they changed is told, not to what."""
_AT_START = timedelta(seconds=5)
"""A start reads the configuration too."""


def server_changes(before: ServerSettings | None, now: ServerSettings) -> tuple[Change, ...]:
    """Changes since `before`; without one only what the server itself dates: its start, its last reload."""
    server, changes = now.server, []
    restarted = before is None or before.started != now.started
    if now.started is not None and restarted:
        changes.append(Change(now.started, "restart", f"{server} started", "", server))
    reloaded = now.loaded is not None and (before is None or before.loaded != now.loaded)
    differences = [] if before is None else list(_differences(before, now))
    if now.loaded is not None and reloaded:
        changes += [Change(now.loaded, "setting", f"{server} {words}", "", server) for words in differences]
        at_start = now.started is not None and now.loaded - now.started < _AT_START
        if not differences and not at_start:
            changes.append(Change(now.loaded, "setting", f"{server} read its configuration anew", "", server))
    return tuple(changes)


def _differences(before: ServerSettings, now: ServerSettings) -> list[str]:
    words = []
    for name in sorted(before.values.keys() & now.values.keys()):
        old, new = before.values[name], now.values[name]
        if old != new:
            secret = any(part in name for part in _WITH_SECRETS)
            words.append(f"{name} changed" if secret else f"{name} {old or 'empty'}→{new or 'empty'}")
    return words
