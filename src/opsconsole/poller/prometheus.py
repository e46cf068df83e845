"""A Prometheus server together with the catalogue that fits what it holds: what every metrics feed asks through."""

import asyncio
import functools
import time
from collections.abc import Callable, Iterable
from typing import ParamSpec, TypeVar

from ..config.catalogue import (
    Catalogue,
    CatalogueError,
    Flavour,
    conventions,
    presumed_for,
    quoted,
    recognised,
    subjects,
)
from ..config.flavours import REQUESTS
from ..config.settings import Metrics
from ..model.metrics import Answer
from ..model.reading import Problem, ProblemKind
from ..rules.server_words import clock_words
from ..sources.errors import SourceError
from ..sources.executor import DaemonExecutor
from ..sources.prometheus import Prometheus

P = ParamSpec("P")
T = TypeVar("T")
DETECT_AGAIN_S = 60.0
"""While no request metrics are recognised, the server is asked again so often: exporters may come later."""
LOOK_AGAIN_S = 600.0
"""Later so often, for queues, caches and others that come."""
_NO_INDEX = (ProblemKind.REFUSED, ProblemKind.MISCONFIGURED, ProblemKind.BAD_ANSWER, ProblemKind.FORBIDDEN)
"""How a server without an index of names refuses; what else is wrong with it the first query tells."""


class Desk:
    """Finds the flavour that fits, and asks single and optional queries. All methods raise SourceError."""

    def __init__(self, source: Prometheus, metrics: Metrics) -> None:
        self.source = source
        self.metrics = metrics
        self._found: Catalogue | None = None
        self._look_again = 0.0
        self._finding = asyncio.Lock()
        self._thread = DaemonExecutor("metrics", 1)

    async def catalogue(self) -> Catalogue:
        """The catalogue in the flavour whose series exist; the reference one while none does."""
        async with self._finding:
            if self._found is None or time.monotonic() >= self._look_again:
                before = self._found
                flavour = await self._fitting(before)
                self._found = self._made(flavour)
                known = any(part.of == REQUESTS for part in flavour.parts)
                self._look_again = time.monotonic() + (LOOK_AGAIN_S if known else DETECT_AGAIN_S)
            return self._found

    async def _fitting(self, before: Catalogue | None) -> Flavour:
        try:
            flavour = await self._recognised()
        except SourceError as error:
            if before is None and error.problem.kind not in _NO_INDEX:
                raise
            return before.flavour if before is not None else self._presumed()
        if before is not None and {part.of for part in before.flavour.parts} - {part.of for part in flavour.parts}:
            return before.flavour  # series that are gone are missed under the names that they had
        return flavour

    async def _recognised(self) -> Flavour:
        # the file takes the reader of TOML longer than the loop can spare under way
        known, settings = await self.work(conventions), self.metrics
        self._presumed()  # an unknown name in the settings is said before anything is asked
        names = await self.source.names(dict.fromkeys(name for one in known for name in one.wanted))
        candidates = names.intersection(name for one in known for name in one.native)
        natives = {name for name in candidates if await self._holds_histograms(name)}
        fits = (names, natives)
        first = recognised(known, *fits, {}, settings.flavour, settings.histograms)
        labels = {of: await self.source.label_names(metric) for of, metric in subjects(first).items()}
        return recognised(known, *fits, labels, settings.flavour, settings.histograms)

    async def _holds_histograms(self, name: str) -> bool:
        """Whether a metric holds native histograms; a summary or gauge may have the name, too."""
        answer, _ = await self.ask_or_say(f"count(histogram_count({{__name__={quoted(name)}}}))")
        return answer is not None and bool(answer.samples)

    async def work(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do in a thread what takes long with thousands of series."""
        call = functools.partial(function, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)

    def clock_note(self) -> str:
        """That the server's clock is another one than ours, in words; "" where they agree."""
        return clock_words(self.source.name, self.source.clock_difference_s)

    def clock_problem(self) -> Problem | None:
        """The same as what is wrong with the source; what it tells counts all the same."""
        note = self.clock_note()
        remedy = "synchronise both clocks (chrony, systemd-timesyncd)"
        return Problem(ProblemKind.MISCONFIGURED, note, remedy) if note else None

    async def ask(self, promql: str, at: float | None = None) -> Answer:
        return await self.source.query(promql, at)

    async def ask_or_say(self, promql: str, at: float | None = None) -> tuple[Answer | None, str]:
        """The answer, or the sentence with which the server refuses this one query; other errors are raised."""
        try:
            return await self.source.query(promql, at), ""
        except SourceError as error:
            if error.problem.kind is ProblemKind.REFUSED:
                return None, error.problem.sentence
            raise

    async def several(self, queries: Iterable[str], at: float | None = None) -> list[tuple[Answer | None, str]]:
        """`ask_or_say` for each. The first goes alone: a server that hangs costs one time-out, not one per thread."""
        first, *others = list(queries) or [""]
        if not first:
            return []
        found = [await self.ask_or_say(first, at)]
        rest = await asyncio.gather(*(self.ask_or_say(query, at) for query in others), return_exceptions=True)
        for answer in rest:
            if isinstance(answer, BaseException):
                raise answer
            found.append(answer)
        return found

    def _presumed(self) -> Flavour:
        try:
            return presumed_for(self.metrics)
        except CatalogueError as error:
            raise _misconfigured(error) from None

    def _made(self, flavour: Flavour) -> Catalogue:
        try:
            catalogue = Catalogue(self.metrics, flavour)
            catalogue.all()  # an override with an unknown word fails here, not in the middle of a reading
            return catalogue
        except CatalogueError as error:
            raise _misconfigured(error) from None


def _misconfigured(error: CatalogueError) -> SourceError:
    return SourceError(ProblemKind.MISCONFIGURED, str(error), "correct [profiles.….metrics] in the settings")


def single(answer: Answer | None) -> float | None:
    """The one value of an answer that has one; None when it is empty or NaN."""
    return answer.samples[0].value if answer and answer.samples else None
