"""How long somebody knows of a finding: until it ends, and over a restart of the console."""

from datetime import UTC, datetime, timedelta

from opsconsole.model.finding import Finding, Severity
from opsconsole.model.incident import Acknowledgement
from opsconsole.rules.acknowledged import acknowledged

START = datetime(2026, 3, 26, 2, 41, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def is_known(
    since: float | None,
    *,
    acked: float = 0,
    began: float | None = None,
    rule: str = "",
    who: str = "ada",
    until: float | None = None,
) -> bool:
    """Whether somebody knows, ten minutes on, of a finding since then; all in minutes. `began`: when this console
    started."""
    finding = Finding("it", Severity.WARNING, "slow", 1, since=None if since is None else at(since), rule=rule)
    held = Acknowledgement("it", who, at(0), None if until is None else at(until))
    return "it" in acknowledged((finding,), (held,), None if began is None else at(began), at(10))


def test_it_ends_by_itself_when_its_time_is_over() -> None:
    assert is_known(-12, until=11)
    assert not is_known(-12, until=10)


def test_it_holds_for_what_had_begun_and_not_for_the_next_time() -> None:
    assert is_known(-12)
    assert is_known(None)
    assert not is_known(1)
    assert not is_known(-12, who="")  # it was seen to end


def test_what_a_console_meets_at_its_start_may_be_what_was_known_before() -> None:
    """Nothing dates a workload's trouble but the console that saw it first; a later one counts from its own start."""
    assert is_known(30.2, began=30)
    assert not is_known(32, began=30)
    assert not is_known(30.2, began=30, who="")
    assert not is_known(3030, began=3029.5)  # more than a day later


def test_a_date_that_a_source_tells_is_believed() -> None:
    assert not is_known(20, began=30, rule="p99-critical")
    assert is_known(20, began=30, rule="workload")  # the condition that dates it came after it was first seen
