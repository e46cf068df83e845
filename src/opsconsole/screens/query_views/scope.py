"""The server that is looked at, in words for the right of the strip."""

from collections.abc import Sequence

from ...model.postgres import ServerFacts
from ...rules.server_rows import lag_words
from ...text.clean import clean
from .desk import Desk


def server_words(desk: Desk) -> Sequence[str]:
    """`server pg-primary 18.1 primary (replica lag 0.3 s)`, of a replica its own lag; then in fewer and fewer words."""
    facts = desk.reading("facts").value
    if not isinstance(facts, ServerFacts):
        return ()
    role = "replica" if facts.is_replica else "primary"
    lag = f" (lag {lag_words(facts.replica_lag_s)})" if facts.is_replica else _of_replicas(desk, facts)
    name, version = clean(facts.server), clean(facts.version)
    return f"server {name} {version} {role}{lag}", f"{name} {version} {role}", f"{name} {version}", name


def beside_window(servers: Sequence[str], windows: Sequence[str]) -> Sequence[str]:
    """Both in fewer and fewer words: the server's go first, as its name stands in the lines below, too."""
    if not servers or not windows:
        return (*servers, *windows)
    pairs = [*((server, windows[0]) for server in servers), *((servers[-1], window) for window in windows[1:])]
    return (*(" · ".join(pair) for pair in pairs), *windows)


def _of_replicas(desk: Desk, primary: ServerFacts) -> str:
    """The lag of the replica that is furthest behind, of those that are asked, too."""
    others = [reading.value for _, reading in desk.each("facts") if isinstance(reading.value, ServerFacts)]
    system = primary.place.system
    replicas = [one for one in others if one.is_replica and system and one.place.system == system]
    if not replicas:
        return ""
    lags = [one.replica_lag_s for one in replicas]
    known = [lag for lag in lags if lag is not None]
    return f" (replica lag {lag_words(max(known) if len(known) == len(lags) else None)})"
