"""What had metrics and has none is a finding, as no limit can be; what was stopped on purpose is none."""

from datetime import UTC, datetime, timedelta

from opsconsole.model.finding import Finding, Severity
from opsconsole.model.kubernetes import Workload
from opsconsole.model.quiet import Ended
from opsconsole.rules.quiet import ended, quiet_findings

NOW = datetime(2026, 3, 26, 2, 53, tzinfo=UTC)


def told(*names: str, minutes: float | None = 12, others: int = 5, workloads: tuple[Workload, ...] = ()) -> list[str]:
    since = NOW - timedelta(minutes=minutes) if minutes is not None else None
    found = (Ended(name, what, since) for name in names for what in ("scrapes", "request metrics"))
    return [one.what for one in quiet_findings(found, workloads, others, NOW)]


def workload(name: str, desired: int) -> Workload:
    return Workload(f"u-{name}", "shop", "Deployment", name, desired, 0, desired, 0, None)


def test_what_ended_is_told_once_with_the_time_of_its_last_sample() -> None:
    assert ended({"web"}, {"web", "api", ""}) == ("api",)
    found: tuple[Finding, ...] = quiet_findings([Ended("api", "scrapes", NOW - timedelta(minutes=12))], (), 5, NOW)
    assert [(one.what, one.severity, one.object) for one in found] == [
        ("metrics of api end at 02:41: not judged", Severity.BLIND, "api")
    ]
    assert told("api") == ["metrics of api end at 02:41: not judged"]
    assert told("api", minutes=None) == ["metrics of api end: not judged"]


def test_a_missed_scrape_and_a_workload_at_rest_are_none_and_the_end_of_all_is_one() -> None:
    assert told("api", minutes=0.5) == []
    assert told("api", "cron", workloads=(workload("cron", 0), workload("api", 3))) == [
        "metrics of api end at 02:41: not judged"
    ]
    assert told("api", "web", others=0) == ["metrics of all 2 that had any end at 02:41: not judged"]
