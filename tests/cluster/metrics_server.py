"""The real metrics-server beside a test control plane: it scrapes kwok's kubelet and serves metrics.k8s.io itself."""

import os
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.cluster.build import binary
from tests.cluster.credentials import TOKENS, kubeconfig
from tests.cluster.plane import Plane, die_with_parent, free_ports

SCRAPES_S = 10
"""How often it looks, as often as it can be told to; the first figures come with the second look."""


class MetricsServer:
    """Its API at an address of its own, where the plane's tokens hold. The plane's own metrics.k8s.io is a stand-in."""

    def __init__(self, plane: Plane) -> None:
        self.plane = plane
        self.url = ""
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        folder, (port,) = self.plane.folder, free_ports(1)
        admin = folder / "admin.kubeconfig"
        self.url = f"https://127.0.0.1:{port}"
        with (folder / "metrics-server.log").open("wb") as log:
            self._process = subprocess.Popen(
                [
                    binary("metrics-server"), f"--kubeconfig={admin}", f"--authentication-kubeconfig={admin}",
                    f"--authorization-kubeconfig={admin}", "--authentication-tolerate-lookup-failure",
                    f"--secure-port={port}", "--bind-address=127.0.0.1", f"--tls-cert-file={folder}/server.crt",
                    f"--tls-private-key-file={folder}/server.key", "--kubelet-insecure-tls",
                    "--kubelet-use-node-status-port", "--kubelet-preferred-address-types=InternalIP",
                    f"--metric-resolution={SCRAPES_S}s", f"--kubelet-request-timeout={SCRAPES_S // 2}s",
                ],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=die_with_parent, cwd=os.sep,
            )  # fmt: skip
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def kubeconfig(self) -> Path:
        """A kubeconfig whose cluster is this server, for who may everything."""
        path = self.plane.folder / "metrics.kubeconfig"
        path.write_text(kubeconfig(self.url, self.plane.ca_pem, "admin", TOKENS["admin"]), encoding="utf-8")
        return path
