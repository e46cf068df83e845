"""The demo's past incidents make sense in time."""

from datetime import UTC, datetime
from pathlib import Path

from opsconsole.demo.incidents import past_incidents, write_past
from opsconsole.rules.action_items import action_items
from opsconsole.rules.milestones import means, milestones
from opsconsole.store.store import Store

NOW = datetime(2026, 3, 28, 9, 0, tzinfo=UTC)


def test_times_are_in_order_and_in_the_past() -> None:
    incidents = past_incidents(NOW)
    assert len(incidents.incidents) >= 3
    for incident in incidents.incidents:
        assert incident.impact is not None
        assert incident.acknowledged is not None
        assert incident.mitigated is not None
        assert incident.resolved is not None
        assert incident.ended == incident.mitigated
        assert incident.channel == f"#incident-{incident.declared:%Y-%m-%d-%H%M%S}"
        times = [incident.impact, incident.declared, incident.acknowledged, incident.mitigated, incident.resolved]
        assert times == sorted(times)
        assert times[-1] < NOW
        assert not incident.open
        assert dict(incident.roles)["commander"]


def test_every_timeline_is_in_order_and_belongs_to_an_incident() -> None:
    incidents = past_incidents(NOW)
    known = {incident.id for incident in incidents.incidents}
    assert {entry.incident for entry in incidents.entries} == known
    for identifier in known:
        timeline = [entry for entry in incidents.entries if entry.incident == identifier]
        assert [entry.occurred for entry in timeline] == sorted(entry.occurred for entry in timeline)
        assert all(entry.recorded >= entry.occurred for entry in timeline)
        assert {"declared", "role_assigned", "status_changed"} <= {entry.kind for entry in timeline}
    assert len({entry.id for entry in incidents.entries}) == len(incidents.entries)


def test_every_milestone_and_time_of_them_is_known() -> None:
    """What the past is there for: a postmortem without blanks, and means over several incidents."""
    incidents = past_incidents(NOW)
    for incident in incidents.incidents:
        assert [one.missing for one in milestones(incident, incidents.entries)] == [""] * 5
        assert all(one.entry for one in milestones(incident, incidents.entries))
    assert [one.n for one in means(incidents.incidents, incidents.entries)] == [4] * 5


def test_something_is_left_to_do() -> None:
    items = action_items(past_incidents(NOW).entries)
    assert all(item.owner and item.due and item.type and item.text for item in items)
    assert [item.overdue(NOW.date()) for item in items if not item.done] == [True, False, False, False]
    assert [item.id for item in items if item.done] == ["INC-3/1"]


async def test_the_store_takes_them_once(tmp_path: Path) -> None:
    file = tmp_path / "state.sqlite"
    assert await write_past(file) > 0
    store = Store.open(file)
    held = await store.incidents()
    await store.close()
    assert [incident.id for incident in held.incidents] == ["INC-6", "INC-5", "INC-4", "INC-3"]
    assert len(held.entries) == len(past_incidents(NOW).entries)


def test_newest_comes_first() -> None:
    declared = [incident.declared for incident in past_incidents(NOW).incidents]
    assert declared == sorted(declared, reverse=True)
