"""Since when a finding stands, in five columns."""

from datetime import UTC, datetime, timedelta

import pytest

from opsconsole.model.finding import Finding, Severity
from opsconsole.screens.now_lines import since_words

NOW = datetime(2026, 3, 26, 2, 53, tzinfo=UTC)


@pytest.mark.parametrize(
    ("minutes", "begun", "from_start"),
    [(0.5, "<1m", ">0m"), (12, "12m", ">12m"), (307, "5h07m", ">5h"), (2900, "2d", ">2d")],
)
def test_what_stood_when_the_console_began_is_at_least_so_old(minutes: float, begun: str, from_start: str) -> None:
    told = Finding("node:a", Severity.CRITICAL, "node a NotReady", 2, since=NOW - timedelta(minutes=minutes))
    found = Finding("node:a", Severity.CRITICAL, "node a NotReady", 2, since=told.since, from_start=True)
    assert (since_words(told, NOW), since_words(found, NOW)) == (begun, from_start)
    assert len(from_start) <= 5
