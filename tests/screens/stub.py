"""A console with seven plain tabs: for the frame's tests, and on a pty as `python -m tests.screens.stub`."""

import os
import sys
import warnings
from datetime import timedelta
from pathlib import Path
from typing import Any

from textual.app import ComposeResult

from opsconsole.app import Console
from opsconsole.config.settings import Interface, Policy, Profile, Settings
from opsconsole.model.finding import Finding, Severity
from opsconsole.model.reading import Problem, ProblemKind, Reading, State
from opsconsole.poller import topics
from opsconsole.poller.board import Board
from opsconsole.poller.topics import Topic
from opsconsole.screens.base import Context, Option, Tab, View
from opsconsole.text import clock
from opsconsole.widgets.line import Part
from opsconsole.widgets.text_page import TextPage

TITLES = ("Now", "Metrics", "Pods", "Queries", "Costs", "Customers", "Incidents")
VIEWS = {
    2: (View("wrong", "Wrong", "w"), View("workloads", "Workloads", "l"), View("pods", "Pods", "p")),
    3: (View("statements", "Statements", "t"), View("sessions", "Sessions", "e")),
}


class StubTab(Tab):
    """A page of numbered rows that remembers what it was asked to do."""

    digit = 0
    title = "Now"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.page = TextPage([[Part(f"{self.title} row {number}")] for number in range(300)])
        self.page.cursor = 0
        self.asked: list[str] = []
        self.wide = False

    def compose(self) -> ComposeResult:
        yield self.page

    def act(self, action_id: str) -> bool:
        self.asked.append(action_id)
        if action_id == "crash":
            raise RuntimeError("password=hunter2-planted")
        return self.page.move(action_id) or action_id.startswith("sort.")

    def go_to(self, identity: str) -> bool:
        return True

    def headline(self) -> str:
        return f"{self.title}: {self.filter_text or 'no filter'}"

    def sorts(self) -> dict[str, str]:
        return {"c": "cpu", "m": "memory"}

    def options(self) -> tuple[Option, ...]:
        return (Option("wide", "wide rows", self.wide),)

    def set_option(self, option_id: str, on: bool) -> None:
        self.wide = on

    def raw(self) -> str:
        return f"kind: {self.title}\ncolour: \x1b[31mred\x1b[0m"

    def copy_text(self) -> str:
        return f"{self.title} row {self.page.cursor}"

    def view_note(self, view_id: str) -> str:
        return "3" if view_id == "wrong" else ""

    def strip_note(self, width: int) -> str:
        return "ns social-live-prod"


class CrashTab(StubTab):
    """Crashes with secrets in its local variables when `l` is pressed."""

    def act(self, action_id: str) -> bool:
        if action_id == "logs":
            local_secret = os.environ.get("PLANTED_SECRET", "none")
            raise ValueError(f"postgresql://ops:{local_secret}@db/shop failed, token={local_secret}")
        return super().act(action_id)


KINDS: dict[int, type[Tab]] = {
    digit: type(f"Stub{title}", (CrashTab,), {"digit": digit, "title": title, "views": VIEWS.get(digit, ())})
    for digit, title in enumerate(TITLES)
}


def make(
    log_path: Path | None = None,
    state_dir: Path | None = None,
    *,
    interface: Interface | None = None,
    found: bool = True,
) -> Console:
    """The console; `found`: with a few findings and a failed source on its board."""
    board = Board()
    settings = Settings(interface=interface or Interface())
    profile = Profile(production=True)
    context = Context(
        board, settings, profile, Policy(), profile_name="prod-eu", cluster="arn:aws:eks:eu-west-1:12:cluster/shop-prod"
    )
    if found:
        fill(board)
    loaders = {digit: (lambda kind=kind: kind) for digit, kind in KINDS.items()}
    return Console(context, loaders, log_path=log_path, state_dir=state_dir)


def fill(board: Board) -> None:
    """What the drawings of the screens show."""
    now = clock.now()
    findings: tuple[Finding, ...] = (
        Finding(
            "p99",
            Severity.CRITICAL,
            "checkout P99 1.9 s > 0.5 s",
            1,
            since=now - timedelta(minutes=12),
            after="release api 1.8.2",
            whom="Pro",
            customers=212,
            object="api",
        ),
        Finding("hpa", Severity.CRITICAL, "api HPA at max 20, wants 31", 2, since=now - timedelta(minutes=9)),
        Finding("blind", Severity.BLIND, "loki does not answer: logs are blind", 1, since=now - timedelta(minutes=6)),
        Finding("conn", Severity.WARNING, "db connections 88 of 97", 3, since=now - timedelta(minutes=4)),
    )
    board.publish(topics.FINDINGS, Reading(findings, State.OK, now))
    answered: tuple[Topic[Any], ...] = (
        topics.PODS,
        topics.TILES,
        topics.PG_FACTS,
        topics.REDIS,
        topics.COSTS,
        topics.CUSTOMERS,
    )
    for topic in answered:
        board.publish(topic, Reading[Any](None, State.OK, now, 0.012, "GET /api/v1/x"))
    problem = Problem(ProblemKind.UNREACHABLE, "Alertmanager refused the connection", "start it, then press r")
    failed: Reading[Any] = Reading(None, State.FAILED, None, 0.0, "http://127.0.0.1:9093", problem)
    board.publish(topics.ALERTS, failed)


def main() -> int:
    """On the terminal; the state directory is the first argument."""
    from opsconsole.terminal import session

    state_dir = Path(sys.argv[1])
    interface = Interface(glyphs="ascii" if "--ascii" in sys.argv else "unicode")

    def build(log_path: Path | None) -> Console:
        console = make(log_path, state_dir, interface=interface)
        if "--noise" in sys.argv:
            console.after_first_paint = noise
        return console

    return session.run(build, state_dir, mouse="--no-mouse" not in sys.argv)


async def noise() -> None:
    """What libraries do: write to descriptor 2, print, warn."""
    os.write(2, b"noise on standard error, password=hush\n")
    print("printed by somebody")
    warnings.warn("a warning that somebody raised", stacklevel=1)


if __name__ == "__main__":
    sys.exit(main())
