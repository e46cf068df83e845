"""All configured databases and caches side by side: one row each, with what is wrong and why something is unknown."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from ..model.finding import Finding, Severity
from ..model.own_cost import OwnCost
from ..model.postgres import ServerFacts, ServerHealth
from ..model.redis import CacheFigures
from ..model.sessions import Sessions
from ..text import units
from .failover import named
from .health_replication import LAG_WARN, LAG_WARN_S, seconds
from .health_verdict import quoted
from .measures import LEAST_LOOKUPS

CPU, P95 = "pg.cpu", "statement.p95"
CROWDED = 0.8
BUSY = 0.8
LOW_HIT = 0.8


class Known(msgspec.Struct, frozen=True, gc=False):
    """What is known of a server beside its own answers; `state` says how far those can be trusted ("" is live)."""

    name: str
    place: int
    state: str
    started: datetime | None = None
    findings: tuple[Finding, ...] = ()
    """Those that speak of this server."""
    cpu: float | None = None
    p95_s: float | None = None
    measured: frozenset[str] = frozenset()
    """Measures for which its settings name a query."""
    follows: str = ""
    """The console's name of the server that it is a replica of, where that is known."""


class ServerRow(msgspec.Struct, frozen=True, gc=False):
    """None is unknown, and `unknown` says why."""

    key: str
    name: str
    place: int
    database: bool
    product: str
    role: str
    state: str
    """`STALE 4m`, `FAILED`; "" where it is live."""
    started: datetime | None = None
    lag_s: float | None = None
    lag_bytes: int | None = None
    lag_late: bool = False
    used: int | None = None
    most: int | None = None
    """0 is unlimited."""
    running: int | None = None
    waiting: int | None = None
    hit: float | None = None
    hit_low: bool = False
    rate: float | None = None
    """Statements or commands per second."""
    oldest_s: float | None = None
    cpu: float | None = None
    p95_s: float | None = None
    failing: int | None = None
    """Checks of the health list that fail."""
    critical: int = 0
    cost: OwnCost | None = None
    timeline: int | None = None
    position: str = ""
    system: str = ""
    address: str = ""
    wrong: tuple[str, ...] = ()
    """What is wrong, the worst first."""
    severe: bool = False
    """Whether something of that is critical."""
    unknown: tuple[tuple[str, str], ...] = ()
    """(what, why and what would tell it)."""

    @property
    def veiled(self) -> bool:
        """Whether the role that the console asks as is refused a part of it."""
        return any("needs" in why or "managed" in why for _, why in self.unknown)

    @property
    def silent(self) -> bool:
        """Whether it does not answer: its numbers are of then."""
        return self.state.startswith(("STALE", "FAILED"))

    @property
    def crowded(self) -> bool:
        return self.used is not None and bool(self.most) and self.used >= CROWDED * (self.most or 0)

    @property
    def busy(self) -> bool:
        return self.cpu is not None and self.cpu > BUSY

    @property
    def amiss(self) -> tuple[str, ...]:
        """What is wrong with it: what the rules say, and what no rule has judged yet but its own numbers show."""
        if self.wrong:
            return self.wrong
        signs = (
            (self.crowded, f"{self.used} of {self.most} connections used"),
            (self.lag_late, f"{lag_words(self.lag_s)} behind"),
            (self.busy, f"CPU {units.percent(self.cpu, 0)} %"),
            (self.hit_low, f"hit ratio {units.percent(self.hit, 0)} %"),
            (self.critical > 0, f"{units.plural(self.critical, 'health check')} critical"),
        )
        return tuple(words for holds, words in signs if holds)

    @property
    def rank(self) -> int:
        """0 critical, 1 wrong, 2 neither."""
        return 0 if self.severe else 1 if self.amiss else 2


def database_row(
    known: Known,
    facts: ServerFacts | None,
    sessions: Sessions | None = None,
    health: ServerHealth | None = None,
    cost: OwnCost | None = None,
) -> ServerRow:
    """One PostgreSQL server."""
    wrong, severe = _wrong(known)
    if facts is None:
        return ServerRow(
            f"pg/{known.name}", known.name, known.place, True, "PostgreSQL", "", known.state,
            wrong=wrong, severe=severe, cpu=known.cpu, p95_s=known.p95_s,
        )  # fmt: skip
    place = facts.place
    failing, critical = _checks(health)
    cut_off = facts.is_replica and place.receives is False
    behind = facts.is_replica and (
        ((facts.replica_lag_s or 0.0) > LAG_WARN_S and place.behind_bytes != 0) or (place.behind_bytes or 0) > LAG_WARN
    )
    states = dict(facts.by_state)
    # A role that sees nothing of others knows neither what they do nor who waits.
    hidden = bool(states.get("hidden"))
    lost = ("receives nothing from its primary",) if cut_off else ()
    return ServerRow(
        key=f"pg/{known.name}",
        name=known.name,
        place=known.place,
        database=True,
        product=f"PostgreSQL {facts.version}",
        role=_role(facts, known.follows),
        state=known.state,
        started=facts.started,
        lag_s=facts.replica_lag_s,
        lag_bytes=place.behind_bytes,
        lag_late=behind or cut_off,
        used=facts.connections,
        most=facts.max_connections - facts.reserved,
        running=None if hidden else states.get("active", 0),
        waiting=None if sessions is None or sessions.hidden else sum(1 for one in sessions.rows if one.blocked_by),
        hit=facts.hit_ratio,
        rate=facts.statements_s,
        oldest_s=facts.oldest_transaction_s,
        cpu=known.cpu,
        p95_s=known.p95_s,
        failing=failing,
        critical=critical,
        cost=cost,
        timeline=place.timeline,
        position=place.position,
        system=place.system,
        address=place.address,
        wrong=(*lost, *wrong),
        severe=severe,
        unknown=tuple(_unknown(facts, known, hidden)),
    )


def cache_row(known: Known, figures: CacheFigures | None) -> ServerRow:
    """One Redis or Valkey server."""
    wrong, severe = _wrong(known)
    if figures is None:
        return ServerRow(
            f"redis/{known.name}", known.name, known.place, False, "Redis", "", known.state, wrong=wrong, severe=severe
        )
    replication = figures.replication
    cut_off = replication.link == "down"
    lost = ("the link to its primary is down",) if cut_off else ()
    enough = figures.lookups is None or figures.lookups >= LEAST_LOOKUPS
    return ServerRow(
        key=f"redis/{known.name}",
        name=known.name,
        place=known.place,
        database=False,
        product=figures.version if figures.version[:1].isalpha() else f"Redis {figures.version}",
        role=_cache_role(figures),
        state=known.state,
        started=figures.started,
        lag_s=None if replication.heard_s is None else float(replication.heard_s),
        lag_late=cut_off,
        used=figures.clients,
        most=figures.max_clients,
        waiting=figures.blocked_clients,
        hit=figures.hit_ratio,
        hit_low=enough and figures.hit_ratio is not None and figures.hit_ratio < LOW_HIT,
        rate=figures.commands_s,
        wrong=(*lost, *wrong),
        severe=severe,
        unknown=tuple((unread.part, f"unknown: {unread.why}") for unread in figures.unread),
    )


def about(findings: Iterable[Finding], name: str) -> tuple[Finding, ...]:
    """The findings that speak of a server, the worst first."""
    found = (one for one in findings if one.state == "firing" and (one.object == name or name in named(one)))
    return tuple(sorted(found, key=lambda one: one.severity))


def counted(rows: Iterable[ServerRow]) -> str:
    """`2 PostgreSQL (1 primary, 1 replica), 1 Redis`; what a silent server was says nothing of what it is."""
    held = tuple(rows)
    databases = [row for row in held if row.database]
    roles = ["silent" if row.silent else row.role.split(" ")[0] for row in databases if row.role or row.silent]
    told = ", ".join(f"{roles.count(role)} {role}" for role in ("primary", "replica", "silent") if role in roles)
    parts = [f"{len(databases)} PostgreSQL" + (f" ({told})" if told else "")] if databases else []
    caches = len(held) - len(databases)
    return ", ".join([*parts, *([f"{caches} Redis"] if caches else [])])


def verdict(rows: Iterable[ServerRow]) -> str:
    """What is said of servers with which nothing is known to be wrong; no reassurance while one is not read whole."""
    held = tuple(rows)
    failing = [f"{units.plural(row.failing, 'health check')} of {row.name} to look at" for row in held if row.failing]
    veiled = [row.name for row in held if row.veiled]
    whole = all(row.started and not (row.database and row.failing is None) for row in held)
    if not failing and not veiled:
        return "nothing is wrong with any" if whole else ""
    seen = ", ".join(failing[:2]) or "nothing wrong is seen"
    return f"{seen}, and a part of {', '.join(veiled[:2])} is hidden from the console's role" if veiled else seen


def lag_words(lag_s: float | None) -> str:
    """`0 s`, `300 ms`; whole minutes from one on."""
    return "0 s" if lag_s == 0 else seconds(lag_s)


def _wrong(known: Known) -> tuple[tuple[str, ...], bool]:
    said = ((known.state,) if known.state else ()) + tuple(one.what for one in known.findings)
    return said, any(one.severity is Severity.CRITICAL for one in known.findings)


def _checks(health: ServerHealth | None) -> tuple[int | None, int]:
    if health is None:
        return None, 0
    states = [check.state for check in health.checks if check.state != "unknown"]
    if not states:
        return None, 0
    return states.count("crit") + states.count("warn"), states.count("crit")


def _role(facts: ServerFacts, follows: str) -> str:
    if not facts.is_replica:
        return "primary"
    if facts.place.receives is False:
        return "replica of nobody now"
    primary = follows or facts.place.follows
    return f"replica of {primary}" if primary else "replica"


def _cache_role(figures: CacheFigures) -> str:
    replication = figures.replication
    if figures.role == "sentinel":
        return "sentinel"
    within = " in a cluster" if figures.cluster is not None else ""
    if figures.role == "slave":
        return (f"replica of {replication.primary}" if replication.primary else "replica") + within
    if figures.role == "master":
        return f"primary{within}" if within or replication.replicas else "standalone"
    return figures.role


def _unknown(facts: ServerFacts, known: Known, hidden: bool) -> Iterable[tuple[str, str]]:
    place = facts.place
    needs = f"unknown: needs pg_monitor: GRANT pg_monitor TO {quoted(place.user)}" if place.user else "unknown"
    if hidden:
        yield "running, waiting", needs
    if facts.oldest_transaction_s is None:
        yield "oldest transaction", needs
    if facts.is_replica and place.receives and not place.monitors and place.timeline is None:
        yield "timeline, primary", needs
    if not place.system:
        yield "system", "unknown: managed: the service does not let anybody read pg_control_system()"
    if not facts.has_statements:
        yield "stmt/s", next((note for note in facts.notes if "pg_stat_statements" in note), "unknown")
    silent = "unknown: Prometheus has no value of the query that the settings name"
    if known.cpu is None:
        unnamed = "unknown: PostgreSQL does not tell it: name a query (cpu) at this server in the settings"
        yield "cpu", silent if CPU in known.measured else unnamed
    if known.p95_s is None:
        unnamed = "unknown: PostgreSQL keeps means only: name a histogram (statement_p95) in the settings"
        yield "statement P95", silent if P95 in known.measured else unnamed
