"""The stand-in console with a platform to change, for a pty: `python -m tests.terminal.acting_console DIR`.

What is written is noted in DIR/written, a line for each.
"""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from opsconsole.app import Console
from opsconsole.config.settings import Profile
from opsconsole.model.action import Plan, Run, Target
from opsconsole.screens.base import Context, Tab
from opsconsole.terminal import session
from opsconsole.text import clock
from tests.screens import stub
from tests.screens.fake_actions import GRAVE, TARGET, FakeActions, plan


class ActingTab(stub.StubTab):
    """Its rows all mean one workload."""

    def target(self) -> Target | None:
        return TARGET


class NotingActions(FakeActions):
    """Notes each write in a file, which outlives the terminal."""

    def __init__(self, context: Context, notes: Path) -> None:
        super().__init__(context.board, Profile(), clock.boottime)
        self.notes = notes
        if "--grave" in sys.argv:
            self.answer = plan(typed="api", warnings=GRAVE)

    async def carry_out(
        self, plan: Plan, *, typed: str = "", force: bool = False, told: Callable[[str], None] = lambda words: None
    ) -> Run:
        with self.notes.open("a") as file:
            file.write(f"{plan.id} {typed}\n")
        return await super().carry_out(plan, typed=typed, force=force, told=told)


def _same(kind: type[Tab]) -> type[Tab]:
    return kind


def build(state_dir: Path) -> Callable[[Path | None], Console]:
    def make(log_path: Path | None) -> Console:
        console = stub.make(log_path, state_dir)
        kinds: dict[int, type[Tab]] = {
            digit: type(f"Acting{title}", (ActingTab,), {"digit": digit, "title": title})
            for digit, title in enumerate(stub.TITLES)
        }
        console.loaders = {digit: partial(_same, kind) for digit, kind in kinds.items()}
        actions: Any = NotingActions(console.context, state_dir / "written")
        console.context.actions = actions
        return console

    return make


def main() -> int:
    state_dir = Path(sys.argv[1])
    return session.run(build(state_dir), state_dir)


if __name__ == "__main__":
    sys.exit(main())
