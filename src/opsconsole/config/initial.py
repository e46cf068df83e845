"""Writes a first settings file: commented, filled in with what was found, and never over another one unasked."""

import json
import os
import re
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from ..text.clean import clean

HEAD = """\
# Settings of opsconsole. A misspelt key is an error with its place: `opsconsole config validate`.
# Every key and its type: `opsconsole config schema`. What is in force and where it came from: `opsconsole config show`.
# Secrets never stand in this file; they are referred to as { env = "NAME" }, { file = "PATH" } or
# { command = ["PROGRAM", "ARGUMENT"] }.
"""
TAIL = """
[interface]
# theme = "dark"              # dark, light, high-contrast, colour-blind
# glyphs = "auto"             # unicode, or ascii where ▲ is drawn two cells wide; auto: ascii for TERM=linux
# mouse = true
# bell = true                 # once per new finding of the two highest severities
# start_tab = "now"           # now, metrics, pods, queries, costs, customers, incidents

[store]
# path = "~/.local/state/opsconsole/store.db"
"""
SOURCES_TO_ADD = """\
# [[profiles.{name}.postgres]]
# name = "primary"
# dsn = "host=db.example.com dbname=shop user=opsconsole sslmode=verify-full"
# password = {{ env = "OPSCONSOLE_PG_PASSWORD" }}

# [[profiles.{name}.redis]]
# url = "rediss://cache.example.com:6379"
# password = {{ file = "~/.config/opsconsole/redis-password" }}

# [profiles.{name}.billing]
# focus = ["/var/lib/billing/focus-*.parquet"]

# [profiles.{name}.slo]
# files = ["~/.config/opsconsole/objectives.yaml"]   # OpenSLO v1; opsconsole slo --example prints one

# [profiles.{name}.customers]
# file = "/var/lib/customers/health.csv"
"""


class FoundContext(msgspec.Struct, frozen=True, gc=False):
    """A context of the kubeconfig, with the services found in its cluster where it was asked."""

    name: str
    namespace: str = ""
    current: bool = False
    services: tuple[tuple[str, str], ...] = ()
    """(kind, kube:// address), likeliest first."""
    remark: str = ""
    """Why its cluster was not asked, or did not answer."""


class Found(msgspec.Struct, frozen=True, gc=False):
    """What a first settings file is made of."""

    contexts: tuple[FoundContext, ...] = ()
    postgres: tuple[tuple[str, str], ...] = ()
    """(dsn, where it was found)."""
    redis_auth: bool = False
    kubeconfig: str = ""
    """$KUBECONFIG, where it is set: the settings keep it, so that they hold without it."""


def found_postgres(environ: Mapping[str, str], home: Path) -> tuple[tuple[str, str], ...]:
    """PostgreSQL servers that libpq would know: $PGSERVICE, the PG* variables, the entries of the password file.

    Passwords are not read into anything: libpq finds them itself.
    """
    found: list[tuple[str, str]] = []
    if environ.get("PGSERVICE"):
        found.append((f"service={_libpq(environ['PGSERVICE'])}", "$PGSERVICE"))
    names = [name for name in ("PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE", "PGUSER") if environ.get(name)]
    if names and not environ.get("PGSERVICE"):
        found.append(("", ", ".join(f"${name}" for name in names)))
    file = Path(environ.get("PGPASSFILE") or home / ".pgpass")
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    for line in lines:
        # host:port:database:user:password, with \: and \\ for the characters themselves
        parts = [re.sub(r"\\(.)", r"\1", part) for part in re.split(r"(?<!\\):", line.strip())]
        if line.startswith("#") or len(parts) != 5:
            continue
        keys = zip(("host", "port", "dbname", "user"), parts, strict=False)
        dsn = " ".join(f"{key}={_libpq(value)}" for key, value in keys if value != "*")
        if dsn and (dsn, str(file)) not in found:
            found.append((dsn, str(file)))
    return tuple(found)


def rendered(found: Found) -> str:
    """The text of the settings file. It is valid as it stands; what has to be decided is commented out."""
    names = profile_names([context.name for context in found.contexts]) or ["here"]
    contexts = found.contexts or (FoundContext(""),)
    chosen = next((index for index, context in enumerate(contexts) if context.current), 0)
    parts = [HEAD, f"\ndefault_profile = {_toml(names[chosen])}\n"]
    for index, (name, context) in enumerate(zip(names, contexts, strict=True)):
        parts.append(_profile(name, context, found if index == chosen else Found(kubeconfig=found.kubeconfig)))
    return "".join(parts) + TAIL


def write(target: Path, text: str, *, force: bool = False) -> None:
    """Write the file (0600) whole or not at all; FileExistsError unless `force`."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if force:
            os.replace(name, target)
        else:
            os.link(name, target)
    finally:
        Path(name).unlink(missing_ok=True)


def profile_names(contexts: Iterable[str]) -> list[str]:
    """Short names for contexts: their last segment, made fit for a TOML key, told apart by a number."""
    names: list[str] = []
    for context in contexts:
        segment = re.split(r"[/@:]", context.rstrip("/@:"))[-1] or context
        base = re.sub(r"[^A-Za-z0-9_-]+", "-", segment).strip("-") or "cluster"
        name, number = base, 2
        while name in names:
            name, number = f"{base}-{number}", number + 1
        names.append(name)
    return names


def _profile(name: str, context: FoundContext, found: Found) -> str:
    production = "true" if re.search(r"prod|live", context.name, re.IGNORECASE) else "false"
    parts = [
        f"\n[profiles.{name}]\nproduction = {production}\n"
        "# read_only = true           # forbids every change, whatever the credentials allow\n"
        '# policy = "default"         # or s000 to s004, one per runbook, or one of [policies.…] below\n'
    ]
    if context.name:
        parts.append(_kubernetes(name, context, found.kubeconfig))
    parts.append(_services(name, context))
    parts += _postgres(name, found.postgres)
    if found.redis_auth:
        parts.append(
            f'\n[[profiles.{name}.redis]]\nurl = "redis://127.0.0.1:6379"\npassword = {{ env = "REDISCLI_AUTH" }}\n'
        )
    return "".join(parts) + "\n" + SOURCES_TO_ADD.format(name=name)


def _kubernetes(name: str, context: FoundContext, kubeconfig: str) -> str:
    remark = f"# {clean(context.remark, 200)}\n" if context.remark else ""
    usual = _toml(context.namespace) if context.namespace else ""
    place = f"kubeconfig = {_toml(kubeconfig)}\n" if kubeconfig else ""
    return (
        f"\n{remark}[profiles.{name}.kubernetes]\n{place}context = {_toml(context.name)}\n"
        f"# namespaces = [{usual}]          # empty: all that may be listed\n"
    )


def _services(name: str, context: FoundContext) -> str:
    """The likeliest service of each kind; others of the same kind beside it, commented out."""
    kinds: dict[str, list[str]] = {}
    for kind, url in context.services:
        kinds.setdefault(kind, []).append(url)
    parts = []
    for kind in ("prometheus", "alertmanager", "loki"):
        urls = kinds.get(kind)
        if not urls:
            parts.append(f'\n# [profiles.{name}.{kind}]\n# url = "kube://NAMESPACE/SERVICE:PORT"\n')
            continue
        others = "".join(f"# url = {_toml(url)}\n" for url in urls[1:])
        parts.append(f"\n[profiles.{name}.{kind}]\nurl = {_toml(urls[0])}\n{others}")
    return "".join(parts)


def _postgres(name: str, servers: tuple[tuple[str, str], ...]) -> list[str]:
    """The first one in use, the others commented out."""
    parts = []
    for index, (dsn, where) in enumerate(servers):
        mark = "# " if index else ""
        remark = "; empty: the PG* environment" if dsn == "" else ""
        parts.append(
            f"\n# from {clean(where)}\n{mark}[[profiles.{name}.postgres]]\n"
            f"{mark}name = {_toml('primary' if not index else f'server-{index + 1}')}\n"
            f"{mark}dsn = {_toml(dsn)}{'  # libpq' + remark if remark else ''}\n"
        )
    return parts


def _libpq(value: str) -> str:
    if re.fullmatch(r"[^\s'\\]+", value):
        return value
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _toml(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
