"""Judgement over budgets, services, quotas, namespaces, claims, jobs and cron jobs, in words."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from opsconsole.model.finding import Severity
from opsconsole.model.kubernetes import (
    Budget,
    Claim,
    Condition,
    Cron,
    Event,
    JobRun,
    Namespace,
    Quota,
    QuotaLine,
    Service,
    Workload,
)
from opsconsole.rules.claim_state import claim_state
from opsconsole.rules.disruption import budget_state
from opsconsole.rules.job_state import cron_state, job_state
from opsconsole.rules.namespace_state import namespace_state
from opsconsole.rules.quota_state import figures, quota_state
from opsconsole.rules.schedules import Unknowable, due_after
from opsconsole.rules.service_state import service_state

NOW = datetime(2026, 3, 26, 2, 53, tzinfo=UTC)
CRITICAL, WARNING, INFO, FINE = Severity.CRITICAL, Severity.WARNING, Severity.INFO, None
SYNC = Condition("DisruptionAllowed", "False", "SyncFailed", "jobs.batch does not implement the scale subresource")


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


def budget(healthy: int, wanted: int, expected: int, allowed: int | None, **more: Any) -> Budget:
    return Budget("b", "shop", "api", healthy=healthy, wanted=wanted, expected=expected, allowed=allowed, **more)


@pytest.mark.parametrize(
    ("one", "more", "severity", "words"),
    [
        (budget(3, 2, 3, 1, minimum="2"), {}, FINE, "ok"),
        (budget(2, 2, 3, 0, minimum="2"), {}, WARNING, "no disruption left: 2 of 3 pods ready, minAvailable 2"),
        (
            budget(1, 2, 3, 0, most_unavailable="1"), {}, WARNING,
            "no disruption left: 1 of 3 pods ready, maxUnavailable 1 wants 2",
        ),
        (budget(3, 3, 3, 0, minimum="100%"), {}, INFO, "allows no disruption by design: minAvailable 100% of 3 pods"),
        (
            budget(1, 1, 1, 0, most_unavailable="0"), {}, INFO,
            "allows no disruption by design: maxUnavailable 0 of 1 pod",
        ),
        (budget(0, 0, 0, 0, minimum="1"), {}, WARNING, "selects no pod"),
        (budget(0, 0, 0, 0, minimum="1"), {"idle": "api"}, INFO, "selects no pod: api is scaled to 0"),
        (
            budget(3, 2, 3, 1), {"rivals": ["all", "older"]}, WARNING,
            "its pods cannot be evicted: also under all, older",
        ),
        (budget(0, 0, 0, None), {}, INFO, "not computed yet"),
        (
            budget(0, 0, 0, 0, conditions=(SYNC,)), {}, WARNING,
            "cannot be computed: jobs.batch does not implement the scale subresource",
        ),
    ],
)  # fmt: skip
def test_budgets(one: Budget, more: dict[str, Any], severity: Severity | None, words: str) -> None:
    found = budget_state(one, **more)
    assert (found.severity, found.words) == (severity, words)


API = (("app", "api"),)


@pytest.mark.parametrize(
    ("one", "selected", "ready", "idle", "severity", "words"),
    [
        (Service("s", "shop", "api", selector=API), 3, 1, "", FINE, "ok"),
        (Service("s", "shop", "api", selector=API), 3, 0, "", CRITICAL, "no endpoint: 3 pods, none ready"),
        (Service("s", "shop", "api", selector=API, takes_unready=True), 3, 0, "", FINE, "ok"),
        (Service("s", "shop", "api", selector=API), 0, 0, "", WARNING, "its selector selects no pod"),
        (Service("s", "shop", "api", selector=API), 0, 0, "api", INFO, "selects no pod: api is scaled to 0"),
        (Service("s", "shop", "by-hand"), 0, 0, "", FINE, "ok"),
        (Service("s", "shop", "outside", "ExternalName", selector=API), 0, 0, "", FINE, "ok"),
    ],
)
def test_services(one: Service, selected: int, ready: int, idle: str, severity: Severity | None, words: str) -> None:
    found = service_state(one, selected, ready, idle=idle)
    assert (found.severity, found.words) == (severity, words)


def line(resource: str, used: float | None, hard: float) -> QuotaLine:
    return QuotaLine(resource, hard, used, f"{hard:g}", "" if used is None else f"{used:g}")


@pytest.mark.parametrize(
    ("lines", "severity", "words"),
    [
        ([line("pods", 8, 10)], FINE, "ok"),
        ([line("pods", 10, 10)], WARNING, "pods full: 10/10"),
        (
            [line("pods", 9, 10), line("requests.cpu", 4, 4), line("secrets", 1, 10)], WARNING,
            "requests.cpu full: 4/4, pods 90 %: 9/10",
        ),
        ([line("services.nodeports", 0, 0)], FINE, "ok"),
        ([line("services.nodeports", 1, 0)], WARNING, "services.nodeports full: 1/0"),
        ([line("pods", None, 10)], INFO, "not counted yet"),
    ],
)  # fmt: skip
def test_quotas(lines: list[QuotaLine], severity: Severity | None, words: str) -> None:
    found = quota_state(Quota("q", "shop", "all", tuple(lines)))
    assert (found.severity, found.words) == (severity, words)


REMAINS = Condition("NamespaceContentRemaining", "True", "SomeResourcesRemain", "Some resources are remaining: pods")
HELD = Condition("NamespaceFinalizersRemaining", "True", "SomeFinalizersRemain", "Some content has finalizers: a.b")


@pytest.mark.parametrize(
    ("one", "severity", "words"),
    [
        (Namespace("n", "shop", "Active"), FINE, "ok"),
        (Namespace("n", "shop", "Terminating", deleting=ago(minutes=1)), INFO, "terminating for 1m"),
        (
            Namespace("n", "shop", "Terminating", (REMAINS, HELD), ago(minutes=40)), WARNING,
            "terminating for 40m: Some content has finalizers: a.b",
        ),
    ],
)  # fmt: skip
def test_namespaces(one: Namespace, severity: Severity | None, words: str) -> None:
    found = namespace_state(one, NOW)
    assert (found.severity, found.words) == (severity, words)


def claim(phase: str, **more: Any) -> Claim:
    return Claim("c", "shop", "data", phase, **{"storage_class": "fast", "created": ago(minutes=9), **more})


def said(reason: str, message: str) -> Event:
    return Event(
        "e", "shop", "Warning", reason, message, "PersistentVolumeClaim", "data", "c", 3, ago(minutes=9), ago(minutes=1)
    )


@pytest.mark.parametrize(
    ("one", "events", "severity", "words"),
    [
        (claim("Bound"), [], FINE, "ok"),
        (claim("Pending"), [], WARNING, "pending for 9m"),
        (claim("Pending", created=ago(seconds=20)), [], INFO, "pending for 20s"),
        (claim("Pending", storage_class=""), [], WARNING, "pending for 9m: no storage class"),
        (
            claim("Pending"), [said("ProvisioningFailed", 'storageclass "fast" not found')], WARNING,
            'pending for 9m: storageclass "fast" not found',
        ),
        (
            claim("Pending"), [said("WaitForFirstConsumer", "waiting for first consumer")], INFO,
            "pending for 9m: waits for a pod that uses it",
        ),
        (claim("Lost", volume="pv-1"), [], CRITICAL, "lost: its volume pv-1 is gone"),
        (claim("Bound", deleting=ago(hours=2)), [], WARNING, "terminating for 2h: a pod may still use it"),
    ],
)  # fmt: skip
def test_claims(one: Claim, events: list[Event], severity: Severity | None, words: str) -> None:
    found = claim_state(one, NOW, events)
    assert (found.severity, found.words) == (severity, words)


def job(**changes: Any) -> Workload:
    run = JobRun(ago(minutes=25), retries=6)
    base = Workload("j", "shop", "Job", "export", 1, 0, 1, 0, ago(minutes=25), run=run)
    return msgspec.structs.replace(base, **changes)


@pytest.mark.parametrize(
    ("one", "severity", "words"),
    [
        (job(), FINE, "running 0/1"),
        (job(run=JobRun(ago(minutes=5), retries=6, failed=2)), INFO, "running 0/1, failed 2 of 7 tries"),
        (
            job(run=JobRun(ago(minutes=25), deadline_s=1200)), WARNING,
            "running for 25m, its deadline is 20m",
        ),
        (
            job(
                conditions=(Condition("Failed", "True", "BackoffLimitExceeded"),),
                run=JobRun(ago(hours=1), retries=6, failed=7),
            ), WARNING, "failed: BackoffLimitExceeded after 7 tries",
        ),
        (
            job(conditions=(Condition("Failed", "True", "DeadlineExceeded"),), run=JobRun(deadline_s=600)), WARNING,
            "failed: DeadlineExceeded, longer than 10m",
        ),
        (job(conditions=(Condition("Complete", "True"),)), FINE, "complete"),
        (job(paused=True), INFO, "suspended"),
    ],
)  # fmt: skip
def test_jobs(one: Workload, severity: Severity | None, words: str) -> None:
    found = job_state(one, (), NOW)
    assert (found.severity, found.words) == (severity, words)


def cron(schedule: str, last: datetime | None, *, active: int = 0, paused: bool = False, **more: Any) -> Workload:
    when = Cron(schedule, last=last, **more)
    return Workload(
        "c", "shop", "CronJob", "mails", active, active, active, active, ago(days=9), paused=paused, cron=when
    )


@pytest.mark.parametrize(
    ("one", "severity", "words"),
    [
        (cron("*/5 * * * *", ago(minutes=3)), FINE, "ok"),
        (cron("*/5 * * * *", ago(minutes=3), active=1), FINE, "1 job running"),
        (cron("50 * * * *", ago(minutes=63)), WARNING, "missed 1 run since 02:50 (50 * * * *)"),
        (cron("52 * * * *", ago(minutes=61)), FINE, "ok"),  # due a minute ago: it may still begin
        (cron("@daily", ago(days=2, hours=2, minutes=53)), WARNING, "missed 2 runs since 25 Mar 00:00 (@daily)"),
        (
            cron("*/5 * * * *", ago(minutes=18), active=1, concurrency="Forbid"), WARNING,
            "missed 3 runs since 02:40 (*/5 * * * *): the run before goes on, and concurrencyPolicy is Forbid",
        ),
        (
            cron("*/10 * * * *", ago(minutes=23), deadline_s=10), WARNING,
            "missed 2 runs since 02:40 (*/10 * * * *): not begun within its startingDeadlineSeconds 10",
        ),
        (cron("* * * * *", None), WARNING, "missed 100 runs and more since 17 Mar 02:54 (* * * * *)"),
        (cron("* * * * *", None, paused=True), INFO, "suspended"),
        (cron("0 3 * * *", ago(days=1), timezone="Europe/Berlin"), WARNING, "missed 1 run since 02:00 (0 3 * * *)"),
        (cron("@every 1h", ago(days=1)), INFO, "its schedule cannot be read here: @every 1h"),
        (cron("0 3 * * *", ago(days=1), timezone="Mars/One"), INFO, "its schedule cannot be read here: Mars/One"),
    ],
)  # fmt: skip
def test_cron_jobs(one: Workload, severity: Severity | None, words: str) -> None:
    found = cron_state(one, NOW)
    assert (found.severity, found.words) == (severity, words)


@pytest.mark.parametrize(
    ("schedule", "zone", "after", "due"),
    [
        ("0 0 * * 1", "", "2026-03-26T00:00", "2026-03-30T00:00"),  # Monday
        ("0 9 * * MON-FRI", "America/New_York", "2026-03-27T14:00", "2026-03-30T13:00"),
        ("CRON_TZ=Asia/Tokyo 30 4 * * ?", "", "2026-03-26T00:00", "2026-03-26T19:30"),
        ("@hourly", "", "2026-03-26T00:00", "2026-03-26T01:00"),
        ("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00", "2026-03-30T00:30"),  # no half past two on the 29th
    ],
)
def test_schedules(schedule: str, zone: str, after: str, due: str) -> None:
    found = next(due_after(schedule, zone, datetime.fromisoformat(f"{after}+00:00")))
    assert f"{found:%Y-%m-%dT%H:%M}" == due


def test_what_is_no_schedule() -> None:
    with pytest.raises(Unknowable):
        next(due_after("every morning", "", NOW))


GI = 2.0**30


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (QuotaLine("requests.cpu", 32, 14.9, "32", "14900m"), "14.9/32"),
        (QuotaLine("requests.memory", 96 * GI, 29664 * 2.0**20, "96Gi", "29664Mi"), "29/96Gi"),
        (QuotaLine("requests.cpu", 32, 31.99, "32", "31990m"), "31.9/32"),
        (QuotaLine("requests.memory", 9 * GI, 9 * GI, "9Gi", "9Gi"), "9/9Gi"),
        (QuotaLine("requests.memory", 9 * GI, 0, "9Gi", "0"), "0/9Gi"),
        (QuotaLine("limits.cpu", 0.5, 0.25, "500m", "250m"), "250/500m"),
        (QuotaLine("pods", 50, 17, "50", "17"), "17/50"),
        (QuotaLine("pods", 50, None, "50", ""), "?/50"),
    ],
)
def test_a_quota_counts_both_sides_in_one_unit(one: QuotaLine, words: str) -> None:
    assert figures(one) == words
