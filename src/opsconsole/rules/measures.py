"""What a rule of the policy can judge, and where its value comes from: Prometheus, or a reading of another source."""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

import msgspec

from ..config.settings import Rule
from ..model.billing import Costs
from ..model.metrics import Answer, Measures, ServiceFigures, Services
from ..model.postgres import ServerFacts
from ..model.reading import Reading, State
from ..model.redis import CacheFigures
from ..model.sessions import Sessions
from ..model.statements import Statements
from ..text import units
from .statement_kinds import is_own
from .statement_names import beginning, called

HISTORY_STEP_S = 15.0
"""Between two samples of a history."""
RATE_WINDOW_S = 120.0
"""Over which the catalogue's rates of requests are taken (its `window`)."""
LEAST_FAILED = 2.0
"""A share of failed requests with fewer failures in that window breaches nothing: one alone pages nobody."""
LEAST_LOOKUPS = 10
"""A hit ratio of fewer in one interval is no ratio to judge."""
_STEPS_S = {"budget.spent": 120.0, "statement.mean": 60.0}


def step_of(measure: str) -> float:
    """Seconds within which a new value is due, a slow answer allowed for: two of them without a value are a gap."""
    return _STEPS_S.get(measure, 20.0)


class Observation(msgspec.Struct, frozen=True, gc=False):
    """One value of one measure at one instant; None is unknown."""

    measure: str
    object: str
    value: float | None
    at: float
    """Unix seconds."""
    text: str = ""
    """The value in words where a number alone says too little: `88 of 97`."""
    name: str = ""
    """How the object is called where its identity is no name."""
    about: str = ""
    """What it is, where the name says little."""
    too_few: str = ""
    """Why the value cannot breach anything, in words: so few events that one of them decides."""


class Subject(msgspec.Struct, frozen=True, gc=False):
    """How a measure speaks: a short word, and the tab that shows its objects."""

    word: str
    tab: int


SUBJECTS: Mapping[str, Subject] = {
    "requests.p99": Subject("P99", 1),
    "requests.p95": Subject("P95", 1),
    "requests.errors": Subject("5xx", 1),
    "endpoint.p99": Subject("P99", 1),
    "availability": Subject("availability", 1),
    "health.check": Subject("health check", 1),
    "queue.depth": Subject("queue", 1),
    "queue.age": Subject("queue wait", 1),
    "heap.bytes": Subject("heap", 1),
    "workload.cpu": Subject("CPU of request", 2),
    "workload.memory": Subject("memory of limit", 2),
    "node.cpu": Subject("node CPU", 2),
    "node.memory": Subject("node memory", 2),
    "pg.connections": Subject("db connections", 3),
    "pg.cpu": Subject("db CPU", 3),
    "pg.blocked": Subject("sessions blocked", 3),
    "pool.wait": Subject("pool wait", 3),
    "pool.clients": Subject("pooled clients", 3),
    "pg.availability": Subject("db availability", 3),
    "statement.mean": Subject("statement mean", 3),
    "statement.running": Subject("longest statement", 3),
    "statement.p95": Subject("statement P95", 3),
    "cache.hit": Subject("cache hit", 3),
    "budget.spent": Subject("budget spent", 4),
    "csat": Subject("CSAT", 5),
    "support.response": Subject("support response", 5),
    "leads.latency": Subject("lead processing", 5),
}


def subject(rule: Rule) -> Subject:
    """Word and tab of a rule's measure; one that only the settings know takes the rule's own title and tab 1."""
    return SUBJECTS.get(rule.measure, Subject(rule.title, 1))


def from_services(reading: Reading[Services]) -> tuple[Observation, ...]:
    """Latency and error share of each service, and the latency of each endpoint."""
    if reading.value is None or reading.taken is None:
        return ()
    at = reading.taken.timestamp()
    found = []
    for row in reading.value.figures:
        if not row.endpoint:
            found.append(Observation("requests.p99", row.service, row.p99_s, at))
            found.append(Observation("requests.p95", row.service, row.p95_s, at))
            few = _too_few(row)
            found.append(Observation("requests.errors", row.service, row.server_errors, at, too_few=few))
        else:
            found.append(Observation("endpoint.p99", row.key, row.p99_s, at, name=row.key))
    return tuple(found)


def of_row(row: ServiceFigures) -> dict[str, float | None]:
    """What rules about services would judge of one row; a share of few failed requests is none."""
    errors = None if _too_few(row) else row.server_errors
    return {"requests.p99": row.p99_s, "requests.p95": row.p95_s, "requests.errors": errors}


def _too_few(row: ServiceFigures) -> str:
    """The low-traffic guard in words; "" where it has nothing to say."""
    if not row.server_errors or row.requests_s is None:
        return ""
    asked = row.requests_s * RATE_WINDOW_S
    failed = asked * row.server_errors
    # a rate is extrapolated to the ends of its window: a count out of it is about right, never exact
    if round(failed) >= LEAST_FAILED:
        return ""
    window = units.span(RATE_WINDOW_S)
    return f"low traffic: about {round(failed)} of {round(asked)} requests failed in {window}, too few to judge"


def from_measures(reading: Reading[Measures]) -> tuple[Observation, ...]:
    """Whatever Prometheus was asked for beyond the services' own figures."""
    if reading.value is None:
        return ()
    at = reading.value.at
    return tuple(Observation(value.measure, value.object, value.value, at) for value in reading.value.values)


def from_postgres(reading: Reading[ServerFacts]) -> tuple[Observation, ...]:
    """Connections as a share of those an ordinary role may open."""
    if reading.value is None or reading.taken is None:
        return ()
    facts = reading.value
    available = facts.max_connections - facts.reserved
    ratio = connections_used(facts)
    at, text = reading.taken.timestamp(), f"{facts.connections} of {available}"
    return (Observation("pg.connections", facts.server, ratio, at, text),)


def connections_used(facts: ServerFacts) -> float | None:
    """Of those that an ordinary role may open, 0–1."""
    available = facts.max_connections - facts.reserved
    return facts.connections / available if available > 0 else None


def from_statements(reading: Reading[Statements]) -> tuple[Observation, ...]:
    """Mean time of each statement of the table, in seconds; what the console itself costs is told elsewhere."""
    if reading.value is None or reading.taken is None:
        return ()
    at = reading.taken.timestamp()
    return tuple(
        Observation("statement.mean", row.key, row.mean_ms / 1000, at, name=called(row), about=beginning(row.text))
        for row in reading.value.rows
        if not is_own(row, reading.value)
    )


def of_server(found: Observation, server: str) -> Observation:
    """The same of a further server: its identity says of which."""
    return msgspec.structs.replace(found, object=f"{server} {found.object}", name=f"{server} {found.name}".rstrip())


def from_sessions(reading: Reading[Sessions]) -> tuple[Observation, ...]:
    """How long the statement runs that runs longest, the console's own and servers' workers left out."""
    if reading.value is None or reading.taken is None:
        return ()
    sessions, at = reading.value, reading.taken
    running = [
        ((at - one.query_start).total_seconds(), one)
        for one in sessions.rows
        if one.state == "active" and one.query_start is not None and one.backend_type in ("", "client backend")
        if not one.own and one.application != "opsconsole"
    ]
    longest = max(running, key=lambda each: each[0], default=None)
    if longest is None:
        # of hidden sessions nobody knows what they do
        return (Observation("statement.running", sessions.server, None if sessions.hidden else 0.0, at.timestamp()),)
    seconds, who = longest
    text = f"pid {who.pid} {units.seconds(max(0.0, seconds))}"
    return (Observation("statement.running", sessions.server, max(0.0, seconds), at.timestamp(), text),)


def from_redis(reading: Reading[CacheFigures]) -> tuple[Observation, ...]:
    """The hit ratio of the interval; unknown where nothing was asked, or so little that one key decides."""
    if reading.value is None or reading.taken is None:
        return ()
    figures = reading.value
    few = figures.lookups is not None and figures.lookups < LEAST_LOOKUPS
    ratio = None if few else figures.hit_ratio
    return (Observation("cache.hit", figures.server, ratio, reading.taken.timestamp()),)


def from_costs(reading: Reading[Costs]) -> tuple[Observation, ...]:
    """How much of each budget is spent."""
    if reading.value is None or reading.taken is None:
        return ()
    at = reading.taken.timestamp()
    found = []
    for budget in reading.value.burn_downs:
        ratio = float(budget.spent / budget.amount) if budget.amount > 0 else None
        spent, whole = units.money(budget.spent, budget.currency), units.money(budget.amount, budget.currency)
        found.append(Observation("budget.spent", budget.budget, ratio, at, f"{spent} of {whole}"))
    return tuple(found)


def trusted(reading: Reading[object]) -> bool:
    """Only a fresh reading is evaluated: a query error leaves states as they are."""
    return reading.state in (State.OK, State.LATE) and reading.taken is not None


def by_object(value: Answer, of: Answer | None, objects: tuple[str, ...], group: str) -> dict[str, float | None]:
    """The present value per object from one answer, or from two as a ratio of sums."""
    numerators = _sums(_samples(value), objects, group)
    if of is None:
        return dict(numerators)
    divisors = _sums(_samples(of), objects, group)
    return {name: _ratio(number, divisors.get(name)) for name, number in numerators.items()}


def series_by_object(
    value: Answer, of: Answer | None, objects: tuple[str, ...], group: str, least: float = 0.0
) -> dict[str, tuple[tuple[float, float | None], ...]]:
    """The same through time: samples (unix seconds, value), oldest first, per object. A numerator below `least` counts
    as none."""
    numerators = _by_time(value)
    divisors = _by_time(of) if of is not None else {}
    found: dict[str, list[tuple[float, float | None]]] = defaultdict(list)
    for at in sorted(numerators):
        sums = _sums(numerators[at], objects, group)
        below = _sums(divisors.get(at, []), objects, group)
        for name, number in sums.items():
            counts = 0.0 if number is not None and number < least else number
            found[name].append((at, _ratio(counts, below.get(name)) if of is not None else counts))
    return {name: tuple(samples) for name, samples in found.items()}


def least_rate(measure: str) -> float:
    """Below which rate the low-traffic guard takes the events of a measure for none."""
    return (LEAST_FAILED - 0.5) / RATE_WINDOW_S if measure == "requests.errors" else 0.0


_POD_SUFFIX = re.compile(
    r"(-[a-f0-9]{6,10}-[a-z0-9]{5}|-[bcdfghjklmnpqrstvwxz2456789]{6,10}-[a-z0-9]{5}|-\d+|-[a-z0-9]{5})$"
)


def workload_of(pod: str) -> str:
    """The workload's name in a pod's: without template hash and random part, ordinal, or random part alone."""
    return _POD_SUFFIX.sub("", pod)


_Row = tuple[Mapping[str, str], float | None]


def _sums(rows: Iterable[_Row], objects: tuple[str, ...], group: str) -> dict[str, float | None]:
    """Values by name of object; a sum with an unknown part is unknown."""
    found: dict[str, float | None] = {}
    for labels, value in rows:
        name = _name(labels, objects, group)
        if name not in found:
            found[name] = value
        else:
            before = found[name]
            found[name] = None if before is None or value is None else before + value
    return found


def _name(labels: Mapping[str, str], objects: tuple[str, ...], group: str) -> str:
    if group == "workload":
        return f"{labels.get('namespace', '')}/{workload_of(labels.get('pod', ''))}"
    return "/".join(labels.get(label, "") for label in objects)


def _ratio(number: float | None, of: float | None) -> float | None:
    if number is None or of is None or of == 0:
        return None
    ratio = number / of
    return ratio if math.isfinite(ratio) else None


def _samples(answer: Answer) -> list[_Row]:
    return [(dict(sample.labels), sample.value) for sample in answer.samples]


def _by_time(answer: Answer) -> dict[float, list[_Row]]:
    found: dict[float, list[_Row]] = defaultdict(list)
    for series in answer.series:
        labels = dict(series.labels)
        for at, value in zip(series.times, series.values, strict=True):
            found[at].append((labels, value))
    return found
