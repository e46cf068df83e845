"""What an HPA did in the last 24 hours: from events and what was kept before, with reasons; and from when on."""

from datetime import UTC, datetime, timedelta

from opsconsole.model.kubernetes import Event, Hpa, HpaPast, Scaling
from opsconsole.rules.hpa_past import asked, joined, last_words, scalings, told

NOW = datetime(2026, 3, 26, 3, 0, tzinfo=UTC)
API = Hpa("u", "shop", "api", "Deployment", "web", 2, 20, 8, 8)
ABOVE = "cpu resource utilization (percentage of request) above target"


def event(minutes: float, reason: str, message: str, name: str) -> Event:
    at = NOW - timedelta(minutes=minutes)
    return Event(f"{name}{minutes}", "shop", "Normal", reason, message, "", name, "", 1, at, at)


def test_steps_come_from_its_events_and_the_first_origin_from_the_deployments() -> None:
    events = [
        event(9, "SuccessfulRescale", "New size: 8; reason: All metrics below target", "api"),
        event(30, "SuccessfulRescale", f"New size: 12; reason: {ABOVE}", "api"),
        event(29.9, "ScalingReplicaSet", "Scaled up replica set web-1 from 5 to 12", "web"),
        event(20, "SuccessfulRescale", "New size: 3; reason: other", "other"),
    ]
    first, second = scalings(API, events)
    assert (first.before, first.after, first.reason) == (5, 12, ABOVE)
    assert (second.before, second.after) == (12, 8)


def test_what_was_kept_is_joined_once_and_old_steps_go() -> None:
    old = HpaPast((Scaling(NOW - timedelta(hours=25), 4), Scaling(NOW - timedelta(hours=2), 6, 4)))
    again = (Scaling(NOW - timedelta(hours=2), 6), Scaling(NOW - timedelta(minutes=5), 9, reason="x"))
    assert [(one.before, one.after) for one in joined(old, again, NOW).scalings] == [(4, 6), (6, 9)]


def test_a_number_was_asked_for_until_the_next_one() -> None:
    past = asked(HpaPast(), None, 5, NOW - timedelta(minutes=3))
    past = asked(past, 5, 3, NOW)
    assert [(NOW - at, wanted) for at, wanted in past.asked] == [
        (timedelta(minutes=3), 5),
        (timedelta(0), 5),
        (timedelta(0), 3),
    ]
    assert past.watched_since == NOW - timedelta(minutes=3)


def test_it_is_told_newest_first_and_from_when_on_it_is_known() -> None:
    steps = (Scaling(NOW - timedelta(hours=9), 5, 4, "a"), Scaling(NOW - timedelta(minutes=9), 12, 5, ABOVE))
    past = HpaPast(steps, known_since=NOW - timedelta(hours=1))
    assert told(past, NOW) == [
        "2 scalings, known since 02:00 (1h00m), before that in part",
        f"02:51 5→12 {ABOVE}",
        "18:00 4→5 a",
    ]
    assert last_words(past, NOW) == "9m 5→12 cpu above target"
    assert told(HpaPast(known_since=NOW - timedelta(days=2)), NOW) == ["0 scalings, of 24 hours"]
    assert told(HpaPast(), NOW) == ["0 scalings, how far back is unknown"]
