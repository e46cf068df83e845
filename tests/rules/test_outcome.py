"""Did it help? By what the rules say afterwards, and by the measured value where a finding only lingers."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from opsconsole.config.policies import builtin
from opsconsole.model.action import Helped, Target
from opsconsole.model.finding import Finding, Severity
from opsconsole.rules import outcome

POLICY = builtin("default")
NOW = datetime(2026, 3, 26, 2, 53, tzinfo=UTC)
RULE = POLICY.rules["p99-critical"]
API = Target("Deployment", "shop", "api", "uid-1")


def p99(seconds: float, **more: Any) -> Finding:
    fields: dict[str, Any] = {
        "id": "p99-critical:checkout", "severity": Severity.CRITICAL, "what": f"checkout P99 {seconds} s > 0.5 s",
        "tab": 1, "value": f"{seconds} s", "limit": "> 0.5 s", "measured": seconds, "bound": 0.5,
        "object": "checkout ", "rule": "p99-critical",
    }  # fmt: skip
    return Finding(**fields | more)


def hit_ratio(value: float, **more: Any) -> Finding:
    bound = POLICY.rules["cache-hit"].limit
    fields: dict[str, Any] = {
        "id": "cache-hit:main", "severity": Severity.WARNING, "what": f"main cache hit {value}", "tab": 3,
        "value": str(value), "measured": value, "bound": bound, "object": "main", "rule": "cache-hit",
    }  # fmt: skip
    return Finding(**fields | more)


BEFORE = p99(1.9)
CRASHING = Finding("workload:shop/Deployment/api", Severity.CRITICAL, "api CrashLoopBackOff 2 pods", 2, object="uid-1")
BLIND = Finding("blind:prom", Severity.BLIND, "Prometheus does not answer: metrics blind", 1, rule="blind")
CASES: dict[str, tuple[Finding, tuple[Finding, ...], Helped]] = {
    "gone": (BEFORE, (), Helped.HELPED),
    "lingers within the limit": (BEFORE, (p99(0.2),), Helped.HELPED),
    "a little better is still a breach": (BEFORE, (p99(0.9),), Helped.NO_EFFECT),
    "a little worse may be noise": (BEFORE, (p99(2.1),), Helped.NO_EFFECT),
    "clearly worse": (BEFORE, (p99(3.0),), Helped.WORSE),
    "graver": (p99(0.7, severity=Severity.WARNING), (p99(0.7),), Helped.WORSE),
    "hidden by a rule on the same measure": (
        BEFORE, (p99(1.8, id="p99-other:checkout"),), Helped.NO_EFFECT,
    ),
    "another object of the same rule says nothing": (
        BEFORE, (p99(1.8, id="p99-critical:auth", object="auth "),), Helped.HELPED,
    ),
    "without data": (BEFORE, (p99(1.9, what="checkout P99 1.9 s > 0.5 s, no data for 2m"),), Helped.UNKNOWN),
    "blind, and gone for that": (BEFORE, (BLIND,), Helped.UNKNOWN),
    "another source is blind": (BEFORE, (Finding("blind:pg", Severity.BLIND, "", 3),), Helped.HELPED),
    "below a lower limit is worse": (hit_ratio(0.7), (hit_ratio(0.4),), Helped.WORSE),
    "above a lower limit is well": (hit_ratio(0.7), (hit_ratio(0.99),), Helped.HELPED),
    "a workload's trouble is gone": (CRASHING, (), Helped.HELPED),
    "a workload's trouble stays": (CRASHING, (CRASHING,), Helped.NO_EFFECT),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_how_one_finding_stands(case: str) -> None:
    before, now, helped = CASES[case]
    assert outcome.standing(before, now, POLICY).helped is helped


def test_only_what_a_rule_held_is_gone_for_good() -> None:
    assert outcome.standing(BEFORE, (), POLICY).sure
    assert not outcome.standing(p99(1.9, state="pending"), (), POLICY).sure
    assert not outcome.standing(CRASHING, (), POLICY).sure


def test_words_name_the_figures() -> None:
    found = outcome.standing(BEFORE, (p99(0.2, what="checkout P99 0.2 s > 0.5 s, within the limit for 1m"),), POLICY)
    assert found.words == "checkout P99 1.9 s → 0.2 s, within the limit (> 0.5 s)"


def test_the_window_is_the_slowest_rule_s_own_time_and_a_margin() -> None:
    assert outcome.window_s((BEFORE,), POLICY) == RULE.for_s + RULE.keep_firing_s + outcome.MARGIN_S
    assert outcome.window_s((CRASHING,), POLICY) == outcome.WORKLOAD_S + outcome.MARGIN_S
    assert outcome.window_s((), POLICY) == outcome.MARGIN_S


def test_something_new_and_critical_on_the_same_object_is_worse_and_elsewhere_it_is_not() -> None:
    elsewhere = Finding("workload:shop/Deployment/web", Severity.CRITICAL, "web 0 of 2 ready", 2, object="uid-2")
    fresh = outcome.fresh_criticals(frozenset(), (CRASHING, elsewhere, BEFORE), (API,))
    assert fresh == (CRASHING,)
    assert outcome.fresh_criticals(frozenset({CRASHING.id}), (CRASHING,), (API,)) == ()
    late = msgspec.structs.replace(CRASHING, since=NOW)
    assert outcome.fresh_criticals(frozenset(), (late,), (API,), began=NOW - timedelta(minutes=1)) == (late,)
    assert outcome.fresh_criticals(frozenset(), (late,), (API,), began=NOW + timedelta(minutes=1)) == ()
    helped, words = outcome.together([outcome.standing(BEFORE, (), POLICY)], fresh)
    assert (helped, words) == (Helped.WORSE, "new: api CrashLoopBackOff 2 pods")


def test_one_answer_for_several_findings() -> None:
    def standings(*now: Finding) -> tuple[Helped, str]:
        return outcome.together(outcome.standings((BEFORE, CRASHING), now, POLICY))

    assert standings() == (Helped.HELPED, f"gone: {BEFORE.what}; gone: {CRASHING.what}")
    assert standings(CRASHING) == (Helped.NO_EFFECT, f"1 of 2 better; still {CRASHING.what}")
    assert standings(BLIND)[0] is Helped.UNKNOWN
    assert standings(p99(4.0), CRASHING)[0] is Helped.WORSE
    assert outcome.together(()) == (Helped.NONE, "")
