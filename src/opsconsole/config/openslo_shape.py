"""The shape of OpenSLO v1 documents, as its specification gives it: strict, so that a misspelt key is a mistake.

Source: OpenSLO/OpenSLO, README.md, "Object Types".
"""

from typing import Any, Literal

import msgspec

from .settings import Strict

VERSION = "openslo/v1"
Op = Literal["lte", "gte", "lt", "gt"]


class Metadata(Strict, frozen=True, kw_only=True):
    name: str
    displayName: str = ""
    labels: dict[str, str | tuple[str, ...]] = msgspec.field(default_factory=dict)
    annotations: dict[str, str] = msgspec.field(default_factory=dict)


class MetricSource(Strict, frozen=True, kw_only=True):
    metricSourceRef: str = ""
    type: str = ""
    spec: dict[str, Any] = msgspec.field(default_factory=dict)


class Metric(Strict, frozen=True, kw_only=True):
    metricSource: MetricSource


class RatioMetric(Strict, frozen=True, kw_only=True):
    counter: bool = True
    good: Metric | None = None
    bad: Metric | None = None
    total: Metric | None = None
    raw: Metric | None = None
    rawType: Literal["success", "failure"] | None = None


class SliSpec(Strict, frozen=True, kw_only=True):
    description: str = ""
    thresholdMetric: Metric | None = None
    ratioMetric: RatioMetric | None = None


class InlineSli(Strict, frozen=True, kw_only=True):
    metadata: Metadata | None = None
    spec: SliSpec


class Calendar(Strict, frozen=True, kw_only=True):
    startTime: str
    timeZone: str = "UTC"


class TimeWindow(Strict, frozen=True, kw_only=True):
    duration: str
    isRolling: bool | None = None
    calendar: Calendar | None = None


class Objective(Strict, frozen=True, kw_only=True):
    displayName: str = ""
    op: Op | None = None
    value: float | None = None
    target: float | None = None
    targetPercent: float | None = None
    timeSliceTarget: float | None = None
    timeSliceWindow: str | float | None = None
    indicator: InlineSli | None = None
    indicatorRef: str | None = None
    compositeWeight: float | None = None


class Condition(Strict, frozen=True, kw_only=True):
    kind: Literal["burnrate"] = "burnrate"
    op: Op
    threshold: float
    lookbackWindow: str
    alertAfter: str = "0m"


class ConditionSpec(Strict, frozen=True, kw_only=True):
    description: str = ""
    severity: str
    condition: Condition


class InlineCondition(Strict, frozen=True, kw_only=True):
    """Named by `conditionRef`, or written where it is used."""

    conditionRef: str | None = None
    apiVersion: str = VERSION
    kind: Literal["AlertCondition"] = "AlertCondition"
    metadata: Metadata | None = None
    spec: ConditionSpec | None = None


class PolicySpec(Strict, frozen=True, kw_only=True):
    description: str = ""
    alertWhenNoData: bool = False
    alertWhenResolved: bool = False
    alertWhenBreaching: bool = True
    conditions: tuple[InlineCondition, ...]
    notificationTargets: tuple[dict[str, Any], ...] = ()


class InlinePolicy(Strict, frozen=True, kw_only=True):
    """Named by `alertPolicyRef`, or written where it is used."""

    alertPolicyRef: str | None = None
    apiVersion: str = VERSION
    kind: Literal["AlertPolicy"] = "AlertPolicy"
    metadata: Metadata | None = None
    spec: PolicySpec | None = None


class SloSpec(Strict, frozen=True, kw_only=True):
    description: str = ""
    service: str
    indicator: InlineSli | None = None
    indicatorRef: str | None = None
    timeWindow: tuple[TimeWindow, ...] = ()
    budgetingMethod: Literal["Occurrences", "Timeslices", "RatioTimeslices"]
    objectives: tuple[Objective, ...]
    alertPolicies: tuple[InlinePolicy, ...] = ()


class DataSourceSpec(Strict, frozen=True, kw_only=True):
    description: str = ""
    type: str
    connectionDetails: Any = None


class ServiceSpec(Strict, frozen=True, kw_only=True):
    description: str = ""


class TargetSpec(Strict, frozen=True, kw_only=True):
    description: str = ""
    target: str


SPECS: dict[str, type[Strict]] = {
    "SLO": SloSpec,
    "SLI": SliSpec,
    "DataSource": DataSourceSpec,
    "Service": ServiceSpec,
    "AlertPolicy": PolicySpec,
    "AlertCondition": ConditionSpec,
    "AlertNotificationTarget": TargetSpec,
}
"""By kind. A Service may leave its `spec` out."""
