"""The series that one pod brings: its HTTP histograms and counters, its CPU and memory, its `up`."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from opsconsole.demo.platform import NAMESPACE, PodLoad
from opsconsole.demo.promql.series import Floats
from opsconsole.demo.shop.endpoints import BACKGROUND_CPU, BY_SERVICE, IDLE_CPU, MEMORY_SHARE, Endpoint
from opsconsole.demo.shop.flows import CLIENT_ERROR, OK, SERVER_ERROR, SUM, Flow, units
from opsconsole.demo.shop.history import DAY_SUM, ELAPSED, ONE, Weights, quick, slow
from opsconsole.demo.shop.inventory import Workload
from opsconsole.demo.shop.latency import LE
from opsconsole.demo.shop.load import pod_noise
from opsconsole.demo.shop.recorder import Recorder

_COUNT = len(LE) - 1
"""Column of the flow's counters that says how many requests there were: the +Inf bucket."""
_RSS_SHARE, _HEAP_SHARE = 0.92, 0.55
"""Resident and heap memory of a Node.js process as shares of its container's working set."""


class PodSeries:
    """One pod of a workload, from its first scrape to its last."""

    def __init__(self, recorder: Recorder, workload: Workload, pod: str, node: str, version: str, peers: int) -> None:
        self._recorder = recorder
        self._workload = workload
        self._identity = {"service": workload.name, "pod": pod, "node": node, "version": version}
        self._container = {"namespace": NAMESPACE, "pod": pod, "container": workload.name, "node": node}
        self._peers = peers
        self._endpoints = BY_SERVICE.get(workload.name, ())
        self._http = np.array([self._http_series(e) for e in self._endpoints], dtype=np.int64)
        self._cpu = self._cpu_series()
        self._memory = self._memory_series()
        self._constants = self._constant_series(pod)
        self.ids = [*self._http.ravel().tolist(), self._cpu, *self._memory, *self._constants]
        recorder.appear(self.ids)

    @property
    def workload(self) -> str:
        return self._workload.name

    def go_silent(self) -> None:
        """Nobody scrapes the pod any more: its own series end, what its node tells of it goes on."""
        gone = [*self._http.ravel().tolist(), *self._memory[1:], self._constants[0]]
        self._recorder.vanish(gone)
        self.ids = [index for index in self.ids if index not in set(gone)]

    def count(self, flows: Mapping[str, Flow], load: PodLoad | None, seconds: float) -> None:
        """Add one moment: the flows (by path) that this pod's version answers, and its own usage."""
        for row, endpoint in enumerate(self._endpoints):
            flow = flows.get(endpoint.path)
            if flow is not None:
                self._recorder.add(self._http[row], _columns(flow.counters_s()) * (seconds / len(flow.pods)))
        if load is not None:
            self._recorder.add(self._cpu, load.cpu_millicores / 1000 * seconds)
            for index, share in zip(self._memory, (1.0, _RSS_SHARE, _HEAP_SHARE), strict=False):
                self._recorder.put(index, load.memory_bytes * share)

    def _http_series(self, endpoint: Endpoint) -> list[int]:
        """Series numbers in the order of `_columns`."""
        base = {"namespace": NAMESPACE, **self._identity, "method": endpoint.method, "endpoint": endpoint.path}
        past = _columns(units(endpoint)) / self._peers
        names = [("http_request_duration_seconds_bucket", {"le": le}) for le in LE]
        names.append(("http_request_duration_seconds_sum", {}))
        statuses = (endpoint.ok_status, endpoint.client_status, "500")
        names += [("http_requests_total", {"status": status}) for status in statuses]
        names.append(("http_request_duration_seconds_count", {}))
        return [
            self._recorder.series(
                name,
                {**base, **extra},
                whole=column != SUM,
                past={quick(endpoint.key): past[0, column], slow(endpoint.key): past[1, column]},
            )
            for column, (name, extra) in enumerate(names)
        ]

    def _cpu_series(self) -> int:
        past = {DAY_SUM: BACKGROUND_CPU.get(self._workload.name, 0.0) / 1000}
        if self._endpoints:
            past[ELAPSED] = IDLE_CPU / 1000
        for endpoint in self._endpoints:
            past[quick(endpoint.key)] = past[slow(endpoint.key)] = endpoint.cpu_ms / 1000 / self._peers
        return self._recorder.series("container_cpu_usage_seconds_total", self._container, whole=False, past=past)

    def _memory_series(self) -> list[int]:
        pod = self._identity["pod"]
        resting = MEMORY_SHARE.get(self._workload.name, 0.42) * self._workload.memory_limit
        metrics = [("container_memory_working_set_bytes", self._container, 1.0)]
        if self._workload.nodejs:
            process = {"service": self._workload.name, "pod": pod}
            metrics.append(("process_resident_memory_bytes", process, _RSS_SHARE))
            metrics.append(("nodejs_heap_size_used_bytes", process, _HEAP_SHARE))
        return [
            self._recorder.series(
                name,
                labels,
                whole=False,
                past={ONE: resting * share, pod_noise(pod): 0.02 * resting * share},
            )
            for name, labels, share in metrics
        ]

    def _constant_series(self, pod: str) -> list[int]:
        workload = self._workload
        of_container = {"namespace": NAMESPACE, "pod": pod, "container": workload.name}
        constants: list[tuple[str, dict[str, str], float]] = [
            ("up", {"job": workload.name, "instance": f"{pod}:{workload.port or 9464}"}, 1.0)
        ]
        for kind, cpu, memory in (
            ("requests", workload.cpu_request, workload.memory_request),
            ("limits", workload.cpu_limit, workload.memory_limit),
        ):
            name = f"kube_pod_container_resource_{kind}"
            constants.append((name, {**of_container, "resource": "cpu"}, cpu / 1000))
            constants.append((name, {**of_container, "resource": "memory"}, float(memory)))
        ids = []
        for name, labels, value in constants:
            past: Weights = {ONE: value}
            ids.append(self._recorder.series(name, labels, whole=False, past=past))
            self._recorder.put(ids[-1], value)
        return ids


def _columns(counters: Floats) -> Floats:
    """Buckets, sum, ok, client errors, server errors and, once more as the histogram's own series, the count."""
    order: NDArray[np.int64] = np.array([*range(len(LE)), SUM, OK, CLIENT_ERROR, SERVER_ERROR, _COUNT])
    picked: Floats = counters[..., order]
    return picked
