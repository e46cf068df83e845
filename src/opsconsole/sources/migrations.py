"""Asks the command of the settings which migrations of the database were applied, and when."""

from collections.abc import Sequence
from pathlib import Path

from ..model.migration import Migration, Migrations
from ..model.reading import ProblemKind
from ..text import clock
from ..text.clean import clean
from . import command
from .errors import SourceError

LIMIT_S = 10.0
REMEDY = "run it by hand: `migrations` in the settings wants lines of an ISO 8601 time and a name"


async def told(wanted: Sequence[str]) -> Migrations:
    """What the command tells; unknown, and why, where there is none or it fails."""
    if not wanted:
        return Migrations(None, "no command in the settings (`migrations`) tells whether the database changed")
    try:
        return Migrations(await read_migrations(wanted))
    except SourceError as error:
        return Migrations(None, error.problem.sentence)


async def read_migrations(wanted: Sequence[str]) -> tuple[Migration, ...]:
    """Oldest first. Raises SourceError where the command fails, is silent, or prints something else."""
    name = clean(Path(wanted[0]).name, 60)
    try:
        ended = await command.run(wanted, {}, LIMIT_S)
    except OSError as error:
        reason = clean(error.strerror or str(error), 120)
        raise SourceError(ProblemKind.MISCONFIGURED, f"{name} cannot be started: {reason}", REMEDY) from error
    except command.NoAnswer:
        raise SourceError(ProblemKind.TIMEOUT, f"{name} gave no answer within {LIMIT_S:g} s", REMEDY) from None
    if ended.code != 0:
        words = f": {ended.said}" if ended.said else ""
        raise SourceError(ProblemKind.BAD_ANSWER, f"{name} failed ({ended.code}){words}", REMEDY)
    lines = ended.output.decode("utf-8", "replace").splitlines()
    return tuple(sorted((_migration(name, line) for line in lines if line.strip()), key=lambda one: one.at))


def _migration(command_name: str, line: str) -> Migration:
    time, _, name = line.strip().partition(" ")
    try:
        return Migration(clock.parse(time), clean(name.strip(), 200))
    except ValueError:
        sentence = f"{command_name} printed a line that does not begin with a time: {clean(line, 60)}"
        raise SourceError(ProblemKind.BAD_ANSWER, sentence, REMEDY) from None
