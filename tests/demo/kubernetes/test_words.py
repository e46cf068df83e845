"""Patches by their RFCs' own examples, ages, quantities and pods' words by kubectl's."""

from typing import Any

import pytest

from opsconsole.demo.kubernetes.errors import ApiError
from opsconsole.demo.kubernetes.patch import json_patch, merge_patch
from opsconsole.demo.kubernetes.podwords import pod_words
from opsconsole.demo.kubernetes.quantities import age, format_time, parse_quantity, parse_time


@pytest.mark.parametrize(
    ("document", "patch", "expected"),
    [  # RFC 6902, appendix A
        ({"foo": "bar"}, [{"op": "add", "path": "/baz", "value": "qux"}], {"baz": "qux", "foo": "bar"}),
        ({"foo": ["bar", "baz"]}, [{"op": "add", "path": "/foo/1", "value": "qux"}], {"foo": ["bar", "qux", "baz"]}),
        ({"baz": "qux", "foo": "bar"}, [{"op": "remove", "path": "/baz"}], {"foo": "bar"}),
        ({"foo": ["bar", "qux", "baz"]}, [{"op": "remove", "path": "/foo/1"}], {"foo": ["bar", "baz"]}),
        ({"baz": "qux"}, [{"op": "replace", "path": "/baz", "value": "boo"}], {"baz": "boo"}),
        (
            {"foo": {"bar": "baz", "waldo": "fred"}, "qux": {"corge": "grault"}},
            [{"op": "move", "from": "/foo/waldo", "path": "/qux/thud"}],
            {"foo": {"bar": "baz"}, "qux": {"corge": "grault", "thud": "fred"}},
        ),
        ({"foo": [1, 2]}, [{"op": "add", "path": "/foo/-", "value": [3]}], {"foo": [1, 2, [3]]}),
        ({"/": 9, "~1": 10}, [{"op": "test", "path": "/~01", "value": 10}], {"/": 9, "~1": 10}),
    ],
)
def test_json_patch(document: Any, patch: Any, expected: Any) -> None:
    assert json_patch(document, patch) == expected


@pytest.mark.parametrize(
    "patch",
    [
        [{"op": "test", "path": "/baz", "value": "bar"}],
        [{"op": "add", "path": "/a/b/c", "value": 1}],
        [{"op": "replace", "path": "/none", "value": 1}],
        [{"op": "odd", "path": "/baz"}],
        [{"path": "/baz"}],
        ["nothing"],
    ],
)
def test_json_patch_is_all_or_nothing(patch: Any) -> None:
    document = {"baz": "qux"}
    with pytest.raises(ApiError) as caught:
        json_patch(document, [{"op": "add", "path": "/first", "value": 1}, *patch])
    assert caught.value.code == 422
    assert document == {"baz": "qux"}


@pytest.mark.parametrize(
    ("document", "patch", "expected"),
    [  # RFC 7386, appendix A
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merge_patch(document: Any, patch: Any, expected: Any) -> None:
    assert merge_patch(document, patch) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [  # k8s.io/apimachinery/pkg/util/duration: duration_test.go
        (0, "0s"), (70, "70s"), (119, "119s"), (120, "2m"), (190, "3m10s"), (599, "9m59s"), (600, "10m"),
        (179 * 60, "179m"), (3 * 3600, "3h"), (3 * 3600 + 600, "3h10m"), (8 * 3600, "8h"), (47 * 3600, "47h"),
        (48 * 3600, "2d"), (71 * 3600, "2d23h"), (8 * 86400, "8d"), (729 * 86400, "729d"), (730 * 86400, "2y"),
        (3 * 365 * 86400 + 86400, "3y1d"), (9 * 365 * 86400, "9y"), (-5, "<invalid>"),
    ],
)  # fmt: skip
def test_ages(seconds: int, expected: str) -> None:
    assert age(seconds) == expected


def test_quantities_and_times() -> None:
    assert [parse_quantity(text) for text in ("250m", "2", "64Mi", "1e3", "5k")] == [0.25, 2, 67108864, 1000, 5000]
    assert parse_quantity("123456789n") == pytest.approx(0.123456789)
    assert format_time(parse_time("2026-01-02T03:04:05.25Z")) == "2026-01-02T03:04:05Z"
    assert parse_time("2026-01-02T03:04:05.25Z") % 1 == pytest.approx(0.25)


def container(state: dict[str, Any], **others: Any) -> dict[str, Any]:
    return {"name": "app", "restartCount": 0, "ready": False, "state": state, "lastState": {}} | others


NOW = parse_time("2026-01-02T00:05:00Z")
ENDED = {"terminated": {"exitCode": 137, "reason": "OOMKilled", "finishedAt": "2026-01-02T00:00:00Z"}}
RUNS = {"running": {"startedAt": "2026-01-02T00:00:00Z"}}


@pytest.mark.parametrize(
    ("status", "marks", "expected"),
    [
        ({"phase": "Pending"}, {}, ("0/1", "Pending", "0")),
        ({"containerStatuses": [container(RUNS, ready=True)]}, {}, ("1/1", "Running", "0")),
        (
            {
                "containerStatuses": [
                    container({"waiting": {"reason": "CrashLoopBackOff"}}, restartCount=7, lastState=ENDED)
                ]
            },
            {},
            ("0/1", "CrashLoopBackOff", "7 (5m ago)"),
        ),
        ({"containerStatuses": [container(ENDED)]}, {}, ("0/1", "OOMKilled", "0")),
        ({"containerStatuses": [container({"terminated": {"exitCode": 3}})]}, {}, ("0/1", "ExitCode:3", "0")),
        (
            {"containerStatuses": [container({"terminated": {"exitCode": 0, "signal": 9}})]},
            {},
            ("0/1", "Signal:9", "0"),
        ),
        ({"phase": "Failed", "reason": "Evicted"}, {}, ("0/1", "Evicted", "0")),
        (
            {"phase": "Pending", "initContainerStatuses": [container({"waiting": {"reason": "PodInitializing"}})]},
            {},
            ("0/1", "Init:0/1", "0"),
        ),
        (
            {"phase": "Pending", "initContainerStatuses": [container(ENDED, restartCount=2)]},
            {},
            ("0/1", "Init:OOMKilled", "2"),
        ),
        (
            {"containerStatuses": [container(RUNS, ready=True)]},
            {"deletionTimestamp": "2026-01-02T00:06:00Z"},
            ("1/1", "Terminating", "0"),
        ),
        (
            {
                "phase": "Succeeded",
                "containerStatuses": [container({"terminated": {"exitCode": 0, "reason": "Completed"}})],
            },
            {"deletionTimestamp": "2026-01-02T00:06:00Z"},
            ("0/1", "Completed", "0"),
        ),
    ],
)
def test_pod_words(status: dict[str, Any], marks: dict[str, str], expected: tuple[str, str, str]) -> None:
    spec: dict[str, Any] = {"containers": [{"name": "app"}]}
    if "initContainerStatuses" in status:
        spec["initContainers"] = [{"name": "app"}]
    body = {"metadata": {"name": "one", **marks}, "spec": spec, "status": {"phase": "Running"} | status}
    assert pod_words(body, NOW) == expected
