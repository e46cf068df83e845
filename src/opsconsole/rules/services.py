"""Rate, errors and percentiles of services and endpoints, made of summed counters: never an average of averages."""

import math
from collections import defaultdict
from collections.abc import Mapping

import msgspec

from ..model.metrics import Answer, Sample, ServiceFigures, Services
from .histogram import add, quantile

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
        whole = _row(service, "", keys, rates, histograms, rates_before, histograms_before, versions.get(service, ""))
        parts = [
            _row(service, key[1], [key], rates, histograms, rates_before, histograms_before, "")
            for key in keys
            if key[1]
        ]
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
    warnings = dict.fromkeys(line for answer in asked if answer for line in answer.warnings)
    return Services(tuple(row for _, group in rows for row in group), tuple(warnings))


def _row(
    service: str,
    endpoint: str,
    keys: list[Key],
    rates: Mapping[Key, Mapping[str, float]],
    histograms: Mapping[Key, Mapping[float, float]],
    rates_before: Mapping[Key, Mapping[str, float]],
    histograms_before: Mapping[Key, Mapping[float, float]],
    version: str,
) -> ServiceFigures:
    by_class: dict[str, float] = defaultdict(float)
    for key in keys:
        for status, rate in rates.get(key, {}).items():
            by_class[status[:1]] += rate
    total = sum(by_class.values()) if any(key in rates for key in keys) else None
    latency = add(histograms[key] for key in keys if key in histograms)
    latency_before = add(histograms_before[key] for key in keys if key in histograms_before)
    before = [sum(rates_before[key].values()) for key in keys if key in rates_before]
    return ServiceFigures(
        service=service,
        endpoint=endpoint,
        requests_s=total,
        server_errors=by_class["5"] / total if total else None,
        client_errors=by_class["4"] / total if total else None,
        p50_s=quantile(0.50, latency),
        p95_s=quantile(0.95, latency),
        p99_s=quantile(0.99, latency),
        p95_last_week_s=quantile(0.95, latency_before),
        p99_last_week_s=quantile(0.99, latency_before),
        requests_last_week_s=sum(before) if before else None,
        version=version,
    )


def _by_key(answer: Answer | None, names: Names) -> dict[Key, dict[str, float]]:
    """Rates by status of each service and endpoint."""
    found: dict[Key, dict[str, float]] = defaultdict(dict)
    for sample, labels in _labelled(answer):
        if sample.value is not None:
            status = labels.get(names.status, "")
            held = found[_key(labels, names)]
            held[status] = held.get(status, 0.0) + sample.value
    return found


def _histograms(answer: Answer | None, names: Names) -> dict[Key, dict[float, float]]:
    found: dict[Key, dict[float, float]] = defaultdict(dict)
    for sample, labels in _labelled(answer):
        bound = upper_bound(labels.get("le", ""))
        if sample.value is not None and bound is not None:
            found[_key(labels, names)][bound] = sample.value
    return found


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


def upper_bound(text: str) -> float | None:
    """The value of an `le` label; None when it is none."""
    try:
        bound = float(text)
    except ValueError:
        return None
    return None if math.isnan(bound) else bound


def _key(labels: Mapping[str, str], names: Names) -> Key:
    return labels.get(names.service, ""), labels.get(names.endpoint, "")


def _labelled(answer: Answer | None) -> list[tuple[Sample, dict[str, str]]]:
    return [(sample, dict(sample.labels)) for sample in answer.samples] if answer else []
