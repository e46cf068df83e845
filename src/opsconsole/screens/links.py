"""Links to other tools' pages for exactly one service and range: as terminal hyperlinks, and as a list to copy from.

Nothing is opened from here: a console often runs on a host without a browser.
"""

import os
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from rich.style import Style
from rich.text import Text

from ..poller.topics import LOG_STORE
from ..rules.links import PADDING, About, Link, links
from ..rules.log_overview import breach_of
from ..text import clock
from ..text.clean import clean
from . import targets

if TYPE_CHECKING:
    from ..app import Console
    from ..poller.board import Board
    from .base import Context

PLAIN_TERMINALS = ("dumb", "linux", "vt")
"""Their kinds of terminals may print what they do not know; all others pass over it."""
LAST = timedelta(hours=1)
"""What a page shows where nothing fires."""


def links_of(context: "Context", service: str, namespace: str = "", *, pod: str = "", trace_id: str = "") -> list[Link]:
    """All that the settings offer for this service, from a little before its trouble until now."""
    templates = context.profile.links
    if not templates:
        return []
    from ..poller.topics import CHANGES, FINDINGS

    now, board = clock.now(), context.board
    if service and not namespace:
        owner = targets.workload_target(context, service)
        namespace = owner.namespace if owner is not None else ""
    since, breach = breach_of(service, board.get(FINDINGS).value or (), board.get(CHANGES).value or (), now)
    start = since - PADDING if breach else now - LAST
    query = _query(context, board, service, namespace) if service else ""
    return list(links(templates, About(start, now, service, namespace, pod, trace_id, query)))


def _query(context: "Context", board: "Board", service: str, namespace: str) -> str:
    """LogQL for the streams of the service; "" where there is no Loki that is known."""
    store, known = context.services.__dict__.get("log_store"), board.get(LOG_STORE).value
    return str(store.selector(known, service, namespace)) if store is not None and known is not None else ""


def hyperlinks() -> bool:
    """Whether this terminal takes hyperlinks, or at least passes over them."""
    return not os.environ.get("TERM", "").startswith(PLAIN_TERMINALS)


def link_style(url: str) -> Style:
    """The style of a text that leads there; none where the terminal might print the address instead."""
    return Style(link=url) if url and hyperlinks() else Style.null()


def link_line(found: Sequence[Link]) -> Text:
    """`links  Grafana: dashboards · Loki (Grafana)   o lists them`."""
    if not found:
        return Text("")
    titles = Text(" · ").join(Text(clean(one.title, 40), style=link_style(one.url)) for one in found)
    return Text.assemble(("links  ", "dim"), titles, ("   o lists and copies them", "dim"))


def link_words(found: Sequence[Link]) -> str:
    """The links of a row's description, addresses and all."""
    return "\n".join(f"{clean(one.title, 40):<24}{clean(one.url, 2000)}" for one in found)


def show_links(
    console: "Console", title: str, found: Sequence[Link], further: Sequence[tuple[str, Callable[[], object]]] = ()
) -> None:
    """A list of what is related: `further` places of the console first, then addresses, which enter copies."""
    from .dialogs.choose import Choose
    from .openers import copy_text

    def chosen(place: int) -> None:
        if place < len(further):
            further[place][1]()
        else:
            copy_text(console, found[place - len(further)].url, "address")

    width = min(40, max(len(one.title) for one in found))
    words = [words for words, _ in further]
    words += [f"{clean(one.title, 40):<{width}}  {clean(one.url, 400)}" for one in found]
    console.push_screen(Choose(f"{clean(title, 80)}: enter copies an address", words, chosen, console.palette, "o"))
