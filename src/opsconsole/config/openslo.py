"""Reads OpenSLO v1 files: documents refer to each other, every mistake has its line, what cannot come true is refused.

An indicator asks Prometheus: `spec: {query: …}` (or `promql`) is a series selector, sum(SELECTOR), or a query over
`[$window]`. Annotations `opsconsole/min-bad` and `opsconsole/min-total` set the low-traffic guard of one SLO.
"""

import contextlib
import glob
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from ..model.slo import Indicator, Leg, Slo
from . import openslo_shape as shape
from . import openslo_values as values
from .loading import SettingsProblem
from .openslo_values import Mistake
from .places import KeyPath, Place, text_of
from .schema import shape_mistakes
from .settings import Strict
from .slo_legs import legs_of, never_fires
from .slo_queries import QueryError, counts
from .yaml_places import YamlError, documents

MOST_BYTES = 1_000_000
MOST_SLOS = 200
QUERY_KEYS = ("query", "promql")
MIN_BAD, MIN_TOTAL = "opsconsole/min-bad", "opsconsole/min-total"
S = TypeVar("S", bound=Strict)


class SloBook(msgspec.Struct, frozen=True, gc=False):
    """What files promise, and what is wrong in them; an objective with a mistake is left out."""

    slos: tuple[Slo, ...] = ()
    problems: tuple[SettingsProblem, ...] = ()


def read_files(patterns: Iterable[str]) -> SloBook:
    """All SLOs of the files: paths or globs, of which each must name one at least."""
    texts: dict[Path, str] = {}
    problems: list[SettingsProblem] = []
    for pattern in patterns:
        files = _files(pattern)
        if not files:
            problems.append(SettingsProblem(Path(pattern), None, None, "", "does not exist"))
        for file in files:
            try:
                with file.open("rb") as opened:
                    content = opened.read(MOST_BYTES + 1)
                if len(content) > MOST_BYTES:
                    raise ValueError("is larger than 1 MB")
                texts[file] = content.decode("utf-8-sig")
            except UnicodeDecodeError:
                problems.append(SettingsProblem(file, None, None, "", "is not UTF-8 text"))
            except OSError as error:
                problems.append(SettingsProblem(file, None, None, "", f"cannot be read ({error.strerror})"))
            except ValueError as error:
                problems.append(SettingsProblem(file, None, None, "", str(error)))
    book = read(texts)
    return SloBook(book.slos, (*problems, *book.problems))


def read(texts: Mapping[Path, str]) -> SloBook:
    """The SLOs of texts by file name."""
    return _Reading(texts).book()


def _files(pattern: str) -> list[Path]:
    found = sorted(glob.glob(str(Path(pattern).expanduser()), recursive=True))
    return [Path(name) for name in found if Path(name).is_file()]


class _Document(msgspec.Struct):
    file: Path
    kind: str
    name: str
    metadata: shape.Metadata
    spec: Any
    places: dict[KeyPath, Place]

    def problem(self, mistake: Mistake) -> SettingsProblem:
        return _problem(self.file, self.places, mistake)


class _Reading:
    def __init__(self, texts: Mapping[Path, str]) -> None:
        self.problems: list[SettingsProblem] = []
        self.documents: dict[tuple[str, str], _Document] = {}
        for file, text in texts.items():
            self._take(file, text)

    def book(self) -> SloBook:
        slos: list[Slo] = []
        for (kind, _), document in self.documents.items():
            if kind == "SLO":
                slos += self._objectives(document)
        if len(slos) > MOST_SLOS:
            last = self.documents[("SLO", slos[MOST_SLOS].name)]
            sentence = f"is one of {len(slos)} objectives: more than {MOST_SLOS} are not asked for"
            self.problems.append(last.problem(Mistake(("metadata", "name"), sentence)))
        return SloBook(tuple(slos[:MOST_SLOS]), tuple(self.problems))

    # ---- documents ----------------------------------------------------------------------------------------------

    def _take(self, file: Path, text: str) -> None:
        try:
            for document in documents(text):
                places = document.places
                try:
                    self._keep(_document(file, document.data, places))
                except Mistake as mistake:
                    self.problems.append(_problem(file, places, mistake))
                except _Mistakes as several:
                    self.problems += [_problem(file, places, mistake) for mistake in several.mistakes]
        except YamlError as error:
            self.problems.append(SettingsProblem(file, error.place.line, error.place.column, "", str(error)))

    def _keep(self, document: _Document) -> None:
        key = (document.kind, document.name)
        if key in self.documents:
            other = self.documents[key]
            at = other.places.get(("metadata", "name"), other.places[()])
            raise Mistake(
                ("metadata", "name"), f"the {document.kind} {document.name!r} stands already at {other.file}:{at.line}"
            )
        self.documents[key] = document

    def _named(self, kind: str, name: str, key: KeyPath) -> Any:
        found = self.documents.get((kind, name))
        if found is None:
            known = ", ".join(sorted(there for of, there in self.documents if of == kind)) or "none"
            raise Mistake(key, f"there is no {kind} {name!r} in the files; known are: {known}")
        return found.spec

    # ---- objectives ---------------------------------------------------------------------------------------------

    def _objectives(self, document: _Document) -> Iterator[Slo]:
        spec: shape.SloSpec = document.spec
        try:
            indicator, at = self._indicator(spec)
            window = values.window(spec.timeWindow)
            conditions = self._conditions(spec.alertPolicies)
            guard = [values.annotation(document.metadata, name) for name in (MIN_BAD, MIN_TOTAL)]
            if not spec.objectives:
                raise Mistake(("spec", "objectives"), "needs at least one objective")
        except Mistake as mistake:
            self.problems.append(document.problem(mistake))
            return
        for index, objective in enumerate(spec.objectives):
            here: KeyPath = ("spec", "objectives", index)
            try:
                target = values.target(objective, here)
                slice_s, slice_target = values.slices(spec.budgetingMethod, objective, here)
                op, value = values.comparison(indicator, objective, here)
                legs = conditions or legs_of(window)
                for leg in legs:
                    if never := never_fires(leg, target):
                        raise Mistake(values.target_key(objective, here), never)
                try:
                    counted = counts(indicator, spec.budgetingMethod, op, value, slice_s, slice_target)
                except QueryError as error:
                    raise Mistake((*at, *_metric_key(indicator, error.field)), str(error)) from None
            except Mistake as mistake:
                self.problems.append(document.problem(mistake))
                continue
            place = document.places.get(here) or document.places[()]
            yield Slo(
                key=document.name if len(spec.objectives) == 1 else f"{document.name}/{index + 1}",
                name=document.name, service=spec.service, target=target, window=window, indicator=indicator,
                counts=counted, legs=legs, method=spec.budgetingMethod, title=document.metadata.displayName,
                objective=objective.displayName, description=spec.description, op=op, value=value, slice_s=slice_s,
                slice_target=slice_target, own_legs=bool(conditions), min_bad=guard[0], min_total=guard[1],
                file=str(document.file), line=place.line,
            )  # fmt: skip

    def _indicator(self, spec: shape.SloSpec) -> tuple[Indicator, KeyPath]:
        """What is measured, and at which key of the SLO a mistake in it stands."""
        if any(one.indicator or one.indicatorRef or one.compositeWeight for one in spec.objectives):
            raise Mistake(("spec", "objectives"), "a composite SLO is not supported: write one SLO for each part")
        if (spec.indicator is None) == (spec.indicatorRef is None):
            raise Mistake(("spec",), "needs exactly one of `indicator` and `indicatorRef`")
        if spec.indicator is not None:
            name = spec.indicator.metadata.name if spec.indicator.metadata else ""
            return self._measured(name, spec.indicator.spec, ("spec", "indicator", "spec")), (
                "spec",
                "indicator",
                "spec",
            )
        at: KeyPath = ("spec", "indicatorRef")
        reference = spec.indicatorRef or ""
        return self._measured(reference, self._named("SLI", reference, at), at), at

    def _measured(self, name: str, sli: shape.SliSpec, at: KeyPath) -> Indicator:
        if (sli.thresholdMetric is None) == (sli.ratioMetric is None):
            raise Mistake(at, "needs exactly one of `thresholdMetric` and `ratioMetric`")
        if sli.thresholdMetric is not None:
            threshold = self._query(sli.thresholdMetric, (*at, "thresholdMetric"))
            return Indicator(name, threshold=threshold)
        ratio = sli.ratioMetric
        assert ratio is not None
        here = (*at, "ratioMetric")
        if ratio.raw is not None:
            if ratio.good or ratio.bad or ratio.total:
                raise Mistake(here, "`raw` cannot stand beside `good`, `bad` or `total`")
            if ratio.rawType is None:
                raise Mistake(here, "`raw` needs a `rawType`: success or failure")
            raw = self._query(ratio.raw, (*here, "raw"))
            return Indicator(name, raw=raw, raw_success=ratio.rawType == "success")
        if ratio.total is None or (ratio.good is None) == (ratio.bad is None):
            raise Mistake(here, "needs `total` and exactly one of `good` and `bad`, or `raw`")
        asked = {
            field: self._query(metric, (*here, field)) if metric is not None else ""
            for field, metric in (("good", ratio.good), ("bad", ratio.bad), ("total", ratio.total))
        }
        return Indicator(name, asked["good"], asked["bad"], asked["total"], counter=ratio.counter)

    def _query(self, metric: shape.Metric, at: KeyPath) -> str:
        """The PromQL of a metric source, which must be a Prometheus."""
        source, here = metric.metricSource, (*at, "metricSource")
        kind = source.type
        if source.metricSourceRef:
            there: shape.DataSourceSpec = self._named("DataSource", source.metricSourceRef, (*here, "metricSourceRef"))
            kind = kind or there.type
        if kind.casefold() != "prometheus":
            raise Mistake(
                (*here, "type") if source.type else here, f"must be of type Prometheus, not {kind or 'nothing'!r}"
            )
        unknown = next((key for key in source.spec if key not in (*QUERY_KEYS, "queryType")), None)
        if unknown is not None:
            raise Mistake((*here, "spec", unknown), f"unknown key {unknown!r}; a Prometheus source has `query`")
        given = [source.spec[key] for key in QUERY_KEYS if key in source.spec]
        if len(given) != 1 or not isinstance(given[0], str) or not given[0].strip():
            raise Mistake((*here, "spec"), "needs `query`: a text in PromQL")
        return str(given[0]).strip()

    def _conditions(self, policies: tuple[shape.InlinePolicy, ...]) -> tuple[Leg, ...]:
        """The conditions that the SLO names itself."""
        legs: list[Leg] = []
        for index, policy in enumerate(policies):
            here: KeyPath = ("spec", "alertPolicies", index)
            spec = policy.spec
            if policy.alertPolicyRef is not None:
                spec = self._named("AlertPolicy", policy.alertPolicyRef, (*here, "alertPolicyRef"))
            if spec is None:
                raise Mistake(here, "needs `alertPolicyRef`, or a `spec`")
            for position, one in enumerate(spec.conditions if spec.alertWhenBreaching else ()):
                at = here if policy.alertPolicyRef is not None else (*here, "spec", "conditions", position)
                condition = one.spec
                if one.conditionRef is not None:
                    condition = self._named("AlertCondition", one.conditionRef, at)
                if condition is None:
                    raise Mistake(at, "needs `conditionRef`, or a `spec`")
                legs.append(values.leg(condition, at))
        return tuple(legs)


class _Mistakes(Exception):
    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__()
        self.mistakes = mistakes


def _document(file: Path, data: Any, places: dict[KeyPath, Place]) -> _Document:
    """A document in the shape of its kind. Raises Mistake or _Mistakes."""
    if not isinstance(data, dict):
        raise Mistake((), "must be a table")
    version, kind = data.get("apiVersion"), data.get("kind")
    if version != shape.VERSION:
        raise Mistake(("apiVersion",), f"must be {shape.VERSION}, not {version or 'nothing'}")
    if kind not in shape.SPECS:
        raise Mistake(("kind",), f"unknown kind {kind!r}; known are: {', '.join(shape.SPECS)}")
    unknown = next((key for key in data if key not in ("apiVersion", "kind", "metadata", "spec")), None)
    if unknown is not None:
        raise Mistake((unknown,), f"unknown key {unknown!r}")
    spec_of = shape.SPECS[kind]
    spec = data.get("spec", {} if kind == "Service" else None)
    metadata = data.get("metadata")
    for name, part in (("metadata", metadata), ("spec", spec)):
        if part is None:
            raise Mistake((), f"the key `{name}` is missing")
    wrong = [*shape_mistakes(metadata, shape.Metadata, ("metadata",)), *shape_mistakes(spec, spec_of, ("spec",))]
    if wrong:
        raise _Mistakes([Mistake(one.key, one.sentence) for one in wrong])
    meta = msgspec.convert(metadata, shape.Metadata)
    if not meta.name.strip():
        raise Mistake(("metadata", "name"), "must not be empty")
    return _Document(file, kind, meta.name, meta, msgspec.convert(spec, spec_of), places)


def _metric_key(indicator: Indicator, field: str) -> KeyPath:
    return ("thresholdMetric",) if indicator.threshold else ("ratioMetric", field)


def _problem(file: Path, places: Mapping[KeyPath, Place], mistake: Mistake) -> SettingsProblem:
    """With the place of its key, or of the nearest table around it."""
    for length in range(len(mistake.key), -1, -1):
        place = places.get(mistake.key[:length])
        if place is not None:
            return SettingsProblem(file, place.line, place.column, text_of(mistake.key), mistake.sentence)
    return SettingsProblem(file, None, None, text_of(mistake.key), mistake.sentence)


def stamps(patterns: Iterable[str]) -> tuple[tuple[Path, float, int], ...]:
    """What tells whether a file changed: name, time and size of each that is there."""
    found = []
    for file in dict.fromkeys(file for pattern in patterns for file in _files(pattern)):
        with contextlib.suppress(OSError):
            told = file.stat()
            found.append((file, told.st_mtime, told.st_size))
    return tuple(found)
