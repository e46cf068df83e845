"""The shop: plays a scenario, works out the load of every second, and keeps the series its exporters would show."""

from collections.abc import Mapping

from opsconsole.demo.platform import Backstage, Cluster, Load, Observed, WorkloadState
from opsconsole.demo.promql.segments import SegmentStorage
from opsconsole.demo.scenarios.script import Scenario, Script, Stage, Step
from opsconsole.demo.shop.crowding import crowding
from opsconsole.demo.shop.endpoints import BY_SERVICE, CHECKOUT
from opsconsole.demo.shop.flows import BOUGHT, Flow, ServiceFlows, conversion, flows_of
from opsconsole.demo.shop.history import History
from opsconsole.demo.shop.inventory import BY_NAME
from opsconsole.demo.shop.load import load_of
from opsconsole.demo.shop.platform_series import Moment, PlatformSeries
from opsconsole.demo.shop.pod_series import PodSeries
from opsconsole.demo.shop.recorder import Recorder
from opsconsole.demo.shop.rhythm import Rhythm

SCRAPE_S = 5
_LONGEST_STEP_S = 30.0
"""A process that was stopped longer does not make up for it."""


class Shop:
    """One shop platform. `step` is called about once a second, by one thread; `series` may be read by others."""

    def __init__(self, seed: int, started: float, scenario: Scenario, speed: float = 1.0) -> None:
        self.scenario = scenario
        self.observed = Observed()
        self.backstage = Backstage()
        """What the scenario has called for on the real servers."""
        self.played: list[tuple[float, Step]] = []
        """Steps of the scenario that have happened, with their times."""
        self.series = SegmentStorage()
        self._rhythm = Rhythm(seed)
        self._script = Script(scenario, started, speed)
        self._speed = speed
        history = History(self._rhythm, started, SCRAPE_S)
        self._recorder = Recorder(self.series, history, self._rhythm)
        self._platform: PlatformSeries | None = None
        self._pods: dict[str, PodSeries] = {}
        self._traffic: dict[str, float] = {}
        self._bursts: dict[str, float] = {}
        self._unscraped: set[str] = set()
        # Counting goes on where the past ends, up to a scrape before the start.
        self._stepped = history.end / 1000
        self._scraped = int(started) // SCRAPE_S
        self._load: Load | None = None

    @property
    def load(self) -> Load:
        """The newest load; RuntimeError before the first step."""
        if self._load is None:
            raise RuntimeError("the shop has not made its first step yet")
        return self._load

    def set_traffic(self, service: str, factor: float, bursts: float = 1.0) -> None:
        """Multiply the requests that a service gets; 1.0 is normal. `bursts`: its busiest moments against the mean."""
        self._traffic[service] = factor
        self._bursts[service] = bursts

    def stop_scraping(self, workload: str) -> None:
        """Have Prometheus forget the pods of a workload as targets: what they publish themselves ends."""
        self._unscraped.add(workload)
        for pod in self._pods.values():
            if pod.workload == workload:
                pod.go_silent()

    def step(self, now: float, cluster: Cluster) -> None:
        """Play what the scenario has for this moment and work out the load; every five seconds, take a scrape.

        The first step gives all pods that exist 15 days of past.
        """
        stage = Stage(self, cluster, self.backstage)
        self.played += [(now, step) for step in self._script.advance(now, stage)]
        states = cluster.workloads()
        services = self._flows(states, now)
        self._load = load_of(now, services, states, self.scenario.behaviours, self._rhythm, self.observed, self._speed)
        moment = Moment(self._load, services, states, self.observed)
        self._record(moment, now)

    def _flows(self, states: Mapping[str, WorkloadState], now: float) -> dict[str, ServiceFlows]:
        services: dict[str, ServiceFlows] = {}
        behaviours = self.scenario.behaviours
        crowded = crowding(states, self._load.pods if self._load is not None else {}, behaviours)
        for name in BY_SERVICE:
            state = states.get(name) or WorkloadState(name, "", {}, {}, 0)
            traffic = self._traffic.get(name, 1.0)
            if name == "payments-gateway":
                traffic *= _sold(services["api"])
            services[name] = flows_of(
                name, state, behaviours, self._rhythm, now, traffic, self._bursts.get(name, 1.0), crowded, self.observed
            )
        return services

    def _record(self, moment: Moment, now: float) -> None:
        self._follow_pods(moment)
        if self._platform is None:
            self._platform = PlatformSeries(self._recorder, moment.states)
            self._recorder.seal_past()
        seconds = min(max(now - self._stepped, 0.0), _LONGEST_STEP_S)
        self._stepped = now
        for name, state in moment.states.items():
            flows = moment.services[name].flows if name in moment.services else ()
            answered: dict[str, dict[str, Flow]] = {}
            for flow in flows:
                for pod in flow.pods:
                    answered.setdefault(pod, {})[flow.endpoint.path] = flow
            for pod in state.nodes:
                if pod in self._pods:
                    self._pods[pod].count(answered.get(pod, {}), moment.load.pods.get(pod), seconds)
        self._platform.count(moment, seconds)
        if int(now) // SCRAPE_S > self._scraped:
            self._scraped = int(now) // SCRAPE_S
            self._platform.measure(moment)
            self._recorder.scrape(self._scraped * SCRAPE_S * 1000)

    def _follow_pods(self, moment: Moment) -> None:
        """Series come with the pods that have a node and go with them."""
        there = {
            pod: (state, node)
            for name, state in moment.states.items()
            if name in BY_NAME
            for pod, node in state.nodes.items()
            if node
        }
        for pod in [pod for pod in self._pods if pod not in there]:
            self._recorder.vanish(self._pods.pop(pod).ids)
        for pod, (state, node) in there.items():
            if pod not in self._pods:
                version = state.ready.get(pod, state.version)
                workload = BY_NAME[state.name]
                peers = len(state.ready) or len(state.nodes)
                self._pods[pod] = PodSeries(self._recorder, workload, pod, node, version, peers)
                if state.name in self._unscraped:
                    self._pods[pod].go_silent()


def _sold(api: ServiceFlows) -> float:
    """Orders against those of a normal moment with the same checkouts: what is not ordered is not charged."""
    checkouts = [flow for flow in api.flows if flow.endpoint.path == CHECKOUT]
    asked = sum(flow.requests_s for flow in checkouts)
    bought = sum(flow.requests_s * conversion(flow) for flow in checkouts)
    return bought / (asked * BOUGHT) if asked else 0.0
