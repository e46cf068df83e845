"""The contexts of the kubeconfig files, read as plain YAML: fast, and without the Kubernetes package."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import yaml

from ...model.reading import ProblemKind
from ...text.clean import clean
from ..errors import SourceError

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Context(msgspec.Struct, frozen=True, gc=False):
    """One context of a kubeconfig."""

    name: str
    cluster: str = ""
    user: str = ""
    namespace: str = ""
    server: str = ""
    current: bool = False
    file: str = ""
    signs_in_by: str = ""
    """The credential helper's command, where the user has one."""
    broken: str = ""
    """Why it cannot be used, as far as the files tell; "" where they name all that it needs."""


def paths(kubeconfig: str | None = None) -> tuple[Path, ...]:
    """Where kubeconfigs are looked for, existing or not: the given path, else $KUBECONFIG, else ~/.kube/config."""
    text = kubeconfig or os.environ.get("KUBECONFIG") or "~/.kube/config"
    return tuple(Path(part).expanduser() for part in text.split(os.pathsep) if part)


def contexts(kubeconfig: str | None = None) -> tuple[Context, ...]:
    """All contexts; () where no file exists. SourceError (MISCONFIGURED) for a file that is no kubeconfig."""
    clusters: dict[str, str] = {}
    helpers: dict[str, str] = {}
    found: dict[str, Context] = {}
    current = ""
    for path in paths(kubeconfig):
        if not path.is_file():
            continue
        document = read(path)
        current = current or _text(document.get("current-context"))
        for name, body in _named(document, "clusters", "cluster"):
            clusters.setdefault(name, _text(body.get("server")))
        for name, body in _named(document, "users", "user"):
            helper = body.get("exec")
            helpers.setdefault(name, _text(helper.get("command")) if isinstance(helper, dict) else "")
        for name, body in _named(document, "contexts", "context"):
            found.setdefault(
                name,
                Context(
                    name, _text(body.get("cluster")), _text(body.get("user")), _text(body.get("namespace")),
                    file=str(path),
                ),
            )  # fmt: skip
    return tuple(
        msgspec.structs.replace(
            context,
            server=clusters.get(context.cluster, ""),
            current=context.name == current,
            signs_in_by=helpers.get(context.user, ""),
            broken=_broken(context, clusters, helpers),
        )
        for context in found.values()
    )


def _broken(context: Context, clusters: Mapping[str, str], users: Mapping[str, str]) -> str:
    if context.cluster not in clusters:
        return f"the kubeconfig has no cluster {context.cluster or 'for it'}"
    if not clusters[context.cluster]:
        return f"the kubeconfig names no server for the cluster {context.cluster}"
    if context.user and context.user not in users:
        return f"the kubeconfig has no user {context.user}"
    return ""


def read(path: Path) -> dict[str, Any]:
    """One kubeconfig file. SourceError (MISCONFIGURED) when it cannot be read or is none."""
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), _Loader)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise SourceError(
            ProblemKind.MISCONFIGURED, f"{path} cannot be read: {reason}", f"check the file's permissions: {path}"
        ) from error
    except yaml.YAMLError as error:
        # the error itself would quote the line, and with it a token
        mark = getattr(error, "problem_mark", None)
        place = f" (line {mark.line + 1})" if mark else ""
        raise SourceError(
            ProblemKind.MISCONFIGURED, f"{path} is not YAML{place}", "repair the file: `kubectl config view` names it"
        ) from None
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise SourceError(ProblemKind.MISCONFIGURED, f"{path} is no kubeconfig", "point `kubeconfig` at the right file")
    return document


def _named(document: dict[str, Any], key: str, inner: str) -> list[tuple[str, dict[str, Any]]]:
    entries = document.get(key)
    return [
        (clean(str(item.get("name", "")), 300), item[inner])
        for item in (entries if isinstance(entries, list) else ())
        if isinstance(item, dict) and isinstance(item.get(inner), dict)
    ]


def _text(value: object) -> str:
    return clean(value, 300) if isinstance(value, str) else ""
