"""The five milestones with the entry each cites, and the times between them."""

from datetime import UTC, datetime, timedelta

import msgspec

from opsconsole.model.incident import Incident, TimelineEntry
from opsconsole.rules.milestones import Milestone, means, milestones, took

START = datetime(2026, 3, 26, 2, 41, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def entry(id: str, minutes: float, kind: str, **fields: object) -> TimelineEntry:
    given = {"actor": "ada", "source": "human", "text": id} | fields
    return TimelineEntry(id, "INC-7", at(minutes), at(minutes), kind, **given)  # type: ignore[arg-type]


INCIDENT = Incident(
    "INC-7", "checkout slow", 2, "resolved", "api", at(0), at(4), at(5), at(23), at(48), ended=at(21),
    finding="p99-critical:api",
)  # fmt: skip
TIMELINE = (
    entry("release", -2, "deploy", source="deploy"),
    entry("other alert", 1, "alert_fired", source="check", object="cache:redis"),
    entry("alert", 2, "alert_fired", source="check", object="p99-critical:api"),
    entry("declared", 4, "declared"),
    entry("ack", 5, "alert_acked"),
    entry("red herring", 9, "finding"),
    entry("cause", 15, "status_changed", object="state:identified", text="identified: N+1 in 1.8.2"),
    entry("rollback asked", 17, "action"),
    entry("rollback ready", 20, "action"),
    entry("calm", 21, "alert_resolved", source="check", object="p99-critical:api"),
    entry("mitigated", 23, "status_changed", object="state:mitigated"),
    entry("resolved", 48, "status_changed", object="state:resolved"),
)


def found(incident: Incident = INCIDENT, entries: tuple[TimelineEntry, ...] = TIMELINE) -> dict[str, Milestone]:
    return {one.id: one for one in milestones(incident, entries)}


def test_each_milestone_cites_its_entry() -> None:
    cited = {id: (one.at, one.entry) for id, one in found().items()}
    assert cited == {
        "detected": (at(2), "alert"),
        "started": (at(5), "ack"),
        "cause": (at(15), "cause"),
        "fixed": (at(20), "rollback ready"),
        "restored": (at(21), "calm"),
    }


def test_without_the_state_the_last_finding_before_the_fix_is_the_cause() -> None:
    others = tuple(one for one in TIMELINE if one.id != "cause")
    assert found(entries=others)["cause"].entry == "red herring"
    late = (*others, entry("read in the logs afterwards", 60, "finding"))
    assert found(entries=late)["cause"].entry == "red herring"


def test_a_corrected_entry_is_cited_in_its_new_words() -> None:
    corrected = entry("better", 15, "status_changed", object="state:identified", supersedes="cause")
    assert found(entries=(*TIMELINE, corrected))["cause"].entry == "better"


def test_people_who_see_it_before_the_rule_detect_it() -> None:
    late = tuple(msgspec.structs.replace(one, occurred=at(9)) if one.id == "alert" else one for one in TIMELINE)
    assert found(entries=late)["detected"].entry == "declared"


def test_an_alert_that_ended_before_the_harm_began_detected_nothing() -> None:
    unknown = msgspec.structs.replace(INCIDENT, finding="")
    before = (
        entry("pods restarted", -9, "alert_fired", source="check", object="workload:worker"),
        entry("pods are back", -7, "alert_resolved", source="check", object="workload:worker"),
    )
    assert found(unknown, (*before, *TIMELINE))["detected"].entry == "other alert"


def test_what_is_missing_is_named_and_never_guessed() -> None:
    young = Incident("INC-7", "checkout slow", 2, "investigating", "api", None, at(4))
    missing = {id: one.missing for id, one in found(young, (entry("declared", 4, "declared"),)).items()}
    assert missing == {
        "detected": "",
        "started": "nobody acknowledged it or noted anything",
        "cause": "nobody moved it to identified or noted a !finding",
        "fixed": "it was not moved to mitigated",
        "restored": "when the last harm ended is not set",
    }


def test_what_follows_from_the_record_is_proposed_until_somebody_says_it() -> None:
    """The run that helped is the fix, what it took back the cause, and the end of its finding the end of the harm."""
    run = {"link": "journal:9d2c", "text": "ROLL BACK deployment/api: accepted"}
    helped = {**run, "text": "ROLL BACK deployment/api: helped: api P99 0.2 s, within the limit (> 500 ms)"}
    told = (
        *(one for one in TIMELINE if one.kind not in ("status_changed", "finding", "action")),
        entry("asked", 17, "action", **run),
        entry("ready", 20, "action", **run),
        entry("effect", 22, "action", **helped),
    )
    young = msgspec.structs.replace(INCIDENT, state="investigating", mitigated=None, resolved=None, ended=None)
    proposed = {id: (one.at, one.entry) for id, one in found(young, told).items() if one.proposed}
    assert proposed == {"cause": (at(17), "asked"), "fixed": (at(20), "ready"), "restored": (at(21), "calm")}
    moved = found(INCIDENT, told)  # what was moved needs no proposal, and what an action came to is no fix of its own
    assert [moved["fixed"].entry, moved["restored"].entry] == ["ready", "calm"]
    assert [id for id, one in moved.items() if one.proposed] == ["cause"]
    again = (*told, entry("again", 30, "alert_fired", source="check", object="p99-critical:api"))
    assert found(young, again)["restored"].at is None


def test_the_times_between_them() -> None:
    """Detect and mitigate from the first harm, repair from detection to the last harm, resolve from declaration."""
    minutes = {one.id: one.seconds / 60 for one in took(INCIDENT, TIMELINE) if one.seconds is not None}
    assert minutes == {"detect": 2, "acknowledge": 3, "mitigate": 23, "repair": 19, "resolve": 44}


def test_a_time_that_cannot_be_told_says_which_timestamp_is_missing() -> None:
    unknown = msgspec.structs.replace(INCIDENT, impact=None, mitigated=None, ended=None)
    words = {one.id: one.missing for one in took(unknown, TIMELINE) if one.seconds is None}
    assert words["mitigate"] == "impact and mitigated are missing"
    assert words["repair"] == "ended (the last harm) is missing"


def test_times_out_of_order_are_no_negative_durations() -> None:
    odd = msgspec.structs.replace(INCIDENT, acknowledged=at(1))
    (acknowledge,) = [one for one in took(odd, TIMELINE) if one.id == "acknowledge"]
    assert (acknowledge.seconds, acknowledge.missing) == (None, "acknowledged lies before detected")


def test_the_means_say_how_many_they_are_of_and_leave_out_cancelled_ones_and_drills() -> None:
    def another(id: str, minutes: float, **fields: object) -> Incident:
        times = {"mitigated": at(minutes), "id": id} | fields
        return msgspec.structs.replace(INCIDENT, **times)

    known = [another(f"INC-{number}", 10 * number) for number in range(1, 11)]
    known += [another("INC-11", 500, state="cancelled"), another("INC-12", 500, drill=True)]
    known += [another("INC-13", 0, mitigated=None)]
    (mitigate,) = [one for one in means(known, TIMELINE) if one.id == "mitigate"]
    assert (mitigate.title, mitigate.n) == ("MTTM", 10)
    assert [mitigate.mean_s, mitigate.median_s, mitigate.p90_s] == [55 * 60, 55 * 60, 90 * 60]
    assert mitigate.left_out == (("INC-13", "mitigated is missing"),)
