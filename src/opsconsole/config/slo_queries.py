"""From the queries of an indicator to the PromQL of its two sums over any window."""

import re

from ..model.slo import Counts, Indicator

WINDOW, SECONDS, LABEL = "$window", "$seconds", "$label"
WITHIN = "$within"
"""The window without its first moment: where single samples or slices are counted, none belongs to two windows.
Prometheus 2 includes both ends of a range."""
_PLACEHOLDER = re.compile(r"\{\{\s*\.window\s*\}\}|\$\{window\}|\$window\b")
"""Ours, and sloth's `{{.window}}`."""
_MATCHERS = r'\{(?:[^{}"]|"(?:[^"\\]|\\.)*")*\}'
_SELECTOR = re.compile(rf"([A-Za-z_:][\w:]*)\s*({_MATCHERS})?")
_SUMMED = re.compile(r"sum\s*\((.*)\)", re.DOTALL)
_RATE = re.compile(r"\bi?rate\s*\(")
_OVER = re.compile(r"\b(?:increase|\w+_over_time)\s*\(")
OPS = {"lte": "<=", "gte": ">=", "lt": "<", "gt": ">"}
SLICE_S = 60.0
"""How often a value is looked at where the file does not say."""
SAMPLE_S = 15.0


class QueryError(Exception):
    """The indicator cannot be counted; `field` is the metric at fault."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


def counts(
    indicator: Indicator, method: str, op: str, value: float | None, slice_s: float, slice_target: float | None
) -> Counts:
    """The sums behind an objective. Raises QueryError."""
    if indicator.threshold:
        return _of_values(indicator, method, op, value, slice_s or SLICE_S, slice_target)
    if method != "Occurrences":
        return _of_slices(_ratio(indicator), method, slice_s, slice_target)
    if indicator.raw:
        raise QueryError(
            "raw", "a ratio made elsewhere has no counts to weight it by: give good or bad and total, or count slices "
            "(budgetingMethod RatioTimeslices)",
        )  # fmt: skip
    field, part = ("good", indicator.good) if indicator.good else ("bad", indicator.bad)
    metrics = _metric_of(part), _metric_of(indicator.total)
    return Counts(
        _sum(field, part, indicator.counter),
        _sum("total", indicator.total, indicator.counter),
        good=bool(indicator.good),
        part_by=_sum_by(part, indicator.counter),
        total_by=_sum_by(indicator.total, indicator.counter),
        same_metric=bool(metrics[0]) and metrics[0] == metrics[1],
    )


def rendered(query: str, window_s: float, label: str = "") -> str:
    """The query over one window."""
    filled = query.replace(WITHIN, duration(window_s - 1)).replace(WINDOW, duration(window_s))
    filled = filled.replace(SECONDS, f"{window_s:g}")
    return filled.replace(LABEL, label)


def duration(seconds: float) -> str:
    """As PromQL writes it: 5m, 6h, 3d, 90s."""
    whole = max(1, round(seconds))
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if whole % size == 0:
            return f"{whole // size}{unit}"
    return f"{whole}s"


def _of_slices(ratio: str, method: str, slice_s: float, slice_target: float | None) -> Counts:
    """Slices of time: good ones of all, or the mean of their ratios."""
    over = f"[{WITHIN}:{duration(slice_s)}]"
    one = _PLACEHOLDER.sub(duration(slice_s), ratio).replace(SECONDS, f"{slice_s:g}")
    if method == "RatioTimeslices":
        return Counts(f"sum_over_time(({one}){over})", f"count_over_time(({one}){over})", good=True, unit="slice")
    good = f"sum_over_time((({one}) >= bool {slice_target:g}){over})"
    return Counts(good, f"count_over_time(({one}){over})", good=True, unit="slice")


def _of_values(
    indicator: Indicator, method: str, op: str, value: float | None, slice_s: float, slice_target: float | None
) -> Counts:
    """A value that is good on one side of a limit: looked at once a slice, or its share of good samples in a slice."""
    query = _windowed(indicator.threshold, slice_s)
    held = f"(({query}) {OPS[op]} bool {value:g})"
    over = f"[{WITHIN}:{duration(slice_s)}]"
    if method == "Timeslices" and slice_target is not None and slice_target < 1:
        inner = f"[{duration(slice_s)}:{duration(min(SAMPLE_S, slice_s))}]"
        held = f"(avg_over_time({held}{inner}) >= bool {slice_target:g})"
    return Counts(
        f"sum(sum_over_time({held}{over}))", f"sum(count_over_time({held}{over}))", good=True,
        unit="slice" if method != "Occurrences" else "sample",
    )  # fmt: skip


def _ratio(indicator: Indicator) -> str:
    """The share of good events over `$window`."""
    if indicator.raw:
        raw = _PLACEHOLDER.sub(lambda _: WINDOW, indicator.raw)
        return f"({raw})" if indicator.raw_success else f"(1 - ({raw}))"
    total = f"({_sum('total', indicator.total, indicator.counter)} > 0)"  # a slice without events is none
    if indicator.good:
        return f"{_sum('good', indicator.good, indicator.counter)} / {total}"
    return f"1 - {_sum('bad', indicator.bad, indicator.counter)} / {total}"


def _sum(field: str, query: str, counter: bool) -> str:
    """How many events a query counts over `$window`."""
    if _PLACEHOLDER.search(query):
        if _RATE.search(query) and _OVER.search(query):
            raise QueryError(field, "holds a rate and a count: it is not clear what it counts")
        filled = _PLACEHOLDER.sub(lambda _: WINDOW, query.strip())
        return f"({filled}) * {SECONDS}" if _RATE.search(query) else filled
    if (selector := _selector(query)) is None:
        raise QueryError(
            field, f"must be one series selector, sum(SELECTOR), or a query over [{WINDOW}] such as "
            f"sum(increase(http_requests_total[{WINDOW}]))",
        )  # fmt: skip
    return f"sum({_counted(selector, counter)})"


def _sum_by(query: str, counter: bool) -> str:
    selector = None if _PLACEHOLDER.search(query) else _selector(query)
    return f"sum by ({LABEL}) ({_counted(selector, counter)})" if selector is not None else ""


def _counted(selector: str, counter: bool) -> str:
    return f"increase({selector}[{WINDOW}])" if counter else f"sum_over_time({selector}[{WITHIN}])"


def _windowed(query: str, window_s: float) -> str:
    return _PLACEHOLDER.sub(duration(window_s), query.strip())


def _selector(query: str) -> str | None:
    """`name{…}` of `name{…}` or `sum(name{…})`."""
    text = query.strip()
    if (summed := _SUMMED.fullmatch(text)) is not None:
        text = summed[1].strip()
    return text if _SELECTOR.fullmatch(text) else None


def _metric_of(query: str) -> str:
    """The name of the one metric that it counts; "" where it is not plain."""
    selector = _selector(query)
    if selector is None:
        names = set(re.findall(rf"([A-Za-z_:][\w:]*)\s*(?:{_MATCHERS})?\s*\[", query))
        return names.pop() if len(names) == 1 else ""
    match = _SELECTOR.match(selector)
    return match[1] if match else ""
