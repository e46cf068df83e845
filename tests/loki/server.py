"""A real Loki on a free port, and how tests write into it."""

import json
import subprocess
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from tests.loki.build import LOKI
from tests.servers.ports import free_port, until

CONFIG = """\
auth_enabled: false
analytics: {{reporting_enabled: false}}
server: {{http_listen_address: 127.0.0.1, http_listen_port: {port}, grpc_listen_address: 127.0.0.1, grpc_listen_port: {grpc}, log_level: error}}
common:
  path_prefix: {folder}
  replication_factor: 1
  instance_addr: 127.0.0.1
  ring: {{kvstore: {{store: inmemory}}}}
  storage: {{filesystem: {{chunks_directory: {folder}/chunks, rules_directory: {folder}/rules}}}}
schema_config:
  configs: [{{from: 2024-01-01, store: tsdb, object_store: filesystem, schema: v13, index: {{prefix: index_, period: 24h}}}}]
pattern_ingester: {{enabled: {patterns}}}
"""  # noqa: E501  # one table of the settings a line


class RealLoki:
    """Runs within a `with` block."""

    def __init__(self, folder: Path, *, patterns: bool = True) -> None:
        self._folder = folder
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        settings = CONFIG.format(port=self._port, grpc=free_port(), folder=folder, patterns=str(patterns).lower())
        (folder / "loki.yaml").write_text(settings)

    def __enter__(self) -> Self:
        command = [str(LOKI.binary("loki")), f"-config.file={self._folder}/loki.yaml"]
        with (self._folder / "log").open("wb") as log:
            self._server = subprocess.Popen(command, stdout=log, stderr=log, cwd=self._folder)
        try:
            until(self._ready, "Loki")
        except BaseException:
            self._server.kill()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._server.terminate()
        try:
            self._server.wait(5)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait(5)

    def _ready(self) -> bool:
        assert self._server.poll() is None, (self._folder / "log").read_text()
        try:
            # it says `ready` only 15 s after its rings have settled; it takes and answers lines long before that
            self.push({"app": "start"}, [(0, "up")])
            with urllib.request.urlopen(f"{self.url}/loki/api/v1/labels", timeout=5) as answer:
                return b"app" in answer.read()
        except OSError:
            return False

    def push(self, labels: Mapping[str, str], lines: Sequence[tuple[int, str]]) -> None:
        """Lines with their nanoseconds; 0 is now."""
        import time

        values = [[str(at or time.time_ns()), text] for at, text in lines]
        body = json.dumps({"streams": [{"stream": dict(labels), "values": values}]}).encode()
        request = urllib.request.Request(f"{self.url}/loki/api/v1/push", body, {"Content-Type": "application/json"})
        urllib.request.urlopen(request, timeout=5).close()
