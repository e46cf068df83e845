"""RowOrder: what waits for its place, what has left, and that many rows are sorted in slices as few are at once."""

import random
from dataclasses import dataclass

import pytest

from opsconsole.poller.slices import Slices
from opsconsole.text import clock
from opsconsole.widgets.row_order import GONE, RowOrder


@dataclass(frozen=True)
class Row:
    name: str
    load: int | None = 0


def order_of(*rows: Row) -> RowOrder[Row]:
    order: RowOrder[Row] = RowOrder(lambda row: row.name)
    for row in rows:
        order.put(f"uid-{row.name}", row)
    order.arrange(None)
    return order


def names(order: RowOrder[Row]) -> str:
    return " ".join(key.removeprefix("uid-") for key in order.shown)


def load(row: Row) -> int | None:
    return None if row.load is None else -row.load


def test_only_a_row_that_would_stand_elsewhere_waits() -> None:
    order = order_of(Row("a", 3), Row("b", 2), Row("c", 1))
    order.sort(load)
    order.arrange(None)
    order.put("uid-b", Row("b", 3))
    assert not order.waiting
    order.put("uid-b", Row("b", 9))
    assert order.waiting == {"uid-b"}
    order.put("uid-b", Row("b", 2))
    assert not order.waiting


@pytest.mark.parametrize(("reverse", "expected"), [(False, "c a b x y"), (True, "b a c x y")])
def test_what_is_unknown_stands_last_in_both_directions(reverse: bool, expected: str) -> None:
    order = order_of(Row("x", None), Row("a", 5), Row("b", 1), Row("c", 7), Row("y", None))
    order.sort(load, reverse=reverse)
    order.arrange(None)
    assert names(order) == expected


def test_of_the_rows_that_left_only_the_cursors_is_kept_with_its_last_values() -> None:
    order = order_of(Row("a"), Row("b", 4), Row("c"))
    for key in ("uid-a", "uid-b"):
        assert order.drop(key, GONE, clock.now(), True)
    order.put("uid-b2", Row("b", 0))
    order.arrange("uid-b")
    assert names(order) == "b b2 c"
    assert order.left["uid-b"].row == Row("b", 4)
    assert order.remove_left("uid-b") == 0
    assert names(order) == "b2 c"


def test_a_filter_keeps_the_row_that_left_only_where_it_passes() -> None:
    order = order_of(Row("a"), Row("b"))
    order.drop("uid-b", GONE, clock.now(), True)
    order.filter(lambda key, row: row.name == "a")
    order.arrange("uid-b")
    assert names(order) == "a"


async def test_many_rows_are_sorted_in_slices_as_they_would_be_at_once() -> None:
    chance = random.Random(7)
    rows = [Row(f"{chance.random():.9f}", chance.choice([None, 1, 2, 3])) for _ in range(5000)]
    order = order_of(*rows)
    for reverse in (False, True):
        order.sort(load, reverse=reverse)
        await order.arrange_in_slices(lambda: None, Slices())
        known = sorted((r for r in rows if r.load is not None), key=lambda r: r.name)
        known.sort(key=lambda r: -(r.load or 0), reverse=reverse)
        unknown = sorted(r.name for r in rows if r.load is None)
        assert names(order) == " ".join([*(r.name for r in known), *unknown])


async def test_what_comes_and_goes_while_rows_are_sorted_finds_its_place() -> None:
    order = order_of(*(Row(f"{number:05d}", number) for number in range(3000)))
    order.sort(load)
    slices = Slices()
    rest, done = slices.rest, [False]

    async def rest_with_news() -> None:
        if not done[0]:
            done[0] = True
            order.put("uid-new", Row("new", 10_000))
            order.put("uid-00000", Row("00000", 5_000))
            order.put("uid-00001", Row("00001", None))
            order.drop("uid-02999", GONE, clock.now(), True)
        await rest()

    slices.rest = rest_with_news  # type: ignore[method-assign]
    await order.arrange_in_slices(lambda: None, slices)
    assert done[0]
    shown = names(order).split()
    assert shown[:3] == ["new", "00000", "02998"]
    assert shown[-1] == "00001"
    assert len(shown) == 3000


@pytest.mark.parametrize("seed", range(6))
async def test_rows_that_change_all_the_time_stand_as_one_sort_would_have_them(seed: int) -> None:
    chance = random.Random(seed)
    order = order_of(*(Row(f"{number:05d}", number % 40) for number in range(2500)))
    order.sort(load)
    order.filter(lambda key, row: row.load != 7)
    slices = Slices()
    rest = slices.rest

    async def rest_with_news() -> None:
        for _ in range(chance.choice((0, 5, 300))):
            key = f"uid-{chance.randrange(3000):05d}"
            if key in order.rows and chance.random() < 0.4:
                order.drop(key, GONE, clock.now(), True)
            else:
                order.put(key, Row(key.removeprefix("uid-"), chance.choice((None, 7, *range(40)))))
        await rest()

    slices.rest = rest_with_news  # type: ignore[method-assign]
    await order.arrange_in_slices(lambda: None, slices)
    rows = sorted((row for row in order.rows.values() if row.load != 7), key=lambda row: row.name)
    rows.sort(key=lambda row: (row.load is None, -(row.load or 0)))
    assert names(order) == " ".join(row.name for row in rows)
    assert order.place == {key: place for place, key in enumerate(order.shown)}


def test_a_row_that_the_filter_lets_in_by_another_reason_is_put_in_its_place() -> None:
    seen = {"b"}
    order = order_of(Row("a"), Row("b"), Row("c"))
    order.filter(lambda key, row: row.name in seen)
    order.arrange(None)
    seen |= {"a"}
    seen -= {"b"}
    for key in order.rows:
        order.look_again(key)
    assert order.waiting == {"uid-a", "uid-b"}
    order.arrange(None)
    assert names(order) == "a"
