"""The page without settings: what was looked for and where, what was found, and the ways on."""

from textual.app import ComposeResult

from ..config.looked import Looked
from ..config.settings import Policy, Profile, Settings
from ..model.reading import State
from ..poller.board import Board
from ..text.clean import clean
from ..widgets.line import Part
from ..widgets.source_state import every_topic
from ..widgets.text_page import TextPage
from .base import Context, Tab

SHOWN_CONTEXTS = 12


def first_run_context(looked: Looked, settings: Settings | None = None) -> Context:
    """A context without any platform; `services.looked` holds what was found."""
    context = Context(Board(), settings or Settings(), Profile(), Policy(), profile_name="no profile")
    context.services.looked = looked
    return context


def first_run_lines(looked: Looked) -> list[list[Part]]:
    """The page, top to bottom."""
    lines: list[list[Part]] = [
        [Part("")],
        [Part("  No platform is configured yet.", "title")],
        [Part("")],
        [Part("  Looked for", "title")],
    ]
    width = max((len(where) for where, _ in looked.places), default=0)
    lines += [[Part(f"    {clean(where):<{min(width, 60)}}  "), Part(result, "dim")] for where, result in looked.places]
    lines += [[Part("")], [Part("  Kubernetes contexts found", "title")]]
    for cluster in looked.clusters[:SHOWN_CONTEXTS]:
        mark = "*" if cluster.current else " "
        lines.append([Part(f"  {mark} {clean(cluster.context, 80)}  "), Part(clean(cluster.server, 80), "dim")])
    if len(looked.clusters) > SHOWN_CONTEXTS:
        lines.append([Part(f"    and {len(looked.clusters) - SHOWN_CONTEXTS} more", "dim")])
    if not looked.clusters:
        lines.append([Part("    none", "dim")])
    lines += [[Part("")], [Part("  Ways on", "title")]]
    ways = [
        ("opsconsole demo", "a living platform in a box on this machine, gone when you leave"),
        ("opsconsole config init", "writes a commented settings file, filled in from what was found here"),
    ]
    if looked.clusters:
        first = next((cluster for cluster in looked.clusters if cluster.current), looked.clusters[0])
        ways.append(
            (f"opsconsole --context {clean(first.context, 60)}", "opens the Pods tab on that cluster, read-only")
        )
    ways += [("opsconsole --help", "all options: --prometheus URL, --pg DSN, --redis URL"), ("q", "leaves")]
    longest = max(len(command) for command, _ in ways)
    if longest > 40:
        for command, meaning in ways:
            lines += [[Part(f"    {command}", "key")], [Part(f"        {meaning}", "dim")]]
    else:
        lines += [[Part(f"    {command:<{longest}}  ", "key"), Part(meaning, "dim")] for command, meaning in ways]
    return lines


class FirstRun(Tab):
    """Stands on `0`, alone."""

    digit = 0
    title = "Welcome"

    def compose(self) -> ComposeResult:
        yield TextPage(first_run_lines(self.context.services.looked), palette=self.app.palette, fold=True)  # type: ignore[attr-defined]  # the application is a Console

    def on_mount(self) -> None:
        """No source is configured: say so to the frame."""
        for topic in every_topic():
            self.context.board.mark(topic, State.OFF)

    def act(self, action_id: str) -> bool:
        return self.query_one(TextPage).move(action_id)

    def hints(self) -> tuple[str, ...]:
        return ("leave", "palette", "help")

    def filterable(self) -> bool:
        return False

    def copy_text(self) -> str:
        return self.query_one(TextPage).text
