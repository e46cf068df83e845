"""How a log page writes: a line with its time and its pod's name, the head, the state of each switch, a file."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len

from ..model.logs import Counted, Level, LogLine, LogSource, moment_of
from ..rules.links import trace_ids
from ..rules.log_lines import columns
from ..text import units
from ..text.clean import clean, fit
from ..text.redact import redact
from ..widgets.line import Part, Parts, width_of
from ..widgets.log_view import found_in, padded

if TYPE_CHECKING:
    from ..poller.logs import Desk

STYLES = {Level.ERROR: "critical", Level.WARNING: "warning", Level.DEBUG: "dim"}
WORDS = {Level.ERROR: "ERROR", Level.WARNING: "WARN", Level.INFO: "INFO", Level.DEBUG: "DEBUG"}
NAMES = ("accent", "ok", "blind", "dim")
"""Styles of the pods' names, in turn; the name itself tells them apart."""
LONGEST_NAME = 28
NARROW = 100
SHOWN = 4096
"""Characters of one line on the screen."""
MESSAGE = 44
"""Cells of a JSON line's message, at least."""
BEHIND_S = 5.0


@dataclass(frozen=True)
class Switches:
    """The options of a log page."""

    wrap: bool = False
    times: bool = True
    names: bool = True
    json: bool = True
    previous: bool = True
    wrong: bool = False

    TITLES: ClassVar[dict[str, str]] = {
        "wrap": "wrap long lines",
        "times": "time stamps",
        "names": "pod names",
        "json": "JSON lines as columns",
        "previous": "the run before a restart",
    }

    def turned(self, name: str, on: bool) -> "Switches":
        return replace(self, **{name: on})


def text_of(line: LogLine) -> str:
    """The line as text that may be shown: decoded, without secrets, without what moves a cursor."""
    return clean(redact(line.text.decode("utf-8", "replace").replace("\t", "    ")), SHOWN)


class Writer:
    """Formats lines; `look_for` is what to make visible in them."""

    def __init__(self, sources: Sequence[LogSource]) -> None:
        self.switches = Switches()
        self.look_for: re.Pattern[str] | None = None
        self.address_of: Callable[[str, LogLine], str] | None = None
        """Where the trace of that id, named by that line, is shown."""
        self.several = False
        """More than one stream: names tell something."""
        self._sources = sources
        self._names: list[str] = []
        self._widest = 0

    def name_of(self, line: LogLine) -> str:
        if len(self._names) < len(self._sources):
            self.measure()
        return self._names[line.source] if 0 <= line.source < len(self._names) else ""

    def measure(self) -> bool:
        """Take new streams in; True when lines look otherwise now."""
        if len(self._names) == len(self._sources):
            return False
        self._names += (clean(one.label, 200) for one in self._sources[len(self._names) :])
        widest = min(LONGEST_NAME, max(map(cell_len, self._names), default=0))
        several = len(set(self._names)) > 1
        changed = (widest, several) != (self._widest, self.several)
        self._widest, self.several = widest, several
        return changed

    def line(self, line: LogLine, width: int) -> tuple[Parts, Parts]:
        """(time and name, text) of a line for the screen."""
        if line.mark:
            return (), [Part(self.mark(line, width), "title")]
        before = [Part(" ")]
        if self.switches.times:
            before.append(Part(line.stamp[11:19].decode("ascii", "replace").ljust(8) + " ", "dim"))
        if self.switches.names and self.several:
            name = fit(self.name_of(line), min(self._widest, 16 if width < NARROW else LONGEST_NAME))
            before.append(Part(f"{name} ", NAMES[line.source % len(NAMES)]))
        return before, self._text(line)

    def mark(self, line: LogLine, width: int) -> str:
        """`-- worker-x7p restart 7: OOMKilled 137 … ------`."""
        said = f"-- {text_of(line)} "
        return said + "-" * max(2, width - cell_len(said))

    def _text(self, line: LogLine) -> list[Part]:
        style, text = STYLES.get(Level(line.level), ""), text_of(line)
        fields = columns(text) if self.switches.json else None
        if fields is None:
            return self._linked(self._found(text, style), line)
        level, message, rest = (clean(part.replace("\n", " ↵ "), SHOWN) for part in fields)
        parts = [
            *self._found(f"{level:<5} ", style),
            *self._found(padded(message, MESSAGE) if rest else message, style),
            *self._found(f" {rest}" if rest else "", "dim"),
        ]
        return self._linked(parts, line)

    def _found(self, text: str, style: str) -> list[Part]:
        if self.look_for is None:
            return [Part(text, style)]
        return found_in(text, style, [found.span() for found in self.look_for.finditer(text)])

    def _linked(self, parts: list[Part], line: LogLine) -> list[Part]:
        """The ids of traces lead to their pages."""
        if self.address_of is None:
            return parts
        found: list[Part] = []
        for part in parts:
            at = 0
            for begin, end, trace in trace_ids(part.text):
                found += [
                    Part(part.text[at:begin], part.style),
                    Part(part.text[begin:end], part.style, link=self.address_of(trace, line)),
                ]
                at = end
            found.append(Part(part.text[at:], part.style) if at else part)
        return found

    def plain(self, line: LogLine) -> str:
        """The line for a file: whole time, whole name."""
        if line.mark:
            return f"-- {text_of(line)} --"
        stamp = line.stamp.decode("ascii", "replace") or "-"
        return f"{stamp} {self.name_of(line)} {text_of(line)}" if self.several else f"{stamp} {text_of(line)}"


def pattern_words(one: Counted) -> tuple[str, str]:
    """(level, the rest) of a pattern, without secrets; the level is said once."""
    level = WORDS.get(Level(one.level), "")
    words = clean(redact(one.pattern), 400)
    first, _, rest = words.partition(" ")
    same = first.strip("[]:").upper()
    return level, rest if rest and same in (level, "WARNING" if level == "WARN" else level) else words


def head(desk: "Desk", width: int, *, following: bool, frozen: bool, more: int, behind_s: float) -> list[Part]:
    """`logs deploy/worker  all pods  since 02:30  FOLLOW  err 41 warn 212  dropped 0`."""
    buffer, window, narrow = desk.buffer, desk.window, width < NARROW
    if frozen:
        state = Part(f" FROZEN{f', {more:,} newer' if more else ''} ", "reverse")
    elif window.end is not None:
        state = Part("PAST", "warning")
    elif following:
        state = Part("FOLLOW", "ok")
    elif narrow:
        state = Part(f"STOPPED{f' +{more:,}' if more else ''} (G)", "warning")
    else:
        state = Part(f"FOLLOW STOPPED{f', {more:,} newer' if more else ''} (G follows)", "warning")
    if behind_s >= BEHIND_S and following:
        state = Part(f"{state.text} {units.span(behind_s)} behind", "warning")
    whose = clean(desk.whose(narrow=narrow), 80)
    parts = [
        Part(" logs ", "dim"), Part(clean(desk.target.words, 120), "title"),
        Part(f"  {whose}" if whose else ""), Part(f"  {window.title}  "), state,
        Part(f"  err {buffer.errors:,}", "critical" if buffer.errors else "dim"),
        Part(f" warn {buffer.warnings:,}", "warning" if buffer.warnings else "dim"),
        Part(f"  drop{'' if narrow else 'ped'} {buffer.dropped:,}", "warning" if buffer.dropped else "dim"),
    ]  # fmt: skip
    first = buffer.lines[0].key[11:19].decode("ascii", "replace") if buffer.lines else ""
    begins = f"  {len(buffer.lines):,} lines from {first}" if first else ""
    return [*parts, Part(begins, "dim")] if width_of(parts) + len(begins) <= width else parts


def indicator(switches: Switches, desk: "Desk", filter_text: str, width: int) -> list[Part]:
    """The state of each switch in one line."""
    told = [
        ("only wrong", switches.wrong), ("wrap", switches.wrap), ("times", switches.times),
        ("names", switches.names), ("JSON", switches.json), ("previous", switches.previous),
    ]  # fmt: skip
    # what hides lines comes first
    parts = [Part(" "), Part(f"filter {clean(filter_text, 40) or '-'}  ", "key" if filter_text else "dim")]
    for name, on in told:
        parts.append(Part(f"{name} {'ON' if on else 'off'}  ", "key" if on else "dim"))
    open_, unopened = desk.streams, desk.unopened
    said = f"{units.plural(open_, 'stream')}" + (f", {unopened} more not opened" if unopened else "")
    if width >= NARROW or unopened:
        parts.append(Part(said, "warning" if unopened else "dim"))
    return parts


def trouble(desk: "Desk") -> str:
    """What cannot be read, in one line; "" when all can."""
    if not desk.problems:
        return ""
    sentences = list(dict.fromkeys(desk.problems.values()))
    count = len(desk.problems)
    also = f" (and {len(sentences) - 1} more reasons)" if len(sentences) > 1 else ""
    return clean(f"{units.plural(count, 'stream')} cannot be read: {sentences[0]}{also}", 400)


def empty(desk: "Desk", filtered: bool) -> str:
    """What stands where no line is."""
    if desk.problems:
        return trouble(desk)
    if words := desk.nobody():
        return words
    if desk.buffer.read:
        return "no line matches (esc drops the filter, z shows all)" if filtered else ""
    return f"no line {'in' if desk.window.end is not None else 'yet:'} {desk.window.title}"


def behind(batch: Sequence[LogLine], now: datetime) -> float:
    """How old the newest line of a busy stream is."""
    moment = moment_of(batch[-1].key) if len(batch) >= 50 else None
    return (now - moment).total_seconds() if moment is not None else 0.0
