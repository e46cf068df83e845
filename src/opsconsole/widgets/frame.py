"""The frame around the tabs: five lines that change by the minute or when something happened, and never move."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from textual.app import ComposeResult
from textual.containers import Container
from textual.timer import Timer
from textual.widget import Widget

from ..model.action import Run
from ..model.collection import Delta
from ..model.finding import Finding
from ..model.incident import Incident
from ..model.reading import Reading, State
from ..poller import topics
from ..poller.topics import Topic
from ..rules.incident_states import gravest_first
from ..screens.base import Badge, Context, Tab
from ..text import clock
from ..text.clean import clean
from . import footer
from .badge import badges
from .line import Line, Part, Parts, cut, lay_out, width_of
from .now_line import Chooser, now_line
from .run_line import run_part, run_words
from .source_state import Sources, every_topic, summarise
from .tab_strip import tab_strip
from .theme import Glyphs, Palette
from .view_strip import view_strip

SMALLEST = (40, 12)
NOTICE_S = 6.0
ACTING = ("scale", "restart", "rollback", "undo")
"""What the footer names first while writing is allowed."""


class Frame(Widget):
    """Composes the lines and the place of the tabs; reads the board for badges, sources and the Now line."""

    DEFAULT_CSS = """
    Frame { layout: vertical; width: 1fr; height: 1fr; }
    Frame > #tabs { width: 1fr; height: 1fr; }
    Frame > #too-small { display: none; height: 1; }
    Frame > .-empty { display: none; }
    Frame.-full > #now, Frame.-full > #views, Frame.-full > #headline { display: none; }
    Frame > #filter { display: none; }
    Frame.-typing > #filter { display: block; }
    Frame.-typing > #footer { display: none; }
    Frame.-small > * { display: none; }
    Frame.-small > #too-small { display: block; }
    """

    def __init__(self, context: Context, palette: Palette, glyphs: Glyphs, digits: Sequence[int] = range(7)) -> None:
        super().__init__(id="frame")
        self.context = context
        self.palette = palette
        self.glyphs = glyphs
        self.digits = digits
        self.active: Tab | None = None
        self.frozen: datetime | None = None
        self.ring: Callable[[], str] = str
        """What `n` turns, where that is not the findings: `evidence 2/4`."""
        self._chooser = Chooser(time.monotonic)
        self._states: dict[Topic[Any], State] = {}
        self._seen: set[str] | None = None
        self._notice: Timer | None = None
        self._hold: Timer | None = None
        self._endings: list[Callable[[], None]] = []
        self._stale = False
        self._ticking: Timer | None = None
        self._opened = clock.now()
        self._runs: dict[str, Run] = {}

    # --- parts ---------------------------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        for name in ("strip", "now", "views", "headline"):
            yield Line(id=name, palette=self.palette, classes="-empty" if name in ("views", "headline") else None)
        yield Container(id="tabs")
        yield Line(id="too-small", palette=self.palette)
        yield Line(id="footer", palette=self.palette)

    def line(self, name: str) -> Line:
        return self.query_one(f"#{name}", Line)

    def on_mount(self) -> None:
        self._listen()
        self._next_minute()

    def on_unmount(self) -> None:
        self._deafen()

    def turn_to(self, context: Context) -> None:
        """Show another platform, with no tab yet: nothing that was known of the one before stays."""
        self._deafen()
        self.context = context
        self.active = None
        self.frozen = None
        self._chooser = Chooser(time.monotonic)
        self._states.clear()
        self._seen = None
        self._runs = {}
        self._opened = clock.now()
        self.remove_class("-full", "-typing")
        self.hush()
        for name in ("views", "headline"):
            self.line(name).show([])
        self._listen()
        self.count_down()
        self.draw()

    def _listen(self) -> None:
        board = self.context.board
        for topic in every_topic():
            self._states[topic] = board.get(topic).state
            self._endings.append(board.subscribe(topic, self._hears(topic)))
        self._endings.append(board.subscribe(topics.RUNS, self._hear_runs))

    def _deafen(self) -> None:
        for end in self._endings:
            end()
        self._endings.clear()

    def on_resize(self) -> None:
        small = self.size.width < SMALLEST[0] or self.size.height < SMALLEST[1]
        self.set_class(small, "-small")
        if small:
            words = f"enlarge to {SMALLEST[0]}x{SMALLEST[1]} (now {self.size.width}x{self.size.height})"
            self.line("too-small").show([Part(words)])
        self.draw()

    def recolour(self, palette: Palette) -> None:
        self.palette = palette
        for line in self.query(Line):
            line.recolour(palette)

    # --- news ----------------------------------------------------------------------------------------------------

    def _hears(self, topic: Topic[Any]) -> Callable[[Reading[Any], Delta[Any] | None], None]:
        told = topic in (topics.FINDINGS, topics.INCIDENTS)

        def hear(reading: Reading[Any], _delta: Delta[Any] | None) -> None:
            if told or self._states.get(topic) is not reading.state:
                self._states[topic] = reading.state
                self._redraw_soon()
            if topic is topics.FINDINGS:
                self._ring(reading.value or ())

        return hear

    def _hear_runs(self, reading: Reading[tuple[Run, ...]], _delta: Delta[Any] | None) -> None:
        """What goes on stands beside the verdict; each turn that it takes is said once."""
        before, self._runs = self._runs, {run.plan.id: run for run in reading.value or ()}
        for run_id, run in self._runs.items():
            known = before.get(run_id)
            if run.began < self._opened and (known is None or known.phase is not run.phase):
                self.say(f"asked before this console opened: {run_words(run)}")
            elif known is not None and (known.phase, known.helped) != (run.phase, run.helped):
                self.say(run_words(run))
        self._redraw_soon()

    def _redraw_soon(self) -> None:
        """One redraw for all the news of one turn of the loop."""
        if not self._stale:
            self._stale = True
            self.call_later(self.draw)

    def _ring(self, findings: Sequence[Finding]) -> None:
        """The bell, once per new finding of the two highest severities; not for what was there at the start."""
        grave = {finding.id for finding in findings if finding.severity <= 2 and finding.state == "firing"}
        if self._seen is not None and grave - self._seen and self.context.settings.interface.bell:
            self.app.bell()
        self._seen = grave | (self._seen or set())

    def _next_minute(self) -> None:
        self.draw()
        if self.active is not None:
            self.active.minute()
        moment = clock.now()
        self.set_timer(60.05 - moment.second - moment.microsecond / 1e6, self._next_minute)

    # --- drawing -------------------------------------------------------------------------------------------------

    @property
    def findings(self) -> tuple[Finding, ...]:
        return self.context.board.get(topics.FINDINGS).value or ()

    @property
    def open_incident(self) -> Incident | None:
        """The gravest open one."""
        incidents = self.context.board.get(topics.INCIDENTS).value
        return next(iter(gravest_first(incidents.incidents)), None) if incidents is not None else None

    @property
    def armed_s(self) -> float:
        """Seconds for which this console may still write."""
        return self.context.actions.arming.left_s if self.context.actions is not None else 0.0

    def count_down(self) -> None:
        """Show the second that has begun, until there is none left; only this line is drawn."""
        if self._ticking is not None:
            self._ticking.stop()
        self._ticking = None
        left = self.armed_s
        self.draw_strip()
        if left > 0:
            self._ticking = self.set_timer(left % 1.0 + 0.02, self._second)

    def _second(self) -> None:
        self.count_down()
        if not self.armed_s:
            self.say("the ten minutes are over: read-only again (W arms)")

    def draw(self) -> None:
        """Show everything anew; lines whose parts are the same cost nothing."""
        self._stale = False
        width, now = self.size.width, clock.now()
        if not width or not self.is_mounted or not self.app._running:  # it is not there yet, or the console ends
            return
        sources = self.draw_strip()
        chosen = self._chooser.choose(self.findings)
        others = sum(finding.state == "firing" for finding in self.findings) - 1 if chosen else 0
        pending = sum(finding.state == "pending" for finding in self.findings)
        policy, incident = self.context.policy, self.open_incident
        ring = self.ring()
        self.line("now").show(
            now_line(width, chosen, others, incident, sources, self.glyphs, now, pending, policy, ring)
        )
        self._look_again_when_held(bool(others))
        self.draw_tab()

    def draw_strip(self) -> Sources:
        """The first line; returns what it says of the sources."""
        board, width = self.context.board, self.size.width
        sources = summarise((topic, board.get(topic)) for topic in every_topic())
        self.line("strip").show(
            tab_strip(
                width,
                self.active.digit if self.active else 0,
                self._badges(),
                digits=self.digits,
                platform=self._platform(),
                cluster=self.context.cluster,
                scope=self.context.scope if self.context.namespace else "",
                production=self.context.profile.production,
                sources=sources,
                now=clock.now(),
                frozen=self.frozen,
                armed_s=self.armed_s,
            )
        )
        return sources

    def draw_tab(self) -> None:
        """Views, headline and footer of the active tab."""
        tab, width = self.active, self.size.width
        if tab is None or not width:
            return
        headline = tab.headline()
        run = run_part(self._runs.values(), clock.now())
        # A class of the frame would have the style of everything in it worked out anew.
        self.line("views").set_class(not tab.views, "-empty")
        self.line("headline").set_class(not headline and run is None, "-empty")
        self.line("views").show(view_strip(width, tab))
        verdict = [Part(" " + clean(headline), "title")]
        # a long reason must not push the verdict out
        told = cut([run], max(width * 2 // 3, width - width_of(verdict) - 2)) if run is not None else []
        self.line("headline").show(lay_out(verdict, told, width) if told else cut(verdict, width))
        if self._notice is None:
            hints = (*ACTING, *tab.hints()) if self.armed_s else tab.hints()
            self.line("footer").show(footer.footer(width, hints))

    def say(self, text: str) -> None:
        """One line in the footer's place until the next key, or for six seconds."""
        self._stop_notice()
        self.line("footer").show(footer.notice(clean(text, 400), self.size.width))
        self._notice = self.set_timer(NOTICE_S, self.hush)

    def ask(self, parts: Parts) -> None:
        """A line that stays until `hush`: the letters of a chord."""
        self._stop_notice()
        self.line("footer").show(parts)
        self._notice = self.set_timer(600, self.hush)

    def hush(self) -> None:
        """Give the footer back to the hints."""
        if self._notice is not None:
            self._stop_notice()
            self.draw_tab()

    def _stop_notice(self) -> None:
        if self._notice is not None:
            self._notice.stop()
            self._notice = None

    def _platform(self) -> str:
        kubernetes = self.context.profile.kubernetes
        return (kubernetes.alias if kubernetes else None) or self.context.profile_name or "no profile"

    def _badges(self) -> Mapping[int, Badge]:
        incidents = self.context.board.get(topics.INCIDENTS).value
        made = dict(badges(self.findings, incidents.incidents if incidents else (), self.glyphs))
        for tab in self.query(Tab):
            own = tab.badge()
            if own is not None:
                made[tab.digit] = own
        return made

    def _look_again_when_held(self, others: bool) -> None:
        if self._hold is not None:
            self._hold.stop()
            self._hold = None
        wait = self._chooser.until - time.monotonic()
        if others and wait > 0:
            self._hold = self.set_timer(wait + 0.05, self.draw)
