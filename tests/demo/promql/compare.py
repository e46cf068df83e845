"""Holds the answers of two servers against each other."""

import json
import math
from typing import Any

import numpy as np

from opsconsole.demo.promql.answers import instant_answer, range_answer
from opsconsole.demo.promql.engine import evaluate_instant, evaluate_range
from opsconsole.demo.promql.series import PromQLError, Storage
from tests.demo.promql.real import RealPrometheus

_STATUS = {"bad_data": 400, "execution": 422}


def ours_instant(storage: Storage, query: str, at: int) -> tuple[int, dict[str, Any]]:
    try:
        return 200, json.loads(instant_answer(evaluate_instant(query, storage, at), at))
    except PromQLError as error:
        return _STATUS[error.kind], {"error": str(error)}


def ours_range(storage: Storage, query: str, start: int, end: int, step: int) -> tuple[int, dict[str, Any]]:
    try:
        value = evaluate_range(query, storage, start, end, step)
    except PromQLError as error:
        return _STATUS[error.kind], {"error": str(error)}
    return 200, json.loads(range_answer(value, np.arange(start, end + 1, step, dtype=np.int64)))


def assert_same_instant(storage: Storage, real: RealPrometheus, query: str, at: int) -> None:
    theirs = real.ask("/api/v1/query", {"query": query, "time": f"{at / 1000:.3f}"})
    assert_same(query, ours_instant(storage, query, at), theirs)


def assert_same_range(storage: Storage, real: RealPrometheus, query: str, start: int, end: int, step: int) -> None:
    parameters = {"start": f"{start / 1000:.3f}", "end": f"{end / 1000:.3f}", "step": f"{step / 1000:.3f}"}
    theirs = real.ask("/api/v1/query_range", {"query": query, **parameters})
    assert_same(query, ours_range(storage, query, start, end, step), theirs)


def assert_same(query: str, ours: tuple[int, dict[str, Any]], theirs: tuple[int, dict[str, Any]]) -> None:
    assert ours[0] == theirs[0], (query, ours[0], ours[1].get("error"), theirs[0], theirs[1].get("error"))
    if ours[0] != 200:
        return
    mine, real = ours[1]["data"], theirs[1]["data"]
    assert mine["resultType"] == real["resultType"], query
    if mine["resultType"] == "string":
        assert mine["result"] == real["result"]
        return
    if mine["resultType"] == "scalar":
        _assert_point(query, {}, mine["result"], real["result"])
        return
    left, right = _by_labels(mine["result"]), _by_labels(real["result"])
    assert left.keys() == right.keys(), query
    for labels, series in left.items():
        points, other = _points(series), _points(right[labels])
        assert [at for at, _ in points] == [at for at, _ in other], (query, labels)
        for point, real_point in zip(points, other, strict=True):
            _assert_point(query, labels, point, real_point)


def _by_labels(result: list[dict[str, Any]]) -> dict[Any, dict[str, Any]]:
    found = {tuple(sorted(series["metric"].items())): series for series in result}
    assert len(found) == len(result)
    return found


def _points(series: dict[str, Any]) -> list[Any]:
    return [series["value"]] if "value" in series else list(series["values"])


def _assert_point(query: str, labels: object, ours: Any, theirs: Any) -> None:
    assert ours[0] == theirs[0], (query, labels)
    left, right = float(ours[1]), float(theirs[1])
    same = (math.isnan(left) and math.isnan(right)) or left == right
    assert same or math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-12), (query, labels, ours, theirs)
