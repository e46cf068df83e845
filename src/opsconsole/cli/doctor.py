"""`opsconsole doctor`: asks every configured source and says what to do where one is not well."""

import asyncio
import json
from typing import TYPE_CHECKING

import click

from .options import Invocation, config_option, loaded_or_exit

if TYPE_CHECKING:
    from ..checks.check import Check

COLOURS = {"fine": "green", "degraded": "yellow", "unusable": "red"}


@click.command()
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def doctor(invocation: Invocation, config_file: str | None, as_json: bool) -> None:
    """Ask every configured source: reached or not, version, round trip, rights, clocks, and what to do.

    Exit code 0: all fine; 1: something is degraded; 2: something is unusable.
    """
    loaded = loaded_or_exit(invocation, config_file)
    chosen = invocation.choose(loaded.settings)
    from ..checks.doctor import examine, worst

    checks = asyncio.run(examine(loaded, chosen))
    verdict = worst(checks)
    if as_json:
        profile = chosen.name if chosen else None
        rows = [_as_json(check) for check in checks]
        click.echo(json.dumps({"profile": profile, "verdict": verdict.name.lower(), "checks": rows}, indent=2))
    else:
        click.echo(f"profile {chosen.name}" if chosen else "no profile")
        for line in rendered(checks):
            click.echo(line)
    raise click.exceptions.Exit(int(verdict))


def rendered(checks: "list[Check]") -> list[str]:
    """Plain lines: source, verdict in a word, what was found; under it the one thing to do."""
    width = max((len(check.source) for check in checks), default=0)
    lines = []
    before = ""
    for check in checks:
        word = check.verdict.name.lower()
        name = check.source if check.source != before else ""
        facts = [check.said, check.version, f"{check.took_ms:.0f} ms" if check.took_ms is not None else ""]
        if check.clock_difference_s is not None:
            # HTTP tells whole seconds
            apart = abs(check.clock_difference_s) >= 1
            facts.append(f"clock {check.clock_difference_s:+.0f} s" if apart else "clocks agree")
        said = " · ".join(fact for fact in facts if fact)
        lines.append(f"{name:<{width}}  {click.style(f'{word:<8}', fg=COLOURS[word])}  {said}")
        if check.remedy:
            lines.append(f"{'':<{width}}            → {check.remedy}")
        before = check.source
    return lines


def _as_json(check: "Check") -> dict[str, object]:
    return {
        "source": check.source,
        "verdict": check.verdict.name.lower(),
        "said": check.said,
        "remedy": check.remedy or None,
        "version": check.version or None,
        "round_trip_ms": round(check.took_ms, 1) if check.took_ms is not None else None,
        "clock_difference_s": round(check.clock_difference_s, 2) if check.clock_difference_s is not None else None,
    }
