"""SQL on one line without literals or comments."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.text.sql import compact
from opsconsole.text.sql_format import redacted
from opsconsole.text.sql_tags import application, tags


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("select *\n  from t1 where a = $1 -- why\n and b=2", "select * from t1 where a = $1 and b=?"),
        ("alter role x password 'it''s hidden'", "alter role x password ?"),
        ("alter role x password 'cut of", "alter role x password ?"),
        (r"select 'C:\', 'hidden'", "select ?"),
        (r"select 'it\'s hidden'", "select ?"),
        ("select 1 /* a /* nested */ hidden */ + $1", "select ? + $1"),
        ('select "max@mail.example", "4111 1111 1111 1111"', 'select "<mail>", "<card>"'),
        ('select "+49 170 1234567", "20261121123000"', 'select "<phone>", "20261121123000"'),
        ('select "password=hidden", 1', 'select "password=***, ?'),
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


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select 1 /*action='x',application='shop%20api'*/", {"application": "shop api", "action": "x"}),
        ("select 1 /*route='POST%20%2Fcheckout',traceparent='00-5bd6'*/", {"route": "POST /checkout"}),
        ("/* app:worker */ select 1", {"app": "worker"}),
        (
            "/*application:Shop,controller:carts,action:show,line:/app/a.rb:12*/ select 1",
            {"application": "Shop", "controller": "carts", "action": "show", "line": "/app/a.rb:12"},
        ),
        (r"select 1 -- controller='a\'b',job='it%27s'", {"controller": "a'b", "job": "it's"}),
        ("select 'application=x' //", {}),
        ("select 1 /*user='max@mail.example',password='x',route='/u/max@mail.example'*/", {"route": "/u/<mail>"}),
        ("select 1 /*route='\x1b[31mred%1b[0m'*/", {"route": "␛[31mred␛[0m"}),
        ("select 1 /*route='a',route='b'*/", {"route": "a"}),
        ("select 1 /*route='cut of", {}),
    ],
)
def test_tags(sql: str, expected: dict[str, str]) -> None:
    found = tags(sql)
    assert dict(found) == expected
    assert application(found) == expected.get("application", expected.get("app", ""))


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select 1 /* hidden */ -- hidden\n, 'x'", "select ?\n, ?"),
        ("/*+ IndexScan(t t_pkey) Set(work_mem 'hidden') 49170 */ select 1",
         "/*+ IndexScan(t t_pkey) Set(work_mem ?) ? */ select ?"),
        ("/*+ max@mail.example /* hidden */ cut of", "/*+ <mail>   cut of*/"),
        ("/*+ " * 5000 + "hidden", "/*+  */"),
    ],
)  # fmt: skip
def test_the_whole_text_keeps_its_lines_and_hints_without_their_values(sql: str, expected: str) -> None:
    assert redacted(sql) == expected
