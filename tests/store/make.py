"""Incidents and entries for tests."""

from datetime import UTC, datetime, timedelta

from opsconsole.model.incident import Incident, TimelineEntry

START = datetime(2025, 3, 27, 2, 41, tzinfo=UTC)


def incident(identity: str = "", minutes: int = 0) -> Incident:
    declared = START + timedelta(minutes=minutes)
    return Incident(
        identity, "checkout slow", 2, "investigating", "api", START, declared, roles=(("commander", "ada"),), drill=True
    )


def entry(identity: str, minutes: int = 0, of: str = "INC-1") -> TimelineEntry:
    at = START + timedelta(minutes=minutes)
    return TimelineEntry(identity, of, at, at, "note", "ada", "human", f"note {identity}", internal=False)
