"""What an HPA would do at other values: `85`, `cpu 85`, `2x`, `cpu 1.5x`, `+30 %`, with the way it would take."""

import re
from datetime import timedelta

import msgspec

from ..model.kubernetes import Hpa, HpaMetric, HpaPast, Scaling
from ..text import units
from .hpa import figure, headroom, holding, short_name
from .hpa_prediction import Around, Prediction, predict

SYNC_S = 15
"""The controller looks so often."""
_LONGEST_S = 3600
_FACTOR = re.compile(r"(?:x\s*(\d+(?:\.\d+)?)|(\d+(?:\.\d+)?)\s*x|([+-]\d+(?:\.\d+)?)\s*%)", re.IGNORECASE)
_VALUE = re.compile(r"(\d+(?:\.\d+)?)\s*(m|k|Ki|M|Mi|G|Gi|%)?")
_WORDS = {"twice": 2.0, "double": 2.0, "half": 0.5, "thrice": 3.0}
_SCALES = {"m": 1e-3, "k": 1e3, "Ki": 2.0**10, "M": 1e6, "Mi": 2.0**20, "G": 1e9, "Gi": 2.0**30}


class Answer(msgspec.Struct, frozen=True, gc=False):
    """What would happen at once, and where it would end while the same load lasts."""

    values: tuple[tuple[HpaMetric, float], ...]
    prediction: Prediction
    way: tuple[tuple[int, int], ...] = ()
    """(seconds from now, replicas) of each step, where the load spreads over the pods that are added."""
    hpa: Hpa | None = None
    """As it would then report itself."""


def ask(hpa: Hpa, question: str, around: Around) -> Answer:
    """ValueError with a sentence where the question is none."""
    values = _values(hpa, question.strip())
    found = predict(hpa, around, values)
    metrics = tuple(msgspec.structs.replace(one, current=values.get(one, one.current)) for one in hpa.metrics)
    then = msgspec.structs.replace(hpa, metrics=metrics)
    return Answer(tuple(values.items()), found, _way(then, around), then)


def words(hpa: Hpa, answer: Answer, around: Around) -> list[str]:
    """`at cpu 85/65: wants 27 (7 more)`, what holds it, and the steps that it would take."""
    at = ", ".join(f"{short_name(one)} {figure(one, value)}/{figure(one, one.target)}" for one, value in answer.values)
    found = answer.prediction
    if found.paused:
        return [f"at {at}: nothing, the HPA is paused while its target has 0 replicas"]
    if found.deciding is None or found.wanted is None:
        return [f"at {at}: unknown, no metric of the HPA can be read"]
    change = found.wanted - hpa.current
    more = f"{abs(change)} {'more' if change > 0 else 'fewer'}" if change else "no change"
    lines = [f"at {at}: wants {found.wanted} ({more}), {short_name(found.deciding.metric)} decides"]
    if found.deciding.within and found.deciding.ratio != 1.0:
        lines.append("the ratio is within the tolerance: it stays")
    if found.blocked:
        lines.append(f"metric missing ({', '.join(map(short_name, found.unread))}) → scale-down blocked")
    hold = holding(answer.hpa or hpa, found, around)
    if hold:
        lines.append(hold)
    if found.wanted > hpa.maximum:
        lines.append(f"headroom is {headroom(hpa)}: {found.wanted - hpa.maximum} short of what it would ask for")
    if answer.way:
        path = "→".join(str(replicas) for replicas in (hpa.current, *(step for _, step in answer.way)))
        last_s = answer.way[-1][0]
        when = f"in about {units.span(last_s)}" if last_s else "when the controller next looks"
        lines.append(f"while that load lasts: {path} {when}")
    return lines


def _values(hpa: Hpa, question: str) -> dict[HpaMetric, float]:
    names = {short_name(metric).lower(): metric for metric in hpa.metrics}
    head, _, rest = question.partition(" ")
    named = names.get(head.lower())
    asked = rest.strip() if named is not None else question
    if (times := _times(asked)) is not None:
        chosen = [named] if named is not None else list(hpa.metrics)
        known = {metric: metric.current * times for metric in chosen if metric.current is not None}
        if not known:
            raise ValueError("what it is now is unknown: name a value, such as cpu 85")
        return known
    value = _VALUE.fullmatch(asked)
    metric = named or next(iter(hpa.metrics), None)
    if value is None or metric is None:
        offered = ", ".join(names) or "none"
        raise ValueError(f"ask 85, cpu 85, 2x, cpu 1.5x or +30 %; its metrics: {offered}")
    return {metric: float(value[1]) * _SCALES.get(value[2] or "", 1.0)}


def _times(text: str) -> float | None:
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    found = _FACTOR.fullmatch(text)
    if found is None:
        return None
    return max(0.0, 1 + float(found[3]) / 100) if found[3] else float(found[1] or found[2])


def _way(hpa: Hpa, around: Around) -> tuple[tuple[int, int], ...]:
    """Step by step with the same load on ever more (or fewer) ready pods; a `Value` does not spread: none is told."""
    if any(metric.target_type == "Value" for metric in hpa.metrics) or not hpa.current:
        return ()
    load = {metric: (metric.current or 0.0) * hpa.current for metric in hpa.metrics if metric.current is not None}
    past = around.past or HpaPast()
    past = msgspec.structs.replace(past, asked=(*past.asked, (around.now, hpa.current)))
    row, way = hpa, list[tuple[int, int]]()
    for after_s in range(0, _LONGEST_S, SYNC_S):
        now = around.now + timedelta(seconds=after_s)
        values = {metric: total / row.current for metric, total in load.items()}
        found = predict(row, Around(now, past=past), values)
        if found.held is None or found.wanted is None:
            break
        past = msgspec.structs.replace(past, asked=(*past.asked, (now, found.wanted)))
        if found.held.replicas != row.current:
            way.append((after_s, found.held.replicas))
            step = Scaling(now, found.held.replicas, row.current)
            past = msgspec.structs.replace(past, scalings=(*past.scalings, step))
            row = msgspec.structs.replace(row, current=found.held.replicas)
            if not row.current:
                break
    return tuple(way)
