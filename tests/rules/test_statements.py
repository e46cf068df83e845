"""Statements by difference: rates, shares, epochs, what is new, and laws that hold whatever the samples say."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.model.statements import WINDOWS, StatementCounters, StatementsSample, Tracked
from opsconsole.rules.statement_windows import calls_s
from opsconsole.rules.statement_work import TREND_POINTS
from opsconsole.rules.statements import BY_CHANGE, BY_OTHERS, BY_SHARE, WEIGHTS, Seen, statements
from tests.rules.statement_samples import START, counters, sample

KEY = "10/5/1/1"


def test_rate_mean_share_and_rows_of_a_window() -> None:
    view = statements(
        [
            sample(0, counters(1, 100, 1000, 100), counters(2, 50, 500)),
            sample(300, counters(1, 400, 1600, 700), counters(2, 60, 700)),
        ]
    )
    assert view is not None
    assert view.window_s == 300
    first, second = view.rows
    assert (first.calls_s, first.mean_ms, first.share, first.rows_per_call) == (1.0, 2.0, 0.75, 2.0)
    assert (second.calls_s, second.mean_ms, second.share) == (10 / 300, 20.0, 0.25)
    assert view.others is None


def test_without_a_second_sample_there_is_no_view() -> None:
    assert statements([]) is None
    assert statements([sample(0, counters(1, 100))]) is None


def test_what_was_not_called_is_dropped() -> None:
    view = statements([sample(0, counters(1, 1, 1)), sample(300, counters(1, 1, 1))])
    assert view is not None
    assert view.rows == ()


def test_five_minutes_against_the_hour_before() -> None:
    samples = [sample(at, counters(1, at * 2, at * 2.0)) for at in range(0, 3900, 60)]
    samples.append(sample(3900, counters(1, 3600 * 2 + 3000, 3600 * 2.0 + 9000)))
    view = statements(samples)
    assert view is not None
    assert (view.window_s, view.before_s, view.before_label) == (300, 3600, "the hour before")
    (row,) = view.rows
    assert (row.calls_s, row.mean_ms, row.before_calls_s, row.before_mean_ms) == (10.0, 3.0, 2.0, 1.0)
    assert len(row.trend) == TREND_POINTS
    assert row.trend[0] == pytest.approx(2.0)


def test_with_little_history_the_true_spans_are_said() -> None:
    view = statements([sample(at, counters(1, at, at)) for at in range(0, 181, 10)])
    assert view is not None
    assert (view.window_s, view.before_s, view.before_label) == (60, 120, "the 2m before")


def test_a_short_time_before_is_none_and_after_a_reset_there_is_none_either() -> None:
    view = statements([sample(at, counters(1, at, at)) for at in range(0, 121, 10)])
    assert view is not None
    assert (view.before_s, view.before_label) == (None, "mean since 12 Mar")
    reset = START - timedelta(seconds=20)
    view = statements([sample(at, counters(1, 5 + at, 5 + at), reset=reset) for at in range(0, 121, 10)])
    assert view is not None
    assert (view.before_s, view.before_label, view.rows[0].before_calls_s) == (None, "", None)


def test_without_a_before_the_mean_since_the_reset_stands_in() -> None:
    view = statements([sample(0, counters(1, 1000, 5000)), sample(10, counters(1, 1010, 5100))])
    assert view is not None
    (row,) = view.rows
    assert (view.before_s, view.before_label) == (None, "mean since 12 Mar")
    assert row.before_mean_ms == 5.0
    assert row.before_calls_s == pytest.approx(1000 / (15 * 86400))


def test_a_reset_of_today_is_told_by_the_hour() -> None:
    reset = START - timedelta(minutes=10)
    view = statements([sample(0, counters(1, 1, 1), reset=reset), sample(10, counters(1, 2, 2), reset=reset)])
    assert view is not None
    assert view.before_label == "mean since 01:50"


def test_samples_of_an_earlier_console_are_the_time_before() -> None:
    samples = [sample(0, counters(1, 100, 100)), sample(1800, counters(1, 1900, 1900))]
    view = statements([*samples, sample(7200, counters(1, 9000, 9000)), sample(7210, counters(1, 9020, 9100))])
    assert view is not None
    assert (view.window_s, view.before_s) == (10, 5400)


def test_what_is_new_comes_first() -> None:
    samples = [sample(at, counters(1, at, at * 10.0), counters(2, at, at * 5.0)) for at in range(0, 3601, 60)]
    now = sample(3900, counters(1, 3900, 39000), counters(2, 3900, 19500), counters(3, 3000, 100))
    seen = {KEY: START, "10/5/2/1": START, "10/5/3/1": now.taken - timedelta(seconds=100)}
    view = statements([*samples, now], seen=Seen(seen))
    assert view is not None
    assert view.rows[0].query_id == 3
    assert view.rows[0].first_seen == seen["10/5/3/1"]
    assert view.rows[0].before_calls_s == 0.0
    assert view.rows[1].first_seen is None


def test_what_came_soon_after_somebody_began_to_look_is_not_called_new() -> None:
    samples = [sample(at, counters(1, at + 1, at + 1.0), counters(2, at + 1, at + 1.0)) for at in range(0, 601, 60)]
    soon, later = START + timedelta(seconds=60), START + timedelta(seconds=120)
    view = statements(samples, seen=Seen({KEY: soon, "10/5/2/1": later}))
    assert view is not None
    assert {row.key: row.first_seen for row in view.rows} == {KEY: None, "10/5/2/1": later}


def test_a_restart_begins_a_new_window_and_is_said() -> None:
    again = START + timedelta(seconds=3500)
    samples = [sample(at, counters(1, at, at)) for at in range(0, 3500, 60)]
    samples += [sample(at, counters(1, at - 3500, at - 3500), started=again) for at in (3510, 3520)]
    view = statements(samples)
    assert view is not None
    assert view.window_s == 10
    assert view.before_s is not None
    assert view.rows[0].before_calls_s == pytest.approx(1.0)
    assert view.notes == ("the server started again at 02:58: the window begins after it",)


def test_a_reset_begins_a_new_window_and_is_said() -> None:
    reset = START + timedelta(seconds=290)
    view = statements(
        [
            sample(0, counters(1, 1000, 1000)),
            sample(295, counters(1, 5, 5), reset=reset),
            sample(300, counters(1, 10, 10), reset=reset),
        ]
    )
    assert view is not None
    assert view.window_s == 5
    assert view.rows[0].calls_s == 1.0
    assert "reset at 02:04" in view.notes[0]


def test_an_entry_that_was_evicted_and_came_again_counts_from_there() -> None:
    old, new = START - timedelta(days=1), START + timedelta(seconds=200)
    view = statements(
        [sample(0, counters(1, 10, 10, since=old), evicted=1), sample(300, counters(1, 30, 60, since=new), evicted=3)]
    )
    assert view is not None
    assert (view.rows[0].calls_s, view.rows[0].mean_ms) == (0.1, 2.0)
    assert view.evicting
    evicted = "the server evicted statements 2 times, last by 02:05 (raise pg_stat_statements.max)"
    assert view.notes == (f"top-N incomplete: {evicted}",)


def test_the_rest_is_one_row_so_that_shares_add_up() -> None:
    many = 300
    start = sample(0, *(counters(query, 1, 1.0) for query in range(many)))
    end = sample(300, *(counters(query, 2, 2.0 + query) for query in range(many)))
    view = statements([start, end])
    assert view is not None
    assert view.others is not None
    assert len(view.rows) <= BY_SHARE + BY_CHANGE + BY_OTHERS * len(WEIGHTS)
    assert view.others_count == many - len(view.rows)
    assert sum(row.share for row in view.rows) + view.others.share == pytest.approx(1)
    assert view.others.calls_s == pytest.approx(view.others_count / 300)


entries = st.lists(
    st.builds(
        counters,
        st.integers(1, 120),
        st.integers(0, 10**6),
        st.floats(0, 1e9, allow_nan=False),
        st.integers(0, 10**9),
        st.sampled_from([None, START, START + timedelta(seconds=100)]),
    ),
    max_size=130,
    unique_by=lambda counters: counters.query_id,
)
histories = st.lists(
    st.tuples(st.integers(1, 4000), entries, st.booleans(), st.booleans(), st.integers(0, 5)), max_size=6
)


def build(steps: list[tuple[int, list[StatementCounters], bool, bool, int]]) -> list[StatementsSample]:
    samples, at, started, reset = [], 0, START, START
    for seconds, listed, restarted, was_reset, evicted in steps:
        at += seconds
        started = START + timedelta(seconds=at) if restarted else started
        reset = START + timedelta(seconds=at) if was_reset else reset
        samples.append(sample(at, *listed, started=started, reset=reset, evicted=evicted))
    return samples


@given(histories)
def test_shares_sum_to_one_and_nothing_is_negative(
    steps: list[tuple[int, list[StatementCounters], bool, bool, int]],
) -> None:
    view = statements(build(steps), seen=Seen({f"10/5/{query}/1": START for query in range(120)}))
    if view is None:
        return
    rows = [*view.rows, *([view.others] if view.others else [])]
    total = sum(row.share for row in rows)
    spent = sum(row.total_ms for row in rows)
    assert total == pytest.approx(1 if spent > 0 else 0)
    assert view.window_s > 0
    for row in rows:
        assert row.calls_s is not None
        assert row.calls_s > 0
        assert row.mean_ms >= 0
        assert 0 <= row.share <= 1 + 1e-9
        assert row.rows_per_call is None or row.rows_per_call >= 0
        assert row.before_calls_s is None or row.before_calls_s >= 0
        assert row.before_mean_ms is None or row.before_mean_ms >= 0
        assert all(point is None or point >= 0 for point in row.trend)


def test_windows_of_a_choice_from_the_same_samples() -> None:
    samples = [sample(at, counters(1, at * 2, at * 2.0)) for at in range(0, 5401, 60)]
    spans = {window: view.window_s for window in WINDOWS if (view := statements(samples, window=window))}
    assert spans == {"last": 60, "1m": 60, "5m": 300, "15m": 900, "reset": 15 * 86400 + 5400}
    fifteen = statements(samples, window="15m")
    assert fifteen is not None
    assert fifteen.before_label == "the hour before"


def test_since_the_reset_everything_counts_and_nothing_is_before_it() -> None:
    view = statements([sample(0, counters(1, 1296, 648, 0))], window="reset")
    assert view is not None
    (row,) = view.rows
    assert row.calls_s == pytest.approx(1296 / (15 * 86400))
    assert (row.calls, row.mean_ms, row.share) == (1296, 0.5, 1.0)
    assert (row.before_calls_s, view.before_label, view.begins) == (None, "", START - timedelta(days=15))


def test_where_the_server_tells_no_reset_the_rate_since_it_is_unknown() -> None:
    view = statements([sample(0, counters(1, 1296, 648), reset=None)], window="reset")
    assert view is not None
    assert (view.rows[0].calls_s, view.rows[0].wal_s, view.window_s) == (None, None, 0.0)


def test_what_weighs_beside_time() -> None:
    tracked = Tracked(planning=True, io_timing=True, jit=True)
    done: dict[str, Any] = {"blocks_hit": 30, "blocks_read": 10, "temp_read": 100, "temp_written": 200}
    times: dict[str, Any] = {"read_ms": 20, "write_ms": 5, "plans": 4, "plan_ms": 8, "jit_ms": 10, "wal_bytes": 6000}
    busy = counters(1, 10, 100, **done, **times)
    view = statements(
        [sample(0, tracked=tracked), sample(100, busy, counters(2, 1, 10, read_ms=5), tracked=tracked)], window="last"
    )
    assert view is not None
    row = next(row for row in view.rows if row.query_id == 1)
    assert (row.hit_ratio, row.reads_s, row.temp_s, row.wal_s) == (0.75, 0.1, 3.0, 60.0)
    assert row.io_share == pytest.approx(25 / 30)
    assert (row.in_io, row.plan_mean_ms, row.in_jit) == (0.25, 2.0, 0.1)


def test_what_the_server_does_not_count_is_unknown_and_not_nothing() -> None:
    samples = [sample(0), sample(100, counters(1, 10, 100))]
    view = statements(samples)
    assert view is not None
    (row,) = view.rows
    assert (row.in_io, row.io_share, row.plan_mean_ms, row.in_jit) == (None, None, None, None)


def test_counters_that_went_back_without_a_reason_are_told() -> None:
    view = statements([sample(0, counters(1, 100, 100), reset=None), sample(300, counters(1, 30, 30), reset=None)])
    assert view is not None
    assert view.rows[0].calls == 30
    (note,) = view.notes
    assert note == "counts of 1 statement began again in this window, reset though the server tells no reset of all"


def test_before_17_an_eviction_makes_the_rates_doubtful() -> None:
    view = statements([sample(0, counters(1, 10, 10), evicted=1), sample(300, counters(1, 30, 60), evicted=2)])
    assert view is not None
    assert view.notes[1:] == ("what was evicted and came again may be counted wrongly: only 17 and later tell",)


def test_a_role_that_sees_not_everything_says_so() -> None:
    view = statements([sample(0, hidden=7), sample(300, counters(1, 30, 30), hidden=7)])
    assert view is not None
    assert view.notes == ("7 statements of others not visible: needs pg_monitor",)


def test_since_when_a_statement_is_known() -> None:
    """17 tells it itself; on older servers only what came after somebody looked is known."""
    long_ago = START - timedelta(days=3)
    told = [sample(0, counters(1, 1, 1, since=long_ago)), sample(300, counters(1, 2, 2, since=long_ago))]
    untold = [sample(0, counters(1, 1, 1)), sample(300, counters(1, 2, 2), counters(2, 2, 2))]
    seen = Seen({KEY: long_ago}, long_ago)
    later = Seen({KEY: START, "10/5/2/1": START + timedelta(seconds=300)}, START)
    first, second = statements(told, seen=seen), statements(untold, seen=later)
    assert first is not None
    assert second is not None
    assert first.rows[0].known_since == long_ago
    assert {row.query_id: row.known_since for row in second.rows} == {1: None, 2: START + timedelta(seconds=300)}


def test_calls_per_second_of_all_are_those_of_the_newest_interval_or_unknown() -> None:
    def counted(seconds: float, calls: int | None) -> StatementsSample:
        return msgspec.structs.replace(sample(seconds), calls=calls)

    assert calls_s([]) is None
    assert calls_s([counted(0, 5)]) is None
    assert calls_s([counted(0, 5), counted(10, 105), counted(20, 305)]) == 20.0
    assert calls_s([counted(0, None), counted(10, 105)]) is None
    assert calls_s([counted(0, 500), counted(10, 105)]) is None, "evicted calls are not negative"
    assert calls_s([counted(0, 5), counted(3600, 105)]) is None, "of an hour ago"
