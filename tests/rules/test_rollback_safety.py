"""Is rolling back safe? What is known is told, what is not is unknown and never zero."""

from datetime import UTC, datetime, timedelta

import pytest

from opsconsole.model.kubernetes import ConfigChange, Pod, ReplicaSet, Termination
from opsconsole.rules.rollback_safety import (
    changed_since,
    changed_words,
    config_names,
    image_words,
    last_good,
    mean_between,
    ran_words,
    record,
    restart_words,
)
from opsconsole.rules.side_by_side import Gap, Pair, side_by_side
from opsconsole.text import clock

NOW = datetime(2025, 3, 26, 2, 53, tzinfo=UTC)


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def revision(number: int, minutes: float, image: str = "api:1") -> ReplicaSet:
    name = f"api-{number}"
    return ReplicaSet(name, "shop", name, None, str(number), 1, 1, ago(minutes), (image,), template_hash=f"h{number}")


def pod(of: int, restarts: int = 0) -> Pod:
    last = Termination("OOMKilled", 137, ago(2)) if restarts else None
    return Pod(
        f"p-{of}", "shop", f"api-{of}-x", "Running", "Running", 1, 1, restarts, ago(9), revision=f"h{of}",
        last_restart=last,
    )  # fmt: skip


REVISIONS = (revision(41, 14), revision(40, 20), revision(39, 60 * 24 * 9))


def test_the_last_good_revision_is_the_newest_that_ran_for_an_hour() -> None:
    assert last_good(REVISIONS, NOW) is REVISIONS[2]
    assert last_good(REVISIONS[:2], NOW) is REVISIONS[1], "none ran for an hour: the one before"
    assert last_good(REVISIONS[:1], NOW) is None


def test_how_long_it_ran_and_how_often_it_restarted() -> None:
    running = record(REVISIONS[0], REVISIONS, [pod(41, 3), pod(41, 1), pod(40)], NOW)
    assert ran_words(running) == "14m"
    assert restart_words(running) == "4 in 2 pods, the last OOMKilled 137"
    gone = record(REVISIONS[2], REVISIONS, [pod(41)], NOW)
    assert ran_words(gone) == "8d"
    assert restart_words(gone) == "unknown: no pod of it is there"


def test_an_image_can_be_had_where_a_pod_runs_it_or_a_node_holds_it_else_it_is_unknown() -> None:
    assert image_words(["api:1"], None, 0, pods=2) == ("2 pods of it still run", True)
    held = {"docker.io/library/api:1": 2, "registry.example/api:1.8.1": 1}
    assert image_words(["api:1"], held, 3, 0)[0].startswith("held by 2 of 3 nodes")
    assert image_words(["registry.example/api:1.8.1"], held, 3, 0)[0].startswith("held by 1 of 3 nodes")
    for words, sure in (image_words(["api:2"], held, 3, 0), image_words(["api:1"], None, 0, 0)):
        assert words.startswith("unknown")
        assert not sure


def test_what_changed_since_by_name_what_it_uses_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    template = {
        "spec": {
            "containers": [{"envFrom": [{"configMapRef": {"name": "flags"}}], "env": [{"valueFrom": None}]}],
            "volumes": [{"secret": {"secretName": "tls"}}, {"projected": {"sources": [{"configMap": {"name": "ca"}}]}}],
        }
    }
    names = config_names(template)
    assert names == {"ConfigMap": {"flags", "ca"}, "Secret": {"tls"}}
    configs = [
        ConfigChange(name, where, "ConfigMap", name, ago(minutes), "kubectl", ago(999))
        for name, where, minutes in (("other", "shop", 1), ("flags", "shop", 5), ("ca", "shop", 60), ("x", "web", 1))
    ]
    found = changed_since(configs, "shop", names, since=ago(14))
    assert changed_words(found, names) == "ConfigMap flags 02:48 (it uses it) · ConfigMap other 02:52"


def test_a_share_of_errors_is_the_mean_of_the_points_between_and_unknown_without_two() -> None:
    times = [ago(minutes).timestamp() for minutes in (20, 15, 10, 5)]
    assert mean_between(times, [0.0, 0.1, None, 0.3], ago(16), NOW) == (0.2, 600.0)
    assert mean_between(times, [0.0, 0.1, None, 0.3], ago(6), NOW) is None
    assert mean_between(times, [0.0, 0.1, None, 0.3], None, NOW) is None


def test_side_by_side_shows_what_differs_and_some_lines_around() -> None:
    left = [f"line {number}" for number in range(20)]
    right = [*left[:10], "image: api:2", *left[11:], "new"]
    found = side_by_side(left, right, context=2)
    assert found[0] == Gap(8)
    assert found[1:4] == (Pair("line 8", "line 8"), Pair("line 9", "line 9"), Pair("line 10", "image: api:2"))
    assert found[-1] == Pair(None, "new")
    assert side_by_side(left, left) == ()
