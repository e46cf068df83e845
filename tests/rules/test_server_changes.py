"""Starts, reloads and settings of a PostgreSQL server, and silences, as changes."""

from datetime import UTC, datetime, timedelta

import msgspec

from opsconsole.model.alerts import Silence
from opsconsole.model.postgres import ServerSettings
from opsconsole.rules.server_changes import server_changes
from opsconsole.rules.silences import silence_changes

NOW = datetime(2026, 3, 26, 2, 53, tzinfo=UTC)
DAY = timedelta(days=1)
BEFORE = ServerSettings("primary", NOW - DAY, NOW - DAY, {"work_mem": "4096 kB", "primary_conninfo": "password=x"})


def later(**changes: object) -> ServerSettings:
    return msgspec.structs.replace(BEFORE, loaded=NOW, **changes)


def test_nothing_changes_by_reading_again() -> None:
    assert server_changes(BEFORE, BEFORE) == ()


def test_the_first_reading_tells_what_the_server_dates() -> None:
    assert [change.what for change in server_changes(None, BEFORE)] == ["primary started"]
    assert [(c.what, c.at) for c in server_changes(None, later())] == [
        ("primary started", NOW - DAY),
        ("primary read its configuration anew", NOW),
    ]


def test_settings_with_secrets_do_not_tell_them() -> None:
    now = later(values={"work_mem": "16 MB", "primary_conninfo": "password=y"})
    changes = server_changes(BEFORE, now)
    assert [(change.kind, change.what) for change in changes] == [
        ("setting", "primary primary_conninfo changed"),
        ("setting", "primary work_mem 4096 kB→16 MB"),
    ]


def test_settings_that_came_with_a_restart() -> None:
    now = later(started=NOW, values={**BEFORE.values, "work_mem": ""})
    assert [change.what for change in server_changes(BEFORE, now)] == [
        "primary started",
        "primary work_mem 4096 kB→empty",
    ]


def test_silences_begin_and_end() -> None:
    matchers = 'alertname="DiskFills"'
    hour = timedelta(hours=1)
    active = Silence("s1", "active", matchers, "jane", "disk is being grown", NOW - hour, NOW + hour)
    expired = Silence("s2", "expired", matchers, "joe", "", NOW - 2 * hour, NOW - hour)
    pending = Silence("s3", "pending", matchers, "joe", "", NOW + hour, NOW + 2 * hour)
    changes = silence_changes([active, expired, pending], NOW)
    assert [(change.kind, change.what, change.who, change.at) for change in changes] == [
        ("silence", f"silence {matchers} until 03:53: disk is being grown", "jane", NOW - hour),
        ("silence", f"silence {matchers} until 01:53", "joe", NOW - 2 * hour),
        ("silence", f"silence over {matchers}", "", NOW - hour),
    ]
