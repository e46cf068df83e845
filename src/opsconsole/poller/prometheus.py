"""A Prometheus server together with the catalogue that fits what it holds: what every metrics feed asks through."""

import asyncio
import time
from collections.abc import Iterable

from ..config.catalogue import Catalogue, CatalogueError, Flavour, flavours
from ..config.settings import Metrics
from ..model.metrics import Answer
from ..model.reading import ProblemKind
from ..sources.errors import SourceError
from ..sources.prometheus import Prometheus

DETECT_AGAIN_S = 60.0
"""While no flavour is recognised, the server is asked again so often: exporters may come later."""


class Desk:
    """Finds the flavour once, and asks single and optional queries. All methods raise SourceError."""

    def __init__(self, source: Prometheus, metrics: Metrics) -> None:
        self.source = source
        self.metrics = metrics
        self._found: Catalogue | None = None
        self._fallback: tuple[float, Catalogue] | None = None
        self._finding = asyncio.Lock()

    async def catalogue(self) -> Catalogue:
        """The catalogue in the flavour whose series exist; the reference one while none does."""
        async with self._finding:
            if self._found is not None:
                return self._found
            if self._fallback is not None and time.monotonic() - self._fallback[0] < DETECT_AGAIN_S:
                return self._fallback[1]
            for flavour in flavours():
                if (await self.source.query(f"count({flavour.detect})")).samples:
                    self._found = self._made(flavour)
                    return self._found
            self._fallback = (time.monotonic(), self._made(flavours()[0]))
            return self._fallback[1]

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

    def _made(self, flavour: Flavour) -> Catalogue:
        try:
            catalogue = Catalogue(self.metrics, flavour)
            catalogue.all()  # an override with an unknown word fails here, not in the middle of a reading
            return catalogue
        except CatalogueError as error:
            remedy = "correct [profiles.….metrics] in the settings"
            raise SourceError(ProblemKind.MISCONFIGURED, str(error), remedy) from None


def single(answer: Answer | None) -> float | None:
    """The one value of an answer that has one; None when it is empty or NaN."""
    return answer.samples[0].value if answer and answer.samples else None
