"""Restarts of the last hour, as far as the pods themselves date them."""

from datetime import UTC, datetime, timedelta

from opsconsole.model.kubernetes import Pod, Termination
from opsconsole.rules.restarts import HOUR, restarts_since

NOW = datetime(2026, 3, 26, 2, 53, tzinfo=UTC)


def pod(age: timedelta, restarts: int, last: timedelta) -> Pod:
    ended = Termination("OOMKilled", 137, NOW - last)
    return Pod("p", "shop", "p", "Running", "Running", 1, 1, restarts, NOW - age, last_restart=ended)


def test_all_restarts_of_a_young_pod_fell_into_the_hour() -> None:
    assert restarts_since(pod(timedelta(minutes=20), 7, timedelta(minutes=1)), NOW - HOUR) == 7


def test_of_an_older_pods_restarts_only_the_newest_is_known_to() -> None:
    assert restarts_since(pod(timedelta(days=2), 7, timedelta(minutes=1)), NOW - HOUR) == 1
    assert restarts_since(pod(timedelta(days=2), 7, timedelta(hours=3)), NOW - HOUR) == 0
