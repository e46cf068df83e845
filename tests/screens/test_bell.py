"""The bell rings once for what is new and grave; not for what stood there or is lesser, and not when it is off."""

import msgspec
import pytest

from opsconsole.model.finding import Finding, Severity
from opsconsole.model.reading import Reading, State
from opsconsole.poller.topics import FINDINGS

from . import story
from .driving import until
from .tabs import console, settled

pytestmark = pytest.mark.usefixtures("fixed_clock")


def finding(id: str, severity: Severity, state: str = "firing") -> Finding:
    return Finding(id, severity, f"{id} is wrong", 1, state=state, since=story.ago(1))


@pytest.mark.parametrize("on", [True, False])
async def test_it_rings_once_for_each_new_grave_finding_and_moves_nothing(
    on: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = console(story.board())
    interface = msgspec.structs.replace(app.context.settings.interface, bell=on)
    app.context.settings = msgspec.structs.replace(app.context.settings, interface=interface)
    rung: list[int] = []
    monkeypatch.setattr(app, "bell", lambda: rung.append(1))
    known = story.findings()

    def publish(*more: Finding) -> None:
        app.context.board.publish(FINDINGS, Reading((*known, *more), State.OK, story.NOW))

    async with app.run_test(size=(160, 45)) as pilot:
        tab = await settled(pilot)
        assert tab.table is not None
        tab.table.go_to("hpa:api")
        focus, told = app.focused, tab.table
        publish()
        publish(finding("w", Severity.WARNING), finding("p", Severity.CRITICAL, "pending"))
        assert rung == []
        publish(finding("c", Severity.CRITICAL))
        publish(finding("c", Severity.CRITICAL))
        publish()
        publish(finding("c", Severity.CRITICAL), finding("b", Severity.BLIND))
        assert len(rung) == (2 if on else 0)
        await until(pilot, lambda: "c" in told.rows)
        assert (app.focused, told.cursor_key) == (focus, "hpa:api")
