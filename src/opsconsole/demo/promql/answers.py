"""Values of queries as the JSON of Prometheus' HTTP API, and samples as OpenMetrics text."""

import json
import math
from collections.abc import Iterable, Sequence

import numpy as np

from opsconsole.demo.promql.engine import Matrix
from opsconsole.demo.promql.series import NAME, Floats, Labels, Mask, Selection, Storage, Times, is_stale
from opsconsole.demo.promql.value import Scalar, String, Value, Vector


def number(value: float) -> str:
    """A sample's value as text."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return repr(value).removesuffix(".0")


def _moment(at: int) -> str:
    """Milliseconds as the API writes times: seconds, with decimals only if there are any."""
    return str(at // 1000) if at % 1000 == 0 else f"{at / 1000:.3f}"


def _points(moments: Sequence[str], values: Floats, has: Mask | None = None) -> str:
    texts = map(number, values.tolist())
    if has is None:
        return ",".join(f'[{at},"{text}"]' for at, text in zip(moments, texts, strict=True))
    there = has.tolist()
    return ",".join(f'[{at},"{text}"]' for at, text, is_in in zip(moments, texts, there, strict=True) if is_in)


def _metric(labels: Labels) -> str:
    return json.dumps(dict(labels), ensure_ascii=False, separators=(",", ":"))


def _data(kind: str, result: str) -> str:
    return f'{{"status":"success","data":{{"resultType":"{kind}","result":{result}}}}}'


def instant_answer(value: Value | Matrix, at: int) -> str:
    """The body that answers an instant query at `at` ms."""
    moment = _moment(at)
    if isinstance(value, Scalar):
        return _data("scalar", f'[{moment},"{number(float(value.values[0]))}"]')
    if isinstance(value, String):
        return _data("string", f"[{moment},{json.dumps(value.value, ensure_ascii=False)}]")
    if isinstance(value, Matrix):
        series = (
            f'{{"metric":{_metric(labels)},"values":[{points}]}}'
            for block in value.blocks
            for labels, points in _block_points(value, block.times, block.labels, block.values)
        )
        return _data("matrix", f"[{','.join(series)}]")
    rows = (
        f'{{"metric":{_metric(labels)},"value":[{moment},"{number(float(values[0]))}"]}}'
        for labels, values in zip(value.labels, value.values, strict=True)
    )
    return _data("vector", f"[{','.join(rows)}]")


def _block_points(
    matrix: Matrix, times: Times, labels: Sequence[Labels], values: Floats
) -> Iterable[tuple[Labels, str]]:
    inside = (times >= matrix.low) & (times <= matrix.high)
    if not bool(np.any(inside)):
        return []
    moments = [_moment(int(at)) for at in times[inside]]
    return [(each, _points(moments, row[inside])) for each, row in zip(labels, values, strict=True)]


def range_answer(value: Value, steps: Times) -> str:
    """The body that answers a range query evaluated at `steps` (ms)."""
    moments = [_moment(at) for at in steps.tolist()]
    if isinstance(value, Vector):
        rows = [
            f'{{"metric":{_metric(labels)},"values":[{_points(moments, values, has)}]}}'
            for labels, values, has in zip(value.labels, value.values, value.has, strict=True)
        ]
    elif isinstance(value, Scalar):
        rows = [f'{{"metric":{{}},"values":[{_points(moments, value.values)}]}}']
    else:
        rows = []
    return _data("matrix", f"[{','.join(rows)}]")


def openmetrics(storage: Storage, selection: Selection, low: int, high: int) -> str:
    """Samples in [low, high] (ms) as `promtool tsdb create-blocks-from openmetrics` reads them; no stale markers."""
    lines = []
    for block in storage.select(selection, np.array([low]), np.array([high])):
        stale = is_stale(block.values)
        for labels, values, ended in zip(block.labels, block.values, stale, strict=True):
            name = dict(labels)[NAME]
            inner = ",".join(
                f"{label}={json.dumps(text, ensure_ascii=False)}" for label, text in labels if label != NAME
            )
            head = f"{name}{{{inner}}}" if inner else name
            lines += [
                f"{head} {number(value)} {at / 1000:.3f}"
                for at, value, gone in zip(block.times.tolist(), values.tolist(), ended.tolist(), strict=True)
                if low <= at <= high and not gone
            ]
    return "\n".join([*lines, "# EOF", ""])
