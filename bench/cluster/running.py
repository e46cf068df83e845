"""The large cluster as the benchmarks use it: started, described by a settings file, rolled, ended."""

import json
import os
import ssl
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SETTINGS = """\
default_profile = "bench"

[store]
path = {store}

[profiles.bench.kubernetes]
kubeconfig = {kubeconfig}
alias = "bench"
"""


@dataclass(frozen=True)
class Running:
    """A served cluster; `folder` holds everything that the console may write as well."""

    folder: Path
    address: str
    pods: int

    @property
    def console(self) -> list[str]:
        """The console on this cluster, on its Pods tab."""
        return [opsconsole(), "--config", str(self.folder / "settings.toml"), "--tab", "pods"]

    @property
    def environment(self) -> Mapping[str, str]:
        """Where the console keeps what it writes, and writes its counters to."""
        state = str(self.folder / "state")
        return {"XDG_STATE_HOME": state, "XDG_CONFIG_HOME": state, "OPSCONSOLE_COUNTERS": str(self.counters)}

    @property
    def counters(self) -> Path:
        return self.folder / "counters.json"

    def roll(self, pods: int, seconds: float) -> None:
        """Begin to replace so many pods within so many seconds."""
        self._ask("POST", f"/bench/roll?pods={pods}&seconds={seconds:g}")

    def rolled(self) -> bool:
        """Whether the rollout is over."""
        return bool(self._ask("GET", "/bench/roll")["over"])

    def tell(self, events_a_minute: int) -> None:
        """Begin to tell so many events a minute."""
        self._ask("POST", f"/bench/events?minute={events_a_minute}")

    def lists(self) -> int:
        """How many pages of lists of watched kinds were asked for so far."""
        return int(str(self._ask("GET", "/bench/lists")["lists"]))

    def _ask(self, method: str, path: str) -> dict[str, object]:
        context = ssl.create_default_context(cafile=str(self.folder / "ca.pem"))
        request = urllib.request.Request(self.address + path, method=method)
        with urllib.request.urlopen(request, context=context, timeout=10) as answer:
            told: dict[str, object] = json.load(answer)
            return told


def write_settings(folder: Path, kubeconfig: Path) -> None:
    """FOLDER/settings.toml: that cluster and a store in the folder, nothing else."""
    values = {"store": str(folder / "store.sqlite"), "kubeconfig": str(kubeconfig)}
    text = SETTINGS.format(**{key: json.dumps(value) for key, value in values.items()})
    (folder / "settings.toml").write_text(text)


def opsconsole() -> str:
    """The program of this environment."""
    return str(Path(sys.executable).with_name("opsconsole"))


@contextmanager
def large_cluster(pods: int = 10_000, namespaces: int = 5, events: int = 0) -> Iterator[Running]:
    """Serve so many pods while the block runs, and so many events of the last hour."""
    with tempfile.TemporaryDirectory(prefix="opsconsole-bench-") as name:
        folder = Path(name)
        write_settings(folder, folder / "kubeconfig")
        command = [sys.executable, "-m", "bench.cluster.server", name, *map(str, (pods, namespaces, events))]
        root = Path(__file__).parents[2]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root, env=dict(os.environ), text=True
        ) as server:
            assert server.stdout is not None
            address = server.stdout.readline().strip()
            if not address:
                raise RuntimeError("the large cluster's server did not start")
            yield Running(folder, address, pods)
            server.kill()
