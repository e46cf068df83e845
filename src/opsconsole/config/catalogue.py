"""The catalogue of metric queries: read from its file, overridden by the settings, filled in for one flavour."""

import functools
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from .flavours import (
    STATUS,
    Convention,
    Flavour,
    presumed,
    quoted,
    recognised,
    renamed,
    said_label,
    said_metrics,
    subjects,
)
from .settings import Metrics, Panel

__all__ = [
    "DEFAULT_TILES", "EXTRA_TILES", "PULSE", "Catalogue", "CatalogueError", "Figure", "Flavour", "Measured", "Splits",
    "conventions", "flavours", "quoted", "recognised", "subjects",
]  # fmt: skip

FILE = Path(__file__).with_name("catalogue.toml")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_RATE = re.compile(r"rate\(\$requests(?:\{[^{}]*\})?\[[^\]]*\](?: offset \w+)?\)")
"""A rate of requests: of a native histogram the rate of its count."""
_WORD = re.compile(r"\$([a-z][a-z_]*)")
"""Only lower-case names: `$` elsewhere (`$1`, the end of a regular expression) stays as it is."""
DEFAULT_TILES = ("requests", "errors", "p95", "p99", "users", "connections", "memory")
EXTRA_TILES = (
    "queue", "client_errors", "queue_age", "dead_letters", "workers", "external_errors", "external_p95", "cache_hit",
    "heap",
)  # fmt: skip
"""Behind them, where the settings name no tiles: those of which there are series."""
CORE_TILES = DEFAULT_TILES[:4]
PANEL = "panel."
"""Ids of the settings' own panels begin so."""
PULSE = ("orders", "logins", "users")


class CatalogueError(ValueError):
    """A label name or an override in the settings that cannot stand in a query; the message names it."""


class Figure(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """A tile or a chart: one expression and what it is measured in."""

    title: str
    unit: str
    value: str
    measure: str = ""
    """The measure whose policy rule limits it."""
    maximum: str = ""
    last_week: str = ""
    buckets: str = ""
    """Of a percentile: the histogram it is taken of, which tells its bounds."""
    kind: str = "line"
    """How it is drawn: line, area, bars, number."""
    warning: float | None = None
    critical: float | None = None
    below: bool = False
    """Limits of a panel of the settings; others are limited by the policy."""


class Measured(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """How a measure of the policy's rules is read from Prometheus."""

    value: str
    of: str = ""
    """Divisor: the value is a share of it."""
    objects: tuple[str, ...] = ()
    group: str = ""
    live: str = ""
    """Which other topic gives its present value; "" where this query does."""


class Splits(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    labels: tuple[str, ...]
    bad_outcomes: tuple[str, ...]


class _File(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    window: str
    conventions: tuple[Convention, ...]
    queries: dict[str, str]
    splits: Splits
    tiles: dict[str, Figure]
    charts: dict[str, Figure]
    measures: dict[str, Measured]


class Catalogue:
    """The expressions of one profile in one flavour. Every method returns finished PromQL."""

    def __init__(self, metrics: Metrics, flavour: Flavour) -> None:
        """Raises CatalogueError for a bad name, an override of an unknown id, or panels of one title."""
        self._file = _with_panels(_overridden(_read(), metrics.queries), metrics.panels)
        names = {**_own_labels(metrics), **_own_names(metrics, flavour)}
        self.flavour = renamed(flavour, names)
        metric_names, labels = self.flavour.metrics, self.flavour.labels
        self.words: Mapping[str, str] = {**metric_names, **labels, "window": self._file.window}
        """Each word with the name it stands for, as answers carry it."""
        self._said = {**self.words, **{word: said_label(name) for word, name in labels.items()}}
        self._said["le"] = "" if self.flavour.native else "le"
        self._said["in_s"] = "" if self.flavour.unit_s == 1.0 else f" * {self.flavour.unit_s:g}"
        panels = tuple(id for id in self._file.tiles if id.startswith(PANEL))
        self.tile_ids = (*(metrics.tiles or (*DEFAULT_TILES, *EXTRA_TILES)), *panels)
        self.always = frozenset((*(metrics.tiles or CORE_TILES), *panels))
        """Tiles that stand there without a series, too: those that the settings name, else the requests'."""
        unknown = [tile for tile in self.tile_ids if tile not in self._file.tiles]
        if unknown:
            raise CatalogueError(f"tiles: {unknown[0]!r} is unknown; known are {', '.join(self._file.tiles)}")
        self.pulse: Mapping[str, str] = metrics.pulse

    @property
    def splits(self) -> Splits:
        return self._file.splits

    def query(self, id: str, **words: str) -> str:
        """One of the plain queries; `words` adds names of the caller (a split's label, a selection)."""
        if "label" in words:
            words["label"] = said_label(words["label"])
        return self._fill(self._file.queries[id], words)

    def tile(self, id: str) -> Figure:
        """A tile with its expressions filled in."""
        return self._figure(self._file.tiles[id], {})

    def chart(
        self, kind: str, service: str = "", endpoint: str = "", instance: str = "", window_s: float = 0.0
    ) -> Figure:
        """A chart of everything, of one service, endpoint or pod, filled in; KeyError when there is no such kind.

        Kinds are those of `chart_titles`, and every tile.

        Points that are further apart than the window of rates take one of `window_s`: what happened between two of
        them is in the later one.
        """
        words = self.selection(service, endpoint, instance)
        if window_s > _seconds(self.words["window"]):
            words["window"] = f"{window_s:.0f}s"
        figure = self._file.charts.get(kind) or self._file.tiles[kind]
        return self._figure(figure, words)

    @property
    def chart_titles(self) -> Mapping[str, str]:
        """The kinds of charts by id, those of which there are no series left out."""
        return {kind: figure.title for kind, figure in self._file.charts.items() if not self._lacks(figure)}

    def lacks(self, tile: str) -> bool:
        """Whether the series were looked for and a metric of this tile was not among them."""
        return self._lacks(self._file.tiles[tile])

    def _lacks(self, figure: Figure) -> bool:
        return not self.flavour.absent.isdisjoint(_WORD.findall(figure.value))

    def measures(self) -> Mapping[str, Measured]:
        """Every measure that Prometheus can tell, by id, filled in."""
        return {id: self._measured(measure) for id, measure in self._file.measures.items()}

    def label(self, name: str) -> str:
        """A label's name in this flavour: service, endpoint, version, pod, node, status."""
        return self.words[name]

    def selection(self, service: str = "", endpoint: str = "", instance: str = "") -> dict[str, str]:
        """Matchers of one service, endpoint and pod; label values are quoted, whatever characters they hold."""
        names = (self.words["service"], self.words["endpoint"], self.words["pod"])
        pairs = zip(names, (service, endpoint, instance), strict=True)
        chosen = [f"{said_label(label)}={quoted(value)}" for label, value in pairs if value]
        select = ",".join([*filter(None, [self.flavour.only]), *chosen])
        return {"select": select, "and_select": f",{select}" if select else ""}

    def all(self) -> dict[str, str]:
        """Every expression by id, for validation and for comparing servers."""
        words = self.selection()
        found = {id: self.query(id, label=self.words["version"]) for id in self._file.queries}
        for group, figures in (("tiles", self._file.tiles), ("charts", self._file.charts)):
            for id, figure in figures.items():
                whole = self._figure(figure, words)
                parts = {"": whole.value, ".maximum": whole.maximum, ".last_week": whole.last_week}
                found.update({f"{group}.{id}{suffix}": text for suffix, text in parts.items() if text})
        for id, measure in self.measures().items():
            found[f"measures.{id}"] = measure.value
            if measure.of:
                found[f"measures.{id}.of"] = measure.of
        return found

    def _figure(self, figure: Figure, words: Mapping[str, str]) -> Figure:
        filled = {
            name: self._fill(getattr(figure, name), words) for name in ("value", "maximum", "last_week", "buckets")
        }
        return msgspec.structs.replace(figure, **filled)

    def _measured(self, measure: Measured) -> Measured:
        objects = tuple(self.words[label[1:]] if label.startswith("$") else label for label in measure.objects)
        value, of = self._fill(measure.value, {}), self._fill(measure.of, {})
        return msgspec.structs.replace(measure, value=value, of=of, objects=objects)

    def _fill(self, text: str, words: Mapping[str, str]) -> str:
        known = {**self.selection(), **self._said, **words}
        if self.flavour.native and self.words["requests"] == self.words["buckets"]:
            text = _RATE.sub(r"histogram_count(\g<0>)", text)
        if STATUS in self.flavour.absent and "$status=~" in text:
            text = text.replace(" or 0 * ", " or NaN * ")
        if not known["select"]:
            text = text.replace("{$select}", "")
        text = said_metrics(text, self.flavour.metrics)
        try:
            return _WORD.sub(lambda word: known[word[1]], text)
        except KeyError as error:
            raise CatalogueError(
                f"the query {text!r} names ${error.args[0]}, which the catalogue does not know"
            ) from None


def conventions() -> tuple[Convention, ...]:
    """The known conventions, in the order in which they are tried."""
    return _read().conventions


def flavours() -> tuple[Flavour, ...]:
    """The flavours of requests as they are before any series is known, in the order in which they are tried."""
    return tuple(presumed(conventions(), one.name) for one in conventions() if one.of == "requests")


def presumed_for(metrics: Metrics) -> Flavour:
    """The flavour of a profile before any series is known; CatalogueError where its name is unknown."""
    try:
        return presumed(conventions(), metrics.flavour)
    except KeyError:
        known = ", ".join(flavour.name for flavour in flavours())
        raise CatalogueError(f"flavour: {metrics.flavour!r} is unknown; known are {known}") from None


_UNITS_S = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def _seconds(window: str) -> float:
    """A window as the catalogue writes it: `2m`, `90s`."""
    return float(window[:-1]) * _UNITS_S[window[-1]]


@functools.cache
def _read() -> _File:
    return msgspec.toml.decode(FILE.read_bytes(), type=_File)


def _overridden(file: _File, overrides: Mapping[str, str]) -> _File:
    """The file with the settings' expressions in place of its own. A new measure may be added, other ids must exist."""
    queries, tiles = dict(file.queries), dict(file.tiles)
    charts, measures = dict(file.charts), dict(file.measures)
    for id, text in overrides.items():
        group, _, rest = id.partition(".")
        if id in queries:
            queries[id] = text
        elif group == "tiles":
            _replace(tiles, id, rest, text)
        elif group == "charts":
            _replace(charts, id, rest, text)
        elif group == "measures" and rest.removesuffix(".of") in measures:
            name = rest.removesuffix(".of")
            field = "of" if rest != name else "value"
            measures[name] = msgspec.structs.replace(measures[name], **{field: text})
        elif group == "measures" and rest:
            measures[rest] = Measured(text)
        else:
            raise CatalogueError(f"queries: {id!r} is unknown; `opsconsole config show --queries` lists the known ones")
    return msgspec.structs.replace(file, queries=queries, tiles=tiles, charts=charts, measures=measures)


def _replace(figures: dict[str, Figure], id: str, rest: str, text: str) -> None:
    name, _, field = rest.partition(".")
    if name not in figures or field not in ("", "maximum", "last_week"):
        raise CatalogueError(f"queries: {id!r} is unknown; known there are {', '.join(figures)}")
    figures[name] = msgspec.structs.replace(figures[name], **{field or "value": text})


def _own_labels(metrics: Metrics) -> dict[str, str]:
    """The labels that the settings name one by one; the built-in names mean that they are found out."""
    own = {"service": metrics.service_label, "endpoint": metrics.endpoint_label}
    for name, label in own.items():
        if not _LABEL.fullmatch(label):
            raise CatalogueError(f"{name}_label {label!r} is no label name")
    return {name: label for name, label in own.items() if label != name}


def _own_names(metrics: Metrics, flavour: Flavour) -> dict[str, str]:
    unknown = metrics.names.keys() - flavour.words.keys()
    if unknown:
        raise CatalogueError(f"names: {min(unknown)!r} is unknown; known are {', '.join(flavour.words)}")
    for word, name in metrics.names.items():
        if not name or any(char in name for char in '{}"\n$'):
            raise CatalogueError(f"names: {word} = {name!r} is no name of a metric or label")
    return metrics.names


def _with_panels(file: _File, panels: Iterable[Panel]) -> _File:
    """The file with the settings' panels behind its tiles and charts."""
    tiles, charts = dict(file.tiles), dict(file.charts)
    for panel in panels:
        id = panel_id(panel.title)
        if id in tiles:
            raise CatalogueError(f"panels: two are called {panel.title!r}")
        tiles[id] = charts[id] = Figure(
            panel.title,
            panel.unit,
            panel.query,
            kind=panel.kind,
            warning=panel.warning,
            critical=panel.critical,
            below=panel.below,
        )
    return msgspec.structs.replace(file, tiles=tiles, charts=charts)


def panel_id(title: str) -> str:
    """`panel.jobs-waiting` for `Jobs waiting`."""
    return PANEL + "-".join(re.findall(r"\w+", title.lower()))
