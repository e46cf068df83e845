"""`!`: what every source said last, how often the loop was held, and the end of the log."""

from collections.abc import Sequence
from pathlib import Path

from ...model.reading import State
from ...poller.board import Board
from ...poller.topics import ON_DEMAND
from ...terminal import logfile
from ...terminal.stalls import STALL_S, Stalls
from ...text import clock
from ...text.clean import clean
from ...text.units import age, seconds
from ...text.units import clock as clock_text
from ...widgets.line import Part
from ...widgets.source_state import OURS, every_topic
from ...widgets.theme import Palette
from .page import Dialog

ORIGIN = 240
"""Characters of a query that stand here; the tabs show whole ones (w, y)."""
_STYLES = {State.OK: "ok", State.LATE: "warning", State.STALE: "stale", State.FAILED: "critical", State.OFF: "dim"}


def source_lines(board: Board) -> list[list[Part]]:
    """Per topic: state, when taken, how long it took, where it came from; below it problem and remedy."""
    now = clock.now()
    lines: list[list[Part]] = [[Part(f" {'SOURCE':<19}{'STATE':<8}{'TAKEN':<8}{'TOOK':<9}FROM", "title")]]
    off: list[str] = []
    ranked = sorted(every_topic(), key=lambda topic: board.get(topic).state is State.OK)
    for topic in ranked:
        reading = board.get(topic)
        if topic.system in OURS and reading.taken is None:
            continue
        if topic in ON_DEMAND and reading.state is State.OFF and reading.problem is None:
            continue  # nobody looks at it
        if reading.state is State.OFF or (
            reading.taken is None and reading.state is State.LATE and not reading.problem
        ):
            off.append(f"{topic.name} {'off' if reading.state is State.OFF else 'no answer yet'}")
            continue
        taken = age(reading.taken, now) if reading.taken else "never"
        took = seconds(reading.took_s) if topic.system not in OURS and reading.taken else "-"
        lines.append(
            [
                Part(f" {topic.name:<19}"),
                Part(f"{reading.state.upper():<8}", _STYLES[reading.state]),
                Part(f"{taken:<8}{took:<9}", "dim"),
                Part(clean(" ".join(reading.source.split()), ORIGIN), "dim"),
            ]
        )
        if reading.problem is not None:
            lines.append([Part(f"   {clean(reading.problem.sentence)}", _STYLES[reading.state])])
            if reading.problem.remedy:
                lines.append([Part(f"   do: {clean(reading.problem.remedy)}", "title")])
    if off:
        lines += [[Part("")], [Part(" Not heard of: " + ", ".join(off), "dim")]]
    return lines


def stall_lines(stalls: Stalls) -> list[list[Part]]:
    """How often the event loop was held for 50 ms and more."""
    limit = f"{STALL_S * 1000:.0f} ms"
    if not stalls.count:
        return [[Part(f" loop: never held for {limit}", "dim")]]
    head = f" loop: held {stalls.count} times for {limit} or more, longest {seconds(stalls.longest_s)}"
    latest = "  ".join(f"{clock_text(when)} {seconds(length)}" for when, length in list(stalls.recent)[-5:])
    return [[Part(head, "warning")], [Part(f"   latest {latest}", "dim")]]


def log_lines(path: Path | None, tail: Sequence[str]) -> list[list[Part]]:
    """The end of the log, newest last."""
    if path is None:
        return [[Part(" no log is kept", "dim")]]
    return [[Part(f" LOG {path}", "title")], *([Part(f" {line}", "dim")] for line in tail)]


class SourcesDialog(Dialog):
    """Sources, errors, stalls, log; `r` reads them again."""

    def __init__(self, board: Board, stalls: Stalls, log: Path | None, palette: Palette) -> None:
        self._board, self._stalls, self._log = board, stalls, log
        super().__init__("Sources, errors, log, stalls", self._all(), palette, "r again   j k G move   esc back")

    def _all(self) -> list[list[Part]]:
        blank = [[Part("")]]
        tail = logfile.tail(self._log) if self._log else []
        return [
            *source_lines(self._board),
            *blank,
            *stall_lines(self._stalls),
            *blank,
            *log_lines(self._log, tail),
        ]

    def pressed(self, key: str) -> bool:
        if key == "r":
            self.page.show(self._all())
            return True
        if key == "!":
            self.dismiss(None)
            return True
        return False
