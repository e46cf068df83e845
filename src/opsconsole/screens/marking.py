"""What a mark keeps: the key readings of the board, and of every tab that was visited its headline and rows in view."""

import asyncio
from typing import TYPE_CHECKING

from ..poller import topics
from ..text import clock, units
from ..text.clean import clean
from ..text.redact import redact
from ..widgets.now_line import rank
from ..widgets.source_state import every_topic, summarise
from .base import Tab
from .table_tab import TableTab
from .tile_line import amount

if TYPE_CHECKING:
    from ..app import Console

ROWS = 40
"""Lines that one tab may give."""
CATCH_UP_S = 1.0


async def taken(app: "Console") -> tuple[str, str]:
    """The mark in one line, and all that it keeps."""
    await _catch_up(app)
    now = clock.now()
    readings = _readings(app)
    lines = [f"mark {now:%Y-%m-%d %H:%M:%S} UTC · {app.context.profile_name} · on {_place(app.tab)}"]
    if app.frozen and app.frame.frozen is not None:
        lines.append(f"frozen since {units.clock(app.frame.frozen)}: the rows are those of then")
    lines += ["", "READINGS", *(f"  {line}" for line in readings)]
    for _, tab in sorted(app.tabs.items()):
        lines += ["", _place(tab).upper(), *(f"  {line}" for line in _of_tab(tab))]
    return redact(_words(app)), redact("\n".join(lines))


async def _catch_up(app: "Console") -> None:
    """News that waits for hidden tabs is handed out first; the rows of a frozen console stay as they stand."""
    if app.frozen:
        return
    for tab in app.tabs.values():
        done = asyncio.Event()
        tab.catch_up()
        if tab.call_later(done.set):
            try:
                async with asyncio.timeout(CATCH_UP_S):
                    await done.wait()
            except TimeoutError:  # it is busy: its rows are a moment older
                continue
        if not tab.shown and isinstance(tab, TableTab) and tab.table is not None:
            tab.table.settle(keep=True)  # nobody looks at its rows; one that is gone under its cursor still counts


def _place(tab: Tab) -> str:
    view = next((view.title for view in tab.views if view.id == tab.view), "")
    return f"{tab.title}: {view}" if view else tab.title


def _of_tab(tab: Tab) -> list[str]:
    headline = clean(tab.headline(), 400)
    rows = [clean(row, 400) for row in tab.snapshot()[:ROWS]]
    return [line for line in ([] if headline in rows else [headline]) + rows if line]


def _words(app: "Console") -> str:
    """`4 findings, the worst: api P99 1.9 s > 500 ms · REQ/s 412, 5xx 0.31%, P95 1.7 s`."""
    firing = sorted((one for one in app.frame.findings if one.state == "firing"), key=rank)
    worst = f", the worst: {clean(firing[0].what, 100)}" if firing else ""
    figures = ", ".join(_tiles(app)[:5])
    return " · ".join(part for part in (f"{units.plural(len(firing), 'finding')}{worst}", figures) if part)


def _readings(app: "Console") -> list[str]:
    """Sources, tiles, pulse, findings, whom it hurts: each with how far it may be trusted where that is not fully."""
    board = app.context.board
    lines = [f"sources {summarise((topic, board.get(topic)) for topic in every_topic()).words().removeprefix('src ')}"]
    tiles = board.get(topics.TILES)
    figures = "  ".join(_tiles(app))
    lines.append(f"{figures or 'no figures'}{_doubt(tiles.state)}")
    pulse = tiles.value.pulse if tiles.value is not None else ()
    if pulse:
        lines.append("pulse  " + "  ".join(f"{clean(tile.title)} {amount(tile)}" for tile in pulse))
    customers = board.get(topics.CUSTOMERS)
    if customers.value is not None and customers.value.hurt_measured:
        from .customers import hurt_sentence

        lines.append(f"hurt  {hurt_sentence(customers.value)}{_doubt(customers.state)}")
    now = clock.now()
    for finding in sorted(app.frame.findings, key=rank):
        after = f" · after {clean(finding.after)}" if finding.after else ""
        state = "" if finding.state == "firing" else f" · {finding.state}"
        age = units.age(finding.since, now)
        lines.append(f"{finding.severity.name.lower()}  {clean(finding.what)} · {age}{state}{after}")
    return lines


def _tiles(app: "Console") -> list[str]:
    value = app.context.board.get(topics.TILES).value
    return [f"{clean(tile.title)} {amount(tile)}" for tile in value.tiles] if value is not None else []


def _doubt(state: str) -> str:
    return "" if state == "ok" else f"  ({state.upper()})"
