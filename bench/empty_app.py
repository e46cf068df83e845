"""What the console is measured beside: a Textual application with six tabs, a list to move in, and nothing else."""

from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.widgets import OptionList, TabbedContent, TabPane

TABS = ("Metrics", "Pods", "Queries", "Costs", "Customers", "Incidents")


class Empty(App[None]):
    BINDINGS: ClassVar[list[BindingType]] = [("j", "move('down')", "Down"), ("k", "move('up')", "Up")]

    def compose(self) -> ComposeResult:
        with TabbedContent():
            for name in TABS:
                with TabPane(name):
                    yield OptionList(*(f"{name} {row}" for row in range(30)))

    def on_mount(self) -> None:
        self.query(OptionList).first().focus()

    def action_move(self, where: str) -> None:
        listed = self.query(OptionList).first()
        if where == "down":
            listed.action_cursor_down()
        else:
            listed.action_cursor_up()


if __name__ == "__main__":
    Empty().run()
