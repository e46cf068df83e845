"""The catalogue of metric queries: read from its file, overridden by the settings, filled in for one flavour."""

import functools
import re
from collections.abc import Mapping
from pathlib import Path

import msgspec

from .settings import Metrics

FILE = Path(__file__).with_name("catalogue.toml")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_WORD = re.compile(r"\$([a-z][a-z_]*)")
"""Only lower-case names: `$` elsewhere (`$1`, the end of a regular expression) stays as it is."""
DEFAULT_TILES = ("requests", "errors", "p95", "p99", "users", "connections", "memory")
PULSE = ("orders", "logins", "users")


class CatalogueError(ValueError):
    """A label name or an override in the settings that cannot stand in a query; the message names it."""


class Flavour(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """One way to name the request metrics and their labels."""

    name: str
    detect: str
    """Metric whose presence tells that this flavour is in use."""
    words: dict[str, str]


class Figure(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """A tile or a chart: one expression and what it is measured in."""

    title: str
    unit: str
    value: str
    measure: str = ""
    """The measure whose policy rule limits it."""
    maximum: str = ""
    last_week: str = ""


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
    flavours: tuple[Flavour, ...]
    queries: dict[str, str]
    splits: Splits
    tiles: dict[str, Figure]
    charts: dict[str, Figure]
    measures: dict[str, Measured]


class Catalogue:
    """The expressions of one profile in one flavour. Every method returns finished PromQL."""

    def __init__(self, metrics: Metrics, flavour: Flavour) -> None:
        """Raises CatalogueError for a bad label name or an override of an unknown id."""
        self._file = _overridden(_read(), metrics.queries)
        self.flavour = flavour
        reference = _read().flavours[0].words
        own = {"service": metrics.service_label, "endpoint": metrics.endpoint_label}
        chosen = {name: label for name, label in own.items() if label != reference[name]}
        for name, label in chosen.items():
            if not _LABEL.fullmatch(label):
                raise CatalogueError(f"{name}_label {label!r} is no label name")
        self.words: Mapping[str, str] = {**flavour.words, **chosen, "window": self._file.window}
        self.tile_ids = metrics.tiles or DEFAULT_TILES
        unknown = [tile for tile in self.tile_ids if tile not in self._file.tiles]
        if unknown:
            raise CatalogueError(f"tiles: {unknown[0]!r} is unknown; known are {', '.join(self._file.tiles)}")
        self.pulse: Mapping[str, str] = metrics.pulse

    @property
    def splits(self) -> Splits:
        return self._file.splits

    def query(self, id: str, **words: str) -> str:
        """One of the plain queries; `words` adds names of the caller (a split's label, a selection)."""
        return self._fill(self._file.queries[id], words)

    def tile(self, id: str) -> Figure:
        """A tile with its expressions filled in."""
        return self._figure(self._file.tiles[id], {})

    def chart(
        self, kind: str, service: str = "", endpoint: str = "", instance: str = "", window_s: float = 0.0
    ) -> Figure:
        """A chart of everything, of one service, endpoint or pod, filled in; KeyError when there is no such kind.

        Points that are further apart than the window of rates take one of `window_s`: what happened between two of
        them is in the later one.
        """
        words = self.selection(service, endpoint, instance)
        if window_s > _seconds(self.words["window"]):
            words["window"] = f"{window_s:.0f}s"
        return self._figure(self._file.charts[kind], words)

    @property
    def chart_titles(self) -> Mapping[str, str]:
        """The kinds of charts by id."""
        return {kind: figure.title for kind, figure in self._file.charts.items()}

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
        select = ",".join(f"{label}={quoted(value)}" for label, value in pairs if value)
        return {"select": select, "and_select": f",{select}" if select else ""}

    def all(self) -> dict[str, str]:
        """Every expression by id, for validation and for comparing servers."""
        words = {**self.selection(), "label": self.words["version"]}
        found = {id: self._fill(text, words) for id, text in self._file.queries.items()}
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
        filled = {name: self._fill(getattr(figure, name), words) for name in ("value", "maximum", "last_week")}
        return msgspec.structs.replace(figure, **filled)

    def _measured(self, measure: Measured) -> Measured:
        objects = tuple(self._fill(label, {}) for label in measure.objects)
        value, of = self._fill(measure.value, {}), self._fill(measure.of, {})
        return msgspec.structs.replace(measure, value=value, of=of, objects=objects)

    def _fill(self, text: str, words: Mapping[str, str]) -> str:
        known = {"select": "", "and_select": "", **self.words, **words}
        try:
            return _WORD.sub(lambda word: known[word[1]], text)
        except KeyError as error:
            raise CatalogueError(
                f"the query {text!r} names ${error.args[0]}, which the catalogue does not know"
            ) from None


def flavours() -> tuple[Flavour, ...]:
    """The known flavours, in the order in which they are tried."""
    return _read().flavours


_UNITS_S = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def _seconds(window: str) -> float:
    """A window as the catalogue writes it: `2m`, `90s`."""
    return float(window[:-1]) * _UNITS_S[window[-1]]


def quoted(value: str) -> str:
    """A label value as a PromQL string."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


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
