"""Incidents, entries and lines of the journal for tests."""

from datetime import UTC, datetime, timedelta

from opsconsole.model.incident import Incident, TimelineEntry
from opsconsole.model.journal import JournalLine, Who

START = datetime(2025, 3, 27, 2, 41, tzinfo=UTC)


def incident(identity: str = "", minutes: int = 0) -> Incident:
    declared = START + timedelta(minutes=minutes)
    return Incident(
        identity, "checkout slow", 2, "investigating", "api", START, declared, roles=(("commander", "ada"),), drill=True
    )


def entry(identity: str, minutes: int = 0, of: str = "INC-1") -> TimelineEntry:
    at = START + timedelta(minutes=minutes)
    return TimelineEntry(identity, of, at, at, "note", "ada", "human", f"note {identity}", internal=False)


def line(run: str = "run-1", phase: str = "intent", *, words: str = "scale 6 → 8", body: str = "") -> JournalLine:
    who = Who("maren", "bastion", "10.0.0.7", "maren@example.org")
    return JournalLine(
        0, START, run, phase, who, "1/2", "scale", "prod", "shop", "deployment/api", words, body, took_s=0.25
    )
