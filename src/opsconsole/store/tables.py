"""The tables as SQLAlchemy Core sees them; what makes and changes them are the migrations."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Boolean, Column, Float, Integer, LargeBinary, MetaData, String, Table, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

metadata = MetaData()


class Moment(TypeDecorator[datetime]):
    """An aware time as UTC text of fixed width, so that order by text is order by time."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        return None if value is None else value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.fromisoformat(value)


incidents = Table(
    "incidents",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("title", Text, nullable=False),
    Column("severity", Integer, nullable=False),
    Column("state", String(32), nullable=False),
    Column("service", Text, nullable=False),
    Column("impact", Moment),
    Column("declared", Moment, nullable=False),
    Column("acknowledged", Moment),
    Column("mitigated", Moment),
    Column("resolved", Moment),
    Column("next_update", Moment),
    Column("resolve_by", Moment),
    Column("roles", Text, nullable=False),
    Column("drill", Boolean, nullable=False),
    Column("summary", Text, nullable=False),
    Column("ended", Moment),
    Column("finding", Text, nullable=False),
    Column("channel", Text, nullable=False),
)

timeline = Table(
    "timeline",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("id", String(64), nullable=False, unique=True),
    Column("incident", String(64), nullable=False, index=True),
    Column("occurred", Moment, nullable=False),
    Column("recorded", Moment, nullable=False),
    Column("kind", String(64), nullable=False),
    Column("actor", Text, nullable=False),
    Column("source", String(32), nullable=False),
    Column("text", Text, nullable=False),
    Column("link", Text, nullable=False),
    Column("internal", Boolean, nullable=False),
    Column("pinned", Boolean, nullable=False),
    Column("supersedes", String(64), nullable=False),
    Column("detail", Text, nullable=False),
    Column("object", Text, nullable=False),
)

journal = Table(
    "journal",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("run", String(64), nullable=False, index=True),
    Column("phase", String(32), nullable=False),
    Column("who", Text, nullable=False),
    Column("process", Text, nullable=False),
    Column("verb", String(32), nullable=False),
    Column("context", Text, nullable=False),
    Column("namespace", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("evidence", String(64), nullable=False),
    Column("took_s", Float),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False, unique=True),
)

evidence = Table(
    "evidence",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

acknowledgements = Table(
    "acknowledgements",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("finding", Text, nullable=False, index=True),
    Column("who", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("until", Moment),
    Column("note", Text, nullable=False, server_default=""),
)

documents = Table(
    "documents",
    metadata,
    Column("name", String(255), primary_key=True),
    Column("written", Moment, nullable=False),
    Column("text", Text, nullable=False),
)
"""What was generated last, to tell afterwards what people have changed since."""

samples = Table(
    "samples",
    metadata,
    Column("kind", String(64), primary_key=True),
    Column("server", String(255), primary_key=True),
    Column("taken", Moment, primary_key=True),
    Column("payload", LargeBinary, nullable=False),
)

baselines = Table(
    "baselines",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("id", String(64), nullable=False, unique=True),
    Column("at", Moment, nullable=False),
    Column("who", Text, nullable=False),
    Column("what", String(32), nullable=False),
    Column("service", Text, nullable=False),
    Column("endpoint", Text, nullable=False),
    Column("since", Moment),
    Column("note", Text, nullable=False),
    Column("figures", Text, nullable=False),
)
"""What was accepted, frozen and seen to shift; only added to."""

firings = Table(
    "firings",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("finding", Text, nullable=False, index=True),
    Column("rule", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("severity", String(16), nullable=False),
    Column("began", Moment, nullable=False, index=True),
    Column("ended", Moment),
    Column("seen", Moment, nullable=False),
)
"""One row for each time that a rule or alert fired; 90 days of them."""

meta = Table(
    "meta",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)
