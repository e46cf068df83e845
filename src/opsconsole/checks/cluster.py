"""Checks a Kubernetes cluster: does it answer, as whom, what may be read, is usage measured."""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable
from datetime import UTC, datetime

from ..config.settings import Profile
from ..poller.kubernetes_pulse import clock_difference
from ..sources.errors import SourceError
from ..sources.kubernetes import kinds
from ..sources.kubernetes.access import OPENED, PLACED, READS, WRITES, access_review, allowed, username
from ..sources.kubernetes.cluster import Cluster
from ..sources.kubernetes.decode import decode
from ..sources.kubernetes.offered import Offered
from ..sources.kubernetes.wire import Version
from ..text.clean import clean
from .check import Check, Verdict, clock_check

SOURCE = "kubernetes"
ON_ASKING = tuple((verb, resource) for _, verb, resources in OPENED for resource in resources)
STANDING = tuple(pair for pair in READS if pair[1] != "services/proxy" and pair not in ON_ASKING)
RBAC = "kubectl apply -f config/kubernetes-rbac.yaml, as somebody who may"
VERSIONED = (kinds.CRON_JOBS, kinds.HPAS, kinds.BUDGETS, kinds.ENDPOINTS)
"""Kinds that not every server has in the version that is read first."""
ESSENTIAL = ("list", "pods")
ON_ASKING_S = 6.0
"""What only pages need may not cost the other checks their time, where many namespaces are far away."""


async def checks(cluster: Cluster, profile: Profile) -> AsyncIterator[Check]:
    """Everything about the cluster of a profile."""
    await cluster.get("/version", needs="get /version", timeout_s=8)  # signs in: not part of the round trip
    answer = await cluster.get("/version", needs="get /version", timeout_s=8)
    version = decode(answer.body, Version)
    difference = clock_difference(answer, datetime.now(UTC))
    name = await username(cluster)
    where = f"{clean(cluster.context, 80)} at {clean(cluster.server, 120)}"
    yield Check(
        SOURCE, Verdict.FINE, f"{where} as {clean(name, 80)}", "", answer.took_s * 1000,
        getattr(version, "git_version", None) or "", difference,
    )  # fmt: skip
    for check in clock_check(SOURCE, difference):
        yield check
    for check in await _kinds(cluster):
        yield check
    wanted = profile.kubernetes.namespaces if profile.kubernetes is not None else ()
    for check in await _rights(cluster, wanted):
        yield check
    if not profile.read_only:
        yield await _writes(cluster, wanted)
    if profile.kubernetes is not None and profile.kubernetes.watch_secrets:
        yield await _secrets(cluster, wanted)
    yield await _usage(cluster)
    for url in _proxied(profile):
        yield await _proxy_right(cluster, url)


async def _kinds(cluster: Cluster) -> list[Check]:
    """Kinds that an old or lean server lacks, or has in an older version; no check where all are there."""
    offered, absent, older = Offered(cluster), [], []
    try:
        for kind in VERSIONED:
            found = await offered.version_of(kind)
            if found is None:
                absent.append(kind.resource)
            elif found is not kind:
                older.append(f"{kind.resource} in {found.prefix.rpartition('/')[2]}")
    except SourceError:
        return []  # who may not ask is told of each kind where it is shown
    checks = []
    if absent:
        said = f"this server does not offer {', '.join(absent)}: nothing is said of these"
        checks.append(Check(SOURCE, Verdict.DEGRADED, said, "a newer Kubernetes has them"))
    if older:
        checks.append(Check(SOURCE, Verdict.FINE, f"reads {', '.join(older)}: this server has no newer version"))
    return checks


async def _rights(cluster: Cluster, namespaces: tuple[str, ...]) -> list[Check]:
    """What may be read; without a namespace in the settings first everywhere, then in the context's own."""
    reviews = await access_review(cluster, STANDING, namespaces)
    where = ", ".join(namespaces) or "all namespaces"
    if not namespaces and not _may(reviews, *ESSENTIAL):
        namespaces = (cluster.namespace,)
        where = f"namespace {cluster.namespace}, nor in all of them"
        reviews = await access_review(cluster, STANDING, namespaces)
    missing = [(verb, resource, namespace) for verb, resource, namespace, may in reviews if not may]
    if not _may(reviews, *ESSENTIAL):
        remedy = f'name your own with namespaces = ["NAME"] under [profiles.NAME.kubernetes]; or {RBAC}'
        return [Check(SOURCE, Verdict.UNUSABLE, f"may not list pods in {where}", remedy)]
    where = where.partition(", nor")[0] + " only" if ", nor" in where else where
    found = [Check(SOURCE, Verdict.DEGRADED, f"in {where}, may not {_in_words(missing)}", RBAC)] if missing else []
    found += await _on_asking(cluster, namespaces, where)
    return found or [Check(SOURCE, Verdict.FINE, f"may read all that the console shows, in {where}")]


async def _on_asking(cluster: Cluster, namespaces: tuple[str, ...], where: str) -> list[Check]:
    """What is read only when somebody asks; no check where nothing is missing."""
    try:
        async with asyncio.timeout(ON_ASKING_S):
            reviews = await access_review(cluster, ON_ASKING, namespaces)
    except TimeoutError:
        said = f"which pages may be opened was not answered within {ON_ASKING_S:g} s"
        return [Check(SOURCE, Verdict.DEGRADED, said, "ask again; or name fewer namespaces")]
    missing = {(verb, resource) for verb, resource, _, may in reviews if not may}
    return [Check(SOURCE, Verdict.DEGRADED, f"in {where}, {_opened(missing)}", RBAC)] if missing else []


async def _writes(cluster: Cluster, namespaces: tuple[str, ...]) -> Check:
    """What may be changed; whoever may only look is well all the same."""
    reviews = await access_review(cluster, WRITES, namespaces)
    missing = [(verb, resource, namespace) for verb, resource, namespace, may in reviews if not may]
    where = ", ".join(namespaces) or "all namespaces"
    if not missing:
        return Check(SOURCE, Verdict.FINE, f"may scale, restart and roll back, in {where}")
    if len(missing) == len(reviews):
        return Check(SOURCE, Verdict.FINE, f"may only look: no right to change a workload, in {where}")
    said = f"may change some things only: in {where}, may not {_in_words(missing)}"
    return Check(SOURCE, Verdict.DEGRADED, said, RBAC)


def _may(reviews: Iterable[tuple[str, str, str, bool]], verb: str, resource: str) -> bool:
    return any(may for v, r, _, may in reviews if (v, r) == (verb, resource))


def _in_words(missing: Iterable[tuple[str, str, str]]) -> str:
    """`list nodes, watch nodes` grouped by verb: `list nodes, jobs.batch; watch nodes`."""
    verbs: dict[str, list[str]] = {}
    for verb, resource, _ in missing:
        if resource not in verbs.setdefault(verb, []):
            verbs[verb].append(resource)
    return "; ".join(f"{verb} {', '.join(resources)}" for verb, resources in verbs.items())


def _opened(missing: Collection[tuple[str, str]]) -> str:
    """`describe of a Node needs get leases in …; the plan of an action needs …`: which pages cannot be read in full."""
    told = []
    for page, verb, resources in OPENED:
        if lacking := [resource for resource in resources if (verb, resource) in missing]:
            places = {f" in {PLACED[each]}" for each in lacking if PLACED.get(each)}
            told.append(f"{page} needs {verb} {', '.join(lacking)}{''.join(places)}")
    return "; ".join(told)


async def _secrets(cluster: Cluster, namespaces: tuple[str, ...]) -> Check:
    """Watching secrets is off unless asked for: whoever may list them may read them."""
    for namespace in namespaces or ("",):
        if not await allowed(cluster, "list", "secrets", namespace):
            said = (
                "watch_secrets is on, but secrets may not be listed (the right to list them is the right to read them)"
            )
            return Check(
                SOURCE, Verdict.DEGRADED, said, "set watch_secrets = false, or grant list and watch on secrets"
            )
    return Check(SOURCE, Verdict.FINE, "may list secrets, as watch_secrets asks; with it the right to read them")


async def _usage(cluster: Cluster) -> Check:
    try:
        await cluster.get("/apis/metrics.k8s.io/v1beta1", needs="read the metrics API", timeout_s=8)
    except SourceError:
        said = "metrics.k8s.io does not answer: CPU and memory in use stay unknown"
        return Check(SOURCE, Verdict.DEGRADED, said, "install metrics-server in the cluster")
    return Check(SOURCE, Verdict.FINE, "metrics.k8s.io answers")


def _proxied(profile: Profile) -> list[str]:
    sources = (profile.prometheus, profile.alertmanager, profile.loki, profile.opencost)
    return [source.url for source in sources if source is not None and source.url.startswith("kube://")]


async def _proxy_right(cluster: Cluster, url: str) -> Check:
    namespace, _, service = url.removeprefix("kube://").partition("/")
    name = service.partition("/")[0]
    if await allowed(cluster, "get", "services/proxy", namespace, name):
        return Check(SOURCE, Verdict.FINE, f"may reach {url} through the service proxy")
    said = f"may not get services/proxy in {namespace}: {url} cannot be reached"
    return Check(SOURCE, Verdict.UNUSABLE, said, RBAC)
