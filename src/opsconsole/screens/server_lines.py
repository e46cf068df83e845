"""The one-line summaries of a PostgreSQL and a Redis server."""

from typing import Any

from rich.text import Text

from ..model.postgres import ServerFacts
from ..model.reading import Reading
from ..model.redis import CacheFigures
from ..text import units
from .table_tab import trust

NARROW = 100


def database_line(reading: Reading[ServerFacts], width: int) -> Text:
    facts = reading.value
    if facts is None:
        return Text(f"PG  {trust(reading)}", style="dim")
    free = facts.max_connections - facts.reserved - facts.connections
    states = dict(facts.by_state)
    idle = sum(count for state, count in states.items() if state.startswith("idle in transaction"))
    used = facts.connections / max(1, facts.max_connections - facts.reserved)
    parts: list[str | tuple[str, str]] = [
        ("PG  ", "bold"),
        "conn ",
        _judged(f"{facts.connections}/{facts.max_connections - facts.reserved}", used >= 0.8),
        f" (free {free})",
        f" · running {states.get('active', 0)}",
        f" · idle in tx {idle}" + (f", oldest {units.span(facts.oldest_transaction_s)}" if idle else ""),
        f" · hit {units.percent(facts.hit_ratio, 1)} %" if facts.hit_ratio is not None else " · hit unknown",
    ]
    if width >= NARROW:
        parts += [
            f" · {units.number(facts.statements_s)} stmt/s",
            f" · commit {units.number(facts.commits_s)}/s rollback {units.number(facts.rollbacks_s)}/s",
            f" · deadlocks {units.UNKNOWN if facts.deadlocks is None else facts.deadlocks}",
            f" · {units.size(facts.database_bytes)}",
        ]
    return _line(parts, reading)


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
