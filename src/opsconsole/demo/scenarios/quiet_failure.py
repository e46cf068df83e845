"""A change of what Prometheus scrapes loses the API: its metrics end, and every limit on them is kept from then on."""

from opsconsole.demo.scenarios.script import Scenario, Stage, Step

LOST = "api"


def _lose(stage: Stage) -> None:
    stage.cluster.set_config("prometheus-config", {"relabel": "drop pods without prometheus.io/scrape-v2"})
    stage.shop.stop_scraping(LOST)


QUIET_FAILURE = Scenario(
    "quiet-failure",
    f"prometheus-config drops the scrapes of {LOST}: its metrics end, no limit is breached, and all seems fine",
    (Step(20.0, f"prometheus-config: a relabelling drops {LOST}", _lose),),
)
