"""Sessions grouped and each by itself, the blocking trees, the page of one session; rows stay put under the cursor."""

from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from textual.pilot import Pilot

from opsconsole.config.settings import Postgres
from opsconsole.model.finding import Finding, Severity
from opsconsole.model.reading import Reading, State
from opsconsole.model.sessions import Held, HeldLock, Session, SessionLocks, Sessions
from opsconsole.poller import topics
from opsconsole.poller.board import Board
from opsconsole.rules.blocking import forest
from opsconsole.screens import session_page
from opsconsole.screens.dialogs.object_page import ObjectPage
from opsconsole.screens.lock_rows import lock_rows
from opsconsole.screens.queries import QueriesTab
from opsconsole.widgets.line import plain

from . import story
from .driving import until
from .tabs import console, headline, rows, settled
from .test_tab_keys import pressed


def publish(board: Board, sessions: Sessions) -> None:
    board.publish(topics.PG_SESSIONS, Reading(sessions, State.OK, story.NOW, 0.01, "SELECT"))


async def at(pilot: Pilot[Any], view: str, option: str = "") -> QueriesTab:
    tab = await settled(pilot, view)
    assert isinstance(tab, QueriesTab)
    if option:
        tab.set_option(option, True)
        await settled(pilot)
    return tab


async def page(pilot: Pilot[Any], said: str) -> str:
    def told() -> bool:
        dialog = pilot.app.screen
        return isinstance(dialog, ObjectPage) and said in dialog.page.text

    await until(pilot, told)
    dialog = pilot.app.screen
    assert isinstance(dialog, ObjectPage)
    return dialog.page.text


def pids(tab: QueriesTab) -> list[int]:
    """Of the rows as they stand, also of one that is gone."""
    return [int(row[2:].split()[0]) for row in rows(tab.table)]


async def test_sessions_by_user_by_wait_and_each_by_itself(fixed_clock: None) -> None:
    app = console(story.board(), start=3)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await at(pilot, "sessions", "user")
        (row,) = rows(tab.table)
        assert row.split()[:3] == ["▲", "shop_app", "20"]
        assert "20 idle, 9 active, 1 idle in transaction" in row or "20 idle, 9 active" in row
        tab = await at(pilot, "sessions", "wait")
        assert "Lock: relation" in rows(tab.table)[0]
        tab = await at(pilot, "sessions", "each")
        assert pids(tab)[:3] == [4820, 5000, 5001]  # longest waiting first
        assert pids(tab)[9] == 4711  # then who blocks
        assert "waits AccessExcl orders" in rows(tab.table)[0]


async def test_only_those_that_wait_or_block_or_are_idle_in_a_transaction(fixed_clock: None) -> None:
    app = console(story.board(), start=3)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await at(pilot, "sessions", "each")
        tab = await at(pilot, "sessions", "only blocking")
        assert sorted(pids(tab)) == [4711, 4820]
        assert "only blocking (esc shows all)" in headline(app)
        tab = await at(pilot, "sessions", "only waiting")
        assert len(pids(tab)) == 9
        tab = await at(pilot, "sessions", "only idle in tx")
        assert pids(tab) == [4711]
        await pressed(pilot, "escape")
        await pressed(pilot, "z")
        assert len(pids(tab)) == 10  # nine wait, and the one that they wait for


async def test_consoles_and_the_servers_own_processes_show_when_asked_for_or_when_they_are_in_the_way(
    fixed_clock: None,
) -> None:
    board = story.board()
    own = msgspec.structs.replace(story.session(1, "opsconsole", "idle", "SELECT 1"), own=True)
    vacuum = story.session(2, "", "active", "autovacuum: VACUUM orders")
    vacuum = msgspec.structs.replace(vacuum, backend_type="autovacuum worker")
    client = story.session(3, "api", "idle", "SELECT 1")
    publish(board, Sessions("pg-primary", (client,), own=(own,), system=(vacuum,)))
    app = console(board, start=3)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await at(pilot, "sessions", "each")
        assert pids(tab) == [3]
        tab = await at(pilot, "sessions", "own")
        assert sorted(pids(tab)) == [1, 3]
        assert any("own: opscon" in row for row in rows(tab.table))
        tab = await at(pilot, "sessions", "system")
        assert sorted(pids(tab)) == [1, 2, 3]
        for option in ("own", "system"):
            tab.set_option(option, False)
        waiting = story.session(4, "psql", "active", "ALTER TABLE orders", blocked_by=(2,))
        publish(board, Sessions("pg-primary", (client, waiting), own=(own,), system=(vacuum,)))
        await until(pilot, lambda: tab.table is not None and len(tab.table.rows) == 3)
        await settled(pilot)
        assert pids(tab) == [4, 2, 3]


def test_foreign_text_on_the_page_of_a_session_moves_nothing() -> None:
    evil = "x\x1b[2J\x07[bold]"
    session = msgspec.structs.replace(
        story.session(1, evil, evil, evil, blocked_by=(2,), relation=evil, mode=evil),
        user=evil, database=evil, client=evil, wait_type=evil, wait_event=evil, backend_type=evil, query_id=1,
        holds=(Held(evil, evil),),
    )  # fmt: skip
    locks = SessionLocks((HeldLock(evil, evil, False, since=story.NOW),), 1)
    told = session_page.lines(session, forest((session,), story.NOW), locks, story.NOW)
    assert not any(letter in plain(line) for line in told for letter in "\x1b\x07")


async def test_the_palette_leads_to_those_that_block(fixed_clock: None) -> None:
    app = console(story.board(), start=3)
    async with app.run_test(size=(160, 45)) as pilot:
        await at(pilot, "statements")
        app.show_tab(3, "sessions-blocking")
        tab = await at(pilot, "sessions")
        assert sorted(pids(tab)) == [4711, 4820]


async def test_the_row_under_the_cursor_stays_while_others_come_and_go(fixed_clock: None) -> None:
    board = story.board()
    app = console(board, start=3)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await at(pilot, "sessions", "each")
        before = pids(tab)
        await pressed(pilot, "j", "j", "j")
        value: Sessions = board.get(topics.PG_SESSIONS).value  # type: ignore[assignment]
        older = story.session(7000, "late", "active", "SELECT 1", blocked_by=(4711,), minutes=59, relation="orders")
        kept = tuple(one for one in value.rows if one.pid != before[3])
        publish(board, msgspec.structs.replace(value, rows=(older, *kept)))
        await until(pilot, lambda: tab.table is not None and tab.table.waiting)
        assert pids(tab)[:4] == before[:4]  # no line moved, also not that of the session that has ended
        assert tab.table is not None
        assert tab.row.pid == before[3]
        assert "gone" in rows(tab.table)[3]
        tab.act("refresh")
        await settled(pilot)
        assert pids(tab)[0] == 7000


async def test_the_page_of_a_session_asks_for_its_locks_and_says_how_to_end_it(fixed_clock: None) -> None:
    asked: list[int] = []

    async def locks_of(session: Session, workers: tuple[int, ...]) -> SessionLocks:
        asked.append(session.pid)
        return SessionLocks((HeldLock("RowExclusiveLock", "orders", True),), 3)

    app = console(story.board(), start=3)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await at(pilot, "locks")
        app.context.services.databases = {tab.desk.server: SimpleNamespace(people=SimpleNamespace(locks_of=locks_of))}
        await pressed(pilot, "enter")
        told = await page(pilot, "TO END IT")
    assert asked == [4711]
    assert "BLOCKS 9 sessions" in told
    assert "4820 psql · shop_app@shop · waits 13m for AccessExcl on orders\n" in told
    assert "RowX        orders" in told
    assert "3 more are not listed" in told
    assert "no query runs, there is nothing to cancel" in told


async def test_the_tree_reads_as_who_blocks_whom_with_which_lock(fixed_clock: None) -> None:
    app = console(story.board(), start=3)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await at(pilot, "locks")
        assert headline(app).startswith("4711 of worker (idle in tx 14m) blocks 9, longest 13m, holds orders")
        root, change, *_ = rows(tab.table)
        assert "- holds orders (RowX)" in root
        assert root.split()[4:7] == ["idle", "in", "tx"]
        assert "AccessExcl orders" in change
        assert "waiting Lock" in change


async def test_who_may_not_see_reads_the_right_that_is_missing(fixed_clock: None) -> None:
    board = story.board()
    hidden = story.session(1, "", "hidden", "")
    publish(board, Sessions("pg-primary", (hidden,), hidden=1, role="reader"))
    app = console(board, start=3)
    async with app.run_test(size=(160, 45)) as pilot:
        await at(pilot, "locks")
        assert "no wait for a lock is seen" in headline(app)
        assert "1 unknown: needs pg_monitor (GRANT pg_monitor TO reader)" in headline(app)
        publish(board, Sessions("pg-primary", (hidden,), hidden=1, role="console", reads_stats=True))
        await until(pilot, lambda: "1 unknown: managed" in headline(app))


async def test_a_finding_leads_to_the_root_of_its_tree(fixed_clock: None) -> None:
    board = story.board()
    key = next(one.key for one in story.sessions().rows if one.pid == 4711)
    finding = Finding("blocking:pg-primary:x", Severity.CRITICAL, "4711 blocks 9", 3, object=f"pg-primary {key}")
    findings: Reading[tuple[Finding, ...]] = Reading((finding,), State.OK, story.NOW, 0.01, "rules")
    board.publish(topics.FINDINGS, findings)
    app = console(board, start=3)
    app.context.profile = msgspec.structs.replace(app.context.profile, postgres=(Postgres(name="pg-primary"),))
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await at(pilot, "statements")
        assert tab.go_to(finding.object)
        await settled(pilot)
        assert (tab.view, tab.row.pid) == ("locks", 4711)
        assert tab.finding() == finding


async def test_the_sessions_of_a_statement_and_one_session_are_found(fixed_clock: None) -> None:
    board = story.board()
    value = story.sessions()
    board_rows = [msgspec.structs.replace(one, query_id=0x7F3A) if one.pid < 5000 else one for one in value.rows]
    publish(board, msgspec.structs.replace(value, rows=tuple(board_rows)))
    app = console(board, start=3)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await at(pilot, "sessions")
        assert tab.go_to(f"queryid {0x7F3A}")
        await settled(pilot)
        assert tab.row.label == "7f3a"
        assert tab.go_to(value.rows[1].key)
        await settled(pilot)
        assert tab.row.pid == value.rows[1].pid
        left = tab.row.pid
        await pressed(pilot, "o")
        assert (tab.view, tab.row.query_id) == ("statements", 0x7F3A)
        await pressed(pilot, "escape")
        assert (tab.view, tab.row.pid) == ("sessions", left)


def test_who_waits_for_two_hangs_on_one_and_is_named_below_the_other() -> None:
    def waits_for(pid: int, *blockers: int) -> Session:
        return story.session(pid, "api", "active", "SELECT 1", blocked_by=blockers)

    rows = (story.session(1, "a", "active", ""), story.session(2, "b", "active", ""))
    made = forest((*rows, waits_for(3, 1, 2), waits_for(4, 1), waits_for(5, 2), waits_for(6, 1)), story.NOW)
    drawn = [(row.branch + str(row.pid), row.victims, row.again) for row in lock_rows(made, story.NOW)]
    assert drawn == [
        ("1", 3, False), ("├ 3", 0, False), ("├ 4", 0, False), ("└ 6", 0, False),
        ("2", 2, False), ("├ 5", 0, False), ("└ 3", 0, True),
    ]  # fmt: skip


def test_a_fold_takes_those_along_that_wait_for_who_is_folded() -> None:
    queue = [story.session(pid, "api", "active", "", blocked_by=(1,)) for pid in range(2, 12)]
    behind = [story.session(20 + pid, "web", "active", "", blocked_by=(pid,)) for pid in (10, 11)]
    root, *drawn = lock_rows(forest((story.session(1, "root", "active", ""), *queue, *behind), story.NOW), story.NOW)
    assert sum(max(1, len(row.more)) for row in drawn) == root.victims == 12


def test_a_long_chain_keeps_its_pids_in_sight() -> None:
    chain = [story.session(pid, "api", "active", "", blocked_by=(pid - 1,)) for pid in range(2, 1001)]
    drawn = lock_rows(forest((story.session(1, "root", "active", ""), *chain), story.NOW), story.NOW)
    assert len(drawn) == 1000
    assert max(len(row.branch) for row in drawn) <= 12


async def test_many_readers_before_one_change_are_folded_and_nobody_is_drawn_twice(fixed_clock: None) -> None:
    board = story.board()
    readers = [story.session(pid, "api", "active", "SELECT 1") for pid in range(1, 51)]
    change = story.session(60, "psql", "active", "ALTER TABLE orders", blocked_by=tuple(range(1, 51)))
    publish(board, Sessions("pg-primary", (*readers, change)))
    app = console(board, start=3)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await at(pilot, "locks")
        shown = [row[2:].split()[:2] for row in rows(tab.table)]
        assert shown == [["1", "1m"], ["└", "60"], ["2", "1m"], ["└", "60"], ["3", "1m"], ["└", "60"], ["47", "more"]]
        assert "api 47" in rows(tab.table)[-1]  # who they are, and a filter finds them by that
        await pressed(pilot, "G", "enter")
        assert len(rows(tab.table)) == 100
        await pressed(pilot, "escape")
        assert len(rows(tab.table)) == 7


@pytest.mark.parametrize(("view", "lie"), [("locks", "nobody waits"), ("sessions", "no session is open")])
async def test_what_a_filter_hides_is_not_called_absent(fixed_clock: None, view: str, lie: str) -> None:
    board = story.board()
    app = console(board, start=3)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await at(pilot, view)
        tab.apply_filter("zzz")
        await settled(pilot)
        assert tab.table is not None
        assert not tab.table.row_count
        said = tab.table.render_line(2).text
        assert "none of these rows matches zzz (/ then esc clears the filter)" in said
        tab.apply_filter("")
        await settled(pilot)
        publish(board, Sessions("pg-primary"))
        tab.act("refresh")
        await settled(pilot)
        assert lie in tab.table.render_line(2).text


async def test_the_words_of_a_group_count_what_a_filter_hides(fixed_clock: None) -> None:
    app = console(story.board(), start=3)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await at(pilot, "sessions")
        await pressed(pilot, "enter")
        count = headline(app).split()[0]
        assert int(count) > 0
        tab.apply_filter("zzz")
        await settled(pilot)
        assert headline(app).split()[0] == count


async def test_where_nobody_tells_who_blocks_that_is_unknown_and_not_nobody(fixed_clock: None) -> None:
    board = story.board()
    alone = msgspec.structs.replace(story.session(1, "api", "active", "SELECT 1", blocked_by=(2,)), blocked_by=())
    publish(board, Sessions("pg-primary", (alone,), problem="the answer took too long"))
    app = console(board, start=3)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await at(pilot, "sessions", "each")
        assert "1 wait for a lock · who blocks is unknown" in headline(app)
        assert " ? " in rows(tab.table)[0]


async def test_no_view_counts_anything_of_a_server_that_is_silent(fixed_clock: None) -> None:
    board = story.board()
    app = console(board, start=3)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await at(pilot, "sessions")
        views = ("statements", "sessions", "locks", "health")
        assert tab.kinds["sessions"].note() not in ("", "?")
        for topic in (topics.PG_STATEMENTS, topics.PG_SESSIONS, topics.PG_HEALTH):
            board.mark(topic, State.STALE)
        await until(pilot, lambda: [tab.kinds[view].note() for view in views] == ["?"] * 4)
