"""The columns of HPAs: bounds and wish, each metric with its ratio, how far they can go and what they did."""

from collections.abc import Callable, Iterable

from ...model.kubernetes import Hpa
from ...rules import hpa as hpas
from ...rules import hpa_past
from ...rules.hpa_prediction import Around
from ...text import clock, units
from ...text.clean import clean
from ...widgets.columns import Cell, Column
from .cells import aside, label_columns, newest_first, or_none, pairs


def hpa_columns(around: Callable[[Hpa], Around], labels: Iterable[str] = ()) -> list[Column[Hpa]]:
    """Bounds and wish, each metric with its ratio, what it is doing in words, how far it can go, its last step."""

    def state(hpa: Hpa) -> Cell:
        if wrong := hpas.words(hpa):
            return clean(wrong.removeprefix("HPA ")), "warn"
        return clean(hpas.state(hpa, around(hpa))) or ("ok", "dim")

    def scaled(hpa: Hpa) -> str:
        past = around(hpa).past
        if past is not None and (words := hpa_past.last_words(past, clock.now())):
            return clean(words)
        return units.age(hpa.last_scale, clock.now()) if hpa.last_scale else units.DASH

    def headroom(hpa: Hpa) -> Cell:
        return str(hpas.headroom(hpa)) if hpas.headroom(hpa) else ("0", "warn")

    return [
        Column("name", "HPA", 12, lambda h: clean(h.name), flex=1, most=34),
        Column("target", "TARGET", 14, lambda h: f"{clean(h.target_kind).lower()}/{clean(h.target_name)}", flex=1,
               most=40, from_width=120),
        Column("cell", "min<=now->wants<=max", 23, lambda h: clean(hpas.cell(h, around(h)))),
        Column("state", "STATE", 24, state, flex=9, most=60),
        Column("room", "ROOM", 4, headroom, right=True, sort=hpas.headroom),
        Column("metrics", "METRICS now/target (ratio)", 22, _metrics, flex=1, from_width=100),
        Column("age", "SCALED", 6, lambda h: units.age(h.last_scale, clock.now()) if h.last_scale else units.DASH,
               right=True, below_width=100),
        Column("last", "LAST SCALE, REASON", 16, scaled, flex=1, most=44, from_width=100,
               sort=lambda h: newest_first(h.last_scale)),
        *label_columns(labels, lambda h: h.labels, 170),
        Column("namespace", "NAMESPACE", 12, lambda h: clean(h.namespace), flex=1, most=30, from_width=170),
        aside("minimum", "MIN", 4, lambda h: str(h.minimum), right=True, sort=lambda h: -h.minimum, search=False),
        aside("maximum", "MAX", 4, lambda h: str(h.maximum), right=True, sort=lambda h: -h.maximum, search=False),
        aside("replicas", "REPLICAS", 8, lambda h: str(h.current), right=True, sort=lambda h: -h.current, search=False),
        aside("created", "CREATED", 7, lambda h: units.age(h.created, clock.now()), right=True, search=False,
              sort=lambda h: newest_first(h.created)),
        aside("keda", "SCALEDOBJECT", 16, lambda h: or_none(h.keda)),
        aside("labels", "LABELS", 30, lambda h: pairs(h.labels)),
    ]  # fmt: skip


def _metrics(hpa: Hpa) -> str:
    """`cpu 91/65 % (1.40) queue 12/30 (0.40)`: each metric by its name."""
    return "  ".join(clean(hpas.metric_words(hpa, metric)) for metric in hpa.metrics) or units.DASH
