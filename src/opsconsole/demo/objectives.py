"""The shop's service level objectives, as an OpenSLO file that the demo's settings name."""

from pathlib import Path

_TEXT = """\
# Service level objectives of the demo's shop, OpenSLO v1. Sums of counters: each query is a series selector.
apiVersion: openslo/v1
kind: Service
metadata: {name: api, displayName: The shop's API}
---
apiVersion: openslo/v1
kind: DataSource
metadata: {name: prometheus}
spec: {type: Prometheus}
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: checkout-latency, displayName: Checkout is quick}
spec:
  description: 99 of 100 checkouts are answered within half a second
  service: api
  indicator:
    metadata: {name: checkout-within-500ms}
    spec:
      ratioMetric:
        counter: true
        good:
          metricSource:
            metricSourceRef: prometheus
            spec: {query: 'http_request_duration_seconds_bucket{service="api",endpoint="/checkout",le="0.5"}'}
        total:
          metricSource:
            metricSourceRef: prometheus
            spec: {query: 'http_request_duration_seconds_count{service="api",endpoint="/checkout"}'}
  timeWindow: [{duration: 28d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{target: 0.99}]
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: api-errors, displayName: The API answers}
spec:
  description: 99.7 of 100 requests end without an error of ours
  service: api
  indicator:
    metadata: {name: api-5xx}
    spec:
      ratioMetric:
        counter: true
        bad:
          metricSource:
            metricSourceRef: prometheus
            spec: {query: 'http_requests_total{service="api",status=~"5.."}'}
        total:
          metricSource:
            metricSourceRef: prometheus
            spec: {query: 'http_requests_total{service="api"}'}
  timeWindow: [{duration: 28d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{target: 0.997}]
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: api-latency, displayName: The API is quick}
spec:
  service: api
  indicator:
    metadata: {name: api-within-500ms}
    spec:
      ratioMetric:
        counter: true
        good:
          metricSource:
            metricSourceRef: prometheus
            spec: {query: 'http_request_duration_seconds_bucket{service="api",le="0.5"}'}
        total:
          metricSource:
            metricSourceRef: prometheus
            spec: {query: 'http_request_duration_seconds_count{service="api"}'}
  timeWindow: [{duration: 28d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{target: 0.99}]
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: web-month, displayName: What the contract promises}
spec:
  description: counted by the calendar month, as the contract says
  service: web
  indicator:
    metadata: {name: web-5xx}
    spec:
      ratioMetric:
        counter: true
        bad:
          metricSource:
            metricSourceRef: prometheus
            spec: {query: 'http_requests_total{service="web",status=~"5.."}'}
        total:
          metricSource:
            metricSourceRef: prometheus
            spec: {query: 'http_requests_total{service="web"}'}
  timeWindow:
    - duration: 1M
      calendar: {startTime: "2026-01-01 00:00:00", timeZone: Europe/Berlin}
  budgetingMethod: Occurrences
  objectives: [{displayName: contract, target: 0.999}]
"""


def write(path: Path) -> None:
    """Write the file (0600)."""
    path.touch(mode=0o600)
    path.write_text(_TEXT, encoding="utf-8")
