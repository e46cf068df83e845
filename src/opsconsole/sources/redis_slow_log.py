"""The slow log and the latest latency events as values: a command and its key are kept, the rest is only counted."""

from datetime import UTC, datetime
from typing import Any

from ..model.redis import LatencyEvent, SlowEntry
from ..text.clean import clean
from ..text.redact import redact

# The first argument of these is a subcommand, of the others a key: either is kept, everything after it is redacted.
_SECRETIVE = frozenset({"AUTH", "HELLO", "MIGRATE", "EVAL", "EVALSHA", "EVAL_RO", "EVALSHA_RO", "FCALL", "SCRIPT"})
_SUBCOMMANDS = frozenset({"CONFIG", "ACL", "CLIENT", "FUNCTION", "OBJECT", "XGROUP", "XINFO", "DEBUG", "MEMORY"})


def slow_entry(entry: list[Any]) -> SlowEntry:
    """One raw entry of SLOWLOG GET: id, unix time, µs, arguments, client address, client name; values are redacted."""
    number, at, micros, arguments, *client = entry
    address, name = [*(_text(part) for part in client), "", ""][:2]
    return SlowEntry(
        id=number,
        at=datetime.fromtimestamp(at, UTC),
        took_ms=micros / 1000,
        command=clean(redacted_command([_text(argument) for argument in arguments]), 300),
        client=clean(name or address),
    )


def redacted_command(arguments: list[str]) -> str:
    """The command and its key; what follows could be anybody's data and is only counted."""
    name, rest = arguments[0].upper() if arguments else "", arguments[1:]
    kept = 0 if name in _SECRETIVE else 2 if name in _SUBCOMMANDS else 1
    shown = [name, *(redact(part) for part in rest[:kept])]
    left = len(rest) - kept
    return " ".join(shown) + (f" (+{left} redacted)" if left > 0 else "")


def latency_event(row: list[Any]) -> LatencyEvent:
    """One raw row of LATENCY LATEST: event, unix time, latest ms, most ms."""
    name, at, latest, most = row[:4]
    return LatencyEvent(clean(_text(name), 60), datetime.fromtimestamp(at, UTC), float(latest), float(most))


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
