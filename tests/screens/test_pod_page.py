"""The page of a pod calls it what the list calls it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from opsconsole.screens.pod_page import Seen, lines

NOW = datetime(2026, 3, 26, 2, 53, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "word"),
    [
        ({"state": {"waiting": {"reason": "CrashLoopBackOff"}}, "ready": False}, "CrashLoopBackOff"),
        ({"state": {"running": {}}, "ready": True}, "Running"),
        ({"state": "nonsense"}, "Running"),
    ],
)
def test_the_state_of_a_pod_is_the_word_of_the_list(status: dict[str, Any], word: str) -> None:
    told = {"name": "app", "restartCount": 4, **status}
    body = {
        "metadata": {"name": "worker-1", "namespace": "shop", "creationTimestamp": "2026-03-26T02:00:00Z"},
        "spec": {"containers": [{"name": "app", "image": "worker:2"}]},
        "status": {"phase": "Running", "containerStatuses": [told]},
    }
    found = lines(Seen(body, None, (), None, None), NOW)
    assert [part.text.strip() for part in found[0]] == ["state", word]
