"""The typed error of the store, and what SQLite's errors mean."""

from pathlib import Path

from ..model.reading import Problem, ProblemKind
from ..sources.errors import SourceError

_MEANINGS: tuple[tuple[tuple[str, ...], ProblemKind, str, str], ...] = (
    (
        ("database is locked", "database table is locked"),
        ProblemKind.REFUSED,
        "is locked by another program",
        "close what holds it (a backup, a database browser), then press r",
    ),
    (
        ("readonly database", "read-only"),
        ProblemKind.FORBIDDEN,
        "cannot be written",
        "check its permissions and those of its folder",
    ),
    (("disk is full",), ProblemKind.REFUSED, "cannot grow: the disk is full", "free some space, then press r"),
    (
        ("unable to open",),
        ProblemKind.FORBIDDEN,
        "cannot be opened",
        "check its path and the permissions of its folder",
    ),
    (
        ("not a database", "malformed"),
        ProblemKind.BAD_ANSWER,
        "is corrupt",
        "try again: the file is kept aside as it is, and a new one is begun",
    ),
    (("disk i/o error",), ProblemKind.REFUSED, "cannot be read or written: disk error", "check the disk and its quota"),
)


class StoreError(SourceError):
    """Something could not be kept or read; `problem` is fit for the screen."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.kind, problem.sentence, problem.remedy)


def meaning(path: Path, error: Exception) -> Problem:
    """What an error of SQLite or the file system means for this file."""
    said = str(getattr(error, "orig", None) or error).lower()
    for marks, kind, sentence, remedy in _MEANINGS:
        if any(mark in said for mark in marks):
            return Problem(kind, f"the store {path} {sentence}", remedy)
    if isinstance(error, OSError):
        sentence = f"the store {path} cannot be used: {error.strerror or type(error).__name__}"
        return Problem(ProblemKind.FORBIDDEN, sentence, "check its path and permissions")
    return Problem(ProblemKind.INTERNAL, f"the store {path} failed: {type(error).__name__}", "see ! for the log")


def is_corrupt(error: Exception) -> bool:
    said = str(getattr(error, "orig", None) or error).lower()
    return "not a database" in said or "malformed" in said
