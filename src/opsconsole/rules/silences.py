"""Silences of an Alertmanager as changes of the platform: who made which alerts quiet, until when, and why."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from ..model.alerts import Silence
from ..model.finding import Change
from ..text import units


def silence_changes(silences: Iterable[Silence], now: datetime) -> tuple[Change, ...]:
    """The beginning of each silence that began, and the end of each that ended."""
    return tuple(change for silence in silences for change in _of(silence, now))


def _of(silence: Silence, now: datetime) -> Iterator[Change]:
    if silence.starts is not None and silence.starts <= now:
        until = f" until {units.clock(silence.ends)}" if silence.ends is not None else ""
        why = f": {silence.comment}" if silence.comment else ""
        what = f"silence {silence.matchers}{until}{why}"
        yield Change(silence.starts, "silence", what, silence.author, silence.id)
    if silence.state == "expired" and silence.ends is not None:
        yield Change(silence.ends, "silence", f"silence over {silence.matchers}", "", silence.id)
