"""When rules began and ceased to be broken, as the newest lists of findings tell it."""

from datetime import UTC, datetime, timedelta

import msgspec

from opsconsole.config.policies import builtin
from opsconsole.model.finding import Finding, Severity
from opsconsole.records.transitions import Transition, Transitions

NOW = datetime(2026, 3, 26, 2, 53, tzinfo=UTC)
SINCE = NOW - timedelta(minutes=20)
SLOW = Finding(
    "p99-critical:api", Severity.CRITICAL, "api P99 1.9 s > 500 ms", 1,
    since=SINCE, rule="p99-critical", object="api ", whom="212 Pro", limit="> 500 ms",
)  # fmt: skip
BLIND = Finding("blind:prom", Severity.BLIND, "Prometheus does not answer: metrics blind", 1, since=NOW, rule="blind")


def heard(*lists: list[Finding]) -> tuple[Transition, ...]:
    """What is remembered after lists that come a minute apart, the last one now."""
    transitions = Transitions(builtin("default"))
    for index, findings in enumerate(lists, start=1 - len(lists)):
        transitions.hear(findings, NOW + timedelta(minutes=index))
    return transitions.since(NOW - timedelta(hours=1), NOW)


def test_a_rule_fires_when_its_limit_was_broken_for_as_long_as_it_asks() -> None:
    (began,) = heard([SLOW])
    assert (began.began, began.at) == (True, SINCE + timedelta(minutes=15))
    assert began.text == "api P99 1.9 s > 500 ms, broken since 02:33, hurts 212 Pro"


def test_it_ended_when_the_value_came_within_the_limit_not_when_the_rule_let_go() -> None:
    """The default keeps firing for five minutes."""
    leaving = msgspec.structs.replace(SLOW, what="api P99 0.3 s > 500 ms, within the limit for 4m")
    began, ended = heard([SLOW], [leaving], [])
    assert (ended.began, ended.at) == (False, NOW - timedelta(minutes=5))
    assert ended.text == "ended: api P99 0.3 s (limit > 500 ms)"
    assert began.finding == ended.finding


def test_what_has_no_limit_is_told_as_it_was_last() -> None:
    unready = Finding("workload:shop/Deployment/api", Severity.CRITICAL, "api 3 of 20 ready", 2, since=SINCE)
    assert [one.text for one in heard([unready], [])] == ["api 3 of 20 ready", "no longer: api 3 of 20 ready"]


def test_what_only_pends_is_no_transition() -> None:
    assert heard([msgspec.structs.replace(SLOW, state="pending")]) == ()


def test_what_nobody_can_see_has_not_ended() -> None:
    told = heard([SLOW], [BLIND], [BLIND])
    assert [one.finding for one in told] == [SLOW.id, BLIND.id]
    told = heard([SLOW], [BLIND], [SLOW])
    assert [(one.finding, one.began) for one in told] == [(SLOW.id, True), (BLIND.id, True), (BLIND.id, False)]


def test_a_source_that_answers_again_within_a_minute_is_no_word() -> None:
    late = msgspec.structs.replace(BLIND, what="Prometheus has not answered lately: metrics blind")
    transitions = Transitions(builtin("default"))
    for second, findings in ((0, [late]), (20, []), (30, [late]), (55, [])):
        transitions.hear(findings, NOW + timedelta(seconds=second))
    assert transitions.since(NOW, NOW + timedelta(minutes=9)) == ()
    gone = msgspec.structs.replace(late, since=NOW + timedelta(minutes=10))
    transitions.hear([gone], NOW + timedelta(minutes=10))
    assert transitions.next_due(NOW + timedelta(minutes=10, seconds=20)) is not None
    (began,) = transitions.since(NOW, NOW + timedelta(minutes=11))
    assert began.began
    assert transitions.next_due(NOW + timedelta(minutes=11)) is None


def test_what_a_stricter_rule_takes_over_has_not_ended() -> None:
    warning = Finding("p95-warning:api", Severity.WARNING, "P95", 1, since=SINCE, rule="p95-warning", object="api ")
    critical = Finding("p95-critical:api", Severity.CRITICAL, "P95", 1, since=SINCE, rule="p95-critical", object="api ")
    assert [one.began for one in heard([warning], [critical])] == [True, True]


def test_only_a_day_is_remembered() -> None:
    transitions = Transitions(builtin("default"))
    transitions.hear([SLOW], NOW - timedelta(days=2))
    transitions.hear([], NOW)
    assert [one.began for one in transitions.since(NOW - timedelta(days=9), NOW)] == [False]
