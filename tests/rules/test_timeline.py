"""The timeline as people read it: superseded entries gone, in order of time, what flaps folded."""

from datetime import UTC, datetime, timedelta

from opsconsole.model.incident import TimelineEntry
from opsconsole.rules.timeline import current, folded, history

START = datetime(2026, 3, 26, 2, 41, tzinfo=UTC)


def entry(id: str, minutes: float, kind: str = "note", text: str = "", **fields: object) -> TimelineEntry:
    at = START + timedelta(minutes=minutes)
    source = "human" if kind == "note" else "k8s"
    given = {"actor": "ada", "source": source, "text": text or id} | fields
    return TimelineEntry(id, "INC-7", at, at, kind, **given)  # type: ignore[arg-type]


def scaling(number: int, text: str = "", minutes: float | None = None) -> TimelineEntry:
    return entry(f"s{number}", number if minutes is None else minutes, "scale", text, object="hpa shop/api")


def texts(*entries: TimelineEntry) -> list[str]:
    return [line.text for line in folded(entries)]


def test_scalings_of_one_autoscaler_become_the_last_of_them() -> None:
    entries = [scaling(number) for number in range(11)] + [scaling(11, "HPA api at max 20")]
    assert texts(*entries) == ["HPA api at max 20 (+11 scalings folded)"]
    assert len(folded(entries)[0].folded) == 11


def test_notes_between_them_stay_where_they_are() -> None:
    assert texts(scaling(0), entry("rolling back", 1), scaling(2)) == ["rolling back", "s2 (+1 scaling folded)"]


def test_after_a_quiet_time_a_new_run_begins() -> None:
    assert texts(scaling(0), scaling(1), scaling(2, minutes=60)) == ["s1 (+1 scaling folded)", "s2"]


def test_two_objects_never_fold_together_and_releases_never_fold() -> None:
    other = entry("worker", 1, "scale", object="hpa shop/worker")
    releases = [entry(f"1.8.{number}", number, "deploy", object="release shop/api") for number in (2, 3)]
    assert len(folded([scaling(0), other, *releases])) == 4


def test_began_and_ended_stay_apart_but_what_flaps_keeps_its_first_and_last() -> None:
    def transition(number: int) -> TimelineEntry:
        kind = "alert_resolved" if number % 2 else "alert_fired"
        return entry(f"t{number}", number, kind, object="p99:api")

    assert texts(*(transition(number) for number in range(2))) == ["t0", "t1"]
    assert texts(*(transition(number) for number in range(8))) == ["t0", "t7 (+6 transitions folded)"]


def test_what_somebody_pinned_is_not_folded() -> None:
    pinned = entry("pinned", 1, "scale", object="hpa shop/api", pinned=True)
    assert texts(scaling(0), pinned, scaling(2)) == ["pinned", "s2 (+1 scaling folded)"]


def test_a_correction_stands_where_the_old_entry_stood() -> None:
    wrong, right = entry("wrong", 1), entry("right", 1, supersedes="wrong")
    later = entry("later", 2)
    assert [one.id for one in current([later, wrong, right])] == ["right", "later"]
    last = entry("last", 1, supersedes="right")
    assert [one.id for one in history([wrong, right, last], "last")] == ["last", "right", "wrong"]


def test_entries_that_supersede_each_other_end_the_search() -> None:
    """No store of ours writes this; a file from elsewhere might."""
    one, two = entry("one", 1, supersedes="two"), entry("two", 2, supersedes="one")
    assert [entry.id for entry in history([one, two], "one")] == ["one", "two"]
