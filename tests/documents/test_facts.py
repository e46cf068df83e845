"""Facts that are sums, by hand."""

from opsconsole.config.policies import builtin
from opsconsole.config.settings import Policy
from opsconsole.documents.facts import Fact, facts, record
from opsconsole.documents.impact import Impact
from opsconsole.model.journal import JournalHead

from . import story


def budget(policy: Policy, seen: Impact) -> Fact:
    given = record(story.incident(), (), (), JournalHead(0, ""), seen, policy, story.at(60))
    return next(fact for fact in facts(given) if fact.id == "budget")


def test_the_error_budget_used_is_the_burn_rate_times_the_share_of_the_period() -> None:
    """21 minutes with 5 % of errors where 0.1 % may fail: 50 times as fast as allowed, for 21 of 43,200 minutes."""
    assert budget(builtin("default"), Impact(errors=0.05)).value == (
        "at most 2.4 % of 30 days' budget (0.10 % of requests may fail), had its worst lasted all the time"
    )


def test_without_a_measurement_or_a_target_it_is_unknown() -> None:
    unmeasured, no_target = budget(builtin("default"), Impact()), budget(Policy(), Impact(errors=0.05))
    assert unmeasured.value == "unknown (no source measured server errors while the console looked)"
    assert no_target.value == "unknown (the policy names no target for server errors)"


def test_the_rule_that_was_broken_says_no_other_number_of_customers_than_the_document() -> None:
    fired = story.entry(1, "alert_fired", "checkout P99 1.9 s > 0.5 s, broken since 02:41, hurts 96 customers",
                        object=story.FINDING, name="fired1")  # fmt: skip
    seen = Impact(story.at(9), 214, 240)
    given = record(story.incident(), (fired,), (), JournalHead(0, ""), seen, builtin("default"), story.at(60))
    told = {fact.id: fact.value for fact in facts(given)}
    assert told["worst"] == "checkout P99 1.9 s > 0.5 s, broken since 02:41; 214 of 240 customers (89 %) hurt"
    assert told["users"].startswith("214 of 240 customers (89 %)")
