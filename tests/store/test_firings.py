"""Firings in the store: two consoles keep one row for each time, and a console that dies leaves none open for ever."""

from datetime import timedelta

import pytest

from opsconsole.model.alerts import Firing
from opsconsole.store.store import Store
from opsconsole.text import clock

MINUTE = timedelta(minutes=1)


async def test_two_consoles_keep_one_row_and_a_lost_end_is_where_it_was_seen_last(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = clock.now()
    first = Firing("p99:api", "p99", "api", "critical", start - 10 * MINUTE)
    await store.keep_firings([first], [])
    await store.keep_firings([Firing("p99:api", "p99", "api", "critical", start - 9 * MINUTE)], [])
    (row,) = await store.firings(start - 60 * MINUTE)
    assert (row.began, row.ended) == (first.began, None)

    monkeypatch.setattr(clock, "now", lambda: start + 60 * MINUTE)
    again = Firing("p99:api", "p99", "api", "critical", start + 55 * MINUTE)
    await store.keep_firings([again], [])
    await store.keep_firings([], [Firing("p99:api", "p99", "api", "critical", again.began, ended=clock.now())])
    lost, ended = await store.firings(start - 60 * MINUTE)
    assert (lost.ended, ended.began, ended.ended) == (row.seen, again.began, start + 60 * MINUTE)
    assert await store.firings(start + 59 * MINUTE) == (ended,)

    monkeypatch.setattr(clock, "now", lambda: start + timedelta(days=91, hours=1, minutes=1))
    await store.keep_firings([], [])
    assert await store.firings(start - 60 * MINUTE) == ()
