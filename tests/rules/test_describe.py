"""What `d` and `y` show is safe to look at: secrets are masked, odd objects do not break it, long values are bounded.

That the words are kubectl's is tested with the real one: tests/sources/kubernetes/test_describe.py.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from opsconsole.rules.describe import KINDS, Related, described
from opsconsole.rules.describe_node import Around, limited, requested
from opsconsole.rules.describe_page import span_words
from opsconsole.rules.exact_quantity import ZERO, read
from opsconsole.rules.object_shown import shown
from opsconsole.text.yaml_text import to_yaml

NOW = datetime(2025, 3, 26, 2, 53, tzinfo=UTC)


def container(**of: Any) -> dict[str, Any]:
    return {"name": "app", "image": "api:1", **of}


def pod(**spec: Any) -> dict[str, Any]:
    return {"kind": "Pod", "metadata": {"name": "api"}, "spec": spec, "status": {}}


def event(kind: str, reason: str, minutes: int) -> dict[str, Any]:
    at = (NOW - timedelta(minutes=minutes)).isoformat()
    return {"type": kind, "reason": reason, "message": f"{reason} happened", "firstTimestamp": at, "lastTimestamp": at}


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize(
    "body",
    [
        {},
        {"metadata": None, "spec": None, "status": None},
        {"metadata": {"labels": None, "name": "x" * 253}, "spec": {"containers": [None, {}], "template": None}},
        {"spec": {"ports": [{}], "metrics": [{}], "template": {"spec": {"containers": [{"env": [{}]}]}}}},
        {"metadata": {"annotations": {"big": "x" * 2**20, "lines": "y\n" * 100_000}}},
    ],
)
def test_an_object_with_missing_fields_is_described_all_the_same(kind: str, body: dict[str, Any]) -> None:
    lines = described(kind, body, Related(events=(), node=Around((), None)), NOW)
    assert lines[0].startswith("Name:")
    assert sum(map(len, lines)) < 200_000


def test_warnings_stand_before_the_rest_each_in_order_of_time() -> None:
    told = (event("Normal", "Pulled", 1), event("Warning", "BackOff", 2), event("Normal", "Scheduled", 9))
    lines = described("Pod", pod(), Related(told), NOW)
    assert [line.split()[1] for line in lines[-3:]] == ["BackOff", "Scheduled", "Pulled"]


def test_events_that_may_not_be_read_are_said_not_left_out() -> None:
    lines = described("Pod", pod(), Related(None, "needs list events in shop"), NOW)
    assert lines[-1] == "Events:          needs list events in shop"


def test_what_looks_like_a_secret_is_masked() -> None:
    variables = [
        {"name": "DB_PASSWORD", "value": "hunter2"},
        {"name": "URL", "value": "postgres://api:hunter2@db/shop"},
        {"name": "MODE", "value": "fast"},
    ]
    body = pod(containers=[container(env=variables, args=["--token=hunter2"])])
    text = "\n".join(described("Pod", body, Related(()), NOW)) + to_yaml(shown(body).body)
    assert "hunter2" not in text
    assert "MODE:         fast" in text


def test_control_characters_become_visible() -> None:
    body = pod(containers=[container(image="api\x1b[2J:1")])
    assert any("api␛[2J:1" in line for line in described("Pod", body, Related(()), NOW))


def test_an_annotation_of_a_megabyte_is_cut_in_the_yaml_and_said() -> None:
    body = {"kind": "Pod", "metadata": {"name": "api", "annotations": {"big": "x" * 2**20}}}
    seen = shown(body)
    assert len(to_yaml(seen.body)) < 4_000
    assert seen.left_out == ("a value of 1,048,576 characters is cut",)


def test_quantities_are_added_exactly_and_written_as_kubernetes_writes_them() -> None:
    cases = {("100m", "900m"): "1", ("1536Mi", "0"): "1536Mi", ("1Gi", "1Gi"): "2Gi", ("0", "512Ki"): "512Ki"}
    cases |= {("1500m", "0"): "1500m", ("10M", "10M"): "20M", ("1", "1Mi"): "1048577", ("64000", "0"): "64k"}
    assert {pair: str(read(pair[0]) + read(pair[1])) for pair in cases} == cases


def test_init_containers_count_where_they_ask_for_more_and_sidecars_always() -> None:
    """Source: k8s.io/component-helpers, resource/helpers.go; KEP-753, resources calculation."""
    asked = [{"resources": {"requests": {"cpu": each}, "limits": {"cpu": each}}} for each in ("2", "50m", "100m")]
    init, sidecar, app = asked[0], {**asked[1], "restartPolicy": "Always"}, asked[2]
    assert str(requested(pod(initContainers=[init, sidecar], containers=[app]))["cpu"]) == "2"
    assert str(requested(pod(initContainers=[sidecar, init], containers=[app]))["cpu"]) == "2050m"
    assert str(requested(pod(initContainers=[sidecar], containers=[app]))["cpu"]) == "150m"
    assert limited(pod(containers=[{}])).get("cpu", ZERO) == ZERO


def test_ages_are_rounded_as_kubectl_rounds_them() -> None:
    """Source: k8s.io/apimachinery, pkg/util/duration/duration_test.go."""
    hour, day = 3600, 86400
    cases = {1: "1s", 70: "70s", 190: "3m10s", 60 * 47: "47m", 3 * hour + 5: "3h", 5 * hour + 20 * 60: "5h20m"}
    cases |= {40 * hour: "40h", 3 * day + 5 * hour: "3d5h", 20 * day: "20d", 800 * day: "2y70d", -5: "<invalid>"}
    assert {seconds: span_words(seconds) for seconds in cases} == cases
