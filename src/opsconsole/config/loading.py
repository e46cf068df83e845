"""Finds the settings files, lays one over the other and remembers where each value came from."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from . import paths, policies
from .places import KeyPath, Place, places, text_of
from .schema import Mistake, meaning_mistakes, shape_mistakes
from .settings import Settings

_AT = re.compile(r"\(at line (\d+), column (\d+)\)|\(at end of document\)")


class Origin(msgspec.Struct, frozen=True, gc=False):
    """The file, line and column of a value."""

    file: Path
    line: int
    column: int


class SettingsProblem(msgspec.Struct, frozen=True, gc=False):
    """One mistake with its place; `file` alone when the whole file is at fault."""

    file: Path | None
    line: int | None
    column: int | None
    key: str
    sentence: str

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        return ": ".join(part for part in (place, self.key, self.sentence) if part)


class SettingsError(Exception):
    """The settings cannot be used; `problems` says all that is wrong, each with its place."""

    def __init__(self, problems: tuple[SettingsProblem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class Loaded(msgspec.Struct, frozen=True, gc=False):
    """Settings with their origin."""

    settings: Settings
    path: Path | None
    """The file with the last word; None when no file was found."""
    origins: dict[KeyPath, Origin] = {}
    files: tuple[Path, ...] = ()
    looked_for: tuple[Path, ...] = ()

    def origin_of(self, key: KeyPath) -> Origin | None:
        """Where a value stands, or the table that it should stand in; None when it is built in."""
        return self.origins.get(key)


def load(path: str | Path | None = None) -> Loaded:
    """The settings in force. Without any file they are empty; raises SettingsError with every mistake.

    A file named by `path` or $OPSCONSOLE_CONFIG stands alone and must exist; otherwise the system's file is read and
    the operator's own is laid over it, table by table.
    """
    looked_for = paths.candidates(path)
    must_exist = paths.named_file(path) is not None
    merged: dict[str, Any] = {}
    origins: dict[KeyPath, Origin] = {}
    files: list[Path] = []
    for file in looked_for:
        text = _read(file, must_exist=must_exist)
        if text is None:
            continue
        table = _parse(file, text)
        _lay_over(merged, table, origins, {key: _origin(file, place) for key, place in places(text).items()})
        files.append(file)
    return Loaded(_checked(merged, origins, files), files[-1] if files else None, origins, tuple(files), looked_for)


def _checked(merged: dict[str, Any], origins: Mapping[KeyPath, Origin], files: list[Path]) -> Settings:
    completed = _with_inherited_rules(merged)
    mistakes = list(shape_mistakes(completed))
    if not mistakes:
        settings = msgspec.convert(completed, Settings)
        mistakes = list(meaning_mistakes(settings))
    if mistakes:
        fallback = files[-1] if files else None
        raise SettingsError(tuple(_placed(mistake, origins, fallback) for mistake in mistakes))
    return settings


def _read(file: Path, *, must_exist: bool) -> str | None:
    try:
        # utf-8-sig: editors on other systems leave a byte-order mark, which TOML does not allow
        return file.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise SettingsError((SettingsProblem(file, None, None, "", f"is not UTF-8 text ({error.reason})"),)) from None
    except (FileNotFoundError, NotADirectoryError) as error:
        if must_exist:
            raise SettingsError((SettingsProblem(file, None, None, "", "does not exist"),)) from error
        return None
    except OSError as error:
        sentence = f"cannot be read ({error.strerror})"
        raise SettingsError((SettingsProblem(file, None, None, "", sentence),)) from error


def _parse(file: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        match = _AT.search(message)
        line, column = (int(match[1]), int(match[2])) if match and match[1] else (text.count("\n") + 1, 1)
        sentence = f"is not TOML: {_AT.sub('', message).strip().lower()}"
        raise SettingsError((SettingsProblem(file, line, column, "", sentence),)) from None


def _lay_over(
    base: dict[str, Any], table: Mapping[str, Any], origins: dict[KeyPath, Origin], fresh: Mapping[KeyPath, Origin]
) -> None:
    """Merge tables; any other value replaces the one below it together with the origins of its parts."""

    def merge(below: dict[str, Any], above: Mapping[str, Any], key: KeyPath) -> None:
        for name, value in above.items():
            here = (*key, name)
            if isinstance(value, dict) and isinstance(below.get(name), dict):
                merge(below[name], value, here)
                continue
            for known in [known for known in origins if known[: len(here)] == here]:
                del origins[known]
            below[name] = value

    merge(base, table, ())
    origins.update(fresh)


def _with_inherited_rules(table: dict[str, Any]) -> dict[str, Any]:
    """Rules of a policy that give only what differs are completed from the policy that they extend."""
    own = table.get("policies")
    if not isinstance(own, dict):
        return table

    def rules_of(name: str, seen: tuple[str, ...]) -> dict[str, Any]:
        policy = own.get(name) if name not in seen else None
        if isinstance(policy, dict):
            below = policy.get("extends") or (name if name in policies.builtin_names() else None)
            inherited = rules_of(below, (*seen, name)) if isinstance(below, str) else {}
            rules = policy.get("rules", {})
            if not isinstance(rules, dict):
                return inherited
            return {**inherited, **{rule: _completed(inherited.get(rule), value) for rule, value in rules.items()}}
        if name in policies.builtin_names():
            found: dict[str, Any] = policies.builtin_table(name).get("rules", {})
            return found
        return {}

    completed = {}
    for name, policy in own.items():
        if isinstance(policy, dict) and isinstance(policy.get("rules"), dict):
            every = rules_of(name, ())
            policy = {**policy, "rules": {rule: every[rule] for rule in policy["rules"]}}
        completed[name] = policy
    return {**table, "policies": completed}


def _completed(inherited: object, rule: object) -> object:
    return {**inherited, **rule} if isinstance(inherited, dict) and isinstance(rule, dict) else rule


def _origin(file: Path, place: Place) -> Origin:
    return Origin(file, place.line, place.column)


def _placed(mistake: Mistake, origins: Mapping[KeyPath, Origin], fallback: Path | None) -> SettingsProblem:
    """The mistake with the place of its key, or of the nearest table around it."""
    key = mistake.key
    for length in range(len(key), 0, -1):
        origin = origins.get(key[:length])
        if origin is not None:
            return SettingsProblem(origin.file, origin.line, origin.column, text_of(key), mistake.sentence)
    return SettingsProblem(fallback, None, None, text_of(key), mistake.sentence)
