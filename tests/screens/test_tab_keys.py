"""What keys do on each tab: into a row and back, to what is related, sorting, filtering, options, texts, one line for
keys that mean nothing here."""

from typing import Any

import pytest
from textual.pilot import Pilot

from opsconsole.app import Console
from opsconsole.model.finding import Finding, Severity
from opsconsole.model.reading import Reading, State
from opsconsole.poller import topics
from opsconsole.screens.dialogs.choose import Choose
from opsconsole.screens.dialogs.object_page import ObjectPage
from opsconsole.screens.dialogs.raw import TextDialog
from opsconsole.screens.queries import QueriesTab
from opsconsole.screens.table_tab import TableTab
from opsconsole.widgets.chart import ChartView
from opsconsole.widgets.line import plain

from . import story
from .driving import shown, until
from .tabs import console, headline, rows, settled, text


async def pressed(pilot: Pilot[Any], *keys: str) -> TableTab:
    """Press; give the active tab when the gate has let every key through and the tab has done what it does."""
    app = pilot.app
    assert isinstance(app, Console)
    for key in keys:
        await pilot.press(key)
        await until(pilot, lambda: app._gate.deadline is None)
    await pilot.pause()
    if not app.dialog_open:
        return await settled(pilot)
    assert isinstance(app.tab, TableTab)
    return app.tab


def said(pilot: Pilot[Any]) -> str:
    app = pilot.app
    assert isinstance(app, Console)
    return shown(app, "footer").strip()


def page(pilot: Pilot[Any]) -> str:
    """The text on the page that is open above the tab."""
    dialog = pilot.app.screen
    assert isinstance(dialog, TextDialog)
    return dialog.page.text


# ---- Now -------------------------------------------------------------------------------------------------------------


async def test_now_ranks_and_says_what_came_before_and_what_belongs_together(fixed_clock: None) -> None:
    app = console(story.board())
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot)
        first, blind, second, pending = rows(tab.table)
        assert "after api 1.8.2 · with 2" in first
        assert "12 cust." in first
        assert blind.startswith("? ?2")
        assert "with #1" in second
        assert "1.8.2" not in second
        assert "pending 20s of 30s" in pending
        assert "whom 12 customers" in text(app)  # the finding under the cursor in full


async def test_enter_goes_to_the_findings_row_and_esc_comes_back(fixed_clock: None) -> None:
    app = console(story.board())
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot)
        assert tab.table is not None
        tab.table.go(2)
        tab = await pressed(pilot, "enter")
        assert (tab.digit, tab.view) == (2, "workloads")
        assert tab.row.workload.name == "api"
        tab = await pressed(pilot, "escape")
        assert tab.digit == 0


async def test_h_on_now_lists_the_changes_and_i_those_who_are_hurt(fixed_clock: None) -> None:
    app = console(story.board())
    async with app.run_test(size=(160, 45)) as pilot:
        await settled(pilot)
        tab = await pressed(pilot, "h")
        assert tab.view == "changed"
        assert "HPA api 6→20 at max" in rows(tab.table)[0]
        await pressed(pilot, "escape", "i")
        assert "what       api P99 1.9 s > 500 ms" in page(pilot)


async def test_a_new_worst_finding_about_requests_is_split_at_once(fixed_clock: None) -> None:
    board = story.board()
    board.publish(topics.FINDINGS, Reading(story.QUIET, State.OK, story.NOW))
    app = console(board)
    asked: list[Any] = []
    app.context.refresh = asked.append
    async with app.run_test(size=(160, 45)) as pilot:
        await settled(pilot)
        assert "no finding is about requests" in text(app)
        board.publish(topics.SPLITS, Reading(story.splits()[:0], State.OK, story.NOW))
        board.publish(topics.FINDINGS, Reading(story.findings(), State.OK, story.NOW))
        await settled(pilot)
        assert asked == [(topics.SPLITS,)]
        assert "what carries api's bad requests is being" in text(app)


# ---- Metrics ---------------------------------------------------------------------------------------------------------


async def test_the_chart_follows_the_cursor_and_t_changes_its_range(fixed_clock: None) -> None:
    app = console(story.board(), start=1)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot)
        assert "service: api   range 1h" in shown(app, "views")
        assert tab.table is not None
        tab.table.go(tab.table.row_count - 1)
        await settled(pilot)
        await until(pilot, lambda: "service: web" in shown(app, "views"))
        await pressed(pilot, "t")
        assert "range 3h" in shown(app, "views")


async def test_f_makes_the_chart_the_screen_and_esc_gives_the_table_back(fixed_clock: None) -> None:
    app = console(story.board(), start=1)
    async with app.run_test(size=(120, 40)) as pilot:
        tab = await settled(pilot)
        before = tab.query(ChartView).first().size.height
        await pressed(pilot, "f")
        assert tab.query(ChartView).first().size.height > before
        await pressed(pilot, "escape")
        assert tab.query(ChartView).first().size.height == before


async def test_w_tells_the_rule_and_o_goes_to_the_workload(fixed_clock: None) -> None:
    app = console(story.board(), start=1)
    async with app.run_test(size=(160, 45)) as pilot:
        await settled(pilot)
        await pressed(pilot, "w")
        assert "p99-critical of policy default" in page(pilot)
        assert "000_checkout.txt:53" in page(pilot)
        tab = await pressed(pilot, "escape", "o")
        assert (tab.digit, tab.view, tab.row.workload.name) == (2, "workloads", "api")


# ---- Pods ------------------------------------------------------------------------------------------------------------


async def test_into_a_workload_into_a_pod_and_back(fixed_clock: None) -> None:
    app = console(story.board(), start=2)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot)
        assert rows(tab.table)[0].startswith("▲ worker")
        tab = await pressed(pilot, "enter")
        assert tab.view == "pods"
        assert headline(app) == "1 of 2 pods of deployment/worker running (esc goes back)"
        assert [row.split()[0] for row in rows(tab.table)] == ["▲", "worker-41-0"]
        await pressed(pilot, "enter")
        assert "status      CrashLoopBackOff" in page(pilot)
        assert "owned by    ReplicaSet/worker-41" in page(pilot)
        tab = await pressed(pilot, "escape", "escape")
        assert (tab.view, tab.row.workload.name) == ("workloads", "worker")


async def test_o_offers_what_is_related_and_esc_comes_back_level_by_level(fixed_clock: None) -> None:
    app = console(story.board(), start=2)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot)
        tab.go_to(f"{story.NAMESPACE}/api")
        await pressed(pilot, "o")
        dialog = pilot.app.screen
        assert isinstance(dialog, Choose)
        assert [plain(line) for line in dialog.page._lines] == [
            " HPA api", " service api", " budget api", " its 2 replica sets",
        ]  # fmt: skip
        tab = await pressed(pilot, "enter")
        assert (tab.view, tab.row.name) == ("hpas", "api")
        tab = await pressed(pilot, "enter")  # what it scales
        assert (tab.view, tab.row.workload.name) == ("workloads", "api")
        tab = await pressed(pilot, "escape")
        assert (tab.view, tab.row.name) == ("hpas", "api")
        tab = await pressed(pilot, "minus")
        assert (tab.view, tab.row.workload.name) == ("workloads", "api")


async def test_what_has_one_relation_goes_there_at_once_and_what_has_none_says_so(fixed_clock: None) -> None:
    app = console(story.board(), start=2)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot, "nodes")
        tab = await pressed(pilot, "o")
        assert (tab.view, headline(app)) == ("pods", "5 of 5 pods of node-1 running (esc goes back)")
        tab.go_to(f"{story.NAMESPACE}/node-exporter")
        await pressed(pilot, "o")
        assert "nothing that is seen here is related to daemonset/node-exporter" in said(pilot)


async def test_e_shows_the_events_of_the_row_alone(fixed_clock: None) -> None:
    app = console(story.board(), start=2)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot)
        tab = await pressed(pilot, "e")
        assert tab.view == "events"
        assert len(rows(tab.table)) == 1
        assert "BackOff" in rows(tab.table)[0]
        tab = await pressed(pilot, "escape")
        assert tab.view == "workloads"
        tab = await settled(pilot, "events")
        assert len(rows(tab.table)) == len(story.events())


async def test_h_tells_what_changed_about_the_row(fixed_clock: None) -> None:
    app = console(story.board(), start=2)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot)
        tab.go_to(f"{story.NAMESPACE}/api")
        await pressed(pilot, "h")
        assert "02:39  release  release api 1.8.1→1.8.2  deployer" in page(pilot)
        await pressed(pilot, "escape")
        tab.go_to(f"{story.NAMESPACE}/web")
        await pressed(pilot, "h")
        assert "nothing about web changed in the last 60 min" in said(pilot)


async def test_a_node_opens_its_pods(fixed_clock: None) -> None:
    app = console(story.board(), start=2)
    async with app.run_test(size=(160, 45)) as pilot:
        await settled(pilot, "nodes")
        tab = await pressed(pilot, "enter")
        assert tab.view == "pods"
        assert tab.table is not None
        assert {pod.node for pod in tab.table.visible_rows()} == {"node-1"}


async def test_unknown_usage_is_a_question_mark_and_no_request_a_dash(fixed_clock: None) -> None:
    app = console(story.board(), start=2)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot, "pods")
        by_name = {row[2:].split()[0]: row[2:].split() for row in rows(tab.table)}
        assert by_name["api-41-0"][6:8] == ["91", "62"]
        assert by_name["web-41-1"][6:8] == ["?", "?"]
        assert by_name["node-exporter-41-0"][6:8] == ["-", "-"]


async def test_z_keeps_what_is_wrong_slash_filters_and_n_walks_the_matches(fixed_clock: None) -> None:
    app = console(story.board(), start=2)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot, "pods")
        await pressed(pilot, "z")
        assert [row.split()[1] for row in rows(tab.table)] == ["worker-41-1"]
        await pressed(pilot, "z")
        tab.apply_filter("web-")
        assert len(rows(tab.table)) == 2
        first = tab.row.name
        await pressed(pilot, "n")
        assert tab.row.name != first
        await pressed(pilot, "n")
        assert tab.row.name == first
        await pressed(pilot, "b")
        assert tab.row.name != first
        await pressed(pilot, "escape")
        assert len(rows(tab.table)) == len(story.pods())


async def test_s_and_a_letter_sort_worst_first(fixed_clock: None) -> None:
    app = console(story.board(), start=2)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot, "pods")
        await pressed(pilot, "s", "r")
        assert tab.table is not None
        assert tab.table.visible_rows()[0].restarts == 7
        assert "sort: rst" in shown(app, "views")
        await pressed(pilot, "s", "v")
        assert "s v means nothing here" in said(pilot)


async def test_the_pane_says_why_and_what_the_last_rollout_changed(fixed_clock: None) -> None:
    app = console(story.board(), start=2)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot)
        tab.go_to(f"{story.NAMESPACE}/api")
        await settled(pilot)
        screen = text(app)
        assert "api ─ why: cpu 91/65 % of request x 3 pods = wants 5, held to 3 by maxReplicas" in screen
        assert "Container started (x3)" in screen
        assert "ROLLOUT rev 41 1.8.2 14m · before: rev 40 1.8.1 9d · template differs: image, env FEED_V2" in screen


# ---- Queries ---------------------------------------------------------------------------------------------------------


async def test_sessions_open_grouped_and_enter_lists_a_group(fixed_clock: None) -> None:
    app = console(story.board(), start=3)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot, "sessions")
        first, *others = rows(tab.table)
        assert first.split()[:4] == ["▲", "api", "active", "8"]
        assert "Lock: relation (8)" in first
        assert len(others) == 3
        tab = await pressed(pilot, "enter")
        assert tab.pane == "members"
        assert headline(app) == "8 sessions of api, active (esc goes back)"
        assert len(rows(tab.table)) == 8
        tab = await pressed(pilot, "escape")
        assert tab.pane == "sessions"
        assert len(rows(tab.table)) == 4


async def test_locks_are_a_tree_whose_fold_enter_opens(fixed_clock: None) -> None:
    app = console(story.board(), start=3)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot, "locks")
        tree = rows(tab.table)
        assert tree[0].split()[:4] == ["▲", "4711", "13m", "9"]
        assert tree[1].startswith("  └ 4820")
        assert tree[2].startswith("    ├ 5000")
        assert tree[-1].startswith("    └ 3 more")
        await pressed(pilot, "G")
        tab = await pressed(pilot, "enter")
        tree = rows(tab.table)
        assert len(tree) == 10
        assert tree[-1].startswith("    └ 5007")


async def test_the_consoles_own_statements_show_when_asked_for(fixed_clock: None) -> None:
    app = console(story.board(), start=3)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot)
        assert isinstance(tab, QueriesTab)
        assert not any("pg_stat_activity" in row for row in rows(tab.table))
        assert "1 of the console's own left out, 0 % (x)" in headline(app)
        tab.set_option("own", True)
        await settled(pilot)
        assert any("pg_stat_activity" in row for row in rows(tab.table))
        assert "left out" not in tab.headline()


async def test_a_statement_stays_marked_while_its_finding_stands_and_its_server_is_found(fixed_clock: None) -> None:
    board = story.board()
    what = "statement 02c1 called x3.8, 94 % of the time"
    grown = Finding("statement:10/5/2/1", Severity.WARNING, what, 3, object="10/5/2/1", rule="statement")
    findings: Reading[tuple[Finding, ...]] = Reading((grown,), State.OK, story.NOW, 0.01, "rules")
    board.publish(topics.FINDINGS, findings)
    app = console(board, start=3)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot)
        assert isinstance(tab, QueriesTab)
        assert [row.split()[0] for row in rows(tab.table)[:2]] == ["▲", "▲"]
        assert what in headline(app)
        assert tab.go_to("10/5/2/1")
        assert what in tab.why()
        tab.show_view("locks")
        assert tab.go_to("pg-primary")
        assert tab.view == "statements"
        assert not tab.go_to("another server")


async def test_health_shows_what_fails_and_the_rest_as_one_row(fixed_clock: None) -> None:
    app = console(story.board(), start=3)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot, "health")
        assert [row.split()[0] for row in rows(tab.table)] == ["▲", "?", "1"]
        await pressed(pilot, "G", "enter")
        assert any("Transaction ids left" in row for row in rows(tab.table))


async def test_y_is_the_sql_and_c_c_what_shows_it_in_psql(fixed_clock: None) -> None:
    app = console(story.board(), start=3)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot)
        assert tab.copy_command() == "SELECT * FROM pg_stat_statements WHERE queryid = 32570;"
        await pressed(pilot, "y")
        await until(pilot, lambda: isinstance(app.screen, ObjectPage) and "order_items" in app.screen.page.text)
        assert isinstance(app.screen, ObjectPage)
        assert app.screen.page.text.split("\n") == ["SELECT *", "FROM order_items", "WHERE order_id = $1"]


# ---- Costs, Customers, Incidents -------------------------------------------------------------------------------------


async def test_the_budget_is_one_sentence_that_fits(fixed_clock: None) -> None:
    app = console(story.board(), start=4)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert headline(app) == "platform 75 % of $55,000, day 25/31 · -> $51,088 · ai exhausted 30 Mar"
        await pilot.resize_terminal(160, 45)
        await settled(pilot)
        assert headline(app).startswith("BUDGET platform  $41,200 of $55,000 = 75 % on day 25/31 (81 %) · run-rate")
        assert headline(app).endswith("ai exhausted 30 Mar")


async def test_x_picks_the_budget_of_the_chart(fixed_clock: None) -> None:
    app = console(story.board(), start=4)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot)
        assert [(option.id, option.on) for option in tab.options()] == [("platform", True), ("ai", False)]
        tab.set_option("ai", True)
        await settled(pilot)
        assert "burn-down ai" in text(app)


async def test_enter_on_a_customer_shows_how_the_score_is_made_up(fixed_clock: None) -> None:
    app = console(story.board(), start=5)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot, "health")
        assert rows(tab.table)[0].startswith("▲ c-1001")
        assert len(rows(tab.table)) == 5
        await pressed(pilot, "enter")
        assert "support tickets" in page(pilot)
        assert "feature adoption" in page(pilot)
        assert "pro, $170 a month" in page(pilot)


async def test_names_are_hidden_until_x_shows_them(fixed_clock: None) -> None:
    app = console(story.board(), start=5)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot, "health")
        assert "Customer 1001" not in text(app)
        tab.set_option("names", True)
        await settled(pilot)
        assert "c-1001 Customer 1001" in text(app)


@pytest.mark.parametrize(("breached", "view"), [(True, "hurt"), (False, "health")])
async def test_customers_open_on_whom_a_breach_hurts(breached: bool, view: str, fixed_clock: None) -> None:
    board = story.board()
    if not breached:
        board.publish(topics.FINDINGS, Reading(story.QUIET, State.OK, story.NOW))
    app = console(board, start=5)
    async with app.run_test(size=(120, 40)) as pilot:
        tab = await settled(pilot)
        assert tab.view == view


# ---- every tab -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("digit", "key"), [(0, "l"), (0, ","), (2, "."), (3, "l"), (4, ","), (5, "."), (6, "l")])
async def test_keys_that_have_nothing_to_show_say_so_in_one_line(digit: int, key: str, fixed_clock: None) -> None:
    app = console(story.board(), start=digit)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pressed(pilot, key)
        words = {"l": "l: ", ",": ", (earlier) has nothing", ".": ". (later) has nothing"}
        assert said(pilot).startswith(words[key])
        assert not app.dialog_open


@pytest.mark.parametrize("digit", range(7))
async def test_every_tab_moves_copies_and_describes(digit: int, fixed_clock: None) -> None:
    app = console(story.board(), start=digit)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot)
        await pressed(pilot, "G", "g", "j", "k", "ctrl+d", "ctrl+u", "right", "left", "space", "r")
        assert tab.copy_text()
        assert "\x1b" not in tab.copy_view()
        await pressed(pilot, "d")
        assert page(pilot).strip()
