"""The one-line summaries of a PostgreSQL and a Redis server."""

from typing import Any, NamedTuple

from rich.text import Text

from ..model.pools import Connections
from ..model.postgres import ServerFacts
from ..model.reading import Reading
from ..model.redis import CacheFigures
from ..rules.connection_rows import BUSY
from ..rules.connection_words import outlook
from ..text import units
from .table_tab import trust

NARROW = 100
LOW_HITS = 0.8


class Beside(NamedTuple):
    """What else the database's line tells."""

    connections: Connections | None = None
    """Their trend, and who waits for a lock."""
    cpu: float | None = None
    """By metrics, as a share of what it has."""
    disk_free: str = ""
    cache: Reading[CacheFigures] | None = None
    """The cache, which shares the line of a narrow screen."""


NOTHING = Beside()


def database_line(
    reading: Reading[ServerFacts],
    width: int,
    beside: Beside = NOTHING,
) -> Text:
    """What the server does now; what is not known of that beside its facts is left out."""
    facts = reading.value
    if facts is None:
        return Text(f"PG  {trust(reading)}", style="dim")  # why it is silent needs the whole line
    now = beside.connections
    if width < NARROW:
        return _line([*_short_database(facts, now), *_short_cache(beside.cache)], reading)
    limit = facts.max_connections - facts.reserved
    said = outlook(now.trend) if now is not None else ""
    free = f" (free {max(0, limit - facts.connections)}{', ' + said if said else ''})"
    parts: list[str | tuple[str, str]] = [
        ("PG  ", "bold"),
        "conn ",
        _judged(f"{facts.connections}/{limit}", facts.connections >= BUSY * limit),
        free,
        *_at_work(facts, now),
        f" · hit {units.percent(facts.hit_ratio, 1)} %" if facts.hit_ratio is not None else " · hit unknown",
        f" · cpu {units.percent(beside.cpu, 0)} %" if beside.cpu is not None else "",
        f" · disk free {beside.disk_free}" if beside.disk_free else "",
        f" · {units.number(facts.statements_s)} stmt/s",
    ]
    return _line(parts, reading)


def _at_work(facts: ServerFacts, now: Connections | None) -> list[str]:
    """What sessions do; a role that may not see others' does not know."""
    if _hidden(facts):
        return [" · running, waiting, idle in tx unknown: needs pg_monitor"]
    idle, oldest = _idle_in_transaction(facts, now)
    return [
        f" · running {dict(facts.by_state).get('active', 0)}",
        f" · waiting {sum(group.waiting for group in now.groups)}" if now is not None else "",
        f" · idle in tx {idle}" + (f", oldest {units.minutes(oldest)}" if idle and oldest is not None else ""),
    ]


def _short_at_work(facts: ServerFacts, now: Connections | None) -> list[str]:
    if _hidden(facts):
        return ["  run, wait, idle-tx unknown"]
    idle, oldest = _idle_in_transaction(facts, now)
    return [
        f"  run {dict(facts.by_state).get('active', 0)}",
        f" wait {sum(group.waiting for group in now.groups)}" if now is not None else "",
        f" idle-tx {idle}" + (f"({units.minutes(oldest)})" if idle and oldest is not None else ""),
    ]


def _hidden(facts: ServerFacts) -> bool:
    return any(state == "hidden" for state, _ in facts.by_state)


def _short_database(facts: ServerFacts, now: Connections | None) -> list[str | tuple[str, str]]:
    """`conn 88/97▲ full~6m  run 31 wait 4 idle-tx 3(4m)  hit 99.2`, as 80 columns have room for."""
    limit = facts.max_connections - facts.reserved
    said = outlook(now.trend).replace("full in ", "full") if now is not None else ""
    used = f"{facts.connections}/{limit}"
    return [
        "conn ",
        (f"{used}▲", "bold") if facts.connections >= BUSY * limit else used,
        f" {said}" if said else "",
        *_short_at_work(facts, now),
        f"  hit {units.percent(facts.hit_ratio, 1)}" if facts.hit_ratio is not None else "  hit unknown",
    ]


def _short_cache(reading: Reading[CacheFigures] | None) -> list[str | tuple[str, str]]:
    """`  redis 91% ev 0`: in so little room both servers share a line."""
    figures = reading.value if reading is not None else None
    if reading is None or figures is None:
        return []
    note = trust(reading).partition(" ")[0]
    hit = units.UNKNOWN if figures.hit_ratio is None else f"{units.percent(figures.hit_ratio)}%"
    low = figures.hit_ratio is not None and figures.hit_ratio < LOW_HITS
    shown = f"{hit}▲" if low else hit
    return ["  redis ", (note, "bold") if note else (shown, "bold") if low else shown,
            f" ev {units.number(figures.evictions_s)}"]  # fmt: skip


def _idle_in_transaction(facts: ServerFacts, now: Connections | None) -> tuple[int, float | None]:
    """How many, and the age of the oldest transaction among them; of any transaction where these are not told."""
    count = sum(count for state, count in facts.by_state if state.startswith("idle in transaction"))
    if now is None:
        return count, facts.oldest_transaction_s
    held = [group for group in now.groups if group.state.startswith("idle in transaction")]
    return count, max((group.transaction_s for group in held if group.transaction_s is not None), default=None)


def cache_line(reading: Reading[CacheFigures], width: int) -> Text:
    figures = reading.value
    if figures is None:
        return Text(f"RED {trust(reading)}", style="dim")
    if figures.role == "sentinel":
        watched = (
            units.UNKNOWN if figures.sentinel is None else units.plural(len(figures.sentinel), "primary", "primaries")
        )
        return _line([("RED ", "bold"), f"sentinel, watches {watched}"], reading)
    if figures.memory_bytes is None and figures.unread:
        part = figures.unread[0]
        return _line([("RED ", "bold"), f"{part.part} {units.UNKNOWN}: {part.why}"], reading)
    low = figures.hit_ratio is not None and figures.hit_ratio < 0.8
    hit = units.UNKNOWN if figures.hit_ratio is None else f"{units.percent(figures.hit_ratio)} %"
    parts: list[str | tuple[str, str]] = [("RED ", "bold"), "hit ", _judged(hit, low), " · mem ", memory(figures)]
    parts += [f" · evict {units.number(figures.evictions_s)}/s"]
    parts += [f" · clients {units.UNKNOWN if figures.clients is None else figures.clients}"]
    if width >= NARROW:
        parts += [f" · {units.number(figures.commands_s)} cmd/s · slowlog +{figures.slow_new}"]
    return _line(parts, reading)


def memory(figures: CacheFigures) -> str:
    """`71 % of 4Gi`, or `2.1Gi, unlimited`."""
    if figures.memory_bytes is None or figures.max_memory_bytes is None:
        return units.size(figures.memory_bytes)
    if not figures.max_memory_bytes:
        return f"{units.size(figures.memory_bytes)}, unlimited"
    share = units.percent(figures.memory_bytes / figures.max_memory_bytes)
    return f"{share} % of {units.size(figures.max_memory_bytes)}"


def _judged(text: str, bad: bool) -> str | tuple[str, str]:
    return (f"{text} ▲", "bold") if bad else text


def _line(parts: list[str | tuple[str, str]], reading: Reading[Any]) -> Text:
    note = trust(reading)
    text = Text.assemble(*parts, style="dim" if note else "")
    return text.append(f" · {note}", style="bold") if note else text
