"""Windows, policies and bounds of an HPA against published examples, and laws that hold for all of them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.model.kubernetes import Hpa, HpaBehavior, HpaPolicy, HpaRules
from opsconsole.rules.hpa_limits import History, Mark, Step, fastest_down, fastest_up, held, released
from opsconsole.sources.kubernetes.convert_hpas import DOWN_POLICIES, UP_POLICIES

NOW = datetime(2026, 3, 26, 3, 0, tzinfo=UTC)
UP, DOWN = HpaRules(UP_POLICIES), HpaRules(DOWN_POLICIES, window_s=300)


def pods(value: int, period_s: int = 60) -> HpaPolicy:
    return HpaPolicy("Pods", value, period_s)


def percent(value: int, period_s: int = 60) -> HpaPolicy:
    return HpaPolicy("Percent", value, period_s)


def hpa(current: int, least: int = 1, most: int = 1000, behavior: HpaBehavior | None = None) -> Hpa:
    return Hpa("u", "shop", "api", "Deployment", "api", least, most, current, current, behavior=behavior)


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def steps(*changes: int, over_s: float = 120) -> History:
    """Changes spread evenly over the last seconds, as the controller's own tests spread them."""
    each = over_s / len(changes)
    return History(steps=tuple(Step(ago(over_s - each * (at + 0.5)), one) for at, one in enumerate(changes)))


def test_the_example_of_the_documentation() -> None:
    """kubernetes/website, horizontal-pod-autoscale.md: 80 pods, 4 pods or 10 percent a minute: 72, then 64."""
    rules = HpaRules((pods(4), percent(10)))
    assert fastest_down(rules, 80, History(), NOW) == 72
    assert fastest_down(rules, 72, History(), NOW) == 64
    # below 40 pods the four pods are more than ten percent
    assert fastest_down(rules, 40, History(), NOW) == 36
    assert fastest_down(rules, 36, History(), NOW) == 32


def test_the_smaller_of_two_policies() -> None:
    """horizontal_test.go: TestCalculateScaleUpLimitWithScalingRules, TestCalculateScaleDownLimitWithBehaviors."""
    rules = HpaRules((pods(2), percent(50)), select="Min")
    assert fastest_up(rules, 1, History(), NOW) == 2
    assert fastest_down(rules, 5, History(), NOW) == 3


@pytest.mark.parametrize(
    ("current", "wanted", "least", "most", "expected", "limit"),
    [
        (5, 7, 3, 8, 7, "DesiredWithinRange"),
        (3, 1, 2, 8, 2, "TooFewReplicas"),
        (1, 0, 0, 10, 0, "DesiredWithinRange"),
        (3, 1000, 1, 2000, 6, "ScaleUpLimit"),
        (1, 9, 1, 20, 4, "ScaleUpLimit"),
    ],
)
def test_without_behavior(current: int, wanted: int, least: int, most: int, expected: int, limit: str) -> None:
    """horizontal_test.go: TestConvertDesiredReplicasWithRules; max(2 x current, 4) at once."""
    found = held(hpa(current, least, most), wanted, NOW)
    assert (found.replicas, found.limit) == (expected, limit)


NONE = History()


@pytest.mark.parametrize(
    ("current", "wanted", "most", "rules", "history", "expected", "limit"),
    [
        pytest.param(10, 50, 1000, UP, NONE, 20, "ScaleUpLimit", id="default behavior"),
        pytest.param(10, 500, 1000, HpaRules((pods(100), percent(100))), NONE, 110, "ScaleUpLimit", id="pods larger"),
        pytest.param(10, 500, 1000, HpaRules((pods(2), percent(100))), NONE, 20, "ScaleUpLimit", id="percent larger"),
        pytest.param(10, 50, 1000, HpaRules((percent(200),)), NONE, 30, "ScaleUpLimit", id="percent limitation"),
        pytest.param(
            100, 500, 200, HpaRules((pods(300),)), steps(1, 5, 9), 200, "TooManyReplicas", id="maximum and events"
        ),
        pytest.param(
            100, 500, 1000, HpaRules((pods(5, 120),)), steps(1, 5, 9), 100, "ScaleUpLimit", id="a lot of recent events"
        ),
        pytest.param(
            100, 500, 1000, HpaRules((pods(150, 120),)), steps(1, 5, 9), 235, "ScaleUpLimit", id="pods and events"
        ),
        pytest.param(
            100, 500, 1000, HpaRules((percent(200, 120),)), steps(1, 5, 9), 255, "ScaleUpLimit", id="percent and events"
        ),
        pytest.param(
            6, 100, 1000, HpaRules((percent(100, 120),)), steps(4, -6), 16, "ScaleUpLimit", id="up and down events"
        ),
    ],
)
def test_scaling_up_as_the_controller_does(
    current: int, wanted: int, most: int, rules: HpaRules, history: History, expected: int, limit: str
) -> None:
    """horizontal_test.go: TestScalingWithRules, "scaleUp with <id>"."""
    found = held(hpa(current, 1, most, HpaBehavior(rules, DOWN)), wanted, NOW, history)
    assert (found.replicas, found.limit) == (expected, limit)


@pytest.mark.parametrize(
    ("current", "wanted", "least", "rules", "history", "expected", "limit"),
    [
        pytest.param(100, 2, 1, HpaRules((pods(20), percent(1))), NONE, 80, "ScaleDownLimit", id="pods larger"),
        pytest.param(100, 2, 1, HpaRules((pods(2), percent(1))), NONE, 98, "ScaleDownLimit", id="pods still larger"),
        pytest.param(10, 0, 5, HpaRules((percent(1000),)), NONE, 5, "TooFewReplicas", id="minimum"),
        pytest.param(10, 5, 1, HpaRules((percent(50),)), NONE, 5, "DesiredWithinRange", id="percent"),
        pytest.param(
            100, 2, 1, HpaRules((pods(5, 120),)), steps(-1, -5, -9), 100, "ScaleDownLimit", id="pods and events"
        ),
        pytest.param(
            100, 2, 1, HpaRules((percent(50, 120),)), steps(-2, -4, -6), 56, "ScaleDownLimit", id="percent and events"
        ),
        pytest.param(
            100, 2, 1, HpaRules((percent(10, 120),)), steps(-10, -20), 100, "ScaleDownLimit", id="events prevent more"
        ),
    ],
)
def test_scaling_down_as_the_controller_does(
    current: int, wanted: int, least: int, rules: HpaRules, history: History, expected: int, limit: str
) -> None:
    """horizontal_test.go: TestScalingWithRules, "scaleDown with <id>"."""
    found = held(hpa(current, least, 1000, HpaBehavior(UP, rules)), wanted, NOW, history)
    assert (found.replicas, found.limit) == (expected, limit)


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        ((), 5),
        (((4, 120), (5, 60)), 5),
        (((1, 120), (2, 60)), 3),
        (((10, 600), (9, 540)), 3),
        (((10, 600), (4, 60), (5, 120), (9, 540)), 5),
    ],
)
def test_the_highest_recommendation_of_five_minutes(marks: tuple[tuple[int, int], ...], expected: int) -> None:
    """horizontal_test.go: TestNormalizeDesiredReplicas."""
    history = History(tuple(Mark(ago(age), replicas) for replicas, age in marks))
    assert held(hpa(9), 3 if marks else 5, NOW, history).stabilized == expected


def test_a_window_up_takes_the_lowest_recommendation() -> None:
    waits = HpaBehavior(HpaRules(UP_POLICIES, window_s=60), DOWN)
    found = held(hpa(3, behavior=waits), 8, NOW, History((Mark(ago(30), 4), Mark(ago(90), 1))))
    assert (found.replicas, found.able) == (4, "ScaleUpStabilized")


def test_when_a_hold_ends() -> None:
    """A policy of one pod a minute lets the next one go a minute after the last; a window when its mark is old."""
    slow = hpa(6, behavior=HpaBehavior(HpaRules((pods(1),)), DOWN))
    history = History(steps=(Step(ago(48), 1),))
    assert held(slow, 8, NOW, history).replicas == 6
    assert released(slow, 8, NOW, history) == (NOW + timedelta(seconds=12), 7)
    stable = hpa(7, behavior=HpaBehavior(UP, DOWN))
    seen = History((Mark(ago(200), 6), Mark(ago(170), 7), Mark(ago(10), 5)))
    assert released(stable, 5, NOW, seen) == (NOW + timedelta(seconds=130), 5)


def test_a_disabled_direction_never_ends() -> None:
    stopped = hpa(6, behavior=HpaBehavior(HpaRules(UP_POLICIES, select="Disabled"), DOWN))
    assert held(stopped, 60, NOW).replicas == 6
    assert released(stopped, 60, NOW, NONE) is None


RULES = st.builds(
    HpaRules,
    st.lists(
        st.builds(HpaPolicy, st.sampled_from(("Pods", "Percent")), st.integers(1, 300), st.integers(1, 1800)),
        min_size=1,
        max_size=3,
    ).map(tuple),
    st.sampled_from(("Max", "Min", "Disabled")),
    st.integers(0, 3600),
)
BEHAVIORS = st.one_of(st.none(), st.builds(HpaBehavior, RULES, RULES))
PASTS = st.builds(
    lambda marks, changes: History(
        tuple(Mark(ago(age), replicas) for age, replicas in marks), tuple(Step(ago(age), n) for age, n in changes)
    ),
    st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 100)), max_size=6),
    st.lists(st.tuples(st.integers(0, 2000), st.integers(-30, 30)), max_size=6),
)


@given(st.integers(1, 100), st.integers(0, 200), st.integers(1, 100), st.integers(0, 100), BEHAVIORS, PASTS)
def test_never_outside_its_bounds(
    current: int, wanted: int, least: int, more: int, behavior: HpaBehavior | None, history: History
) -> None:
    row = hpa(current, least, least + more, behavior)
    assert least <= held(row, wanted, NOW, history).replicas <= least + more


@given(st.integers(10, 100), st.integers(1, 200), BEHAVIORS, PASTS)
def test_it_never_goes_against_what_is_asked(
    current: int, wanted: int, behavior: HpaBehavior | None, history: History
) -> None:
    found = held(hpa(current, 1, 1000, behavior), wanted, NOW, history).replicas
    if behavior is not None and wanted >= current:
        assert current <= found <= wanted
    elif behavior is not None:
        assert wanted <= found <= current


@given(st.integers(1, 100), st.integers(1, 200), BEHAVIORS, PASTS)
def test_a_hold_lasts_until_it_is_released_and_no_longer(
    current: int, wanted: int, behavior: HpaBehavior | None, history: History
) -> None:
    row = hpa(current, 1, 1000, behavior)
    end = released(row, wanted, NOW, history) if held(row, wanted, NOW, history).replicas == current else None
    if end is not None:
        assert held(row, wanted, end[0], history).replicas == end[1] != current
        assert held(row, wanted, end[0] - timedelta(milliseconds=1), history).replicas == current
