"""Baselines on the screen: the page of a row (`e` on a service), and accepting what shifted (in the menu of `a`)."""

from functools import partial
from typing import TYPE_CHECKING

from ..config.keymap import RECORD, Action, Grade
from ..model.baseline import Shift
from ..poller.topics import BASELINES, COMPARISONS
from ..rules.baseline import to_accept
from ..rules.baseline_findings import RULE
from ..rules.baseline_words import normal_facts, page
from ..text.clean import clean
from .table_tab import TableTab

if TYPE_CHECKING:
    from ..app import Console
    from .base import Context
    from .dialogs.actions_menu import Offer

ACCEPT = Action(
    "accept_baseline", ("",), "accept", "accept what shifted as the new normal, with a reason", RECORD, Grade.RECORD
)
"""Has no key: it stands in the menu of `a` where something shifted."""


def open_page(app: "Console", service: str, endpoint: str) -> None:
    """Everything about the baseline of a row."""
    from .dialogs.raw import TextDialog
    from .openers import copy_text

    board = app.context.board
    text = page(board.get(BASELINES).value, board.get(COMPARISONS).value or (), service, endpoint)
    name = " ".join(part for part in (service, endpoint) if part)
    copy = partial(copy_text, app, what="baseline")
    app.push_screen(TextDialog(f"baseline · {clean(name, 80)}", text, app.palette, copy))


def facts(context: "Context", service: str, endpoint: str) -> list[tuple[str, str]]:
    """What is normal beside a row's numbers, for its description."""
    told = normal_facts(context.board.get(BASELINES).value, service, endpoint)
    return [*told, ("baseline", "e shows it; a accepts what shifted")] if told else []


def shift_at(app: "Console") -> Shift | None:
    """The shift that the row under the cursor speaks of."""
    known = app.context.board.get(BASELINES).value
    finding = app.tab.finding()
    names = {finding.object.strip()} if finding is not None and finding.rule == RULE else set()
    if isinstance(app.tab, TableTab):
        names.add(app.tab.subject())
    found = known.shifts if known is not None else ()
    return next((one for one in found if names & {one.service, one.key.strip()}), None)


def offers(app: "Console") -> "list[Offer]":
    """What the menu offers about baselines here."""
    from .dialogs.actions_menu import Offer

    shift = shift_at(app)
    if shift is None:
        return []
    why = "" if app.context.records is not None else "the store is not open"
    return [Offer(ACCEPT, f"accept {clean(shift.key.strip(), 40)} as it is", why)]


def accept(app: "Console") -> None:
    """Asks why, and writes it down; it works in read-only mode too."""
    from .dialogs.accept_baseline import AcceptDialog

    records, shift, known = app.context.records, shift_at(app), app.context.board.get(BASELINES).value
    if records is None or shift is None or known is None:
        app.say(
            "nothing shifted here any more" if records is not None else "the store is not open: nothing was written"
        )
        return
    rows = to_accept(known, shift.service, shift.endpoint)
    refresh = partial(app.context.refresh, (BASELINES,))
    app.hold_keys()
    app.push_screen(AcceptDialog(records.store, shift, rows, refresh, app.palette, app.release_keys))
