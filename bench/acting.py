"""How long a dialog of a write takes to be complete, beside the API server's own part, simulated and real."""

import asyncio
import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from opsconsole.actions.actions import Actions
from opsconsole.config.policies import builtin
from opsconsole.config.settings import Kubernetes, Profile
from opsconsole.model.action import Asked, Target
from opsconsole.poller.board import Board
from opsconsole.sources.kubernetes.cluster import Answer, Cluster
from opsconsole.store.store import Store
from tests.cluster import objects
from tests.cluster.build import is_built
from tests.cluster.plane import Plane

from .cluster.running import opsconsole
from .keys import Keys
from .report import Figure, median
from .screens import platform
from .terminal import Terminal

NAMESPACE = "social-live-prod"
TIMES = 20
GOAL_MS = 300.0
COMPLETE = r"dry run ok"
SETTINGS = """\
default_profile = "bench"
[store]
path = {store}
[profiles.bench.kubernetes]
kubeconfig = {kubeconfig}
namespaces = ["social-live-prod"]
"""


def acting(_: object) -> list[Figure]:
    """On the demo's API server, and on a real control plane where one is built."""
    figures: list[Figure] = []
    with platform("calm") as settings:
        figures += _dialogs("demo", Path(settings).with_name("kubeconfig"), "auth")
    if not is_built():
        return [*figures, Figure("real control plane: not built here (make cluster)", None)]
    with Plane() as plane:
        name = objects.unique("bench")
        plane.create(objects.deployment(name, 2))
        while not _ready(plane, name):
            time.sleep(0.1)
        figures += _dialogs("real", plane.folder / "admin.kubeconfig", name)
    return figures


def _ready(plane: Plane, name: str) -> bool:
    found = plane.request("GET", f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/{name}")
    return int(found["status"].get("readyReplicas", 0)) == 2


def _dialogs(where: str, kubeconfig: Path, name: str) -> list[Figure]:
    figures: list[Figure] = []
    with _console(kubeconfig) as keys:
        _to(keys, name)
        for verb, key in (("restart", "R"), ("scale", "S")):
            ours = sorted(1000 * _opened(keys, key) for _ in range(TIMES))
            theirs = sorted(asyncio.run(_round_trips(kubeconfig, name, verb)))
            label = f"{where}: {verb}, key to complete dialog"
            last = int(TIMES * 0.95)
            figures += [
                Figure(f"{label}: median", median(ours), "ms", note=f"{TIMES} times"),
                Figure(f"{label}: 95th percentile", ours[last], "ms"),
                Figure("  the API server's round trips of it: median", median(theirs), "ms"),
                Figure("  the API server's round trips of it: 95th percentile", theirs[last], "ms"),
                Figure("  more than these: median", median(ours) - median(theirs), "ms", GOAL_MS),
                Figure("  more than these: 95th percentile", ours[last] - theirs[last], "ms", GOAL_MS),
            ]
    return figures


@contextmanager
def _console(kubeconfig: Path) -> Iterator[Keys]:
    with tempfile.TemporaryDirectory(prefix="opsconsole-bench-") as folder:
        path = Path(folder) / "settings.toml"
        store = Path(folder) / "store.db"
        path.write_text(SETTINGS.format(store=json.dumps(str(store)), kubeconfig=json.dumps(str(kubeconfig))))
        argv = [opsconsole(), "--config", str(path), "--tab", "pods"]
        with Terminal(argv, environment={"XDG_STATE_HOME": folder}) as terminal:
            yield Keys(terminal)


def _to(keys: Keys, name: str) -> None:
    """The cursor on that workload, and armed."""
    keys.wait(r"Workloads \d", 30)
    keys.press("v")
    keys.press("d", name)
    keys.press("/")
    keys.pause()
    keys.write(name)
    keys.press("\r", f"filter: {name[:4]}")
    keys.press("W", "ARMED")


def _opened(keys: Keys, key: str) -> float:
    """Seconds from the key (or the number's enter) to the dialog with all its lines; then it is closed."""
    keys.terminal.watch(0.2)
    if key == "S":
        keys.press("S", "enter shows what")
        keys.write("+1")
        took = keys.press("\r", COMPLETE)
    else:
        took = keys.press(key, COMPLETE)
    keys.pause()
    keys.press("\x1b")
    keys.gone(r"\[ CANCEL \]")
    return took


async def _round_trips(kubeconfig: Path, name: str, verb: str) -> list[float]:
    """Milliseconds in which at least one request of such a plan was under way, each time."""
    cluster = Cluster(Kubernetes(kubeconfig=str(kubeconfig), namespaces=(NAMESPACE,)))
    spans: list[tuple[float, float]] = []
    request = cluster.request

    async def timed(*arguments: Any, **more: Any) -> Answer:
        began = time.perf_counter()
        try:
            return await request(*arguments, **more)
        finally:
            spans.append((began, time.perf_counter()))

    cluster.request = timed  # type: ignore[method-assign]
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(Path(folder) / "store.db")
        actions = Actions(cluster, Board(), store, Profile(), builtin("default"))
        asked = Asked(verb, Target("Deployment", NAMESPACE, name), change=1 if verb == "scale" else None)
        took = []
        for _ in range(TIMES + 1):
            spans.clear()
            await actions.plan(asked)
            took.append(1000 * _union(spans))
        await actions.close()
        await store.close()
    await cluster.close()
    return took[1:]  # the first one signs in


def _union(spans: list[tuple[float, float]]) -> float:
    total, end = 0.0, float("-inf")
    for began, ended in sorted(spans):
        total += max(0.0, ended - max(began, end))
        end = max(end, ended)
    return total
