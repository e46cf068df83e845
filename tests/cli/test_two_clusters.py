"""A console between a real control plane and the simulated one: rows of one never stand under the name of the other."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from opsconsole.config.settings import Kubernetes, Profile
from opsconsole.poller.topics import NODES, PODS, Topic
from opsconsole.widgets.live_table import LiveTable
from tests.cluster.plane import Plane
from tests.demo.kubernetes.running import running

from .test_platforms import Opened, opened

HERE = "two-clusters"


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def kubeconfig(folder: Path, **texts: str) -> Path:
    """One file with a context, cluster and user of that name from each of these kubeconfigs."""
    document: dict[str, object] = {"apiVersion": "v1", "kind": "Config", "current-context": next(iter(texts))}
    for part, inner in (("clusters", "cluster"), ("users", "user")):
        documents = {name: yaml.safe_load(text)[part][0][inner] for name, text in texts.items()}
        document[part] = [{"name": name, inner: held} for name, held in documents.items()]
    document["contexts"] = [{"name": name, "context": {"cluster": name, "user": name}} for name in texts]
    path = folder / "kubeconfig"
    path.write_text(yaml.safe_dump(document))
    return path


def rows(at: Opened) -> set[str]:
    """The uids of all that a table of the console shows, and of the board's pods and nodes."""
    tables = [table.rows.values() for table in at.app.query(LiveTable)]
    topics: tuple[Topic[Any], ...] = (PODS, NODES)
    lists = [value.rows.values() for topic in topics if (value := at.app.context.board.get(topic).value)]
    objects = [row for group in (*tables, *lists) for row in group if hasattr(row, "uid") and hasattr(row, "name")]
    return {row.uid for row in objects}


async def test_rows_of_a_real_and_a_simulated_cluster_never_meet(real_cluster: Plane, tmp_path: Path) -> None:
    real_cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": HERE}})
    pod = {"metadata": {"name": "real", "namespace": HERE}, "spec": {"containers": [{"name": "c", "image": "x:1"}]}}
    real_cluster.create({"apiVersion": "v1", "kind": "Pod", **pod})
    async with running() as run:
        path = str(kubeconfig(tmp_path, real=real_cluster.kubeconfig("admin"), simulated=run.server.kubeconfig()))
        profiles = {"live": Profile(kubernetes=Kubernetes(kubeconfig=path))}
        async with opened(tmp_path, profiles) as at:
            await at.answers()
            await at.until(lambda: at.app.context.cluster == "real")
            seen: dict[str, set[str]] = {"live": set(), "simulated": set()}
            for name in ("live", "simulated", "live"):
                if at.platforms.here.name != name:
                    await at.go(name)
                other = "simulated" if name == "live" else "live"
                for _ in range(20):  # from the first moment on, not only once all stands
                    assert not rows(at) & seen[other]
                    await at.pilot.pause(0.01)
                await at.answers()
                await at.until(lambda: rows(at))
                seen[name] |= rows(at)
                assert at.app.context.cluster == {"live": "real", "simulated": "simulated"}[name]
            assert not seen["live"] & seen["simulated"]
