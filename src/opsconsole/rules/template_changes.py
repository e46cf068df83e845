"""What differs between two pod templates, in words: images, variables, resources, then everything else by its path."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..text.redact import redact

Template = Mapping[str, Any]
_SECRET_NAME = re.compile(r"pass|pwd|secret|token|key|credential|dsn", re.IGNORECASE)
_SHORT = 24
"""A value longer than this is not written out."""
_DEEP = 4
"""So many steps of a path are named."""
HASH = "pod-template-hash"
_EMPTY: tuple[Any, ...] = (None, {}, [], "")
"""What the API takes for the same: a field that is not set."""


def template_changes(old: Template, new: Template) -> tuple[str, ...]:
    """`image api:1→api:2`, `env FEED_V2 removed`, `requests cpu 100m→200m`, `spec.dnsPolicy`; () where they are equal.

    The hash that the controller writes into the labels of a ReplicaSet's template does not count.
    """
    first, second = without_hash(old), without_hash(new)
    before, after = _containers(first), _containers(second)
    both = [name for name in after if name in before]
    several = len(before) > 1 or len(after) > 1
    found = [
        *(f"container {name} added" for name in after if name not in before),
        *(f"container {name} removed" for name in before if name not in after),
    ]
    for part in (_image, _environment, _resources, _rest):
        for name in both:
            of = f" of {name}" if several else ""
            found += [f"{words}{of}" for words in part(before[name], after[name])]
    if len(both) == len(before) == len(after) and list(before) != list(after):
        found.append("containers in another order")
    found += list(_paths(_bare(first), _bare(second)))
    return tuple(dict.fromkeys(found))


def without_hash(template: Template) -> dict[str, Any]:
    """A copy without the label `pod-template-hash`: what a Deployment holds."""
    metadata = dict(template.get("metadata") or {})
    if HASH in (labels := metadata.get("labels") or {}):
        metadata["labels"] = {key: value for key, value in labels.items() if key != HASH}
    return {**template, "metadata": metadata}


def images(template: Template) -> tuple[str, ...]:
    """The images of its containers, in their order."""
    containers = (template.get("spec") or {}).get("containers") or ()
    return tuple(str(container.get("image", "")) for container in containers)


def short_image(image: str) -> str:
    """`api:1.8.2` of `registry.example/team/api:1.8.2`; of a digest its first digits."""
    name, _, digest = image.rsplit("/", 1)[-1].partition("@")
    return f"{name}@{digest.removeprefix('sha256:')[:12]}" if digest and ":" not in name else name


def _containers(template: Template) -> dict[str, dict[str, Any]]:
    spec = template.get("spec") or {}
    every = [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]
    return {str(container.get("name", "")): container for container in every}


def _bare(template: Template) -> dict[str, Any]:
    """The template without what is told container by container."""
    spec = {k: v for k, v in (template.get("spec") or {}).items() if k not in ("containers", "initContainers")}
    return {**template, "spec": spec}


def _image(old: Template, new: Template) -> Iterator[str]:
    before, after = str(old.get("image", "")), str(new.get("image", ""))
    if before != after:
        short = short_image(before), short_image(after)
        yield "image {}→{}".format(*(short if short[0] != short[1] else (before, after)))


def _environment(old: Template, new: Template) -> Iterator[str]:
    before, after = _variables(old), _variables(new)
    for name in before:
        if name not in after:
            yield f"env {name} removed"
    for name, value in after.items():
        if name not in before:
            yield f"env {name} added"
        elif value != before[name]:
            was, becomes = _plain(name, before[name]), _plain(name, value)
            yield f"env {name} {was}→{becomes}" if was and becomes else f"env {name} changed"
    if before == after and list(before) != list(after):
        yield "env in another order"
    if (old.get("envFrom") or []) != (new.get("envFrom") or []):
        yield "env from other sources"


def _variables(container: Template) -> dict[str, Any]:
    return {str(item.get("name", "")): item for item in container.get("env") or ()}


def _plain(name: str, item: Template) -> str:
    """A value that may be shown: short, and no secret."""
    value = item.get("value")
    if not isinstance(value, str) or len(value) > _SHORT or _SECRET_NAME.search(name):
        return ""
    return value if value and redact(value) == value else ""


def _resources(old: Template, new: Template) -> Iterator[str]:
    for side in ("requests", "limits"):
        before = (old.get("resources") or {}).get(side) or {}
        after = (new.get("resources") or {}).get(side) or {}
        for name in sorted(before.keys() | after.keys()):
            if before.get(name) != after.get(name):
                yield f"{side} {name} {before.get(name, 'none')}→{after.get(name, 'none')}"


def _rest(old: Template, new: Template) -> Iterator[str]:
    told = ("name", "image", "env", "envFrom", "resources")
    yield from _paths({k: v for k, v in old.items() if k not in told}, {k: v for k, v in new.items() if k not in told})
    before, after = old.get("resources") or {}, new.get("resources") or {}
    if before.get("claims") != after.get("claims"):
        yield "resources.claims"


def _paths(old: Any, new: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """The path of each place where they differ, as deep as it is worth naming."""
    if old == new:
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping) and len(path) < _DEEP:
        for key in sorted(old.keys() | new.keys(), key=str):
            yield from _paths(old.get(key), new.get(key), (*path, str(key)))
        return
    name = ".".join(path)
    if old in _EMPTY and new in _EMPTY:
        return
    yield f"{name} {'added' if old in _EMPTY else 'removed' if new in _EMPTY else 'changed'}"
