"""`opsconsole do`: scale, restart, roll back, set an autoscaler's bounds, undo; with the guards of the console."""

import re
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from .options import Failure, Invocation, config_option, loaded_or_exit

if TYPE_CHECKING:
    from .doing import Wish

F = TypeVar("F", bound=Callable[..., Any])

KINDS = {
    "deployment": "Deployment", "deployments": "Deployment", "deploy": "Deployment", "deployment.apps": "Deployment",
    "statefulset": "StatefulSet", "statefulsets": "StatefulSet", "sts": "StatefulSet",
    "statefulset.apps": "StatefulSet",
    "daemonset": "DaemonSet", "daemonsets": "DaemonSet", "ds": "DaemonSet", "daemonset.apps": "DaemonSet",
}  # fmt: skip
"""What kubectl calls them too."""
_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
"""A name as Kubernetes takes it; anything else would be another path of the API."""
_REPLICAS = re.compile(r"([+-]?)(\d{1,6})")
EXIT_CODES = (
    "Exit codes: 0 done and ready (--plan, --script: it could be done; --no-follow: written); 1 written, but it is "
    "stuck, unknown, not ready in time or made things worse; 2 it could not run; 3 refused, and nothing was changed."
)


class Workload(click.ParamType):  # type: ignore[type-arg]  # only the newest click can be told what it converts to
    """`deployment/api` as (kind, name)."""

    name = "KIND/NAME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        if isinstance(value, tuple):
            return value
        kind, slash, name = str(value).partition("/")
        if not slash or not name or kind.lower() not in KINDS:
            self.fail(f"{value!r} is no workload: write deployment/NAME, sts/NAME or ds/NAME", param, ctx)
        if not _NAME.fullmatch(name):
            self.fail(f"{name!r} is no name that Kubernetes knows", param, ctx)
        return KINDS[kind.lower()], name


def _namespace(ctx: click.Context, param: click.Parameter, value: str) -> str:
    if value and not _NAME.fullmatch(value):
        raise click.BadParameter(f"{value!r} is no name that Kubernetes knows", ctx, param)
    return value


class Replicas(click.ParamType):  # type: ignore[type-arg]
    """`6` as (6, None), `+2` as (None, 2)."""

    name = "N|+N|-N"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int | None, int | None]:
        if isinstance(value, tuple):
            return value
        found = _REPLICAS.fullmatch(str(value))
        if found is None:
            self.fail(f"{value!r} is no number of replicas: write 6, +2 or -1", param, ctx)
        number = int(found[2])
        return (None, -number if found[1] == "-" else number) if found[1] else (number, None)


def _guarded(command: F) -> F:
    """The options that every action has."""
    options = (
        click.option("--plan", is_flag=True, help="Say what it would do; change nothing."),
        click.option("--script", is_flag=True, help="Print a shell script that does the same; change nothing."),
        click.option("--yes", "-y", is_flag=True, help="Do not ask."),
        click.option("--reason", metavar="TEXT", default="", help="Why; goes into the journal."),
        click.option("--confirm", metavar="NAME", default="", help="The name, where the plan asks for it to be typed."),
        click.option("--force", is_flag=True, help="Also with a grave warning; takes --reason."),
        click.option("-n", "--namespace", metavar="NAME", default="", callback=_namespace,
                     help="Namespace of the workload."),
        click.option("--no-follow", is_flag=True, help="End as soon as the API server has accepted it."),
        click.option("--timeout", type=click.FloatRange(min=1), default=600.0, show_default=True, metavar="SECONDS",
                     help="How long to follow it."),
        click.option("--json", "as_json", is_flag=True, help="Print JSON."),
        config_option,
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return click.pass_obj(command)  # type: ignore[return-value]  # keeps the command's own parameters


@click.group("do", epilog=EXIT_CODES)
def do() -> None:
    """Change the platform, with the same guards, journal and follow-up as the console's keys.

    The plan is printed first. Without --yes the workload's name has to be typed; where no terminal is there to type
    on, --yes is needed. A production profile takes --reason. Ctrl+C while it is followed stops the telling only.
    """


@do.command(epilog=EXIT_CODES)
@click.argument("workload", type=Workload())
@click.option("--replicas", type=Replicas(), required=True, help="How many: 6; or how many more or fewer: +2, -1.")
@_guarded
def scale(
    invocation: Invocation, workload: tuple[str, str], replicas: tuple[int | None, int | None], **how: Any
) -> None:
    """Scale a Deployment or StatefulSet; where an autoscaler owns the replicas, its bounds are set."""
    from .doing import Wish

    _act(invocation, Wish("scale", *workload, replicas=replicas[0], change=replicas[1]), how)


@do.command(epilog=EXIT_CODES)
@click.argument("workload", type=Workload())
@_guarded
def restart(invocation: Invocation, workload: tuple[str, str], **how: Any) -> None:
    """Replace every pod, a few at a time, as `kubectl rollout restart` does."""
    from .doing import Wish

    _act(invocation, Wish("restart", *workload), how)


@do.command(epilog=EXIT_CODES)
@click.argument("workload", type=Workload())
@click.option("--to-revision", metavar="N", default="", help="Revision to go to; the one before where not given.")
@_guarded
def rollback(invocation: Invocation, workload: tuple[str, str], to_revision: str, **how: Any) -> None:
    """Go back to an earlier revision of a Deployment."""
    from .doing import Wish

    _act(invocation, Wish("rollback", *workload, revision=to_revision), how)


@do.command(epilog=EXIT_CODES)
@click.argument("workload", type=Workload())
@click.option("--min", "minimum", type=click.IntRange(0), metavar="N", help="Fewest replicas.")
@click.option("--max", "maximum", type=click.IntRange(1), metavar="N", help="Most replicas.")
@_guarded
def hpa(
    invocation: Invocation, workload: tuple[str, str], minimum: int | None, maximum: int | None, **how: Any
) -> None:
    """Set the bounds of the autoscaler that owns a workload's replicas."""
    if minimum is None and maximum is None:
        raise click.UsageError("say --min N, --max N or both")
    if minimum is not None and maximum is not None and minimum > maximum:
        raise click.UsageError(f"--min {minimum} is more than --max {maximum}")
    from .doing import Wish

    _act(invocation, Wish("bounds", *workload, minimum=minimum, maximum=maximum), how)


@do.command(epilog=EXIT_CODES)
@click.argument("run", metavar="[RUN]", default="")
@_guarded
def undo(invocation: Invocation, run: str, **how: Any) -> None:
    """Take back an action: RUN as the journal names it, or the newest one that was not taken back yet."""
    from .doing import Wish

    _act(invocation, Wish("undo", run=run), how)


def _act(invocation: Invocation, wish: "Wish", options: dict[str, Any]) -> NoReturn:
    """Choose the profile, do it, and end with its exit code."""
    loaded = loaded_or_exit(invocation, options.pop("config_file"))
    chosen = invocation.choose(loaded.settings)
    if chosen is None or chosen.profile.kubernetes is None:
        named = f"the profile {chosen.name} names no cluster" if chosen is not None else "no cluster is configured"
        raise Failure(named, "opsconsole config init writes settings; or name a context with --context NAME")
    from .doing import How, run

    how = How(**options, terminal=sys.stdin.isatty() and sys.stderr.isatty())
    raise click.exceptions.Exit(run(loaded.settings, chosen, wish, how))
