"""Chooses the profile to open, and lays the command line's options over it."""

import difflib

import msgspec

from .settings import Http, Kubernetes, Postgres, Profile, Redis, Settings

AD_HOC = "ad-hoc"


class ChoiceError(Exception):
    """No profile can be chosen; the sentence says which there are."""


class Overrides(msgspec.Struct, frozen=True, gc=False):
    """What the command line says about the platform."""

    context: str | None = None
    namespaces: tuple[str, ...] = ()
    prometheus: str | None = None
    postgres: str | None = None
    redis: str | None = None
    read_only: bool = False

    def name_a_platform(self) -> bool:
        """True when they alone say where a platform is."""
        return bool(self.context or self.namespaces or self.prometheus or self.redis) or self.postgres is not None


class Chosen(msgspec.Struct, frozen=True, gc=False):
    """The profile to open, with the command line's options applied."""

    name: str
    profile: Profile
    overridden: tuple[str, ...] = ()
    """Fields of the profile that the command line changed."""


def choose(settings: Settings, name: str | None, overrides: Overrides) -> Chosen | None:
    """The named profile, the default one, the only one, or one made of options alone; None when nothing is configured.

    Raises ChoiceError for an unknown name, and where several profiles leave the choice open.
    """
    known = settings.profiles
    name = name or settings.default_profile or (next(iter(known)) if len(known) == 1 else None)
    if name is not None:
        if name not in known:
            raise ChoiceError(_no_such_profile(name, tuple(known)))
        return _with_overrides(name, known[name], overrides)
    if overrides.name_a_platform():
        return _with_overrides(AD_HOC, Profile(kubernetes=_cluster_of(overrides)), overrides)
    if known:
        names = ", ".join(known)
        raise ChoiceError(f"the settings have several profiles ({names}): choose one with --profile NAME")
    return None


def _with_overrides(name: str, profile: Profile, overrides: Overrides) -> Chosen:
    """A new address comes without the credentials of the old one: they must not go to another server."""
    changes: dict[str, object] = {}
    if overrides.context or overrides.namespaces:
        base = profile.kubernetes or Kubernetes()
        changes["kubernetes"] = msgspec.structs.replace(
            base,
            context=overrides.context or base.context,
            namespaces=overrides.namespaces or base.namespaces,
            alias=None if overrides.context else base.alias,
        )
    if overrides.prometheus:
        changes["prometheus"] = Http(url=overrides.prometheus)
    if overrides.postgres is not None:
        changes["postgres"] = (Postgres(dsn=overrides.postgres),)
    if overrides.redis:
        changes["redis"] = (Redis(url=overrides.redis),)
    if overrides.read_only:
        changes["read_only"] = True
    return Chosen(name, msgspec.structs.replace(profile, **changes), tuple(changes))


def _cluster_of(overrides: Overrides) -> Kubernetes | None:
    """Sources given by address alone need no cluster, unless one of them lies behind it."""
    through_cluster = (overrides.prometheus or "").startswith("kube://")
    return Kubernetes() if overrides.context or overrides.namespaces or through_cluster else None


def _no_such_profile(name: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    if near:
        return f"there is no profile {name!r}: did you mean {near[0]!r}?"
    listed = f"known are {', '.join(known)}" if known else "the settings have none; `opsconsole config init` writes one"
    return f"there is no profile {name!r}: {listed}"
