"""`opsconsole completion bash|zsh|fish`: the script that lets a shell complete commands, options and their values."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from .options import Failure

if TYPE_CHECKING:
    from ..config.settings import Settings

SHELLS = {
    "bash": "echo 'eval \"$(opsconsole completion bash)\"' >> ~/.bashrc",
    "zsh": "echo 'eval \"$(opsconsole completion zsh)\"' >> ~/.zshrc, below compinit",
    "fish": "opsconsole completion fish > ~/.config/fish/completions/opsconsole.fish",
}
"""By shell: how it is kept."""
VARIABLE = "_OPSCONSOLE_COMPLETE"
"""Set by the script when it asks the program for words; click looks at it."""


class _Completion(click.Command):
    """Its help tells how the script is kept."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("To keep it"):
            formatter.write_dl(list(SHELLS.items()))


@click.command(cls=_Completion)
@click.argument("shell", type=click.Choice(tuple(SHELLS)))
def completion(shell: str) -> None:
    """Print what a shell needs to complete commands, options, profiles, policies, contexts, tabs and scenarios."""
    from click.shell_completion import get_completion_class

    from .main import console

    of_shell = get_completion_class(shell)
    if of_shell is None:  # pragma: no cover  (the choices are those that click knows)
        raise Failure(f"there is no completion for {shell}", f"known are {', '.join(SHELLS)}")
    # the script alone: click's own check of the shell's version runs the shell, and writes to the terminal
    made = of_shell(console, {}, "opsconsole", VARIABLE)
    click.echo(made.source_template % made.source_vars())


# ---- the words of values --------------------------------------------------------------------------------------------


def profiles(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Names of the profiles of the settings that the line names so far."""
    settings = _settings(ctx)
    return _beginning(settings.profiles if settings is not None else (), incomplete)


def policies(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The built-in policies and those of the settings."""
    from ..config.policies import builtin_names

    settings = _settings(ctx)
    own = settings.policies if settings is not None else ()
    return _beginning({*builtin_names(), *own}, incomplete)


def contexts(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Contexts of the kubeconfig."""
    from ..sources.kubernetes.contexts import contexts as known

    try:
        return _beginning((context.name for context in known()), incomplete)
    except Exception:  # a shell that waits for words has no use for a sentence
        return []


def _settings(ctx: click.Context) -> "Settings | None":
    """The settings, as far as they can be read; a complaint has no place in a shell that waits for words."""
    from ..config.loading import load

    named = ctx.params.get("config_file") or ctx.find_root().params.get("config_file")
    try:
        return load(named).settings
    except Exception:
        return None


def _beginning(words: Iterable[str], incomplete: str) -> list[str]:
    return sorted(word for word in words if word.startswith(incomplete))
