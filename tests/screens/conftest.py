"""What all screens' tests share."""

import pytest

from opsconsole.text import clock

from .story import NOW


@pytest.fixture
def fixed_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is 02:53:10 on 26 March 2026, and stays so; the terminal has all colours, whatever runs the tests."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
