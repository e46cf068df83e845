"""What the palette offers: all actions, all views, the themes, and k9s' words."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from ..config import keymap
from ..config.keymap import Grade
from ..widgets.theme import PALETTES
from . import acting, server_names, switching
from .dialogs.palette import Entry
from .openers import leave

if TYPE_CHECKING:
    from ..app import Console

Complete = Callable[[str], list[Entry]]
_NOT_OFFERED = frozenset({keymap.MOVE})


def entries(app: "Console") -> list[Entry]:
    """Views first, then what keys do, then what changes the looks."""
    made: list[Entry] = []
    words = {target: word for word, target in reversed(keymap.RESOURCES.items())}
    for digit, load in sorted(app.loaders.items()):
        kind = load()
        made.append(Entry(kind.title, str(digit), kind.title.lower(), partial(app.show_tab, digit)))
        for view in (*kind.views, *kind.further_views):
            keys = f"{digit} v {view.letter}" if view.letter else ""
            word = words.get((digit, view.id), "")
            made.append(Entry(f"{kind.title}: {view.title}", keys, word, partial(app.show_tab, digit, view.id)))
    for action in keymap.ACTIONS:
        if action.group in _NOT_OFFERED or action.id.startswith("tab.") or action.id == "palette":
            continue
        if action.grade is Grade.SYSTEM and not acting.makes_sense(app, action):
            continue
        looks = "" if action.grade is Grade.LOOK else f" ({action.grade})"
        made.append(Entry(action.meaning + looks, " ".join(action.keys), "", partial(app.do, action)))
    made.append(Entry("another context or profile", "", "ctx", partial(switching.context, app, "")))
    made.append(Entry("other namespaces", "", "ns", partial(switching.namespace, app, "")))
    made.append(Entry("HPA: what if, at 85 % CPU, at twice the traffic", "w", "what if", partial(_what_if, app)))
    made += [Entry(f"colours: {name}", "", f"theme {name}", partial(app.recolour, name)) for name in PALETTES]
    return made


def commands(app: "Console") -> dict[str, Callable[[str], None]]:
    """Words that mean one thing exactly, with what may follow them."""
    made: dict[str, Callable[[str], None]] = {
        word: partial(_open, app, digit, view)
        for word, (digit, view) in keymap.RESOURCES.items()
        if digit in app.loaders
    }
    made |= {
        "q": lambda _: leave(app),
        "quit": lambda _: leave(app),
        "ns": partial(switching.namespace, app),
        "ctx": partial(switching.context, app),
        "server": partial(server_names.look_at, app),
    }
    return made


def completions(app: "Console") -> dict[str, Complete]:
    """What may follow such a word, by what is typed of it so far."""

    def entries_of(word: str, named: Callable[["Console", str], list[tuple[str, str, Callable[[], None]]]]) -> Complete:
        return lambda typed: [Entry(title, note, f"{word} {title}", run) for title, note, run in named(app, typed)]

    return {
        "ns": entries_of("ns", switching.namespace_names),
        "ctx": entries_of("ctx", switching.context_names),
        "server": entries_of("server", server_names.server_names),
    }


def _open(app: "Console", digit: int, view: str, filter_text: str) -> None:
    """`:po api` opens pods filtered by `api`."""
    from .openers import apply_filter

    app.show_tab(digit, view)
    if filter_text:
        apply_filter(app, filter_text)


def _what_if(app: "Console") -> None:
    """Asks the HPA of the row under the cursor of the Pods tab."""
    app.show_tab(2)
    if not app.tab.act("why"):
        app.say("what if: stand on an HPA, or on a workload that one scales, and press w")
