"""Alertmanager: Debian's real server with an active and a silenced alert, and wrong answers."""

import json
import threading
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from opsconsole.config.settings import Http
from opsconsole.model.reading import ProblemKind
from opsconsole.sources.alertmanager import Alertmanager
from opsconsole.sources.errors import SourceError
from opsconsole.sources.http import reach
from tests.servers.ports import free_port
from tests.sources.canned import answering, serving


def post(url: str, body: Any) -> dict[str, Any]:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=5) as answer:
        said = answer.read()
    return dict(json.loads(said)) if said else {}


def source(url: str, timeout_s: float = 5.0) -> Alertmanager:
    return Alertmanager(lambda: reach(Http(url=url, timeout_s=timeout_s)))


async def test_active_and_silenced_alerts_are_told_apart(url: str) -> None:
    now = datetime.now(UTC)
    since = now - timedelta(minutes=5)
    silence = post(
        f"{url}/api/v2/silences",
        {
            "matchers": [{"name": "alertname", "value": "Quiet", "isRegex": False}],
            "startsAt": now.isoformat(),
            "endsAt": (now + timedelta(hours=1)).isoformat(),
            "createdBy": "test",
            "comment": "being worked on",
        },
    )
    alerts = [
        {
            "labels": {"alertname": name, "severity": "critical", "service": "api"},
            "annotations": {"summary": "too \x1b[31mslow"},
            "startsAt": since.isoformat(),
        }
        for name in ("Loud", "Quiet")
    ]
    post(f"{url}/api/v2/alerts", alerts)
    alertmanager = source(url)
    found = {alert.name: alert for alert in await alertmanager.alerts()}
    assert found["Loud"].state == "active"
    assert found["Loud"].severity == "critical"
    assert found["Loud"].summary == "too ␛[31mslow"
    assert found["Loud"].since == since.replace(microsecond=since.microsecond // 1000 * 1000)
    assert ("service", "api") in found["Loud"].labels
    assert found["Quiet"].state == "suppressed"
    assert found["Quiet"].silenced_by == (silence["silenceID"],)
    (quiet,) = [one for one in await alertmanager.silences() if one.id == silence["silenceID"]]
    assert (quiet.matchers, quiet.author, quiet.comment) == ('alertname="Quiet"', "test", "being worked on")
    assert (quiet.state, quiet.ends is not None) == ("active", True)
    version, took_s = await alertmanager.probe()
    assert version
    assert took_s > 0
    await alertmanager.close()


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b"<html>login</html>", ProblemKind.BAD_ANSWER),
        (200, b'{"not":"a list"}', ProblemKind.BAD_ANSWER),
        (302, b"", ProblemKind.UNAUTHORIZED),
        (401, b"", ProblemKind.UNAUTHORIZED),
        (500, b"", ProblemKind.BAD_ANSWER),
        (503, b"", ProblemKind.UNREACHABLE),
    ],
)
async def test_wrong_answers_are_typed(status: int, body: bytes, kind: ProblemKind) -> None:
    with serving(answering(status, body, Location="/login")) as url:
        alertmanager = source(url)
        with pytest.raises(SourceError) as caught:
            await alertmanager.alerts()
        await alertmanager.close()
    assert caught.value.problem.kind is kind
    assert caught.value.problem.remedy


async def test_null_and_unknown_fields_are_harmless() -> None:
    body = b'[{"fingerprint":"f","labels":{"alertname":"X"},"status":{"state":"active","silencedBy":null,"new":1}}]'
    with serving(answering(200, body)) as url:
        alertmanager = source(url)
        (alert,) = await alertmanager.alerts()
        await alertmanager.close()
    assert (alert.name, alert.state, alert.since) == ("X", "active", None)


async def test_silence_on_the_line_is_a_time_out_and_nobody_there_is_unreachable() -> None:
    released = threading.Event()
    with serving(lambda handler: released.wait(20)) as url:
        alertmanager = source(url, timeout_s=0.2)
        with pytest.raises(SourceError, match=r"within 0\.2 s"):
            await alertmanager.alerts()
        released.set()
        await alertmanager.close()
    nobody = source(f"http://127.0.0.1:{free_port()}")
    with pytest.raises(SourceError, match="cannot be reached"):
        await nobody.alerts()
    await nobody.close()
