"""The health score: its renormalisation, bands, flags and words, and the published NPS arithmetic."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.config.policies import builtin
from opsconsole.config.settings import Band
from opsconsole.model.customer import Customer, CustomerBase, CustomerInput, Health
from opsconsole.rules.health import band_of, judged, net_promoter, score

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
WEIGHTS = builtin("default").health
BEST = {"engagement": 100.0, "adoption": 100.0, "api_usage": 100.0, "tickets": 0.0, "payment": 0.0, "nps": 10.0}


def inputs(raw: Mapping[str, float | None], taken: datetime | None = NOW) -> tuple[CustomerInput, ...]:
    return tuple(CustomerInput(name, value, taken) for name, value in raw.items())


def customer(identifier: str = "c-1", **more: Any) -> Customer:
    fields: dict[str, Any] = {
        "name": "Alder Labs", "plan": "pro", "monthly_revenue": Decimal(100), "currency": "USD", "owner": "cs-1",
        "signed_up": None, "last_contact": None, "inputs": inputs(BEST), **more,
    }  # fmt: skip
    return Customer(identifier, **fields)


def health(**more: Any) -> Health:
    return judged(CustomerBase((customer(**more),), NOW), WEIGHTS, (40.0, 70.0), NOW).rows[0]


def test_everything_at_its_best_is_a_hundred() -> None:
    row = health()
    assert (row.score, row.band, row.coverage, row.biggest) == (100.0, "healthy", 1.0, "")


def test_an_unknown_input_neither_helps_nor_hurts_but_lowers_the_coverage() -> None:
    # ServiceNow, "Normalized value for an assessment": answered weights are scaled up to all weights
    known = score(inputs({**BEST, "engagement": 50.0, "nps": None}), WEIGHTS, NOW)
    assert known.value == pytest.approx((25 * 50 + 65 * 100) / 90)
    assert known.coverage == pytest.approx(0.9)
    assert known.contributions[-1].note == "unknown"


def test_old_data_is_as_good_as_none() -> None:
    old = inputs(BEST, NOW - timedelta(days=46))
    found = score(old, WEIGHTS, NOW)
    assert found.coverage == pytest.approx(0.1)  # only the NPS answer may be that old
    row = health(inputs=old)
    assert (row.score, row.band, row.change_30d) == (None, "insufficient data", None)
    assert row.contributions[0].note == "older than 45 days"


def test_coverage_below_sixty_percent_is_its_own_band() -> None:
    enough = {"engagement": 10.0, "adoption": 10.0, "tickets": 10.0}
    assert health(inputs=inputs(enough)).band == "churn-risk"
    assert health(inputs=inputs({"engagement": 10.0, "adoption": 10.0})).band == "insufficient data"


@pytest.mark.parametrize(
    ("value", "band"),
    [(39.999, "churn-risk"), (40.0, "at-risk"), (69.5, "at-risk"), (69.999, "at-risk"), (70.0, "healthy")],
)
def test_bands_are_half_open_on_the_unrounded_score(value: float, band: str) -> None:
    assert band_of(value, (40.0, 70.0)) == band


def test_the_biggest_factor_is_said_in_words() -> None:
    row = health(inputs=inputs({**BEST, "tickets": 20.0, "engagement": 80.0}))
    assert row.biggest == "support tickets -15"
    assert row.score == pytest.approx(80.0)
    lost = {one.input: one.lost for one in row.contributions}
    assert lost["tickets"] == pytest.approx(15.0)
    assert lost["engagement"] == pytest.approx(5.0)


def test_thirty_days_direction() -> None:
    past = inputs({**BEST, "engagement": 60.0}, None)
    assert health(past_score_inputs=past).change_30d == pytest.approx(10.0)
    assert health(past_score_inputs=inputs({"nps": 10.0}, None)).change_30d is None


def test_a_hard_flag_keeps_a_score_out_of_healthy() -> None:
    row = health(flags=("payment overdue",))
    assert (row.score, row.band) == (69.0, "at-risk")
    assert row.biggest == "payment overdue -31"
    both = health(flags=("payment overdue", "champion left"))
    assert (both.score, both.band) == (39.0, "churn-risk")
    assert health(flags=("champion left",), inputs=inputs(dict.fromkeys(BEST, 0.0))).score is not None


def test_worst_first_with_the_unknown_after_the_worst() -> None:
    rows = judged(
        CustomerBase(
            (
                customer("healthy"),
                customer("at-risk", flags=("champion left",)),
                customer("unknown", inputs=()),
                customer("small", inputs=inputs({**dict.fromkeys(BEST, 0.0), "tickets": 10.0, "payment": 30.0})),
                customer(
                    "large",
                    monthly_revenue=Decimal(9000),
                    inputs=inputs({**dict.fromkeys(BEST, 0.0), "tickets": 10.0, "payment": 30.0}),
                ),
            ),
            NOW,
        ),
        WEIGHTS,
        None,
        NOW,
    ).rows
    assert [row.customer.id for row in rows] == ["large", "small", "unknown", "at-risk", "healthy"]


def test_who_is_hurt_is_joined_and_otherwise_not_measured() -> None:
    base = CustomerBase((customer("a"), customer("b")), NOW, hurt=(("b", 1204, 3, NOW),), hurt_window_s=3600.0)
    found = judged(base, WEIGHTS, None, NOW)
    rows = {row.customer.id: row for row in found.rows}
    assert (rows["b"].slow, rows["b"].failed, rows["b"].hurt_since) == (1204, 3, NOW)
    assert (rows["a"].slow, rows["a"].failed) == (0, 0)
    assert found.hurt_measured
    assert health().slow is None


def test_an_empty_table_is_a_clear_state() -> None:
    found = judged(CustomerBase((), None), WEIGHTS, None, NOW)
    assert (found.rows, found.as_of, found.hurt_measured) == ((), None, False)


def test_a_scale_without_width_is_said_not_divided_by() -> None:
    found = score(inputs({"x": 1.0}), {"x": Band(weight=1, worst=5, best=5)}, NOW)
    assert found.value is None
    assert "same" in found.contributions[0].note


def test_the_published_net_promoter_score() -> None:
    # 30 % promoters and 20 % detractors of 100: +10, standard error 7.0 points, 95 % interval of 13.7 either way
    found = net_promoter([10] * 30 + [8] * 50 + [3] * 20)
    assert found is not None
    assert found.points == pytest.approx(10)
    assert (round(found.error, 1), round(found.margin, 1), found.answers) == (7.0, 13.7, 100)
    assert net_promoter([]) is None


@given(st.dictionaries(st.sampled_from(list(BEST)), st.floats(-1e6, 1e6) | st.none(), min_size=1))
def test_laws_of_the_score(raw: dict[str, float | None]) -> None:
    found = score(inputs(raw), WEIGHTS, NOW)
    assert 0 <= found.coverage <= 1 + 1e-9
    assert len(found.contributions) == len(WEIGHTS)
    if found.value is None:
        assert all(value is None for value in raw.values())
    else:
        assert -1e-6 <= found.value <= 100 + 1e-6
        assert found.value + sum(one.lost for one in found.contributions) == pytest.approx(100)
