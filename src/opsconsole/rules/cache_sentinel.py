"""What a Sentinel watches: primaries that are down, whether enough Sentinels are there to fail over, fail-overs."""

from collections.abc import Iterator

from ..model.redis import SentinelMaster
from ..text import units
from .cache_row import CacheRow

Masters = tuple[SentinelMaster, ...]


def sentinel_rows(masters: Masters | None) -> Iterator[CacheRow]:
    if masters is None:
        return
    if not masters:
        yield CacheRow(
            "sentinel", "sentinel", "primaries", "warn", "it watches none", "",
            "Without SENTINEL MONITOR it fails nothing over.", "Is this the Sentinel that is meant?",
        )  # fmt: skip
    for master in masters:
        yield _primary(master)
        yield _quorum(master)


def sentinel_failovers(before: Masters | None, now: Masters | None) -> Iterator[str]:
    earlier = {master.name: master.address for master in before or ()}
    for master in now or ():
        old = earlier.get(master.name, master.address)
        if old != master.address:
            yield f"fail-over of {master.name}: {master.address} is the primary now, before {old}"


def _primary(master: SentinelMaster) -> CacheRow:
    agreed, seen = "o_down" in master.flags, "s_down" in master.flags
    value = f"{master.address} is down" if agreed else f"{master.address} does not answer" if seen else master.address
    if "failover_in_progress" in master.flags:
        value += ", fail-over under way"
    replicas = units.UNKNOWN if master.replicas is None else units.plural(master.replicas, "replica")
    alone = master.replicas == 0
    return CacheRow(
        f"sentinel:{master.name}", "sentinel", master.name, "crit" if agreed else "warn" if seen or alone else "",
        value, f"{replicas} · epoch {units.UNKNOWN if master.epoch is None else master.epoch}",
        "Down is what the quorum of Sentinels agrees on; not answering is what this one sees. Without a replica "
        "nothing can take over.",
        "Look at the primary's machine or pod; after a fail-over see that the clients ask Sentinel for the address.",
    )  # fmt: skip


def _quorum(master: SentinelMaster) -> CacheRow:
    value = {True: "reachable", False: "not reachable", None: units.UNKNOWN}[master.quorum_reached]
    known = units.UNKNOWN if master.sentinels is None else units.plural(master.sentinels, "Sentinel")
    return CacheRow(
        f"quorum:{master.name}", "sentinel", f"{master.name} quorum", "crit" if master.quorum_reached is False else "",
        value, f"{units.UNKNOWN if master.quorum is None else master.quorum} of {known} known",
        "As CKQUORUM tells: enough Sentinels to agree that the primary is down, and a majority of all to fail over.",
        "Bring the missing Sentinels back; three on three machines bear the loss of one.",
        asked=(f"quorum {master.name}",),
    )  # fmt: skip
