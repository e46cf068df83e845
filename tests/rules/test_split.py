"""Which label value carries the slow or the failed requests."""

from hypothesis import given
from hypothesis import strategies as st

from opsconsole.model.metrics import Answer, Sample
from opsconsole.rules.split import failed, slow, split


def answer(*rows: tuple[dict[str, str], float | None]) -> Answer:
    return Answer("q", samples=tuple(Sample(tuple(sorted(labels.items())), 0.0, value) for labels, value in rows))


def test_a_version_that_carries_nearly_all_slow_requests_stands_out() -> None:
    latency = answer(
        ({"version": "1.8.1", "le": "0.5"}, 51.8), ({"version": "1.8.1", "le": "+Inf"}, 52.0),
        ({"version": "1.8.2", "le": "0.5"}, 40.0), ({"version": "1.8.2", "le": "+Inf"}, 48.0),
    )  # fmt: skip
    found = split("version", *slow(latency, "version", 0.5))
    assert found is not None
    assert (found.value, found.values, found.stands_out) == ("1.8.2", 2, True)
    assert found.share_bad is not None
    assert found.share_traffic is not None
    assert round(found.share_bad, 2) == 0.98
    assert round(found.share_traffic, 2) == 0.48


def test_failures_by_status_and_by_outcome() -> None:
    by_status = answer(
        ({"node": "a", "status": "200"}, 9.0),
        ({"node": "a", "status": "502"}, 1.0),
        ({"node": "b", "status": "200"}, None),
    )
    assert failed(by_status, "node", "status") == ({"a": 1.0}, {"a": 10.0})
    plans = answer(({"plan": "pro", "outcome": "slow"}, 7.0), ({"plan": "pro", "outcome": "ok"}, 3.0))
    assert failed(plans, "plan", "outcome", ["slow", "failed"]) == ({"pro": 7.0}, {"pro": 10.0})


def test_evenly_spread_trouble_and_a_single_value_stand_out_by_nothing() -> None:
    even = split("pod", dict.fromkeys("abcd", 1.0), dict.fromkeys("abcd", 10.0))
    assert even is not None
    assert not even.stands_out
    single = split("version", {"1": 5.0}, {"1": 5.0})
    assert single is not None
    assert not single.stands_out


def test_nothing_bad_is_unknown_and_an_absent_label_is_nothing() -> None:
    calm = split("pod", {}, {"a": 1.0, "b": 2.0})
    assert calm is not None
    assert (calm.share_bad, calm.values) == (None, 2)
    assert split("version", {}, {"": 5.0}) is None


RATES = st.dictionaries(st.sampled_from("abcdef"), st.floats(0.01, 100), min_size=1)


@given(RATES, RATES)
def test_shares_lie_between_none_and_all(bad: dict[str, float], traffic: dict[str, float]) -> None:
    found = split("x", bad, traffic)
    assert found is not None
    assert found.values == len(traffic)
    if found.share_bad is not None and found.share_traffic is not None:
        assert 0 <= found.share_bad <= 1.0000001
        assert 0 < found.share_traffic <= 1.0000001
