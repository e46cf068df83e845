"""Who sits here, and which process is still alive."""

import os
import subprocess

import pytest

from opsconsole.sources import person


def test_the_person_is_the_one_before_sudo_and_comes_from_where_ssh_says() -> None:
    who = person.who({"SUDO_USER": "maren", "SSH_CONNECTION": "10.0.0.7 53122 10.0.0.1 22"}, "maren@example.org")
    assert who.words.startswith("maren@")
    assert who.words.endswith(" from 10.0.0.7 as maren@example.org")


def test_what_the_environment_says_is_foreign_text() -> None:
    who = person.who({"SUDO_USER": "ma\x1b[2Jren", "SSH_CLIENT": "\u202e10.0.0.7"})
    assert (who.user, who.origin) == ("ma␛[2Jren", "<202e>10.0.0.7")


def test_a_user_without_a_name_is_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless() -> str:
        raise KeyError("getpwuid(): uid not found")

    monkeypatch.setattr("getpass.getuser", nameless)
    assert person.who({}).user == f"uid {os.getuid()}"


def test_a_process_is_alive_until_it_has_ended_though_nobody_has_asked_how() -> None:
    assert person.alive(person.process())
    other = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
    written_by = f"{other.pid}/{person.started(other.pid)}"
    assert person.alive(written_by)
    other.kill()
    os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)
    assert not person.alive(written_by)
    other.communicate()
    assert not person.alive(written_by)


@pytest.mark.parametrize("written_by", ["", "1", "1/", "/5", "x/5", "²/5", "{pid}/1"])
def test_another_start_time_is_another_process(written_by: str) -> None:
    assert not person.alive(written_by.format(pid=os.getpid()))
