"""Before and after a change: the cases on which a test of ranks alone is known to fail."""

from datetime import UTC, datetime

from opsconsole.model.baseline import Comparison, Window
from opsconsole.rules.deploy_comparison import compare, errors, latency, short, words


def test_a_tail_that_a_test_of_ranks_does_not_see() -> None:
    """spinnaker/spinnaker#6278: ten times 1.0 against seven times 100.0 and three times 1.0 passed there."""
    found = latency("p99", [1.0] * 10, [100.0] * 7 + [1.0] * 3)
    assert (found.verdict, found.n_before, found.n_after) == ("worse", 10, 10)
    assert found.rule == "tail: 7 of 10 above the P95 of before, Fisher p=0.0015"


def test_a_wider_spread_around_the_same_centre_is_worse() -> None:
    """spinnaker/kayenta#780: a change of variance passed there."""
    before = [0.300 + 0.001 * (place % 5) for place in range(20)]
    after = [0.300, 0.302] * 6 + [0.9, 1.1] * 4
    assert latency("p99", before, after).verdict == "worse"


def test_a_moved_centre_is_told_with_its_statistic() -> None:
    before = [0.30, 0.31, 0.29, 0.305, 0.295, 0.302, 0.298]
    found = latency("p99", before, [1.9, 1.95, 1.88])
    assert (found.verdict, found.rule) == ("worse", "Mann–Whitney U=21 p=0.017, CLES 1.00")
    assert latency("p99", before, [0.31, 0.32, 0.315]).verdict == "same"  # not 20 %
    assert latency("p99", [value / 100 for value in before], [0.019, 0.0195, 0.0188]).verdict == "worse"
    assert latency("p99", [value / 300 for value in before], [0.0019, 0.0018, 0.0017]).verdict == "same"  # not 10 ms


def test_errors_against_none_before() -> None:
    """spinnaker/kayenta#426: with none before, 0, 1, 2, 1, 0, 0 passed there."""
    assert errors((0, 3600), (4, 600), (6, 6)).verdict == "worse"
    assert errors((0, 600), (1, 600), (6, 6)).verdict == "same"
    assert errors((0, 0), (4, 600), (0, 6)).verdict == "unknown"


def windows(p99: float, count: int, *, requests: float = 40.0, failed: float = 0.002) -> list[Window]:
    return [
        Window(120.0 * n, p95=p99 / 2, p99=p99 * (1 + n / 1000), requests=requests, errors=failed) for n in range(count)
    ]


def test_the_words_name_factor_count_and_rule_or_why_nothing_can_be_said() -> None:
    measures, said = compare(windows(0.3, 15), windows(1.89, 4), 120.0)
    found = Comparison(
        "api", "release api 1.8.1→1.8.2", datetime(2026, 3, 26, 2, 39, tzinfo=UTC), measures, 15, 4, said
    )
    assert short(found) == "P99 x6.3 after, n=15+4"
    assert words(found) == "P99 x6.3 after, n=15+4 (Mann–Whitney U=60 p=0.00052, CLES 1.00)"

    assert compare(windows(0.3, 15), windows(1.9, 2), 120.0) == ((), "n too small: 2 of 3 windows after")
    assert compare(windows(0.3, 15), windows(1.9, 5, requests=10.0), 120.0)[1].startswith("too little traffic after")
