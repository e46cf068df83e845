"""The demo's bill: FOCUS columns, exact sums, and budgets that say something on any day of any month."""

import calendar
import json
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from opsconsole.demo.billing import write_bill
from opsconsole.demo.price_list import INSTANCE_HOUR, lines
from opsconsole.demo.shop.inventory import NODES

TODAY = date(2026, 3, 28)
MANDATORY = [
    "BilledCost",
    "EffectiveCost",
    "ListCost",
    "ContractedCost",
    "BillingAccountId",
    "BillingAccountName",
    "BillingCurrency",
    "BillingPeriodStart",
    "BillingPeriodEnd",
    "ChargePeriodStart",
    "ChargePeriodEnd",
    "ChargeCategory",
    "ChargeClass",
    "ChargeDescription",
    "InvoiceIssuerName",
    "ProviderName",
    "PublisherName",
    "PricingQuantity",
    "PricingUnit",
    "ServiceCategory",
    "ServiceName",
]


@pytest.fixture(scope="module")
def bill(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bill") / "billing"
    write_bill(folder, 1, TODAY)
    return folder


def ask(bill: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as db:
        db.execute(f"CREATE VIEW focus AS SELECT * FROM '{bill}/focus.parquet'")
        return db.execute(query).fetchall()


def test_thirteen_months_of_whole_days(bill: Path) -> None:
    first, last, days = ask(bill, "SELECT min(ChargePeriodStart), max(ChargePeriodEnd), "
                            "count(DISTINCT ChargePeriodStart) FROM focus")[0]  # fmt: skip
    assert (first.date(), last.date()) == (date(2025, 3, 1), TODAY - timedelta(days=1))
    assert days == (last - first).days
    assert ask(bill, "SELECT count(*) FROM focus")[0][0] <= 60_000


def test_mandatory_columns_and_values(bill: Path) -> None:
    columns = [row[0] for row in ask(bill, "DESCRIBE focus")]
    assert set(MANDATORY) <= set(columns)
    empty = [name for name in MANDATORY if name not in ("ChargeClass", "PricingQuantity", "PricingUnit")]
    nulls = " OR ".join(f"{name} IS NULL" for name in empty)
    assert ask(bill, f"SELECT count(*) FROM focus WHERE {nulls}") == [(0,)]
    for row in ask(bill, "SELECT DISTINCT Tags FROM focus"):
        assert isinstance(json.loads(row[0]), dict)


def test_amounts_are_exact(bill: Path) -> None:
    wrong = ask(bill, "SELECT count(*) FROM focus WHERE ChargeCategory = 'Usage' AND ChargeClass IS NULL "
                "AND ListCost != PricingQuantity * ListUnitPrice")  # fmt: skip
    assert wrong == [(0,)]


def test_the_csv_says_the_same(bill: Path) -> None:
    both = ask(
        bill,
        f"""SELECT
        (SELECT (count(*), sum(BilledCost), sum(EffectiveCost)) FROM focus),
        (SELECT (count(*), sum(BilledCost::DECIMAL(30,10)), sum(EffectiveCost::DECIMAL(30,10)))
         FROM read_csv('{bill}/focus.csv', all_varchar = true))""",
    )
    assert both[0][0] == both[0][1]
    assert (bill / "focus.csv").read_text().splitlines()[1].count("T00:00:00Z") == 4


def test_it_holds_one_of_each_oddity(bill: Path) -> None:
    odd = ask(bill, "SELECT ChargeCategory, ChargeClass, count(*), sum(BilledCost) FROM focus "
              "WHERE ChargeCategory NOT IN ('Usage', 'Purchase') OR ChargeClass IS NOT NULL GROUP BY 1, 2")  # fmt: skip
    kinds = {(category, cls): (count, cost) for category, cls, count, cost in odd}
    assert kinds["Usage", "Correction"] == (1, Decimal("-86.40"))
    assert kinds["Credit", None] == (1, Decimal("-250"))
    assert kinds["Tax", None][0] == 12, "one for each closed month"


def test_nodes_cost_what_their_instances_cost(bill: Path) -> None:
    for node in NODES:
        hours = sum(line.daily for line in lines() if line.tags.get("node") == node.name and line.unit == "Hours")
        assert hours == pytest.approx(24, abs=1e-9)
    rows = ask(bill, "SELECT ResourceId, sum(ListCost) FROM focus WHERE ServiceName = 'Amazon Elastic Compute Cloud' "
               "AND ChargePeriodStart = '2026-03-10' AND ResourceId LIKE 'ip-%' GROUP BY 1 ORDER BY 1")  # fmt: skip
    assert rows == [(node.name, 24 * INSTANCE_HOUR) for node in NODES]


def test_the_commitment_is_used_up_exactly(bill: Path) -> None:
    """FOCUS 1.2, EffectiveCost: per CommitmentDiscountId the usage's effective cost is the purchases' billed cost."""
    months = ask(bill, "SELECT BillingPeriodStart, sum(BilledCost), sum(EffectiveCost) FROM focus "
                 "WHERE CommitmentDiscountId IS NOT NULL AND BillingPeriodStart < '2026-03-01' GROUP BY 1")  # fmt: skip
    assert len(months) == 12
    assert all(billed == effective for _, billed, effective in months)


def test_one_service_has_an_anomaly(bill: Path) -> None:
    before, during = (
        ask(bill, f"SELECT avg(EffectiveCost) FROM focus WHERE SkuId = 'logs-ingested' AND {days}")[0][0]
        for days in ("ChargePeriodStart BETWEEN '2026-03-01' AND '2026-03-21'", "ChargePeriodStart >= '2026-03-22'")
    )
    assert during > 2.5 * before
    assert during - before > 50


def test_the_same_seed_gives_the_same_bill(bill: Path, tmp_path: Path) -> None:
    write_bill(tmp_path / "again", 1, TODAY)
    assert (tmp_path / "again" / "focus.csv").read_bytes() == (bill / "focus.csv").read_bytes()
    write_bill(tmp_path / "other", 2, TODAY)
    assert (tmp_path / "other" / "focus.csv").read_bytes() != (bill / "focus.csv").read_bytes()


@pytest.mark.parametrize("today", [date(2026, 1, 1), date(2026, 3, 3), date(2026, 3, 17), date(2024, 2, 29)])
def test_the_budget_is_used_a_little_slower_than_the_month(tmp_path: Path, today: date) -> None:
    budget = write_bill(tmp_path / "bill", 1, today)["budgets"][0]
    last = today - timedelta(days=2)
    spent = ask(tmp_path / "bill", f"SELECT sum(EffectiveCost) FROM focus WHERE BillingPeriodStart = "
                f"'{last.replace(day=1)}'")[0][0]  # fmt: skip
    elapsed = Decimal(last.day) / calendar.monthrange(last.year, last.month)[1]
    assert Decimal("0.8") < spent / Decimal(budget["amount"]) / elapsed < Decimal("1.1")
