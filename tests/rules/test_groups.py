"""What the data ties together is one group under the worst of it; what began at the same time says only that."""

from opsconsole.model.finding import Change, Finding, Severity
from opsconsole.rules.findings import assemble
from opsconsole.rules.groups import offset
from tests.rules.test_findings import NOW, RELEASE, finding

WARNING = Severity.WARNING


def told(*found: Finding, changes: tuple[Change, ...] = ()) -> list[tuple[str, str, str]]:
    """(finding, its leader, its tie), in the order of the list."""
    return [(one.id, one.leader, one.tie) for one in assemble(found, changes, None, {})]


def test_one_service_and_the_statements_that_it_asks_are_one_group_and_unrelated_things_stay_between() -> None:
    p99 = finding("p99", minutes=12, object="api ")
    hpa = finding("hpa", WARNING, minutes=50, object="shop/api", tab=2)
    locks = finding("locks", WARNING, minutes=2, object="pg-1 4711@3", tab=3, touches=("api",))
    server = finding("connections", WARNING, minutes=300, object="pg-1", tab=3)
    other = finding("disk", minutes=200, object="pg-2 disk", tab=3)
    ranked = told(server, other, locks, hpa, p99)
    assert ranked[0] == ("disk", "", "")
    assert ranked[1:] == [
        ("p99", "", ""), ("connections", "p99", "both pg-1"), ("hpa", "p99", "both api"),
        ("locks", "p99", "touches api"),
    ]  # fmt: skip


def test_the_pods_of_a_lost_node_stand_under_it() -> None:
    node = finding("node", minutes=3, object="ip-1", tab=2, rule="node")
    auth = finding("auth", minutes=1, object="shop/auth", tab=2, touches=("ip-1",))
    leader, member = assemble([auth, node], (), None, {})
    assert (leader.id, leader.evidence) == ("node", ("auth",))
    assert (member.leader, member.tie) == ("node", "pods of ip-1")


def test_a_change_before_both_ties_and_the_same_time_only_says_so() -> None:
    p99 = finding("p99", minutes=12, object="api ")
    db = finding("db", WARNING, minutes=11, object="pg-1", tab=3)
    blind = finding("blind:loki", Severity.BLIND, minutes=11, rule="blind")
    tie = "both after release api 1.8.1→1.8.2 (02:39)"
    assert told(p99, db, blind, changes=(RELEASE,)) == [("p99", "", ""), ("db", "p99", tie), ("blind:loki", "", "")]
    assert told(p99, db, blind) == [("p99", "", ""), ("blind:loki", "", ""), ("db", "p99", "same time")]


def test_a_change_is_told_by_its_distance_to_the_finding() -> None:
    p99 = finding("p99", minutes=12)
    assert p99.since is not None
    assert offset(RELEASE.at, p99.since, "#1") == "2m before #1"
    assert offset(NOW, p99.since, "#1") == "12m after #1"
    assert offset(p99.since, p99.since, "#1") == "with #1"
