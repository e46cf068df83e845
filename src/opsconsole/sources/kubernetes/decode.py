"""Bytes of the API server into wire structs; what cannot be read is named and counted, never silently dropped."""

from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar

import msgspec

from ...model.reading import ProblemKind
from ...text.clean import clean
from ..errors import SourceError
from .wire import ListMeta, Meta, ObjectHead, Page, WatchEvent

W = TypeVar("W")
B = TypeVar("B", bytes, msgspec.Raw)

_HEAD = msgspec.json.Decoder(ObjectHead)
_EVENT = msgspec.json.Decoder(WatchEvent)
_RAW_PAGE = msgspec.json.Decoder(Page[msgspec.Raw])

PORTION = 64
PORTION_BYTES = 256 * 1024
"""So many objects, or so many bytes of them, are decoded in one go: about a millisecond."""


class Unreadable(msgspec.Struct, frozen=True, gc=False):
    """An object that could not be decoded."""

    name: str
    """namespace/name, or what is known of it."""
    uid: str
    reason: str

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}"


class Decoded(msgspec.Struct, Generic[W], frozen=True, gc=False):
    items: tuple[W, ...]
    unreadable: tuple[Unreadable, ...]
    meta: ListMeta


class Decoder(Generic[W]):
    """Decodes pages and single objects of one wire type."""

    def __init__(self, wire: type[W]) -> None:
        self._one = msgspec.json.Decoder(wire)

    def page(self, body: bytes) -> Decoded[W]:
        """One page of a list, whole; SourceError (BAD_ANSWER) when it is no list at all."""
        portions = tuple(self.portions(body))
        return Decoded(
            tuple(item for portion in portions for item in portion.items),
            tuple(item for portion in portions for item in portion.unreadable),
            portions[0].meta,
        )

    def portions(self, body: bytes) -> Iterator[Decoded[W]]:
        """The same piece by piece, each decoded when it is asked for: a page can be long, and the loop must not wait.

        The first may be empty.
        """
        page = _raw_page(body)
        for raws in in_portions(page.items or ()):
            yield self._decoded(raws, page.metadata or ListMeta())

    def _decoded(self, raws: Sequence[msgspec.Raw], meta: ListMeta) -> Decoded[W]:
        items: list[W] = []
        unreadable: list[Unreadable] = []
        for raw in raws:
            item = self.one(raw)
            if isinstance(item, Unreadable):
                unreadable.append(item)
            else:
                items.append(item)
        return Decoded(tuple(items), tuple(unreadable), meta)

    def one(self, raw: bytes | msgspec.Raw) -> W | Unreadable:
        """One object, or what makes it unreadable."""
        try:
            return self._one.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            try:
                return self._one.decode(valid_utf8(bytes(raw)))
            except msgspec.DecodeError:
                return unreadable(raw, error)


def in_portions(things: Sequence[B]) -> Iterator[Sequence[B]]:
    """Cut so that each piece is decoded in about a millisecond; at least one, which may be empty."""
    begin = size = 0
    for end, thing in enumerate(things):
        if end > begin and (end - begin >= PORTION or size >= PORTION_BYTES):
            yield things[begin:end]
            begin, size = end, 0
        size += memoryview(thing).nbytes
    yield things[begin:]


def _raw_page(body: bytes) -> Page[msgspec.Raw]:
    try:
        return _RAW_PAGE.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        body = valid_utf8(body)
    try:
        return _RAW_PAGE.decode(body)
    except msgspec.DecodeError as error:
        raise bad_answer(body, error) from error


def unreadable(raw: bytes | msgspec.Raw, error: Exception) -> Unreadable:
    """The name of an object that could not be read, as far as it tells one, and why."""
    try:
        meta = _HEAD.decode(valid_utf8(bytes(raw))).metadata or Meta()
    except msgspec.DecodeError:
        meta = Meta()
    name = "/".join(part for part in (meta.namespace, meta.name) if part) or "an object without a name"
    return Unreadable(clean(name, 300), meta.uid or "", clean(str(error), 200))


def event(line: bytes) -> WatchEvent:
    """One line of a watch; SourceError (BAD_ANSWER) when it is none."""
    try:
        return _EVENT.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        try:
            return _EVENT.decode(valid_utf8(line))
        except msgspec.DecodeError as error:
            raise bad_answer(line, error) from error


def resource_version(raw: msgspec.Raw) -> str:
    """metadata.resourceVersion of an object, "" where it has none."""
    try:
        meta = _HEAD.decode(raw).metadata
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    return (meta and meta.resource_version) or ""


def decode(body: bytes, kind: type[W]) -> W:
    """Any other answer; SourceError (BAD_ANSWER) when it is not what was asked for."""
    try:
        return msgspec.json.decode(valid_utf8(body), type=kind)
    except msgspec.DecodeError as error:
        raise bad_answer(body, error) from error


def valid_utf8(body: bytes) -> bytes:
    """The same bytes with what is not UTF-8 replaced by U+FFFD."""
    return body.decode("utf-8", "replace").encode()


def bad_answer(body: bytes, error: Exception | None = None) -> SourceError:
    start = body[:200].decode("utf-8", "replace").strip()
    if start[:1] == "<":
        return SourceError(
            ProblemKind.BAD_ANSWER,
            "the API server's address answered with a web page instead of JSON",
            "check `server` in the kubeconfig; a proxy or a sign-in page may stand in between",
        )
    detail = clean(str(error), 120) if error else clean(start, 80)
    return SourceError(
        ProblemKind.BAD_ANSWER, f"the API server's answer cannot be read: {detail}",
        "it is asked again by itself; a proxy that spoils answers may stand in between",
    )  # fmt: skip


class Lines:
    """Splits a byte stream into lines; keeps an unfinished one for the next chunk."""

    LONGEST = 32 * 1024 * 1024

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, chunk: bytes) -> list[bytes]:
        """The complete, non-empty lines up to here. SourceError when a line grows beyond all objects (32 MB)."""
        if b"\n" not in chunk:
            self._rest += chunk
            if len(self._rest) > self.LONGEST:
                raise bad_answer(bytes(self._rest[:200]))
            return []
        *lines, rest = (bytes(self._rest) + chunk).split(b"\n") if self._rest else chunk.split(b"\n")
        self._rest = bytearray(rest)
        return [line for line in lines if line.strip()]
