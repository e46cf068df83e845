"""Which label of a store of logs names services, pods and levels, and the LogQL that picks streams by them."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from ..model.logs import Counted, Level, LogStore, StoredPattern
from .log_lines import level_of, named_level

SERVICES = (
    "service_name", "service", "app", "app_kubernetes_io_name", "k8s_deployment_name", "deployment", "workload",
    "container", "k8s_container_name", "compose_service", "name", "job",
)  # fmt: skip
"""What shippers call it: Alloy and OpenTelemetry, Promtail's chart, Fluent Bit, Docker; the likeliest first."""
NAMESPACES = ("namespace", "k8s_namespace_name", "kubernetes_namespace_name", "namespace_name")
PODS = ("pod", "k8s_pod_name", "kubernetes_pod_name", "pod_name", "instance", "hostname", "host")
NOBODY = "unknown_service"
"""What Loki calls the service of a stream that names none."""
FOUND_LEVEL = "detected_level"
"""The level that Loki 3 finds in each line by itself."""
WRONG = "warn|warning|error|err|fatal|critical|crit|alert|emerg|panic"
_WRONG_WORDS = r"(?i)\b(warn|warning|error|err|fatal|critical|panic|severe|exception)\b"
_ERROR_WORDS = r"(?i)\b(error|err|fatal|critical|panic|severe|exception)\b"
LITERAL = re.compile(r"<[^<>]*>")


def candidates(labels: Collection[str]) -> list[str]:
    """Labels that may name services, the likeliest first."""
    return [label for label in SERVICES if label in labels]


def service_label(values: Mapping[str, Collection[str]], known: Collection[str]) -> str:
    """The label in whose values most of the known services stand; where none is known the likeliest that tells any."""
    named = {label: found for label, found in values.items() if set(found) - {NOBODY}}
    if not named:
        return ""
    best = max(named, key=lambda label: len(set(known) & set(named[label])))
    return best if set(known) & set(named[best]) else next(iter(named))


def first_of(wanted: Sequence[str], labels: Collection[str]) -> str:
    return next((label for label in wanted if label in labels), "")


def level_label(version: str, labels: Collection[str]) -> str:
    """Loki finds levels by itself from 3.0 on; before that only a label of the shipper's names them."""
    major = version.lstrip("vk").partition(".")[0]
    if not major.isdigit() or int(major) >= 3:
        return FOUND_LEVEL
    return first_of(("level", "severity"), labels)


def quoted(text: str) -> str:
    """A text as a string of LogQL."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def one_of(texts: Iterable[str]) -> str:
    """A regular expression for exactly these, as a string of LogQL."""
    return quoted("|".join(re.escape(text).replace("\\-", "-") for text in texts))


def selector(store: LogStore, template: str, service: str, namespace: str = "", *, pod: str = "") -> str:
    """`{service_name="api", namespace="shop"}`; "" where nothing tells services. The settings' template decides."""
    if template:
        return template.replace("{service}", _inner(service)).replace("{namespace}", _inner(namespace))
    if not store.service:
        return ""
    parts = [f"{store.service}={quoted(service)}"]
    if store.namespace and namespace:
        parts.append(f"{store.namespace}={quoted(namespace)}")
    label = first_of(PODS, store.labels)
    if pod and label:
        parts = [*parts[1:], f"{label}={quoted(pod)}"]
    return "{" + ", ".join(parts) + "}"


def everything(store: LogStore, namespaces: Sequence[str]) -> str:
    """All streams of these namespaces, none: all."""
    if store.namespace and namespaces:
        return f"{{{store.namespace}=~{one_of(namespaces)}}}"
    return f'{{{store.service}=~".+"}}'


def _inner(text: str) -> str:
    return quoted(text)[1:-1]


def counting(streams: str, store: LogStore, step_s: float) -> str:
    """Lines by service and level, one number for every step."""
    by = ", ".join(dict.fromkeys(part for part in (store.service, store.namespace, store.level) if part))
    return f"sum by ({by}) (count_over_time({streams}[{step_s:g}s]))"


def counting_words(streams: str, store: LogStore, step_s: float, *, errors: bool) -> str:
    """The same of lines that name such a level in their own words, where the store knows no levels."""
    by = ", ".join(part for part in (store.service, store.namespace) if part)
    words = _ERROR_WORDS if errors else _WRONG_WORDS
    return f"sum by ({by}) (count_over_time({streams} |~ `{words}` [{step_s:g}s]))"


def only_wrong(streams: str, store: LogStore) -> str:
    """Errors and warnings of the streams."""
    if store.level:
        return f"{streams} | {store.level}=~{quoted('(?i)' + WRONG)}"
    return f"{streams} |~ `{_WRONG_WORDS}`"


def containing(streams: str, pattern: str, since_s: float) -> str:
    """How many lines of the last `since_s` hold the longest piece of a pattern that stays the same; "" without one."""
    pieces = sorted((piece.strip() for piece in LITERAL.split(pattern)), key=len, reverse=True)
    if not pieces or len(pieces[0]) < 6:
        return ""
    return f"sum(count_over_time({streams} |= {quoted(pieces[0])} [{since_s:.0f}s]))"


def stored_news(found: Iterable[StoredPattern], since: float, step_s: float) -> tuple[tuple[Counted, ...], int, int]:
    """(errors and warnings that came only since then, lines counted before, lines counted since).

    A sample stands for the `step_s` from its time on; one that reaches over the moment is counted as since then.
    """
    before_all = since_all = 0.0
    new: dict[str, Counted] = {}
    for one in found:
        level = named_level(one.level) if one.level else level_of(one.pattern.encode())
        before = sum(count for at, count in one.samples if at + step_s <= since)
        after = sum(count for at, count in one.samples if at + step_s > since)
        before_all, since_all = before_all + before, since_all + after
        if after and not before and level >= Level.WARNING:
            same = new.get(one.pattern)
            new[one.pattern] = Counted(one.pattern, int(after) + (same.count if same else 0), level)
        elif before and one.pattern in new:
            del new[one.pattern]
    ranked = sorted(new.values(), key=lambda one: (-one.level, -one.count, one.pattern))
    return tuple(ranked), int(before_all), int(since_all)
