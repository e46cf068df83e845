"""The clocks of an incident as they are read, minute by minute."""

from datetime import UTC, datetime, timedelta

import msgspec

from opsconsole.config.policies import builtin
from opsconsole.model.incident import Incident
from opsconsole.rules.incident_clocks import clocks, empty_roles, frame_words, next_update, resolve_by

POLICY = builtin("default")
NOW = datetime(2026, 3, 26, 2, 53, 20, tzinfo=UTC)
INCIDENT = Incident(
    "INC-7", "checkout slow", 2, "investigating", "api",
    impact=NOW.replace(minute=41, second=0), declared=NOW.replace(minute=45, second=0),
    acknowledged=NOW.replace(minute=46, second=0), next_update=NOW + timedelta(minutes=8, seconds=20),
    resolve_by=NOW.replace(hour=6, minute=45), roles=(("commander", "ada"), ("operations", "bo")),
)  # fmt: skip


def changed(**fields: object) -> Incident:
    return msgspec.structs.replace(INCIDENT, **fields)


def test_the_line_of_the_header() -> None:
    assert clocks(INCIDENT, POLICY, NOW).words == (
        "impact 02:41 +12m · declared 02:45 +8m · ack 02:46 · next update 03:01, in 8m · resolve by 06:45, in 3h52m"
    )


def test_the_words_of_the_frame() -> None:
    assert frame_words(INCIDENT, POLICY, NOW) == "INC-7 S2 +12m upd in 8m"
    assert frame_words(changed(drill=True), POLICY, NOW) == "INC-7 S2 DRILL +12m upd in 8m"


def test_what_is_due_and_overdue_stands_out() -> None:
    late = clocks(INCIDENT, POLICY, NOW + timedelta(minutes=11, seconds=30))
    assert (late.update.short, late.update.overdue) == ("OVERDUE 3m", True)
    assert [clock.id for clock in late.due] == ["update"]
    assert clocks(INCIDENT, POLICY, NOW + timedelta(minutes=4)).update.soon


def test_until_somebody_knows_the_response_counts_down() -> None:
    """SEV2: within 30 minutes (003:73)."""
    unknown = changed(acknowledged=None)
    assert clocks(unknown, POLICY, NOW).acknowledged.words == "03:15, in 21m"
    assert frame_words(unknown, POLICY, NOW + timedelta(minutes=25)).startswith("INC-7 S2 +37m NO ACK")


def test_seconds_never_show() -> None:
    fresh = changed(impact=NOW - timedelta(seconds=40), next_update=NOW + timedelta(seconds=59))
    assert frame_words(fresh, POLICY, NOW) == "INC-7 S2 +<1m upd in <1m"


def test_the_clocks_of_a_resolved_incident_stand_still() -> None:
    over = changed(state="resolved", mitigated=NOW, ended=NOW, resolved=NOW + timedelta(minutes=5), next_update=None)
    first, later = (clocks(over, POLICY, NOW + timedelta(minutes=minutes)) for minutes in (10, 60))
    assert first == later
    assert first.impact.words == "02:41 to 02:53, 12m"
    assert first.update.words == ""
    assert first.resolution.words == "02:58, 3h47m before the target"


def test_an_unknown_beginning_is_said() -> None:
    assert clocks(changed(impact=None), POLICY, NOW).impact.words == "since unknown"


def test_a_war_room_needs_all_roles_a_smaller_one_a_commander() -> None:
    assert empty_roles(INCIDENT) == ("scribe", "comms")
    assert empty_roles(changed(severity=3, roles=())) == ("commander",)
    assert empty_roles(changed(state="resolved")) == ()


def test_people_are_told_every_twenty_minutes_where_nothing_else_is_said() -> None:
    assert next_update(builtin("s004"), 1, NOW) == NOW + timedelta(minutes=20)


def test_the_targets_of_the_agreement() -> None:
    """001:254 to 257: 4 hours, 24 hours, 3 days, 7 days."""
    targets = [resolve_by(builtin("s001"), level, NOW) for level in (1, 2, 3, 4)]
    assert [target - NOW for target in targets if target] == [timedelta(hours=hours) for hours in (4, 24, 72, 168)]
    assert resolve_by(builtin("s003"), 1, NOW) is None
