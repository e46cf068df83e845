"""The severity that the facts propose, by the runbooks' own bands, and the labels of their schemes."""

from datetime import UTC, datetime

import pytest

from opsconsole.config.policies import builtin
from opsconsole.model.customer import Customer, Customers, Health
from opsconsole.model.finding import Finding, Severity
from opsconsole.rules.severity import label, proposed, read_level, scheme

NOW = datetime(2026, 3, 26, 2, 53, tzinfo=UTC)
POLICY = builtin("default")


def customers(hurt: int, of: int, *, measured: bool = True) -> Customers:
    rows = [
        Health(
            Customer(f"c-{number}", "", "Pro", None, "USD", "", None, None),
            None, "healthy", 1.0, None, (), slow=1 if number < hurt else 0,
        )
        for number in range(of)
    ]  # fmt: skip
    return Customers(tuple(rows), NOW, hurt_measured=measured)


def finding(rule: str = "p99-critical", severity: Severity = Severity.CRITICAL, **fields: object) -> Finding:
    given = {"tab": 1, "since": NOW, "rule": rule} | fields
    return Finding(f"{rule}:api", severity, "api P99 1.9 s > 500 ms", **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("hurt", "level"),
    [(1, 3), (9, 3), (10, 2), (50, 2), (51, 2), (100, 2)],
    ids=lambda value: str(value),
)
def test_the_share_of_customers_decides(hurt: int, level: int) -> None:
    """004: more than 50 % is 2, less than 10 % is 3; it says nothing of 10 to 50 %, and the higher one is taken."""
    assert proposed(POLICY, finding(), customers(hurt, 100)).level == level


def test_it_says_the_facts_the_rule_and_its_origin() -> None:
    found = proposed(POLICY, finding(), customers(6, 100))
    assert found.why == "6.0 % of the customers hurt (6 of 100), below 10 % (004_da2f52e198c72628.txt:200)"


def test_never_more_than_all_customers_are_hurt() -> None:
    found = proposed(POLICY, finding(customers=12), customers(0, 5))
    assert (found.level, found.why.partition(", more")[0]) == (2, "100 % of the customers hurt (12; the list has 5)")


def test_a_service_that_is_down_is_a_complete_outage() -> None:
    down = proposed(POLICY, finding("health-check"), customers(0, 100))
    failing = proposed(POLICY, finding("errors-critical", measured=0.97), None)
    assert (down.level, failing.level) == (1, 1)
    assert "97 % of the requests fail: a complete outage" in failing.why


def test_an_outage_that_is_only_pending_is_not_called_one() -> None:
    assert proposed(POLICY, finding("health-check", state="pending"), None).level == 2


def test_a_critical_finding_that_hurts_nobody_yet_is_the_higher_of_three_and_four() -> None:
    assert proposed(POLICY, finding(), customers(0, 100)).level == 3
    assert proposed(POLICY, finding(severity=Severity.WARNING), customers(0, 100)).level == 4


def test_what_is_not_measured_is_not_called_harmless() -> None:
    unmeasured = customers(0, 100, measured=False)
    assert proposed(POLICY, finding(), unmeasured).level == 2
    assert proposed(POLICY, finding(severity=Severity.WARNING), None).level == 3
    assert proposed(POLICY, None, None).level == 2
    assert "unknown" in proposed(POLICY, None, None).why


def test_what_goes_on_while_customers_are_hurt_counts_as_what_hurts_them() -> None:
    """The database is nearly full and half of the customers wait: the higher one, with a word of doubt."""
    database = finding("pg-connections", Severity.WARNING, tab=3)
    unsure = proposed(POLICY, database, customers(50, 100))
    assert (unsure.level, unsure.why.endswith("whether by this is unknown: when unsure, the higher one")) == (2, True)
    along = finding("hpa", Severity.WARNING, tab=2, related=("p99-critical:api",))
    assert "unknown" not in proposed(POLICY, along, customers(50, 100)).why


def test_few_customers_hurt_by_something_else_do_not_make_it_smaller() -> None:
    assert proposed(POLICY, finding("nodes", tab=2), customers(1, 100)).level == 2


def test_money_hurts_no_customer() -> None:
    assert proposed(POLICY, finding("budget-100", tab=4), customers(50, 100)).level == 4


def test_a_label_means_something_only_inside_its_scheme() -> None:
    """The second level is P2, high, P1, SEV2 and Severity 2 in the five runbooks."""
    names = [label(builtin(policy), 2) for policy in ("s000", "s001", "s002", "s003", "s004")]
    assert names == ["P2", "high", "P1", "SEV2", "Severity 2"]
    assert (read_level(builtin("s000"), "p1"), read_level(builtin("s002"), "P1")) == (1, 2)


def test_a_level_that_a_scheme_does_not_have_is_said_as_such() -> None:
    assert [one.label for one in scheme(builtin("s000"))] == ["P1", "P2", "P3", "level 4"]


def test_an_unknown_label_names_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"known are 1 \(SEV1\), 2 \(SEV2\), 3 \(SEV3\), 4 \(SEV4\)"):
        read_level(POLICY, "P1")
