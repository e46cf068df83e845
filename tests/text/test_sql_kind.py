"""Kinds of statements: which have a plan, read only, are bounded; how they are laid out and made fit for EXPLAIN."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.text.sql_format import LONGEST_LAID_OUT, laid_out, redacted
from opsconsole.text.sql_kind import bound, bounded, planned, reads, refusal


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT 1", ""),
        ("  /* a */ (select 1) union (select 2);", ""),
        ("with a as (select 1) select * from a", ""),
        ("MERGE INTO a USING b ON true WHEN MATCHED THEN DELETE", ""),
        ("SELECT ';' -- ; nothing follows", ""),
        ("SELECT 1; ;", "more than one"),
        ("SELECT 1; DROP TABLE a", "more than one"),
        ("SELECT $$a$$; COMMIT", "more than one"),
        ("ALTER ROLE a PASSWORD 'x'", "ALTER is a utility"),
        ("EXPLAIN ANALYZE DELETE FROM a", "EXPLAIN is a utility"),
        ("COPY (SELECT 1) TO STDOUT", "COPY is a utility"),
        ("", "this is a utility"),
    ],
)
def test_what_has_a_plan(sql: str, said: str) -> None:
    assert said in refusal(sql)
    assert bool(said) == bool(refusal(sql))


@pytest.mark.parametrize(
    ("sql", "only_reads", "has_bound"),
    [
        ("select * from a", True, False),
        ("select * from a limit $1", True, True),
        ("select 'limit' from a fetch first 3 rows only", True, True),
        ('select "limit" from a', True, False),
        ("select * from a for update skip locked", False, False),
        ("select * from a for no key update", False, False),
        ("with b as (delete from a returning *) select * from b", False, False),
        ("update a set b = 1", False, False),
    ],
)
def test_reading_and_bounds(sql: str, only_reads: bool, has_bound: bool) -> None:
    assert (reads(sql), bounded(sql)) == (only_reads, has_bound)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"SELECT 1 /*application='api'*/;", b"SELECT 1"),
        (b"/*+ SeqScan(a) */ SELECT 1 -- x", b"/*+ SeqScan(a) */ SELECT 1"),
        (b"SELECT now() - interval $1", b"SELECT now() - CAST($1 AS interval)"),
        (b"SELECT INTERVAL $2 day, timestamp with time zone $3",
         b"SELECT CAST($2 AS INTERVAL), CAST($3 AS timestamp with time zone)"),
        (b"SELECT \"caf\xe9\" \xff", b"SELECT \"caf\xe9\" \xff"),
    ],
)  # fmt: skip
def test_what_explain_is_given(raw: bytes, expected: bytes) -> None:
    assert planned(raw) == expected


def test_parameters_as_the_client_library_takes_them() -> None:
    assert bound(b"SELECT $2 % $1, '$3', $2") == (b"SELECT %(p2)s %% %(p1)s, '$3', %(p2)s", frozenset({"p1", "p2"}))


def test_the_layout_keeps_the_text_and_hides_literals() -> None:
    text, note = laid_out("select a, b from t where c = 'hidden' and d = 7 /* hidden */ order by a limit 3")
    assert text.split("\n") == ["select a, b", "from t", "where c = ?", "  and d = ?", "order by a", "limit ?"]
    assert note == ""


def test_what_is_too_long_or_too_deep_stays_as_it_was_written() -> None:
    text, note = laid_out("select " + "a, " * LONGEST_LAID_OUT + "'hidden'")
    assert text.endswith("a, ?")
    assert "too long" in note
    deep, said = laid_out("select " + "(" * 3000 + "1" + ")" * 3000)
    assert deep.startswith("select")
    assert said == "" or "nested too deeply" in said


@given(st.text("ab '\"$;-/*\\\n1é\x1b", max_size=60))
def test_any_text_is_laid_out(sql: str) -> None:
    text, _ = laid_out(sql)
    assert "\x1b" not in text
    assert "S3CRET" not in redacted(f"select 'S3CRET' {sql}")
