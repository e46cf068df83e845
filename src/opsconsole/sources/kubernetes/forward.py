"""Reaches servers inside the cluster that speak no HTTP: by `kubectl port-forward`, one child for each.

A child starts when somebody asks for its address, and again when somebody asks after it ended (the pod was replaced,
the API server went away), each time a little later. It ends with the console, however that ends: see `sources.mortal`.
"""

import asyncio
import contextlib
import os
import re
import shutil
import signal
import sys
from typing import TYPE_CHECKING, Any

from ...model.reading import ProblemKind
from ...text import clock
from ...text.clean import clean
from ...text.redact import redact
from .. import mortal
from ..errors import SourceError
from ..way import FORM, NoWay, Way
from . import contexts
from .forward_words import POD_REMEDY, Target, failure, parse, plain

if TYPE_CHECKING:
    from .cluster import Cluster

LOCAL = "127.0.0.1"
START_S = 8.0
"""So long may kubectl take to sign in, find a pod and listen; less than any feed waits for its answer."""
POD_S = 5
"""So long kubectl itself waits for a pod that runs."""
LAST_WORDS_S = 1.0
"""So much later than the connection through it a child ends, at most."""
STEADY_S = 30.0
"""A child that held so long is followed by another at once."""
LONGEST_PAUSE_S = 15.0
KEPT = 4096
_LISTENS = re.compile(rb"^Forwarding from [^ ]*:(\d+) -> ", re.MULTILINE)


class Forwards:
    """The forwards of one platform; the same target is forwarded once, whoever asks for it."""

    def __init__(self, cluster: "Cluster | None") -> None:
        self._cluster = cluster
        self._open: dict[Target, Forward] = {}

    def to(self, through: str) -> Way:
        """The way to `kube://NAMESPACE/SERVICE:PORT`; nothing starts before its address is asked for."""
        target = parse(through)
        if target is None:
            return _Misspelt(through)
        if self._cluster is None:
            return NoWay(through)
        if target not in self._open:
            self._open[target] = Forward(self._cluster, target)
        return self._open[target]

    async def close(self) -> None:
        """End all children; none starts again."""
        await asyncio.gather(*(forward.close() for forward in self._open.values()))


class Forward:
    """The way to one target through one child."""

    def __init__(self, cluster: "Cluster", target: Target) -> None:
        self.target = target
        self.name = target.name
        self._cluster = cluster
        self._child: _Child | None = None
        self._lock = asyncio.Lock()
        self._closed = False
        self._failure: SourceError | None = None
        self._silent: SourceError | None = None
        """Why the child was ended from here: nothing came through, and it did not say why."""
        self._early = 0
        """How many children in a row ended early, or never listened."""
        self._not_before = float("-inf")

    @property
    def stands(self) -> bool:
        return self._child is not None and self._child.runs

    async def address(self) -> tuple[str, int]:
        """Where the child listens; starts it where it does not run. Raises SourceError."""
        async with self._lock:
            if self._child is None or not self._child.runs:
                self._child = await self._restart(self._child)
            return LOCAL, self._child.port

    async def lost(self, server: str, failure_: SourceError) -> SourceError:
        """The child's last words where it failed; it ends where it seems to hang."""
        child = self._child
        if child is None:
            return failure_
        await child.ends_within(LAST_WORDS_S)
        said = child.said()
        silent = not said and failure_.problem.kind is ProblemKind.TIMEOUT
        if silent and child is self._child and child.runs:
            self._silent = failure_
        if said or silent:
            await child.end()
        if not said:
            return failure_
        sentence = f"{server} cannot be reached through {self.target}: {said}"
        return SourceError(ProblemKind.UNREACHABLE, sentence, POD_REMEDY)

    async def close(self) -> None:
        self._closed = True
        child, self._child = self._child, None
        if child is not None:
            await child.end()

    async def _restart(self, before: "_Child | None") -> "_Child":
        if self._closed:
            raise self._over()
        if before is not None:
            self._child = None
            await before.end()
            self._early = 0 if before.age_s >= STEADY_S else self._early + 1
            ended = failure(self.target, before.said() or "kubectl port-forward ended", self._cluster.remedy)
            self._failure, self._silent = self._silent or ended, None
            self._pause(from_s=before.started_at)
        left_s = self._not_before - clock.boottime()
        if left_s > 0 and self._failure is not None:
            problem = self._failure.problem
            raise SourceError(problem.kind, problem.sentence, problem.remedy, retry_after_s=left_s)
        try:
            child = await self._start()
        except SourceError as error:
            self._early += 1
            self._failure = error
            self._pause(from_s=clock.boottime())
            raise
        if self._closed:  # while it started
            await child.end()
            raise self._over()
        return child

    def _over(self) -> SourceError:
        return SourceError(ProblemKind.UNREACHABLE, f"the way to {self.target} is closed")

    def _pause(self, from_s: float) -> None:
        pause_s = min(2.0 ** (self._early - 1), LONGEST_PAUSE_S) if self._early else 0.0
        self._not_before = from_s + pause_s

    async def _start(self) -> "_Child":
        kubectl = shutil.which("kubectl")
        if kubectl is None:
            sentence = f"kubectl is not installed, and {self.target} is reached by kubectl port-forward"
            remedy = "install kubectl (kubernetes.io/docs/tasks/tools), or leave `through` out where it is not needed"
            raise SourceError(ProblemKind.MISCONFIGURED, sentence, remedy)
        await self._cluster.ready()
        child = await _Child.start(kubectl, self._arguments(), self._environment())
        try:
            async with asyncio.timeout(START_S):
                listens = await child.listens()
        except TimeoutError:
            await child.end()
            said = child.said()
            sentence = f"kubectl port-forward to {self.target} was not ready within {START_S:g} s"
            raise SourceError(
                ProblemKind.TIMEOUT, f"{sentence}: {said}" if said else sentence, "check the way to the API server"
            ) from None
        except BaseException:
            await child.end()
            raise
        if not listens:
            await child.end()
            raise failure(self.target, child.said() or "kubectl port-forward ended", self._cluster.remedy)
        return child

    def _arguments(self) -> list[str]:
        # of the profile's own cluster, whatever `kubectl config use-context` has chosen meanwhile
        files = any(path.is_file() for path in contexts.paths(self._cluster.settings.kubeconfig))
        where = ["--context", self._cluster.context] if files else []
        target = self.target
        return [
            "port-forward", *where, "--namespace", target.namespace, "--address", LOCAL,
            f"--pod-running-timeout={POD_S}s", f"{target.kind}/{target.object}", f":{target.port}",
        ]  # fmt: skip

    def _environment(self) -> dict[str, str]:
        paths = contexts.paths(self._cluster.settings.kubeconfig)
        return {**os.environ, "KUBECONFIG": os.pathsep.join(map(str, paths))}


class _Misspelt(NoWay):
    """An address that cannot be understood."""

    async def address(self) -> tuple[str, int]:
        sentence = f"{clean(redact(self.name), 120)} is no service of a cluster"
        raise SourceError(ProblemKind.MISCONFIGURED, sentence, f"write through = {FORM}")


class _Child:
    """One kubectl: where it listens, and what it said last."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._said = bytearray()
        self._listens: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._reading = asyncio.create_task(self._read(), name="what kubectl says")
        self.started_at = clock.boottime()
        self._ended_at: float | None = None
        self.port = 0

    @classmethod
    async def start(cls, kubectl: str, arguments: list[str], environment: dict[str, str]) -> "_Child":
        # A session of its own: it has no terminal to ask on, and Ctrl-C in the console's does not reach it.
        command = (sys.executable, "-I", "-S", mortal.__file__, str(os.getpid()), kubectl, *arguments)
        try:
            process = await asyncio.create_subprocess_exec(
                *command, env=environment, start_new_session=True, stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            )  # fmt: skip
        except OSError as error:
            why = clean(error.strerror or str(error), 120)
            sentence = f"kubectl cannot be started: {why}"
            raise SourceError(ProblemKind.MISCONFIGURED, sentence, "install kubectl") from None
        return cls(process)

    @property
    def runs(self) -> bool:
        return self._process.returncode is None and not self._reading.done()

    @property
    def age_s(self) -> float:
        return (self._ended_at or clock.boottime()) - self.started_at

    async def listens(self) -> bool:
        """True once it accepts connections; False where it ended before."""
        either: tuple[asyncio.Future[Any], ...] = (self._listens, self._reading)
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not self._listens.done():
            return False
        self.port = self._listens.result()
        return True

    async def ends_within(self, seconds: float) -> None:
        await asyncio.wait({self._reading}, timeout=seconds)

    async def end(self) -> None:
        """Kill it with all that it started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()
        await self._reading

    def said(self) -> str:
        return plain(self._said.decode("utf-8", "replace"))

    async def _read(self) -> None:
        """All that it says, until it ends: a full pipe would stop it."""
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        await asyncio.gather(self._follow(self._process.stdout), self._complaints(self._process.stderr))
        await self._process.wait()
        self._ended_at = clock.boottime()

    async def _follow(self, stream: asyncio.StreamReader) -> None:
        seen = b""
        while chunk := await stream.read(4096):
            if self._listens.done():
                continue  # a line for each connection
            seen = (seen + chunk)[-KEPT:]
            if (found := _LISTENS.search(seen)) is not None:
                self._listens.set_result(int(found[1]))

    async def _complaints(self, stream: asyncio.StreamReader) -> None:
        while chunk := await stream.read(4096):
            self._said += chunk
            del self._said[:-KEPT]
