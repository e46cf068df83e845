"""How many pods at a time, how much is away: the examples of the Kubernetes documentation."""

from datetime import UTC, datetime, timedelta

import pytest

from opsconsole.model.kubernetes import Condition, Pod
from opsconsole.rules.rollout_steps import (
    Steps,
    away_after_scale,
    away_in_rollout,
    duration_s,
    ready_s,
    steps,
)  # fmt: skip

NOW = datetime(2026, 5, 4, 3, 2, tzinfo=UTC)


def rolling(surge: int | str | None = None, unavailable: int | str | None = None) -> dict[str, object]:
    given = {"maxSurge": surge, "maxUnavailable": unavailable}
    return {"type": "RollingUpdate", "rollingUpdate": {k: v for k, v in given.items() if v is not None}}


@pytest.mark.parametrize(
    ("strategy", "desired", "surge", "unavailable"),
    [
        # kubernetes.io, "Max Unavailable", "Max Surge": 30 % lets old pods go to 70 %, the total to 130 %
        (rolling("30%", "30%"), 10, 3, 3),
        # "the absolute number is calculated from percentage by rounding down" and "by rounding up"
        (rolling("25%", "25%"), 3, 1, 0),
        (rolling("25%", "25%"), 1, 1, 0),
        ({}, 20, 5, 5),
        (rolling(0, "25%"), 3, 0, 1),  # ResolveFenceposts: both would be 0
        (rolling(1, 0), 5, 1, 0),
        ({"type": "Recreate"}, 4, 0, 4),
        (rolling("nonsense", 1), 4, 0, 1),
    ],
)
def test_deployments(strategy: dict[str, object], desired: int, surge: int, unavailable: int) -> None:
    assert steps("Deployment", strategy, desired) == Steps(desired, surge, unavailable)


def test_stateful_sets_go_one_by_one_down_to_their_partition() -> None:
    assert steps("StatefulSet", rolling(), 5) == Steps(5, 0, 1)
    assert steps("StatefulSet", {"rollingUpdate": {"partition": 3}}, 5) == Steps(2, 0, 1)
    assert steps("StatefulSet", {"rollingUpdate": {"partition": 9}}, 5).pods == 0
    assert steps("StatefulSet", rolling(None, "30%"), 5).unavailable == 2, "rounded up"
    assert steps("StatefulSet", {"rollingUpdate": {"partition": 0}}, 3, first_ordinal=1).pods == 3


def test_daemon_sets() -> None:
    assert steps("DaemonSet", {}, 10) == Steps(10, 0, 1)
    assert steps("DaemonSet", rolling(None, "30%"), 10).unavailable == 3
    assert steps("DaemonSet", rolling("15%", 0), 10) == Steps(10, 2, 0)
    assert steps("DaemonSet", {"type": "OnDelete"}, 10).by_hand


def test_what_is_away_is_a_share_of_what_is_there() -> None:
    quarter = Steps(20, 5, 5)
    assert away_in_rollout(quarter, 20, 20) == 0.25
    assert away_in_rollout(quarter, 20, 15) == 0.0, "as many are missing already as may be"
    assert away_in_rollout(Steps(1, 0, 1), 1, 1) == 1.0
    assert away_in_rollout(Steps(3, 1, 0), 3, 3) == 0.0
    assert away_in_rollout(Steps(1, 0, 1), 1, 0) == 0.0, "nothing is there that could go"
    assert away_after_scale(1, 4) == 0.75
    assert away_after_scale(9, 4) == 0.0
    assert away_after_scale(3, 2) == 0.0


def test_it_lasts_as_many_waves_as_there_are() -> None:
    assert quarter_of(20).at_a_time == 10
    assert duration_s(20, 10, 12.0) == 24.0
    assert duration_s(21, 10, 12.0, settle_s=3.0) == 45.0
    assert duration_s(5, 1, None) is None
    assert Steps(3, 5, 5).at_a_time == 3


def quarter_of(pods: int) -> Steps:
    return steps("Deployment", {}, pods)


def test_how_long_a_pod_takes_is_the_median_of_those_that_never_restarted() -> None:
    pods = [pod(10), pod(12), pod(3000), pod(1, restarts=1), pod(None)]
    assert ready_s(pods) == 12.0
    assert ready_s([pod(None)]) is None
    assert ready_s([]) is None


def pod(took_s: float | None, restarts: int = 0) -> Pod:
    ready = () if took_s is None else (Condition("Ready", "True", since=NOW + timedelta(seconds=took_s)),)
    return Pod("u", "shop", "p", "Running", "Running", 1, 1, restarts, NOW, conditions=ready)
