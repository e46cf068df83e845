"""The journal and the evidence in their tables: appended under the write lock, read, and looked through."""

import hashlib
import json
import math
import zlib
from collections.abc import Iterator
from datetime import UTC
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, insert, select

from ..model.journal import JournalHead, JournalLine, Verified, Who
from ..text.redact import redact
from . import chain, tables
from .rows import plain, row

_FIELDS = tuple(field.name for field in msgspec.structs.fields(JournalLine))


def append(connection: Connection, line: JournalLine) -> JournalLine:
    """Link the line to the last one and insert it; to be called under the write lock, or two would link to the same.

    Nothing can be taken out later, so secrets are taken out first.
    """
    last = head(connection)
    took_s = None if line.took_s is None or not math.isfinite(line.took_s) else float(line.took_s)
    texts = {name: plain(value) for name, value in row(line).items() if isinstance(value, str)}
    who = Who(*(plain(part) for part in msgspec.structs.astuple(line.who)))
    safe = {"words": redact(texts["words"]), "body": redacted_json(texts["body"])}
    at = line.at.astimezone(UTC)
    linked = msgspec.structs.replace(
        line, **{**texts, **safe}, who=who, at=at, took_s=took_s, seq=last.seq + 1, previous=last.hash, hash=""
    )
    linked = msgspec.structs.replace(linked, hash=chain.hashed(as_json(linked)))
    connection.execute(insert(tables.journal), msgspec.structs.asdict(linked) | {"who": _who_text(linked.who)})
    return linked


def head(connection: Connection) -> JournalHead:
    """The last line's number and hash; `0:000…` of an empty journal."""
    columns = select(tables.journal.c.seq, tables.journal.c.hash)
    last = connection.execute(columns.order_by(tables.journal.c.seq.desc()).limit(1)).first()
    return JournalHead(last.seq, last.hash) if last is not None else JournalHead(0, chain.START)


def read(connection: Connection, run: str, newest: int | None) -> tuple[JournalLine, ...]:
    """All lines, or those of one run, or only the newest so many; oldest first."""
    query = select(tables.journal).order_by(tables.journal.c.seq.desc())
    if run:
        query = query.where(tables.journal.c.run == run)
    if newest is not None:
        query = query.limit(max(0, newest))
    return tuple(reversed([_line(found) for found in connection.execute(query)]))


def verify(connection: Connection, earlier: JournalHead | None) -> Verified:
    """Look through all lines as they stand in the file."""
    return chain.look_through(_stored(connection), earlier)


def as_json(line: JournalLine) -> dict[str, Any]:
    """The line as it is hashed and exported: `at` in microseconds UTC, `who` as its fields."""
    at = line.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return msgspec.structs.asdict(line) | {"at": at, "who": msgspec.structs.asdict(line.who)}


def redacted_json(text: str) -> str:
    """JSON whose texts are redacted one by one, so that it stays JSON; any other text is redacted as a whole."""
    if redact(text) == text:
        return text
    try:
        content = json.loads(text)
    except ValueError:
        return redact(text)
    return json.dumps(_redacted(content), ensure_ascii=False, separators=(",", ":"))


def keep_evidence(connection: Connection, text: str) -> str:
    """Keep a text once, redacted and compressed; returns its SHA-256, which is of the text as it is kept."""
    content = redact(plain(text)).encode()
    digest = hashlib.sha256(content).hexdigest()
    known = select(tables.evidence.c.sha256).where(tables.evidence.c.sha256 == digest)
    if connection.execute(known).first() is None:
        connection.execute(insert(tables.evidence), {"sha256": digest, "content": zlib.compress(content, 6)})
    return digest


def evidence(connection: Connection, sha256: str) -> str:
    """The text that was kept. ValueError where there is none, or where it is not what was kept."""
    found = connection.execute(select(tables.evidence.c.content).where(tables.evidence.c.sha256 == sha256)).scalar()
    if found is None:
        raise ValueError(f"there is no evidence {sha256[:12]}")
    try:
        content = zlib.decompress(found)
    except zlib.error:
        content = b""
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ValueError(f"the evidence {sha256[:12]} was altered: it is not what its hash was made of")
    return content.decode()


def _redacted(value: Any) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, list):
        return [_redacted(item) for item in value]
    if isinstance(value, dict):
        return {name: _member(name, item) for name, item in value.items()}
    return value


def _member(name: str, value: Any) -> Any:
    """A text may be a secret by the name it stands under."""
    if not isinstance(value, str):
        return _redacted(value)
    prefix = f"{name}="
    return redact(value) if redact(prefix + "x") == prefix + "x" else redact(prefix + json.dumps(value))[len(prefix) :]


def _who_text(who: Who) -> str:
    return json.dumps(msgspec.structs.asdict(who), ensure_ascii=False, separators=(",", ":"))


def _line(found: Row[Any]) -> JournalLine:
    return JournalLine(**{**found._mapping, "who": _who(found.who)})


def _who(text: str) -> Who:
    """Of a line that somebody has altered nobody is known; `verify` says so."""
    try:
        return msgspec.json.decode(text, type=Who)
    except msgspec.DecodeError:
        return Who("unknown", "unknown")


def _stored(connection: Connection) -> Iterator[dict[str, Any]]:
    """The rows as they are in the file: what somebody wrote there need not be what a line can hold."""
    names = ", ".join(f'"{name}"' for name in _FIELDS)
    for found in connection.exec_driver_sql(f"SELECT {names} FROM journal ORDER BY seq"):
        fields = dict(found._mapping)
        try:
            fields["who"] = json.loads(fields["who"])
        except (TypeError, ValueError):
            fields["who"] = None
        yield fields
