"""What the capitals that change the platform do: arm, then scale, restart, roll back and undo, each through one dialog."""

from typing import TYPE_CHECKING

from ..config import keymap
from ..config.keymap import Action

if TYPE_CHECKING:
    from ..app import Console


def start(app: "Console", action: Action) -> None:
    """A key of the group System was pressed, or chosen in the palette or the menu of actions."""
    app.say(keymap.refusal(action))


def menu(app: "Console") -> None:
    """`a`: what can be done here; it only opens."""


def leaving_costs(app: "Console") -> list[str]:
    """Why one may want to stay: armed, something goes on, something is not saved."""
    return []
