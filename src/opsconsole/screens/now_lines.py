"""The texts of the Now page beside its findings: changes, path, split, pulse, one line per tab."""

from collections.abc import Sequence
from datetime import datetime

from rich.text import Text

from ..model.billing import Costs
from ..model.customer import Customers
from ..model.finding import Change, Finding, Severity
from ..model.incident import Incidents
from ..model.kubernetes import Workload
from ..model.metrics import Split, Tile
from ..model.postgres import ServerFacts
from ..model.reading import Reading, State
from ..rules.path import PathRow
from ..text import units
from ..text.clean import clean, fit
from .customers import hurt_rows
from .table_tab import trust

STYLES = {Severity.CRITICAL: "crit", Severity.BLIND: "warn", Severity.WARNING: "warn", Severity.INFO: "dim"}
HIGH = 1.5
FULL = 0.8


def change_lines(changes: Sequence[Change], height: int, width: int) -> Text:
    """The newest changes, one a line; what does not fit is counted."""
    text = Text(fit("CHANGED, last 60 min", width), style="bold dim")
    shown = changes if len(changes) < height else changes[: height - 2]
    for change in shown:
        who = fit(clean(change.who), 14) if width >= 70 and change.who else ""
        what = fit(clean(change.what), width - 6 - len(who) - 1)
        text.append(f"\n{units.clock(change.at)} ", style="dim not bold").append(what, style="not dim not bold")
        text.append(f" {who}", style="dim not bold")
    if len(shown) < len(changes):
        text.append(f"\n({len(changes) - len(shown)} older: h)", style="dim not bold")
    if not changes:
        text.append("\nnothing changed in the last hour", style="dim not bold")
    return text


def path_lines(rows: Sequence[PathRow], width: int) -> Text:
    normal_title, full_title = ("v LAST WK", "NEAREST TO FULL") if width >= 90 else ("v WK", "FULL")
    head = f"{'PATH':<20}{'REQ/s':>8}{'5xx %':>8}{'P95':>10}{normal_title:>10}  {full_title}"
    text = Text(head, style="bold dim")
    for row in rows:
        full = units.DASH if row.full_ratio is None else f"{row.full} {units.percent(row.full_ratio)} %"
        latency = units.DASH if row.p95_s is None else units.seconds(row.p95_s)
        errors = units.DASH if row.errors is None else units.percent(row.errors)
        normal = units.DASH if row.times_normal is None else units.factor(row.times_normal, 1.0)
        style = "not bold not dim"
        text.append(
            f"\n{fit(clean(row.name), 20)}{units.number(row.requests_s):>8}{errors:>8}{latency:>10}", style=style
        )
        text.append(f"{normal:>10}", style="bold not dim" if (row.times_normal or 0) >= HIGH else style)
        text.append(f"  {full}", style="bold not dim" if (row.full_ratio or 0) >= FULL else style)
    return text


def split_lines(splits: Sequence[Split], width: int) -> Text:
    text = Text(fit("SPLIT: which label carries the slow or failed requests", width), style="bold dim")
    for split in splits:
        if split.stands_out:
            told = f"{clean(split.value)}  {units.percent(split.share_bad)} % of slow requests"
            told += f" ({units.percent(split.share_traffic)} % of traffic)  <- stands out"
        else:
            told = f"even over {split.values}"
        text.append(f"\n{fit(clean(split.label), 10)}", style="dim not bold")
        text.append(fit(told, max(10, width - 10)), style="bold not dim" if split.stands_out else "not bold not dim")
    if not splits:
        text.append("\nno service is slow or failing: nothing to split", style="dim not bold")
    return text


def split_line(splits: Sequence[Split]) -> Text:
    """The same in one line for a short screen."""
    parts = [
        f"{clean(s.label)} {clean(s.value)} {units.percent(s.share_bad)}%" if s.stands_out else f"{clean(s.label)} even"
        for s in splits
    ]
    return Text("SPLIT slow: " + ("   ".join(parts) or "nothing is slow"), style="dim" if not parts else "")


def pulse_line(tiles: Sequence[Tile]) -> Text:
    text = Text("PULSE  ", style="bold dim")
    if not tiles:
        return text.append("no business figure is set: add [profiles.NAME.metrics.pulse]", style="not bold dim")
    for tile in tiles:
        told = f"{clean(tile.title)} {units.number(tile.value)}"
        low = False
        if tile.last_week and tile.value is not None:
            change = tile.value / tile.last_week - 1
            low = change <= -0.2
            told += f" v {units.number(tile.last_week)} last week ({change * 100:+.0f} %)"
        text.append(told, style="bold not dim" if low else "not bold not dim").append("   ")
    return text


def tab_lines(
    findings: Sequence[Finding],
    workloads: Reading[object],
    facts: Reading[ServerFacts],
    costs: Reading[Costs],
    customers: Reading[Customers],
    incidents: Reading[Incidents],
    now: datetime,
) -> Text:
    """One piece per tab: its worst finding, else its most telling figure."""
    quiet = {
        1: "",
        2: _count(workloads),
        3: _connections(facts),
        4: _budget(costs),
        5: _hurt(customers),
        6: _incidents(incidents, now),
    }
    titles = {1: "Metrics", 2: "Pods", 3: "Queries", 4: "Costs", 5: "Customers", 6: "Incidents"}
    text = Text("TABS  ", style="bold dim")
    for digit, title in titles.items():
        worst = next((finding for finding in findings if finding.tab == digit and finding.state == "firing"), None)
        text.append(f"{title} ", style="bold not dim")
        if worst is not None and digit not in (4, 5, 6):
            text.append(
                f"▲ {fit(clean(worst.what), 34).rstrip()} {units.age(worst.since, now)}", style="not dim not bold"
            )
        else:
            text.append(quiet[digit] or "nothing firing", style="not bold not dim")
        text.append(" │ " if digit < 6 else "", style="dim not bold")
    return text


def _count(reading: Reading[object]) -> str:
    rows = getattr(reading.value, "rows", None)
    if rows is None:
        return trust(reading)
    ready = sum(1 for row in rows.values() if isinstance(row, Workload) and row.ready >= row.desired)
    return f"{ready} of {len(rows)} workloads ready"


def _connections(reading: Reading[ServerFacts]) -> str:
    facts = reading.value
    return trust(reading) if facts is None else f"conn {facts.connections}/{facts.max_connections - facts.reserved}"


def _budget(reading: Reading[Costs]) -> str:
    costs = reading.value
    if costs is None:
        return trust(reading)
    burn = next(iter(costs.burn_downs), None)
    if burn is None or not burn.amount:
        return "no budget set"
    as_of = f", as of {burn.as_of:%a}" if burn.as_of is not None else ""
    return f"{burn.state} {burn.spent / burn.amount * 100:.0f} %{as_of}"


def _hurt(reading: Reading[Customers]) -> str:
    base = reading.value
    if base is None:
        return trust(reading)
    hurt = len(hurt_rows(base))
    return f"{hurt} hurt" if hurt else f"{sum(1 for row in base.rows if row.band == 'churn-risk')} at churn risk"


def _incidents(reading: Reading[Incidents], now: datetime) -> str:
    if reading.value is None:
        return trust(reading)
    opened = [incident for incident in reading.value.incidents if incident.open]
    if not opened:
        return "none open"
    return f"{opened[0].id} S{opened[0].severity} +{units.age(opened[0].impact or opened[0].declared, now)}"


def blind(readings: Sequence[Reading[object]]) -> bool:
    """True while something that should answer does not: then nothing may be called fine."""
    return any(reading.state in (State.FAILED, State.STALE) for reading in readings)
