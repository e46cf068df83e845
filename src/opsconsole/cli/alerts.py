"""`opsconsole alerts`: which rules cry wolf, and which line of which runbook asks for each. Nothing here writes."""

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .options import Failure, Invocation, config_option, loaded_or_exit

if TYPE_CHECKING:
    from datetime import datetime

    from ..config.settings import Policy
    from ..model.alerts import Noise


@click.group()
def alerts() -> None:
    """Rules and their noise: how often each fired, passed alone, and was acted on."""


@alerts.command()
@config_option
@click.option("--since", metavar="TIME", default="7d", show_default=True, help="7d, 36h, or a time in UTC.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def noise(invocation: Invocation, config_file: str | None, since: str, as_json: bool) -> None:
    """Print what fired, the noisiest rule first, as consoles saw it.

    Signal is the share of firings that somebody acted on: acknowledged, declared as an incident, or followed by an
    action on the object.
    """
    from ..rules.noise_words import report
    from ..text import clock
    from ..text.clean import clean
    from ..text.moment import parse

    now = clock.now()
    try:
        begins = parse(since, now)
    except ValueError as error:
        raise Failure(str(error), "--since 7d") from None
    found = _noise(_store(invocation, config_file), begins, now)
    if as_json:
        click.echo(json.dumps(_exported(found), indent=2))
    else:
        click.echo("\n".join(clean(line) for line in report(found)))


@alerts.command()
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def rules(invocation: Invocation, config_file: str | None, as_json: bool) -> None:
    """Print the rules of the profile's policy: limit, duration, and the line of the runbook that asks for each."""
    from ..config.policies import PolicyError, resolve_policy

    settings = loaded_or_exit(invocation, config_file).settings
    chosen = invocation.choose(settings)
    name = chosen.profile.policy if chosen is not None else "default"
    try:
        policy = resolve_policy(settings, name)
    except PolicyError as error:
        raise Failure(str(error), "correct it in the settings") from None
    listed = _rules(policy)
    if as_json:
        click.echo(json.dumps(listed, indent=2))
        return
    for rule in listed:
        waits = f" for {rule['for']}" if rule["for"] else ""
        click.echo(f"{rule['id']}: {rule['title']} {rule['limit']}{waits}, {rule['severity']}")
        for asked in rule["asked_for_by"]:
            click.echo(f"    {asked['line']}{': ' if asked['words'] else ''}{asked['words']}")


def _rules(policy: "Policy") -> list[dict[str, Any]]:
    from ..config.runbooks import quoted
    from ..rules.findings import amount
    from ..text import units
    from ..text.clean import clean

    return [
        {
            "id": clean(id),
            "title": clean(rule.title),
            "measure": rule.measure,
            "limit": f"{rule.compare} {amount(rule.limit, rule.unit)}",
            "for": units.span(rule.for_s) if rule.for_s else "",
            "for_s": rule.for_s,
            "keep_firing_s": rule.keep_firing_s,
            "severity": rule.severity,
            "asked_for_by": [{"line": clean(line), "words": clean(words)} for line, words in quoted(rule.origin)],
        }
        for id, rule in policy.rules.items()
    ]


def _store(invocation: Invocation, config_file: str | None) -> Path:
    from ..store.store import default_path

    chosen = loaded_or_exit(invocation, config_file).settings.store.path
    path = Path(chosen).expanduser() if chosen else default_path()
    if not path.exists():
        remedy = "the console makes it when it is first opened; store.path in the settings names another file"
        raise Failure(f"nothing was seen to fire yet: {path} does not exist", remedy)
    return path


def _noise(path: Path, since: "datetime", now: "datetime") -> "Noise":
    from ..rules import noise
    from ..store.errors import StoreError
    from ..store.store import Store

    async def read() -> "Noise":
        store = Store.open(path, read_only=True)
        try:
            firings, known, journal = await store.firings(since), await store.incidents(), await store.journal_lines()
        finally:
            await store.close()
        return noise.noise(firings, known.acknowledgements, known.incidents, journal, since, now)

    try:
        return asyncio.run(read())
    except StoreError as error:
        raise Failure(error.problem.sentence, error.problem.remedy) from None


def _exported(found: "Noise") -> dict[str, Any]:
    import msgspec

    whole: dict[str, Any] = msgspec.to_builtins(found)
    return whole | {"fired": found.fired, "acted": found.acted, "signal": found.signal}
