"""Which names the metrics have: conventions of libraries and proxies, and the flavour that fits what exists."""

import re
from collections.abc import Iterable, Mapping, Set

import msgspec

REQUESTS = "requests"
"""What a convention speaks of that every catalogue needs; the others (queue, cache, …) may be absent."""
STATUS = "status"
"""The label that tells what failed; where requests have none nobody knows how many did."""
_PLAIN = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")


class Convention(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """One vocabulary, as the catalogue's file lists it: for each word the names that may stand for it."""

    name: str
    title: str
    metrics: dict[str, tuple[str, ...]]
    labels: dict[str, tuple[str, ...]]
    of: str = REQUESTS
    only: str = ""
    unit_s: float = 1.0
    native: tuple[str, ...] = ()

    @property
    def wanted(self) -> tuple[str, ...]:
        """Every metric whose presence matters."""
        return tuple(dict.fromkeys([*(_bare(name) for found in self.metrics.values() for name in found), *self.native]))


class Part(msgspec.Struct, frozen=True, gc=False):
    """What one convention gave: the metrics and labels that were there."""

    of: str
    name: str
    title: str
    metrics: tuple[str, ...] = ()


class Flavour(msgspec.Struct, frozen=True, gc=False):
    """The names in use: each word of the catalogue with what stands for it."""

    name: str
    """Of the convention of the requests; `own` where the settings name the metrics."""
    metrics: Mapping[str, str]
    labels: Mapping[str, str]
    title: str = ""
    only: str = ""
    unit_s: float = 1.0
    parts: tuple[Part, ...] = ()
    """The conventions recognised, with the metrics found; empty while no series says anything."""
    absent: frozenset[str] = frozenset()
    """Words of metrics of which no series was found, and `status` where requests have no such label; nothing is said
    before anybody looked."""

    @property
    def native(self) -> bool:
        """Whether durations are native histograms: their name is no name of buckets."""
        return not self.metrics["buckets"].endswith("_bucket")

    @property
    def words(self) -> dict[str, str]:
        return {**self.metrics, **self.labels}

    @property
    def histograms(self) -> str:
        return "native histograms" if self.native else "classic histograms"


def presumed(conventions: Iterable[Convention], name: str = "") -> Flavour:
    """The flavour before any series is known: the named convention of requests, or the first; KeyError for no such."""
    return _flavour(_first_of_each(conventions, name), {}, {}, frozenset())


def recognised(
    conventions: Iterable[Convention],
    names: Set[str],
    natives: Set[str],
    labels: Mapping[str, Set[str]],
    wanted: str = "",
    histograms: str = "auto",
) -> Flavour:
    """The flavour that fits: `names` are the metrics that exist, `natives` those that hold native histograms.

    `labels` gives the label names of each metric that `subjects` named. Of several conventions of requests the first
    of the file wins, or the `wanted` one.
    """
    all = tuple(conventions)
    chosen = dict(_first_of_each(all, wanted))
    present: set[str] = set()
    for of in chosen:
        rivals = [one for one in all if one.of == of and (not wanted or of != REQUESTS or one.name == wanted)]
        fitting = next((one for one in rivals if _presence(one, names, natives)), None)
        if fitting is not None:
            chosen[of] = fitting
            present.add(of)
    found = {of: _metrics(convention, names, natives, histograms) for of, convention in chosen.items()}
    return _flavour(chosen, found, labels, frozenset(present))


def subjects(flavour: Flavour) -> dict[str, str]:
    """What each recognised part speaks of → the metric whose labels tell which label names are used."""
    return {part.of: _bare(part.metrics[0]) for part in flavour.parts if part.metrics}


def renamed(flavour: Flavour, names: Mapping[str, str]) -> Flavour:
    """The flavour with the settings' own names for some words; `own` where they name the metric of requests."""
    metrics = {**flavour.metrics, **{word: name for word, name in names.items() if word in flavour.metrics}}
    labels = {**flavour.labels, **{word: name for word, name in names.items() if word in flavour.labels}}
    own = REQUESTS in names
    unit_s = flavour.unit_s
    if "buckets" in names:
        unit_s = 0.001 if "milliseconds" in names["buckets"] else 1.0
    return msgspec.structs.replace(
        flavour,
        name="own" if own else flavour.name,
        title="names of the settings" if own else flavour.title,
        metrics=metrics,
        labels=labels,
        only="" if own else flavour.only,
        unit_s=unit_s,
        absent=flavour.absent - names.keys(),
    )


def quoted(value: str) -> str:
    """A label value, or a name of any characters, as a PromQL string."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def said_label(name: str) -> str:
    """A label's name as PromQL takes it: one that is no plain word is quoted (Prometheus 3)."""
    return name if _PLAIN.fullmatch(name) else quoted(name)


def said_metrics(text: str, metrics: Mapping[str, str]) -> str:
    """The template with those metrics written out whose names are no plain words: as matchers of `__name__`."""
    for word, name in metrics.items():
        if not _PLAIN.fullmatch(_bare(name)):
            matcher = f"__name__={quoted(name)}"
            text = text.replace(f"${word}{{", f"{{{matcher},")
            text = re.sub(rf"\${word}\b", lambda _: f"{{{matcher}}}", text)  # noqa: B023  # called at once
    return text


def _bare(name: str) -> str:
    """A metric's name without the matchers behind it."""
    return name.partition("{")[0]


def _first_of_each(conventions: Iterable[Convention], wanted: str) -> dict[str, Convention]:
    first: dict[str, Convention] = {}
    for one in conventions:
        if one.of == REQUESTS and wanted:
            if one.name == wanted:
                first[one.of] = one
        else:
            first.setdefault(one.of, one)
    if REQUESTS not in first:
        raise KeyError(wanted)
    return first


def _presence(convention: Convention, names: Set[str], natives: Set[str]) -> bool:
    """Whether any metric of what the convention is about exists: of requests their counter or histogram."""
    words = convention.metrics if convention.of != REQUESTS else {REQUESTS: convention.metrics[REQUESTS]}
    return any(_bare(name) in names for found in words.values() for name in found) or any(
        name in natives for name in convention.native
    )


def _metrics(convention: Convention, names: Set[str], natives: Set[str], histograms: str) -> dict[str, str]:
    """Word → the first name that exists; without the words of which nothing exists."""
    found = {}
    for word, candidates in convention.metrics.items():
        there = next((name for name in candidates if _bare(name) in names), None)
        if there is not None:
            found[word] = there
    native = next((name for name in convention.native if name in natives), None)
    if native is not None and (histograms == "native" or ("buckets" not in found and histograms != "classic")):
        found["buckets"] = native
    if native is not None and REQUESTS not in found:
        found[REQUESTS] = native
    return found


def _flavour(
    chosen: Mapping[str, Convention],
    found: Mapping[str, Mapping[str, str]],
    labels: Mapping[str, Set[str]],
    present: frozenset[str],
) -> Flavour:
    metrics: dict[str, str] = {}
    names: dict[str, str] = {}
    parts = []
    absent: set[str] = set()
    for of, convention in chosen.items():
        there = found.get(of, {})
        metrics |= {word: candidates[0] for word, candidates in convention.metrics.items()} | dict(there)
        known = labels.get(of, frozenset())
        for word, candidates in convention.labels.items():
            names[word] = next((name for name in candidates if name in known), candidates[0])
            if word == STATUS and known and names[word] not in known:
                absent.add(STATUS)
        if of in present:
            parts.append(Part(of, convention.name, convention.title, tuple(dict.fromkeys(there.values()))))
        if present:
            absent |= convention.metrics.keys() - there.keys()
    of_requests = chosen[REQUESTS]
    return Flavour(
        of_requests.name,
        metrics,
        names,
        of_requests.title,
        of_requests.only,
        of_requests.unit_s,
        tuple(parts),
        frozenset(absent),
    )
