"""What the shop's pods log: requests by its endpoints, slow checkouts, errors, jobs, memory that runs out."""

import random
from collections.abc import Mapping, Sequence
from math import log

from opsconsole.demo.kubernetes.logs import LogBook
from opsconsole.demo.platform import NAMESPACE, EndpointLoad, Load
from opsconsole.demo.shop.inventory import BY_NAME, MIB
from opsconsole.demo.shop.load import QUEUE_WORKER

_LINES_PER_POD_S = 0.6
_SLOW_S = 0.8
_BACKFILL_S = 90
_MOST_LINES_PER_POD = 6
_JOBS_PER_POD_S = 0.4
_TIGHT = 0.85
"""Share of its memory limit from which on a Node.js service complains."""
_COMPLAINTS_S = 0.2


class ShopLog:
    """Writes a sample of the shop's requests into its pods' logs; the first call also fills the time before."""

    def __init__(self, logs: LogBook, seed: int) -> None:
        self._logs = logs
        self._random = random.Random(seed)
        self._last: float | None = None

    def write(self, now: float, load: Load, pods: Mapping[str, Sequence[str]]) -> None:
        """`pods`: workload → names of its ready pods. At most some lines per pod and call."""
        since = self._last if self._last is not None else now - _BACKFILL_S
        most = _MOST_LINES_PER_POD if self._last is not None else int(_BACKFILL_S * _LINES_PER_POD_S)
        self._last = now
        for service, endpoints in load.services.items():
            busy = [endpoint for endpoint in endpoints if endpoint.requests_s > 0]
            weights = [endpoint.requests_s for endpoint in busy]
            for pod in pods.get(service, ()) if busy else ():
                rate = min(_LINES_PER_POD_S, sum(weights) / max(1, len(pods[service])))
                count = min(most, self._count(rate * max(0.0, now - since)))
                times = sorted(self._random.uniform(since, now) for _ in range(count))
                for at in times:
                    endpoint = self._random.choices(busy, weights)[0]
                    self._logs.append(NAMESPACE, pod, at, self._line(endpoint))

        self._jobs(since, now, pods.get(QUEUE_WORKER, ()), most)
        self._complain(since, now, load, pods)

    def _jobs(self, since: float, now: float, workers: Sequence[str], most: int) -> None:
        for pod in workers:
            count = min(most, self._count(_JOBS_PER_POD_S * max(0.0, now - since)))
            for at in sorted(self._random.uniform(since, now) for _ in range(count)):
                took = self._random.lognormvariate(log(0.4), 0.6)
                kind = self._random.choice(("orders", "emails", "emails", "media"))
                self._logs.append(NAMESPACE, pod, at, f"INFO  job {kind}/{self._id()} done {took * 1000:.0f}ms")

    def _complain(self, since: float, now: float, load: Load, pods: Mapping[str, Sequence[str]]) -> None:
        """A service whose memory runs out says so before the kernel kills it."""
        for name, running in pods.items():
            limit = BY_NAME[name].memory_limit if name in BY_NAME and BY_NAME[name].nodejs else 0
            for pod in running if limit else ():
                used = load.pods[pod].memory_bytes if pod in load.pods else 0.0
                if used > _TIGHT * limit and self._count(_COMPLAINTS_S * min(5.0, max(0.0, now - since))):
                    said = f"WARN  heap {used / MIB:.0f} MiB of {limit / MIB:.0f} MiB, collecting garbage"
                    self._logs.append(NAMESPACE, pod, now, said)

    def _count(self, expected: float) -> int:
        whole = int(expected)
        return whole + (self._random.random() < expected - whole)

    def _line(self, endpoint: EndpointLoad) -> str:
        chance, took_s = self._random.random(), self._random.lognormvariate(log(endpoint.median_s), endpoint.sigma)
        took = f"{took_s * 1000:.0f}ms"
        request = f"{endpoint.method} {endpoint.path}"
        if chance < endpoint.error_ratio:
            return f'ERROR {request} 500 {took} req={self._id()} error="upstream request failed"'
        if chance < endpoint.error_ratio + endpoint.client_error_ratio:
            return f"INFO  {request} {self._random.choice((400, 401, 404))} {took} req={self._id()}"
        if took_s > _SLOW_S:
            if "checkout" in endpoint.path:
                return f"WARN  slow checkout {took_s * 1000:.0f} ms order={self._random.randrange(10**5, 10**6)}"
            return f"WARN  slow request {request} {took_s * 1000:.0f} ms req={self._id()}"
        return f"INFO  {request} {201 if endpoint.method == 'POST' else 200} {took} req={self._id()}"

    def _id(self) -> str:
        return f"{self._random.getrandbits(32):08x}"
