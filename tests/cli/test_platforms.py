"""A console that goes from platform to platform: what is left behind, what comes along, what asks before it goes."""

import asyncio
import gc
import weakref
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import yaml
from textual.pilot import Pilot

from opsconsole.app import Console
from opsconsole.cli import platforms
from opsconsole.cli.console import console
from opsconsole.cli.platforms import Platforms
from opsconsole.config.choice import AD_HOC, Chosen, Overrides, choose
from opsconsole.config.loading import Loaded
from opsconsole.config.settings import Http, Kubernetes, Profile, Settings, Store
from opsconsole.model.action import Phase, Run
from opsconsole.model.reading import Reading, State
from opsconsole.poller.topics import CLUSTER, INCIDENTS, PODS, RUNS, TILES
from opsconsole.records.proposal import Proposal
from opsconsole.screens import switching
from opsconsole.screens.dialogs.confirm import Confirm
from opsconsole.screens.recording import drafts
from opsconsole.sources.errors import SourceError
from opsconsole.text import clock
from tests.demo.kubernetes.running import running
from tests.screens.driving import shown, until
from tests.screens.fake_actions import plan


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def contexts(folder: Path, kubeconfig: str, *names: str) -> Path:
    """The context of a kubeconfig under several names; the first is the current one."""
    document = yaml.safe_load(kubeconfig)
    (only,) = document["contexts"]
    document["contexts"] = [{**only, "name": name} for name in names]
    document["current-context"] = names[0]
    path = folder / "kubeconfig"
    path.write_text(yaml.safe_dump(document))
    return path


class Opened:
    """The console, its platforms, and how a test gets about."""

    def __init__(self, app: Console, pilot: Pilot[None]) -> None:
        self.app, self.pilot = app, pilot
        switcher = app.context.switcher
        assert isinstance(switcher, Platforms)
        self.platforms = switcher

    async def answers(self) -> None:
        await self.until(lambda: self.app.context.board.get(CLUSTER).state is State.OK)
        await self.until(lambda: self.app.context.board.get(PODS).state is State.OK)

    async def go(self, name: str) -> None:
        """`:ctx NAME`, until it is there."""
        before = self.app.context
        switching.context(self.app, name)
        await self.until(lambda: self.app.context is not before and bool(self.app.tabs))

    async def until(self, condition: Callable[[], object]) -> None:
        await until(self.pilot, condition)


@asynccontextmanager
async def opened(
    tmp_path: Path, profiles: dict[str, Profile], *, overrides: Overrides | None = None, name: str = "live"
) -> AsyncIterator[Opened]:
    settings = Settings(profiles=profiles, store=Store(path=str(tmp_path / "store.db")))
    chosen = choose(settings, "live", overrides or Overrides())
    assert chosen is not None
    app = console(Loaded(settings, None), chosen, "pods", None)
    try:
        async with app.run_test(size=(140, 40)) as pilot:
            at = Opened(app, pilot)
            await at.until(lambda: app.context.records is not None)
            yield at
    finally:
        assert app.at_exit is not None
        await app.at_exit()


async def test_nothing_of_the_platform_that_is_left_is_heard_or_can_be_written_to(tmp_path: Path) -> None:
    async with running() as run:
        path = contexts(tmp_path, run.server.kubeconfig(), "live", "other")
        profiles = {"live": Profile(kubernetes=Kubernetes(kubeconfig=str(path), context="live"))}
        async with opened(tmp_path, profiles) as at:
            await at.answers()
            old, tab = at.app.context, at.app.tab
            assert old.actions is not None
            old.actions.arming.arm()
            drafts(at.app)["note"] = "half a note"
            await at.go("other")
            new = at.app.context
            assert not old.actions.arming.armed
            assert new.board is not old.board
            assert at.app.frame.context is new
            assert at.app.tab.context is new
            assert at.app.tab is not tab
            assert (new.profile_name, new.cluster) == (AD_HOC, "other")
            assert drafts(at.app)["note"] == "half a note"
            assert new.board.get(TILES).state is State.OFF
            await at.answers()
            left = [task for task in asyncio.all_tasks() if task.get_name() == "leave a platform"]
            await at.until(lambda: all(task.done() for task in left))
            assert old.board.topics() == ()


async def test_a_platform_that_was_left_is_freed_in_a_pause(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept from the collector would stay for ever, and each switch would add to it."""
    monkeypatch.setattr(platforms, "QUIET_S", 0.5)
    async with running() as run:
        path = contexts(tmp_path, run.server.kubeconfig(), "live", "other")
        profiles = {"live": Profile(kubernetes=Kubernetes(kubeconfig=str(path), context="live"))}
        async with opened(tmp_path, profiles) as at:
            await at.answers()
            assert at.platforms._assembly is not None
            left = [weakref.ref(one) for one in (at.app.tab, at.app.context.board, at.platforms._assembly)]
            gc.freeze()  # as each list does when it is whole
            await at.go("other")
            await at.answers()
            await at.until(lambda: not [one() for one in left if one() is not None])


async def test_a_profile_that_names_the_context_is_used_whole(tmp_path: Path) -> None:
    async with running() as run:
        path = str(contexts(tmp_path, run.server.kubeconfig(), "live", "second"))
        profiles = {
            "live": Profile(kubernetes=Kubernetes(kubeconfig=path, context="live")),
            "whole": Profile(
                production=True,
                kubernetes=Kubernetes(kubeconfig=path, context="second", namespaces=("monitoring",)),
                prometheus=Http(url="http://127.0.0.1:9"),
            ),
        }
        async with opened(tmp_path, profiles) as at:
            await at.go("second")
            context = at.app.context
            assert context.profile_name == "whole"
            assert context.scope == "ns monitoring"
            await at.until(lambda: context.board.get(TILES).state is State.FAILED)
            assert context.actions is not None
            assert context.actions.arming.asks


async def test_what_the_command_line_forbade_stays_forbidden_everywhere(tmp_path: Path) -> None:
    async with running() as run:
        path = str(contexts(tmp_path, run.server.kubeconfig(), "live", "other"))
        profiles = {"live": Profile(kubernetes=Kubernetes(kubeconfig=path, context="live"))}
        async with opened(tmp_path, profiles, overrides=Overrides(read_only=True)) as at:
            await at.go("other")
            assert at.app.context.actions is not None
            assert at.app.context.actions.arming.forbidden


async def test_an_action_that_goes_on_is_asked_about_first(tmp_path: Path) -> None:
    async with running() as run:
        path = str(contexts(tmp_path, run.server.kubeconfig(), "live", "other"))
        profiles = {"live": Profile(kubernetes=Kubernetes(kubeconfig=path, context="live"))}
        async with opened(tmp_path, profiles) as at:
            app, before = at.app, at.app.context
            going = Run(plan(), Phase.WRITTEN, "3 of 20 new pods ready", clock.now())
            reading: Reading[tuple[Run, ...]] = Reading((going,), State.OK, clock.now())
            before.board.publish(RUNS, reading)
            switching.context(app, "other")
            await at.until(lambda: isinstance(app.screen, Confirm))
            assert any("3 of 20 new pods ready" in line for line in app.screen.lines)  # type: ignore[attr-defined]
            app.screen.dismiss(False)
            await at.until(lambda: "live stays" in shown(app, "footer"))
            assert app.context is before
            switching.context(app, "other")
            await at.until(lambda: isinstance(app.screen, Confirm))
            app.screen.dismiss(True)
            await at.until(lambda: app.context is not before)


async def test_nobody_is_taken_away_from_what_he_types(tmp_path: Path) -> None:
    """Files that are slow to read may let a switch come late: then somebody may be filtering, or asking to leave."""
    async with running() as run:
        path = str(contexts(tmp_path, run.server.kubeconfig(), "live", "other"))
        profiles = {"live": Profile(kubernetes=Kubernetes(kubeconfig=path, context="live"))}
        async with opened(tmp_path, profiles) as at:
            await at.answers()
            before = at.app.context
            await at.pilot.press("slash")
            await at.until(lambda: at.app.occupied and not at.app.dialog_open)
            switching.context(at.app, "other")
            await at.until(lambda: "was not gone to" in shown(at.app, "footer"))
            assert at.app.context is before


async def test_two_switches_at_once_end_at_the_one_that_was_asked_for_last(tmp_path: Path) -> None:
    async with running() as run:
        path = str(contexts(tmp_path, run.server.kubeconfig(), "live", "other", "third"))
        profiles = {"live": Profile(kubernetes=Kubernetes(kubeconfig=path, context="live"))}
        async with opened(tmp_path, profiles) as at:
            await at.platforms.look()
            by_name = {one.name: one for one in at.platforms.platforms}
            await asyncio.gather(*(at.platforms.enter(by_name[name]) for name in ("other", "third")))
            assert at.platforms.here.name == at.app.context.cluster == "third"
            assert at.app.frame.context is at.app.context
            await at.answers()


async def test_an_open_incident_stays_open_and_the_other_platform_writes_nothing_into_it(tmp_path: Path) -> None:
    async with running() as run:
        path = str(contexts(tmp_path, run.server.kubeconfig(), "live", "other"))
        profiles = {"live": Profile(kubernetes=Kubernetes(kubeconfig=path, context="live"))}
        async with opened(tmp_path, profiles) as at:
            await at.answers()
            assert at.app.context.records is not None
            incident = await at.app.context.records.declare(Proposal("checkout slow", 2, "", "api", None))
            await at.until(lambda: at.app.frame.open_incident is not None)
            await at.go("other")
            await at.until(lambda: at.app.context.board.get(INCIDENTS).value is not None)
            assert at.app.frame.open_incident is not None
            assert at.app.frame.open_incident.id == incident.id
            assert at.app.context.records is not None
            assert at.platforms._assembly is not None
            assert incident.id in at.platforms._assembly._elsewhere
            await at.go("live")
            assert incident.id not in at.platforms._assembly._elsewhere


async def test_the_platform_that_is_left_for_good_ends_with_the_console(tmp_path: Path) -> None:
    """One that never lets go is left behind: leaving the console does not wait for it."""
    async with running() as run:
        path = str(contexts(tmp_path, run.server.kubeconfig(), "live", "other"))
        profiles = {"live": Profile(kubernetes=Kubernetes(kubeconfig=path, context="live"))}
        released = asyncio.Event()
        async with opened(tmp_path, profiles) as at:
            assembly = at.platforms._assembly
            assert assembly is not None
            stop = assembly.stop

            async def never() -> None:
                await released.wait()

            assembly.stop = never  # type: ignore[method-assign]  # a source that never lets go
            await at.go("other")
            await at.answers()
            released.set()
            await stop()


def test_contexts_of_a_kubeconfig_that_two_profiles_name_are_offered_once(tmp_path: Path) -> None:
    from opsconsole.screens.platforms import platforms as offered
    from opsconsole.sources.kubernetes.contexts import Context

    first, second = Context("a", file="/k"), Context("b", file="/k")
    one = Profile(kubernetes=Kubernetes(kubeconfig="/k", context="a"))
    two = Profile(kubernetes=Kubernetes(kubeconfig="~/k"))
    known: dict[str | None, tuple[Context, ...]] = {"/k": (first, second), "~/k": (first, second)}
    found = offered({"one": one, "two": two, "figures": Profile()}, known)
    assert [(each.name, each.context) for each in found] == [("one", "a"), ("two", ""), ("figures", ""), ("b", "b")]


async def test_a_kubeconfig_that_cannot_be_read_is_said_and_leaves_the_profiles(tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text("contexts: [")
    live = Profile(kubernetes=Kubernetes(kubeconfig=str(path), context="live"))
    found = Platforms(Settings(profiles={"live": live}), Chosen("live", live), None, tmp_path)
    await found.look()
    assert [one.name for one in found.platforms] == ["live"]
    assert "is not YAML" in found.problems[0]
    with pytest.raises(SourceError, match="is not YAML"):
        await found.check(found.here)
