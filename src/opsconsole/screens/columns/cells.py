"""Cells that the tables of several kinds share: verdicts, shares, ages, labels, images."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypeVar

from ...model.finding import Severity
from ...rules.verdict import Verdict
from ...text import clock, units
from ...text.clean import clean
from ...widgets.columns import ASIDE, Cell, Column

R = TypeVar("R")

HOT = 0.9
WORST = 9
NONE: Cell = (units.DASH, "dim")
UNKNOWN: Cell = ("?", "dim")


def severity_cell(verdict: Verdict) -> Cell:
    if verdict.severity is Severity.CRITICAL:
        return "▲", "crit"
    if verdict.severity in (Severity.WARNING, Severity.BLIND):
        return "▲", "warn"
    return ("·", "dim") if verdict.severity is Severity.INFO else ""


def words_cell(verdict: Verdict) -> Cell:
    return clean(verdict.words), style_of(verdict) if verdict.severity is not None else "dim"


def style_of(verdict: Verdict) -> str:
    return {Severity.CRITICAL: "crit", Severity.WARNING: "warn"}.get(verdict.severity or Severity.INFO, "")


def rank(verdict: Verdict) -> int:
    return WORST if verdict.severity is None else int(verdict.severity)


def share(value: float | None, hot: float = HOT, *, applies: bool = True) -> Cell:
    """A ratio as percent, hot ones marked; `?` is unknown, `-` where there is nothing to take a share of."""
    if value is None:
        return UNKNOWN if applies else NONE
    return (units.percent(value), "warn") if value >= hot else units.percent(value)


def largest_first(value: float | None) -> float | None:
    """What a column of figures sorts by; what is unknown stays unknown."""
    return None if value is None else -value


def newest_first(moment: datetime | None) -> float | None:
    return None if moment is None else -moment.timestamp()


def or_none(text: str) -> Cell:
    return clean(text) if text else NONE


def pairs(labels: Iterable[tuple[str, str]]) -> Cell:
    """`app=api,tier=web`, as kubectl writes labels and selectors."""
    return or_none(",".join(f"{key}={value}" for key, value in labels))


def image_tag(image: str) -> str:
    """`1.8.2` of `registry/app:1.8.2`; the digest's beginning where there is no tag."""
    name, _, digest = image.partition("@")
    tag = name.rpartition("/")[2].partition(":")[2]
    return tag or (digest[:15] if digest else "latest")


def tags(images: tuple[str, ...]) -> str:
    """`1.8.2`, `1.8.2+1` with another container's beside it."""
    if not images:
        return units.DASH
    return clean(image_tag(images[0]) + (f"+{len(images) - 1}" if len(images) > 1 else ""))


def age_column(created: Callable[[Any], datetime | None], *, from_width: int = 0) -> Column[Any]:
    """AGE in whole minutes, youngest first."""
    return Column(
        "age", "AGE", 5, lambda row: units.age(created(row), clock.now()), right=True, from_width=from_width,
        sort=lambda row: newest_first(created(row)), search=False,
    )  # fmt: skip


def label_columns(names: Iterable[str], labels: Callable[[Any], Iterable[tuple[str, str]]],
                  from_width: int) -> list[Column[Any]]:  # fmt: skip
    """One column for each label that the settings name: `tier`, `example.com/team`."""

    def one(name: str) -> Column[Any]:
        return Column(
            f"label {name}", clean(name.rpartition("/")[2]).upper(), 8,
            lambda row: or_none(dict(labels(row)).get(name, "")), from_width=from_width, most=16,
        )  # fmt: skip

    return [one(name) for name in dict.fromkeys(names)]


def aside(name: str, title: str, width: int, render: Callable[[R], Cell], **more: Any) -> Column[R]:
    """A column that stands aside at every width."""
    return Column(name, title, width, render, from_width=ASIDE, most=max(width, 60), flex=more.pop("flex", 0), **more)
