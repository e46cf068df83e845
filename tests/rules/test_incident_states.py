"""The order of states, and the times that a move sets and takes back."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from opsconsole.model.incident import Incident
from opsconsole.rules.incident_states import STATES, gravest_first, moved, next_states, refusal

START = datetime(2026, 3, 26, 2, 41, tzinfo=UTC)


def at(minutes: int) -> datetime:
    return START + timedelta(minutes=minutes)


def incident(state: str = "investigating") -> Incident:
    return Incident("INC-7", "checkout slow", 2, state, "api", START, at(4), next_update=at(24))


def after(before: Incident, state: str, minutes: int, ended: datetime | None = None) -> Incident:
    assert refusal(before.state, state) == ""
    return msgspec.structs.replace(before, **moved(before, state, at(minutes), ended=ended))


def test_the_way_through() -> None:
    found = incident()
    for minutes, state in enumerate(STATES[1:6], start=10):
        found = after(found, state, minutes)
    assert (found.state, found.mitigated, found.resolved, found.ended) == ("closed", at(11), at(13), at(11))
    assert found.next_update is None


def test_states_may_be_left_out_and_gone_back_to() -> None:
    assert "resolved" in next_states("investigating")
    assert refusal("monitoring", "investigating") == ""
    assert refusal("resolved", "monitoring") == ""


def test_going_back_takes_back_what_is_no_longer_true() -> None:
    mended = after(incident(), "mitigated", 12)
    again = after(mended, "investigating", 20)
    assert (again.mitigated, again.ended, again.resolved) == (None, None, None)
    assert after(again, "mitigated", 30).mitigated == at(30)


def test_the_measured_end_of_the_harm_wins() -> None:
    mended = after(incident(), "mitigated", 12)
    assert after(mended, "resolved", 40, ended=at(14)).ended == at(14)


def test_what_nobody_called_mitigated_was_so_when_the_harm_ended() -> None:
    assert after(incident(), "resolved", 40, ended=at(14)).mitigated == at(14)
    assert after(incident(), "mitigated", 40, ended=at(14)).mitigated == at(40)
    assert after(incident(), "resolved", 40).mitigated == at(40)


def test_a_drill_stands_behind_all_that_is_real() -> None:
    real, graver = incident(), msgspec.structs.replace(incident(), id="INC-8", severity=1)
    drill = msgspec.structs.replace(graver, id="INC-9", drill=True)
    over = msgspec.structs.replace(graver, id="INC-6", state="resolved")
    assert [one.id for one in gravest_first((over, drill, real, graver))] == ["INC-8", "INC-7", "INC-9"]


def test_nothing_is_mitigated_before_it_began() -> None:
    """An impact that was moved to a later time, or a clock that runs behind."""
    assert after(incident(), "mitigated", -5).mitigated == START


@pytest.mark.parametrize(
    ("before", "state", "words"),
    [
        ("mitigated", "cancelled", "mitigated cannot become cancelled"),
        ("closed", "investigating", "closed cannot become investigating; it can become resolved"),
        ("identified", "identified", "it is identified already"),
        ("identified", "fixed", "'fixed' is no state; known are investigating, identified"),
    ],
)
def test_out_of_order_is_refused_in_words(before: str, state: str, words: str) -> None:
    assert refusal(before, state).startswith(words)
