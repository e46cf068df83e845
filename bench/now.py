"""From a breach that the source shows to its text on the first screen, for every scenario, and what is ranked first."""

import base64
import os
import re
import ssl
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import yaml

from .cluster.running import opsconsole
from .report import Figure, show
from .screens import platform
from .terminal import Ended, Terminal

PATIENCE_S = 420.0
LOOK_S = 0.1
ASK_S = 0.5
TEXT_S = 0.5
"""What may pass beyond the interval and the rule's own duration."""
P99 = 'histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket{service="api"}[2m]))) > 0.5'
BLOCKED = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' HAVING count(*) >= 10"
FULL = "SELECT 1 FROM pg_stat_activity WHERE backend_type = 'client backend' HAVING count(*) > 0.8 * 95"
KILLED = (
    "/api/v1/namespaces/{namespace}/pods",
    r'"state": ?\{"(waiting|terminated)": ?\{[^{}]*"reason": ?"(OOMKilled|CrashLoopBackOff)"',
)
LIMITED = (
    "/apis/autoscaling/v2/namespaces/{namespace}/horizontalpodautoscalers",
    r'"reason": ?"TooManyReplicas"',
)
DEAD = """SELECT 1 FROM pg_stat_user_tables
WHERE n_dead_tup >= 10000 AND n_dead_tup >= 0.5 * (n_dead_tup + n_live_tup)"""
MISSED = """sum(rate(redis_keyspace_hits_total[30s]))
/ (sum(rate(redis_keyspace_hits_total[30s])) + sum(rate(redis_keyspace_misses_total[30s]))) < 0.8"""
STARVED = "max by (node) (node_cpu_utilisation_ratio) > 0.8"
LOST = ("/api/v1/nodes", r'"reason": ?"NodeStatusUnknown"')
WATCHED_S = 1.0
"""What is watched has no interval: the judge rests so long at most."""


@dataclass(frozen=True)
class Sign:
    """How a scenario shows in its source, and what Now must say of it first."""

    first: str
    """Regular expression for the first row's words."""
    later: str = ""
    """A minute later, where what it brings about may have gone before it: whom it hurts ranks higher; "": the same."""
    metrics: str = ""
    """PromQL that has an answer while the breach lasts."""
    sql: str = ""
    cluster: tuple[str, str] | None = None
    """A path of the Kubernetes API, and the regular expression that its answer matches meanwhile."""
    holds_s: float = 0.0
    """How long the demo's policy wants it to last."""
    every_s: float = 15.0
    """Interval of the feed that reads it."""


SIGNS: Mapping[str, Sign] = {
    "slow-release": Sign(r"api P99", metrics=P99, holds_s=90.0),
    "crash-loop": Sign(r"worker .*(CrashLoop|OOMKilled)", cluster=KILLED, every_s=WATCHED_S),
    "hpa-ceiling": Sign(r"api HPA at max", cluster=LIMITED, every_s=WATCHED_S),
    "noisy-neighbour": Sign(r"ip-10-0-3-88", later=r"ip-10-0-3-88|api P99", metrics=STARVED, holds_s=90.0),
    "node-loss": Sign(r"node .*NotReady", cluster=LOST, every_s=WATCHED_S),
    "lock-pileup": Sign(r"blocks \d+", later=r"blocks \d+|api P99", sql=BLOCKED, holds_s=6.0, every_s=2.0),
    "pool-exhaustion": Sign(
        r"db connections", later=r"db connections|api (5xx|P99)", sql=FULL, holds_s=30.0, every_s=5.0
    ),
    "cache-collapse": Sign(r"redis (cache hit|evict)", metrics=MISSED, holds_s=180.0, every_s=5.0),
    "missing-index": Sign(r"statement .*(slower|mean|new)|slower|api P99"),
    "vacuum-behind": Sign(
        r"dead rows|holds back vacuum", later=r"dead rows|holds back vacuum|auth (5xx|P9\d)", sql=DEAD, every_s=60.0
    ),
    "quiet-failure": Sign(r"metrics of api end", metrics='absent(count(up{job="api"}))', holds_s=45.0),
}


def now(_: object) -> list[Figure]:
    """All scenarios one after the other; OPSCONSOLE_SCENARIOS=a,b takes some of them."""
    chosen = [name for name in os.environ.get("OPSCONSOLE_SCENARIOS", "").split(",") if name] or list(SIGNS)
    for name in chosen:
        show(_of(name, SIGNS[name]))  # as they come, because it takes minutes
    return []


def _of(name: str, sign: Sign) -> list[Figure]:
    with platform(name) as settings:
        seen = _source(settings, sign)
        with Terminal([opsconsole(), "--config", settings]) as terminal:
            try:
                return _timed(name, sign, terminal, seen)
            except Ended:
                return [Figure(f"{name}: the console ended", None)]


def _timed(name: str, sign: Sign, terminal: Terminal, seen: Callable[[], bool] | None) -> list[Figure]:
    """The source is asked beside the console; a breach that ended again in between counts from when it came back."""
    began: float | None = None
    asked = 0.0
    end = time.perf_counter() + PATIENCE_S
    while time.perf_counter() < end:
        terminal.take(LOOK_S)
        if seen is not None and time.perf_counter() - asked >= ASK_S:
            asked = time.perf_counter()
            there = seen()
            began = (began or asked) if there else None
        first = first_row(terminal.text())
        if re.search(sign.first, first):
            shown = time.perf_counter() if began is not None else time.perf_counter() - terminal.started
            return [_figure(name, sign, began, shown), _ranked(name, sign, terminal)]
    return [Figure(f"{name}: first on Now", None, note=f"is {first_row(terminal.text())!r}")]


def _figure(name: str, sign: Sign, began: float | None, shown: float) -> Figure:
    goal = sign.every_s + TEXT_S
    if began is None:
        return Figure(
            f"{name}: first on Now, from the console's start", shown, "s", note="its source is not asked beside"
        )
    took = shown - began - sign.holds_s
    return Figure(
        f"{name}: breach in the source to text", round(took, 1), "s", goal, f"after {sign.holds_s:g} s of its rule"
    )


def _ranked(name: str, sign: Sign, terminal: Terminal) -> Figure:
    """A minute later the first row still has to be the right one."""
    terminal.watch(60.0)
    first = first_row(terminal.text())
    right = 1.0 if re.search(sign.later or sign.first, first) else 0.0
    return Figure(f"{name}: ranked first is the right one (1 yes)", right, note=first[:70])


def first_row(text: str) -> str:
    """The words of the first finding on the Now page that fires, "" while there is none."""
    rows = [line for line in text.splitlines() if re.match(r"\s*[1?] [▲△·?!~*]\d", line)]
    return re.split(r"│", rows[0])[0].strip() if rows and " pend " not in rows[0] else ""


def _source(settings: str, sign: Sign) -> Callable[[], bool] | None:
    """A look at the source that has nothing of the console in it."""
    from opsconsole.config.loading import load

    profile = next(iter(load(settings).settings.profiles.values()))
    if sign.sql:
        import asyncio

        import psycopg

        from opsconsole.sources.secret import reveal

        server = profile.postgres[0]
        word = asyncio.run(reveal(server.password)) if server.password is not None else None
        connection = psycopg.connect(server.dsn, autocommit=True, password=word)
        return lambda: connection.execute(sign.sql.encode()).fetchone() is not None
    if sign.cluster is not None and profile.kubernetes is not None:
        return _cluster(str(profile.kubernetes.kubeconfig), *sign.cluster)
    if not sign.metrics or profile.prometheus is None:
        return None
    query = urllib.parse.urlencode({"query": sign.metrics})
    url = f"{profile.prometheus.url}/api/v1/query?{query}"

    def asked() -> bool:
        with urllib.request.urlopen(url, timeout=5) as answer:
            told: dict[str, Any] = msgspec.json.decode(answer.read())
        return bool(told["data"]["result"])

    return asked


def _cluster(kubeconfig: str, path: str, pattern: str) -> Callable[[], bool]:
    """Whether what the API server tells matches, with the token that the demo's file holds."""
    with open(kubeconfig, encoding="utf-8") as file:
        held = yaml.safe_load(file)
    cluster, context = held["clusters"][0]["cluster"], held["contexts"][0]["context"]
    authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
    tls = ssl.create_default_context(cadata=authority)
    url = cluster["server"] + path.format(namespace=context["namespace"])
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {held['users'][0]['user']['token']}"})

    def asked() -> bool:
        with urllib.request.urlopen(request, timeout=5, context=tls) as answer:
            return re.search(pattern, answer.read().decode()) is not None

    return asked
