"""A feed that asks again and again only while somebody looks at its topic."""

import asyncio
from typing import Any, Generic, TypeVar

from ..model.reading import Problem, ProblemKind, Reading, State
from ..sources.asking import gathering
from ..sources.errors import SourceError
from ..text import clock
from .board import Board
from .feed import Read, Wake
from .schedule import backoff, jitter
from .topics import Topic
from .wishes import Wishes

T = TypeVar("T")


class WantedPoll(Generic[T]):
    """While nobody looks nothing is asked and the topic is off, without a problem; its last value stays for who comes
    back, dated."""

    def __init__(
        self, name: str, topic: Topic[T], every_s: float, read: Read[T], wishes: Wishes, *, timeout_s: float = 30.0
    ) -> None:
        self.name = name
        self.topics: tuple[Topic[Any], ...] = (topic,)
        self.every_s = every_s
        self._topic = topic
        self._read = read
        self._wishes = wishes
        self._timeout_s = timeout_s
        self._changed = asyncio.Event()

    async def run(self, board: Board, wake: Wake) -> None:
        deaf = self._wishes.hear(self._topic, self._changed.set)
        failures = 0
        try:
            while True:
                if not self._wishes.wanted(self._topic):
                    board.mark(self._topic, State.OFF)
                    await self._until_wanted()
                    board.mark(self._topic, State.LATE)
                pause = await self._once(board)
                failures = 0 if pause is None else failures + 1
                if await wake.wait(
                    jitter(self.every_s if pause is None else max(pause, backoff(self.every_s, failures)))
                ):
                    failures = 0
        finally:
            deaf()

    async def _once(self, board: Board) -> float | None:
        """One reading onto the board; None when it came, else how long the source asks to be left alone."""
        began = asyncio.get_running_loop().time()
        with gathering() as asked:
            try:
                async with asyncio.timeout(self._timeout_s):
                    value, source = await self._read()
            except TimeoutError:
                said = f"no answer within {self._timeout_s:g} s"
                problem = Problem(ProblemKind.TIMEOUT, said, "it is asked again by itself; r asks now")
                board.mark(self._topic, State.FAILED, problem, tuple(asked))
                return 0.0
            except SourceError as error:
                board.mark(self._topic, State.FAILED, error.problem, tuple(asked))
                return error.retry_after_s or 0.0
        took = asyncio.get_running_loop().time() - began
        board.publish(self._topic, Reading(value, State.OK, clock.now(), took, source, asked=tuple(asked)))
        return None

    async def _until_wanted(self) -> None:
        while not self._wishes.wanted(self._topic):
            self._changed.clear()
            await self._changed.wait()
