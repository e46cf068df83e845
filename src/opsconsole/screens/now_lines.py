"""The texts of the Now page beside its findings: changes, path, split, pulse, one line per tab."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from rich.cells import cell_len
from rich.text import Text

from ..model.billing import Costs
from ..model.collection import Collection
from ..model.customer import Customers
from ..model.finding import Change, Finding, Severity
from ..model.incident import Incidents
from ..model.kubernetes import Workload
from ..model.metrics import Services, Split, Tile, Tiles
from ..model.postgres import ServerFacts
from ..model.reading import Reading, State
from ..rules.path import PathRow
from ..text import clock, units
from ..text.clean import clean, fit
from .customers import hurt_rows
from .table_tab import sure, trust

STYLES = {Severity.CRITICAL: "crit", Severity.BLIND: "warn", Severity.WARNING: "warn", Severity.INFO: "dim"}
HIGH = 1.5
FULL = 0.8
_RUNBOOK = re.compile(r"\b(\d{3})_[0-9a-f]{8,}\.txt:(\d+)")
_RELEASE = re.compile(r"release (\S+) \S+→(\S+) \((\d\d:\d\d)\)$")


TAB_TITLES = {1: "Metrics", 2: "Pods", 3: "Queries", 4: "Costs", 5: "Customers", 6: "Incidents"}
GAP = 3
"""Cells after each business figure."""
MIN_WHO = 6
"""Cells from which on naming somebody makes sense."""


class TabReadings(NamedTuple):
    """What the line of tabs looks at."""

    services: Reading[Services]
    workloads: Reading[Collection[Workload]]
    facts: Reading[ServerFacts]
    costs: Reading[Costs]
    customers: Reading[Customers]
    incidents: Reading[Incidents]


def after_words(change: str, *, short: bool = False) -> str:
    """`after api 1.8.2 (02:39)` of `release api 1.8.1→1.8.2 (02:39)`; other changes keep their words."""
    release = _RELEASE.match(change)
    if release is None:
        return f"after {clean(change)}" if change else ""
    words = f"after {clean(release[1])} {clean(release[2])}"
    return words if short else f"{words} ({release[3]})"


def whom_words(finding: Finding) -> str:
    """`212 Pro`, `3,410 cust.`: whom it hurts, short."""
    return clean(finding.whom).replace(" customers", " cust.").replace(" customer", " cust.") or units.DASH


def since_words(finding: Finding, now: datetime) -> str:
    """`12m`; `>12m` of what stood already when this console first looked: it may have begun long before."""
    if finding.since is None:
        return units.DASH
    age = units.age(finding.since, now)
    if not finding.from_start:
        return age
    hours, hour, _ = age.partition("h")
    return ">0m" if age.startswith("<") else f">{hours}{hour}"


def facts_of(finding: Finding, policy: str) -> list[tuple[str, str]]:
    """What is known of a finding, as (title, words)."""
    since = f"{finding.since:%d %b %H:%M}Z{' (start)' * finding.from_start}" if finding.since else ""
    pending = f"{units.span(finding.pending_s)} of {units.span(finding.for_s)}" if finding.pending_s is not None else ""
    return [
        ("what", clean(finding.what)),
        ("value", clean(finding.value)),
        ("limit", clean(finding.limit)),
        ("since", since),
        ("pending", pending),
        ("after", clean(finding.after)),
        ("whom", clean(finding.whom)),
        ("acknowledged", _acknowledged(finding)),
        ("rule", _rule(finding, policy)),
        ("asked for by", clean(finding.origin)),
    ]


def _rule(finding: Finding, policy: str) -> str:
    """What holds a value against a limit is the policy's; all else the console looks for by itself."""
    by = f"of policy {policy}" if finding.bound is not None or finding.origin else "(built in)"
    return f"{clean(finding.rule)} {by}" if finding.rule else ""


def _acknowledged(finding: Finding) -> str:
    """`by lena until 03:53 (on it)`."""
    if not finding.acknowledged_by:
        return ""
    until = finding.acknowledged_until
    over = f" until {units.clock(until)}Z" if until is not None else ""
    note = f" ({clean(finding.acknowledged_note, 80)})" if finding.acknowledged_note else ""
    return f"by {clean(finding.acknowledged_by, 40)}{over}{note}"


def finding_lines(finding: Finding | None, policy: str, width: int, led: str = "") -> Text:
    """The finding under the cursor in full, folded into its lines; `led` says what it goes with."""
    if finding is None:
        return Text()
    facts = dict(facts_of(finding, policy))
    facts["asked for by"] = _place_in_runbook(facts["asked for by"])
    text = Text(f"── {facts['what']}", style="bold")
    rows = [("since", "pending", "after", "whom"), ("value", "limit", "acknowledged"), ("rule", "asked for by")]
    for names in rows:
        parts = [f"{name} {facts[name]}" for name in names if facts[name]]
        if names[0] == "since" and led:
            parts.append(led)
        said = " · ".join(parts)
        if said:
            text.append(f"\n   {said}", style="not bold dim")
    return text


def _place_in_runbook(origin: str) -> str:
    """`runbook 004 line 353`; the name of its file, which says nothing more to a reader, stands in `w`."""
    return _RUNBOOK.sub(r"runbook \1 line \2", origin)


def change_lines(
    reading: Reading[tuple[Change, ...]],
    height: int,
    width: int,
    beside: Callable[[Change], str] = lambda _: "",
    *,
    seen: bool = True,
) -> Text:
    """The newest changes, one a line, what does not fit is counted. At the right what `beside` says of a change
    (`2m before #1`), else by whom where there is room. `seen`: all that could tell of changes was read."""
    changes = reading.value or ()
    text = Text(fit(_titled("CHANGED, last 60 min", reading), width), style="bold dim")
    shown = changes if len(changes) < height else changes[: max(0, height - 2)]
    for change in shown:
        room = width - 6
        words, who, near = clean(change.what), clean(change.who), beside(change)
        text.append(f"\n{units.clock(change.at)} ", style="dim not bold")
        if near:
            left = room - cell_len(near) - 1
            text.append(f"{fit(words, left)} ", style="not dim not bold").append(near, style="not dim bold")
        elif who and cell_len(words) + 2 + MIN_WHO <= room:
            left = room - cell_len(words) - 2
            who = fit(who, min(left, cell_len(who)))
            text.append(words, style="not dim not bold").append(f"  {who}", style="dim not bold")
        else:
            text.append(fit(words, room), style="not dim not bold")
    if len(shown) < len(changes):
        text.append(f"\n({len(changes) - len(shown)} older: h)", style="dim not bold")
    if not changes:
        said = "nothing changed in the last hour" if sure(reading) and seen else "no change is seen"
        text.append(f"\n{said if reading.value is not None else trust(reading)}", style="dim not bold")
    return text


def _titled(title: str, *readings: Reading[Any]) -> str:
    """The title, with the worst that must be known of the data's age."""
    notes = [short_trust(reading) for reading in readings if short_trust(reading)]
    return f"{title}  {notes[0]}" if notes else title


def short_trust(reading: Reading[Any]) -> str:
    """`STALE 4m`, `FAILED`, `off`; "" when it is live."""
    if reading.state is State.OK:
        return ""
    if reading.state is State.OFF:
        return "off"
    if reading.value is None:
        return "FAILED" if reading.state is State.FAILED else "waiting"
    return f"{'LATE' if reading.state is State.LATE else 'STALE'} {units.age(reading.taken, clock.now())}"


def path_lines(rows: Sequence[PathRow], width: int, note: str = "") -> Text:
    """`note` says what must be known of the services' data."""
    learned = any(row.learned for row in rows)
    normal_title, full_title = ("v LAST WK", "NEAREST TO FULL") if width >= 90 else ("v WK", "FULL")
    normal_title = "v NORMAL" if learned else normal_title
    head = f"{'PATH':<20}{'REQ/s':>8}{'5xx %':>8}{'P95':>10}{normal_title:>10}  {full_title}"
    text = Text(f"{head}   {note}" if note else head, style="bold dim")
    for row in rows:
        full = units.DASH if row.full_ratio is None else f"{row.full} {units.percent(row.full_ratio)} %"
        latency = units.DASH if row.p95_s is None else units.seconds(row.p95_s)
        errors = units.DASH if row.errors is None else units.percent(row.errors)
        normal = units.DASH if row.times_normal is None else units.factor(row.times_normal, 1.0)
        normal += " wk" if learned and not row.learned and row.times_normal is not None else ""
        style = "not bold not dim"
        text.append(
            f"\n{fit(clean(row.name), 20)}{units.number(row.requests_s):>8}{errors:>8}{latency:>10}", style=style
        )
        text.append(f"{normal:>10}", style="bold not dim" if (row.times_normal or 0) >= HIGH else style)
        text.append(f"  {full}", style="bold not dim" if (row.full_ratio or 0) >= FULL else style)
    return text


def split_lines(splits: Sequence[Split], about: str, reason: str, width: int) -> Text:
    """`about` is the finding that is split, `reason` says why nothing is."""
    text = Text(fit(f"SPLIT of {about}" if about else "SPLIT", width), style="bold dim")
    for split in splits:
        told = _share(split, max(10, width - 10)) if split.stands_out else _even(split)
        text.append(f"\n{fit(clean(split.label), 10)}", style="dim not bold")
        text.append(fit(told, max(10, width - 10)), style="bold not dim" if split.stands_out else "not bold not dim")
    if not splits:
        text.append(f"\n{fit(reason, width)}", style="dim not bold")
    return text


def _even(split: Split) -> str:
    return f"even over {split.values}" if split.values > 1 or not split.value else f"only {clean(split.value)}"


def _share(split: Split, room: int) -> str:
    """`1.8.2 97 % of bad (31 of 32/min), 48 % of all (198 of 412/min)`; of the counts as many as there is room for."""
    bad, all_bad, own, whole = (units.number(rate * 60, 0) for rate in split.of)
    of_bad, of_all = units.percent(split.share_bad), units.percent(split.share_traffic)
    tried = (
        f"{of_bad} % of bad ({bad} of {all_bad}/min), {of_all} % of all ({own} of {whole}/min)",
        f"{of_bad} % bad ({bad}/{all_bad} a min), {of_all} % of all",
        f"{of_bad} % bad ({bad}/{all_bad}), {of_all} % of all",
        f"{of_bad}% bad ({bad}/{all_bad}) {of_all}% all",
    )
    name = clean(split.value)
    fits = [words for words in tried if cell_len(words) + min(cell_len(name), 12) + 1 <= room]
    words = fits[0] if fits and any(split.of) else f"{of_bad} % of bad, {of_all} % of all"
    left = max(4, room - cell_len(words) - 1)
    return f"{name if cell_len(name) <= left else fit(name, left)} {words}"


def _short_share(split: Split) -> str:
    """`/checkout 97% (31/32)`."""
    bad, all_bad = (units.number(rate * 60, 0) for rate in split.of[:2])
    counts = f" ({bad}/{all_bad})" if any(split.of) else ""
    return f"{clean(split.value)} {units.percent(split.share_bad)}%{counts}"


def split_line(splits: Sequence[Split], about: str, reason: str, width: int) -> Text:
    """The same in one line for a short screen: what stands out first."""
    parts = [
        f"{clean(s.label)} {_short_share(s)}" if s.stands_out else f"{clean(s.label)} even"
        for s in sorted(splits, key=lambda split: not split.stands_out)
    ]
    return Text(fit("SPLIT " + ("   ".join(parts) or reason), width), style="dim" if not parts else "")


def pulse_line(reading: Reading[Tiles], width: int) -> Text:
    """As much as fits: first the absolute figure of last week goes, then the last business figures."""
    tiles = reading.value.pulse if reading.value is not None else ()
    text = Text((_titled("PULSE", reading) if tiles else "PULSE") + "  ", style="bold dim")
    if not tiles:
        said = trust(reading) or "no business figure is set: add [profiles.NAME.metrics.pulse]"
        return text.append(said, style="not bold dim")
    attempts = [(True, len(tiles)), *((False, count) for count in range(len(tiles), 0, -1))]
    for full, count in attempts:
        line = Text.assemble(text, *(_pulse(tile, full=full) for tile in tiles[:count]))
        if line.cell_len - GAP <= width:
            break
    return line


def _pulse(tile: Tile, *, full: bool) -> Text:
    told = f"{clean(tile.title)} {units.number(tile.value)}"
    low = False
    if tile.last_week and tile.value is not None:
        change = tile.value / tile.last_week - 1
        low = change <= -0.2
        told += (
            f" v {units.number(tile.last_week)} last week ({change * 100:+.0f} %)"
            if full
            else (f" ({change * 100:+.0f}% v last wk)")
        )
    elif full:
        told += " (last week unknown)"
    return Text(f"{told}{' ' * GAP}", style="bold not dim" if low else "not bold not dim")


def tab_lines(findings: Sequence[Finding], known: TabReadings, now: datetime, width: int) -> Text:
    """One piece per tab: its worst finding, else its most telling figure; pieces are cut alike until all fit."""
    quiet = {
        1: _metrics(known.services),
        2: _count(known.workloads),
        3: _connections(known.facts),
        4: _budget(known.costs),
        5: _hurt(known.customers),
        6: _incidents(known.incidents, now),
    }
    pieces: list[tuple[str, str, str]] = []
    for digit, title in TAB_TITLES.items():
        worst = next((finding for finding in findings if finding.tab == digit and finding.state == "firing"), None)
        if worst is not None and digit not in (4, 5, 6):
            pieces.append((title, f"▲ {clean(worst.what)}", f" {units.age(worst.since, now)}"))
        else:
            pieces.append((title, quiet[digit], ""))
    for most in (60, 34, 28, 24, 20, 16, 12, 8):
        text = Text("TABS  ", style="bold dim")
        for number, (title, words, age) in enumerate(pieces):
            words = words if cell_len(words) <= most else fit(words, most)
            text.append(" │ " if number else "", style="dim not bold").append(f"{title} ", style="bold not dim")
            text.append(f"{words}{age}", style="not dim not bold")
        if text.cell_len <= width:
            break
    return text


def _metrics(reading: Reading[Services]) -> str:
    if reading.value is None or not sure(reading):
        return short_trust(reading)
    return f"{sum(1 for row in reading.value.figures if not row.endpoint)} services"


def _count(reading: Reading[Collection[Workload]]) -> str:
    if reading.value is None:
        return short_trust(reading)
    rows = reading.value.rows
    ready = sum(1 for row in rows.values() if row.ready >= row.desired)
    return _dated(reading, f"{ready} of {len(rows)} workloads ready")


def _dated(reading: Reading[Any], words: str) -> str:
    note = short_trust(reading)
    return f"{note}: {words}" if note else words


def _connections(reading: Reading[ServerFacts]) -> str:
    facts = reading.value
    if facts is None:
        return short_trust(reading)
    return _dated(reading, f"conn {facts.connections}/{facts.max_connections - facts.reserved}")


def _budget(reading: Reading[Costs]) -> str:
    costs = reading.value
    if costs is None:
        return short_trust(reading)
    burn = next(iter(costs.burn_downs), None)
    if burn is None or not burn.amount:
        return "no budget set"
    as_of = f", as of {burn.as_of:%a}" if burn.as_of is not None else ""
    word = "" if burn.state == "ok" else f"{burn.state} "
    return _dated(reading, f"{word}{burn.spent / burn.amount * 100:.0f} %{as_of}")


def _hurt(reading: Reading[Customers]) -> str:
    base = reading.value
    if base is None:
        return short_trust(reading)
    hurt = len(hurt_rows(base))
    risk = sum(1 for row in base.rows if row.band == "churn-risk")
    return _dated(reading, f"{hurt} hurt" if hurt else f"{risk} at churn risk")


def _incidents(reading: Reading[Incidents], now: datetime) -> str:
    if reading.value is None:
        return short_trust(reading)
    opened = [incident for incident in reading.value.incidents if incident.open]
    if not opened:
        return _dated(reading, "none open")
    return f"{opened[0].id} S{opened[0].severity} +{units.age(opened[0].impact or opened[0].declared, now)}"
