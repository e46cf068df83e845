"""`a`: what can be done here, each with its key, and why not where it cannot."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ...config.keymap import Action
from ...text.clean import clean, fit
from ...widgets.line import Part
from ...widgets.theme import Palette
from .page import Dialog


@dataclass(frozen=True)
class Offer:
    """One line of the menu."""

    action: Action
    words: str
    """What it would do here: `roll back deployment/api`."""
    not_now: str = ""
    """Why it cannot be done; "" where it can."""


class ActionsMenu(Dialog):
    """Only opens; enter starts what the cursor stands on."""

    def __init__(self, heading: str, offers: Sequence[Offer], run: Callable[[Action], None], palette: Palette) -> None:
        self.offers = tuple(offers)
        self._run = run
        super().__init__(
            heading, [_line(offer) for offer in offers], palette, "j k move   enter starts   esc back", fold=False
        )
        self.page.cursor = next((place for place, offer in enumerate(offers) if not offer.not_now), 0)

    DEFAULT_CSS = "ActionsMenu > Vertical { height: auto; max-height: 86%; }"

    def on_mount(self) -> None:
        super().on_mount()
        self.page.styles.height = len(self.offers)

    def pressed(self, key: str) -> bool:
        if key == "a":
            self.dismiss(None)
            return True
        if key != "enter" or not self.offers:
            return False
        offer = self.offers[self.page.cursor or 0]
        if offer.not_now:
            self.say(f"{offer.action.keys[0]}: {offer.not_now}")
            return True
        self.dismiss(None)
        self.app.call_later(self._run, offer.action)
        return True


def _line(offer: Offer) -> list[Part]:
    style = "dim" if offer.not_now else ""
    why = f"   no: {offer.not_now}" if offer.not_now else ""
    return [
        Part(f" {offer.action.keys[0]:<3}", "dim" if offer.not_now else "key"),
        Part(f"{fit(clean(offer.words), 38)} ", style),
        Part(clean(why, 200), "dim"),
    ]
