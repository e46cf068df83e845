"""What pods use as Prometheus tells it, where the cluster does not: without metrics-server, or while it fails."""

from typing import TYPE_CHECKING, Any

from ..model.kubernetes import Usage
from ..model.metrics import Answer
from ..sources.errors import SourceError
from .feed import Read

if TYPE_CHECKING:
    from .prometheus import Desk

CPU, MEMORY = "workload.cpu", "workload.memory"
"""Measures of the catalogue whose numerators are cores and bytes by namespace and pod."""


class UsageElsewhere:
    """The newest usage by `namespace/name`; pods of which either figure is missing stay unknown."""

    def __init__(self, desk: "Desk") -> None:
        self._desk = desk

    async def pods(self) -> tuple[dict[str, Usage], str]:
        measures = (await self._desk.catalogue()).measures()
        cpu, memory = measures[CPU], measures[MEMORY]
        cores = _by_pod(await self._desk.ask(cpu.value), cpu.objects)
        held = _by_pod(await self._desk.ask(memory.value), memory.objects)
        found = {pod: Usage(cores[pod], held[pod]) for pod in cores.keys() & held.keys()}
        return found, f"Prometheus: {cpu.value}, {memory.value}"


def or_else(read: Read[dict[str, Usage]], elsewhere: Read[dict[str, Usage]] | None) -> Read[dict[str, Usage]]:
    """`read`, and what is told elsewhere where that fails; its own error where nobody knows any."""
    if elsewhere is None:
        return read

    async def either() -> tuple[dict[str, Usage], str]:
        try:
            return await read()
        except SourceError as error:
            try:
                found = await elsewhere()
            except SourceError:
                raise error from None
            if not found[0]:
                raise
            return found

    return either


def _by_pod(answer: Answer, objects: tuple[str, ...]) -> dict[str, float]:
    found: dict[str, float] = {}
    for sample in answer.samples:
        labels: dict[str, Any] = dict(sample.labels)
        names = [labels.get(label) for label in objects]
        if sample.value is not None and all(names):
            found["/".join(str(name) for name in names)] = sample.value
    return found
