"""How the numbers of a row are worked out, in a line each: by what a rule measures, and by the view of a tab."""

from collections.abc import Mapping

BY_MEASURE: Mapping[str, str] = {
    "requests.p99": "quantile of a histogram: linear within the bucket that holds the 99th of 100 requests; the rates "
    "of the buckets are summed over all series first",
    "requests.p95": "quantile of a histogram: linear within the bucket that holds the 95th of 100 requests",
    "endpoint.p99": "quantile of a histogram, per endpoint: linear within the bucket that holds the 99th of 100",
    "requests.errors": "answers 5xx / all answers, both as rates over the same window",
    "availability": "good / all over the window, weighted by event",
    "queue.depth": "jobs that wait, summed by queue",
    "queue.age": "age of the oldest job that waits",
    "heap.bytes": "heap in use, the largest of the service's processes",
    "workload.cpu": "CPU used / CPU requested, summed over its pods",
    "workload.memory": "memory used / limit, the worst of its pods",
    "node.cpu": "1 - the idle share of all its CPUs",
    "node.memory": "1 - available / all",
    "pg.connections": "connections / (max_connections - reserved ones)",
    "pg.blocked": "sessions that wait for a lock which another session holds",
    "statement.mean": "difference of total_exec_time / difference of calls, between two readings",
    "statement.running": "now - query_start of the longest that runs",
    "cache.hit": "keyspace_hits / (hits + misses), as differences between two readings",
    "pool.wait": "maxwait of the pool",
    "pool.clients": "clients / max_client_conn",
    "budget.spent": "cost of complete days so far in the period / amount of the budget",
}
BY_VIEW: Mapping[str, str] = {
    "services": "rates over the catalogue's window; v LAST WK is the P95 now / the P95 at this hour a week ago",
    "slo": "budget left = 1 - bad / (all x (1 - target)); burn = share of bad / (1 - target); below 0 is overdrawn",
    "alerts": "a condition that holds at each evaluation for the rule's duration fires; one that does not resolves",
    "probes": "share of askings that came back as expected",
    "workloads": "wanted replicas = ceil(replicas x measured / target), of the metric that wants most",
    "pods": "CPU % of request and memory % of limit: use as metrics.k8s.io tells it / what the spec asks for",
    "hpas": "wanted replicas = ceil(replicas x measured / target), within min and max, not within 10 % of the target",
    "nodes": "room = allocatable - the requests of its pods",
    "statements": "CALLS/s, MEAN and SHARE are differences between two readings of pg_stat_statements",
    "sessions": "ages are the server's clock - the moments that pg_stat_activity tells",
    "locks": "a session waits for those that pg_blocking_pids names; victims are all that wait behind it",
    "health": "each check against its limit; what cannot be read is unknown",
    "connections": "free = max_connections - reserved - used; full in = free / growth",
    "redis": "rates are differences between two INFO answers; hit ratio = hits / (hits + misses)",
    "budget": "run rate = cost so far / complete days; projected = run rate x days of the period",
    "costs": "cost of complete days since the period began, beside that of as many days of the period before",
    "anomalies": "robust distance of a day's cost from those of the same weekday, beside what it is in money",
    "rejected": "a row of the bill that cannot be used is counted, and left out of every sum",
    "hurt": "customers with a slow or failed request in the window, as the settings' query tells",
    "customers": "score = sum(weight x points) / sum(weight), over inputs with fresh data; below 60 % of the weights "
    "it is insufficient data",
    "split": "share of the bad requests that a value carries, beside its share of all requests",
    "findings": "not acknowledged first, firing before pending, then severity, customers, oldest first",
    "changed": "each change as its system dates it",
    "incidents": "clocks run from the moments of the timeline; due times are those of the policy's severity",
}


def formula(measure: str, view: str) -> str:
    """Of the rule that judged it, else of the view; "" where a row is told as it was read."""
    return BY_MEASURE.get(measure) or BY_VIEW.get(view, "")
