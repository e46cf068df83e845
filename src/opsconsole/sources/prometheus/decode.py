"""Turns the HTTP API's results (vector, matrix, scalar) into values of the model: NaN and infinities become None."""

import math
from typing import Any

import msgspec

from ...model.metrics import Answer, Sample, Series
from ...text.clean import clean
from ...text.redact import redact
from ..http import not_json
from .wire import Body

Pair = tuple[float, str]


class _Element(msgspec.Struct, gc=False):
    metric: dict[str, str] = {}
    value: Pair | None = None
    values: tuple[Pair, ...] = ()


class _Data(msgspec.Struct, gc=False):
    resultType: str = ""
    result: msgspec.Raw = msgspec.Raw(b"[]")


def answer(query: str, body: Body) -> Answer:
    """The whole answer: samples of an instant query or series of a range, with the server's warnings and infos.

    Native histograms have no single value: their samples are None. Raises SourceError when the shape is another.
    """
    try:
        data = msgspec.json.decode(body.envelope.data, type=_Data)
        if data.resultType in ("scalar", "string"):
            elements = [_Element(value=msgspec.json.decode(data.result, type=Pair))]
        else:
            elements = msgspec.json.decode(data.result, type=list[_Element])
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise not_json(body.name, "", body.content) from None
    said = body.envelope
    ranged = data.resultType == "matrix"
    return Answer(
        query,
        series=tuple(_series(element) for element in elements) if ranged else (),
        samples=() if ranged else tuple(_sample(element) for element in elements),
        warnings=_words(said.warnings),
        infos=_words(said.infos),
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


def _sample(element: _Element) -> Sample:
    at, value = element.value or (0.0, "NaN")
    return Sample(_labels(element.metric), at, number(value))


def _series(element: _Element) -> Series:
    times = tuple(at for at, _ in element.values)
    return Series(_labels(element.metric), times, tuple(number(value) for _, value in element.values))


def _labels(metric: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, clean(value, 512)) for name, value in metric.items()))


def _words(lines: tuple[str, ...] | None) -> tuple[str, ...]:
    return tuple(clean(redact(line), 240) for line in lines or ())
