"""What somebody means by a few letters of a name."""

import pytest

from opsconsole.text.matching import matching, meant, nearest

NAMES = ("shop-live", "shop", "staging", "live-shop", "Prod-EU", "arn:aws:eks:eu-west-1:12:cluster/prod")


def test_names_that_fit_come_in_the_order_of_how_well_they_fit() -> None:
    assert matching("shop", NAMES) == ["shop", "shop-live", "live-shop"]
    assert matching("prod", NAMES) == ["Prod-EU", "arn:aws:eks:eu-west-1:12:cluster/prod"]
    assert matching("tag", NAMES) == ["staging"]
    assert matching("sgg", NAMES) == ["staging"]
    assert matching("", NAMES) == list(NAMES)
    assert matching("zzz", NAMES) == []


@pytest.mark.parametrize(
    ("typed", "name"),
    [("shop", "shop"), ("shop-", "shop-live"), ("st", "staging"), ("s", ""), ("prod-eu", "Prod-EU"),
     ("live", "live-shop"), ("hop", ""), ("", "")],
)  # fmt: skip
def test_only_a_whole_name_or_the_one_that_begins_so_is_meant(typed: str, name: str) -> None:
    assert meant(typed, NAMES) == name


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    assert nearest("stagging", NAMES) == "staging"
    assert nearest("qqqqqqqq", NAMES) == ""
