"""The demo's bill: a FOCUS 1.2 export of thirteen months, daily, as Parquet and as CSV, with the budgets it is held
against.

Amounts are exact decimals (quantity × unit price, nothing rounded). The same seed and date give the same bill.
"""

import calendar
import json
import sys
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_UP, Decimal
from pathlib import Path
from typing import Any

import duckdb

from opsconsole.demo.price_list import ACCOUNTS, COMMITTED_HOUR, COMMITTED_NODES, PROD, Line, lines

LAG_DAYS = 2
MONTHS = 13
ANOMALY_DAYS = 5
"""For how many days, up to the last one, log ingestion is three times as high: somebody left debug logs on."""
_AI = "AI and Machine Learning"
_PLAN_ID = "sp-0f31c27d"

_DAYS = """
CREATE TABLE days AS
SELECT day::DATE AS day, date_trunc('month', day)::DATE AS month,
       date_diff('month', day, $last::DATE) AS months_ago, dayofweek(day) IN (0, 6) AS weekend,
       date_diff('day', day, $last::DATE) AS days_ago
FROM generate_series($first::TIMESTAMP, $last::TIMESTAMP, INTERVAL 1 DAY) t (day)
"""

_USAGE = """
CREATE TABLE charges AS
SELECT day, month, l.* EXCLUDE (price, discount, committed), 'Usage' AS charge, NULL::VARCHAR AS class,
       price AS list_unit, (price * (1 - discount))::DECIMAL(18,6) AS contracted_unit, quantity,
       (quantity * price)::DECIMAL(30,10) AS list_cost,
       (quantity * (price * (1 - discount))::DECIMAL(18,6))::DECIMAL(30,10) AS contracted_cost,
       CASE WHEN committed IS NULL THEN (quantity * (price * (1 - discount))::DECIMAL(18,6))::DECIMAL(30,10)
            ELSE 0::DECIMAL(30,10) END AS billed,
       CASE WHEN committed IS NULL THEN (quantity * (price * (1 - discount))::DECIMAL(18,6))::DECIMAL(30,10)
            ELSE (quantity * committed)::DECIMAL(30,10) END AS effective,
       CASE WHEN committed IS NULL THEN NULL ELSE $plan END AS commitment,
       service || ' ' || sku AS description
FROM (SELECT d.*, l.*, (daily * pow(1 + growth, -months_ago) * CASE WHEN weekend THEN weekend_factor ELSE 1 END
              * (1 + noise * ((md5_number_lower(concat_ws('/', $seed, l.line, day)) % 20001)::DOUBLE / 10000 - 1))
              * CASE WHEN sku = 'logs-ingested' AND days_ago < $anomaly THEN 3 ELSE 1 END)::DECIMAL(18,4) AS quantity
      FROM days d CROSS JOIN lines l) l
"""

_COMMITMENT = """
INSERT INTO charges BY NAME
SELECT month AS day, month, $service AS service, 'Compute' AS category, $account AS account, $plan AS resource,
       'compute-savings-plan' AS sku, 'Hours' AS unit, 'Amazon Web Services' AS publisher,
       'Purchase' AS charge, hours::DECIMAL(18,4) AS quantity, $hourly::DECIMAL(18,6) AS list_unit,
       $hourly::DECIMAL(18,6) AS contracted_unit, (hours * $hourly::DECIMAL(18,6))::DECIMAL(30,10) AS list_cost,
       list_cost AS contracted_cost, list_cost AS billed, 0 AS effective, $plan AS commitment,
       'Compute savings plan, monthly payment' AS description, '{}' AS tags
FROM (SELECT DISTINCT month, (dayofmonth(last_day(month)) * 24)::DECIMAL(18,4) AS hours FROM days)
"""

_SINGLE = """
INSERT INTO charges BY NAME
SELECT $day::DATE AS day, date_trunc('month', $day::DATE)::DATE AS month, $service AS service, $category AS category,
       $account AS account, NULL AS resource, NULL AS sku, NULL AS unit, $publisher AS publisher, $charge AS charge,
       $class AS class, NULL AS quantity, NULL AS list_unit, NULL AS contracted_unit,
       $amount::DECIMAL(30,10) AS list_cost, $amount::DECIMAL(30,10) AS contracted_cost,
       $amount::DECIMAL(30,10) AS billed, $amount::DECIMAL(30,10) AS effective, NULL AS commitment,
       $description AS description, '{}' AS tags
"""

_FOCUS = """
SELECT billed AS BilledCost, '411200000001' AS BillingAccountId, 'Social Live' AS BillingAccountName,
       'Organization' AS BillingAccountType, 'USD' AS BillingCurrency,
       (month + INTERVAL 1 MONTH)::TIMESTAMP AS BillingPeriodEnd, month::TIMESTAMP AS BillingPeriodStart,
       charge AS ChargeCategory, class AS ChargeClass, description AS ChargeDescription,
       CASE WHEN charge = 'Usage' THEN 'Usage-Based' WHEN charge = 'Purchase' THEN 'Recurring' ELSE 'One-Time' END
           AS ChargeFrequency,
       (day + INTERVAL 1 DAY)::TIMESTAMP AS ChargePeriodEnd, day::TIMESTAMP AS ChargePeriodStart,
       CASE WHEN commitment IS NOT NULL THEN 'Spend' END AS CommitmentDiscountCategory,
       commitment AS CommitmentDiscountId,
       CASE WHEN commitment IS NOT NULL THEN 'Compute savings plan' END AS CommitmentDiscountName,
       CASE WHEN commitment IS NOT NULL AND charge = 'Usage' THEN 'Used' END AS CommitmentDiscountStatus,
       CASE WHEN commitment IS NOT NULL THEN 'Savings Plan' END AS CommitmentDiscountType,
       CASE WHEN charge = 'Usage' THEN quantity END AS ConsumedQuantity,
       CASE WHEN charge = 'Usage' THEN unit END AS ConsumedUnit,
       contracted_cost AS ContractedCost, contracted_unit AS ContractedUnitPrice, effective AS EffectiveCost,
       CASE WHEN month < $current::DATE THEN 'INV-' || strftime(month, '%Y-%m') END AS InvoiceId,
       'Amazon Web Services' AS InvoiceIssuerName, list_cost AS ListCost, list_unit AS ListUnitPrice,
       CASE WHEN charge NOT IN ('Usage', 'Purchase') THEN NULL WHEN commitment IS NOT NULL THEN 'Committed'
            WHEN sku LIKE '%-spot' THEN 'Dynamic' ELSE 'Standard' END AS PricingCategory,
       'USD' AS PricingCurrency, quantity AS PricingQuantity, unit AS PricingUnit,
       'Amazon Web Services' AS ProviderName, publisher AS PublisherName,
       'eu-central-1' AS RegionId, 'Europe (Frankfurt)' AS RegionName,
       resource AS ResourceId, resource AS ResourceName,
       CASE WHEN resource IS NOT NULL THEN service END AS ResourceType,
       category AS ServiceCategory, service AS ServiceName, sku AS SkuId,
       CASE WHEN sku IS NOT NULL THEN sku || '/' || unit END AS SkuPriceId,
       accounts.id AS SubAccountId, account AS SubAccountName, 'Account' AS SubAccountType, tags AS Tags
FROM charges JOIN accounts ON accounts.name = account
ORDER BY day, service, account, resource, sku
"""

_TIMES = ("BillingPeriodStart", "BillingPeriodEnd", "ChargePeriodStart", "ChargePeriodEnd")


def write_bill(folder: Path, seed: int, today: date) -> dict[str, Any]:
    """Write `focus.parquet` and `focus.csv` into `folder` (made, 0700); returns the summary with the budgets.

    The last day is two before `today`: a provider needs that long to complete one.
    """
    folder.mkdir(mode=0o700)
    last = today - timedelta(days=LAG_DAYS)
    first = _months_back(last, MONTHS - 1)
    with duckdb.connect(config={"threads": 1}) as db:
        _charges(db, seed, first, last)
        # A view cannot hold parameters.
        db.execute("CREATE TABLE focus AS " + _FOCUS, {"current": last.replace(day=1)})
        db.execute(f"COPY focus TO '{folder}/focus.parquet' (FORMAT parquet, COMPRESSION zstd)")
        texts = ", ".join(f"strftime({name}, '%Y-%m-%dT%H:%M:%SZ') AS {name}" for name in _TIMES)
        db.execute(f"COPY (SELECT * REPLACE ({texts}) FROM focus) TO '{folder}/focus.csv' (FORMAT csv, HEADER)")
        summary = {
            "as_of": last.isoformat(),
            "rows": _value(db, "SELECT count(*) FROM focus"),
            "budgets": _budgets(db, last),
        }
    (folder / "summary.json").write_text(json.dumps(summary))
    return summary


def _charges(db: duckdb.DuckDBPyConnection, seed: int, first: date, last: date) -> None:
    db.execute("CREATE TABLE accounts (name VARCHAR, id VARCHAR)")
    db.executemany("INSERT INTO accounts VALUES (?, ?)", list(ACCOUNTS.items()))
    db.execute(
        "CREATE TABLE lines (line INTEGER, service VARCHAR, category VARCHAR, account VARCHAR, resource VARCHAR, "
        "sku VARCHAR, unit VARCHAR, price DECIMAL(18,6), daily DOUBLE, growth DOUBLE, weekend_factor DOUBLE, "
        "noise DOUBLE, publisher VARCHAR, discount DECIMAL(4,2), committed DECIMAL(18,6), tags VARCHAR)"
    )
    db.executemany(f"INSERT INTO lines VALUES ({', '.join('?' * 16)})", [_row(n, x) for n, x in enumerate(lines())])
    db.execute(_DAYS, {"first": first, "last": last})
    db.execute(_USAGE, {"seed": seed, "anomaly": ANOMALY_DAYS, "plan": _PLAN_ID})
    compute = {"service": "Amazon Elastic Compute Cloud", "account": PROD, "plan": _PLAN_ID}
    db.execute(_COMMITMENT, {**compute, "hourly": COMMITTED_HOUR * COMMITTED_NODES})
    month = first
    while (closing := _months_back(month, -1) - timedelta(days=1)) < last:
        net = _value(db, "SELECT sum(billed) FROM charges WHERE month = $month AND charge != 'Tax'", month=month)
        _single(db, closing, "Tax", (net * Decimal("0.08")).quantize(Decimal("0.01")), "Sales tax")
        month = _months_back(month, -1)
    previous = _months_back(last, 1)
    _single(db, previous + timedelta(days=4), "Credit", Decimal("-250.00"), "Promotional credit, migration programme")
    _single(
        db, previous + timedelta(days=11), "Usage", Decimal("-86.40"), "Restated: cross-zone traffic billed twice",
        service="Amazon Virtual Private Cloud", category="Networking", cls="Correction",
    )  # fmt: skip


def _single(
    db: duckdb.DuckDBPyConnection, day: date, charge: str, amount: Decimal, description: str, *,
    service: str = "AWS Billing", category: str = "Other", cls: str | None = None,
) -> None:  # fmt: skip
    values = {"day": day, "service": service, "category": category, "account": PROD, "charge": charge, "class": cls}
    db.execute(_SINGLE, {**values, "amount": amount, "description": description, "publisher": "Amazon Web Services"})


def _row(number: int, line: Line) -> tuple[Any, ...]:
    return (
        number, line.service, line.category, line.account, line.resource, line.sku, line.unit, line.price, line.daily,
        line.monthly_growth, line.weekend, line.noise, line.publisher, line.discount, line.committed_price,
        line.tags_json,
    )  # fmt: skip


def _budgets(db: duckdb.DuckDBPyConnection, last: date) -> list[dict[str, Any]]:
    """One budget that a steady month would use to nine tenths, and one for AI that grows past its own.

    They follow the run rate of the last four weeks, so that on any day of a month the spend stands near nine tenths
    of its proportional path: 75 % when 84 % of the month have passed.
    """
    days = calendar.monthrange(last.year, last.month)[1]
    found = []
    for id, categories, share in (
        ("platform", [], Decimal("0.9")),
        ("ai", [_AI], Decimal("1.1")),
    ):
        four_weeks = _value(
            db,
            "SELECT sum(effective) FROM charges WHERE charge = 'Usage' AND class IS NULL AND day > $since "
            "AND (len($categories::VARCHAR[]) = 0 OR list_contains($categories::VARCHAR[], category))",
            since=last - timedelta(days=28),
            categories=categories,
        )
        amount = (four_weeks / 28 * days / share / 50).quantize(Decimal(1), ROUND_UP) * 50
        found.append({"id": id, "amount": str(amount), "categories": categories})
    return found


def _value(db: duckdb.DuckDBPyConnection, query: str, **parameters: Any) -> Any:
    row = db.execute(query, parameters or None).fetchone()
    assert row is not None
    return row[0]


def _months_back(day: date, months: int) -> date:
    """The first day of the month that lies `months` before that of `day`."""
    index = day.year * 12 + day.month - 1 - months
    return date(index // 12, index % 12 + 1, 1)


def main() -> None:
    """Run as `python -m opsconsole.demo.billing FOLDER SEED` by the supervisor, beside the servers' start."""
    write_bill(Path(sys.argv[1]), int(sys.argv[2]), datetime.now(UTC).date())


if __name__ == "__main__":
    main()
