"""`opsconsole postmortem`: writes the postmortem of an incident, or renews it and keeps what people edited."""

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from .incident_desk import incident_id
from .options import WRONG, Failure, Invocation, config_option, loaded_or_exit

if TYPE_CHECKING:
    from ..config.settings import Settings
    from ..documents.postmortem import Written


@click.command()
@click.argument("incident", metavar="ID", type=incident_id)
@click.option("-o", "--output", metavar="FILE", help="Where to write it; - prints it and writes no file.")
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print path, counts and what is missing as JSON.")
@click.pass_obj
def postmortem(
    invocation: Invocation, incident: str, output: str | None, config_file: str | None, as_json: bool
) -> None:
    """Write the postmortem of an incident (ID is INC-7, or 7): facts from its record, blanks for what people judge.

    Written again, it keeps the sections that were edited. The template can be replaced: postmortem.md.j2 in the folder
    that [documents] templates names.

    Exit code 0: written; 1: there is no such incident, or the file could not be written; 2: it could not run.
    """
    from ..documents.errors import DocumentError
    from ..store.errors import StoreError

    settings = loaded_or_exit(invocation, config_file).settings
    path = Path(output).expanduser() if output and output != "-" else None
    try:
        text, written = asyncio.run(_write(invocation, settings, incident, path, print_only=output == "-"))
    except ValueError as error:
        raise _Wrong(str(error), "opsconsole incident list shows them") from None
    except DocumentError as error:
        raise _Wrong(error.problem.sentence, error.problem.remedy) from None
    except StoreError as error:
        raise Failure(error.problem.sentence, error.problem.remedy) from None
    if as_json:
        click.echo(json.dumps(msgspec.to_builtins(written) | ({"text": text} if output == "-" else {}), indent=2))
    elif output == "-":
        click.echo(text, nl=False)
        click.echo(written.words, err=True)
    else:
        click.echo(f"{written.path}: {written.words}")
        if written.kept:
            click.echo(f"kept as edited: {', '.join(written.kept)}")


class _Wrong(Failure):
    """It ran, and something is wrong."""

    exit_code = WRONG


async def _write(
    invocation: Invocation, settings: "Settings", incident: str, path: Path | None, *, print_only: bool
) -> "tuple[str, Written]":
    from ..config.policies import resolve_policy
    from ..config.settings import Profile
    from ..documents import postmortem as document
    from ..store.store import Store, default_path

    chosen = invocation.choose(settings)
    profile = chosen.profile if chosen is not None else Profile()
    policy = resolve_policy(settings, profile.policy)
    name = chosen.name if chosen is not None else ""
    file = Path(settings.store.path) if settings.store.path else default_path()
    if not _there(file):
        raise ValueError(f"{incident}: there is no such incident (and no store at {file})")
    store = Store.open(file, read_only=print_only)
    try:
        if print_only:
            return await document.render(
                incident, store, documents=settings.documents, profile=profile, policy=policy, profile_name=name
            )
        written = await document.write(
            incident,
            store,
            documents=settings.documents,
            profile=profile,
            policy=policy,
            profile_name=name,
            path=path,
        )
        return "", written
    finally:
        await store.close()


def _there(file: Path) -> bool:
    """Whether there is a store; one whose folder may not be looked into is there, and opening it says why."""
    try:
        return file.expanduser().exists()
    except OSError:
        return True
