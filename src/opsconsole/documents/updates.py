"""Composes what people are told: the runbooks' messages with their variables filled in; a gap blocks the message."""

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from ..config.settings import Documents, Policy, Profile
from ..model.incident import Incident, TimelineEntry


class Template(msgspec.Struct, frozen=True, gc=False):
    """One kind of message."""

    name: str
    """incident-alert, service-degradation, service-restored, customer-notification, or a team's own file name."""
    title: str
    external: bool
    """Whether people outside read it."""
    own: bool = False
    """The team's, from the folder of the settings."""


class Variable(msgspec.Struct, frozen=True, gc=False):
    """One gap of a template."""

    name: str
    """Key of `given`."""
    title: str
    """As the runbook writes it: `Brief description`."""
    value: str
    """What the record knows or was given; "" while nobody has said it."""


class Composed(msgspec.Struct, frozen=True, gc=False):
    """A message; it may be sent only when `unresolved` is empty."""

    text: str
    """Plain text; what is unresolved stands in it as `[Brief description]`."""
    unresolved: tuple[str, ...] = ()
    """Names of the variables that nobody has filled in."""
    variables: tuple[Variable, ...] = ()
    """All that the template names, in its order: what a dialog asks."""
    external: bool = False


async def templates(documents: Documents) -> tuple[Template, ...]:
    """The built-in templates, and the team's own after them; one of the same name replaces the built-in."""
    raise NotImplementedError


async def compose(
    template: str,
    incident: Incident,
    entries: Iterable[TimelineEntry],
    *,
    documents: Documents,
    profile: Profile,
    policy: Policy,
    given: Mapping[str, str] = {},
    now: datetime | None = None,
) -> Composed:
    """Fill a template from the incident and from what was typed (`given` wins). Raises DocumentError."""
    raise NotImplementedError
