"""Sessions grouped, and who stands at the root of a blocking tree."""

from datetime import UTC, datetime, timedelta

from opsconsole.model.sessions import Session
from opsconsole.rules.sessions import blockers, groups

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


def test_the_root_has_all_victims_direct_or_not() -> None:
    rows = [
        session(1, "idle in transaction"),
        session(2, blocked=(1,), minutes=3),
        session(3, blocked=(2,)),
        session(9),
    ]
    (found,) = blockers(rows, NOW)
    assert found.root is not None
    assert (found.root.pid, [victim.pid for victim in found.victims], found.longest_s) == (1, [2, 3], 180)
    assert not found.cycle


def test_a_blocker_that_may_not_be_seen_is_still_named() -> None:
    (found,) = blockers([session(2, blocked=(77,))], NOW)
    assert (found.root, found.pid) == (None, 77)


def test_a_circle_is_reported_once() -> None:
    rows = [session(1, blocked=(2,)), session(2, blocked=(3,)), session(3, blocked=(1,)), session(4, blocked=(3,))]
    (found,) = blockers(rows, NOW)
    assert (found.pid, found.cycle) == (1, True)
    assert {victim.pid for victim in found.victims} == {2, 3, 4}


def test_two_roots_of_one_victim() -> None:
    found = blockers([session(1), session(2), session(3, blocked=(1, 2))], NOW)
    assert [blocker.pid for blocker in found] == [1, 2]
