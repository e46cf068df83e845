"""What one look found, as a verdict, as lines for people, as the line of a Nagios plugin, and as JSON."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import click

from ..model.finding import Finding, Severity
from ..text import units
from ..text.clean import clean
from .look_once import Seen, Source

OK, WARNING, CRITICAL, UNKNOWN = range(4)
"""Exit codes, as Nagios defined them."""
WORDS = ("ok", "warning", "critical", "unknown")
SEVERITY_WORDS: Mapping[Severity, str] = {
    Severity.CRITICAL: "critical",
    Severity.BLIND: "unknown",
    Severity.WARNING: "warning",
    Severity.INFO: "info",
}
COLOURS = {"critical": "red", "unknown": "magenta", "warning": "yellow", "ok": "green", "failed": "red"}
TABS = ("now", "metrics", "pods", "queries", "costs", "customers", "incidents")
FORMAT = 1
"""Of the JSON: it changes when a field goes or changes its meaning; new fields may come at any time."""
TOLD = 3
"""Findings that the one line of a plugin names."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a look means, and the findings that it rests on, worst first."""

    code: int
    findings: tuple[Finding, ...]
    seen: Seen
    profile: str
    policy: str
    took_s: float

    @property
    def word(self) -> str:
        return WORDS[self.code]

    @property
    def counts(self) -> dict[str, int]:
        """Firing findings by severity, then those that are pending and those that somebody acknowledged."""
        firing = [finding for finding in self.findings if finding.state == "firing"]
        counted = {word: sum(one.severity is severity for one in firing) for severity, word in SEVERITY_WORDS.items()}
        acknowledged = sum(bool(finding.acknowledged_by) for finding in firing)
        return counted | {"pending": len(self.findings) - len(firing), "acknowledged": acknowledged}

    @property
    def summary(self) -> str:
        """`1 critical, 2 warnings, 1 pending`."""
        counts = self.counts
        said = [f"{counts[word]} {word}" for word in ("critical", "unknown") if counts[word]]
        said += [units.plural(counts["warning"], "warning")] if counts["warning"] else []
        said += [f"{counts[word]} {word}" for word in ("info", "pending") if counts[word]]
        return ", ".join(said) or "no rule of the policy is breached"


def code_of(findings: Iterable[Finding], fail_on: Severity = Severity.WARNING) -> int:
    """The worst that fires, from `fail_on` on; what cannot be seen is unknown whatever it is, never ok."""
    firing = {finding.severity for finding in findings if finding.state == "firing"}
    if Severity.CRITICAL in firing:
        return CRITICAL
    if Severity.BLIND in firing:
        return UNKNOWN
    return WARNING if any(severity <= fail_on for severity in firing) else OK


# ---- for people -----------------------------------------------------------------------------------------------------


def lines(verdict: Verdict) -> list[str]:
    """The verdict, each finding with its evidence below it, and the sources that are not well."""
    sources = verdict.seen.sources
    head = f"{_coloured(verdict.word.upper(), verdict.word)}  {verdict.summary} · profile {verdict.profile}"
    told = [f"{head}, policy {verdict.policy} · {units.plural(len(sources), 'source')} in {verdict.took_s:.1f} s"]
    rows = [_row(finding, verdict) for finding in verdict.findings]
    since_width = max((len(since) for _, since, _, _ in rows), default=0)
    for word, since, what, evidence in rows:
        told.append(f"{_coloured(f'{word:<8}', word)}  {since:>{since_width}}  {what}")
        if evidence:
            told.append(f"{'':<{8 + 2 + since_width + 2}}{evidence}")
    width = max((len(source.name) for source in sources), default=0)
    for source in sources:
        if source.problem is not None:
            told.append(f"{source.name:<{width}}  {_coloured(source.state, source.state)}: {_problem(source)}")
    return told


def _row(finding: Finding, verdict: Verdict) -> tuple[str, str, str, str]:
    """(word, since, what, evidence)."""
    pending = finding.state == "pending"
    since = units.age(finding.since, verdict.seen.at) if finding.since is not None else units.DASH
    if pending and finding.pending_s is not None:
        since = f"{units.span(finding.pending_s)} of {units.span(finding.for_s)}"
    elif finding.from_start:
        since = "now"
    blind = finding.severity is Severity.BLIND
    evidence = [
        clean(finding.value) if blind else "",
        f"after {clean(finding.after)}" if finding.after else "",
        clean(finding.whom),
        f"acknowledged by {clean(finding.acknowledged_by)}" if finding.acknowledged_by else "",
    ]
    word = "pending" if pending else SEVERITY_WORDS[finding.severity]
    return word, since, clean(finding.what), " · ".join(filter(None, evidence))


def _problem(source: Source) -> str:
    assert source.problem is not None
    remedy = f" → {clean(source.problem.remedy)}" if source.problem.remedy else ""
    return f"{clean(source.problem.sentence)}{remedy}"


def _coloured(text: str, word: str) -> str:
    return click.style(text, fg=COLOURS[word]) if word in COLOURS else text


# ---- for monitors ---------------------------------------------------------------------------------------------------


def nagios(verdict: Verdict) -> str:
    """`OPSCONSOLE CRITICAL - 1 critical, 2 warnings: what; what (+1)|perfdata`, in one line."""
    counted = [finding for finding in verdict.findings if finding.state == "firing"]
    told = "; ".join(clean(finding.what) for finding in counted[:TOLD])
    more = f" (+{len(counted) - TOLD})" if len(counted) > TOLD else ""
    text = f"{verdict.summary}{': ' if told else ''}{told}{more}"
    return nagios_line(verdict.code, text, _performance(verdict))


def nagios_line(code: int, text: str, performance: str = "") -> str:
    """A bar begins the figures, so that none may stand in the text."""
    line = f"OPSCONSOLE {WORDS[code].upper()} - {clean(text).replace('|', '/')}"
    return f"{line}|{performance}" if performance else line


def _performance(verdict: Verdict) -> str:
    counts = verdict.counts
    figures = [f"critical={counts['critical']};;0;0", f"warning={counts['warning']};0;;0"]
    figures += [f"unknown={counts['unknown']};;;0", f"pending={counts['pending']};;;0"]
    return " ".join([*figures, f"time={verdict.took_s:.2f}s;;;0"])


# ---- for programs ---------------------------------------------------------------------------------------------------


def as_json(verdict: Verdict) -> dict[str, Any]:
    """The stable shape that `check --help` describes."""
    return {
        "format": FORMAT,
        "verdict": verdict.word,
        "exit_code": verdict.code,
        "at": verdict.seen.at,
        "took_s": round(verdict.took_s, 3),
        "profile": verdict.profile,
        "policy": verdict.policy,
        "counts": verdict.counts,
        "findings": [_finding(finding) for finding in verdict.findings],
        "sources": [_source(source) for source in verdict.seen.sources],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.id,
        "severity": SEVERITY_WORDS[finding.severity],
        "state": finding.state,
        "what": clean(finding.what),
        "tab": TABS[finding.tab],
        "object": clean(finding.object.strip()) or None,
        "since": finding.since,
        "since_is_first_look": finding.from_start,
        "pending_s": finding.pending_s,
        "for_s": finding.for_s,
        "value": clean(finding.value) or None,
        "limit": clean(finding.limit) or None,
        "measured": finding.measured,
        "bound": finding.bound,
        "after": clean(finding.after) or None,
        "whom": clean(finding.whom) or None,
        "customers": finding.customers,
        "related": list(finding.related),
        "acknowledged_by": clean(finding.acknowledged_by) or None,
        "rule": finding.rule or None,
        "origin": finding.origin or None,
    }


def _source(source: Source) -> dict[str, Any]:
    problem = source.problem
    return {
        "name": source.name,
        "state": source.state,
        "answered_s": round(source.after_s, 3) if source.after_s is not None else None,
        "problem": clean(problem.sentence) if problem is not None else None,
        "remedy": clean(problem.remedy) or None if problem is not None else None,
    }


# ---- what is left out -----------------------------------------------------------------------------------------------


def kept(findings: Sequence[Finding], tabs: frozenset[str], severities: frozenset[str]) -> tuple[Finding, ...]:
    """Those of these tabs and severities; none named keeps all. What is unknown goes by its tab alone."""
    return tuple(
        finding
        for finding in findings
        if (not tabs or TABS[finding.tab] in tabs)
        and (not severities or finding.severity is Severity.BLIND or SEVERITY_WORDS[finding.severity] in severities)
    )
