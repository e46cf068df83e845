"""What a log line says about itself: its level in the usual formats, and the fields of a JSON line."""

import re
from typing import Any

import msgspec

from ..model.logs import Level

LOOKED_AT = 200
"""Bytes at the beginning of a line in which its level stands, if it says one."""
_COLOURS = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])")

_KLOG = re.compile(rb"([IWEF])\d{4} \d\d:")
_JSON_LEVEL = re.compile(
    rb'"(?:level|severity|lvl|loglevel|log\.level|levelname|@l|level_name)"\s*:\s*(?:"(\w+)"|(\d+))', re.IGNORECASE
)
_WORD = re.compile(
    rb"(?<![\w/.-])(?:(?:level|lvl|severity)=\"?(\w+)"
    rb"|(FATAL|CRITICAL|CRIT|PANIC|SEVERE|ERROR|ERR|EMERG|ALERT|WARNING|WARN|NOTICE|INFO|DEBUG|TRACE|FINE)(?![\w/.=-])"
    rb"|\[(emerg|alert|crit|error|err|warning|warn|notice|info|debug|trace)\]"
    rb")|\" ([1-5]\d\d) (?:\d|-)"
)
_BEGINS_BADLY = (b"panic:", b"fatal error:", b"Traceback (most", b"Exception in thread", b"Caused by:", b"error:")
_LEVELS = {
    **dict.fromkeys(
        ("f", "e", "fatal", "critical", "crit", "panic", "severe", "error", "err", "emerg", "emergency", "alert"),
        Level.ERROR,
    ),
    **dict.fromkeys(("w", "warning", "warn"), Level.WARNING),
    **dict.fromkeys(("i", "info", "notice", "information", "informational"), Level.INFO),
    **dict.fromkeys(("debug", "trace", "fine", "verbose", "dbg"), Level.DEBUG),
}  # fmt: skip
_BY_BYTES: dict[bytes, int] = {}


def without_colours(text: bytes) -> bytes:
    """The line without the escape sequences that colour it or do worse."""
    return _COLOURS.sub(b"", text) if b"\x1b" in text else text


def level_of(text: bytes) -> int:
    """The level that a line names: JSON, logfmt, klog, Go, Java, Python, nginx; UNKNOWN when it names none.

    Of an access log the status speaks: 5xx is an error.
    """
    if text[:1] == b"{":
        found = _JSON_LEVEL.search(text, 0, 2048)
        if found is None:
            return Level.UNKNOWN
        return _numbered(int(found[2])) if found[2] else _named(found[1])
    found = _WORD.search(text, 0, LOOKED_AT)
    if found is not None:
        if found.lastindex == 4:
            return Level.ERROR if found[4][:1] == b"5" else Level.INFO
        return _named(found[found.lastindex or 0])
    if (klog := _KLOG.match(text)) is not None:
        return _named(klog[1])
    return Level.ERROR if text.startswith(_BEGINS_BADLY) else Level.UNKNOWN


def named_level(word: str) -> int:
    """The level of a word for it: `warn`, `ERROR`, `critical`; UNKNOWN for any other."""
    return _LEVELS.get(word.lower(), Level.UNKNOWN)


def _named(word: bytes) -> int:
    level = _BY_BYTES.get(word)
    if level is None:
        level = _LEVELS.get(word.decode("ascii", "replace").lower(), Level.UNKNOWN)
        if len(_BY_BYTES) < 1000:
            _BY_BYTES[word] = level
    return level


def _numbered(number: int) -> int:
    """pino and bunyan: 10 trace … 60 fatal; below that syslog's 0 emergency … 7 debug."""
    if number < 10:
        return Level.ERROR if number <= 3 else Level.WARNING if number == 4 else Level.INFO
    return Level.ERROR if number >= 50 else Level.WARNING if number >= 40 else Level.INFO


_MESSAGE = ("msg", "message", "@m", "event", "text", "log")
_KNOWN = {"level", "severity", "lvl", "loglevel", "log.level", "levelname", "@l", "level_name"}
_TIMES = {"time", "ts", "timestamp", "@timestamp", "@t", "date", "datetime"}


def columns(text: str) -> tuple[str, str, str] | None:
    """(level, message, `key=value` of the rest) of a JSON line; None when it is none."""
    if not text.startswith("{"):
        return None
    try:
        fields: Any = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    if not isinstance(fields, dict):
        return None
    level = next((str(fields[key]) for key in fields if key.lower() in _KNOWN), "")
    name = next((key for key in _MESSAGE if key in fields), "")
    rest = " ".join(
        f"{key}={_value(value)}"
        for key, value in fields.items()
        if key != name and key.lower() not in _KNOWN and key.lower() not in _TIMES
    )
    return level.upper(), _value(fields.get(name, "")), rest


def _value(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
