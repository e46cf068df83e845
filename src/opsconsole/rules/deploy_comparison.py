"""A service before and after a change: centre, tail and errors, each with its statistic, its n and the rule.

Centre: Mann–Whitney with confidence 0.98, as Kayenta judges canaries (spinnaker/kayenta: MannWhitneyClassifier): the
interval of the shift lies above a quarter of the estimate, and the medians are 20 % and 10 ms apart. It is blind to
tails (spinnaker/spinnaker#6278: ten times 1.0 against seven times 100.0 and three times 1.0 passes), so there is a tail
rule: more values lie above the P95 of before than chance has it (Fisher), and the P99 is 20 % higher. Errors are
counted: Fisher's exact test knows what to say of none before.
"""

from collections.abc import Mapping, Sequence

from ..model.baseline import Compared, Comparison, Window
from ..text import units
from .regression import ABSOLUTE, RELATIVE, TRAFFIC
from .regression_statistics import fisher, median, percentile, rank_sum

CONFIDENCE = 0.98
DEVIATION = 0.25
"""Of the shift: Kayenta's tolerance."""
TAIL_P = 0.01
ERRORS_P = 0.01
ERRORS_APART = 0.001
"""A tenth of a percent: what the objective allows."""
NEEDED_AFTER, NEEDED_BEFORE = 3, 5
LATENCIES: Mapping[str, str] = {"p99": "P99", "p95": "P95"}


def compare(before: Sequence[Window], after: Sequence[Window], window_s: float) -> tuple[tuple[Compared, ...], str]:
    """What each measure does across a change; and why nothing can be said, "" where something can."""
    before, after = _busy(before), _busy(after)
    if len(after) < NEEDED_AFTER:
        return (), f"n too small: {len(after)} of {NEEDED_AFTER} windows after"
    if len(before) < NEEDED_BEFORE:
        return (), f"n too small: {len(before)} of {NEEDED_BEFORE} windows before"
    least = min(window.requests or 0.0 for window in before)
    traffic = median([window.requests or 0.0 for window in after])
    if traffic < TRAFFIC * least:
        return (), f"too little traffic after: {units.number(traffic)}/s, before at least {units.number(least)}/s"
    found = [_latency(measure, before, after) for measure in LATENCIES]
    return (*found, _errors(before, after, window_s)), ""


def latency(measure: str, before: Sequence[float], after: Sequence[float]) -> Compared:
    """One latency by both rules; values in seconds."""
    counts = (len(before), len(after))
    if counts[0] < NEEDED_BEFORE or counts[1] < NEEDED_AFTER:
        return Compared(measure, None, None, *counts, "unknown", f"n too small: {counts[0]} before, {counts[1]} after")
    centre_before, centre_after = median(before), median(after)
    ranks = rank_sum(before, after, CONFIDENCE)
    tolerance = DEVIATION * abs(ranks.shift)
    told = f"Mann–Whitney U={ranks.u:g} {_p(ranks.p)}, CLES {ranks.larger:.2f}"
    if ranks.p < 1 - CONFIDENCE and ranks.low > tolerance and _apart(centre_after, centre_before):
        return Compared(measure, centre_before, centre_after, *counts, "worse", told)
    tail = _tail(before, after)
    if tail:
        return Compared(measure, percentile(before, 0.99), percentile(after, 0.99), *counts, "worse", tail)
    better = ranks.p < 1 - CONFIDENCE and ranks.high < -tolerance and _apart(centre_before, centre_after)
    return Compared(measure, centre_before, centre_after, *counts, "better" if better else "same", told)


def errors(before: tuple[int, int], after: tuple[int, int], windows: tuple[int, int]) -> Compared:
    """(failed, all) before and after."""
    (bad_before, all_before), (bad, whole) = before, after
    if not all_before or not whole:
        return Compared("errors", None, None, *windows, "unknown", "no requests")
    share_before, share = bad_before / all_before, bad / whole
    p = fisher(bad, whole, bad_before, all_before)
    told = f"Fisher {_p(p)}: {bad:,} of {whole:,} after, {bad_before:,} of {all_before:,} before"
    enough = share >= (1 + RELATIVE) * share_before and share - share_before >= ERRORS_APART
    worse = p < ERRORS_P and enough
    fewer = fisher(bad_before, all_before, bad, whole)
    better = fewer < ERRORS_P and share_before - share >= ERRORS_APART
    return Compared(
        "errors", share_before, share, *windows, "worse" if worse else "better" if better else "same", told
    )  # fmt: skip


def words(found: Comparison) -> str:
    """`P99 x6.3 after, n=15+4 (Mann–Whitney U=60 p=0.0005, CLES 1.00)`; that nothing got worse, or why nobody knows."""
    worst = found.worst
    if found.said:
        return found.said
    if worst is not None:
        return f"{short(found)} ({worst.rule})"
    better = next((one for one in found.measures if one.verdict == "better"), None)
    if better is not None:
        return f"{_title(better)} {units.factor(better.after, better.before)} after: better, n={_n(found)}"
    return f"no worse after, n={_n(found)}"


def short(found: Comparison) -> str:
    """`P99 x6.3 after, n=15+4`; "" where nothing got worse."""
    worst = found.worst
    if worst is None:
        return ""
    much = units.factor(worst.after, worst.before)
    value = f"{units.percent(worst.after)} %, " if worst.measure == "errors" else ""
    return f"{_title(worst)} {value}{much} after, n={_n(found)}"


def _n(found: Comparison) -> str:
    return f"{found.n_before}+{found.n_after}"


def _title(one: Compared) -> str:
    return LATENCIES.get(one.measure, "5xx")


def _busy(windows: Sequence[Window]) -> list[Window]:
    return [window for window in windows if window.requests]


def _latency(measure: str, before: Sequence[Window], after: Sequence[Window]) -> Compared:
    values = [[v for window in part if (v := getattr(window, measure)) is not None] for part in (before, after)]
    return latency(measure, *values)


def _errors(before: Sequence[Window], after: Sequence[Window], window_s: float) -> Compared:
    counts = []
    for part in (before, after):
        whole = sum((window.requests or 0.0) * window_s for window in part)
        bad = sum((window.requests or 0.0) * window_s * (window.errors or 0.0) for window in part)
        counts.append((round(bad), max(round(bad), round(whole))))
    return errors(counts[0], counts[1], (len(before), len(after)))


def _tail(before: Sequence[float], after: Sequence[float]) -> str:
    """The tail rule's words where it fires."""
    limit = percentile(before, 0.95)
    above, above_before = sum(value > limit for value in after), sum(value > limit for value in before)
    p = fisher(above, len(after), above_before, len(before))
    if p >= TAIL_P or not _apart(percentile(after, 0.99), percentile(before, 0.99)):
        return ""
    return f"tail: {above} of {len(after)} above the P95 of before, Fisher {_p(p)}"


def _apart(value: float, before: float) -> bool:
    return value >= (1 + RELATIVE) * before and value - before >= ABSOLUTE["s"]


def _p(p: float) -> str:
    return "p<0.0001" if p < 0.0001 else f"p={p:.2g}"
