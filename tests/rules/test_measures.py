"""Measures, their objects and histories, the states they move, and the tiles they limit."""

import tomllib
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from opsconsole.config import catalogue
from opsconsole.config.policies import builtin
from opsconsole.config.settings import Policy, Rule
from opsconsole.model.metrics import Answer, Measures, MeasureValue, Sample, Series, ServiceFigures, Services, Tile
from opsconsole.model.postgres import ServerFacts
from opsconsole.model.reading import Reading, State
from opsconsole.model.statements import StatementRate, Statements
from opsconsole.rules import measures
from opsconsole.rules.evaluate import evaluated, hinted, replayed
from opsconsole.rules.findings import amount
from opsconsole.rules.measures import Observation
from opsconsole.rules.rule_states import counted, rule_states
from opsconsole.rules.thresholds import Phase
from opsconsole.rules.tiles import judged, limit_of, recent, rule_for
from opsconsole.text import units

NOW = datetime(2026, 3, 26, 2, 53, tzinfo=UTC)
AT = NOW.timestamp()
RULE = Rule(title="t", measure="m", limit=0.5, for_s=60, keep_firing_s=0)
POLICY = Policy(rules={"r": RULE})


def vector(*rows: tuple[dict[str, str], float | None]) -> Answer:
    return Answer("q", samples=tuple(Sample(tuple(sorted(labels.items())), AT, value) for labels, value in rows))


@pytest.mark.parametrize(
    ("pod", "workload"),
    [
        ("api-5d8f7c9b6f-x2k9p", "api"),
        ("payments-gateway-6b7d9cbd8c-abcde", "payments-gateway"),
        ("search-index-0", "search-index"),
        ("node-exporter-x7kp2", "node-exporter"),
        ("alone", "alone"),
    ],
)
def test_a_pod_s_name_tells_its_workload(pod: str, workload: str) -> None:
    assert measures.workload_of(pod) == workload


def test_a_workload_s_share_is_a_ratio_of_sums() -> None:
    pods = [{"namespace": "ns", "pod": f"api-5d8f7c9b6f-x2k9{letter}"} for letter in "pq"]
    used, asked = vector((pods[0], 0.9), (pods[1], 0.1)), vector((pods[0], 1.0), (pods[1], 1.0))
    assert measures.by_object(used, asked, ("namespace", "pod"), "workload") == {"ns/api": 0.5}
    half = vector((pods[0], 1.0), (pods[1], None))
    assert measures.by_object(used, half, ("namespace", "pod"), "workload") == {"ns/api": None}
    assert measures.by_object(used, vector(), ("namespace", "pod"), "workload") == {"ns/api": None}


def test_a_zero_divisor_is_unknown() -> None:
    assert measures.by_object(vector(({}, 0.0)), vector(({}, 0.0)), (), "") == {"": None}


def test_history_is_put_together_step_by_step() -> None:
    number = Answer("q", series=(Series((("service", "api"),), (0.0, 15.0), (1.0, None)),))
    of = Answer("q", series=(Series((("service", "api"),), (0.0, 15.0), (4.0, 4.0)),))
    assert measures.series_by_object(number, of, ("service",), "") == {"api": ((0.0, 0.25), (15.0, None))}


def test_services_and_facts_become_observations() -> None:
    rows = (ServiceFigures("api", p99_s=1.9), ServiceFigures("api", "/a", p99_s=3.0))
    seen = measures.from_services(Reading(Services(rows), State.OK, NOW))
    assert {(one.measure, one.object): one.value for one in seen} == {
        ("requests.p99", "api"): 1.9,
        ("requests.p95", "api"): None,
        ("requests.errors", "api"): None,
        ("endpoint.p99", "api /a"): 3.0,
    }
    facts = ServerFacts("pg", "18", None, False, connections=88, max_connections=100, reserved=3)
    (connections,) = measures.from_postgres(Reading(facts, State.OK, NOW))
    assert (connections.text, connections.value) == ("88 of 97", 88 / 97)
    assert measures.from_services(Reading()) == ()
    rate = StatementRate("10/5/42/1", 0x1234_7F3A, "select 1", 1.0, 184.0, 0.1, 1.0)
    statements = Statements("pg", 300.0, None, (rate,))
    (mean,) = measures.from_statements(Reading(statements, State.OK, NOW))
    assert (mean.object, mean.name, mean.about, mean.value) == ("10/5/42/1", "7f3a", "select 1", 0.184)
    own = msgspec.structs.replace(rate, key="11/5/43/1", user="watcher")
    watched = Statements("pg", 300.0, None, (rate, own), own_user="watcher")
    assert measures.from_statements(Reading(watched, State.OK, NOW)) == (mean,)  # the console never warns of itself


def test_only_fresh_readings_are_evaluated() -> None:
    assert measures.trusted(Reading(1, State.OK, NOW))
    assert not measures.trusted(Reading(1, State.FAILED, NOW))
    assert not measures.trusted(Reading(1, State.STALE, NOW))
    assert not measures.trusted(Reading())


def observe(states: dict, *seen: tuple[str, float | None], at: float) -> dict:  # type: ignore[type-arg]
    found = [Observation("m", name, value, at) for name, value in seen]
    return evaluated(states, POLICY, frozenset(("m",)), found, at)


def test_thresholds_move_with_what_is_seen_and_forget_what_is_gone() -> None:
    states = observe({}, ("a", 1.0), ("b", 0.1), at=0.0)
    for at in (15.0, 30.0, 45.0, 60.0):
        states = observe(states, ("a", 1.0), at=at)
    assert states["r", "a"].state.phase is Phase.FIRING
    assert states["r", "b"].state.phase_at(60.0, 20.0) is Phase.UNKNOWN
    states = observe(states, ("a", 1.0), at=1000.0)
    assert ("r", "b") not in states


def test_what_only_pends_ends_soon_after_nothing_names_it_and_what_fires_stands() -> None:
    states = observe({}, ("fires", 1.0), at=0.0)
    for at in (15.0, 30.0, 45.0, 60.0):
        states = observe(states, ("fires", 1.0), at=at)
    states = observe(states, ("pends", 1.0), at=75.0)
    missed = observe(states, ("other", 0.1), at=90.0)
    assert missed["r", "pends"].state.phase is Phase.PENDING
    gone = observe(missed, ("other", 0.1), at=120.0)
    assert gone["r", "pends"].state.phase is Phase.INACTIVE
    assert gone["r", "fires"].state.phase is Phase.FIRING


def test_history_before_the_start_gives_the_true_since_and_is_not_counted_twice() -> None:
    past = {"m": {"a": tuple((float(at), 1.0) for at in range(0, 75, 15))}}
    states = replayed({}, POLICY, past)
    assert (states["r", "a"].state.phase, states["r", "a"].state.active_at) == (Phase.FIRING, 0.0)
    assert replayed(states, POLICY, past) == states


def test_history_of_the_same_thing_by_another_name_tells_since_when() -> None:
    past = replayed({}, POLICY, {"m": {"": tuple((float(at), 1.0) for at in range(0, 75, 15))}})["r", ""].state
    now = observe({}, ("pg-primary", 1.0), at=90.0)["r", "pg-primary"].state
    merged = hinted(past, now)
    assert (merged.phase, merged.active_at, merged.value) == (Phase.FIRING, 0.0, 1.0)
    calm = observe({}, ("pg-primary", 0.1), at=90.0)["r", "pg-primary"].state
    assert hinted(past, calm) == calm


def test_measures_from_prometheus_carry_their_own_time() -> None:
    reading = Reading(Measures(7.0, (MeasureValue("queue.depth", "emails", 17.0),)), State.OK, NOW)
    assert measures.from_measures(reading) == (Observation("queue.depth", "emails", 17.0, 7.0),)


def test_a_tile_takes_the_limit_that_is_reached_first() -> None:
    policy = builtin("default")
    assert rule_for(policy, "requests.errors") == ("errors-warning", policy.rules["errors-warning"])
    assert rule_for(policy, "") is None
    connections = policy.rules["pg-connections"]
    assert limit_of(connections, 100.0) == 80.0
    assert limit_of(connections, None) == 0.8


def test_a_tile_is_judged_by_its_value_and_unknown_without_one() -> None:
    policy = builtin("default")
    tile = Tile("p99", "P99", 0.6, "s", limit=0.5, rule="p99-critical")
    assert judged(tile, policy) == "breach"
    assert judged(Tile("p99", "P99", None, "s", limit=0.5, rule="p99-critical"), policy) == "unknown"
    assert judged(Tile("requests", "REQ/s", 5.0, "per_s"), policy) == ""


def test_a_sparkline_has_one_place_per_step_and_gaps_where_nothing_is() -> None:
    assert recent({600.0: 1.0, 720.0: 2.0, 960.0: 4.0}, 970.0, 480.0, 120.0) == (1.0, 2.0, None, 4.0)


def test_one_failed_request_of_few_breaches_nothing_and_says_why() -> None:
    """What the guard lets pass still shows its number."""
    services = Services(
        (
            ServiceFigures("quiet", requests_s=0.1, server_errors=1 / 12),
            ServiceFigures("busy", requests_s=10.0, server_errors=1 / 12),
        )
    )
    reading = Reading(services, State.OK, NOW)
    policy = Policy(rules={"errors": Rule(title="errors", measure="requests.errors", limit=0.01, unit="ratio")})
    seen = [one for one in measures.from_services(reading) if one.measure == "requests.errors"]
    states = evaluated({}, policy, frozenset(("requests.errors",)), seen, seen[0].at)
    (rule,) = rule_states(states, policy, seen[0].at)
    busy, quiet = rule.objects
    assert (busy.object, busy.state, busy.note) == ("busy", "firing", "")
    assert (quiet.state, quiet.value) == ("ok", "8.3 %")
    assert quiet.note == "low traffic: about 1 of 12 requests failed in 2m, too few to judge"
    assert counted(rule) == "1 firing, 1 ok"


def test_the_guard_counts_over_the_window_of_the_catalogue() -> None:
    file = Path(catalogue.__file__).with_name("catalogue.toml")
    assert tomllib.loads(file.read_text())["window"] == units.span(measures.RATE_WINDOW_S)


def test_a_limit_just_short_of_the_whole_does_not_read_as_the_whole() -> None:
    said = [amount(value, "ratio") for value in (0.995, 0.999, 0.9995, 0.99999, 1.0, 0.05)]
    assert said == ["99.5 %", "99.9 %", "99.95 %", "99.99 %", "100 %", "5.0 %"]
