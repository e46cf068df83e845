"""What the tabs say while a source has not answered, is late, stale, failed, off, denied, or has nothing to tell."""

import re
from datetime import timedelta
from typing import Any

import pytest

from opsconsole.model.collection import Collection
from opsconsole.model.metrics import Measures
from opsconsole.model.reading import Problem, ProblemKind, Reading, State
from opsconsole.poller import topics
from opsconsole.poller.board import Board

from . import story
from .tabs import console, headline, settled, text

VIEWS = [
    (1, "services"),
    (2, "wrong"),
    (2, "workloads"),
    (2, "pods"),
    (3, "statements"),
    (3, "sessions"),
    (3, "locks"),
    (3, "health"),
    (4, "budget"),
    (5, "health"),
    (6, "open"),
]
REASSURING = re.compile(r"\b(fine|nothing is wrong|none wrong|no service breaches|nobody waits|nobody is hurt)\b")


def refused(state: State, kind: ProblemKind = ProblemKind.UNREACHABLE) -> Board:
    """Nothing was ever read."""
    board = Board()
    problem = Problem(kind, "the server refuses the connection", "check that it runs, then press r")
    for topic in story.parts():
        if topic.system != "rules":
            board.mark(topic, state, problem)
    return board


@pytest.mark.parametrize("size", [(160, 45), (80, 24)], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize(("digit", "view"), VIEWS, ids=lambda part: str(part))
async def test_failed_is_said_with_what_to_do(digit: int, view: str, size: tuple[int, int], fixed_clock: None) -> None:
    app = console(refused(State.FAILED), start=digit)
    async with app.run_test(size=size) as pilot:
        await settled(pilot, view)
        assert headline(app).startswith("FAILED: the server refuses the connection")
        assert not REASSURING.search(text(app))


@pytest.mark.parametrize(("digit", "view"), VIEWS, ids=lambda part: str(part))
async def test_before_the_first_answer_nothing_is_claimed(digit: int, view: str, fixed_clock: None) -> None:
    app = console(Board(), start=digit)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot, view)
        assert headline(app) == "waiting for the first answer"
        assert not REASSURING.search(text(app))


@pytest.mark.parametrize(("digit", "view"), VIEWS, ids=lambda part: str(part))
async def test_what_the_profile_leaves_out_is_off(digit: int, view: str, fixed_clock: None) -> None:
    app = console(refused(State.OFF, ProblemKind.MISSING), start=digit)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot, view)
        assert headline(app).startswith("not configured: ")
        assert "FAILED" not in text(app)


@pytest.mark.parametrize(("state", "word"), [(State.STALE, "STALE 4m"), (State.LATE, "LATE 4m")])
@pytest.mark.parametrize(("digit", "view"), VIEWS, ids=lambda part: str(part))
async def test_old_data_stands_dated_and_reassures_nobody(
    digit: int, view: str, state: State, word: str, fixed_clock: None
) -> None:
    board = story.board(state=state, taken=story.NOW - timedelta(minutes=4))
    app = console(board, start=digit)
    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot, view)
        assert headline(app).startswith(word)
        assert not REASSURING.search(text(app))
        if tab.table is not None and state is State.STALE:
            assert tab.table._dimmed


async def test_an_empty_now_page_is_good_news_only_while_all_is_seen(fixed_clock: None) -> None:
    board = story.board()
    board.publish(topics.FINDINGS, Reading(story.QUIET, State.OK, story.NOW))
    app = console(board)
    async with app.run_test(size=(160, 45)) as pilot:
        await settled(pilot)
        assert "no rule of the policy is breached" in text(app)

        board.publish(
            topics.MEASURES, Reading(Measures(0.0, failed=(("queue.depth", "refused"),)), State.OK, story.NOW)
        )
        board.mark(topics.REDIS, State.FAILED, Problem(ProblemKind.UNREACHABLE, "gone"))
        await settled(pilot)
        assert "no rule of the policy is breached" not in text(app)
        assert "no breach is seen, but not all is known: redis FAILED, 1 measure unknown" in text(app)


async def test_the_now_page_dates_what_is_old(fixed_clock: None) -> None:
    app = console(story.board(state=State.STALE, taken=story.NOW - timedelta(minutes=4)))
    async with app.run_test(size=(160, 45)) as pilot:
        await settled(pilot)
        screen = text(app)
        assert "PULSE  STALE 4m" in screen
        assert "metrics STALE 4m" in screen
        assert "CHANGED, last 60 min  STALE 4m" in screen


async def test_a_namespace_that_may_not_be_listed_is_named(fixed_clock: None) -> None:
    board = story.board()
    others: tuple[topics.Topic[Any], ...] = (
        topics.HPAS, topics.BUDGETS, topics.K8S_SERVICES, topics.QUOTAS, topics.NAMESPACES, topics.CLAIMS,
    )  # fmt: skip
    for topic in others:
        board.publish(topic, Reading(Collection({}, complete=True), State.OK, story.NOW))
    of_web = {uid: pod for uid, pod in story.pods().items() if pod.name.startswith("web-")}
    board.publish(topics.PODS, Reading(Collection(of_web, complete=True, denied=("payments",)), State.OK, story.NOW))
    healthy = {uid: row for uid, row in story.workloads().items() if uid == "w-web"}
    board.publish(topics.WORKLOADS, Reading(Collection(healthy, complete=True), State.OK, story.NOW))
    app = console(board, start=2)
    async with app.run_test(size=(160, 45)) as pilot:
        await settled(pilot, "wrong")
        assert "not all is seen · not seen: pods (forbidden in payments)" in headline(app)
        assert "nothing wrong is seen, but not all is seen" in text(app)
        await settled(pilot, "pods")
        assert "forbidden: needs list pods in payments" in headline(app)


async def test_a_first_list_that_still_arrives_is_loading(fixed_clock: None) -> None:
    board = story.board()
    board.publish(topics.PODS, Reading(Collection(story.pods()), State.OK, story.NOW))
    app = console(board, start=2)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot, "pods")
        assert "still loading" in headline(app)


EMPTY: list[tuple[Any, Any, int, str, str]] = [
    (topics.PODS, Collection({}, complete=True), 2, "pods", "no pod runs here"),
    (topics.SERVICES, type(story.services())(), 1, "services", "no service has requests"),
    (topics.PG_SESSIONS, type(story.sessions())("pg"), 3, "sessions", "no session is open beside the console's own"),
    (topics.PG_SESSIONS, type(story.sessions())("pg"), 3, "locks", "nobody waits for a lock"),
    (topics.CUSTOMERS, type(story.customers())((), None), 5, "health", "the customer table is empty"),
    (topics.INCIDENTS, type(story.incidents())(), 6, "open", "no incident is open"),
]


@pytest.mark.parametrize(("topic", "value", "digit", "view", "sentence"), EMPTY, ids=lambda part: str(part)[:24])
async def test_nothing_there_is_a_sentence(
    topic: Any, value: Any, digit: int, view: str, sentence: str, fixed_clock: None
) -> None:
    board = story.board()
    board.publish(topic, Reading(value, State.OK, story.NOW))
    app = console(board, start=digit)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot, view)
        assert sentence in text(app)


async def test_an_empty_list_of_a_silent_source_says_when_that_was(fixed_clock: None) -> None:
    board = story.board()
    nobody = type(story.sessions())("pg")
    board.publish(topics.PG_SESSIONS, Reading(nobody, State.STALE, story.NOW - timedelta(minutes=4)))
    app = console(board, start=3)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot, "locks")
        assert "nobody waits for a lock, as last read" in text(app)
