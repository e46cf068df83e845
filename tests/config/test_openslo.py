"""OpenSLO v1 files in and out: the published examples, what is refused with its line, and the round trip."""

import itertools
from pathlib import Path

import msgspec
from click.testing import CliRunner

from opsconsole.cli.main import console
from opsconsole.config import openslo_shape, openslo_values
from opsconsole.config.openslo import SloBook, read, read_files
from opsconsole.config.openslo_write import written
from opsconsole.config.slo_queries import rendered
from opsconsole.model.slo import Slo

EXAMPLES = Path(__file__).parents[2] / "src" / "opsconsole" / "config" / "objectives"

# In the shape of OpenSLO/OpenSLO examples/budgeting-method/timeslices-slo.yaml, whose calendar window means a month.
TIMESLICES = """\
apiVersion: openslo/v1
kind: SLO
metadata:
  name: service-availability
  displayName: Reflection of our availability SLA
spec:
  description: SLO to see if we are above our SLA and to react before.
  service: web-availability
  indicator:
    metadata:
      name: web-availability
      displayName: Time when our service was running.
    spec:
      ratioMetric:
        good:
          metricSource:
            type: Prometheus
            spec:
              query: sum(up_requests{code=~"2xx|3xx"})
        total:
          metricSource:
            type: Prometheus
            spec:
              query: up_requests{code="total"}
  timeWindow:
    - duration: 1M
      isRolling: false
      calendar:
        startTime: 2022-01-01 12:00:00
        timeZone: America/New_York
  budgetingMethod: Timeslices
  objectives:
    - displayName: Internal objective
      op: gt
      target: 0.995
      timeSliceTarget: 0.99
      timeSliceWindow: 1m
    - displayName: SLA
      targetPercent: 99
      timeSliceTarget: 0.99
      timeSliceWindow: 1
  alertPolicies: # SLO that monitor your SLA should always have some alert policy.
"""
RATIO = """\
apiVersion: openslo/v1
kind: SLO
metadata: {name: errors}
spec:
  service: api
  indicatorRef: answers
  timeWindow: [{duration: 30d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives:
    - target: 0.999
---
apiVersion: openslo/v1
kind: SLI
metadata: {name: answers}
spec:
  ratioMetric:
    counter: true
    bad: {metricSource: {metricSourceRef: prom, spec: {query: 'requests_total{status=~"5.."}'}}}
    total: {metricSource: {metricSourceRef: prom, spec: {query: sum(requests_total)}}}
---
apiVersion: openslo/v1
kind: DataSource
metadata: {name: prom}
spec: {type: Prometheus, connectionDetails: {url: http://elsewhere}}
"""


def of(text: str) -> SloBook:
    return read({Path("slo.yaml"): text})


def placeless(slos: tuple[Slo, ...]) -> list[Slo]:
    return [msgspec.structs.replace(slo, file="", line=0) for slo in slos]


def test_a_published_example_is_read_with_an_objective_each() -> None:
    book = of(TIMESLICES)
    assert book.problems == ()
    first, second = book.slos
    assert (first.key, second.key, second.target, second.slice_s) == (
        "service-availability/1", "service-availability/2", 0.99, 60.0,
    )  # fmt: skip
    assert (first.window.text, first.window.zone, first.window.rolling) == ("1M", "America/New_York", False)
    part = 'sum(increase(up_requests{code=~"2xx|3xx"}[1m]))'
    total = '(sum(increase(up_requests{code="total"}[1m])) > 0)'
    assert rendered(first.counts.part, 3600.0) == f"sum_over_time((({part} / {total}) >= bool 0.99)[3599s:1m])"
    assert first.line == 33


def test_references_between_documents_and_the_sums_of_a_ratio() -> None:
    (slo,) = of(RATIO).slos
    assert rendered(slo.counts.part, 300.0) == 'sum(increase(requests_total{status=~"5.."}[5m]))'
    assert rendered(slo.counts.total, 300.0) == "sum(increase(requests_total[5m]))"
    assert slo.counts.same_metric
    rated = RATIO.replace("sum(requests_total)", "'sum(rate(requests_total[{{.window}}]))'")
    (slo,) = of(rated).slos  # as sloth writes it: a rate is multiplied by its window
    assert rendered(slo.counts.total, 300.0) == "(sum(rate(requests_total[5m]))) * 300"


def test_what_is_written_is_read_back_alike() -> None:
    policy = """\
  alertPolicies:
    - kind: AlertPolicy
      metadata: {name: p}
      spec:
        conditions:
          - kind: AlertCondition
            metadata: {name: c}
            spec:
              severity: page
              condition: {kind: burnrate, op: gte, threshold: 2, lookbackWindow: 1h, alertAfter: 5m}
        notificationTargets: [{targetRef: on-call}]
---
"""
    own = RATIO.replace("---\n", policy, 1)
    for text in (TIMESLICES, RATIO, own, (EXAMPLES / "runbook.yaml").read_text()):
        book = of(text)
        assert book.problems == ()
        again = of(written(book.slos))
        assert again.problems == ()
        assert placeless(again.slos) == placeless(book.slos)
    (leg,) = of(own).slos[0].legs
    assert (leg.severity, leg.factor, leg.long_s, leg.short_s, leg.for_s, leg.inclusive) == (
        "page", 2.0, 3600.0, 300.0, 300.0, True,
    )  # fmt: skip


MISTAKES = (
    ("target: 0.999", "target: 1", "must be at least 0 and below 1"),
    ("duration: 30d", "duration: 30x", "slo.yaml:7:17: spec.timeWindow[0].duration: '30x' is no duration"),
    ("duration: 30d", "duration: 1m", "months are written with a capital M"),
    ("indicatorRef: answers", "indicatorRef: answer", "slo.yaml:6:3: spec.indicatorRef: there is no SLI 'answer'"),
    ("type: Prometheus,", "type: Datadog,", "must be of type Prometheus, not 'Datadog'"),
    ("budgetingMethod", "budgetMethod", "unknown key 'budgetMethod': did you mean 'budgetingMethod'?"),
    ("openslo/v1\nkind: SLO", "openslo/v2\nkind: SLO", "slo.yaml:1:1: apiVersion: must be openslo/v1"),
    ("sum(requests_total)", "sum by (job) (requests_total)", "must be one series selector"),
    ("metadata: {name: prom}", "metadata: {name: prom, name: x}", "has the key 'name' twice"),
    ("kind: SLI", "kind: [", "slo.yaml:15:1: is not YAML"),
)


def test_a_mistake_is_named_with_its_line() -> None:
    for before, after, said in MISTAKES:
        assert said in "\n".join(map(str, of(RATIO.replace(before, after)).problems))


def test_aliases_that_grow_without_end_are_refused() -> None:
    bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
    names = "abcdefg"
    bomb += "".join(f"{b}: &{b} [{', '.join(['*' + a] * 10)}]\n" for a, b in itertools.pairwise(names))
    assert "too many aliases" in str(of(bomb).problems[0])
    assert "does not exist" in str(read_files(["/nowhere/*.yaml"]).problems[0])


def test_config_validate_refuses_a_page_that_can_never_fire(tmp_path: Path) -> None:
    (tmp_path / "slo.yaml").write_text(RATIO.replace("0.999", "0.9"))
    settings = tmp_path / "config.toml"
    settings.write_text(
        f'[profiles.p.prometheus]\nurl = "http://prometheus"\n[profiles.p.slo]\nfiles = ["{tmp_path}/slo.yaml"]\n'
    )
    result = CliRunner().invoke(console, ["config", "validate", "--config", str(settings)])
    assert result.exit_code == 1
    assert f"{tmp_path}/slo.yaml:10:7: spec.objectives[0].target: at a target of 90 %" in result.output
    assert "can never fire; set a target above 93.06 %" in result.output


def test_a_calendar_that_begins_at_a_moment_with_an_offset_is_local_to_its_zone() -> None:
    calendar = openslo_shape.Calendar(startTime="2022-01-01T23:30:00Z", timeZone="Europe/Berlin")
    given = openslo_shape.TimeWindow(duration="1M", calendar=calendar)
    assert openslo_values.window((given,)).start == "2022-01-02T00:30:00"
