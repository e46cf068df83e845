"""Turns rows of a customer table, from SQL or a file, into customers; what cannot be read is named, never guessed."""

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from ..config.settings import CustomerTable
from ..model.customer import Customer, CustomerBase, CustomerInput
from ..model.reading import ProblemKind
from ..text import clock
from ..text.clean import clean
from .errors import SourceError

Row = Mapping[str, Any]
PAST = "_30d"


class _Reader:
    """Reads the fields of one row under the settings' column names; remembers what could not be read."""

    def __init__(self, row: Row, columns: Mapping[str, str]) -> None:
        self._row = {name.lower(): value for name, value in row.items()}
        self._columns = columns
        self.mistakes: list[str] = []

    def value(self, field: str) -> Any:
        """The cell of a field; None for NULL, an empty text, and a column that is not there."""
        found = self._row.get(self._column(field).lower())
        if isinstance(found, str):
            found = found.strip()
            return None if found == "" or found.upper() == "NULL" else found
        return found

    def text(self, field: str) -> str:
        found = self.value(field)
        return "" if found is None else clean(str(found), 200)

    def number(self, field: str) -> float | None:
        found = self.amount(field)
        return None if found is None else float(found)

    def amount(self, field: str) -> Decimal | None:
        found = self.value(field)
        if found is None:
            return None
        try:
            amount = Decimal(str(found))
        except InvalidOperation:
            amount = Decimal("NaN")
        if not math.isfinite(amount):
            self._mistake(field, "is no number", found)
            return None
        return amount

    def moment(self, field: str) -> datetime | None:
        found = self.value(field)
        if found is None:
            return None
        if isinstance(found, datetime):
            return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        if isinstance(found, date):
            return datetime(found.year, found.month, found.day, tzinfo=UTC)
        try:
            return clock.parse(str(found))
        except ValueError:
            self._mistake(field, "is no date", found)
            return None

    def day(self, field: str) -> date | None:
        moment = self.moment(field)
        return None if moment is None else moment.date()

    def flags(self) -> tuple[str, ...]:
        found = self.value("flags")
        parts = found if isinstance(found, list | tuple) else str(found or "").split(",")
        return tuple(clean(str(part).strip().replace("_", " "), 60) for part in parts if str(part).strip())

    def _column(self, field: str) -> str:
        """`tickets_30d` follows a renamed `tickets` to `open_tickets_30d` where only the latter is in the settings."""
        if field in self._columns or not field.endswith(PAST):
            return self._columns.get(field, field)
        now = self._columns.get(field.removesuffix(PAST))
        return field if now is None or field.lower() in self._row else now + PAST

    def _mistake(self, field: str, what: str, found: object) -> None:
        self.mistakes.append(f"{field} {what}: {clean(str(found), 40)}")


def customer_base(rows: Iterable[Row], table: CustomerTable, inputs: tuple[str, ...]) -> CustomerBase:
    """All customers of the table; no rows are no mistake.

    A row without an id is left out and a cell that cannot be read is unknown; both are named in `rejected`. Raises
    SourceError (misconfigured) where there is no column for the id at all.
    """
    rows = list(rows)
    wanted = table.columns.get("id", "id")
    if rows and wanted.lower() not in {name.lower() for name in rows[0]}:
        raise SourceError(
            ProblemKind.MISCONFIGURED,
            f"the customer table has no column {wanted}; it has {clean(', '.join(rows[0]), 200)}",
            'name the column in [profiles.….customers.columns] as id = "…"',
        )
    customers: dict[str, Customer] = {}
    rejected: list[str] = []
    newest: datetime | None = None
    for number, row in enumerate(rows, start=1):
        reader = _Reader(row, table.columns)
        identifier = reader.text("id")
        if not identifier:
            rejected.append(f"row {number}: no id")
            continue
        if identifier in customers:
            rejected.append(f"{identifier}: stands twice in the table; the first one counts")
            continue
        as_of = reader.moment("as_of")
        newest = max(filter(None, (newest, as_of)), default=None)
        customers[identifier] = _customer(reader, identifier, as_of, table, inputs)
        rejected += [f"{identifier}: {mistake}" for mistake in reader.mistakes]
    return CustomerBase(tuple(customers.values()), newest, rejected=tuple(rejected))


def hurt_rows(rows: Iterable[Row]) -> tuple[tuple[str, int, int, datetime | None], ...]:
    """(customer id, slow, failed, since) of the hurt query's answer: its first four columns, whatever their names."""
    found = []
    for row in rows:
        reader = _Reader(row, dict(zip(("id", "slow", "failed", "since"), row, strict=False)))
        slow, failed = (int(reader.number(field) or 0) for field in ("slow", "failed"))
        found.append((reader.text("id"), slow, failed, reader.moment("since")))
    return tuple(found)


def _customer(
    reader: _Reader, identifier: str, as_of: datetime | None, table: CustomerTable, inputs: tuple[str, ...]
) -> Customer:
    return Customer(
        id=identifier,
        name=reader.text("name"),
        plan=reader.text("plan"),
        monthly_revenue=reader.amount("monthly_revenue"),
        currency=reader.text("currency") or table.currency,
        owner=reader.text("owner"),
        signed_up=reader.day("signed_up"),
        last_contact=reader.day("last_contact"),
        inputs=tuple(CustomerInput(name, reader.number(name), as_of) for name in inputs),
        past_score_inputs=tuple(CustomerInput(name, reader.number(name + PAST)) for name in inputs),
        flags=reader.flags(),
    )
