"""Torn escape sequences are put together whatever the line does between two bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.terminal.sequences import ESC, Escape, Pasted, Piece, Plain, Sequence, Sequences


class Line:
    """A line whose bytes come at times we choose."""

    def __init__(self) -> None:
        self.now = 100.0
        self.parser = Sequences(lambda: self.now)
        self.got: list[Piece] = []

    def send(self, *texts: str, gap: float = 0.2) -> list[Piece]:
        for text in texts:
            self.got += self.parser.feed(text)
            self.wait(gap)
        return self.got

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.got += self.parser.tick()


@pytest.fixture
def line() -> Line:
    return Line()


def test_an_arrow_in_one_piece(line: Line) -> None:
    assert line.send(f"j{ESC}[Aj") == [Plain("j"), Sequence(f"{ESC}[A"), Plain("j")]


@pytest.mark.parametrize("pieces", [(ESC, "[A"), (ESC, "[", "A"), (f"{ESC}[", "A"), (ESC, "OA"), (ESC, "O", "A")])
@pytest.mark.parametrize("gap", [0.01, 0.2, 0.9])
def test_a_torn_arrow_is_never_a_capital(line: Line, pieces: tuple[str, ...], gap: float) -> None:
    got = line.send(*pieces, gap=gap)
    assert got[-1] == Sequence("".join(pieces))
    assert got[:-1] in ([], [Escape()])


def test_a_torn_paste_marker_still_pastes(line: Line) -> None:
    got = line.send(ESC, *"[200~", "DROP ALL", ESC, *"[201~", "j")
    assert got == [Escape(), Pasted("DROP ALL"), Plain("j")]


def test_sequences_inside_a_paste_are_text(line: Line) -> None:
    assert line.send(f"{ESC}[200~a{ESC}[31mDRS{'1' * 40}{ESC}[201~") == [Pasted(f"a{ESC}[31mDRS{'1' * 40}")]


def test_escape_alone_is_the_escape_key(line: Line) -> None:
    assert line.send(ESC) == [Escape()]
    assert line.send("j") == [Escape(), Plain("j")]


def test_a_bracket_long_after_escape_is_a_key(line: Line) -> None:
    line.send(ESC, gap=1.5)
    assert line.send("[") == [Escape(), Plain("[")]


def test_a_bracket_soon_after_escape_is_delivered_late(line: Line) -> None:
    line.send(ESC, "[")
    assert line.got == [Escape()]
    line.wait(1.0)
    assert line.got == [Escape(), Plain("[")]


def test_a_sequence_that_never_ends_is_swallowed(line: Line) -> None:
    line.send(f"{ESC}[1;", gap=2.0)
    assert line.send("j") == [Plain("j")]


def test_replies_of_the_terminal_are_no_keys(line: Line) -> None:
    assert line.send(f"{ESC}]11;rgb:0000/0000/0000{ESC}\\j", f"{ESC}P1$r", f"0m{ESC}\\k") == [Plain("j"), Plain("k")]


def test_mouse_and_linux_function_keys(line: Line) -> None:
    keys = [f"{ESC}[<0;10;5M", f"{ESC}[[A", f"{ESC}[M !!", f"{ESC}[1;5C", f"{ESC}[27u", f"{ESC}f"]
    assert line.send("".join(keys)) == [Sequence(key) for key in keys]


def test_two_escapes(line: Line) -> None:
    assert line.send(f"{ESC}{ESC}[A") == [Escape(), Sequence(f"{ESC}[A")]


@given(st.lists(st.sampled_from([f"{ESC}[A", f"{ESC}[1;5D", f"{ESC}OP", f"{ESC}[15~", "j"]), max_size=5), st.data())
def test_wherever_it_is_cut_the_keys_are_the_same(keys: list[str], data: st.DataObject) -> None:
    text = "".join(keys)
    line = Line()
    rest = text
    while rest:
        cut = data.draw(st.integers(1, len(rest)))
        line.send(rest[:cut], gap=data.draw(st.sampled_from([0.0, 0.05])))
        rest = rest[cut:]
    line.wait(2)
    joined = "".join(piece.text for piece in line.got if not isinstance(piece, Escape))
    assert joined == text
    assert sum(isinstance(piece, Sequence) for piece in line.got) == sum(key != "j" for key in keys)


@given(st.text(max_size=60), st.data())
def test_any_bytes_end_and_nothing_is_held_for_ever(text: str, data: st.DataObject) -> None:
    line = Line()
    while text:
        cut = data.draw(st.integers(1, len(text)))
        line.send(text[:cut], gap=data.draw(st.sampled_from([0.0, 0.3, 2.0])))
        text = text[cut:]
    line.wait(2)
    assert line.parser.deadline is None
