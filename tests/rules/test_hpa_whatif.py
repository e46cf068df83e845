""" "And at 85 % CPU? At twice the traffic?": questions to an HPA, and the way it would take."""

from datetime import UTC, datetime

import msgspec
import pytest

from opsconsole.model.kubernetes import Hpa, HpaBehavior, HpaMetric, HpaPolicy, HpaRules
from opsconsole.rules.hpa_prediction import Around
from opsconsole.rules.hpa_whatif import ask, words

AT = Around(datetime(2026, 3, 26, 3, 0, tzinfo=UTC))
CPU = HpaMetric("Resource", "cpu", "Utilization", 50, 50)
QUEUE = HpaMetric("External", "queue", "AverageValue", 30, 30)
API = Hpa("u", "shop", "api", "Deployment", "api", 2, 20, 5, 5, (CPU, QUEUE))


def answer(question: str, hpa: Hpa = API) -> list[str]:
    return words(hpa, ask(hpa, question, AT), AT)


def test_at_another_value() -> None:
    assert answer("85") == [
        "at cpu 85/50: wants 9 (4 more), cpu decides",
        "while that load lasts: 5→9 when the controller next looks",
    ]
    assert answer("queue 54")[0] == "at queue 54/30: wants 9 (4 more), queue decides"
    assert answer("cpu 54 %")[:2] == [
        "at cpu 54/50: wants 5 (no change), cpu decides",
        "the ratio is within the tolerance: it stays",
    ]


@pytest.mark.parametrize("question", ["2x", "x2", "twice", "+100 %", "+100%"])
def test_at_twice_the_traffic(question: str) -> None:
    assert answer(question)[0] == "at cpu 100/50, queue 60/30: wants 10 (5 more), cpu decides"


def test_the_way_up_follows_the_policies_and_ends_at_the_maximum() -> None:
    slow = HpaBehavior(HpaRules((HpaPolicy("Pods", 4, 60),)), HpaRules((HpaPolicy("Percent", 100, 15),), window_s=300))
    row = msgspec.structs.replace(API, metrics=(CPU,), behavior=slow, maximum=16)
    assert answer("4x", row) == [
        "at cpu 200/50: wants 20 (15 more), cpu decides",
        "held to 9 by the scale-up policy",
        "headroom is 11: 4 short of what it would ask for",
        "while that load lasts: 5→9→13→16 in about 2m",
    ]


def test_the_way_down_waits_for_the_window() -> None:
    assert answer("half")[-1] == "while that load lasts: 5→3 in about 5m"


def test_what_is_no_question_is_answered_with_how_to_ask() -> None:
    for question in ("", "much more", "disk 85"):
        with pytest.raises(ValueError, match="ask 85, cpu 85, 2x"):
            ask(API, question, AT)
    blind = msgspec.structs.replace(API, metrics=(msgspec.structs.replace(CPU, current=None),))
    with pytest.raises(ValueError, match="what it is now is unknown"):
        ask(blind, "2x", AT)


def test_a_paused_hpa_answers_so() -> None:
    assert answer("85", msgspec.structs.replace(API, current=0)) == [
        "at cpu 85/50: nothing, the HPA is paused while its target has 0 replicas"
    ]
