"""What all commands share: the options of the program itself, and how a mistake is said."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:  # the settings are imported when a command runs, so that --help stays quick
    from ..config.choice import Chosen, Overrides
    from ..config.loading import Loaded
    from ..config.settings import Settings

F = TypeVar("F", bound=Callable[..., Any])

WRONG = 1
"""Exit code: it ran and something is wrong."""
UNUSABLE = 2
"""Exit code: it could not run."""
UNKNOWN = 3
"""Exit code of what a monitor runs: nobody can tell."""


class Failure(click.ClickException):
    """One sentence, what to do, and exit code 2."""

    exit_code = UNUSABLE

    def __init__(self, sentence: str, remedy: str = "") -> None:
        super().__init__(f"{sentence}\n  → {remedy}" if remedy else sentence)

    def show(self, file: Any = None) -> None:
        click.echo(f"opsconsole: {self.message}", err=True)


class Monitor(click.Command):
    """A command with the exit codes of Nagios: a mistake in the command line is unknown, 2 would say critical."""

    def make_context(self, *arguments: Any, **extra: Any) -> click.Context:
        try:
            return super().make_context(*arguments, **extra)
        except click.UsageError as error:
            vars(error)["exit_code"] = UNKNOWN
            raise


class AtOnce(SystemExit):
    """Ends the program with a code, without taking down what others have loaded: everything of ours is closed."""


@dataclass(frozen=True, slots=True)
class Invocation:
    """The options of the program as given."""

    profile: str | None = None
    context: str | None = None
    namespaces: tuple[str, ...] = ()
    tab: str | None = None
    read_only: bool = False
    no_mouse: bool = False
    config_file: str | None = None
    prometheus: str | None = None
    pg: str | None = None
    redis: str | None = None
    alert: str | None = None

    def overrides(self) -> "Overrides":
        from ..config.choice import Overrides

        return Overrides(self.context, self.namespaces, self.prometheus, self.pg, self.redis, self.read_only)

    def choose(self, settings: "Settings") -> "Chosen | None":
        """The profile these options mean; None when nothing is configured. Raises Failure."""
        from ..config.choice import ChoiceError, choose

        try:
            return choose(settings, self.profile, self.overrides())
        except ChoiceError as error:
            raise Failure(str(error)) from None


def loaded_or_exit(invocation: Invocation, config_file: str | None = None) -> "Loaded":
    """The settings, or a Failure that names every mistake with its place."""
    from ..config.loading import SettingsError, load

    try:
        return load(config_file or invocation.config_file)
    except SettingsError as error:
        raise Failure(
            f"the settings cannot be used\n{error}", "correct the file; `opsconsole config validate` checks it"
        ) from None


def completes(words: str) -> Callable[[click.Context, click.Parameter, str], list[Any]]:
    """Completes a value with `words` of cli/completion.py, which is loaded when a shell asks."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        from . import completion

        found: list[Any] = getattr(completion, words)(ctx, param, incomplete)
        return found

    return complete


def config_option(command: F) -> F:
    """--config after the command's own name, for those who type it there."""
    help = "Settings file instead of the usual ones."
    file = click.Path()  # for the shell alone: the settings say themselves what is wrong with it
    return click.option("--config", "config_file", metavar="FILE", type=file, help=help)(command)
