"""The evaluator and the real Prometheus agree over the same samples, whatever is asked."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.demo.promql.compare import assert_same_instant, assert_same_range
from tests.demo.promql.memory import MemoryStorage
from tests.demo.promql.real import RealPrometheus
from tests.demo.promql.samples import CODES, INSTANCES, JOBS, LENGTH, LES, START

_VALUES = {"job": JOBS, "instance": INSTANCES, "code": CODES, "le": LES, "absent": ("", "x")}
_LABELS = {
    "t_requests_total": ("job", "instance", "code"),
    "t_gauge": ("job", "instance"),
    "t_info": ("job", "instance", "version"),
    "t_single": ("instance",),
    "t_other": ("job",),
    "t_latency_bucket": ("job", "instance", "le"),
}
_RANGES = ("20s", "1m", "90s", "2m30s", "5m", "12m")
_OVER_RANGE = (
    "rate", "increase", "irate", "delta", "idelta", "max_over_time", "min_over_time", "avg_over_time",
    "sum_over_time", "count_over_time", "last_over_time",
)  # fmt: skip
_ELEMENTWISE = ("abs", "ceil", "floor", "sgn", "-", "sqrt")


@st.composite
def matchers(draw: st.DrawFn, metric: str) -> str:
    """Mostly of labels that the metric has, so that mostly something is selected."""
    labels = [label for label in _LABELS[metric] if label in _VALUES]
    if draw(st.integers(0, 9)) == 0:
        labels.append("absent")
    parts = []
    for label in draw(st.lists(st.sampled_from(labels), max_size=2, unique=True)):
        op = draw(st.sampled_from(("=", "!=", "=~", "=~", "!~")))
        most = 1 if op in ("!~", "=", "!=") else 2
        chosen = draw(st.lists(st.sampled_from(_VALUES[label]), min_size=1, max_size=most, unique=True))
        text = "|".join(chosen).replace("+", "[+]") if "~" in op else chosen[0]
        if "~" in op and draw(st.booleans()):
            text = f"{text}|z.*"
        parts.append(f'{label}{op}"{text}"')
    return "{" + ",".join(parts) + "}" if parts else ""


@st.composite
def modifiers(draw: st.DrawFn) -> str:
    offset = draw(st.sampled_from(("", "", "", "", " offset 1m", " offset 7m13s", " offset -90s")))
    at = draw(st.sampled_from(("", "", "", "", "", "", f" @ {START // 1000 + 777}.25", " @ start()", " @ end()")))
    return f"{at}{offset}"


@st.composite
def vectors(draw: st.DrawFn, depth: int = 3) -> str:
    """A query that yields an instant vector."""
    metric = draw(st.sampled_from(sorted(_LABELS)))
    selector = f"{metric}{draw(matchers(metric))}"
    if depth == 0:
        return f"{selector}{draw(modifiers())}"
    inner = vectors(depth - 1)
    kind = draw(st.sampled_from(("selector", "range", "range", "aggregate", "aggregate", "function", "binary", "set")))
    if kind == "selector":
        return f"{selector}{draw(modifiers())}"
    if kind == "range":
        return f"{draw(st.sampled_from(_OVER_RANGE))}({selector}[{draw(st.sampled_from(_RANGES))}]{draw(modifiers())})"
    if kind == "aggregate":
        return _aggregate(draw, draw(inner))
    if kind == "function":
        return _function(draw, draw(inner))
    if kind == "binary":
        return _binary(draw, draw(inner), inner)
    op = draw(st.sampled_from(("and", "or", "unless")))
    rule = draw(st.sampled_from(("", "on(job)", "on(instance)", "on()", "ignoring(code)", "ignoring(le,version)")))
    return f"({draw(inner)} {op} {rule} {draw(inner)})"


def _aggregate(draw: st.DrawFn, inner: str) -> str:
    op = draw(st.sampled_from(("sum", "avg", "min", "max", "count")))
    names = draw(st.lists(st.sampled_from(("job", "instance", "code", "le", "version", "none")), max_size=2))
    grouping = draw(st.sampled_from(("", f"by ({','.join(names)})", f"without ({','.join(names)})")))
    return f"{op} {grouping} ({inner})"


def _function(draw: st.DrawFn, inner: str) -> str:
    name = draw(st.sampled_from((*_ELEMENTWISE, "clamp_min", "clamp_max", "absent", "scalar", "quantile")))
    if name == "-":
        return f"(-({inner}))"
    if name.startswith("clamp"):
        return f"{name}({inner}, {draw(st.sampled_from(('-3.3', '0', '12.1')))})"
    if name == "scalar":
        return f"vector(scalar({inner}))"
    if name == "quantile":
        wanted = draw(st.sampled_from(("-1", "0", "0.25", "0.5", "0.99", "1", "2", "NaN")))
        bucket = f"t_latency_bucket{draw(matchers('t_latency_bucket'))}"
        ranged = draw(st.sampled_from((bucket, f"rate({bucket}[5m])", f"sum by (job, le) (rate({bucket}[2m]))")))
        return f"histogram_quantile({wanted}, {ranged})"
    return f"{name}({inner})"


def _binary(draw: st.DrawFn, inner: str, strategy: st.SearchStrategy[str]) -> str:
    arithmetic = draw(st.booleans())
    op = draw(st.sampled_from(("+", "-", "*", "/", "%", "^") if arithmetic else (">", "<", ">=", "<=", "!=")))
    if not arithmetic and draw(st.booleans()):
        op += " bool"
    number = draw(st.sampled_from(("0.3", "-7.1", "41.7", "time()", "scalar(t_other)")))
    shape = draw(st.sampled_from(("right", "left", "vector", "vector", "group")))
    if shape == "right":
        return f"(({inner}) {op} {number})"
    if shape == "left":
        return f"({number} {op} ({inner}))"
    if shape == "group":
        side = draw(st.sampled_from(("group_left", "group_right")))
        include = draw(st.sampled_from(("()", "(version)", "(zone,version)")))
        pair = (f"({inner})", "t_info") if side == "group_left" else ("t_info", f"({inner})")
        rule = draw(st.sampled_from(("on(job,instance)", "on(instance)", "ignoring(code,le,version)")))
        return f"({pair[0]} {op} {rule} {side}{include} {pair[1]})"
    rule = draw(st.sampled_from(("", "on(job)", "on(job,instance)", "ignoring(code)", "ignoring(le,code)")))
    return f"({inner} {op} {rule} {draw(strategy)})"


_given_queries = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@_given_queries
@given(query=vectors(), at=st.integers(START + 60_000, START + LENGTH + 200_000))
def test_instant_queries_agree(storage: MemoryStorage, real: RealPrometheus, query: str, at: int) -> None:
    assert_same_instant(storage, real, query, at)


@_given_queries
@given(
    query=vectors(),
    start=st.integers(START - 600_000, START + LENGTH),
    step=st.sampled_from((5_000, 15_000, 33_333, 60_000, 300_000)),
    count=st.integers(0, 60),
)
def test_range_queries_agree(
    storage: MemoryStorage, real: RealPrometheus, query: str, start: int, step: int, count: int
) -> None:
    assert_same_range(storage, real, query, start, start + step * count, step)


@pytest.mark.parametrize("op", ["topk", "bottomk"])
@pytest.mark.parametrize("count", ["0", "-1", "2", "2.9", "100", "1e30", "NaN"])
@pytest.mark.parametrize("group", ["", "by (job)", "without (instance)"])
def test_the_largest_and_the_smallest_agree(
    storage: MemoryStorage, real: RealPrometheus, op: str, count: str, group: str
) -> None:
    # Values that differ and are numbers, so that no tie is left to chance.
    query = f"{op} {group} ({count}, sum_over_time(t_gauge[10m]) < 1e9)"
    for at in range(START, START + LENGTH, 171_717):
        assert_same_instant(storage, real, query, at)


@pytest.mark.parametrize(
    "query",
    [
        "1", "-1.5", "1 + 2 * 3", "1 > bool 2", '"text"', "time()", "time() - 5", "2 ^ 3 ^ 2", "Inf", "-Inf", "1 / 0",
        "scalar(t_gauge)", "vector(7)", "absent(t_nothing)", 'absent(t_nothing{a="1",b!="2",c=~"x"})',
        'absent(t_nothing{a="1",a="2"})', "absent(sum(t_nothing))", "absent(t_gauge)", "t_gauge[5m]",
        "(t_requests_total[1m] offset 30s)", "t_gauge @ start()", '{job="api"}', '{__name__=~"t_g.*"}',
        'rate({__name__=~"t_.*"}[5m])', "t_gauge / on(job) t_gauge", "t_requests_total / on(job,instance) t_gauge",
        "t_requests_total * on(job,instance) group_left t_gauge", "t_requests_total == t_requests_total",
        "sum by (__name__) (t_gauge)", "t_gauge + on(instance) t_single", "abs(t_gauge) > 3 < 50",
        "t_gauge % 2.5", "(t_requests_total offset 5m) - t_requests_total", "-t_gauge", "+t_gauge",
        "max_over_time(t_gauge[5m]) - min_over_time(t_gauge[5m])", "label_replace(t_gauge)", "t_gauge[5m] + 1",
        "sum(", "", "   ", "rate(t_gauge)", "t_gauge{", "1 > 2", "sum(1)", "{}", '{job=~".*"}', '{job=~"("}', "foo(1)",
    ],
)  # fmt: skip
def test_the_rest_of_the_subset_agrees(storage: MemoryStorage, real: RealPrometheus, query: str) -> None:
    assert_same_instant(storage, real, query, START + 1_234_567)
    assert_same_range(storage, real, query, START + 60_000, START + LENGTH, 77_000)
