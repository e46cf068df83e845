"""Turns the HTTP API's results (vector, matrix, scalar) into values of the model: NaN and infinities become None."""

import math
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import msgspec

from ...model.metrics import Answer, Bucket, Sample, Series
from ...text.clean import clean
from ...text.redact import redact
from ..http import not_json
from .wire import Body, Envelope

Pair = tuple[float, str]
LONGEST_VALUE, LONGEST_NAME = 512, 128
"""Characters of a label that are kept: more can be neither read nor told apart."""
ANNOTATION = ("PromQL info:", "PromQL warning:")
"""So begins what Prometheus 3 says of the query itself; every other warning is about data that could not be read."""


class _Histogram(msgspec.Struct, gc=False):
    buckets: tuple[tuple[int, str, str, str], ...] = ()


class _Element(msgspec.Struct, gc=False):
    metric: dict[str, str] = {}
    value: Pair | None = None
    values: tuple[Pair, ...] = ()
    histogram: tuple[float, _Histogram] | None = None
    histograms: tuple[tuple[float, msgspec.Raw], ...] = ()


class _Data(msgspec.Struct, gc=False):
    resultType: str = ""
    result: msgspec.Raw = msgspec.Raw(b"[]")


def answer(query: str, body: Body) -> Answer:
    """The whole answer: samples of an instant query or series of a range, with the server's warnings and infos.

    A series of native histograms has no values over a range: they are None. Raises SourceError for another shape.
    """
    said = body.envelope
    series: tuple[Series, ...] = ()
    samples: tuple[Sample, ...] = ()
    try:
        data = msgspec.json.decode(said.data, type=_Data)
        if data.resultType in ("scalar", "string"):
            samples = (_sample(_Element(value=msgspec.json.decode(data.result, type=Pair))),)
        else:
            # One by one: a decoder that works through two thousand series at once would not let the loop in between,
            # and their pairs together would make the collector of garbage work.
            raw = msgspec.json.decode(data.result, type=list[msgspec.Raw])
            if data.resultType == "matrix":
                series = tuple(_series(_ELEMENT.decode(each)) for each in raw)
            else:
                samples = tuple(_sample(_ELEMENT.decode(each)) for each in raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise not_json(body.name, "", body.content) from None
    return Answer(
        query,
        series=series,
        samples=samples,
        warnings=_words(said.warnings),
        infos=_words(said.infos),
        partial=_is_partial(said),
    )


def decoded(body: Body, shape: Any) -> Any:
    """The `data` of any other endpoint, as `shape`; raises SourceError."""
    try:
        return msgspec.json.decode(body.envelope.data, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise not_json(body.name, "", body.content) from None


def number(text: str) -> float | None:
    """A sample's value; None for NaN, infinities and whatever is no number."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


_ELEMENT = msgspec.json.Decoder(_Element)


def _is_partial(said: Envelope) -> bool:
    return bool(said.isPartial) or any(not line.startswith(ANNOTATION) for line in said.warnings or ())


def _sample(element: _Element) -> Sample:
    if element.histogram is not None:
        at, histogram = element.histogram
        return Sample(_labels(element.metric), at, None, tuple(_buckets(histogram)))
    at, value = element.value or (0.0, "NaN")
    return Sample(_labels(element.metric), at, number(value))


def _buckets(histogram: _Histogram) -> Iterable[Bucket]:
    for _, low, high, count in histogram.buckets:
        parts = number(low), number(high), number(count)
        if None not in parts:
            yield Bucket(*parts)  # type: ignore[arg-type]  # none of them is None


def _series(element: _Element) -> Series:
    points = element.values or tuple((at, "NaN") for at, _ in element.histograms)
    if any(later <= earlier for (earlier, _), (later, _) in pairwise(points)):
        points = tuple(sorted(dict(points).items()))  # a foreign server's order; of two at one time the later one
    times = tuple(at for at, _ in points)
    return Series(_labels(element.metric), times, tuple(number(value) for _, value in points))


def _labels(metric: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((clean(name, LONGEST_NAME), clean(value, LONGEST_VALUE)) for name, value in metric.items()))


def _words(lines: tuple[str, ...] | None) -> tuple[str, ...]:
    return tuple(clean(redact(line), 240) for line in lines or ())
