"""Runs every check that a profile calls for, all at once."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from functools import partial
from typing import Any

from ..config.choice import Chosen
from ..config.loading import Loaded
from ..config.policies import resolve_policy
from ..sources.executor import DaemonExecutor
from ..sources.kubernetes.cluster import Cluster
from ..sources.kubernetes.forward import Forwards
from . import cluster as kubernetes
from . import databases, files, logs, metrics
from . import policy as judged
from . import slo as objectives
from .check import Ask, Check, Verdict, closing, collected


async def examine(loaded: Loaded, chosen: Chosen | None) -> list[Check]:
    """All checks in the order of the settings. It ends within the longest check's time, whatever the sources do."""
    named: list[tuple[str, Ask]] = [
        ("settings", _in_thread(files.settings_files, loaded.files, chosen.profile if chosen else None)),
        ("store", _in_thread(files.store, loaded.settings)),
    ]
    if chosen is None:
        nothing = Check("settings", Verdict.UNUSABLE, "no platform is configured", "run opsconsole config init")
        return [nothing, *await _all(named)]
    sources = ("kubernetes", "prometheus", "postgres", "pgbouncer", "redis", "billing", "customers")
    if not any(getattr(chosen.profile, source) for source in sources):
        named.append(("sources", _without_sources(chosen.name)))
    wanted = chosen.profile.kubernetes
    cluster = Cluster(wanted) if wanted is not None else None
    forwards = Forwards(cluster)
    try:
        return await _all([*named, *_sources(loaded, chosen, cluster, forwards)])
    finally:
        await closing(forwards.close)
        if cluster is not None:
            await closing(cluster.close)


def worst(checks: Iterable[Check]) -> Verdict:
    return max((check.verdict for check in checks), default=Verdict.FINE)


def _in_thread(work: Callable[..., list[Check]], *arguments: Any) -> Ask:
    """Work on files, which may lie on a disk that does not answer."""

    async def ask() -> AsyncIterator[Check]:
        executor = DaemonExecutor("doctor", 1)
        for check in await asyncio.get_running_loop().run_in_executor(executor, work, *arguments):
            yield check

    return ask


def _without_sources(profile: str) -> Ask:
    async def ask() -> AsyncIterator[Check]:
        remedy = f"fill in [profiles.{profile}.kubernetes], .prometheus or another; `opsconsole config init` finds some"
        yield Check("sources", Verdict.DEGRADED, "the profile names no source: there is nothing to show", remedy)

    return ask


async def _all(named: list[tuple[str, Ask]]) -> list[Check]:
    found = await asyncio.gather(*(collected(name, ask) for name, ask in named))
    return [check for checks in found for check in checks]


def _sources(loaded: Loaded, chosen: Chosen, cluster: Cluster | None, forwards: Forwards) -> list[tuple[str, Ask]]:
    profile = chosen.profile
    policy = resolve_policy(loaded.settings, profile.policy)
    named: list[tuple[str, Ask]] = [("policy", _in_thread(judged.check, profile, policy))]
    if cluster is not None:
        named.append(("kubernetes", lambda: kubernetes.checks(cluster, profile)))
    if (prometheus := profile.prometheus) is not None:
        named.append(("prometheus", lambda: metrics.prometheus(prometheus, cluster, profile.metrics)))
    if profile.slo.files:
        named.append(("slo", _in_thread(objectives.files, profile.slo)))
    if (alertmanager := profile.alertmanager) is not None:
        named.append(("alertmanager", lambda: metrics.alertmanager(alertmanager, cluster)))
    if (loki := profile.loki) is not None:
        named.append(("loki", lambda: logs.loki(loki, cluster)))
    if (opencost := profile.opencost) is not None:
        named.append(("opencost", lambda: metrics.ready("opencost", opencost, cluster)))
    throughs = [server.through for server in profile.postgres]
    throughs += [server.through for server in profile.pgbouncer] + [server.through for server in profile.redis]
    for through in dict.fromkeys(filter(None, throughs)):
        named.append((through, partial(databases.forward, through, forwards.to)))
    for server in profile.postgres:
        named.append((f"postgres {server.name}", partial(databases.postgres, server, forwards.to)))
    for pooler in profile.pgbouncer:
        named.append((f"pgbouncer {pooler.name}", partial(databases.pgbouncer, pooler, forwards.to)))
    for cache in profile.redis:
        named.append((f"redis {cache.name}", partial(databases.redis, cache, forwards.to)))
    if (bill := profile.billing) is not None:
        named.append(("billing", lambda: files.billing(bill)))
    if profile.customers is not None:
        named.append(("customers", lambda: files.customers(profile, policy, forwards.to)))
    return named
