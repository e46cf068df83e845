"""The lists of the Pods tab: what each says of its kind, how they lead into each other, what Wrong holds."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from textual.containers import Vertical
from textual.pilot import Pilot

from opsconsole.app import Console
from opsconsole.config import keymap
from opsconsole.model.collection import Collection
from opsconsole.model.kubernetes import Event, Pod
from opsconsole.model.reading import Problem, ProblemKind, Reading, State
from opsconsole.poller import topics
from opsconsole.screens.dialogs.choose import Choose
from opsconsole.screens.pods import PodsTab
from opsconsole.screens.table_tab import TableTab
from opsconsole.text.clean import clean

from . import story
from .driving import shown, until
from .tabs import console, headline, rows, settled, text


def with_runs() -> Any:
    board = story.board()
    both = story.workloads() | story.runs()
    board.publish(topics.WORKLOADS, Reading(Collection(both, complete=True), State.OK, story.NOW))
    return board


async def pressed(pilot: Pilot[Any], *keys: str) -> PodsTab:
    app = pilot.app
    assert isinstance(app, Console)
    for key in keys:
        await pilot.press(key)
        await until(pilot, lambda: app._gate.deadline is None)
    tab = await settled(pilot)
    assert isinstance(tab, PodsTab)
    return tab


def names(tab: TableTab) -> list[str]:
    return [row[2:].split()[0] for row in rows(tab.table)]


async def test_wrong_holds_every_kind_worst_first_and_enter_goes_to_the_object(fixed_clock: None) -> None:
    app = console(story.board(), start=2)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot, "wrong")
        assert tab.table is not None
        assert [(row.kind, row.name, row.verdict.words, row.touches) for row in tab.table.visible_rows()] == [
            ("Deployment", "worker", "CrashLoopBackOff 1 pod: OOMKilled 137", "1 of 2 pods"),
            ("Service", "legacy", "its selector selects no pod", "every request to it"),
            ("Deployment", "api", "HPA at max since 02:44, wants 5", "3 pods"),
            ("Namespace", "preview-17", "terminating for 42m", "its name stays taken"),
            ("PersistentVolumeClaim", "data-1", "pending for 30m", "pods that use it"),
            ("ResourceQuota", "compute", "pods 90 %: 9/10", "new pods there"),
        ]  # fmt: skip
        assert tab.view_note("wrong") == "6", "the budget of worker waits for its pods, which are told with it"
        assert headline(app) == "6 wrong: 2 deployments, 1 namespace, 1 pvc, 1 quota, 1 service"
        tab.table.go(5)
        tab = await pressed(pilot, "enter")
        assert (tab.pane, tab.row.of.name) == ("quotas", "compute")
        tab = await pressed(pilot, "escape")
        assert (tab.pane, tab.row.kind) == ("wrong", "ResourceQuota")


async def test_a_kind_that_may_not_be_read_is_named_where_nothing_is_seen_wrong(fixed_clock: None) -> None:
    board = story.board()
    refused = Problem(ProblemKind.FORBIDDEN, "may not list services in all namespaces", "ask for the right")
    board.publish(topics.K8S_SERVICES, Reading(None, State.FAILED, None, problem=refused))
    app = console(board, start=2)
    async with app.run_test(size=(160, 45)) as pilot:
        await settled(pilot, "wrong")
        assert headline(app).endswith("1 pvc, 1 quota · not seen: services (forbidden)")
        tab = await settled(pilot, "more")
        assert any("forbidden: may not list services in all namespaces" in row for row in rows(tab.table))
        await settled(pilot, "services")
        assert "may not list services in all namespaces" in headline(app)


async def test_more_counts_each_list_and_enter_goes_in_and_back_to_the_same_row(fixed_clock: None) -> None:
    app = console(with_runs(), start=2)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot, "more")
        assert tab.table is not None
        found = {row.id: (row.count, row.wrong) for row in tab.table.rows.values()}
        assert {name: found[name] for name in ("services", "budgets", "jobs", "cronjobs", "quotas", "claims")} == {
            "services": (4, 1), "budgets": (2, 0), "jobs": (2, 0), "cronjobs": (1, 0), "quotas": (1, 1),
            "claims": (2, 1),
        }  # fmt: skip
        tab.table.go_to("cronjobs")
        tab = await pressed(pilot, "enter")
        assert (tab.view, tab.pane) == ("more", "cronjobs")
        tab = await pressed(pilot, "minus")
        assert (tab.pane, tab.row.id) == ("more", "cronjobs")


LEVELS: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "services": ("s-api", [("endpoints", "3 of 3 endpoints ready of service/api"), ("pods", "1 of 1 pod of address")]),
    "budgets": ("b-worker", [("pods", "1 of 2 pods of pdb/worker running")]),
    "namespaces": (
        f"namespace {story.NAMESPACE}",
        [("workloads", "6 workloads of namespace/social-live-prod, 2 wrong"), ("pods", "1 of 2 pods of")],
    ),
    "cronjobs": ("w-invoice", [("jobs", "2 jobs of cronjob/invoice"), ("pods", "0 of 0 pods of job/invoice-2")]),
    "hpas": (
        "h-api",
        [
            ("workloads", "2 of 6 workloads wrong · 4 wrong in other lists (v w)"),
            ("pods", "3 of 3 pods of deployment/api"),
        ],
    ),
    "nodes": ("n-node-1", [("pods", "5 of 5 pods of node-1 running")]),
    "events": ("e-20", [("pods", "8 of 9 pods running")]),
}  # fmt: skip


@pytest.mark.parametrize("view", LEVELS)
async def test_enter_leads_from_kind_to_kind_and_esc_back_level_by_level(view: str, fixed_clock: None) -> None:
    app = console(with_runs(), start=2)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot, view)
        key, levels = LEVELS[view]
        assert tab.table is not None
        assert tab.table.go_to(key)
        places = []
        for pane, words in levels:
            assert tab.table is not None
            places.append((tab.pane, tab.table.cursor_key))
            tab = await pressed(pilot, "enter")
            assert tab.pane == pane
            assert words in headline(app)
        for place in reversed(places):
            tab = await pressed(pilot, "escape")
            assert tab.table is not None
            assert (tab.pane, tab.table.cursor_key) == place


SAID = {
    "services": ("s-worker", "worker ─ ok · 1 of 2 endpoints ready · ClusterIP 10.96.0.3 80/TCP"),
    "budgets": ("b-worker", "held by    1 pod not ready: worker-41-1"),
    "namespaces": (f"namespace {story.NAMESPACE}", "5 wrong · 6 workloads, 9 pods"),
    "cronjobs": ("w-invoice", "1 job running · */30 * * * * · last run 23m ago · next 03:00Z"),
    "jobs": ("w-invoice-2", "running 0/1 · 0 of 1 completed · runs for 23m · begun by cronjob/invoice"),
    "quotas": ("q-1", "pods                                  9 of 10         90 %"),
    "claims": ("c-2", "asked 20Gi, has nothing yet · class gp9"),
    "replicasets": ("rs-41", "api-41 ─ 3 of 3 ready · revision 41 · owned by deployment/api"),
    "endpoints": ("es-worker 10.244.0.11", "not ready: takes no traffic · pod worker-41-1 CrashLoopBackOff, 0/1 ready"),
}


@pytest.mark.parametrize("view", SAID)
async def test_the_pane_says_why_with_numbers(view: str, fixed_clock: None) -> None:
    app = console(with_runs(), start=2)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot, view)
        key, words = SAID[view]
        assert tab.table is not None
        assert tab.table.go_to(key)
        await settled(pilot)
        assert words in text(app)


async def test_z_keeps_what_is_wrong_of_a_list_but_all_of_a_part(fixed_clock: None) -> None:
    app = console(with_runs(), start=2)
    async with app.run_test(size=(160, 45)) as pilot:
        for view, wrong in (("services", ["legacy"]), ("budgets", []), ("claims", ["data-1"]), ("jobs", [])):
            await settled(pilot, view)
            tab = await pressed(pilot, "z")
            assert names(tab) == wrong
        await settled(pilot, "pods")
        tab = await pressed(pilot, "z")
        assert names(tab) == ["worker-41-1"]
        await settled(pilot, "nodes")
        tab = await pressed(pilot, "enter")
        assert len(names(tab)) == 5
        tab.show_view("pods")
        await settled(pilot)
        assert names(tab) == ["worker-41-1"]


async def test_what_is_watched_on_demand_is_wanted_while_it_is_on_the_screen(fixed_clock: None) -> None:
    wanted: list[str] = []

    def want(topic: Any) -> Callable[[], None]:
        wanted.append(topic.name)
        return lambda: wanted.remove(topic.name)

    app = console(story.board(), start=2)
    app.context.want = want
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot, "services")
        assert wanted == [topics.ENDPOINTS.name]
        tab.show_view("more")
        assert sorted(wanted) == sorted([topics.NAMESPACES.name, topics.CLAIMS.name])
        tab.show_view("pods")
        assert wanted == []


async def test_pods_that_have_completed_are_not_missing(fixed_clock: None) -> None:
    board = story.board()
    done = {"p-api-2", "p-api-1"}
    pods = {
        uid: msgspec.structs.replace(pod, status="Completed", phase="Succeeded") if uid in done else pod
        for uid, pod in story.pods().items()
    }
    board.publish(topics.PODS, Reading(Collection(pods, complete=True), State.OK, story.NOW))
    app = console(board, start=2)
    async with app.run_test(size=(160, 45)) as pilot:
        await settled(pilot, "pods")
        assert headline(app) == "6 of 7 pods running, 2 completed"
        tab = await settled(pilot, "workloads")
        assert tab.table is not None
        tab.table.go_to("w-api")
        await pressed(pilot, "enter")
        assert headline(app) == "1 of 1 pod of deployment/api running, 2 completed (esc goes back)"


async def test_an_empty_list_says_what_hides_its_rows(fixed_clock: None) -> None:
    app = console(story.board(), start=2)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot, "pods")
        assert tab.table is not None
        tab.apply_filter("nosuch")
        assert tab.table.empty == "none of 9 pods matches nosuch (/ then esc clears the filter)"
        tab.apply_filter("")
        tab = await settled(pilot, "hpas")
        tab.apply_filter("web")
        tab = await pressed(pilot, "z")
        assert tab.table is not None
        assert tab.table.empty.startswith("none of 1 HPA is wrong and matches web (z shows all; ")
        assert tab.table.empty in text(app)


async def test_wrong_says_the_same_above_the_list_and_in_it(fixed_clock: None) -> None:
    board = story.board()
    seen: tuple[topics.Topic[Any], ...] = (
        topics.PODS, topics.WORKLOADS, topics.NODES, topics.HPAS, topics.K8S_SERVICES, topics.BUDGETS, topics.QUOTAS,
        topics.NAMESPACES, topics.CLAIMS,
    )  # fmt: skip
    for topic in seen:
        nothing: Collection[Any] = Collection({}, complete=topic is not topics.PODS)
        board.publish(topic, Reading(nothing, State.OK, story.NOW))
    app = console(board, start=2)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot, "wrong")
        assert tab.table is not None
        assert "not seen: pods (loading)" in tab.table.empty
        no_pods: Collection[Pod] = Collection({}, complete=True)
        board.publish(topics.PODS, Reading(no_pods, State.OK, story.NOW))
        await until(pilot, lambda: headline(app) == "nothing is wrong, of whatever kind")
        assert tab.table.empty == headline(app)


async def test_full_screen_says_the_way_back_and_a_choice_is_as_high_as_its_lines(fixed_clock: None) -> None:
    app = console(story.board(), start=2)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot, "workloads")
        await pilot.press("f")
        assert "f brings the lines above back" in shown(app, "footer")
        await pilot.press("f")
        assert not app.frame.has_class("-full")
        assert tab.table is not None
        tab.table.go_to("w-worker")
        await pilot.press("o")
        await until(pilot, lambda: isinstance(app.screen, Choose) and "budget worker" in text(app))
        assert app.screen.query_one(Vertical).size.height == 4, "title, two lines, hint"


async def test_the_footer_names_the_keys_of_the_list_that_is_shown(fixed_clock: None) -> None:
    app = console(story.board(), start=2)
    async with app.run_test(size=(160, 45)) as pilot:
        for view in PodsTab.views:
            tab = await settled(pilot, view.id)
            named = shown(app, "footer")
            assert ("l logs" in named) == ("logs" in tab.hints())
            assert all(keymap.by_id(name).title in named for name in tab.hints()), named
            assert ("w why" in named) == (view.id in ("wrong", "workloads", "pods", "hpas", "nodes"))


async def test_words_of_k9s_open_lists_and_filter_them(fixed_clock: None) -> None:
    app = console(story.board(), start=2)
    async with app.run_test(size=(160, 45)) as pilot:
        await settled(pilot)
        await pilot.press("colon", *"svc w", "enter")
        tab = await settled(pilot)
        assert (tab.pane, names(tab)) == ("services", ["web", "worker"])
        assert clean(headline(app)) == "4 services, 1 wrong"


async def test_news_that_cannot_be_taken_in_is_said_and_holds_up_nothing_after_it(
    fixed_clock: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = story.board()
    app = console(board, start=2)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await pressed(pilot)
        known = tab.known

        def stumbles(delta: object) -> set[Any]:
            monkeypatch.undo()
            raise ValueError("an object like no other")

        monkeypatch.setattr(known.index, "pods_changed", stumbles)
        board.publish(topics.PODS, Reading(Collection(story.pods(), complete=True), State.OK, story.NOW))
        await until(pilot, lambda: known.lost_news)
        await settled(pilot)
        assert "not all could be taken in: see the log in !" in headline(app)
        none: Collection[Event] = Collection({}, complete=True)
        board.publish(topics.EVENTS, Reading(none, State.OK, story.NOW))
        await until(pilot, lambda: not known.events)
