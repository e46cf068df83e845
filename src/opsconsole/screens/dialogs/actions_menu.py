"""`a`: what the runbooks do about it, and what can be done here, each with its key, and why not where it cannot."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ...config.keymap import Action, by_id
from ...rules.runbook_steps import Step
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

    def __init__(
        self, heading: str, offers: Sequence[Offer], run: Callable[[Action], None], palette: Palette,
        steps: Sequence[Step] = (),
    ) -> None:  # fmt: skip
        self.offers = tuple(offers)
        self.steps = tuple(steps)
        self._run = run
        told = [_step(place, step) for place, step in enumerate(steps, 1)]
        said = [*([HEAD, *told] if told else []), *([[Part(" ACTIONS", "dim")]] if told else []), *map(_line, offers)]
        self._first = len(said) - len(self.offers)
        """Line of the first offer; steps stand above."""
        super().__init__(heading, said, palette, "j k move   enter opens, starts   esc back", fold=False)
        chosen = next((place for place, offer in enumerate(offers) if not offer.not_now), 0)
        self.page.cursor = self._first + chosen
        self._lines = len(said)

    DEFAULT_CSS = "ActionsMenu > Vertical { height: auto; max-height: 86%; }"

    def on_mount(self) -> None:
        super().on_mount()
        self.page.styles.height = self._lines

    def pressed(self, key: str) -> bool:
        if key == "a":
            self.dismiss(None)
            return True
        if key != "enter" or not self.offers:
            return False
        place = self.page.cursor or 0
        if place >= self._first:
            self._start(self.offers[place - self._first])
        elif 0 < place <= len(self.steps):
            self._open(self.steps[place - 1])
        return True

    def _start(self, offer: Offer) -> None:
        if offer.not_now:
            self.say(f"{offer.action.keys[0]}: {offer.not_now}")
        else:
            self.dismiss(None)
            self.app.call_later(self._run, offer.action)

    def _open(self, step: Step) -> None:
        """A step only opens: what changes something asks first, as its key does."""
        if step.opens:
            self.dismiss(None)
            self.app.call_later(self._run, by_id(step.opens))
        else:
            self.say(f"nothing here does that: {step.words} ({step.origin})")


HEAD = [Part(" RUNBOOK STEPS", "dim")]


def _step(place: int, step: Step) -> list[Part]:
    key = by_id(step.opens).keys[0] if step.opens else ""
    return [Part(f" {place}. {fit(step.words, 58)} "), Part(f"{fit(key, 6)} ", "key"), Part(step.origin, "dim")]


def _line(offer: Offer) -> list[Part]:
    style = "dim" if offer.not_now else ""
    why = f"   no: {offer.not_now}" if offer.not_now else ""
    return [
        Part(f" {offer.action.keys[0]:<3}", "dim" if offer.not_now else "key"),
        Part(f"{fit(clean(offer.words), 38)} ", style),
        Part(clean(why, 200), "dim"),
    ]
