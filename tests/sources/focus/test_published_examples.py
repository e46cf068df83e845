"""The published FOCUS 1.2 examples (tests/data/focus, see its README): what they say, and what is refused."""

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from opsconsole.config.settings import Billing
from opsconsole.model.billing import Bill
from opsconsole.sources.focus import FocusSource

EXAMPLES = Path(__file__).parents[2] / "data" / "focus"


async def bill(*patterns: str) -> Bill:
    source = FocusSource(Billing(focus=tuple(str(EXAMPLES / pattern) for pattern in patterns)))
    try:
        return (await source.read())[0]
    finally:
        source.close()


async def test_used_and_unused_commitment_sum_to_the_whole() -> None:
    found = await bill("commitment_discount_usage_scenario_3.csv")
    (charge,) = found.charges
    assert charge.effective == Decimal("1.00")
    assert charge.billed == 0
    assert found.rows == 2


async def test_an_upfront_purchase_is_billed_and_not_effective() -> None:
    (charge,) = (await bill("commitment_discount_purchase_scenario_1.csv")).charges
    assert (charge.billed, charge.effective, charge.kind) == (Decimal("8760.00"), Decimal("0.00"), "Purchase")
    assert charge.day == date(2023, 1, 1)


async def test_the_impossible_hour_is_rejected_by_name_and_the_rest_is_used() -> None:
    found = await bill("commitment_discount_purchase_scenario_3.csv")
    (reject,) = found.rejected
    assert reject.file.endswith("commitment_discount_purchase_scenario_3.csv")
    assert (reject.row, found.rejected_rows) == (5, 1)
    assert reject.reason == "ChargePeriodEnd is no UTC time: 2023-02-01T30:00:00Z"
    assert sum(charge.billed for charge in found.charges) == Decimal("4381.00")


async def test_missing_columns_are_said_with_what_stands_in() -> None:
    found = await bill("commitment_discount_usage_scenario_1.csv")
    assert found.currency == "USD"
    assert {note.partition(" ")[0] for note in found.notes} == {"ServiceCategory", "ServiceName", "BillingCurrency"}
    assert found.charges[0].category == "Other"


async def test_a_literal_null_is_no_text() -> None:
    found = await bill("one_hundred_percent_utilization_with_commitment_discount_flexibility_with_1_resource.csv")
    assert not found.rejected
    assert sum(charge.effective for charge in found.charges) == Decimal("2.75")


async def test_dates_that_could_mean_two_days_are_refused() -> None:
    found = await bill("saas_spend_agreements_a1.csv")
    assert not found.charges
    assert [reject.row for reject in found.rejected] == [2, 3, 4, 5]
    assert found.rejected[0].reason == "ChargePeriodStart is no UTC time: 4/1/25"
    assert found.complete_through is None


@pytest.mark.parametrize("name", sorted(path.name for path in EXAMPLES.glob("*.csv")))
async def test_no_row_of_any_example_is_lost_without_a_word(name: str) -> None:
    with (EXAMPLES / name).open(encoding="utf-8-sig", newline="") as file:
        records = sum(1 for _ in csv.DictReader(file))
    found = await bill(name)
    assert found.rows + found.rejected_rows == records
    assert len(found.rejected) == found.rejected_rows


async def test_all_examples_at_once() -> None:
    found = await bill("*.csv")
    assert len(found.files) == 26
    assert {Path(reject.file).name for reject in found.rejected if "T30" in reject.reason} == {
        "commitment_discount_purchase_scenario_2.csv",
        "commitment_discount_purchase_scenario_3.csv",
    }
