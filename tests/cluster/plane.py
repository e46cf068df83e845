"""Runs a real control plane (etcd, kube-apiserver, controller-manager, scheduler, kwok) on free ports of loopback.

One `Plane` is one cluster with one folder under the system's temporary one; `start` returns when nodes are Ready and
service accounts are handed out, `stop` ends every process and deletes the folder. Every process carries PDEATHSIG, so
that a killed test run leaves none; what such a run leaves on disk, the next one sweeps.
"""

import contextlib
import ctypes
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import yaml

from tests.cluster import manifests
from tests.cluster.build import binary, cache_folder
from tests.cluster.credentials import TOKENS, kubeconfig, write_credentials
from tests.cluster.stuck import play_stuck

PREFIX = "opsconsole-plane-"
PR_SET_PDEATHSIG = 1
READY_WITHIN_S = 90.0
AUTOSCALE_S = 2
"""How often the real HPA controller looks (Kubernetes: 15)."""


class PlaneFailed(Exception):
    """A process ended or never became ready; carries the end of its log."""


class Plane:
    """A running control plane; as context manager it starts and stops itself."""

    tokens: Mapping[str, str] = TOKENS

    def __init__(self, nodes: int = 3) -> None:
        self._nodes = nodes
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self.folder = Path()
        self.url = ""
        self.ca_pem = ""
        self._etcd_port = self._port = 0

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def kubeconfig(self, user: str) -> str:
        """The text of a kubeconfig for one of `tokens`."""
        return kubeconfig(self.url, self.ca_pem, user, self.tokens[user])

    def start(self) -> None:
        """Starts everything and waits until pods can run. Raises `PlaneFailed`."""
        sweep()
        self.folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
        self._etcd_port, peer, self._port, kubelet = free_ports(4)
        self.ca_pem = write_credentials(self.folder)
        self.url = f"https://127.0.0.1:{self._port}"
        for user in self.tokens:
            (self.folder / f"{user}.kubeconfig").write_text(self.kubeconfig(user), encoding="utf-8")
        self._start_etcd(self._etcd_port, peer)
        self._start_apiserver()
        self._wait("kube-apiserver", lambda: self.request("GET", "/readyz?verbose=1", parse=False) is not None)
        self._start_controllers()
        self.create(manifests.forward_definition())
        self._start_kwok(kubelet)
        for document in [*manifests.rbac(), *manifests.metrics_definitions(), *manifests.nodes(self._nodes)]:
            self.create(document)
        self._wait("kwok", self._nodes_ready)
        self._wait("kube-controller-manager", lambda: self._found("/api/v1/namespaces/default/serviceaccounts/default"))
        self._wait("kube-apiserver", lambda: self._found("/apis/metrics.k8s.io/v1beta1/pods"))

    def stop(self) -> None:
        """Ends every process and deletes the folder; nothing of it is worth a polite end."""
        for process in self._processes.values():
            process.kill()
        for process in self._processes.values():
            process.wait()
        self._processes.clear()
        if self.folder.name.startswith(PREFIX):
            shutil.rmtree(self.folder, ignore_errors=True)

    def restart_apiserver(self) -> None:
        """Ends and starts kube-apiserver on the same port: its watch history begins anew, open streams break.

        Call it on the main thread: PDEATHSIG strikes when the *thread* that started a process ends.
        """
        process = self._processes.pop("kube-apiserver")
        # A polite end would wait for every open watch.
        process.kill()
        process.wait()
        self._start_apiserver()
        self._wait("kube-apiserver", lambda: self.request("GET", "/readyz", parse=False) is not None)

    def create(self, document: Mapping[str, Any]) -> Any:
        """Creates one object as admin; its path follows from kind and namespace."""
        return self.request("POST", manifests.collection_path(document), document)

    def delete(self, document: Mapping[str, Any]) -> None:
        """Deletes one object as admin, with what belongs to it; nothing where it is gone."""
        path = f"{manifests.collection_path(document)}/{document['metadata']['name']}?propagationPolicy=Background"
        with contextlib.suppress(urllib.error.HTTPError):
            self.request("DELETE", path)

    def set_usage(self, namespace: str, usage: Mapping[str, tuple[str, str]]) -> None:
        """Makes metrics.k8s.io say: pod → (CPU, memory) as quantities such as ("120m", "64Mi").

        As metrics-server does, it copies the pods' labels: by these the HPA controller finds them.
        """
        pods = self.request("GET", f"/api/v1/namespaces/{namespace}/pods")["items"]
        labels = {pod["metadata"]["name"]: pod["metadata"].get("labels", {}) for pod in pods}
        for pod, (cpu, memory) in usage.items():
            document = manifests.pod_metrics(namespace, pod, cpu, memory, labels.get(pod, {}))
            try:
                self.request("PATCH", f"{manifests.collection_path(document)}/{pod}", document)
            except urllib.error.HTTPError as error:
                if error.code != HTTPStatus.NOT_FOUND:
                    raise
                self.create(document)

    def write_log(self, lines: Sequence[tuple[str, str]]) -> None:
        """Sets what every container of every pod has logged: (RFC 3339 time with nanoseconds, text)."""
        text = "".join(f"{at} stdout F {line}\n" for at, line in lines)
        (self.folder / "containers.log").write_text(text, encoding="utf-8")

    def request(self, method: str, path: str, body: Any = None, *, parse: bool = True) -> Any:
        """One request as admin (PATCH: a merge patch); returns the decoded JSON. Raises `urllib.error.HTTPError`."""
        content_type = "application/merge-patch+json" if method == "PATCH" else "application/json"
        request = urllib.request.Request(
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.tokens['admin']}", "Content-Type": content_type},
        )
        context = ssl.create_default_context(cadata=self.ca_pem)
        with urllib.request.urlopen(request, context=context, timeout=10) as answer:
            text = answer.read()
        return json.loads(text) if parse else text

    def _start_etcd(self, port: int, peer: int) -> None:
        client, peers = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{peer}"
        self._run(
            "etcd", "server", "--unsafe-no-fsync", f"--data-dir={self.folder}/etcd", "--log-level=error",
            f"--listen-client-urls={client}", f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peers}", f"--initial-advertise-peer-urls={peers}",
            f"--initial-cluster=default={peers}",
        )  # fmt: skip

    def _start_apiserver(self) -> None:
        folder, etcd, port = self.folder, self._etcd_port, self._port
        self._run(
            "kube-apiserver", "kube-apiserver", f"--etcd-servers=http://127.0.0.1:{etcd}", f"--secure-port={port}",
            "--bind-address=127.0.0.1", f"--cert-dir={folder}/apiserver", f"--tls-cert-file={folder}/server.crt",
            f"--tls-private-key-file={folder}/server.key", "--authorization-mode=RBAC",
            f"--token-auth-file={folder}/tokens.csv", "--service-account-issuer=https://opsconsole.test",
            f"--service-account-key-file={folder}/accounts.key",
            f"--service-account-signing-key-file={folder}/accounts.key", "--service-cluster-ip-range=10.96.0.0/16",
            "--disable-admission-plugins=ServiceAccount", "--kubelet-preferred-address-types=InternalIP",
            "--anonymous-auth=true", "--profiling=false",
        )  # fmt: skip

    def _start_controllers(self) -> None:
        admin = self.folder / "admin.kubeconfig"
        common = (
            f"--kubeconfig={admin}", f"--authentication-kubeconfig={admin}", f"--authorization-kubeconfig={admin}",
            "--leader-elect=false", "--secure-port=0",
        )  # fmt: skip
        self._run(
            "kube-controller-manager", "kube-controller-manager", *common, "--kube-api-qps=500",
            "--kube-api-burst=1000", f"--horizontal-pod-autoscaler-sync-period={AUTOSCALE_S}s",
            f"--service-account-private-key-file={self.folder}/accounts.key",
        )  # fmt: skip
        self._run("kube-scheduler", "kube-scheduler", *common, "--kube-api-qps=500", "--kube-api-burst=1000")

    def _start_kwok(self, port: int) -> None:
        settings = manifests.kwok_settings(self.folder, port)
        stages = play_stuck((cache_folder() / "stages.yaml").read_text(encoding="utf-8"))
        config = self.folder / "kwok.yaml"
        config.write_text("\n---\n".join([*(yaml.safe_dump(part) for part in settings), stages]), encoding="utf-8")
        self.write_log([])
        self._run("kwok", "kwok", f"--kubeconfig={self.folder}/admin.kubeconfig", f"--config={config}")

    def _run(self, name: str, executable: str, *arguments: str) -> None:
        with (self.folder / f"{name}.log").open("wb") as log:
            self._processes[name] = subprocess.Popen(
                [binary(executable), *arguments],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder, preexec_fn=die_with_parent,
            )  # fmt: skip

    def _wait(self, name: str, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline:
            ended = next((key for key, process in self._processes.items() if process.poll() is not None), None)
            if ended is not None:
                raise PlaneFailed(f"{ended} ended:\n{self._log_end(ended)}")
            with contextlib.suppress(OSError):
                if condition():
                    return
            time.sleep(0.05)
        raise PlaneFailed(f"{name} was not ready within {READY_WITHIN_S:.0f} s:\n{self._log_end(name)}")

    def _found(self, path: str) -> bool:
        return self.request("GET", path) is not None

    def _nodes_ready(self) -> bool:
        nodes = self.request("GET", "/api/v1/nodes")["items"]
        return len(nodes) == self._nodes and all(
            not node["spec"].get("taints")
            and any(c["type"] == "Ready" and c["status"] == "True" for c in node["status"].get("conditions", []))
            for node in nodes
        )

    def _log_end(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(encoding="utf-8", errors="replace")[-3000:]


def free_ports(count: int) -> list[int]:
    """`count` different ports of loopback that nobody listens on now."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def die_with_parent() -> None:
    """In the child, before exec: the kernel kills it when the process that started it is gone."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def sweep() -> None:
    """Deletes the folders of planes whose test run no longer exists."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        owner = folder.name.removeprefix(PREFIX).split("-")[0]
        if owner.isdigit() and not Path("/proc", owner).exists():
            shutil.rmtree(folder, ignore_errors=True)
