"""Action items as people type them."""

from datetime import UTC, date, datetime, timedelta

import pytest

from opsconsole.model.incident import TimelineEntry
from opsconsole.rules.action_items import action_items, finished, open_items

START = datetime(2026, 3, 26, 2, 41, tzinfo=UTC)


def todo(id: str, text: str, minutes: int = 0, *, of: str = "INC-4", supersedes: str = "") -> TimelineEntry:
    at = START + timedelta(minutes=minutes)
    return TimelineEntry(id, of, START, at, "todo", "ada", "human", text, supersedes=supersedes)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@jonas due 2026-12-01 prevent: own pool", ("jonas", date(2026, 12, 1), "prevent", "own pool")),
        ("watch it, due: 2026-12-01 #detect @lena.b", ("lena.b", date(2026, 12, 1), "detect", "watch it")),
        ("ask ops@example.org about it", ("", None, "", "ask ops@example.org about it")),
        ("due 2026-02-31 look again", ("", None, "", "due 2026-02-31 look again")),
        ("@ada", ("ada", None, "", "")),
    ],
)
def test_owner_due_date_and_type_may_stand_anywhere(text: str, expected: tuple[object, ...]) -> None:
    (item,) = action_items([todo("a", text)])
    assert (item.owner, item.due, item.type, item.text) == expected


def test_an_item_keeps_its_number_when_it_is_corrected() -> None:
    entries = [
        todo("a", "first", 1), todo("b", "second", 2), todo("c", "other incident", 3, of="INC-5"),
        todo("a2", "first, said better", 9, supersedes="a"),
    ]  # fmt: skip
    found = {item.id: item.text for item in action_items(entries)}
    assert found == {"INC-4/1": "first, said better", "INC-4/2": "second", "INC-5/1": "other incident"}


def test_what_is_due_first_stands_first_and_what_is_done_last() -> None:
    texts = ["no date", "due 2026-12-09 later", "due 2026-12-01 sooner", finished("due 2026-11-01 long ago")]
    entries = [todo(str(number), text, number) for number, text in enumerate(texts)]
    assert [item.text for item in action_items(entries)] == ["sooner", "later", "no date", "long ago"]
    assert [item.state for item in action_items(entries)] == ["open", "open", "open", "done"]
    assert len(open_items(entries)) == 3


def test_overdue_is_the_day_after_and_never_when_done() -> None:
    (item,) = action_items([todo("a", "due 2026-12-01 x")])
    assert [item.overdue(date(2026, 12, day)) for day in (1, 2)] == [False, True]
    (done,) = action_items([todo("a", finished("due 2026-12-01 x"))])
    assert not done.overdue(date(2027, 1, 1))


def test_done_once_is_done_twice() -> None:
    assert finished(finished("[ ] x")) == "[x] x"
