"""A search for big and hot keys that somebody asked for: at most one at a time, and it can be stopped."""

import asyncio
from collections.abc import Callable

from ..config.settings import Redis
from ..model.redis import KeySearch
from ..sources.errors import SourceError
from ..sources.redis_keys import search_keys
from ..sources.way import NoWay, Ways


class KeySearches:
    """Tells what each step found, on the loop; stopping tells nothing more."""

    def __init__(self, told: Callable[[KeySearch], None]) -> None:
        self._told = told
        self._task: asyncio.Task[None] | None = None

    @property
    def running(self) -> bool:
        return self._task is not None and not self._task.done()

    def start(self, settings: Redis, ways: Ways = NoWay) -> None:
        self.stop()
        self._told(KeySearch(settings.name, 0, None))
        self._task = asyncio.create_task(self._search(settings, ways), name="search for big keys")

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _search(self, settings: Redis, ways: Ways) -> None:
        try:
            await search_keys(settings, self._told, ways)
        except SourceError as error:
            problem = error.problem
            self._told(KeySearch(settings.name, 0, None, ended=True, problem=problem.sentence, remedy=problem.remedy))
