"""Who stands at the root of a blocking tree, and deadlocks as circles."""

from datetime import timedelta

import msgspec

from opsconsole.config.policies import builtin
from opsconsole.model.finding import Severity
from opsconsole.model.sessions import PREPARED, Held, Session, Sessions
from opsconsole.rules.blocking import forest, tree_words, trees
from opsconsole.rules.blocking_findings import blocking_findings

from .test_sessions import NOW, session


def test_the_root_has_all_victims_direct_or_not() -> None:
    rows = [
        session(1, "idle in transaction"),
        session(2, blocked=(1,), minutes=3),
        session(3, blocked=(2,)),
        session(9),
    ]
    found = forest(rows, NOW)
    (tree,) = found.trees
    assert tree.root is not None
    assert (tree.root.pid, [victim.pid for victim in tree.victims], tree.longest.seconds) == (1, [2, 3], 180)
    assert tree.since == NOW - timedelta(minutes=3)
    assert not tree.circle
    assert (found.behind[2], found.waiting) == (1, 2)


def test_a_blocker_that_may_not_be_seen_is_still_named() -> None:
    (tree,) = trees([session(2, blocked=(77,))], NOW)
    assert (tree.root, tree.pid) == (None, 77)
    assert tree_words(tree, NOW) == "77 (not to be seen) blocks 1, longest ≤1m"


def test_a_circle_is_one_root_with_the_way_round_and_those_behind_it() -> None:
    rows = [session(1, blocked=(2,)), session(2, blocked=(3,)), session(3, blocked=(1,)), session(4, blocked=(3,))]
    (tree,) = trees(rows, NOW)
    assert (tree.pid, tree.circle) == (1, (1, 2, 3))
    assert {victim.pid for victim in tree.victims} == {2, 3, 4}
    assert tree_words(tree, NOW) == "deadlock 1 → 2 → 3 → 1, 1 more behind them, longest ≤1m"


def test_who_waits_for_two_counts_once_in_all_and_for_each_of_them() -> None:
    found = forest([session(1), session(2), session(3, blocked=(1, 2)), session(4, blocked=(3,))], NOW)
    assert [(tree.pid, len(tree.victims)) for tree in found.trees] == [(1, 2), (2, 2)]
    assert found.waiting == 2


def test_the_headline_says_who_blocks_how_many_how_long_and_with_what() -> None:
    root = msgspec.structs.replace(
        session(4711, "idle in transaction", minutes=14, app="worker"), holds=(Held("RowExclusiveLock", "orders"),)
    )
    waiting = [
        msgspec.structs.replace(session(pid, blocked=(4711,)), waits_since=NOW - timedelta(minutes=14))
        for pid in range(5000, 5037)
    ]
    (tree,) = trees([root, *waiting], NOW)
    assert tree_words(tree, NOW) == "4711 of worker (idle in tx 14m) blocks 37, longest 14m, holds orders"


def test_a_prepared_transaction_is_a_root_by_its_name() -> None:
    at = NOW - timedelta(minutes=20)
    prepared = msgspec.structs.replace(
        Session(-726, at, PREPARED, "", "app", "shop", "", "", "", "", None, at, at), gid="pay-17"
    )
    (tree,) = trees([prepared, session(2, blocked=(-726,))], NOW)
    assert tree_words(tree, NOW) == "prepared transaction pay-17 (20m) blocks 1, longest ≤1m"


def test_a_thousand_sessions_in_every_shape() -> None:
    """No recursion as deep as the chain, and no walk from every root through all victims."""
    chain = forest([session(1), *(session(pid, blocked=(pid - 1,)) for pid in range(2, 1001))], NOW)
    assert len(chain.trees[0].victims) == 999
    ring = forest([session(pid, blocked=(pid % 1000 + 1,)) for pid in range(1, 1001)], NOW)
    assert len(ring.trees[0].circle) == 1000
    readers = [session(pid) for pid in range(1, 501)]
    queue = [session(pid, blocked=(501,)) for pid in range(502, 1001)]
    change = forest([*readers, session(501, blocked=tuple(range(1, 501))), *queue], NOW)
    assert {len(tree.victims) for tree in change.trees} == {500}
    assert change.waiting == 500


def test_a_tree_is_a_finding_once_its_oldest_wait_is_a_minute_old_however_late_one_looks() -> None:
    policy = builtin("default")
    root = msgspec.structs.replace(session(4711, "idle in transaction", app="worker"), holds=(Held("RowX", "orders"),))
    fresh = session(2, blocked=(4711,), minutes=0.5)
    assert blocking_findings(Sessions("pg", (root, fresh)), policy, NOW) == ()
    (found,) = blocking_findings(Sessions("pg", (root, session(2, blocked=(4711,), minutes=3))), policy, NOW)
    assert found.what == "4711 of worker (idle in tx) blocks 1, holds orders"
    assert (found.since, found.severity, found.tab) == (NOW - timedelta(minutes=3), Severity.WARNING, 3)
    assert found.object == f"pg {root.key}"
    many = [session(pid, blocked=(4711,), minutes=3) for pid in range(10, 20)]
    (found,) = blocking_findings(Sessions("pg", (root, *many)), builtin("s004"), NOW)
    assert (found.severity, found.value) == (Severity.CRITICAL, "10 sessions")


def test_those_that_one_change_of_a_table_waits_for_are_one_finding() -> None:
    readers = [session(pid) for pid in range(1, 9)]
    rows = (*readers, session(10, blocked=tuple(range(1, 9)), minutes=5))
    assert len(blocking_findings(Sessions("pg", rows), builtin("default"), NOW)) == 1
