"""The values of an OpenSLO file: windows, targets, slices of time, conditions. A mistake names its key."""

import math
import re
from datetime import datetime
from zoneinfo import ZoneInfo

from ..model.slo import UNITS_S, Indicator, Leg, Window
from . import openslo_shape as shape
from .places import KeyPath
from .slo_legs import own_leg

LEAST_WINDOW_S = 3600.0
DEFAULT_WINDOW = Window(30, "d")
_DURATION = re.compile(r"([1-9]\d{0,5})([mhdwMQY])")
_NO_TIME = re.compile(r"0+[a-zA-Z]?")


class Mistake(Exception):
    """Something wrong at a key of a document."""

    def __init__(self, key: KeyPath, sentence: str) -> None:
        super().__init__(sentence)
        self.key = key
        self.sentence = sentence


def window(windows: tuple[shape.TimeWindow, ...]) -> Window:
    here: KeyPath = ("spec", "timeWindow")
    if not windows:
        return DEFAULT_WINDOW
    if len(windows) != 1:
        raise Mistake(here, "must hold exactly one window")
    given, at = windows[0], (*here, 0)
    count, unit = _span(given.duration, (*at, "duration"))
    window = Window(count, unit)
    if window.nominal_s < LEAST_WINDOW_S:
        months = "; months are written with a capital M" if unit == "m" else ""
        raise Mistake((*at, "duration"), f"{given.duration} is shorter than an hour{months}")
    rolling = given.isRolling if given.isRolling is not None else given.calendar is None
    if rolling != (given.calendar is None):
        raise Mistake(at, "needs either `isRolling: true`, or `calendar` and no rolling")
    if given.calendar is None:
        if unit in "MQY":
            raise Mistake((*at, "duration"), "a rolling window cannot count months: write days, 30d or 28d")
        return window
    try:
        start = datetime.fromisoformat(given.calendar.startTime)
    except ValueError:
        raise Mistake((*at, "calendar", "startTime"), "must be a time such as 2022-01-01 12:00:00") from None
    try:
        zone = ZoneInfo(given.calendar.timeZone)
    except (ValueError, OSError, LookupError):
        raise Mistake((*at, "calendar", "timeZone"), f"unknown time zone {given.calendar.timeZone!r}") from None
    local = start if start.tzinfo is None else start.astimezone(zone)
    return Window(count, unit, local.replace(tzinfo=None).isoformat(), given.calendar.timeZone)


def _span(text: str, key: KeyPath) -> tuple[int, str]:
    match = _DURATION.fullmatch(text)
    if match is None:
        raise Mistake(key, f"{text!r} is no duration: a whole number and one of m h d w M Q Y, such as 30d")
    return int(match[1]), match[2]


def _seconds(text: str, key: KeyPath) -> float:
    count, unit = _span(text, key)
    return count * UNITS_S[unit]


def target_key(objective: shape.Objective, here: KeyPath) -> KeyPath:
    return (*here, "target" if objective.target is not None else "targetPercent")


def target(objective: shape.Objective, here: KeyPath) -> float:
    if (objective.target is None) == (objective.targetPercent is None):
        raise Mistake(here, "needs exactly one of `target` and `targetPercent`")
    if objective.target is not None:
        target, most = objective.target, "1"
    else:
        target, most = round((objective.targetPercent or 0.0) / 100, 12), "100"
    if not (math.isfinite(target) and 0 <= target < 1):
        raise Mistake(target_key(objective, here), f"must be at least 0 and below {most}: nothing is always right")
    return target


def slices(method: str, objective: shape.Objective, here: KeyPath) -> tuple[float, float | None]:
    if method == "Occurrences":
        for field in ("timeSliceTarget", "timeSliceWindow"):
            if getattr(objective, field) is not None:
                raise Mistake((*here, field), "counts for the methods Timeslices and RatioTimeslices only")
        return 0.0, None
    given = objective.timeSliceWindow
    if given is None:
        raise Mistake(here, f"{method} needs a `timeSliceWindow`, such as 1m")
    key = (*here, "timeSliceWindow")
    slice_s = _seconds(given, key) if isinstance(given, str) else given * 60.0
    if not (math.isfinite(slice_s) and slice_s >= 15):
        raise Mistake(key, "must be at least 15 s")
    if method == "RatioTimeslices":
        return slice_s, None
    if objective.timeSliceTarget is None:
        raise Mistake(here, "Timeslices needs a `timeSliceTarget`: the share that makes a slice good")
    if not 0 < objective.timeSliceTarget <= 1:
        raise Mistake((*here, "timeSliceTarget"), "must be above 0 and at most 1")
    return slice_s, objective.timeSliceTarget


def comparison(indicator: Indicator, objective: shape.Objective, here: KeyPath) -> tuple[str, float | None]:
    """Only a threshold compares; published examples write an `op` beside ratios, which says nothing."""
    if not indicator.threshold:
        if objective.value is not None:
            raise Mistake((*here, "value"), "belongs to a thresholdMetric")
        return "", None
    if objective.op is None or objective.value is None or not math.isfinite(objective.value):
        raise Mistake(here, "a thresholdMetric needs `op` and `value`")
    return objective.op, objective.value


def leg(condition: shape.ConditionSpec, at: KeyPath) -> Leg:
    asked = condition.condition
    if asked.op in ("lt", "lte"):
        raise Mistake(at, f"op {asked.op} alerts while the budget does not burn: write gt or gte")
    if not (math.isfinite(asked.threshold) and asked.threshold > 0):
        raise Mistake(at, "the threshold must be above 0")
    lookback_s = _seconds(asked.lookbackWindow, at)
    if lookback_s < 300:
        raise Mistake(at, "a lookbackWindow below 5m holds too few samples")
    after_s = 0.0 if _NO_TIME.fullmatch(asked.alertAfter) else _seconds(asked.alertAfter, at)
    return own_leg(
        condition.severity, lookback_s, asked.threshold, after_s=after_s, inclusive=asked.op == "gte"
    )  # fmt: skip


def annotation(metadata: shape.Metadata, name: str) -> float | None:
    text = metadata.annotations.get(name)
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not (math.isfinite(value) and value >= 0):
        raise Mistake(("metadata", "annotations", name), "must be a number from 0 on")
    return value
