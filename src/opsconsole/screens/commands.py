"""What the palette offers: all actions, all views, the themes, and k9s' words."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from ..config import keymap
from ..config.keymap import Grade
from ..widgets.theme import PALETTES
from . import acting
from .dialogs.palette import Entry
from .openers import leave

if TYPE_CHECKING:
    from ..app import Console

_NOT_OFFERED = frozenset({keymap.MOVE})


def entries(app: "Console") -> list[Entry]:
    """Views first, then what keys do, then what changes the looks."""
    made: list[Entry] = []
    words = {target: word for word, target in reversed(keymap.RESOURCES.items())}
    for digit, load in sorted(app.loaders.items()):
        kind = load()
        made.append(Entry(kind.title, str(digit), kind.title.lower(), partial(app.show_tab, digit)))
        for view in kind.views:
            keys = f"{digit} v {view.letter}"
            word = words.get((digit, view.id), "")
            made.append(Entry(f"{kind.title}: {view.title}", keys, word, partial(app.show_tab, digit, view.id)))
    for action in keymap.ACTIONS:
        if action.group in _NOT_OFFERED or action.id.startswith("tab.") or action.id == "palette":
            continue
        if action.grade is Grade.SYSTEM and not acting.makes_sense(app, action):
            continue
        looks = "" if action.grade is Grade.LOOK else f" ({action.grade})"
        made.append(Entry(action.meaning + looks, " ".join(action.keys), "", partial(app.do, action)))
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
        "ns": partial(_switch, app, "namespace"),
        "ctx": partial(_switch, app, "context"),
    }
    return made


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


def _switch(app: "Console", what: str, name: str) -> None:
    context = app.context
    switch = context.switch_namespace if what == "namespace" else context.switch_context
    if switch is None:
        app.say(f"the {what} cannot be changed while running: start with opsconsole --{what} {name or 'NAME'}")
    elif not name:
        known = ", ".join(context.contexts) if what == "context" else ""
        app.say(
            f"which {what}? type its name after {'ctx' if what == 'context' else 'ns'}{': ' + known if known else ''}"
        )
    else:
        app.say(switch(name))
