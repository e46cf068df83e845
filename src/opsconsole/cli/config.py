"""`opsconsole config`: write, show and check the settings."""

import json
from typing import TYPE_CHECKING

import click

from .options import WRONG, Failure, Invocation, config_option, loaded_or_exit

if TYPE_CHECKING:
    from ..config.loading import Loaded


@click.group()
def config() -> None:
    """Write, show and check the settings.

    They are read from /etc/opsconsole/config.toml, and over it from opsconsole/config.toml in the XDG configuration
    directory; a file named by --config or $OPSCONSOLE_CONFIG stands alone.
    """


@config.command()
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--queries", is_flag=True, help="Print the PromQL of the profile by id instead, overrides included.")
@click.pass_obj
def show(invocation: Invocation, config_file: str | None, as_json: bool, queries: bool) -> None:
    """Print every value and where it came from.

    The place is a file and a line; secrets are shown as references.
    """
    from ..config.explain import explained, queries_of

    loaded = loaded_or_exit(invocation, config_file)
    values = list(queries_of(loaded, invocation.choose(loaded.settings)) if queries else explained(loaded))
    if as_json:
        rows = [{"key": value.key, "value": value.text, "origin": value.origin} for value in values]
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    width = max(len(f"{value.key} = {value.text}") for value in values)
    for value in values:
        click.echo(f"{f'{value.key} = {value.text}':<{min(width, 72)}}  # {value.origin}")


@config.command()
@config_option
@click.pass_obj
def validate(invocation: Invocation, config_file: str | None) -> None:
    """Check the settings and the OpenSLO files that they name, and say what is wrong where.

    Exit code 0 when they are right, 1 with FILE:LINE:COLUMN: KEY: what is wrong.
    """
    from ..config.loading import SettingsError, load
    from ..text.units import plural

    try:
        loaded = load(config_file or invocation.config_file)
    except SettingsError as error:
        click.echo(str(error))
        raise click.exceptions.Exit(WRONG) from None
    wrong = _wrong_objectives(loaded)
    for line in wrong:
        click.echo(line)
    if wrong:
        raise click.exceptions.Exit(WRONG)
    if not loaded.files:
        click.echo(f"no settings file found (looked for {', '.join(map(str, loaded.looked_for))})")
        return
    click.echo(f"{' and '.join(map(str, loaded.files))}: right, {plural(len(loaded.settings.profiles), 'profile')}")


def _wrong_objectives(loaded: "Loaded") -> list[str]:
    """Mistakes in the files of service level objectives; pages that can never fire among them."""
    files = dict.fromkeys(profile.slo.files for profile in loaded.settings.profiles.values() if profile.slo.files)
    if not files:
        return []
    from ..config.openslo import read_files

    return list(dict.fromkeys(str(problem) for named in files for problem in read_files(named).problems))


@config.command()
def schema() -> None:
    """Print the JSON schema of the settings, for editors."""
    from ..config.schema import json_schema

    click.echo(json.dumps(json_schema(), indent=2))


@config.command()
@click.pass_obj
def path(invocation: Invocation) -> None:
    """Print where settings are looked for.

    Later files go over earlier ones; for each it says whether it exists.
    """
    from ..config.paths import candidates

    for file in candidates(invocation.config_file):
        click.echo(f"{file}  {'found' if file.exists() else 'not there'}")


@config.command()
@config_option
@click.option("--force", is_flag=True, help="Write over an existing file.")
@click.option("--stdout", "print_only", is_flag=True, help="Print it instead of writing a file.")
@click.pass_obj
def init(invocation: Invocation, config_file: str | None, force: bool, print_only: bool) -> None:
    """Write a commented settings file.

    It is filled in with what was found on this machine and in its clusters.
    """
    from ..config.initial import write
    from ..config.paths import named_file, user_file
    from .discovery import discover_or_exit

    target = named_file(config_file or invocation.config_file) or user_file()
    exists = Failure(f"{target} exists already", "add --force to write over it, or --stdout to look first")
    if target.exists() and not (force or print_only):
        raise exists
    text = discover_or_exit(invocation)
    if print_only:
        click.echo(text, nl=False)
        return
    try:
        write(target, text, force=force)
    except FileExistsError:
        raise exists from None
    except OSError as error:
        raise Failure(f"{target} cannot be written ({error.strerror})", "name another file with --config") from None
    click.echo(f"wrote {target}; `opsconsole doctor` asks every source in it, `opsconsole` opens the console")
