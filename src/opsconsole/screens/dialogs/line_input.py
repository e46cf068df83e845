"""A field of one line in a dialog: no border, no blinking, and a paste is one line of text."""

from textual.widgets import Input


class LineInput(Input):
    """The dialog hears each key first (its `press`); what it does not take is typed here."""

    DEFAULT_CSS = """
    LineInput { border: none; height: 1; padding: 0 1; background: $background; }
    LineInput:focus { border: none; }
    """

    def __init__(self, placeholder: str = "", value: str = "", *, limit: int = 0, id: str | None = None) -> None:
        super().__init__(value, placeholder=placeholder, select_on_focus=False, max_length=limit, id=id)
        self.cursor_blink = False
