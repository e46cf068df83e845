"""The feed that notices what had metrics and has none: from three answers of a Prometheus to one reading."""

from datetime import UTC, datetime
from typing import Any

from opsconsole.config.catalogue import Catalogue, flavours
from opsconsole.config.settings import Metrics
from opsconsole.model.metrics import Answer, Sample, Series
from opsconsole.model.quiet import Ended
from opsconsole.poller.quiet import QuietReader

LAST = 1_774_493_460.0


class Scripted:
    """Stands in for the desk and its source; `there` are the jobs that are scraped now."""

    def __init__(self) -> None:
        self.source = self
        self.there = ["api", "web"]
        self.ranges = 0

    async def catalogue(self) -> Catalogue:
        return Catalogue(Metrics(), flavours()[0])

    async def several(self, queries: Any) -> list[tuple[Answer | None, str]]:
        return [self._answer(query) for query in queries]

    def _answer(self, query: str) -> tuple[Answer | None, str]:
        if "job" not in query:
            return None, "refused"
        names = ["api", "web"] if "offset" in query else self.there
        return Answer(query, samples=tuple(Sample((("job", name),), LAST, 1.0) for name in names)), ""

    async def query_range(self, query: str, start: float, end: float, step_s: float) -> Answer:
        self.ranges += 1
        return Answer(query, series=(Series((("job", "api"),), (LAST - 15, LAST, LAST + 15), (2.0, 1.0, None)),))


async def test_a_job_that_is_gone_is_dated_by_its_last_sample_and_asked_about_once() -> None:
    desk = Scripted()
    reader = QuietReader(desk)  # type: ignore[arg-type]
    quiet, _ = await reader.read()
    assert (quiet.ended, quiet.others) == ((), 2)
    desk.there = ["web"]
    for _ in range(2):
        quiet, _ = await reader.read()
        assert quiet.ended == (Ended("api", "scrapes", datetime.fromtimestamp(LAST, UTC)),)
    assert desk.ranges == 1
    desk.there = ["api", "web"]
    assert (await reader.read())[0].ended == ()
