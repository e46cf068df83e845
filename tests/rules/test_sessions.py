"""Sessions by what they do, how long they do it, and grouped by what they share."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from opsconsole.model.sessions import HIDDEN, UNTRACKED, Session
from opsconsole.rules.session_advice import advice
from opsconsole.rules.sessions import (
    BLOCKING,
    UNKNOWN,
    WAITING,
    blocking_pids,
    does,
    folded,
    groups,
    is_wrong,
    span_words,
    waited,
)

NOW = datetime(2025, 3, 27, 2, 53, tzinfo=UTC)


def session(
    pid: int, state: str = "active", *, minutes: float = 1, app: str = "api", blocked: tuple[int, ...] = ()
) -> Session:
    since = NOW - timedelta(minutes=minutes)
    wait = ("Lock", "relation") if blocked else ("", "")
    return Session(pid, since, state, app, "u", "d", "", *wait, "q", since, since, since, blocked_by=blocked)


def test_groups_by_application_and_state_waiting_first() -> None:
    made = groups(
        [session(1), session(2, minutes=5, blocked=(4,)), session(3, "idle"), session(4, "idle in transaction")], NOW
    )
    assert [(group.state, group.count, group.waiting, group.oldest_s) for group in made] == [
        ("active", 2, 1, 300),
        ("idle in transaction", 1, 0, 60),
        ("idle", 1, 0, 60),
    ]
    assert made[0].waits == (("Lock: relation", 1),)
    assert [member.pid for member in made[0].sessions] == [2, 1]


def test_groups_by_something_else_say_their_states_and_keep_their_identity() -> None:
    first = groups([session(1), session(2, "idle"), session(3, "idle")], NOW, "user")
    later = groups([session(1), session(2), session(3, "idle")], NOW, "user")
    assert [(group.label, group.state, group.count) for group in first] == [("u", "2 idle, 1 active", 3)]
    assert first[0].key == later[0].key


def test_who_holds_others_up_is_wrong_at_once_and_who_is_idle_in_a_transaction_after_a_minute() -> None:
    rows = [session(1, minutes=9), session(2, blocked=(1,)), session(3, "idle in transaction", minutes=2)]
    blocking = blocking_pids(rows)
    assert [does(row, blocking) for row in rows[:2]] == [BLOCKING, WAITING]
    assert [is_wrong(row, blocking, NOW) for row in rows] == [True, True, True]
    assert not is_wrong(session(4, "idle in transaction", minutes=0.5), blocking, NOW)
    assert not is_wrong(session(5, minutes=500), blocking, NOW)


def test_before_14_a_wait_is_known_to_be_no_longer_than_its_query() -> None:
    old = session(1, blocked=(2,), minutes=14)
    new = msgspec.structs.replace(old, waits_since=NOW - timedelta(minutes=3))
    assert (span_words(waited(old, NOW)), span_words(waited(new, NOW))) == ("≤14m", "3m")


def test_a_leader_waits_for_what_its_workers_wait_for() -> None:
    leader = session(1)
    workers = [msgspec.structs.replace(session(pid, blocked=(1, 9)), leader=1, relation="orders") for pid in (2, 3)]
    lost = msgspec.structs.replace(session(7), leader=6)
    one, *others = folded([leader, *workers, lost])
    assert (one.pid, one.workers, one.blocked_by, one.relation) == (1, 2, (9,), "orders")
    assert others == [lost]


def test_the_advice_begins_with_the_gentlest_way() -> None:
    idle = " ".join(advice(session(1, "idle in transaction"), 3))
    assert "nothing to cancel" in idle
    assert "rolled back" in idle
    active = advice(session(1), 3)
    assert active[0].startswith("first SELECT pg_cancel_backend(1)")
    waiting = advice(session(1, blocked=(2,)), 0)
    assert waiting[0].startswith("it only waits: ending it frees nobody")
    vacuum = msgspec.structs.replace(session(1), backend_type="autovacuum worker", query="x (to prevent wraparound)")
    assert "does not give way" in advice(vacuum, 1)[0]
    index = msgspec.structs.replace(session(1), query="CREATE INDEX CONCURRENTLY i ON t (a)")
    assert any("invalid index" in line for line in advice(index, 1))
    holder = " ".join(advice(session(1, "idle"), 1))
    assert "lock of its session" in holder
    assert "and no more" not in holder


@pytest.mark.parametrize("state", [HIDDEN, UNTRACKED])
def test_of_whom_nothing_is_seen_nothing_is_claimed(state: str) -> None:
    unseen = session(1, state)
    assert does(unseen, ()) == UNKNOWN
    assert "it does nothing" not in " ".join(advice(unseen, 0))
