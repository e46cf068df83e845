"""The three traps of a keyboard on a line: torn sequences, capitals out of habit, type-ahead."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .pty_session import Session, console

ESC = "\x1b"
CAPITALS_SAID = ("undo", "acknowledge", "roll back", "declare", "cancel a query", "only looks")


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with console(tmp_path) as running:
        running.until("Now row 1")
        running.quiet()
        yield running


def test_a_torn_arrow_moves_and_is_no_capital(session: Session) -> None:
    session.send(ESC, "[", "B", gap=0.25)
    session.send("y")
    text = session.until("raw · Now")
    assert not any(word in text for word in CAPITALS_SAID)
    session.send("q")
    session.until(lambda text: "raw · Now" not in text)
    session.send(ESC, "[A", gap=0.3)
    text = session.quiet()
    assert not any(word in text for word in CAPITALS_SAID)


def test_a_torn_paste_marker_pastes_nothing_into_the_keys(session: Session) -> None:
    session.send(ESC, "[", "2", "0", "0", "~", "DROP", ESC, "[201~", gap=0.2)
    text = session.until("a paste of 4 characters was dropped")
    assert "Now row 1" in text


def test_a_paste_into_the_filter_is_text(session: Session) -> None:
    session.send("/")
    session.until("regular expression")
    session.send(f"{ESC}[200~DROP{ESC}[201~")
    session.until("Now: DROP")


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("S", "sorting is s"),
        ("R", "refreshing is r"),
        ("W", "nothing to change"),
        ("M", "M: the store is not open yet"),
    ],
)
def test_a_capital_answers_with_one_line(session: Session, key: str, says: str) -> None:
    before = session.text.splitlines()[:-1]
    session.send(key)
    text = session.until(says)
    assert text.splitlines()[:-1] == before


def test_type_ahead_reaches_the_filter_only(session: Session) -> None:
    session.send("/DRS")
    text = session.until("Now: DRS")
    assert not any(word in text for word in CAPITALS_SAID)
    session.send(ESC)
    session.until("Now: no filter")


def test_what_is_typed_behind_the_filter_acts_in_order(session: Session) -> None:
    session.send("/12\x7f9\r2")
    session.until("Pods: no filter")
    session.send("0")
    session.until("Now: 19")


def test_esc_drops_what_was_typed_just_before_it(session: Session) -> None:
    session.send("/row")
    session.until("Now: row")
    session.send("xyz" + ESC)
    session.until("Now: no filter")
    session.quiet()
    session.send("/9")
    session.until("Now: 9")
    session.send("\rj")
    session.until(lambda text: "Now: 9" in text and "regular expression" not in text)
    session.quiet()
    assert "Now: 9j" not in session.text


def test_type_ahead_reaches_the_palette_only(session: Session) -> None:
    session.send(":pods\r")
    session.until("Pods row 1")


def test_a_burst_of_capitals_is_dropped_and_said(session: Session) -> None:
    session.send("DRSABK")
    text = session.until("dropped D")
    assert "Now row 1" in text
    session.quiet()
    session.send("2")
    session.until("Pods row 1")
