"""The three settings of slow statements, each on its own: what the log holds, the mean, the P95."""

import msgspec
import pytest

from opsconsole.config.settings import Policy, Rule
from opsconsole.model.statements import StatementRate, Tracked
from opsconsole.rules.slow_statements import LOG, MEAN, MOST, P95, Limits, limits, logged, slowest, words

RUNBOOKS = Limits(log_ms=1000, mean_ms=100, p95_ms=100)


def row(mean_ms: float, key: str = "10/5/1/1") -> StatementRate:
    return StatementRate(key, 1, "select 1", 1.0, mean_ms, 0.1, 1.0)


def test_each_limit_is_a_rule_of_its_own() -> None:
    rules = {
        "log": Rule(title="log", measure=LOG, limit=1.0),
        "mean": Rule(title="mean", measure=MEAN, limit=0.1),
        "looser": Rule(title="mean", measure=MEAN, limit=0.5),
        "p95": Rule(title="p95", measure=P95, limit=0.2),
    }
    assert limits(Policy(rules=rules)) == Limits(1000, 100, 200)
    assert limits(Policy()) == Limits()


def test_the_list_holds_the_twenty_with_the_highest_mean_over_the_limit() -> None:
    rows = [row(90 + number, str(number)) for number in range(40)]
    found = slowest(rows, 100)
    assert len(found) == MOST
    assert [one.mean_ms for one in found[:3]] == [129, 128, 127]
    assert slowest([row(100)], 100) == []


@pytest.mark.parametrize(
    ("log_ms", "said"),
    [
        (None, "log: unknown, the role may not see log_min_duration_statement"),
        (-1.0, "log: off (log_min_duration_statement): the policy wants 1 s"),
        (0.0, "log: all statements (log_min_duration_statement), its average call too"),
        (250.0, "log: statements from 250 ms on (log_min_duration_statement), its average call too"),
        (1000.0, "log: statements from 1 s on (log_min_duration_statement)"),
        (5000.0, "log: statements from 5 s on (log_min_duration_statement): the policy wants 1 s"),
    ],
)
def test_what_the_server_logs_is_its_own_setting(log_ms: float | None, said: str) -> None:
    assert words(Tracked(log_ms=log_ms), RUNBOOKS, row(300))[0] == said


def test_a_statement_is_logged_from_the_limit_on() -> None:
    assert logged(row(1000), Tracked(log_ms=1000))
    assert not logged(row(999), Tracked(log_ms=1000))
    assert not logged(row(999), Tracked(log_ms=-1))


def test_a_p95_is_never_made_up() -> None:
    assert words(Tracked(), RUNBOOKS, row(5))[2].startswith("P95 unknown: pg_stat_statements counts no percentiles")
    assert words(Tracked(), RUNBOOKS, row(5), 0.04)[2] == "P95 40 ms of all statements (Prometheus), limit 100 ms"
    assert words(Tracked(), msgspec.structs.replace(RUNBOOKS, mean_ms=None))[1] == "mean, no limit in the policy"
