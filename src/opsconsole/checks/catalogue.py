"""Checks which names the metrics of a server have, and which tiles of the Metrics tab find a series there."""

from collections.abc import AsyncIterator

from ..config.catalogue import Catalogue, conventions
from ..config.flavours import REQUESTS, STATUS, Flavour
from ..config.settings import Metrics
from ..poller.prometheus import Desk
from ..sources.prometheus import Prometheus
from .check import Check, Verdict

SOURCE = "prometheus"


async def checks(source: Prometheus, metrics: Metrics) -> AsyncIterator[Check]:
    """The flavour that fits with the labels found, then the tiles without a series, and those that are refused."""
    desk = Desk(source, metrics)
    catalogue = await desk.catalogue()
    flavour = catalogue.flavour
    yield _flavour(flavour)
    others = [f"{part.of} ({part.title})" for part in flavour.parts if part.of != REQUESTS]
    if others:
        yield Check(SOURCE, Verdict.FINE, f"recognised beside requests: {', '.join(others)}")
    async for check in _tiles(desk, catalogue):
        yield check


def _flavour(flavour: Flavour) -> Check:
    labels = ", ".join(f"{word} = {flavour.labels[word]}" for word in ("service", "endpoint", "status"))
    own = flavour.name == "own"
    if own or any(part.of == REQUESTS for part in flavour.parts):
        found = f"requests: {flavour.title} ({flavour.metrics[REQUESTS]}), {flavour.histograms}; {labels}"
        if STATUS in flavour.absent:
            remedy = 'what fails is unknown: name the label with names = { status = "…" } in [profiles.NAME.metrics]'
            return Check(SOURCE, Verdict.DEGRADED, f"{found}, which they do not have", remedy)
        if "buckets" in flavour.absent:
            remedy = "percentiles are unknown: name the histogram as names.buckets in [profiles.NAME.metrics]"
            return Check(SOURCE, Verdict.DEGRADED, f"requests: {flavour.title}, without a histogram; {labels}", remedy)
        return Check(SOURCE, Verdict.FINE, found)
    tried = ", ".join(one.title for one in conventions() if one.of == REQUESTS)
    remedy = 'name yours: [profiles.NAME.metrics] names = { requests = "…", buckets = "…", status = "…" }'
    return Check(SOURCE, Verdict.DEGRADED, f"no request metrics of a known convention; tried {tried}", remedy)


async def _tiles(desk: Desk, catalogue: Catalogue) -> AsyncIterator[Check]:
    figures = {id: catalogue.tile(id) for id in catalogue.tile_ids}
    answers = dict(zip(figures, await desk.several(figure.value for figure in figures.values()), strict=True))
    empty = [id for id, (answer, refused) in answers.items() if not refused and not (answer and answer.samples)]
    wanted = [figures[id].title for id in empty if id in catalogue.always]
    hidden = [figures[id].title for id in empty if id not in catalogue.always]
    with_series = f"{len(figures) - len(empty)} of {len(figures)} tiles have a series"
    if hidden:
        with_series += f"; without one, and hidden: {', '.join(hidden)}"
    yield Check(SOURCE, Verdict.FINE, with_series)
    if wanted:
        remedy = (
            "see their queries with `opsconsole config show --queries`; [profiles.NAME.metrics.queries] replaces one"
        )
        yield Check(SOURCE, Verdict.DEGRADED, f"tiles without a series: {', '.join(wanted)}", remedy)
    for id, (_, refused) in answers.items():
        if refused:
            yield Check(SOURCE, Verdict.DEGRADED, f"the tile {figures[id].title}: {refused}", "correct its query")
