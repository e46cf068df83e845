"""What lines say about themselves, in the formats that containers write."""

import pytest

from opsconsole.model.logs import Level
from opsconsole.rules.log_lines import columns, level_of, without_colours
from opsconsole.rules.log_patterns import Patterns, new_patterns, pattern


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("WARN  slow checkout 812 ms order=991712", Level.WARNING),
        ("2026-03-26 02:44:09,123 ERROR [main] com.shop.Cart - boom", Level.ERROR),
        ("ERROR:root:boom", Level.ERROR),
        ("E0326 02:44:09.123456       1 server.go:12] boom", Level.ERROR),
        ("I0326 02:44:09.123456       1 server.go:12] started", Level.INFO),
        ('time="2026-03-26T02:44:09Z" level=warning msg="no leader"', Level.WARNING),
        ('{"time":"2026-03-26T02:44:09Z","level":"error","msg":"boom"}', Level.ERROR),
        ('{"level":50,"msg":"pino says error"}', Level.ERROR),
        ('{"severity":"DEBUG","message":"looked up"}', Level.DEBUG),
        ("2026/03/26 02:44:09 [error] 1#1: *1 open() failed", Level.ERROR),
        ('10.0.0.1 - - [26/Mar/2026:02:44:09 +0000] "GET / HTTP/1.1" 502 157 "-" "curl"', Level.ERROR),
        ('10.0.0.1 - - [26/Mar/2026:02:44:09 +0000] "GET / HTTP/1.1" 404 157 "-" "curl"', Level.INFO),
        ("panic: runtime error: index out of range", Level.ERROR),
        ("Traceback (most recent call last):", Level.ERROR),
        ("2026/03/26 02:44:09 listening on :8080", Level.UNKNOWN),
        ("GET /errors/ERROR.html ok", Level.UNKNOWN),
        ("", Level.UNKNOWN),
        ("{not JSON", Level.UNKNOWN),
    ],
)
def test_level(line: str, level: Level) -> None:
    assert level_of(line.encode()) == level


def test_a_coloured_line_is_read_without_its_colours() -> None:
    assert without_colours(b"\x1b[31mERROR\x1b[0m boom \x1b]0;title\x07!") == b"ERROR boom !"
    assert level_of(without_colours(b"\x1b[31mERROR\x1b[0m boom")) == Level.ERROR


def test_a_json_line_becomes_columns() -> None:
    line = '{"ts":1774493049.1,"level":"warn","msg":"slow","order":7,"at":{"zone":"a"}}'
    assert columns(line) == ("WARN", "slow", 'order=7 at={"zone":"a"}')
    assert columns("INFO plain") is None
    assert columns("[1, 2]") is None
    assert columns("{broken") is None


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("WARN  slow checkout 812 ms order=991712", "WARN slow checkout <N> ms order=<N>"),
        ("INFO  POST /checkout 201 44ms req=9f31aa02", "INFO POST /checkout <N> <N>ms req=<id>"),
        ("INFO  POST /checkout 201 44ms req=71659368", "INFO POST /checkout <N> <N>ms req=<id>"),
        ("user 7 of api-6d4f8b9c-x7p9k failed 10.2.3.4:80", "user <N> of api-<id>-<id> failed <ip>"),
        ("job 0b1f3a52-7c1d-4d5e-9a43-1c2d3e4f5a6b done", "job <id> done"),
        ('order "A 17" refused', "order <*> refused"),
        ('{"level":"error","msg":"boom 7","trace":"abc"}', "ERROR boom <N>"),
        ('"GET / HTTP/1.1" 502 157', "<*> 5xx <N>"),
    ],
)
def test_pattern(line: str, expected: str) -> None:
    assert pattern(line) == expected


def test_new_is_what_did_not_come_before_and_the_worst_comes_first() -> None:
    before, after = Patterns(), Patterns()
    before.add("INFO  GET /feed 200 4ms", Level.INFO)
    for text, level in (
        ("INFO  GET /feed 200 9ms", Level.INFO),
        ("INFO  cache 3 is cold", Level.INFO),
        ("INFO  cache 4 is cold", Level.INFO),
        ("ERROR no connection to 10.0.0.7", Level.ERROR),
    ):
        after.add(text, level)
    found = [(one.count, one.pattern) for one in new_patterns(before, after)]
    assert found == [(1, "ERROR no connection to <ip>"), (2, "INFO cache <N> is cold")]
