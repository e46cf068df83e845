"""Small servers with one fault each: a port that says nothing, a Kubernetes API in a process of its own."""

import contextlib
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from tests.servers.ports import until
from tests.sources.canned import Respond, drain


@contextlib.contextmanager
def saying_nothing() -> Iterator[int]:
    """A port that takes every connection and never answers."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(64)
        yield server.getsockname()[1]


class ApiProcess:
    """tests.sources.kubernetes.server as a process: to be stopped, continued, killed."""

    def __init__(self, folder: Path) -> None:
        self.kubeconfig = folder / "kubeconfig"
        command = [sys.executable, "-m", "tests.sources.kubernetes.server", str(folder)]
        self._process = subprocess.Popen(command)
        until(self.kubeconfig.exists, "the API server")

    def stop(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(10)


@contextlib.contextmanager
def api_process(folder: Path) -> Iterator[ApiProcess]:
    process = ApiProcess(folder)
    try:
        yield process
    finally:
        process.kill()


def cluster(objects: Mapping[str, list[Any]], *, forbidden: tuple[str, ...] = (), token: str = "good-token") -> Respond:
    """An API server of plain HTTP: lists by path, watches that stay open and silent, 401 and 403 like the real one."""

    def respond(handler: BaseHTTPRequestHandler) -> None:
        drain(handler)
        where = urlsplit(handler.path)
        if token and handler.headers.get("Authorization") != f"Bearer {token}":
            _answer(handler, 401, _status(401, "Unauthorized"))
        elif any(part in where.path for part in forbidden):
            _answer(handler, 403, _status(403, f'User "jane" cannot list resource at {where.path}'))
        elif where.path == "/version":
            _answer(handler, 200, {"gitVersion": "v1.36.3"})
        elif where.path.endswith("selfsubjectaccessreviews"):
            _answer(handler, 201, {"status": {"allowed": False}})
        elif "watch=" in where.query:
            handler.send_response(200)
            handler.send_header("Content-Type", "application/json")
            handler.end_headers()
            handler.rfile.read(1)
        elif where.path in objects or where.path.startswith(("/api/", "/apis/")):
            listed = {"metadata": {"resourceVersion": "7"}, "items": objects.get(where.path, [])}
            _answer(handler, 200, listed)
        else:
            _answer(handler, 404, _status(404, "not found"))

    return respond


def kubeconfig(folder: Path, url: str, user: Mapping[str, Any] | None = None, namespace: str = "shop") -> Path:
    """A kubeconfig for that server."""
    path = folder / "kubeconfig"
    known: dict[str, Any] = {"server": url}
    path.write_text(
        yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "test",
                "clusters": [{"name": "c", "cluster": known}],
                "users": [{"name": "u", "user": {"token": "good-token"} if user is None else dict(user)}],
                "contexts": [{"name": "test", "context": {"cluster": "c", "user": "u", "namespace": namespace}}],
            }
        )
    )
    return path


def helper(folder: Path, script: str, **stanza: Any) -> dict[str, Any]:
    """The user of a kubeconfig whose credential helper is this shell script."""
    path = folder / "credential-helper"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    about = {"apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "IfAvailable"}
    return {"exec": {**about, "command": str(path), **stanza}}


def alive(pid: int) -> bool:
    """Whether a process of that number runs (a zombie does not)."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def children(pid: int) -> list[int]:
    """Everything that a process started and that runs now."""
    import psutil

    try:
        return [child.pid for child in psutil.Process(pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _answer(handler: BaseHTTPRequestHandler, code: int, body: Mapping[str, Any]) -> None:
    data = json.dumps(body).encode("utf-8", "surrogatepass")
    handler.send_response(code)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    handler.wfile.write(data)


def _status(code: int, message: str) -> dict[str, Any]:
    return {"kind": "Status", "apiVersion": "v1", "code": code, "message": message}
