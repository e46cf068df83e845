"""The demo's past incidents make sense in time."""

from datetime import UTC, datetime
from pathlib import Path

from opsconsole.demo.incidents import past_incidents, write_past
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
