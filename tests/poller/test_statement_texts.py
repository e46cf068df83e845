"""Texts of statements that the server did not tell at once: they are asked for again, and until then it is said why."""

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from opsconsole.model.statements import StatementRate
from opsconsole.poller.statement_texts import AGAIN_S, StatementTexts
from opsconsole.sources.postgres import statement_texts
from opsconsole.sources.postgres.statement_texts import StatementText, Texts
from opsconsole.text import clock

FIRST, SECOND, THIRD = (StatementRate(f"10/5/{id}/1", id, "", 1.0, 1.0, 0.1, 1.0) for id in (1, 2, 3))


class Server:
    """Tells what stands in `held`, and nothing while there is a `problem`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.held: dict[int, str] = {}
        self.problem = ""
        self.now = 1000.0
        self.asked: list[set[int]] = []
        monkeypatch.setattr(statement_texts, "read", self._read)
        monkeypatch.setattr(clock, "boottime", lambda: self.now)
        self.texts = StatementTexts(cast(Any, SimpleNamespace(connection=SimpleNamespace(opened=1))))

    async def _read(self, server: object, ids: Iterable[int]) -> Texts:
        self.asked.append(set(ids))
        known = {(10, 5, id): StatementText("" if self.problem else self.held[id]) for id in ids if id in self.held}
        return Texts(known, self.problem)

    async def told(self, *rows: StatementRate) -> list[str]:
        return [row.text for row in await self.texts.labelled(rows)]


async def test_a_text_that_could_not_be_read_is_asked_for_again_whatever_new_ones_come(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = Server(monkeypatch)
    server.held = {1: "SELECT 1", 2: "SELECT 2", 3: "SELECT 3"}
    server.problem = "a byte that is no text"
    assert await server.told(FIRST) == [""]
    server.problem = ""
    server.now += AGAIN_S / 2
    assert await server.told(FIRST, SECOND) == ["", "SELECT 2"]
    assert server.texts.problem == "a byte that is no text"  # still, of the first
    server.now += AGAIN_S / 2
    assert await server.told(FIRST, SECOND, THIRD) == ["SELECT 1", "SELECT 2", "SELECT 3"]
    assert server.texts.problem == ""
    server.now += AGAIN_S
    await server.told(FIRST, SECOND, THIRD)
    assert server.asked == [{1}, {2}, {1, 3}]


async def test_what_was_evicted_before_its_text_was_asked_for_has_it_when_it_comes_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = Server(monkeypatch)
    assert await server.told(FIRST) == [""]
    assert server.texts.problem == ""
    server.held = {1: "SELECT 1"}
    server.now += AGAIN_S
    assert await server.told(FIRST) == ["SELECT 1"]
