"""What Now says of a finding: since when it stands, in five columns, and what asks for its rule."""

from datetime import UTC, datetime, timedelta

import pytest

from opsconsole.model.finding import Finding, Severity
from opsconsole.screens.now_lines import facts_of, finding_lines, since_words

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


def test_a_rule_is_asked_for_by_a_line_of_a_runbook_whose_file_only_the_evidence_names() -> None:
    origin = "004_da2f52e198c72628.txt:93, 002_ed321349d01a1cfb.txt:110"
    found = Finding("p99", Severity.WARNING, "api P99 1.9 s", 1, rule="p99", origin=origin)
    assert "asked for by runbook 004 line 93, runbook 002 line 110" in finding_lines(found, "default", 160).plain
    assert dict(facts_of(found, "default"))["asked for by"] == origin
