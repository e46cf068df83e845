"""From when on a pattern of a log is new: from the release that led to the breach, else from the breach."""

from datetime import UTC, datetime, timedelta

from opsconsole.model.finding import Change
from opsconsole.rules.log_patterns import Patterns, baseline, new_patterns

BREACH = datetime(2026, 3, 26, 17, 24, tzinfo=UTC)


def before(minutes: float, kind: str = "release", name: str = "worker") -> Change:
    return Change(BREACH - timedelta(minutes=minutes), kind, f"{kind} {name} 2.1.0 → 2.1.1")


def test_it_is_the_newest_release_of_the_workload_shortly_before_the_breach() -> None:
    release = before(1)
    assert baseline(BREACH, [before(9), release, before(-3)], {"worker"}) == release.at
    assert baseline(BREACH, [before(2, "rollout")], {"worker"}) == BREACH - timedelta(minutes=2)


def test_without_one_it_is_the_breach() -> None:
    others = [before(1, name="api"), before(16), before(1, "scale"), before(-1)]
    assert baseline(BREACH, others, {"worker"}) == BREACH


def test_what_a_release_wrote_before_its_breach_is_new() -> None:
    lines = [
        (5.0, "order 7 done"),
        (0.9, "slow checkout 812 ms"),
        (0.5, "order 8 done"),
        (-1.0, "slow checkout 900 ms"),
    ]
    since = baseline(BREACH, [before(1)], {"worker"})
    old, new = Patterns(), Patterns()
    for minutes, text in lines:
        (old if BREACH - timedelta(minutes=minutes) < since else new).add(text, 2)
    assert [(one.pattern, one.count) for one in new_patterns(old, new)] == [("slow checkout <N> ms", 2)]
