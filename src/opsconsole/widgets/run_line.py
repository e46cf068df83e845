"""How an action that goes on stands in the frame: `rollback api: 12 of 20 new pods ready`, then whether it helped."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from ..model.action import Helped, Phase, Run
from ..text.clean import clean
from .line import Part

LASTS = timedelta(minutes=5)
"""So long a run that is over stays in the frame."""
_BAD = (Phase.STUCK, Phase.FAILED, Phase.UNKNOWN, Phase.GONE)


def run_words(run: Run) -> str:
    """What was done, how far it is, whether it helped, and the undo where that is wanted."""
    parts = [f"{clean(run.plan.asked.verb)} {clean(run.plan.asked.target.name, 80)}: {progress(run)}"]
    if run.plan.undo is not None and (run.phase is Phase.STUCK or run.helped in (Helped.NO_EFFECT, Helped.WORSE)):
        parts.append("U undoes")
    return " · ".join(parts)


def progress(run: Run) -> str:
    """How far it is and whether it helped, without what was done."""
    words = clean(run.words, 240)
    if run.phase is Phase.READY and run.helped is not Helped.NONE:
        words = ""  # how many are ready matters less by now than what it did
    said = words if words and (run.phase in (Phase.ASKED, Phase.WRITTEN) or run.phase in words) else ""
    parts = [said or (f"{run.phase}: {words}" if words else run.phase.value)]
    if run.helped is Helped.WATCHING:
        parts.append(clean(run.helped_words, 160) or "watching whether it helps")
    elif run.helped is Helped.UNKNOWN:
        parts.append(f"helped: unknown{_more(run)}")
    elif run.helped is not Helped.NONE:
        parts.append(f"{run.helped}{_more(run)}")
    return " · ".join(parts)


def style(run: Run) -> str:
    """The token of its colour; the words tell it too."""
    if run.phase in _BAD or run.helped is Helped.WORSE:
        return "critical"
    if run.helped in (Helped.NO_EFFECT, Helped.UNKNOWN):
        return "warning"
    return "ok" if run.helped is Helped.HELPED else "title"


def is_news(run: Run, now: datetime) -> bool:
    """Whether it goes on, or ended a moment ago."""
    return run.running or run.ended is None or now - run.ended < LASTS


def run_part(runs: Iterable[Run], now: datetime) -> Part | None:
    """The newest run that goes on, else the newest that ended a moment ago."""
    shown = [run for run in runs if is_news(run, now)]
    if not shown:
        return None
    run = max(shown, key=lambda one: (one.running, one.began))
    others = sum(one.running for one in shown if one is not run)
    more = f" (+{others})" if others else ""
    return Part(f" {run_words(run)}{more} ", style(run))


def _more(run: Run) -> str:
    return f": {clean(run.helped_words, 160)}" if run.helped_words else ""
