"""The page that `describe` writes: lines whose cells stand in columns, and how kubectl writes labels, times and lists.

Columns as Go's text/tabwriter makes them (kubectl: minimal width 0, padding 2): neighbouring lines that have a cell at
the same place share its width.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.cells import cell_len

from ..text.clean import clean
from ..text.redact import MASK, redact

Object = Mapping[str, Any]
"""Part of an object as the API server answers it; everything may be missing or null."""

NONE = "<none>"
UNSET = "<unset>"
LONGEST_ANNOTATION = 140
LONGEST = 4096
"""Characters of one value that are written out."""
MOST_LINES = 400
"""Lines of one value that are written out."""
APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_PADDING = 2
_SECRET_NAME = re.compile(r"pass|pwd|secret|token|key|credential|dsn", re.IGNORECASE)


class Page:
    """Lines as they are written; `lines` lays them out."""

    def __init__(self) -> None:
        self._tables: list[list[str]] = [[]]

    def add(self, level: int, text: str) -> None:
        """One line; tabs end its cells."""
        self._tables[-1].append("  " * level + text)

    def field(self, title: str, value: object, level: int = 0) -> None:
        self.add(level, f"{title}:\t{words(value)}")

    def labels(self, title: str, labels: Any, indent: str = "", *, level: int = 0) -> None:
        """Sorted, one to a line, under each other."""
        found = mapping(labels)
        if not found:
            self.add(level, f"{indent}{title}:\t{NONE}")
        for place, key in enumerate(sorted(found)):
            head = f"{indent}{title}:\t" if place == 0 else f"{indent}\t"
            self.add(level, f"{head}{words(key)}={words(found[key])}")

    def annotations(self, title: str, annotations: Any, *, level: int = 0) -> None:
        """The same; long values below their names, cut. What kubectl itself applied last is left out, as it does."""
        found = {key: value for key, value in mapping(annotations).items() if key != APPLIED}
        if not found:
            self.add(level, f"{title}:\t{NONE}")
        for place, key in enumerate(sorted(found)):
            head = f"{title}:\t" if place == 0 else "\t"
            value = redact(str(found[key] or "")[: LONGEST * 16]).removesuffix("\n")
            if len(value.encode()) + len(key) + 2 > LONGEST_ANNOTATION or "\n" in value:
                self.add(level, f"{head}{words(key)}:")
                for line in value.split("\n")[:MOST_LINES]:
                    self.add(level, f"\t  {shorten(words(line), LONGEST_ANNOTATION - 2)}")
            else:
                self.add(level, f"{head}{words(key)}: {words(value)}")

    def new_table(self) -> None:
        """What follows has columns of its own."""
        self._tables.append([])

    def lines(self) -> tuple[str, ...]:
        return tuple(line for table in self._tables for line in laid_out(table))


def laid_out(lines: Sequence[str]) -> list[str]:
    """Lines with their cells in columns."""
    rows = [line.split("\t") for line in lines]
    widths: list[list[int]] = [[] for _ in rows]

    def measure(first: int, last: int, column: int) -> None:
        start = first
        while start < last:
            if column >= len(rows[start]) - 1:
                start += 1
                continue
            end = start
            while end < last and column < len(rows[end]) - 1:
                end += 1
            width = max(_width(rows[place][column]) for place in range(start, end)) + _PADDING
            for place in range(start, end):
                widths[place].append(width)
            measure(start, end, column + 1)
            start = end

    measure(0, len(rows), 0)
    return [
        "".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, found, strict=False)) + row[-1]
        for row, found in zip(rows, widths, strict=True)
    ]


def _width(text: str) -> int:
    return len(text) if text.isascii() else cell_len(text)


# ---- values ---------------------------------------------------------------------------------------------------------


def mapping(value: Any) -> Mapping[str, Any]:
    """The mapping, or an empty one for null and nonsense."""
    return value if isinstance(value, Mapping) else {}


def items(value: Any) -> tuple[Mapping[str, Any], ...]:
    """The objects of a list; what is none is left out."""
    return tuple(item for item in value if isinstance(item, Mapping)) if isinstance(value, list | tuple) else ()


def at(value: Any, *path: str) -> Any:
    """What stands at the path; None where a step is missing."""
    for step in path:
        value = mapping(value).get(step)
    return value


def number(value: Any) -> int:
    """A count of the API, which leaves zeros out."""
    return value if isinstance(value, int) else 0


def words(value: object) -> str:
    """A value as Go writes it, safe for the terminal."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return "[" + " ".join(words(item) for item in value) + "]"
    return clean(str(value), LONGEST)


def secret(name: str, value: object) -> str:
    """A value that may be shown: none whose name or text says that it is a secret."""
    text = str(value or "")
    return MASK if text and _SECRET_NAME.search(name) else redact(text)


def title_case(value: object) -> str:
    return "True" if value else "False"


def optional(source: Any) -> str:
    return words(bool(at(source, "optional")))


def shorten(text: str, length: int) -> str:
    return f"{text[:length]}..." if len(text) > length else text


def moment(value: Any) -> datetime | None:
    """A time of the API; None where there is none, or none that can be read."""
    try:
        return datetime.fromisoformat(value).astimezone(UTC) if isinstance(value, str) and value else None
    except ValueError:
        return None


def time_words(value: Any) -> str:
    """`Thu, 20 Mar 2025 02:41:00 +0000`; `unknown` where kubectl writes the year 1."""
    found = moment(value)
    return found.strftime("%a, %d %b %Y %H:%M:%S %z") if found is not None else "unknown"


def age_words(value: Any, now: datetime) -> str:
    """How long ago, as kubectl rounds it."""
    found = moment(value)
    return "<unknown>" if found is None else span_words((now - found).total_seconds())


def span_words(seconds: float) -> str:
    """Source: k8s.io/apimachinery, pkg/util/duration, HumanDuration."""
    whole = int(seconds)
    if whole < -1:
        return "<invalid>"
    if whole < 120:
        return f"{max(0, whole)}s"
    minutes, hours = whole // 60, whole // 3600
    days = hours // 24
    if minutes < 10:
        return _two(minutes, "m", whole % 60, "s")
    if minutes < 180:
        return f"{minutes}m"
    if hours < 8:
        return _two(hours, "h", minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    if days < 8:
        return _two(days, "d", hours % 24, "h")
    if days < 730:
        return f"{days}d"
    return _two(days // 365, "y", days % 365, "d") if days < 365 * 8 else f"{days // 365}y"


def _two(large: int, unit: str, small: int, smaller: str) -> str:
    return f"{large}{unit}{small}{smaller}" if small else f"{large}{unit}"


def pairs(labels: Any) -> str:
    """`a=1,b=2`, sorted; `<none>`."""
    found = mapping(labels)
    return ",".join(sorted(f"{words(key)}={words(value)}" for key, value in found.items())) or NONE


def selector_words(selector: Any) -> str:
    """A LabelSelector as a query; "" where it selects everything or is none."""
    parts = [(str(key), f"{key}={value}") for key, value in mapping(at(selector, "matchLabels")).items()]
    for each in items(at(selector, "matchExpressions")):
        key, values = str(each.get("key", "")), ",".join(sorted(map(str, each.get("values") or ())))
        said = {"In": f"{key} in ({values})", "NotIn": f"{key} notin ({values})", "Exists": key}
        parts.append((key, said.get(str(each.get("operator")), f"!{key}")))
    return ",".join(text for _, text in sorted(parts, key=lambda part: part[0]))


def controller(metadata: Any) -> str:
    """`ReplicaSet/api-5d8`: what controls the object; "" where nothing does."""
    found = next((owner for owner in items(at(metadata, "ownerReferences")) if owner.get("controller")), None)
    return f"{words(found.get('kind'))}/{words(found.get('name'))}" if found is not None else ""


# ---- events ---------------------------------------------------------------------------------------------------------


def write_events(page: Page, events: Iterable[Object] | None, now: datetime, problem: str = "") -> None:
    """At the end: warnings first, each part in order of time; `problem` says why they could not be read."""
    if events is None:
        page.add(0, f"Events:\t{words(problem) or 'unknown'}")
        return
    found = sorted(events, key=lambda event: _seen(event).timestamp() if _seen(event) else 0.0)  # type: ignore[union-attr]
    found.sort(key=lambda event: event.get("type") != "Warning")
    if not found:
        page.add(0, f"Events:\t{NONE}")
        return
    page.new_table()
    page.add(0, "Events:")
    page.add(1, "Type\tReason\tAge\tFrom\tMessage")
    page.add(1, "----\t------\t----\t----\t-------")
    for event in found:
        source = at(event, "source", "component") or event.get("reportingComponent")
        where = at(event, "involvedObject", "fieldPath")
        message = " ".join(str(event.get("message") or "").split("\n")).strip()
        text = f"{where}: {message}" if where else message
        cells = (event.get("type"), event.get("reason"), _interval(event, now), source, redact(text))
        page.add(1, "\t".join(map(words, cells)))


def _seen(event: Object) -> datetime | None:
    """When it happened last; newer clients write only eventTime and the series."""
    last = event.get("lastTimestamp") or at(event, "series", "lastObservedTime")
    return moment(last or event.get("eventTime") or event.get("firstTimestamp"))


def _interval(event: Object, now: datetime) -> str:
    first = age_words(event.get("eventTime") or event.get("firstTimestamp"), now)
    series = event.get("series")
    if series:
        return f"{age_words(at(series, 'lastObservedTime'), now)} (x{number(at(series, 'count'))} over {first})"
    count = number(event.get("count"))
    return f"{age_words(event.get('lastTimestamp'), now)} (x{count} over {first})" if count > 1 else first
