"""What the answers of a probe amount to: slices of time, a share, a state, and findings."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from ..model.finding import Finding, Severity
from ..model.probe import ProbeState, Tally
from ..text import units

SLICE = timedelta(minutes=1)
SLICES = 60
DAY = timedelta(hours=24)
SOON_DAYS = 3.0
"""With fewer days left a certificate is critical, whatever its probe's severity."""


def hour_of(tallies: Sequence[Tally], now: datetime, every_s: float = 60.0) -> tuple[float | None, ...]:
    """Share of good answers in each of the last sixty minutes, oldest first; None where nothing was asked.

    Between two askings at the pace `every_s` the last answer stands.
    """
    edge = now.replace(second=0, microsecond=0) + SLICE
    bounds = [edge - SLICE * (SLICES - place) for place in range(SLICES + 1)]
    stood = [_at(tallies, bound) for bound in bounds]
    shares: list[float | None] = []
    reach = timedelta(seconds=every_s) + SLICE
    for before, after, end in zip(stood, stood[1:], bounds[1:], strict=False):
        if before is None or after is None:
            shares.append(None)
        elif after.asked <= before.asked:
            shares.append(shares[-1] if shares and end - after.at <= reach else None)
        else:
            shares.append(1.0 - (after.failed - before.failed) / (after.asked - before.asked))
    return tuple(shares)


def day_of(tallies: Sequence[Tally], now: datetime) -> tuple[int, int]:
    """(asked, failed) in the last 24 hours, or since the counts began where that was later."""
    if not tallies:
        return 0, 0
    first = _at(tallies, now - DAY) or Tally(now - DAY, 0, 0)
    return tallies[-1].asked - first.asked, tallies[-1].failed - first.failed


def _at(tallies: Sequence[Tally], moment: datetime) -> Tally | None:
    """How the counts stood at a moment: None before the first."""
    place = bisect_right(tallies, moment, key=lambda tally: tally.at)
    return tallies[place - 1] if place else None


def state_of(probe: ProbeState) -> str:
    """ok, failing (not often enough yet), failed, expires, unknown."""
    if probe.last is None or probe.last.good is None:
        return "unknown"
    if probe.failed_in_a_row >= probe.fails:
        return "failed"
    if probe.failed_in_a_row:
        return "failing"
    left = days_left(probe, probe.last.at)
    return "expires" if left is not None and left < probe.expires_days else "ok"


def days_left(probe: ProbeState, now: datetime) -> float | None:
    """Days until its certificate ends; negative once it has; None where it showed none."""
    if probe.last is None or probe.last.expires is None:
        return None
    return (probe.last.expires - now).total_seconds() / 86400


def findings(probes: Iterable[ProbeState], now: datetime) -> list[Finding]:
    """What fails often enough, certificates that end soon, and probes that cannot be asked."""
    found = []
    for probe in probes:
        state, last = state_of(probe), probe.last
        if last is None:
            continue
        name = f"probe {probe.name}"
        if state == "unknown":
            found.append(
                Finding(
                    f"probe:{probe.name}", Severity.BLIND, f"{name} cannot be asked: {last.said}", 1,
                    since=probe.since, object=probe.key, rule="blind", value=last.remedy,
                )
            )  # fmt: skip
        elif state in ("failed", "failing"):
            severity = Severity.CRITICAL if probe.severity == "critical" else Severity.WARNING
            found.append(
                Finding(
                    f"probe:{probe.name}", severity, f"{name} fails: {last.said}", 1,
                    state="firing" if state == "failed" else "pending", since=probe.since, object=probe.key,
                    rule="probe", value=f"{probe.failed_in_a_row} failures in a row", limit=f">= {probe.fails}",
                    pending_s=None if state == "failed" else (probe.failed_in_a_row - 1) * probe.every_s,
                    for_s=None if state == "failed" else (probe.fails - 1) * probe.every_s,
                    origin=f"settings: probes, fails = {probe.fails}",
                )
            )  # fmt: skip
        elif state == "expires":
            left = days_left(probe, now)
            assert left is not None
            found.append(
                Finding(
                    f"probe-certificate:{probe.name}", Severity.CRITICAL if left < SOON_DAYS else Severity.WARNING,
                    f"certificate of {probe.name} {expiry_words(left)}", 1, object=probe.key, rule="probe-certificate",
                    value=expiry_words(left), limit=f"< {probe.expires_days:g} days", measured=left,
                    bound=probe.expires_days, origin=f"settings: probes, expires_days = {probe.expires_days:g}",
                )
            )  # fmt: skip
    return found


def expiry_words(left_days: float) -> str:
    """`ends in 12 d`, `ended 3h ago`."""
    said = units.span(abs(left_days) * 86400)
    return f"ended {said} ago" if left_days < 0 else f"ends in {said}"
