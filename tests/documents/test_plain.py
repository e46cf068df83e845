"""Foreign text made fit for a document."""

import pytest

from opsconsole.documents.plain import block, line, markdown


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("select * from t where name = 'ada' and n = 7", "select * from t where name = ? and n = ?"),
        ("jonas ran UPDATE users SET email='a@b.c'", "jonas ran UPDATE users SET email=?"),
        ("insert into cards values ('4111')", "insert into cards values (?)"),
        ("it hung at WHERE token_id = 12345", "it hung at WHERE token_id = ?"),
        ("alter role app password 's3cret'", "alter role app password ?"),
        ("DETAIL: Key (email)=(ada@example.org) already exists", "DETAIL: Key (email)=(?) already exists"),
        ("P99 back at 240 ms, it's over at 03:02", "P99 back at 240 ms, it's over at 03:02"),
        ("5 pods don't start", "5 pods don't start"),
    ],
)
def test_literals_of_sql_are_taken_out_and_prose_is_left(written: str, shown: str) -> None:
    assert line(written) == shown


def test_figures_beside_a_statement_stay_in_a_row_of_readings() -> None:
    assert block("select * from t where id = 7  1.8k  61.0") == "select * from t where id = ?  1.8k  61.0"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("# heading", "\\# heading"),
        ("- [ ] item", "\\- \\[ \\] item"),
        ("1. first", "1\\. first"),
        ("02:41 a_b of order_items, 1.9 s > 0.5 s", "02:41 a_b of order_items, 1.9 s > 0.5 s"),
        ("_all_ *bold* `code` ~~gone~~", "\\_all\\_ \\*bold\\* \\`code\\` \\~~gone\\~~"),
        ("<img src=x> &lt; a & b < c", "\\<img src=x> \\&lt; a & b < c"),
        ("two\nlines\x1b[2J", "two␊lines␛\\[2J"),
    ],
)
def test_markup_of_others_reads_as_it_was_written(written: str, shown: str) -> None:
    assert markdown(written) == shown


def test_a_secret_on_the_edge_of_what_is_shown_is_not_cut_into_view() -> None:
    assert "hunter2" not in line("x" * 90 + " password=hunter2hunter2hunter2", 110)
