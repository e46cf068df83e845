"""Of the workload under the cursor, where it is wrong: which log lines are new since it is, as lines of the pane."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from ...model.finding import Finding
from ...model.kubernetes import Pod
from ...model.logs import LogTarget
from ...poller.log_news import LogNews
from ...poller.log_news_desk import LogNewsDesk
from ...poller.topics import CHANGES, FINDINGS
from ...rules.log_patterns import baseline
from ...text import units
from ...text.clean import clean
from ..log_words import pattern_words
from ..targets import worst_about

if TYPE_CHECKING:
    from ..base import Context
    from ..columns.workloads import WorkloadRow

MOST = 4
"""Patterns that are shown; all of them are behind `l` and `w`."""
STYLES = {"ERROR": "bold", "WARN": ""}


class NewLines:
    """Asked whenever the pane is drawn; `changed` draws it again."""

    def __init__(self, context: "Context", looked_at: Callable[[], bool], changed: Callable[[], None]) -> None:
        self._context = context
        self._desk = LogNewsDesk(looked_at, changed)

    def leave(self) -> None:
        """Nothing that has logs is under the cursor, or nobody looks."""
        self._desk.leave()

    def about(self, row: "WorkloadRow", pods: Sequence[Pod]) -> tuple[str, list[Text]] | None:
        """(title, lines); None for a workload that nothing is wrong with."""
        workload = row.workload
        cluster = self._context.services.__dict__.get("cluster")
        names = [workload.uid, f"{workload.namespace}/{workload.name}", workload.name]
        finding = worst_about(self._firing(), names)
        if cluster is None or not pods or (finding is None and not row.verdict.wrong):
            self.leave()
            return None
        target = LogTarget(workload.kind, workload.namespace, workload.name)
        since = finding.since if finding is not None else None
        if since is not None:
            since = baseline(since, self._context.board.get(CHANGES).value or (), (workload.name,))
        news = self._desk.look(cluster, target, lambda: pods, since)
        return told(news)

    def _firing(self) -> list[Finding]:
        findings = self._context.board.get(FINDINGS).value or ()
        return [one for one in findings if one.state == "firing" and one.since is not None]


def told(news: LogNews | None) -> tuple[str, list[Text]]:
    """What the pane says of it."""
    if news is None:
        return "LOG LINES NEW SINCE IT IS WRONG", [Text("reading …", style="dim")]
    title = f"LAST LOG LINES NEW SINCE {units.clock(news.since)} (pattern, count)"
    lines = []
    for one in news.patterns[:MOST]:
        level, words = pattern_words(one)
        lines.append(Text.assemble((f"{one.count:>5,}x  ", "dim"), (f"{level:<6}", STYLES.get(level, "dim")), words))
    if len(news.patterns) > MOST:
        lines.append(Text(f"{len(news.patterns) - MOST} more: l, then w", style="dim"))
    if news.problem:
        return title, [Text(clean(news.problem, 300)), *lines]
    if not news.containers:
        return title, [Text("no container of it has written anything")]
    if not news.after:
        return title, [Text(f"no line since then in {units.plural(news.read, 'container')}")]
    if not lines:
        return title, [Text(f"nothing new: {news.after:,} lines, all as before")]
    if not news.before:
        title = f"LOG LINES SINCE {units.clock(news.since)} (none from before: new or not is unknown)"
    return title, lines
