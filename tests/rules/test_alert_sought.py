"""Whatever a page says of an alert leads to it: its fingerprint, its links, its name; and it to its culprit."""

import pytest

from opsconsole.model.alerts import Alert
from opsconsole.rules.alert_sought import culprit, fitting, sought

SLOW = Alert(
    "0123456789abcdef", "SlowCheckout", "active", "critical", "", None,
    labels=(("alertname", "SlowCheckout"), ("service", "api"), ("__alert_rule_uid__", "c8x")),
    generator="http://prom:9090/graph?g0.expr=p99%7Bservice%3D%22api%22%7D+%3E+0.5&g0.tab=1",
)  # fmt: skip
OTHER = Alert("fedcba9876543210", "DiskFills", "active", "critical", "", None, labels=(("service", "web"),))


@pytest.mark.parametrize(
    "text",
    [
        "0123456789ABCDEF",
        "slowcheckout",
        '{alertname="SlowCheckout", service="api"}',
        "http://am:9093/#/alerts?silenced=false&filter=%7Balertname%3D%22SlowCheckout%22%2Cservice%3D%22api%22%7D",
        "https://prom/alerts?search=SlowCheckout",
        "http://other:9090/graph?g0.expr=p99%7Bservice%3D%22api%22%7D%20%3E%200.5",
        "https://grafana/alerting/grafana/c8x/view?tab=query",
        "https://grafana/d/abc/shop?var-service=api&from=now-1h",
    ],
)
def test_what_a_page_says_leads_to_one_alert(text: str) -> None:
    assert fitting(sought(text), (OTHER, SLOW)) == (SLOW,)


@pytest.mark.parametrize(
    "text", ["", "http://[", "https://x/", "\x1b[2J", "ffffffffffffffff", "http://am/#/alerts?filter=%7B%7D"]
)
def test_what_says_nothing_leads_to_none(text: str) -> None:
    assert fitting(sought(text), (OTHER, SLOW)) == ()


def test_its_labels_name_the_culprit() -> None:
    assert (culprit(SLOW).tab, culprit(SLOW).object, culprit(SLOW).only) == (1, "api ", "api")
    pod = Alert(
        "f", "Crash", "active", "", "", None, labels=(("namespace", "shop"), ("pod", "api-1"), ("service", "api"))
    )
    assert (culprit(pod).tab, culprit(pod).object) == (2, "shop/api-1")
    assert culprit(Alert("f", "Deadman", "active", "", "", None)).view == "alerts"
