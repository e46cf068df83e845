"""The command line's entry: opens the console, or loads the one command group that was asked for.

Exit codes: 0 done; 1 it ran and something is wrong; 2 it could not run (command line, settings, unusable source);
70 the console crashed.
"""

import contextlib
import os
import sys
from importlib import import_module
from typing import Any

import click
from click.shell_completion import CompletionItem

from .options import AtOnce, Invocation, completes, loaded_or_exit

TABS = ("now", "metrics", "pods", "queries", "costs", "customers", "incidents")
COMMANDS = {
    "alerts": ("alerts:alerts", "Rules and their noise: what fired, passed alone, was acted on."),
    "check": ("check:check", "Say once what is wrong, for cron, CI and monitors; exit codes are Nagios'."),
    "completion": ("completion:completion", "Print what bash, zsh or fish needs to complete command lines."),
    "config": ("config:config", "Write, show and check the settings."),
    "demo": ("demo:demo", "Start a platform in a box and open the console on it."),
    "baseline": ("baseline:baseline", "What is normal at this hour, what left it; accept it, or freeze it."),
    "doctor": ("doctor:doctor", "Ask every configured source and say what to do where one is not well."),
    "do": ("do:do", "Scale, restart, roll back or undo from the command line, with the console's guards."),
    "incident": ("incident:incident", "Declare incidents, write down what happens, and export the story."),
    "journal": ("journal:journal", "Show, verify and export who did what to the platform."),
    "slo": ("slo:slo", "Error budgets: what is left, how fast it burns, and OpenSLO out."),
    "postmortem": ("postmortem:postmortem", "Write the postmortem of an incident, and keep what people edited in it."),
}


class LazyGroup(click.Group):
    """Knows its commands by name and one line; imports a command's module when it is run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(f".{module}", __package__), name)
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Commands by their lines here, so that no module is loaded for it; then the options."""
        found = [CompletionItem(name, help=line) for name, (_, line) in COMMANDS.items() if name.startswith(incomplete)]
        return found + click.Command.shell_complete(self, ctx, incomplete)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


EXIT_CODES = (
    "Exit codes: 0 done; 1 it ran and something is wrong; 2 it could not run (command line, settings, an unusable "
    "source); 70 the console crashed."
)


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=EXIT_CODES,
)
@click.option(
    "-p", "--profile", metavar="NAME", shell_complete=completes("profiles"), help="Profile of the settings to open."
)
@click.option(
    "--context",
    metavar="NAME",
    shell_complete=completes("contexts"),
    help="Kubernetes context instead of the profile's.",
)
@click.option("-n", "--namespace", "namespaces", metavar="NAME", multiple=True, help="Namespace; may be repeated.")
@click.option("--tab", type=click.Choice(TABS, case_sensitive=False), help="Tab to open on.")
@click.option("--read-only", is_flag=True, help="Forbid writes for this run.")
@click.option("--no-mouse", is_flag=True, help="Leave the mouse to the terminal.")
@click.option("--config", "config_file", metavar="FILE", help="Settings file instead of the usual ones.")
@click.option("--prometheus", metavar="URL", help="Prometheus, also kube://NAMESPACE/SERVICE:PORT.")
@click.option("--pg", metavar="DSN", help='PostgreSQL; "" takes the PG* environment.')
@click.option("--redis", metavar="URL", help="Redis or Valkey.")
@click.option("--alert", metavar="WHICH", help="Open on the culprit of an alert: its fingerprint, link or name.")
@click.version_option(package_name="opsconsole", prog_name="opsconsole")
@click.pass_context
def console(ctx: click.Context, /, **options: Any) -> None:
    """A full-screen console for the people who run a production platform.

    Without a command it opens on the profile of the settings; the options below override that profile, or stand in
    for one.
    """
    ctx.obj = Invocation(**options)
    if ctx.invoked_subcommand is None:
        ctx.exit(_open(ctx.obj))


def _open(invocation: Invocation) -> int:
    loaded = loaded_or_exit(invocation)
    chosen = invocation.choose(loaded.settings)
    from .console import run_console

    tab = invocation.tab or loaded.settings.interface.start_tab
    mouse = loaded.settings.interface.mouse and not invocation.no_mouse
    return run_console(loaded, chosen, tab=tab, mouse=mouse, alert=invocation.alert or "")


def main() -> None:
    """The program `opsconsole`."""
    try:
        console.main(prog_name="opsconsole")
    except AtOnce as end:
        with contextlib.suppress(OSError):
            sys.stdout.flush()
        os._exit(int(end.code or 0))
