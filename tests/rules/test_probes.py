"""What a probe's answers amount to."""

from datetime import datetime, timedelta

import pytest

from opsconsole.config.probe_targets import target_of
from opsconsole.model.finding import Severity
from opsconsole.model.probe import ProbeAnswer, ProbeState, Tally
from opsconsole.rules import probes

NOW = datetime.fromisoformat("2026-03-26T02:53:20+00:00")


def probe(**fields: object) -> ProbeState:
    given = {"name": "shop", "target": "https://shop.example/", "kind": "http", "service": "web",
             "severity": "critical", "fails": 2, "expires_days": 14.0, "every_s": 60.0}  # fmt: skip
    return ProbeState(**(given | fields))  # type: ignore[arg-type]


def asked(*answers: bool | None) -> list[Tally]:
    """Tallies of one asking a minute, the last one at 02:53; None: it was not asked then."""
    count, failed, first = 0, 0, NOW - timedelta(minutes=len(answers))
    found = [Tally(first, 0, 0)]
    for minute, good in enumerate(answers, start=1):
        if good is not None:
            count, failed = count + 1, failed + (not good)
            found.append(Tally(first + timedelta(minutes=minute), count, failed))
    return found


def test_slices_tell_good_failed_and_not_asked_apart() -> None:
    hour = probes.hour_of(asked(True, True, False, None, None, None, True), NOW)
    assert hour[-7:] == (1.0, 1.0, 0.0, 0.0, None, None, 1.0), "an answer stands until the next one is due, no longer"
    assert set(hour[:-7]) == {None}, "before it was first asked nothing is known"


def test_the_day_counts_what_was_asked_in_it_and_nothing_before() -> None:
    tallies = [Tally(NOW - timedelta(hours=30), 100, 50), Tally(NOW - timedelta(hours=25), 110, 50),
               Tally(NOW - timedelta(hours=1), 130, 53), Tally(NOW, 140, 53)]  # fmt: skip
    assert probes.day_of(tallies, NOW) == (30, 3)
    assert probes.day_of([], NOW) == (0, 0)


def test_one_failure_is_pending_two_in_a_row_are_a_finding() -> None:
    failed = ProbeAnswer(NOW, False, "HTTP 503, wanted 200-299")
    (pending,) = probes.findings([probe(last=failed, failed_in_a_row=1)], NOW)
    (firing,) = probes.findings([probe(last=failed, failed_in_a_row=2)], NOW)
    assert (pending.state, firing.state) == ("pending", "firing")
    assert firing.severity is Severity.CRITICAL
    assert firing.what == "probe shop fails: HTTP 503, wanted 200-299"


@pytest.mark.parametrize(
    ("days", "severity", "words"),
    [
        (10, Severity.WARNING, "ends in 10d"),
        (2, Severity.CRITICAL, "ends in 2d"),
        (-1, Severity.CRITICAL, "ended 1d ago"),
    ],
)
def test_a_certificate_that_ends_soon_is_a_finding(days: int, severity: Severity, words: str) -> None:
    good = ProbeAnswer(NOW, True, "HTTP 200", expires=NOW + timedelta(days=days))
    (finding,) = probes.findings([probe(last=good)], NOW)
    assert (finding.severity, finding.what) == (severity, f"certificate of shop {words}")


def test_what_cannot_be_asked_is_blind_and_never_ok() -> None:
    lost = probe(last=ProbeAnswer(NOW, None, "secret SHOP_TOKEN is not set", remedy="set it"))
    (finding,) = probes.findings([lost], NOW)
    assert (probes.state_of(lost), finding.severity) == ("unknown", Severity.BLIND)
    assert probes.state_of(probe()) == "unknown"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("shop.example", "names no host"),
        ("ftp://shop.example", "is of no kind"),
        ("tcp://shop.example", "names no port"),
        ("https://me:secret@shop.example", "holds a user or password"),
        ("https://shop.example:notaport/", "is no address"),
    ],
)
def test_a_target_that_cannot_be_asked_is_refused_with_the_way_to_write_it(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        target_of(text)
