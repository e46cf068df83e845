"""`w` on a log page: the patterns that came since the breach and did not come before it, with their counts."""

from collections.abc import Awaitable, Callable

from ...model.logs import Level
from ...poller.log_news import LogNews
from ...text import units
from ...text.clean import clean
from ...widgets.line import Part
from ...widgets.theme import Palette
from ..log_words import STYLES, pattern_words
from .page import Dialog


class LogNewsDialog(Dialog):
    """Opens at once and reads; enter filters the page by what the pattern under the cursor begins with."""

    def __init__(
        self, title: str, read: Callable[[], Awaitable[LogNews]], chosen: Callable[[str], None], palette: Palette
    ) -> None:
        super().__init__(
            title, [[Part(" reading …", "dim")]], palette, "j k move   enter filters by it   esc back", fold=False
        )
        self._read, self._chosen = read, chosen
        self._patterns: tuple[str, ...] = ()

    def on_mount(self) -> None:
        super().on_mount()
        self.run_worker(self._show())

    async def _show(self) -> None:
        news = await self._read()
        self._patterns = tuple(one.pattern for one in news.patterns)
        lines = news_lines(news)
        if self._patterns:
            self.page.cursor = 0
        self.page.show(lines)

    def pressed(self, key: str) -> bool:
        if key == "w":
            self.dismiss(None)
            return True
        place = self.page.cursor
        if key != "enter" or place is None or place >= len(self._patterns):
            return key == "enter"
        words = self._patterns[place]
        self.dismiss(None)
        self.app.call_later(self._chosen, words)
        return True


def news_lines(news: LogNews) -> list[list[Part]]:
    """The patterns, then what they rest on."""
    lines = []
    for one in news.patterns:
        level, words = pattern_words(one)
        lines.append([Part(f" {one.count:>6,}x  "), Part(f"{level:<6}", STYLES.get(Level(one.level), "")), Part(words)])
    since = units.clock(news.since)
    if not lines:
        sure = news.before or (news.only_wrong and news.after)
        words = f"no pattern is new since {since}" if sure else f"no line since {since}"
        lines.append([Part(f" {words}", "ok" if sure and not news.problem else "")])
    if not news.before and not news.only_wrong:
        words = f"nothing from before {since} is there: all patterns, not only new ones"
        lines.append([Part(f" {words}", "warning")])
    span = f"{news.span.total_seconds() / 60:.0f} min"
    rests = f" {news.after:,} lines since {since}, {news.before:,} in the {span} before"
    some = f"; {news.rests or _containers(news)}"
    lines += [[Part("")], [Part(rests + some, "dim")]]
    if news.problem:
        lines.append([Part(f" {clean(news.problem, 300)}", "warning")])
    return lines


def _containers(news: LogNews) -> str:
    return f"{news.read} of {units.plural(news.containers, 'container')} read"
