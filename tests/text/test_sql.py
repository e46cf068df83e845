"""SQL on one line without literals or comments."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.text.sql import application_tag, compact


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("select *\n  from t1 where a = $1 -- why\n and b=2", "select * from t1 where a = $1 and b=?"),
        ("alter role x password 'it''s hidden'", "alter role x password ?"),
        ("alter role x password 'cut of", "alter role x password ?"),
        (r"select 'C:\', 'hidden'", "select ?, ?"),
        (r"select E'a\'hidden', 1.5e-3, .5, 0x1F", "select ?, ?, ?, ?"),
        ("select $$ hidden $$, $t$ a $$ hidden $t$", "select ?, ?"),
        ('select "a 1", t.c1::int4 /* x', 'select "a 1", t.c1::int4'),
        ("insert into t values (1, 'x'), (2, 'y')", "insert into t values (?, ?), (?, ?)"),
    ],
)
def test_compact(given: str, expected: str) -> None:
    assert compact(given) == expected


@given(st.text("abc '\"$;-/*\\\n1", max_size=40), st.text("xyz\\-/*$", min_size=1, max_size=12))
def test_a_quoted_literal_never_shows(before: str, secret: str) -> None:
    plain = before.replace("'", "").replace('"', "").replace("$", "").replace("--", "").replace("/*", "")
    assert "S3CRET" not in compact(f"select {plain} , 'S3CRET{secret}' from t")


def test_application_tag() -> None:
    assert application_tag("select 1 /*action='x',application='shop%20api'*/") == "shop api"
    assert application_tag("/* app:worker */ select 1") == "worker"
    assert application_tag("select 'application=''no'''") == ""
