"""Writes SLOs as OpenSLO v1: what is read back is the same."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

import yaml

from ..model.slo import PAGE, Indicator, Leg, Slo
from .openslo import MIN_BAD, MIN_TOTAL
from .openslo_shape import VERSION
from .slo_queries import duration


def written(slos: Iterable[Slo]) -> str:
    """One document per SLO."""
    documents = [_document(list(objectives)) for _, objectives in groupby(slos, key=lambda slo: slo.name)]
    return str(yaml.safe_dump_all(documents, sort_keys=False, allow_unicode=True, width=1000))


def _document(objectives: list[Slo]) -> dict[str, Any]:
    slo = objectives[0]
    guard = {MIN_BAD: slo.min_bad, MIN_TOTAL: slo.min_total}
    annotations = {name: f"{value:g}" for name, value in guard.items() if value is not None}
    metadata = _given({"name": slo.name, "displayName": slo.title, "annotations": annotations})
    sli = {"metadata": {"name": slo.indicator.name or slo.name}, "spec": _indicator(slo.indicator)}
    spec = _given(
        {
            "description": slo.description,
            "service": slo.service,
            "indicator": sli,
            "timeWindow": [_window(slo)],
            "budgetingMethod": slo.method,
            "objectives": [_objective(one) for one in objectives],
            "alertPolicies": [_policy(slo, number, leg) for number, leg in enumerate(slo.legs, 1) if slo.own_legs],
        },
    )
    spec.setdefault("service", slo.service)
    return {"apiVersion": VERSION, "kind": "SLO", "metadata": metadata, "spec": spec}


def _indicator(indicator: Indicator) -> dict[str, Any]:
    def metric(query: str) -> dict[str, Any]:
        return {"metricSource": {"type": "Prometheus", "spec": {"query": query}}}

    if indicator.threshold:
        return {"thresholdMetric": metric(indicator.threshold)}
    if indicator.raw:
        kind = "success" if indicator.raw_success else "failure"
        return {"ratioMetric": {"rawType": kind, "raw": metric(indicator.raw)}}
    parts = {"good": indicator.good, "bad": indicator.bad, "total": indicator.total}
    asked = {name: metric(query) for name, query in parts.items() if query}
    return {"ratioMetric": {"counter": indicator.counter, **asked}}


def _window(slo: Slo) -> dict[str, Any]:
    window = slo.window
    if window.rolling:
        return {"duration": window.text, "isRolling": True}
    calendar = {"startTime": window.start.replace("T", " "), "timeZone": window.zone}
    return {"duration": window.text, "isRolling": False, "calendar": calendar}


def _objective(slo: Slo) -> dict[str, Any]:
    slices = {"timeSliceTarget": slo.slice_target, "timeSliceWindow": duration(slo.slice_s) if slo.slice_s else ""}
    return {
        **_given({"displayName": slo.objective, "op": slo.op}),
        **{name: value for name, value in (("value", slo.value), ("target", slo.target)) if value is not None},
        **_given(slices),
    }


def _policy(slo: Slo, number: int, leg: Leg) -> dict[str, Any]:
    condition = _given(
        {
            "kind": "burnrate",
            "op": "gte" if leg.inclusive else "gt",
            "threshold": leg.factor,
            "lookbackWindow": duration(leg.long_s),
            "alertAfter": duration(leg.for_s) if leg.for_s else "",
        }
    )
    severity = "page" if leg.severity == PAGE else "ticket"
    name = f"{slo.name}-{severity}-{number}"
    return {
        "kind": "AlertPolicy",
        "metadata": {"name": name},
        "spec": {
            "alertWhenBreaching": True,
            "conditions": [
                {
                    "kind": "AlertCondition",
                    "metadata": {"name": name},
                    "spec": {"severity": severity, "condition": condition},
                }
            ],
            "notificationTargets": [],
        },
    }


def _given(values: dict[str, Any]) -> dict[str, Any]:
    """Without what is empty."""
    return {name: value for name, value in values.items() if value not in ("", None, {}, [])}
