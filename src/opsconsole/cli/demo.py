"""`opsconsole demo`: a platform in a box, with the console on it or, with --serve, by itself."""

import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .options import Invocation, loaded_or_exit

if TYPE_CHECKING:
    from opsconsole.demo.launch import RunningDemo

SCENARIOS = (
    "default", "calm", "slow-release", "crash-loop", "hpa-ceiling", "noisy-neighbour", "node-loss", "lock-pileup",
    "pool-exhaustion", "cache-collapse", "missing-index", "vacuum-behind", "quiet-failure",
)  # fmt: skip


class _Demo(click.Command):
    """Its help tells what each scenario does; the scenarios are read only for that."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from opsconsole.demo.scenarios import SCENARIOS as described

        with formatter.section("Scenarios"):
            formatter.write_dl([(name, described[name].says) for name in SCENARIOS])


@click.command("demo", cls=_Demo)
@click.option(
    "--scenario",
    type=click.Choice(SCENARIOS),
    default="default",
    show_default=True,
    help="What happens, from the list below.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same platform.")
@click.option(
    "--speed",
    type=click.FloatRange(min=0.1, max=100),
    default=1.0,
    show_default=True,
    help="Compresses the scenario's script; the clock stays the wall's.",
)
@click.option("--serve", is_flag=True, help="Start the platform alone and print how to reach it.")
@click.pass_obj
def demo(invocation: Invocation, scenario: str, seed: int, speed: float, serve: bool) -> None:
    """Start a platform in a box: real PostgreSQL and Valkey, simulated Kubernetes and Prometheus, on loopback only."""
    from opsconsole.demo.launch import DemoFailed, start_demo

    click.echo("starting PostgreSQL, Valkey, Kubernetes and Prometheus of the demo…", err=True)
    # Before the console runs, a terminal that goes away or a kill ends the demo as ctrl-c does.
    before = {number: signal.signal(number, _interrupt) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        with start_demo(scenario, seed, speed) as running:
            if serve:
                _serve(running)
            else:
                for number, handler in before.items():
                    signal.signal(number, handler)
                sys.exit(_console(invocation, running))
    except DemoFailed as error:
        raise click.ClickException(str(error)) from error
    except KeyboardInterrupt:
        sys.exit(0 if serve else 130)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _console(invocation: Invocation, running: "RunningDemo") -> int:
    """The console on the demo's settings, with the options given before `demo`; its exit code."""
    from .console import run_console

    demo_invocation = replace(invocation, config_file=str(running.settings_path))
    loaded = loaded_or_exit(demo_invocation)
    tab = invocation.tab or loaded.settings.interface.start_tab
    mouse = loaded.settings.interface.mouse and not invocation.no_mouse
    chosen, alert = demo_invocation.choose(loaded.settings), invocation.alert or ""
    return run_console(loaded, chosen, tab=tab, mouse=mouse, alert=alert)


def _serve(running: "RunningDemo") -> None:
    click.echo(directions(running.facts))
    for report in running.reports():
        click.echo(f"{report['server']} ended (exit code {report['exit_code']}):\n{report['log']}", err=True)
    raise click.ClickException("the demo's supervisor has ended, and everything with it")


def directions(facts: dict[str, Any]) -> str:
    """How to reach each server of a running demo, ready to be copied into another terminal."""
    secrets = Path(facts["secrets"])
    return f"""\
settings    {facts["settings"]}
kubeconfig  {facts["kubeconfig"]}

opsconsole --config {facts["settings"]}
kubectl --kubeconfig {facts["kubeconfig"]} get pods,hpa,nodes -o wide
PGPASSWORD=$(cat {secrets / "console"}) psql -h 127.0.0.1 -p {facts["postgres_port"]} -U opsconsole shop
REDISCLI_AUTH=$(cat {secrets / "reader"}) redis-cli -p {facts["valkey_port"]} --user opsconsole info memory
curl '{facts["prometheus"]}/api/v1/query?query=up'

as administrator, to mend what a scenario breaks:
PGPASSWORD=$(cat {secrets / "superuser"}) psql -h 127.0.0.1 -p {facts["postgres_port"]} -U postgres shop
REDISCLI_AUTH=$(cat {secrets / "valkey"}) redis-cli -p {facts["valkey_port"]}

ctrl-c ends it and leaves nothing behind"""
