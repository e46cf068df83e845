"""However one leaves while every source hangs, the program is gone and so is everything that it started."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.ports import until
from tests.terminal.pty_session import Session

from .running import opened, shows
from .servers import alive, api_process, children, helper, kubeconfig, saying_nothing


@pytest.fixture
def hanging(tmp_path: Path) -> Iterator[str]:
    """Settings whose every server takes connections and says nothing."""
    with saying_nothing() as port:
        config = kubeconfig(tmp_path, f"http://127.0.0.1:{port}")
        yield f"""
default_profile = "hanging"
[profiles.hanging.kubernetes]
kubeconfig = "{config}"
[profiles.hanging.prometheus]
url = "http://127.0.0.1:{port}"
[profiles.hanging.alertmanager]
url = "http://127.0.0.1:{port}"
[[profiles.hanging.postgres]]
dsn = "host=127.0.0.1 port={port} user=console dbname=shop"
[[profiles.hanging.redis]]
url = "redis://127.0.0.1:{port}"
[profiles.hanging.customers]
query = "SELECT 1 AS id"
"""


ABOUT = 'default_profile = "x"\n[profiles.x.kubernetes]\nkubeconfig = "{}"\n'
WAYS: dict[str, tuple[str | signal.Signals, int]] = {
    "q": ("q", 0),
    "SIGHUP": (signal.SIGHUP, 128 + signal.SIGHUP),
    "SIGINT": (signal.SIGINT, 128 + signal.SIGINT),
}


@pytest.mark.parametrize("way", WAYS)
def test_nothing_that_hangs_holds_the_exit(tmp_path: Path, hanging: str, way: str) -> None:
    how, code = WAYS[way]
    with opened(tmp_path, hanging, "--tab", "metrics") as session:
        shows(session, "waiting for the first answer")
        started = children(session.pid)
        if isinstance(how, str):
            session.send(how)
        else:
            os.kill(session.pid, how)
        assert session.ended() == code
        assert b"\x1b[?1049l" in session.raw
        assert "Traceback" not in session.text
        assert not any(alive(pid) for pid in started)


def test_leaving_at_once_is_possible(tmp_path: Path, hanging: str) -> None:
    """Also while the sources are being imported and nothing was ever asked."""
    with opened(tmp_path, hanging) as session:
        session.until("0 Now: Findings")
        session.send("q")
        assert session.ended() == 0
        assert "Traceback" not in session.text


def test_a_stopped_api_server_does_not_hold_the_exit(tmp_path: Path) -> None:
    with (
        api_process(tmp_path) as server,
        opened(tmp_path, ABOUT.format(server.kubeconfig), "--tab", "pods") as session,
    ):
        session.until("Pods 3")
        server.stop()
        session.send("q")
        assert session.ended() == 0


def test_a_helper_that_hangs_ends_when_the_terminal_goes(tmp_path: Path) -> None:
    user = helper(tmp_path, f"trap '' TERM HUP INT; echo $$ > {tmp_path}/pid; sleep 3600 & wait; sleep 3600")
    about = ABOUT.format(kubeconfig(tmp_path, "http://127.0.0.1:1", user))
    with opened(tmp_path, about, "--tab", "pods") as session:
        session.until(lambda _: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text().strip() != "")
        started = children(session.pid)
        assert started
        os.kill(session.pid, signal.SIGHUP)
        assert session.ended() == 128 + signal.SIGHUP
    assert not any(alive(pid) for pid in started)


def test_a_source_that_never_lets_go_is_left_behind(tmp_path: Path, hanging: str) -> None:
    prelude = """
import asyncio
from opsconsole.poller.schedule import Poller
async def never(self):
    await asyncio.Event().wait()
Poller.stop = never
"""
    with opened(tmp_path, hanging, "--tab", "metrics", prelude=prelude) as session:
        shows(session, "waiting for the first answer")
        session.send("\x11")
        assert session.ended() == 0
        assert b"\x1b[?1049l" in session.raw


def test_a_terminal_that_takes_no_more_bytes_does_not_hold_it(tmp_path: Path, hanging: str) -> None:
    """Stopped by ctrl+s, or a line that is dead: nobody reads, the loop blocks while it writes, and SIGTERM comes."""
    with opened(tmp_path, hanging, size=(250, 80)) as session:
        session.until("0 Now: Findings")
        for _ in range(40):
            session.send("1234560")
        os.kill(session.pid, signal.SIGTERM)
        until(lambda: _gone(session), "the end", deadline_s=20)
        assert session.code == 128 + signal.SIGTERM


def _gone(session: Session) -> bool:
    """Whether it ended; nothing is read meanwhile."""
    pid, status = os.waitpid(session.pid, os.WNOHANG)
    if pid:
        session.code = os.waitstatus_to_exitcode(status)
    return bool(pid)
