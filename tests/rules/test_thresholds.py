"""The alert state machine: published example, laws, and promtool's own verdict over the same series."""

import functools
import json
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsconsole.config.settings import Rule
from opsconsole.rules.thresholds import Phase, Threshold, breaches, history_s, replay, step
from tests.require import require

STEP = 60.0
Samples = list[tuple[float, float | None]]


def rule(**fields: object) -> Rule:
    return Rule(**{"title": "t", "measure": "m", "limit": 0.5, "keep_firing_s": 0.0, **fields})  # type: ignore[arg-type]


def every_minute(*values: float | None) -> Samples:
    return [(index * STEP, value) for index, value in enumerate(values)]


def phases(samples: Samples, judged: Rule) -> list[Phase]:
    state, found = Threshold(), []
    for at, value in samples:
        state = step(state, judged, at, value, STEP)
        found.append(state.phase_at(at, STEP))
    return found


def test_the_published_example_fires_at_ten_minutes() -> None:
    """prometheus docs/configuration/unit_testing_rules.md: `up == 0`, series `0x14`, `for: 5m`: firing at 10m."""
    down = rule(compare="<", limit=0.5, for_s=300)
    samples = every_minute(*[0.0] * 15)
    assert replay(samples[:5], down, STEP).phase is Phase.PENDING
    assert replay(samples[:6], down, STEP).phase is Phase.FIRING
    at_ten = replay(samples[:11], down, STEP)
    assert at_ten.phase is Phase.FIRING
    assert at_ten.active_at == 0.0


def test_without_a_duration_the_first_breach_fires() -> None:
    assert phases(every_minute(0, 1), rule()) == [Phase.INACTIVE, Phase.FIRING]


def test_a_condition_that_ends_while_pending_begins_anew() -> None:
    judged = rule(for_s=180)
    assert phases(every_minute(1, 1, 0, 1, 1, 1), judged)[-1] is Phase.PENDING
    state = replay(every_minute(1, 1, 0, 1, 1, 1), judged, STEP)
    assert state.pending_s(300.0) == 120.0


def test_firing_is_kept_for_a_while_and_a_new_breach_starts_the_while_anew() -> None:
    judged = rule(keep_firing_s=120)
    fired, idle = Phase.FIRING, Phase.INACTIVE
    assert phases(every_minute(1, 0, 0, 0), judged) == [fired, fired, fired, idle]
    assert phases(every_minute(1, 0, 1, 0, 0, 0), judged) == [fired, fired, fired, fired, fired, idle]
    assert replay(every_minute(1, 0, 1), judged, STEP).keep_since is None


def test_hysteresis_ends_below_the_clearing_value_only() -> None:
    judged = rule(clear=0.35)
    assert phases(every_minute(0.6, 0.4, 0.36, 0.35), judged)[-2:] == [Phase.FIRING, Phase.INACTIVE]
    assert phases(every_minute(0.4), judged) == [Phase.INACTIVE]


def test_a_missing_sample_is_borne_twice_and_unknown_thereafter() -> None:
    found = phases(every_minute(1, None, None, None, 1), rule())
    assert found == [Phase.FIRING, Phase.FIRING, Phase.FIRING, Phase.UNKNOWN, Phase.FIRING]
    borne = every_minute(1, None, 1)
    assert replay(borne, rule(), STEP).active_at == 0.0


def test_never_a_sample_is_unknown_not_fine() -> None:
    assert phases(every_minute(None), rule()) == [Phase.UNKNOWN]


def test_pending_does_not_grow_over_a_gap() -> None:
    judged = rule(for_s=300)
    state = replay(every_minute(1, 1, None, None, None, None, 1), judged, STEP)
    assert state.phase is Phase.PENDING
    assert state.active_at == 360.0


def test_firing_outlasts_a_gap_of_its_keeping_and_begins_anew_after_a_longer_one() -> None:
    judged = rule(for_s=120, keep_firing_s=300)
    fired = [1, 1, 1]
    kept = replay(every_minute(*fired, *[None] * 5, 1), judged, STEP)
    assert (kept.phase, kept.active_at) == (Phase.FIRING, 0.0)
    anew = replay(every_minute(*fired, *[None] * 6, 1), judged, STEP)
    assert (anew.phase, anew.active_at, anew.fired_at) == (Phase.PENDING, 540.0, None)


def test_four_turns_in_an_hour_are_flapping() -> None:
    state = replay(every_minute(1, 0, 1, 0), rule(), STEP)
    assert state.flapping(180.0)
    assert not state.flapping(180.0 + 3600.0)
    assert not replay(every_minute(1, 0, 1), rule(), STEP).flapping(120.0)


def test_history_spans_the_longer_duration_and_two_steps() -> None:
    assert history_s(rule(for_s=900, keep_firing_s=300), 15) == 930


@pytest.mark.parametrize(
    ("compare", "value", "expected"), [(">", 1, False), (">=", 1, True), ("<", 1, False), ("<=", 1, True)]
)
def test_comparisons_at_the_limit(compare: str, value: float, expected: bool) -> None:
    assert breaches(compare, value, 1.0) is expected


VALUES = st.lists(st.one_of(st.none(), st.floats(0, 1, allow_nan=False)), max_size=60)
RULES = st.builds(
    rule,
    for_s=st.sampled_from([0.0, 60.0, 150.0, 300.0]),
    keep_firing_s=st.sampled_from([0.0, 60.0, 200.0]),
    clear=st.sampled_from([None, 0.3, 0.5]),
)


@given(VALUES, RULES, st.integers(0, 60))
def test_replaying_in_one_go_equals_two(values: list[float | None], judged: Rule, cut: int) -> None:
    samples = every_minute(*values)
    once = replay(samples, judged, STEP)
    assert once == functools.reduce(lambda state, one: step(state, judged, one[0], one[1], STEP), samples, Threshold())
    assert replay(samples[cut:], judged, STEP, replay(samples[:cut], judged, STEP)) == once
    assert replay(samples, judged, STEP, once) == once, "samples that were seen before change nothing"


@given(VALUES, RULES)
def test_it_never_fires_before_the_condition_has_held_for_its_duration(
    values: list[float | None], judged: Rule
) -> None:
    state = Threshold()
    held_since: float | None = None
    for at, value in every_minute(*values):
        before, state = state, step(state, judged, at, value, STEP)
        if value is not None:
            held_since = (at if held_since is None else held_since) if value > judged.limit else None
        if state.phase is Phase.FIRING and before.phase is not Phase.FIRING:
            assert held_since is not None
            assert at - held_since >= judged.for_s


@given(VALUES, RULES)
def test_a_value_within_limits_never_begins_anything(values: list[float | None], judged: Rule) -> None:
    calm = [None if value is None else value / 2.5 for value in values]
    assert all(phase in (Phase.INACTIVE, Phase.UNKNOWN) for phase in phases(every_minute(*calm), judged))


PARTS = st.one_of(
    st.lists(st.sampled_from([0.0, 1.0]), min_size=3, max_size=9), st.integers(2, 7).map(lambda length: [None] * length)
)


@settings(max_examples=6, deadline=None)
@given(st.lists(PARTS, min_size=3, max_size=7), st.sampled_from([0, 2, 5]), st.sampled_from([0, 3, 4]))
def test_promtool_sees_the_same_states_through_gaps_too(
    parts: list[list[float | None]], for_minutes: int, keep_minutes: int
) -> None:
    """Series that go stale and come back included; only while a value is missing we say unknown, Prometheus nothing."""
    require("prometheus", shutil.which("promtool") is not None, "install the Debian package prometheus")
    values = [value for part in parts for value in part]
    judged = rule(for_s=for_minutes * 60, keep_firing_s=keep_minutes * 60)
    expected = {
        minute: phase
        for minute, phase in enumerate(phases(every_minute(*values), judged))
        if values[minute] is not None
    }
    assert promtool_disagrees(values, for_minutes, keep_minutes, expected) == ""


def promtool_disagrees(
    values: list[float | None], for_minutes: int, keep_minutes: int, expected: dict[int, Phase]
) -> str:
    """What promtool has against the phases at those minutes; "" when nothing."""
    alert = {"alert": "A", "expr": "x > 0.5", "for": f"{for_minutes}m", "keep_firing_for": f"{keep_minutes}m"}
    states = [
        {
            "eval_time": f"{minute}m",
            "expr": f"count(ALERTS{{alertstate='{asked}'}})",
            "exp_samples": [{"value": 1}] if phase is asked else [],
        }
        for minute, phase in expected.items()
        for asked in (Phase.PENDING, Phase.FIRING)
    ]
    series = [{"series": "x", "values": " ".join("stale" if value is None else f"{value:g}" for value in values)}]
    test = {"interval": "1m", "input_series": series, "promql_expr_test": states}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "rules.yml").write_text(json.dumps({"groups": [{"name": "g", "rules": [alert]}]}))
        whole = {"rule_files": ["rules.yml"], "evaluation_interval": "1m", "tests": [test]}
        (folder / "test.yml").write_text(json.dumps(whole))
        command = ["promtool", "test", "rules", str(folder / "test.yml")]
        done = subprocess.run(command, capture_output=True, timeout=60, check=False, text=True)
    return "" if done.returncode == 0 else done.stdout + done.stderr
