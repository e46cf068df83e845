"""A simulated cluster behind the proxy that can fail, on a thread of its own, for consoles on a pseudo-terminal."""

import asyncio
import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.actions import faults
from tests.actions.faults import Fault, FaultyApi, Held, Match, faulty
from tests.demo.kubernetes.running import Running, running

NAMESPACE = "social-live-prod"
DEADLINE_S = 20.0
TICK_S = 0.1
"""A second of the cluster's time: consoles draw what it does, and a test waits for its rollouts."""


class Platform:
    """What a test, which reads a terminal meanwhile, asks of the cluster and of the proxy."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._started, self._over = threading.Event(), asyncio.Event()
        self._thread = threading.Thread(target=self._serve, name="platform")
        self.run: Running
        self.proxy: FaultyApi

    def start(self) -> None:
        self._thread.start()
        assert self._started.wait(DEADLINE_S), "the simulated cluster did not start"

    def stop(self) -> None:
        self.do(self._over.set)
        self._thread.join(DEADLINE_S)

    def do(self, work: Callable[..., Any], *arguments: Any, **more: Any) -> Any:
        """Call something of the cluster or the proxy where they live."""

        async def called() -> Any:
            return work(*arguments, **more)

        return asyncio.run_coroutine_threadsafe(called(), self._loop).result(DEADLINE_S)

    def settings(self, folder: Path, more: str = "") -> str:
        """Settings for a console whose store lies in `folder`; `more` goes to the profile."""
        path = self.do(self.proxy.kubeconfig, folder)
        return f"""
default_profile = "prod"
[store]
path = "{folder / "store.db"}"
[documents]
folder = "{folder / "documents"}"
[profiles.prod]
{more}
[profiles.prod.kubernetes]
kubeconfig = "{path}"
namespaces = ["{NAMESPACE}"]
"""

    # ---- what goes wrong ------------------------------------------------------------------------------------------

    def well(self) -> None:
        """Nothing goes wrong any more, and nothing has been asked yet."""
        self.do(self.proxy.well)
        self.proxy.seen.clear()

    def on(self, match: Match, fault: Fault) -> None:
        self.do(self.proxy.on, match, fault)

    def dies_at(self, match: Match, *, done: bool) -> None:
        """With the next request that matches, done or not, the API server is gone."""

        async def strike(held: Held) -> web.StreamResponse:
            if done:
                await held.ask()
            self.proxy.die()
            held.cut()

        self.on(match, strike)

    def reached(self, match: Match, *, done: bool = False) -> threading.Event:
        """Requests that match are held for ever, done or not; set once the first is there."""
        reached = threading.Event()

        async def strike(held: Held) -> web.StreamResponse:
            if done:
                await held.ask()
            reached.set()
            return await faults.hang(held)

        self.do(self.proxy.on, match, strike, times=9)
        return reached

    # ---- what is there --------------------------------------------------------------------------------------------

    def deployment(self, name: str) -> dict[str, Any]:
        stored = self.do(self.run.cluster.store.get, "apps/deployments", NAMESPACE, name)
        body: dict[str, Any] = json.loads(json.dumps(stored.body))
        return body

    def replicas(self, name: str) -> int:
        return int(self.deployment(name)["spec"]["replicas"])

    def put(self, name: str, replicas: int) -> None:
        """Somebody else scales it."""
        body = self.deployment(name)
        body["spec"]["replicas"] = replicas
        body["metadata"]["generation"] += 1
        self.do(self.run.cluster.store.put, "apps/deployments", body)

    @property
    def writes(self) -> int:
        """How many requests came that were to change something."""
        return len(self.proxy.writes)

    # ---- its thread -----------------------------------------------------------------------------------------------

    def _serve(self) -> None:
        self._loop.run_until_complete(self._served())
        self._loop.close()

    async def _served(self) -> None:
        async with running(tick_s=TICK_S) as self.run:
            server = self.run.server
            async with faulty(server.url, server.ca_pem, server.tokens) as self.proxy:
                self._started.set()
                await self._over.wait()


@contextlib.contextmanager
def platform() -> Iterator[Platform]:
    made = Platform()
    made.start()
    try:
        yield made
    finally:
        made.stop()
