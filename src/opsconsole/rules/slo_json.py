"""An objective's figures as plain values for JSON: fields may come, none goes; null is unknown."""

from math import isfinite
from typing import Any

from ..model.slo import SloFigures
from ..text import units
from . import slo as sums


def as_json(figures: SloFigures) -> dict[str, Any]:
    slo, period = figures.slo, figures.period
    gone = figures.exhausted_s
    return {
        "name": slo.key,
        "service": slo.service,
        "target": slo.target,
        "window": slo.window.text,
        "rolling": slo.window.rolling,
        "method": slo.method,
        "severity": ("ok", "warning", "critical", "unknown")[sums.severity(figures)],
        "budget_left": figures.left,
        "events_left": figures.events_left,
        "exhausted_s": gone if gone is not None and isfinite(gone) else None,
        "burns_not": gone is not None and not isfinite(gone),
        "bad": period.bad if period else None,
        "total": period.total if period else None,
        "start": period.start if period else None,
        "end": period.end if period else None,
        "window_s": period.length_s if period else None,
        "wanted_s": period.wanted_s if period else None,
        "covered_s": period.covered_s if period else None,
        "missing_s": period.missing_s if period else None,
        "how": period.how if period else "",
        "reconciliation": sums.reconciliation(figures),
        "burn": {
            units.span(burn.window_s): {"burn": burn.burn, "bad": burn.bad, "total": burn.total}
            for burn in figures.burns
        },
        "conditions": [
            {
                "severity": leg.leg.severity,
                "long_s": leg.leg.long_s,
                "short_s": leg.leg.short_s,
                "factor": leg.leg.factor,
                "state": leg.state,
                "since": leg.since,
                "held": leg.held,
                "flapping": leg.flapping,
            }
            for leg in figures.legs
        ],
        "consumed": [
            {"start": one.start, "length_s": one.length_s, "bad": one.bad, "share": one.share, "parts": dict(one.parts)}
            for one in figures.consumed
        ],
        "silent_since": figures.silent_since,
        "problem": figures.problem,
        "warnings": list(figures.warnings),
        "place": f"{slo.file}:{slo.line}",
    }
