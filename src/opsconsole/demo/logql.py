"""As much of LogQL as the console asks for: which streams, which lines of them, and counts over time by labels."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Labels = Mapping[str, str]
Test = Callable[[Labels, str], bool]
"""(labels, the detected level among them; line)."""
_STRING = r'"((?:[^"\\]|\\.)*)"|`([^`]*)`'
_MATCHER = re.compile(rf"\s*([A-Za-z_]\w*)\s*(=~|!~|!=|=)\s*(?:{_STRING})\s*(,|\}})")
_STAGE = re.compile(rf"\s*(?:(\|=|!=|\|~|!~)\s*(?:{_STRING})|\|\s*([A-Za-z_]\w*)\s*(=~|!~|!=|=)\s*(?:{_STRING}))")
_COUNT = re.compile(
    r"\s*sum\s*(?:by\s*\(([^)]*)\)\s*)?\(\s*count_over_time\s*\((.*)\[(\d+)(s|m|h)\]\s*\)\s*\)\s*", re.DOTALL
)
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}
_ESCAPED = re.compile(r"\\(.)")


class LogQLError(Exception):
    """The query is not understood; the message is for whoever asked."""


@dataclass(frozen=True)
class Query:
    """A log query, or counts of its lines."""

    picks: Test
    """Whether a line is one of those that it asks for."""
    by: tuple[str, ...] = ()
    window_s: float | None = None
    """Of counts; None: the lines themselves."""


def parse(text: str) -> Query:
    """Raises LogQLError."""
    counted = _COUNT.fullmatch(text)
    if counted is None:
        return Query(_lines(text))
    by = tuple(name.strip() for name in (counted[1] or "").split(",") if name.strip())
    return Query(_lines(counted[2]), by, float(counted[3]) * _UNITS[counted[4]])


def _lines(text: str) -> Test:
    text = text.strip()
    if not text.startswith("{"):
        raise LogQLError(f"parse error at line 1, col 1: syntax error: unexpected IDENTIFIER in {text[:40]!r}")
    tests, at, more = [], 1, True
    while more:
        found = _MATCHER.match(text, at)
        if found is None:
            raise LogQLError("parse error: syntax error in the stream selector")
        tests.append(_of_label(found[1], found[2], _unquoted(found[3], found[4])))
        at, more = found.end(), found[5] == ","
    while at < len(text.rstrip()):
        found = _STAGE.match(text, at)
        if found is None:
            raise LogQLError(f"parse error: syntax error at {text[at : at + 20]!r}")
        if found[1]:
            tests.append(_of_line(found[1], _unquoted(found[2], found[3])))
        else:
            tests.append(_of_label(found[4], found[5], _unquoted(found[6], found[7])))
        at = found.end()
    return lambda labels, line: all(test(labels, line) for test in tests)


def _unquoted(quoted: str | None, raw: str | None) -> str:
    return _ESCAPED.sub(lambda found: {"n": "\n"}.get(found[1], found[1]), quoted) if quoted is not None else raw or ""


def _of_label(name: str, sign: str, value: str) -> Test:
    if "~" in sign:
        wanted, not_so = _compiled(value), sign == "!~"
        return lambda labels, line: (wanted.fullmatch(labels.get(name, "")) is not None) is not not_so
    return lambda labels, line: (labels.get(name, "") == value) is (sign == "=")


def _of_line(sign: str, value: str) -> Test:
    if "~" in sign:
        wanted, not_so = _compiled(value), sign == "!~"
        return lambda labels, line: (wanted.search(line) is not None) is not not_so
    return lambda labels, line: (value in line) is (sign == "|=")


def _compiled(expression: str) -> re.Pattern[str]:
    try:
        return re.compile(expression)
    except re.error as error:
        raise LogQLError(f"parse error: error parsing regexp: {error}") from None
