"""What Loki's answers mean: streams, counts, patterns, a tail's messages, and its refusals in plain words."""

import re
from typing import Any

import msgspec

from ..model.kubernetes import Labels
from ..model.logs import StoredPattern, StreamLines
from ..model.metrics import Series
from ..model.reading import ProblemKind
from ..text.clean import clean
from .errors import SourceError
from .http import not_json, refusal

LONGEST = 8192
"""Characters kept of one line."""
LONGEST_LABEL = 512
MOST_PATTERNS = 2_000
_ENTRIES = re.compile(r"max entries limit.*\(\d+ > (\d+)\)")
RETRY_S = 5.0


class _Stream(msgspec.Struct, gc=False):
    stream: dict[str, str] = {}
    values: list[list[Any]] = []


class _Streams(msgspec.Struct, gc=False):
    resultType: str = ""
    result: list[_Stream] = []


class _Course(msgspec.Struct, gc=False):
    metric: dict[str, str] = {}
    values: list[tuple[float, str]] = []


class _Courses(msgspec.Struct, gc=False):
    result: list[_Course] = []


class _Sample(msgspec.Struct, gc=False):
    value: tuple[float, str] = (0.0, "0")


class _Samples(msgspec.Struct, gc=False):
    result: list[_Sample] = []


class _Pattern(msgspec.Struct, gc=False):
    pattern: str = ""
    level: str = ""
    samples: list[tuple[float, float]] = []


class _Tailed(msgspec.Struct, gc=False):
    streams: list[_Stream] | None = None
    dropped_entries: list[Any] | None = None


class _Answer(msgspec.Struct, gc=False):
    data: msgspec.Raw = msgspec.Raw(b"null")


class _Version(msgspec.Struct, gc=False):
    version: str = ""


class Wire:
    """Decodes bodies; whatever is not as it should be is a SourceError that names the server."""

    @staticmethod
    def streams(name: str, body: bytes) -> tuple[StreamLines, ...]:
        return tuple(map(_stream, _data(name, body, _Streams).result))

    @staticmethod
    def count_lines(body: bytes) -> int:
        """About how many lines an answer holds, without decoding it."""
        return body.count(b'["1') + body.count(b'[ "1')

    @staticmethod
    def matrix(name: str, body: bytes) -> tuple[Series, ...]:
        return tuple(
            Series(_labels(one.metric), tuple(at for at, _ in one.values), tuple(_number(v) for _, v in one.values))
            for one in _data(name, body, _Courses).result
        )

    @staticmethod
    def vector_sum(name: str, body: bytes) -> float:
        return sum(_number(one.value[1]) or 0.0 for one in _data(name, body, _Samples).result)

    @staticmethod
    def names(name: str, body: bytes) -> tuple[str, ...]:
        found = _data(name, body, list[str] | None)
        return tuple(clean(one, LONGEST_LABEL) for one in found or ())

    @staticmethod
    def patterns(name: str, body: bytes) -> tuple[StoredPattern, ...]:
        found: list[_Pattern] = _data(name, body, list[_Pattern] | None) or []
        return tuple(
            StoredPattern(one.pattern[:LONGEST], one.level, tuple(one.samples)) for one in found[:MOST_PATTERNS]
        )

    @staticmethod
    def tailed(name: str, body: bytes) -> tuple[tuple[StreamLines, ...], int]:
        found: _Tailed = _decoded(name, body, _Tailed)
        return tuple(map(_stream, found.streams or ())), len(found.dropped_entries or ())

    @staticmethod
    def version(name: str, body: bytes) -> str:
        found: _Version = _decoded(name, body, _Version)
        return clean(found.version, 40)


def refused(name: str, status: int, body: bytes, location: str) -> SourceError:
    """The typed error of an answer that is no success, with what to do about Loki's own refusals."""
    said = clean(body[:2000].decode("utf-8", "replace").strip(), 240)
    error = _known(name, status, said) or refusal(name, status, body, location)
    error.status, error.said = status, said
    return error


def _known(name: str, status: int, said: str) -> SourceError | None:
    if "no org id" in said:
        return SourceError(
            ProblemKind.UNAUTHORIZED, f"{name} wants to know the tenant: {said}", 'give tenant = "…" in the settings'
        )
    if "too many outstanding requests" in said:
        return SourceError(
            ProblemKind.REFUSED, f"{name} has too many requests waiting", "it is asked again by itself, more slowly",
            retry_after_s=RETRY_S,
        )  # fmt: skip
    if status == 413:
        return SourceError(
            ProblemKind.BAD_ANSWER, f"the answer of {name} is too long", "narrow the range or the filter"
        )
    if status in (400, 422, 500) and ("limit" in said or "maximum of series" in said):
        return SourceError(
            ProblemKind.REFUSED, f"{name} refuses so much at once: {said}", "narrow the range, or name the streams"
        )
    if status in (500, 504) and ("deadline exceeded" in said or "canceled" in said or "timed out" in said):
        return SourceError(ProblemKind.TIMEOUT, f"{name} gave the query up: {said}", "narrow the range or the filter")
    return None


def too_much(error: SourceError) -> int | None:
    """After a refusal of so many lines: how many are allowed, 0 where it only says fewer; None for other errors."""
    if (found := _ENTRIES.search(error.said)) is not None:
        return int(found[1])
    return 0 if error.status == 413 else None


def _decoded(name: str, body: bytes, kind: Any) -> Any:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise not_json(name, "", body) from None


def _data(name: str, body: bytes, kind: Any) -> Any:
    answer: _Answer = _decoded(name, body, _Answer)
    return _decoded(name, bytes(answer.data), kind)


def _stream(found: _Stream) -> StreamLines:
    lines = []
    for entry in found.values:
        if len(entry) >= 2 and isinstance(entry[0], str) and isinstance(entry[1], str) and entry[0].isdigit():
            lines.append((int(entry[0]), _text(entry[1])))
    return StreamLines(_labels(found.stream), tuple(lines))


def _text(line: str) -> bytes:
    if len(line) > LONGEST:
        line = f"{line[:LONGEST]} … (cut: the line has {len(line):,} characters)"
    return line.rstrip("\r\n").encode("utf-8", "replace")


def _labels(found: dict[str, str]) -> Labels:
    return tuple(sorted((key, clean(value, LONGEST_LABEL)) for key, value in found.items()))


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if value == value and abs(value) != float("inf") else None
