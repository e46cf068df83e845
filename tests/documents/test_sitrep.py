"""The sitrep: five questions in a few lines of plain text."""

from opsconsole.config.policies import builtin
from opsconsole.documents.sitrep import sitrep
from opsconsole.model.finding import Finding, Severity
from opsconsole.model.incident import Incidents
from opsconsole.model.reading import Reading, State
from opsconsole.poller import topics
from opsconsole.poller.board import Board

from . import story
from .customers import hurt

OPEN = story.incident(
    state="identified", resolved=None, mitigated=None, ended=None, next_update=story.at(28), resolve_by=story.at(244),
    title="checkout \x1b[31mslow",
)  # fmt: skip
P99 = Finding(
    story.FINDING, Severity.CRITICAL, "checkout P99 1.9 s > 0.5 s", 1, since=story.at(1), after="release api 1.8.2",
    whom="212 customers",
)  # fmt: skip


def board(*, customers: bool = True) -> Board:
    """As it stands while the rollback runs."""
    made = Board()
    entries = tuple(one for one in story.timeline() if one.occurred <= story.at(14))
    made.publish(topics.INCIDENTS, Reading(Incidents((OPEN,), entries), State.OK, story.at(20)))
    findings: tuple[Finding, ...] = (P99,)
    made.publish(topics.FINDINGS, Reading(findings, State.OK, story.at(20)))
    if customers:
        made.publish(topics.CUSTOMERS, Reading(hurt(7, of=100), State.OK, story.at(20)))
    return made


def said(from_board: Board) -> list[str]:
    text = sitrep(
        from_board, profile_name="prod-eu", policy=builtin("default"), sources="6/7 loki FAILED", now=story.at(20)
    )
    return text.splitlines()


def test_what_since_whom_doing_and_next() -> None:
    assert said(board()) == [
        "prod-eu at 2026-03-26 03:01 UTC",
        "what   INC-1 SEV2 identified: checkout ␛[31mslow (checkout)",
        "since  impact 02:41 +20m · declared 02:45 +16m · ack 02:46",
        "whom   7 of 100 customers in the last 1h, $700 MRR (7 pro)",
        "doing  ROLL BACK deployment/api: accepted, 6m ago",
        "roles  commander maren, operations jonas, comms lena, scribe NONE",
        "next   next update 03:09, in 8m · resolve by 06:45, in 3h44m",
        "1. critical: checkout P99 1.9 s > 0.5 s, 19m, after release api 1.8.2, 212 customers",
        "sources 6/7 loki FAILED",
    ]


def test_without_a_source_of_customers_the_last_mark_tells_whom() -> None:
    whom = "whom   212 of 3,410 customers, $84,000 MRR (4 enterprise, 208 pro), as of 02:48"
    assert whom in said(board(customers=False))


def test_without_an_incident_the_findings_are_the_situation() -> None:
    quiet = Board()
    assert said(quiet)[1] == "findings unknown: the rules have not looked yet"
    nothing: tuple[Finding, ...] = ()
    quiet.publish(topics.FINDINGS, Reading(nothing, State.OK, story.at(20)))
    assert said(quiet) == ["prod-eu at 2026-03-26 03:01 UTC", "no finding fires", "sources 6/7 loki FAILED"]
