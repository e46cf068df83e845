"""What one can switch to while the console runs: the settings' profiles, and contexts that no profile names."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

import msgspec

from ..config.choice import AD_HOC
from ..config.settings import Kubernetes, Profile
from ..model.action import Run
from ..text import matching

if TYPE_CHECKING:
    from ..sources.kubernetes.contexts import Context

Known = Mapping[str | None, tuple["Context", ...]]
"""The contexts of each kubeconfig that is looked into; None is the usual one."""


class Platform(msgspec.Struct, frozen=True, gc=False):
    """A profile of the settings, or a context by itself."""

    profile: Profile
    profile_name: str
    """"" for a context that no profile names."""
    context: str = ""
    """Its full name; "" where there is no Kubernetes, or the kubeconfig names no current context."""
    cluster: str = ""
    user: str = ""
    server: str = ""
    broken: str = ""
    """Why it cannot be used, as far as the files tell."""
    file: str = ""
    """The kubeconfig that has the context."""

    @property
    def name(self) -> str:
        """What one types."""
        return self.profile_name or self.context

    @property
    def memory(self) -> str:
        """Under which what is remembered of it is kept."""
        return self.profile_name or f"context {self.context} of {self.file}"

    @property
    def opened_as(self) -> str:
        """The name that the frame and the journal give its profile."""
        return self.profile_name or AD_HOC

    @property
    def namespaces(self) -> tuple[str, ...]:
        return self.profile.kubernetes.namespaces if self.profile.kubernetes is not None else ()


class Seen(msgspec.Struct, frozen=True, gc=False):
    """Whether a platform's API server answered while it was last shown here."""

    answered: bool
    at: datetime


class Switcher(Protocol):
    """How the console gets to another platform, or to other namespaces, while it runs."""

    @property
    def here(self) -> Platform: ...

    @property
    def platforms(self) -> tuple[Platform, ...]:
        """As they were when last looked for."""

    @property
    def problems(self) -> tuple[str, ...]:
        """What could not be read then, in sentences."""

    @property
    def seen(self) -> Mapping[str, Seen]:
        """By `Platform.memory`."""

    async def look(self) -> None:
        """Read the kubeconfigs anew."""

    async def check(self, platform: Platform) -> None:
        """What can be known before going there, without asking anybody; raises SourceError."""

    async def enter(self, platform: Platform) -> None:
        """Leave this one in the background and show the other."""

    def narrow(self, namespaces: tuple[str, ...]) -> None:
        """Look at these namespaces; none: at all."""

    @property
    def favourites(self) -> tuple[str, ...]:
        """Namespaces that come first: those that the settings name, then the starred ones."""

    def star(self, namespace: str) -> str:
        """Add to the favourites or take out; returns what is to be said."""


def platforms(profiles: Mapping[str, Profile], known: Known) -> tuple[Platform, ...]:
    """The profiles in their order, then the contexts that none of them names."""
    made = [_of_profile(name, profile, known) for name, profile in profiles.items()]
    there = {(one.file, one.context) for one in made}
    for kubeconfig, contexts in known.items():
        for context in contexts:
            if (context.file, context.name) not in there:
                there.add((context.file, context.name))
                bare = Profile(kubernetes=Kubernetes(kubeconfig=kubeconfig, context=context.name))
                made.append(_platform(bare, "", context))
    return tuple(made)


def choice(typed: str, offered: Sequence[Platform]) -> Platform | None:
    """The one that is meant; None where that leaves a choice, or nothing fits. Contexts go by their own names, too."""
    name = matching.meant(typed, names(offered))
    found = [one for one in offered if name and name in (one.name, one.context)]
    return found[0] if len(found) == 1 else None


def names(offered: Iterable[Platform]) -> tuple[str, ...]:
    """Everything that may be typed."""
    return tuple(dict.fromkeys(name for one in offered for name in (one.name, one.context) if name))


def fitting(typed: str, offered: Sequence[Platform]) -> list[Platform]:
    """Those that a few letters may mean, the likeliest first."""
    order = matching.matching(typed, names(offered))
    found = [one for name in order for one in offered if name in (one.name, one.context)]
    return list({id(one): one for one in found}.values()) if typed else list(offered)


def running(runs: Iterable[Run]) -> list[Run]:
    """Actions that go on."""
    return [run for run in runs if run.running]


def _of_profile(name: str, profile: Profile, known: Known) -> Platform:
    kubernetes = profile.kubernetes
    if kubernetes is None:
        return Platform(profile, name)
    contexts = known.get(kubernetes.kubeconfig)
    if contexts is None:  # its kubeconfig could not be read
        return Platform(profile, name, kubernetes.context or "")
    wanted = kubernetes.context
    found = next((one for one in contexts if (one.name == wanted if wanted else one.current)), None)
    if found is not None:
        return _platform(profile, name, found)
    if wanted:
        return Platform(profile, name, wanted, broken=f"the kubeconfig has no context {wanted}")
    return Platform(profile, name, "", broken="the kubeconfig names no current context" if contexts else "")


def _platform(profile: Profile, name: str, context: "Context") -> Platform:
    return Platform(
        profile, name, context.name, context.cluster, context.user, context.server, context.broken, context.file
    )
