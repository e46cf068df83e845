"""What there is on this machine when nothing is configured: settings files, kubeconfigs, the PG* environment."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import yaml

from . import paths

_POSTGRES = ("PGSERVICE", "PGHOST", "PGDATABASE", "PGUSER")


class Cluster(msgspec.Struct, frozen=True, gc=False):
    """One context of a kubeconfig."""

    context: str
    server: str
    file: str
    current: bool = False


class Looked(msgspec.Struct, frozen=True, gc=False):
    """Each place that was looked at, what was there, and the contexts that were found."""

    places: tuple[tuple[str, str], ...] = ()
    """(where, result)."""
    clusters: tuple[Cluster, ...] = ()


def look(environment: Mapping[str, str] = os.environ, config: str | Path | None = None) -> Looked:
    """Look around; reads files only, asks nobody. What cannot be read is named with its reason."""
    found: list[tuple[str, str]] = []
    for file in paths.candidates(config):
        found.append((str(file), "found, but it defines no profile" if file.is_file() else "no settings file"))
    clusters: list[Cluster] = []
    named = environment.get("KUBECONFIG", "")
    files = [Path(part) for part in named.split(os.pathsep) if part] or [Path.home() / ".kube" / "config"]
    for file in files:
        result, some = _kubeconfig(file)
        found.append((f"{file}{' ($KUBECONFIG)' if named else ''}", result))
        clusters += some
    variables = [name for name in _POSTGRES if environment.get(name)]
    found.append(("PG* in the environment", ", ".join(variables) + " set" if variables else "none set"))
    return Looked(tuple(found), tuple(clusters))


def _kubeconfig(file: Path) -> tuple[str, list[Cluster]]:
    try:
        content: Any = yaml.safe_load(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return "no kubeconfig", []
    except OSError as error:
        return f"cannot be read: {error.strerror}", []
    except (yaml.YAMLError, UnicodeDecodeError):
        return "is no valid YAML", []
    try:
        servers = {entry["name"]: entry["cluster"].get("server", "") for entry in content.get("clusters") or []}
        clusters = [
            Cluster(
                str(entry["name"]),
                str(servers.get(entry["context"].get("cluster"), "")),
                str(file),
                entry["name"] == content.get("current-context"),
            )
            for entry in content.get("contexts") or []
        ]
    except (AttributeError, KeyError, TypeError):
        return "is no kubeconfig", []
    return f"{len(clusters)} context{'s' if len(clusters) != 1 else ''}", clusters
