"""However it ends, it ends at once, in order, and with nothing secret left behind."""

import os
import signal
import time
from pathlib import Path

import psutil
import pytest

from .pty_session import DEADLINE_S, Session, console

SECRET = "planted-secret-1f9e"


def ready(session: Session) -> Session:
    session.until("Now row 1")
    session.quiet()
    return session


def test_q_at_the_root_quits(tmp_path: Path) -> None:
    with console(tmp_path) as session:
        ready(session).send("q")
        assert session.ended() == 0
        for mode in (b"1049", b"1000", b"1003", b"1004", b"2004"):
            assert session.raw.rfind(b"\x1b[?" + mode + b"l") > session.raw.rfind(b"\x1b[?" + mode + b"h")
        assert session.raw.rfind(b"\x1b[?25h") > session.raw.rfind(b"\x1b[?25l")


def test_ctrl_q_and_ctrl_c_twice_quit(tmp_path: Path) -> None:
    with console(tmp_path) as session:
        ready(session).send("\x03")
        session.until("ctrl+c again within 2 s leaves")
        session.send("\x03")
        assert session.ended() == 0
    with console(tmp_path) as session:
        ready(session).send("\x11")
        assert session.ended() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_in_order(tmp_path: Path, number: signal.Signals) -> None:
    with console(tmp_path) as session:
        os.kill(ready(session).pid, number)
        assert session.ended() == 128 + number
        assert b"\x1b[?1049l" in session.raw


@pytest.mark.parametrize("ignored", [False, True])
def test_a_lost_terminal_ends_it(tmp_path: Path, ignored: bool) -> None:
    """Also under nohup, where no signal comes and reading the terminal returns at once for ever."""
    before = [lambda: void(signal.signal(signal.SIGHUP, signal.SIG_IGN))] if ignored else []
    with console(tmp_path, before=before) as session:
        ready(session)
        process = psutil.Process(session.pid)
        session.hang_up()
        end = time.monotonic() + DEADLINE_S
        while (pid_status := os.waitpid(session.pid, os.WNOHANG))[0] == 0:
            assert time.monotonic() < end, "it survived its terminal"
            time.sleep(0.02)
        session.code = os.waitstatus_to_exitcode(pid_status[1])
        assert session.code == 129
        assert not process.is_running()


def test_a_crash_says_one_sentence_and_keeps_no_secret(tmp_path: Path) -> None:
    with console(tmp_path, environment={"PLANTED_SECRET": SECRET}) as session:
        ready(session).send("l")
        assert session.ended() == 70
        text = session.text
    assert "opsconsole crashed (ValueError)" in text.replace("\n", "")
    assert SECRET.encode() not in session.raw
    assert b"Traceback" not in session.raw
    (crash,) = tmp_path.glob("crash-*.txt")
    assert crash.stat().st_mode & 0o777 == 0o600
    content = crash.read_text()
    assert "Traceback" in content
    assert "in act" in content
    for file in tmp_path.rglob("*"):
        assert SECRET not in file.read_text()


def test_the_log_is_private_and_takes_standard_error(tmp_path: Path) -> None:
    with console(tmp_path, "--noise") as session:
        ready(session).send("!")
        session.until("noise on standard error")
        session.send("q", "q", gap=0.5)
        assert session.ended() == 0
        assert b"password=hush" not in session.raw
    log = tmp_path / "opsconsole.log"
    assert log.stat().st_mode & 0o777 == 0o600
    assert "a warning that somebody raised" in log.read_text()
    assert "hush" not in log.read_text()


def test_without_a_terminal_it_says_so(tmp_path: Path) -> None:
    import subprocess
    import sys

    done = subprocess.run(
        [sys.executable, "-m", "tests.screens.stub", str(tmp_path)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    assert done.returncode == 2
    assert "draws on a terminal" in done.stderr


def void(_: object) -> None:
    """For callbacks whose answer nobody needs."""
