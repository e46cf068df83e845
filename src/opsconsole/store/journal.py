"""The journal and the evidence in their tables: appended under the write lock, read, and looked through."""

import hashlib
import json
import math
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, insert, literal_column, select

from ..model.journal import JournalHead, JournalLine, Verified, Who
from ..sources import person
from ..text import clock
from ..text.redact import MASK, redact
from . import chain, tables
from .rows import plain, row

PIECE = 16_384
"""About so many characters are redacted at a time."""
_STORED: list[ColumnElement[Any]] = [
    literal_column(f'"{field.name}"').label(field.name) for field in msgspec.structs.fields(JournalLine)
]
"""The columns as they are in the file: what somebody wrote there by hand need not be what a line can hold."""


def append(connection: Connection, line: JournalLine) -> JournalLine:
    """Link the line to the last one and insert it; to be called under the write lock, or two would link to the same.

    Nothing can be taken out later, so secrets are taken out first.
    """
    last = head(connection)
    texts = {name: value for name, value in row(line).items() if isinstance(value, str)}
    filled = {
        **texts,
        "words": redact(texts["words"]),
        "body": redacted_json(texts["body"]),
        "who": Who(*(plain(part) for part in msgspec.structs.astuple(line.who))),
        "at": line.at.astimezone(UTC),
        "took_s": None if line.took_s is None or not math.isfinite(line.took_s) else float(line.took_s),
        "seq": last.seq + 1,
        "previous": last.hash,
    }
    linked = msgspec.structs.replace(line, **filled)
    linked = msgspec.structs.replace(linked, hash=chain.hashed(as_json(linked)))
    connection.execute(insert(tables.journal), msgspec.structs.asdict(linked) | {"who": _who_text(linked.who)})
    return linked


def beginning(why: str) -> JournalLine:
    """The line that a journal begins with where it takes the place of another one."""
    words = f"the journal begins anew: {why}"
    return JournalLine(0, clock.now(), "", "begun", person.who(), person.process(), "", "", "", "", words)


def head(connection: Connection) -> JournalHead:
    """The last line's number and hash; `0:000…` of an empty journal."""
    columns = select(tables.journal.c.seq, tables.journal.c.hash)
    last = connection.execute(columns.order_by(tables.journal.c.seq.desc()).limit(1)).first()
    return JournalHead(last.seq, last.hash) if last is not None else JournalHead(0, chain.START)


def read(connection: Connection, run: str, newest: int | None) -> tuple[JournalLine, ...]:
    """All lines, or those of one run, or only the newest so many; oldest first."""
    query = select(*_STORED).select_from(tables.journal).order_by(tables.journal.c.seq.desc())
    if run:
        query = query.where(tables.journal.c.run == run)
    if newest is not None:
        query = query.limit(max(0, newest))
    return tuple(reversed([_line(found) for found in connection.execute(query)]))


def verify(connection: Connection, earlier: JournalHead | None) -> Verified:
    """Look through all lines as they stand in the file, and through the evidence that they name."""
    rows = connection.execute(select(*_STORED).select_from(tables.journal).order_by(tables.journal.c.seq))
    lines = [_fields(found) for found in rows]
    found = chain.look_through(lines, earlier)
    return msgspec.structs.replace(found, problems=(*found.problems, *_evidence_lost(connection, lines)))


def as_json(line: JournalLine) -> dict[str, Any]:
    """The line as it is hashed and exported: `at` in microseconds UTC, `who` as its fields."""
    at = line.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return msgspec.structs.asdict(line) | {"at": at, "who": msgspec.structs.asdict(line.who)}


def redacted_json(text: str) -> str:
    """JSON whose texts are redacted one by one, JSON within them too, so that it stays JSON; other text as a whole."""
    if redact(text) == text:
        return text
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return redact(text)
    if not isinstance(content, dict | list):
        return redact(text)
    return json.dumps(_redacted(content), ensure_ascii=False, separators=(",", ":"))


def keep_evidence(connection: Connection, text: str) -> str:
    """Keep a text once, redacted and compressed; returns its SHA-256, which is of the text as it is kept."""
    content = "".join(redact(piece) for piece in _pieces(plain(text))).encode()
    digest = hashlib.sha256(content).hexdigest()
    known = select(tables.evidence.c.sha256).where(tables.evidence.c.sha256 == digest)
    if connection.execute(known).first() is None:
        connection.execute(insert(tables.evidence), {"sha256": digest, "content": zlib.compress(content, 6)})
    return digest


def evidence(connection: Connection, sha256: str) -> str:
    """The text that was kept. ValueError where there is none, or where it is not what was kept."""
    found = connection.execute(select(tables.evidence.c.content).where(tables.evidence.c.sha256 == sha256)).scalar()
    if found is None:
        raise ValueError(f"the evidence {sha256[:12]} is not there")
    try:
        content = zlib.decompress(found)
    except (zlib.error, TypeError):
        content = b""
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ValueError(f"the evidence {sha256[:12]} was altered: it is not what its hash was made of")
    return content.decode()


def _evidence_lost(connection: Connection, lines: list[dict[str, Any]]) -> list[str]:
    problems = []
    for line in lines:
        if line["evidence"]:
            try:
                evidence(connection, str(line["evidence"]))
            except ValueError as error:
                problems.append(f"line {line['seq']}: {error}")
    return problems


def _pieces(text: str) -> Iterator[str]:
    """The text in parts between lines: a search through a megabyte lets no other thread run until it has ended.

    Nowhere is cut where a secret could go on in the next line.
    """
    piece: list[str] = []
    size = 0
    whole = "PRIVATE KEY" in text
    for line in text.splitlines(keepends=True):
        goes_on = line[0].isspace() or (piece and piece[-1].rstrip().endswith((":", "=")))
        if size > PIECE and not whole and not goes_on:
            yield "".join(piece)
            piece, size = [], 0
        piece.append(line)
        size += len(line)
    yield "".join(piece)


def _redacted(value: Any) -> Any:
    if isinstance(value, str):
        return redacted_json(value)
    if isinstance(value, list):
        return [_redacted(item) for item in value]
    if isinstance(value, dict):
        return {redact(name): MASK if _secret(name, item) else _redacted(item) for name, item in value.items()}
    return value


def _secret(name: str, value: Any) -> bool:
    """Whether a text is a secret by the name that it stands under."""
    return isinstance(value, str) and redact(f"{name}=x") != f"{name}=x"


def _who_text(who: Who) -> str:
    return json.dumps(msgspec.structs.asdict(who), ensure_ascii=False, separators=(",", ":"))


def _line(found: Row[Any]) -> JournalLine:
    """A line that was altered until it is none is shown as such; `verify` says more."""
    fields = _fields(found)
    try:
        return msgspec.convert(fields, JournalLine)
    except msgspec.ValidationError:
        words = "this line was altered: it cannot be read"
        nobody = Who("unknown", "unknown")
        return JournalLine(
            fields["seq"], datetime.fromtimestamp(0, UTC), "", "altered", nobody, "", "", "", "", "", words
        )


def _fields(found: Row[Any]) -> dict[str, Any]:
    fields = dict(found._mapping)
    try:
        fields["who"] = json.loads(fields["who"])
    except (TypeError, ValueError):
        fields["who"] = None
    if not isinstance(fields["seq"], int):
        fields["seq"] = 0
    return fields
