"""Looks around for `config init`: contexts, services in the current cluster, PostgreSQL and Redis."""

import asyncio
import os
from pathlib import Path

import click
import msgspec

from ..config.initial import Found, FoundContext, found_postgres, rendered
from ..config.settings import Kubernetes
from ..sources.errors import SourceError
from ..sources.kubernetes.access import discover
from ..sources.kubernetes.cluster import Cluster
from ..sources.kubernetes.contexts import contexts
from .options import Failure, Invocation

CLUSTER_S = 10.0


def discover_or_exit(invocation: Invocation) -> str:
    """The text of a settings file for what is here; a Failure where the kubeconfig cannot be read."""
    try:
        found = contexts()
    except SourceError as error:
        raise Failure(error.problem.sentence, error.problem.remedy) from None
    names = [context.name for context in found]
    if invocation.context and invocation.context not in names:
        listed = ", ".join(names) or "none"
        raise Failure(f"there is no context {invocation.context!r}", f"the kubeconfig has: {listed}")
    what = asyncio.run(found_here(context=invocation.context))
    _say(what)
    return rendered(what)


async def found_here(kubeconfig: str | None = None, context: str | None = None) -> Found:
    """Everything there is; of the clusters only the current one (or `context`) is asked."""
    found = contexts(kubeconfig)
    current = context or next((one.name for one in found if one.current), "")
    seen = [FoundContext(one.name, one.namespace, one.name == current) for one in found]
    asked = tuple([await _asked(one, kubeconfig) if one.current else one for one in seen])
    named = kubeconfig or os.environ.get("KUBECONFIG", "")
    return Found(asked, found_postgres(os.environ, Path.home()), "REDISCLI_AUTH" in os.environ, named)


async def _asked(context: FoundContext, kubeconfig: str | None) -> FoundContext:
    """The context with the services of its cluster; a cluster that does not answer is no reason to stop."""
    cluster = Cluster(Kubernetes(kubeconfig=kubeconfig, context=context.name))
    try:
        async with asyncio.timeout(CLUSTER_S):
            await cluster.get("/version", needs="get /version", timeout_s=CLUSTER_S)
            services = await discover(cluster)
    except SourceError as error:
        return msgspec.structs.replace(context, remark=f"its cluster was not asked: {error.problem.sentence}")
    except TimeoutError:
        return msgspec.structs.replace(context, remark=f"its cluster gave no answer within {CLUSTER_S:g} s")
    finally:
        await cluster.close()
    return msgspec.structs.replace(context, services=tuple(services))


def _say(found: Found) -> None:
    """What was found, on standard error, so that --stdout prints the file alone."""
    lines = [f"context {context.name}{' (current)' if context.current else ''}" for context in found.contexts]
    lines += [f"{kind} at {url}" for context in found.contexts for kind, url in context.services]
    lines += [f"PostgreSQL from {where}" for _, where in found.postgres]
    lines += ["a Redis password in $REDISCLI_AUTH"] if found.redis_auth else []
    for line in lines or ["nothing: no kubeconfig, no PG* variables, no $REDISCLI_AUTH"]:
        click.echo(f"found {line}", err=True)
    for context in found.contexts:
        if context.remark:
            click.echo(f"note: {context.remark}", err=True)
