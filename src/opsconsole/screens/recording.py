"""What the capitals D M N A T I P do on every tab: each writes to our own store and answers in one line what was saved."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..app import Console


def declare(app: "Console") -> None:
    """`D`: declare an incident, filled in from the finding at hand; with one open, join it or declare another."""
    raise NotImplementedError


def mark(app: "Console") -> None:
    """`M`: keep this moment at once: every visited tab's headline and rows in view, and the board's key readings."""
    raise NotImplementedError


def note(app: "Console") -> None:
    """`N`: one line into the timeline."""
    raise NotImplementedError


def acknowledge(app: "Console") -> None:
    """`A`: somebody knows of the finding at hand."""
    raise NotImplementedError


def state(app: "Console") -> None:
    """`T`: move the incident to one of the states that may follow."""
    raise NotImplementedError


def inform(app: "Console") -> None:
    """`I`: compose an update from a template, copy it, and count the next one due."""
    raise NotImplementedError


def postmortem(app: "Console") -> None:
    """`P`: write the postmortem and say where it lies."""
    raise NotImplementedError


def unsaved(app: "Console") -> str:
    """What a dialog holds that is not saved, in words; "" when nothing would be lost by leaving."""
    return next((words for screen in app.screen_stack if (words := getattr(screen, "unsaved", ""))), "")
