"""The platforms of a running console: starts the first one's sources, goes to another, looks at other namespaces."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

import msgspec

from ..config.choice import Chosen
from ..config.policies import resolve_policy
from ..config.settings import Kubernetes, Profile, Settings
from ..model.reading import ProblemKind, State
from ..poller.board import Board
from ..poller.topics import CLUSTER, INCIDENTS
from ..poller.wishes import Wishes
from ..screens import platforms
from ..screens.base import Context
from ..screens.platforms import Platform, Seen
from ..sources.errors import SourceError
from ..sources.executor import DaemonExecutor
from ..store.favourites import Favourites
from ..text import clock
from ..text.clean import clean

if TYPE_CHECKING:
    from ..app import Console
    from ..assembly import Assembly
    from ..sources.kubernetes.contexts import Context as Entry

T = TypeVar("T")
log = logging.getLogger(__name__)

FILES_S = 5.0
"""How long the kubeconfigs may take to be read: they may lie on a file system that hangs."""
LEAVE_S = 10.0
"""How long a platform that was left may take to let go, in the background."""
END_S = 4.0
"""The same when the console ends; the process gives its end five seconds."""
QUIET_S = 3.0
"""So long after a platform has ended, and after the last key, what is left of it is swept up."""
CARRIED = ("drafts", "postmortems")
"""What is typed and not saved goes along."""

IMPORTED_S = 15.0
"""By then every source has asked for the first time."""


class Platforms:
    """What screens.platforms.Switcher asks for. One assembly is shown; those that were left end in the background.

    Each platform has a board of its own: what an assembly that was left still publishes, nobody hears.
    """

    def __init__(self, settings: Settings, chosen: Chosen, store_path: Path | None, state_dir: Path) -> None:
        self._settings = settings
        self._store_path = store_path
        self._read_only = "read_only" in chosen.overridden
        self._profiles = {**settings.profiles}
        if chosen.overridden or chosen.name not in self._profiles:
            self._profiles[chosen.name] = chosen.profile  # as the command line opened it
        self._files = _kubeconfigs(chosen.profile, self._profiles)
        self._platforms = platforms.platforms(self._profiles, {})
        self._problems: tuple[str, ...] = ()
        self._here = next(one for one in self._platforms if one.profile_name == chosen.name)
        self._starred = Favourites(state_dir)
        self._seen: dict[str, Seen] = {}
        self._looked_at: dict[str, tuple[str, ...]] = {}
        """By `Platform.memory`: the namespaces that were last chosen there in this session."""
        self._incidents: dict[str, str] = {}
        """By id: the `Platform.memory` of where an open incident was first seen; all of them are in one store."""
        self._app: Console | None = None
        self._assembly: Assembly | None = None
        self._entering = asyncio.Lock()
        self._leaving: set[asyncio.Task[None]] = set()
        self._sweeping: asyncio.Task[None] | None = None
        self._imports = DaemonExecutor("imports", 1)
        self._reading = DaemonExecutor("kubeconfig", 2)
        self._wishes = Wishes()
        self.context = self._context_of(self._here, chosen.profile)

    # ---- the first one, and the end --------------------------------------------------------------------------------

    async def begin(self, app: "Console") -> None:
        """Start the sources of the first platform."""
        self._app = app
        async with self._entering:
            await self._load(self.context.profile)
            self._start(self.context)
        await self._starred.read()
        await self._name_current(app)

    async def _name_current(self, app: "Console") -> None:
        """A profile that names no context uses the kubeconfig's current one: the frame tells which."""
        context, name = self.context, self._here.profile_name
        if context.profile.kubernetes is not None and not context.cluster:
            await self.look()
            context.cluster = next((one.context for one in self._platforms if one.profile_name == name), "")
            app.frame.draw_strip()

    async def end(self) -> None:
        """Stop what runs, the platform that is shown and those that were left."""
        if self._sweeping is not None:
            self._sweeping.cancel()
        assembly, self._assembly = self._assembly, None
        ending = [asyncio.create_task(assembly.stop(), name="stop")] if assembly is not None else []
        if ending or self._leaving:
            await asyncio.wait([*ending, *self._leaving], timeout=END_S)
        for task in ending:
            if task.done() and not task.cancelled() and (error := task.exception()) is not None:
                raise error

    # ---- what can be gone to ---------------------------------------------------------------------------------------

    @property
    def here(self) -> Platform:
        """As it was last looked for, where it is still offered."""
        return next((one for one in self._platforms if one.memory == self._here.memory), self._here)

    @property
    def platforms(self) -> tuple[Platform, ...]:
        return self._platforms

    @property
    def problems(self) -> tuple[str, ...]:
        return self._problems

    @property
    def seen(self) -> Mapping[str, Seen]:
        self._look_at_heartbeat()
        return MappingProxyType(self._seen)

    async def look(self) -> None:
        """Read the kubeconfigs anew; one that cannot be read keeps the profiles that name it."""
        known: dict[str | None, tuple[Entry, ...]] = {}
        problems = []
        for file in self._files:
            try:
                known[file] = await self._read(partial(_contexts, file))
            except SourceError as error:
                problems.append(error.problem.sentence)
        self._problems = tuple(problems)
        self._platforms = platforms.platforms(self._profiles, known)

    async def check(self, platform: Platform) -> None:
        """The files hold what the context needs, and what its sources import is loaded; raises SourceError."""
        kubernetes = platform.profile.kubernetes
        if platform.broken:
            raise SourceError(ProblemKind.MISCONFIGURED, platform.broken, "")
        await self._load(platform.profile)
        if kubernetes is not None:
            await self._read(partial(_check, kubernetes))

    async def enter(self, platform: Platform) -> None:
        """From now on nothing of the one before is shown or can be written to; it ends in the background."""
        app = self._app
        if app is None:
            return
        async with self._entering:
            self._look_at_heartbeat()
            self._note_incidents()
            old, before = self.context, self._assembly
            self._assembly = None
            if before is not None:
                if before.actions is not None:
                    before.actions.arming.disarm()
                task = asyncio.create_task(_leave(before), name="leave a platform")
                self._leaving.add(task)
                task.add_done_callback(partial(self._left, app))
            self._here = platform
            self._wishes = Wishes()
            self.context = self._context_of(platform, platform.profile)
            for name in CARRIED:
                if name in old.services.__dict__:
                    setattr(self.context.services, name, getattr(old.services, name))
            self._start(self.context)
            await app.move_to(self.context)

    def _left(self, app: "Console", leaving: asyncio.Task[None]) -> None:
        self._leaving.discard(leaving)
        if app.is_running and (self._sweeping is None or self._sweeping.done()):
            self._sweeping = asyncio.create_task(_sweep(app), name="sweep up")

    # ---- namespaces ------------------------------------------------------------------------------------------------

    def narrow(self, namespaces: tuple[str, ...]) -> None:
        """Streams of namespaces that stay go on; others begin and end."""
        context = self.context
        kubernetes = context.profile.kubernetes
        if kubernetes is None:
            return
        self._looked_at[self._here.memory] = namespaces
        context.profile = _looking_at(context.profile, namespaces)
        context.namespace = ", ".join(namespaces)
        if self._assembly is not None:
            self._assembly.narrow(namespaces)

    @property
    def favourites(self) -> tuple[str, ...]:
        kubernetes = self.context.profile.kubernetes
        named = kubernetes.favourites if kubernetes is not None else ()
        return tuple(dict.fromkeys((*named, *self._starred.of(self._here.memory))))

    def star(self, namespace: str) -> str:
        kubernetes = self.context.profile.kubernetes
        if kubernetes is not None and namespace in kubernetes.favourites:
            return f"{clean(namespace)} is a favourite of the settings: take it out there"
        starred = self._starred.turn(self._here.memory, namespace)
        return f"{clean(namespace)} is {'a favourite now' if starred else 'no favourite any more'}"

    # ---- one platform ----------------------------------------------------------------------------------------------

    def _context_of(self, platform: Platform, profile: Profile) -> Context:
        if self._read_only:
            profile = msgspec.structs.replace(profile, read_only=True)
        kept = self._looked_at.get(platform.memory)
        if kept is not None:
            profile = _looking_at(profile, kept)
        kubernetes = profile.kubernetes
        return Context(
            board=Board(),
            settings=self._settings,
            profile=profile,
            policy=resolve_policy(self._settings, profile.policy),
            want=self._wishes.want,
            profile_name=platform.opened_as,
            cluster=(kubernetes.context or platform.context) if kubernetes is not None else "",
            namespace=", ".join(kubernetes.namespaces) if kubernetes is not None else "",
            switcher=self,
        )

    def _start(self, context: Context) -> None:
        from ..assembly import Assembly
        from ..terminal import collector

        assembly = Assembly(
            context.profile, context.policy, context.board, store_path=self._store_path, name=context.profile_name,
            wishes=self._wishes,
            elsewhere=frozenset(id for id, memory in self._incidents.items() if memory != self._here.memory),
        )  # fmt: skip
        context.refresh = assembly.refresh
        assembly.start()
        context.services.charts = assembly.charts
        context.services.cluster = assembly.cluster
        context.services.databases = assembly.databases
        context.services.log_store = assembly.log_store
        context.services.way = assembly.way
        context.services.metrics = assembly.metrics
        context.actions, context.records = assembly.actions, assembly.records
        self._assembly = assembly
        collector.keep()
        # the sources import the rest in their threads: without that a full collection takes half as long
        asyncio.get_running_loop().call_later(IMPORTED_S, collector.keep)

    async def _load(self, profile: Profile) -> None:
        """What sources import takes half a second: in a thread, or no key would be answered meanwhile."""
        await asyncio.get_running_loop().run_in_executor(self._imports, partial(_load, profile))

    async def _read(self, work: Callable[[], T]) -> T:
        try:
            async with asyncio.timeout(FILES_S):
                return await asyncio.get_running_loop().run_in_executor(self._reading, work)
        except TimeoutError:
            raise SourceError(
                ProblemKind.TIMEOUT, f"the kubeconfig could not be read within {FILES_S:g} s",
                "its file system hangs",
            ) from None  # fmt: skip

    def _note_incidents(self) -> None:
        """What is open when a platform is left was its own, unless it came along from another."""
        held = self.context.board.get(INCIDENTS).value
        for incident in held.incidents if held is not None else ():
            if incident.open:
                self._incidents.setdefault(incident.id, self._here.memory)

    def _look_at_heartbeat(self) -> None:
        """Keep of the platform that is shown whether its API server answers."""
        reading = self.context.board.get(CLUSTER)
        if reading.state in (State.OK, State.FAILED):
            self._seen[self._here.memory] = Seen(reading.state is State.OK, clock.now())


async def _leave(assembly: "Assembly") -> None:
    """A cluster that does not let go is left behind after a while; nobody waits for it."""
    try:
        async with asyncio.timeout(LEAVE_S):
            await assembly.stop()
    except TimeoutError:
        log.warning("a platform that was left did not let go within %g s", LEAVE_S)
    except Exception:  # nobody waits for this task; its mistake must be found in the log
        log.exception("a platform that was left did not end in order")
    finally:
        assembly.forget()


async def _sweep(app: "Console") -> None:
    """Widgets and tasks of what was left point at each other and are kept from the collector; they go in a pause."""
    from ..terminal import collector

    await asyncio.sleep(QUIET_S)
    while (left := QUIET_S - app.quiet_s) > 0:
        await asyncio.sleep(left)
    collector.sweep()


def _kubeconfigs(opened: Profile, profiles: Mapping[str, Profile]) -> tuple[str | None, ...]:
    """The kubeconfigs to look into: that of the profile that was opened, those of the others; else the usual one."""
    named = [profile.kubernetes for profile in (opened, *profiles.values()) if profile.kubernetes is not None]
    return tuple(dict.fromkeys(one.kubeconfig for one in named)) or (None,)


def _contexts(file: str | None) -> "tuple[Entry, ...]":
    from ..sources.kubernetes.contexts import contexts

    return contexts(file)


def _check(kubernetes: Kubernetes) -> None:
    from ..sources.kubernetes.loader import Login

    Login(kubernetes.kubeconfig, kubernetes.context).check()


def _load(profile: Profile) -> None:
    from ..assembly import load

    load(profile)


def _looking_at(profile: Profile, namespaces: tuple[str, ...]) -> Profile:
    if profile.kubernetes is None:
        return profile
    return msgspec.structs.replace(
        profile, kubernetes=msgspec.structs.replace(profile.kubernetes, namespaces=namespaces)
    )
