"""Reads one FOCUS file: exact daily sums of the rows that can be used, and the name of each row that cannot.

Columns and their meaning: FOCUS 1.0–1.2, https://focus.finops.org (FinOps-Open-Cost-and-Usage-Spec/FOCUS_Spec).
"""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ..model.billing import DailyCharge, Rejected
from ..text.clean import clean
from .csv_lines import lines_at, lines_of_records
from .duck import PARQUET, columns_of, first_line, relation_of
from .errors import SourceError

if TYPE_CHECKING:
    import duckdb

NAMED_REJECTS = 1000
"""So many rejected rows of one file are named; all are counted."""
NO_CURRENCY = ""

_TEXT = "CASE WHEN upper(trim({0}::VARCHAR)) IN ('', 'NULL') THEN NULL ELSE trim({0}::VARCHAR) END"
_AMOUNT = "TRY_CAST({0} AS DECIMAL(38, 18))"
# DuckDB reads 4/1/25 as the year 4; FOCUS writes 2025-04-01T00:00:00Z
_MOMENT = (
    "CASE WHEN regexp_matches({0}, '^\\d{{4}}-\\d\\d-\\d\\d') THEN TRY_CAST({0} AS TIMESTAMPTZ) AT TIME ZONE 'UTC' END"
)
_TEXTS = {
    "category": ("ServiceCategory",),
    "service": ("ServiceName",),
    "account": ("SubAccountName", "SubAccountId", "BillingAccountName", "BillingAccountId"),
    "currency": ("BillingCurrency",),
    "kind": ("ChargeCategory",),
    "class": ("ChargeClass",),
    "billed_text": ("BilledCost",),
    "effective_text": ("EffectiveCost",),
    "start_text": ("ChargePeriodStart",),
    "end_text": ("ChargePeriodEnd",),
}
_STANDS_IN = {
    "category": "ServiceCategory is missing: all spend counts as Other",
    "service": "ServiceName is missing: services are not told apart",
    "currency": "BillingCurrency is missing: amounts are taken in the currency shown",
    "kind": "ChargeCategory is missing: every charge counts as usage",
    "end_text": "ChargePeriodEnd is missing: charges count on their first day",
}


class FocusFile(msgspec.Struct, frozen=True, gc=False):
    """What one file says."""

    charges: tuple[tuple[str, DailyCharge], ...]
    """(currency, charge), summed per day, category, service, account and kind."""
    rows: tuple[tuple[str, int], ...] = ()
    """Usable rows by currency."""
    last_days: tuple[tuple[date, int], ...] = ()
    """Usage rows of its latest fifteen days."""
    rejected: tuple[Rejected, ...] = ()
    rejected_rows: int = 0
    notes: tuple[str, ...] = ()


def read_file(db: "duckdb.DuckDBPyConnection", path: Path) -> FocusFile:
    """Read one CSV or Parquet file. Nothing is raised for its content: a file that is no bill is rejected whole."""
    import duckdb

    is_csv = path.suffix.lower() not in PARQUET
    relation = relation_of(path, csv_options="ignore_errors = true, store_rejects = true" if is_csv else "")
    try:
        columns = columns_of(db, path, relation)
        if is_csv:
            _forget_rejects(db)
        missing = _unusable(columns)
        if missing:
            return _rejected_whole(path, missing)
        db.execute(f"CREATE OR REPLACE TEMP TABLE line AS {_typed(relation, columns)}", {"path": str(path)})
    except SourceError as error:
        return _rejected_whole(path, error.problem.sentence)
    except (duckdb.Error, OSError) as error:
        return _rejected_whole(path, f"cannot be read: {first_line(error)}")
    broken = _broken_lines(db, path) if is_csv else []
    rejected = sorted([*broken, *_wrong_lines(db, path, [reject.row for reject in broken], is_csv)], key=_row)
    return FocusFile(
        charges=_charges(db),
        rows=tuple(db.execute("SELECT currency, count(*) FROM line WHERE reason IS NULL GROUP BY 1").fetchall()),
        last_days=tuple(
            db.execute(
                "SELECT day, count(*) FROM line WHERE reason IS NULL AND kind = 'Usage' GROUP BY 1 "
                "ORDER BY 1 DESC LIMIT 15"
            ).fetchall()
        ),
        rejected=tuple(rejected[:NAMED_REJECTS]),
        rejected_rows=_rejected_rows(db, is_csv),
        notes=_notes(columns),
    )


def _unusable(columns: dict[str, str]) -> str:
    if "chargeperiodstart" not in columns and "billingperiodstart" not in columns:
        return "no FOCUS file: the column ChargePeriodStart is missing"
    if "billedcost" not in columns and "effectivecost" not in columns:
        return "no FOCUS file: the columns BilledCost and EffectiveCost are missing"
    return ""


def _typed(relation: str, columns: dict[str, str]) -> str:
    """The query that gives each line its values and, where it cannot be used, the reason."""
    given = {name: _text(columns, wanted) for name, wanted in _TEXTS.items()}
    if "chargeperiodstart" not in columns:
        given["start_text"] = _text(columns, ("BillingPeriodStart",))
    for name, other in (("billed_text", "effective_text"), ("effective_text", "billed_text")):
        if given[name] == "NULL":
            given[name] = given[other]
    texts = ", ".join(f"{expression} AS {name}" for name, expression in given.items())
    return f"""
        WITH raw AS (SELECT row_number() OVER () AS number, {texts} FROM {relation}),
        typed AS (
            SELECT *, {_AMOUNT.format("billed_text")} AS billed, {_AMOUNT.format("effective_text")} AS effective,
                   {_MOMENT.format("start_text")} AS starts, {_MOMENT.format("end_text")} AS ends FROM raw)
        SELECT number, starts::DATE AS day, coalesce(category, 'Other') AS category,
               coalesce(service, category, 'Other') AS service, coalesce(account, '') AS account,
               coalesce(upper(currency), '{NO_CURRENCY}') AS currency, coalesce(kind, 'Usage') AS kind,
               coalesce(lower(class) = 'correction', false) AS corrected, billed, effective,
               CASE WHEN start_text IS NULL THEN 'ChargePeriodStart is empty'
                    WHEN starts IS NULL THEN 'ChargePeriodStart is no UTC time: ' || start_text
                    WHEN end_text IS NOT NULL AND ends IS NULL THEN 'ChargePeriodEnd is no UTC time: ' || end_text
                    WHEN ends < starts THEN 'ChargePeriodEnd lies before its start: ' || end_text
                    WHEN billed_text IS NULL THEN 'BilledCost is empty'
                    WHEN billed IS NULL THEN 'BilledCost is no number: ' || billed_text
                    WHEN effective_text IS NULL THEN 'EffectiveCost is empty'
                    WHEN effective IS NULL THEN 'EffectiveCost is no number: ' || effective_text END AS reason
        FROM typed"""


def _text(columns: dict[str, str], wanted: tuple[str, ...]) -> str:
    """The first of these columns that holds a text in a row; literal NULL and null are none."""
    found = [_TEXT.format(columns[name.lower()]) for name in wanted if name.lower() in columns]
    if not found:
        return "NULL"
    return found[0] if len(found) == 1 else f"coalesce({', '.join(found)})"


def _charges(db: "duckdb.DuckDBPyConnection") -> tuple[tuple[str, DailyCharge], ...]:
    rows = db.execute(
        "SELECT currency, day, category, service, account, kind, sum(billed), sum(effective), bool_or(corrected) "
        "FROM line WHERE reason IS NULL GROUP BY ALL ORDER BY day, category, service, account, kind"
    ).fetchall()
    return tuple(
        (
            currency,
            DailyCharge(
                day, clean(category), clean(service), clean(account), _plain(billed), _plain(effective), corrected, kind
            ),
        )
        for currency, day, category, service, account, kind, billed, effective, corrected in rows
    )


def _plain(amount: Decimal) -> Decimal:
    """The same value with at least two and no needless decimals, so that sums read well."""
    shortened = amount.normalize()
    exponent = shortened.as_tuple().exponent
    return shortened.quantize(Decimal("0.01")) if isinstance(exponent, int) and exponent > -2 else shortened


def _forget_rejects(db: "duckdb.DuckDBPyConnection") -> None:
    """Drop what an earlier file left in DuckDB's tables of rejected lines; reading a CSV file makes them anew."""
    db.execute("DROP TABLE IF EXISTS reject_errors")
    db.execute("DROP TABLE IF EXISTS reject_scans")


def _rejected_rows(db: "duckdb.DuckDBPyConnection", is_csv: bool) -> int:
    query = "SELECT count(*) FROM line WHERE reason IS NOT NULL"
    if is_csv:
        query = f"SELECT ({query}) + (SELECT count(DISTINCT line) FROM reject_errors)"
    row = db.execute(query).fetchone()
    return int(row[0]) if row is not None else 0


def _broken_lines(db: "duckdb.DuckDBPyConnection", path: Path) -> list[Rejected]:
    """Lines that are no CSV: too few or many cells, or no UTF-8."""
    found = db.execute(
        "SELECT line_byte_position, min(lower(replace(error_type::VARCHAR, '_', ' '))) FROM reject_errors "
        f"GROUP BY 1 ORDER BY 1 LIMIT {NAMED_REJECTS}"
    ).fetchall()
    lines = lines_at(path, [position for position, _ in found])
    return [Rejected(str(path), lines[position], f"the line is broken: {kind}") for position, kind in found]


def _wrong_lines(db: "duckdb.DuckDBPyConnection", path: Path, broken: list[int], is_csv: bool) -> list[Rejected]:
    """Lines with a value that cannot be used; of a Parquet file the row's number."""
    found = db.execute(
        f"SELECT number, reason FROM line WHERE reason IS NOT NULL ORDER BY number LIMIT {NAMED_REJECTS}"
    ).fetchall()
    lines = lines_of_records(path, [number for number, _ in found], broken) if is_csv else {}
    return [Rejected(str(path), lines.get(number, number), clean(reason, 160)) for number, reason in found]


def _row(reject: Rejected) -> int:
    return reject.row


def _notes(columns: dict[str, str]) -> tuple[str, ...]:
    notes = [note for name, note in _STANDS_IN.items() if not any(one.lower() in columns for one in _TEXTS[name])]
    if "chargeperiodstart" not in columns:
        notes.append("ChargePeriodStart is missing: BillingPeriodStart stands in, so days cannot be told apart")
    if "effectivecost" not in columns:
        notes.append("EffectiveCost is missing: BilledCost stands in")
    if "billedcost" not in columns:
        notes.append("BilledCost is missing: EffectiveCost stands in")
    return tuple(notes)


def _rejected_whole(path: Path, reason: str) -> FocusFile:
    return FocusFile((), rejected=(Rejected(str(path), 0, clean(reason, 300)),), rejected_rows=1)
