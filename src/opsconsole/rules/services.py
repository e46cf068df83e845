"""Rate, errors and percentiles of services and endpoints, made of summed counters: never an average of averages."""

from collections import defaultdict
from collections.abc import Mapping

import msgspec

from ..model.metrics import Answer, Bucket, Sample, ServiceFigures, Services
from .histogram import Estimate, add, add_native, estimate, estimate_native, scaled, upper_bound
from .server_words import said_beside

__all__ = ["Names", "ServiceAnswers", "services", "upper_bound"]

Key = tuple[str, str]
"""(service, endpoint)."""


class ServiceAnswers(msgspec.Struct, frozen=True, gc=False):
    """The answers a table of services is made of; None where one was not asked or failed."""

    requests: Answer
    buckets: Answer
    versions: Answer | None = None
    requests_last_week: Answer | None = None
    buckets_last_week: Answer | None = None


class Names(msgspec.Struct, frozen=True, gc=False):
    """The label names in use."""

    service: str = "service"
    endpoint: str = "endpoint"
    status: str = "status"
    version: str = "version"
    unit_s: float = 1.0
    """Seconds in the unit of the histograms' bounds."""


class Histogram(msgspec.Struct, gc=False):
    """What is known of one histogram: cumulative buckets by bound, or those of a native one."""

    classic: dict[float, float]
    native: list[tuple[Bucket, ...]]

    def estimate(self, q: float, unit_s: float) -> Estimate | None:
        found = estimate_native(q, add_native(self.native)) if self.native else estimate(q, self.classic)
        return scaled(found, unit_s)


def services(answers: ServiceAnswers, names: Names) -> Services:
    """The table: each service (endpoint "") followed by its endpoints, busiest first.

    A service without requests in the window has rate 0 and unknown error shares and percentiles.
    """
    rates = _by_key(answers.requests, names)
    histograms = _histograms(answers.buckets, names)
    rates_before = _by_key(answers.requests_last_week, names)
    histograms_before = _histograms(answers.buckets_last_week, names)
    versions = _versions(answers.versions, names)
    endpoints: dict[str, list[str]] = defaultdict(list)
    for service, endpoint in sorted({*rates, *histograms}):
        endpoints[service].append(endpoint)
    rows: list[tuple[float, list[ServiceFigures]]] = []
    for service, under in endpoints.items():
        keys = [(service, endpoint) for endpoint in under]
        known = (rates, histograms, rates_before, histograms_before, names.unit_s)
        whole = _row(service, "", keys, *known, versions.get(service, ""))
        parts = [_row(service, key[1], [key], *known, "") for key in keys if key[1]]
        parts.sort(key=lambda row: (-(row.requests_s or 0.0), row.endpoint))
        rows.append((-(whole.requests_s or 0.0), [whole, *parts]))
    rows.sort(key=lambda group: (group[0], group[1][0].service))
    asked = (
        answers.requests,
        answers.buckets,
        answers.versions,
        answers.requests_last_week,
        answers.buckets_last_week,
    )
    figures = tuple(row for _, group in rows for row in group)
    return Services(figures, said_beside(asked), any(answer.partial for answer in asked if answer))


def _row(
    service: str,
    endpoint: str,
    keys: list[Key],
    rates: Mapping[Key, Mapping[str, float]],
    histograms: Mapping[Key, Histogram],
    rates_before: Mapping[Key, Mapping[str, float]],
    histograms_before: Mapping[Key, Histogram],
    unit_s: float,
    version: str,
) -> ServiceFigures:
    by_class: dict[str, float] = defaultdict(float)
    for key in keys:
        for status, rate in rates.get(key, {}).items():
            by_class[status[:1]] += rate
    total = sum(by_class.values()) if any(key in rates for key in keys) else None
    told = by_class.keys() != {""}  # where no label tells the status nobody knows what failed
    latency = _together(keys, histograms)
    p50, p95, p99 = (latency.estimate(q, unit_s) for q in (0.50, 0.95, 0.99))
    latency_before = _together(keys, histograms_before)
    p95_before, p99_before = (latency_before.estimate(q, unit_s) for q in (0.95, 0.99))
    before = [sum(rates_before[key].values()) for key in keys if key in rates_before]
    return ServiceFigures(
        service=service,
        endpoint=endpoint,
        requests_s=total,
        server_errors=by_class["5"] / total if total and told else None,
        client_errors=by_class["4"] / total if total and told else None,
        p50_s=p50.value if p50 else None,
        p95_s=p95.value if p95 else None,
        p99_s=p99.value if p99 else None,
        p95_last_week_s=p95_before.value if p95_before else None,
        p99_last_week_s=p99_before.value if p99_before else None,
        requests_last_week_s=sum(before) if before else None,
        version=version,
        p50_in=p50.within if p50 else None,
        p95_in=p95.within if p95 else None,
        p99_in=p99.within if p99 else None,
    )


def _together(keys: list[Key], histograms: Mapping[Key, Histogram]) -> Histogram:
    parts = [histograms[key] for key in keys if key in histograms]
    return Histogram(add(part.classic for part in parts), [each for part in parts for each in part.native])


def _by_key(answer: Answer | None, names: Names) -> dict[Key, dict[str, float]]:
    """Rates by status of each service and endpoint."""
    found: dict[Key, dict[str, float]] = defaultdict(dict)
    for sample, labels in _labelled(answer):
        if sample.value is not None:
            status = labels.get(names.status, "")
            held = found[_key(labels, names)]
            held[status] = held.get(status, 0.0) + sample.value
    return found


def _histograms(answer: Answer | None, names: Names) -> dict[Key, Histogram]:
    found: dict[Key, Histogram] = {}
    for sample, labels in _labelled(answer):
        held = found.setdefault(_key(labels, names), Histogram({}, []))
        bound = upper_bound(labels.get("le", ""))
        if sample.histogram is not None:
            held.native.append(sample.histogram)
        elif sample.value is not None and bound is not None:
            # two series of one key are two that the cut of long label values made one
            held.classic[bound] = held.classic.get(bound, 0.0) + sample.value
    return {key: held for key, held in found.items() if held.native or held.classic}


def _versions(answer: Answer | None, names: Names) -> dict[str, str]:
    """What each service runs by traffic: one version, or in a roll-out those that carry a twentieth or more."""
    shares: dict[str, dict[str, float]] = defaultdict(dict)
    for sample, labels in _labelled(answer):
        if sample.value and labels.get(names.version):
            shares[labels.get(names.service, "")][labels[names.version]] = sample.value
    found = {}
    for service, by_version in shares.items():
        total = sum(by_version.values())
        ranked = sorted(by_version, key=lambda version: (-by_version[version], version))
        found[service] = "+".join(version for version in ranked if by_version[version] >= 0.05 * total)
    return found


def _key(labels: Mapping[str, str], names: Names) -> Key:
    return labels.get(names.service, ""), labels.get(names.endpoint, "")


def _labelled(answer: Answer | None) -> list[tuple[Sample, dict[str, str]]]:
    return [(sample, dict(sample.labels)) for sample in answer.samples] if answer else []
