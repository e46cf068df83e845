"""Objects with anything wrong in them: each is a row or named as unreadable, and every list and pane bears the rows."""

import json
from typing import Any

import pytest

from opsconsole.model.collection import Collection
from opsconsole.model.reading import Reading, State
from opsconsole.poller.board import Board
from opsconsole.poller.kubernetes import ON_DEMAND, WATCHED
from opsconsole.screens.kinds.all import BEHIND_MORE, STRIP
from opsconsole.screens.pods import PodsTab
from opsconsole.sources.kubernetes.decode import Unreadable
from opsconsole.sources.kubernetes.kinds import Kind
from opsconsole.sources.kubernetes.share import Shared
from opsconsole.text import clock
from tests.screens.tabs import console, settled

from .odd_objects import Object, samples, spoilt

VIEWS = tuple(kind.view.id for kind in (*STRIP, *BEHIND_MORE))


@pytest.fixture(scope="module")
def whole() -> dict[Kind[Any], Object]:
    return samples()


@pytest.fixture(scope="module")
def rows(whole: dict[Kind[Any], Object]) -> dict[Kind[Any], dict[str, Any]]:
    """What becomes of all the spoilt objects; those that a feed would name as unreadable are left out."""
    return {kind: dict(filter(None, (row(kind, thing) for thing in spoilt(one)))) for kind, one in whole.items()}


def row(kind: Kind[Any], thing: Object) -> tuple[str, Any] | None:
    wire = kind.decoder.one(json.dumps(thing).encode())
    if isinstance(wire, Unreadable):
        return None
    try:
        made = kind.convert(wire, Shared())
    except (ValueError, OverflowError):  # what a ledger takes for unreadable too
        return None
    return made.uid, made


def test_most_of_them_are_rows(whole: dict[Kind[Any], Object], rows: dict[Kind[Any], dict[str, Any]]) -> None:
    for kind, one in whole.items():
        assert len(rows[kind]) > sum(1 for _ in spoilt(one)) / 2, kind.plural


def board(rows: dict[Kind[Any], dict[str, Any]]) -> Board:
    made = Board()
    for topic, kinds in (*WATCHED, *ON_DEMAND):
        held = {uid: row for kind in kinds for uid, row in rows.get(kind, {}).items()}
        made.publish(topic, Reading(Collection(held, complete=True), State.OK, clock.now(), 0.01, topic.name))
    return made


@pytest.mark.parametrize("view", VIEWS)
async def test_every_list_bears_them(rows: dict[Kind[Any], dict[str, Any]], view: str) -> None:
    app = console(board(rows), start=2)
    async with app.run_test(size=(200, 45)) as pilot:
        tab = await settled(pilot, view)
        assert isinstance(tab, PodsTab)
        shown = tab.kind
        assert "\x1b" not in shown.table.as_text()
        for held in shown.table.rows.values():
            for line in shown.explain(held, 160):
                assert "\x1b" not in line.plain
