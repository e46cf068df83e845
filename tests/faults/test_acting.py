"""Acting while things break: what stands on the screen, what was sent, and what the journal says afterwards.

| fault | what is true afterwards |
| --- | --- |
| the API server dies while the dialog is open | nothing sent, no line; the dialog says so and stays |
| it dies before the write arrives | `nothing was changed`, once it can be asked again |
| it dies after the write, before the answer | `outcome unknown`, then found out: done once |
| a webhook rejects | nothing changed, in its own words, in the dialog |
| the token is revoked while following | said; followed on once it is valid again |
| the disk is full at the intent | nothing sent, no line; the dialog says so and stays |
| `kill -9` when the write is done and not answered | of two consoles that start then, one writes `found` |
| another console was quicker | `CHANGED`; written once |
| the terminal is lost in a dialog | exit code 129, nothing sent, nothing saved |
"""

import contextlib
import os
import resource
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.actions import faults
from tests.terminal.pty_session import Session

from .acting import (
    DEAF_S,
    PATIENCE,
    arm,
    confirm,
    console,
    crashes,
    gone,
    notes,
    phases,
    ready_to_restart,
    says,
    shown,
    to_auth,
    wait,
)
from .platform import Platform, platform
from .running import resized


@pytest.fixture
def cluster() -> Iterator[Platform]:
    """Each test has its own: a rollout that goes on would change what the next one's dialog says."""
    with platform() as made:
        yield made


@pytest.fixture
def session(cluster: Platform, tmp_path: Path) -> Iterator[Session]:
    """The dialog that would restart `auth`, complete."""
    with console(cluster, tmp_path) as session:
        ready_to_restart(session)
        yield session


def test_it_dies_while_the_dialog_is_open(session: Session, cluster: Platform, tmp_path: Path) -> None:
    cluster.do(cluster.proxy.die)
    confirm(session)
    says(session, "FAILED, nothing was written: ", "[ Restart ]")
    assert (cluster.writes, phases(tmp_path)) == (0, [])
    cluster.do(cluster.proxy.well)
    confirm(session)  # nothing has to be typed again
    says(session, "restart auth: 2 of 2")


def test_it_dies_before_the_write(session: Session, cluster: Platform, tmp_path: Path) -> None:
    cluster.dies_at(faults.is_write, done=False)
    confirm(session)
    says(session, "restart auth: asked, outcome unknown")
    cluster.do(cluster.proxy.well)
    says(session, "the write is not there: nothing was changed")
    assert (cluster.writes, phases(tmp_path)) == (1, ["intent", "outcome"])


def test_it_dies_between_write_and_answer(session: Session, cluster: Platform, tmp_path: Path) -> None:
    cluster.dies_at(faults.is_write, done=True)
    confirm(session)
    says(session, "restart auth: asked, outcome unknown")
    cluster.do(cluster.proxy.well)
    says(session, "restart auth: 2 of 2 pods ready")
    assert (cluster.writes, phases(tmp_path)[:2]) == (1, ["intent", "written"])


def test_a_webhook_rejects(session: Session, cluster: Platform, tmp_path: Path) -> None:
    cluster.on(faults.is_write, faults.webhook_refuses)
    confirm(session)
    says(session, "failed: nothing was changed:", "replicas are frozen until Monday", "[ CANCEL ]")
    assert phases(tmp_path) == ["intent", "outcome"]


def test_a_token_is_revoked_while_following(session: Session, cluster: Platform, tmp_path: Path) -> None:
    held = cluster.reached(_following(cluster))
    confirm(session)
    session.until(lambda _: held.is_set(), PATIENCE)
    cluster.do(cluster.proxy.revoke)
    says(session, "cannot be followed now: the credentials have run out")
    cluster.do(cluster.proxy.well)
    says(session, "restart auth: 2 of 2 pods ready")
    assert phases(tmp_path)[:3] == ["intent", "written", "outcome"]


def test_a_full_disk_at_the_intent(session: Session, cluster: Platform, tmp_path: Path) -> None:
    resource.prlimit(session.pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
    confirm(session)
    says(session, "REFUSED (disk): nothing was done", "store.db", "[ Restart ]")
    assert (cluster.writes, phases(tmp_path)) == (0, [])
    resource.prlimit(session.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    confirm(session)
    says(session, "restart auth: 2 of 2")
    assert phases(tmp_path)[:2] == ["intent", "written"]


def _following(cluster: Platform) -> faults.Match:
    """A look at the Deployment after the write."""
    look = faults.is_read_of("/deployments/auth")
    return lambda seen: look(seen) and bool(cluster.writes)


def _now(session: Session) -> str:
    session.read(0.0)
    return session.text


def test_killed_and_two_consoles_start_at_once(cluster: Platform, tmp_path: Path) -> None:
    """The other moments are one console's own: tests/actions/test_executor_killed.py."""
    with console(cluster, tmp_path) as session:
        ready_to_restart(session)
        held = cluster.reached(faults.is_write, done=True)
        confirm(session)
        session.until(lambda _: held.is_set() and phases(tmp_path) == ["intent"], PATIENCE)
        os.kill(session.pid, signal.SIGKILL)
        session.ended()
    assert phases(tmp_path) == ["intent"]
    cluster.well()
    with console(cluster, tmp_path) as one, console(cluster, tmp_path) as two:
        # who starts behind the other's answer has nothing to find out any more
        one.until(lambda text: shown(text, "restart auth: ") or shown(_now(two), "restart auth: "), PATIENCE)
        one.until(lambda _: "found" in phases(tmp_path), PATIENCE)
        for session in (one, two):
            session.until("search-index", PATIENCE)
            session.send("6")
            session.until("6 Incidents: ", PATIENCE)
            session.send("v")
            session.until("v view:", PATIENCE)
            session.send("j")
            says(session, "found out found: the write is there")
    assert phases(tmp_path)[:2] == ["intent", "found"]
    assert phases(tmp_path).count("found") == 1
    assert cluster.writes == 0


def test_another_console_was_quicker(session: Session, cluster: Platform, tmp_path: Path) -> None:
    with console(cluster, tmp_path) as other:
        ready_to_restart(other)
        confirm(other)
        says(other, "restart auth:")
        other.until(lambda _: "written" in phases(tmp_path), PATIENCE)
        confirm(session)
        says(session, "CHANGED", "nothing was written: the target has changed; this is what is there now")
        assert cluster.writes == 1
        assert phases(tmp_path).count("intent") == 1


DIALOGS = {
    "S": "enter shows what it would do",
    "B": " running ",
    "R": "dry run ok",
    "D": "[ Declare ]",
    "N": "[ Save ]",
}


def test_a_terminal_that_is_lost_in_any_dialog(cluster: Platform, tmp_path: Path) -> None:
    with contextlib.ExitStack() as stack:
        sessions = {key: stack.enter_context(console(cluster, _home(tmp_path, key))) for key in "SN"}
        for key, session in sessions.items():
            to_auth(session)
            arm(session)
            session.send(key)
            says(session, DIALOGS[key])
            wait(session, DEAF_S)
            if key == "N":
                session.send("the cache is cold")
                says(session, "the cache is cold")
            session.hang_up()
        for key, session in sessions.items():
            session.code = os.waitstatus_to_exitcode(os.waitpid(session.pid, 0)[1])
            assert session.code == 129, key
            assert not crashes(tmp_path / key), key
            assert (phases(tmp_path / key), notes(tmp_path / key)) == ([], [])
    assert cluster.writes == 0


def _home(folder: Path, name: str) -> Path:
    (folder / name).mkdir()
    return folder / name


def test_every_dialog_can_be_resized(cluster: Platform, tmp_path: Path) -> None:
    with console(cluster, tmp_path) as session:
        to_auth(session)
        arm(session)
        for key, sign in DIALOGS.items():
            session.send(key)
            says(session, sign)
            for columns, rows in ((40, 12), (80, 24), (160, 45), (120, 32)):
                resized(session, columns, rows)
                says(session, BUTTONS[key])
            wait(session, DEAF_S)
            session.send("\x1b")
            gone(session, BUTTONS[key])
        session.send("q")  # back: the filter goes first
        gone(session, "filter: ")
        session.send("q")
        says(session, "writes are armed")
    assert not crashes(tmp_path)


BUTTONS = {
    "S": "SCALE deployment/auth",
    "B": "ROLL BACK deployment/auth",
    "R": "[ CANCEL ]",
    "D": "[ Declare ]",
    "N": "[ Save ]",
}
"""What must stand whatever the size."""
