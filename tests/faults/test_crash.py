"""A crash on a tab, with secrets in memory: one sentence, a private file, and the secrets in neither."""

from pathlib import Path

import pytest

from tests.terminal.test_endings import SECRET

from .running import opened, shows
from .servers import saying_nothing

ON_A_KEY = """
import os
from opsconsole.screens import openers
def broken(app):
    secret = os.environ["PLANTED"]
    held = {"token": secret, "settings": app.context.settings}
    raise ValueError(f"cannot describe {app.tab.title}, password={secret}")
openers.OPENERS["describe"] = broken
"""
WHILE_DRAWING = """
import os
from opsconsole.widgets.frame import Frame
drawn = Frame.draw_tab
def broken(self):
    secret = os.environ["PLANTED"]
    if self.active is not None and self.active.digit == 6:
        raise KeyError(f"Bearer {secret}")
    drawn(self)
Frame.draw_tab = broken
"""


def settings(port: int) -> str:
    return f"""
default_profile = "x"
[[profiles.x.postgres]]
dsn = "host=127.0.0.1 port={port} user=console dbname=shop"
password = {{ env = "PLANTED" }}
[[profiles.x.redis]]
url = "redis://127.0.0.1:{port}"
password = {{ env = "PLANTED" }}
"""


@pytest.mark.parametrize("digit", [0, 3])
def test_a_crash_of_a_tab_keeps_every_secret(tmp_path: Path, digit: int) -> None:
    with saying_nothing() as port:
        environment = {"PLANTED": SECRET}
        with opened(tmp_path, settings(port), environment=environment, prelude=ON_A_KEY) as session:
            session.until("0 Now: Findings")
            session.send(str(digit), "d", gap=0.5)
            assert session.ended() == 70
            shows(session, "opsconsole crashed (ValueError)", "the details are in")
            _kept(tmp_path, bytes(session.raw))


def test_a_crash_while_drawing_keeps_every_secret(tmp_path: Path) -> None:
    with saying_nothing() as port:
        environment = {"PLANTED": SECRET}
        with opened(tmp_path, settings(port), environment=environment, prelude=WHILE_DRAWING) as session:
            session.until("0 Now: Findings")
            session.send("6")
            assert session.ended() == 70
            _kept(tmp_path, bytes(session.raw))


def _kept(folder: Path, raw: bytes) -> None:
    assert SECRET.encode() not in raw
    assert b"Traceback" not in raw
    (crash,) = folder.rglob("crash-*.txt")
    assert crash.stat().st_mode & 0o777 == 0o600
    assert "in broken" in crash.read_text()
    for file in folder.rglob("*"):
        assert not file.is_file() or SECRET.encode() not in file.read_bytes(), file
