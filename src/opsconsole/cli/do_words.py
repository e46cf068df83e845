"""The words of `opsconsole do`: a plan in lines, how a run goes, and all of it as JSON."""

import json
from typing import Any

from ..actions.errors import Refused
from ..model.action import Helped, Phase, Plan, Run
from ..sources.errors import SourceError
from ..text import units
from ..text.clean import clean
from ..text.redact import redact

LONGEST = 2000


def plan_lines(plan: Plan, changed: tuple[str, ...] = ()) -> list[str]:
    """The same lines as the dialog shows, each on one line of the terminal."""
    target = plan.target
    lines = [f"{_clean(plan.title)}   {_clean(target.context) or 'unknown context'} / {_clean(target.namespace)}"]
    for line in plan.lines:
        marked = f"CHANGED {line.words}" if line.title in changed else line.words
        lines.append(_line(line.title, marked))
    lines.append(_line("allowed", allowed(plan)))
    lines += [_line("GRAVE" if warned.grave else "warns", warned.words) for warned in plan.warnings]
    if plan.undo is None:
        lines.append(_line("no undo", plan.undo_words or "nothing takes this back"))
    return lines


def allowed(plan: Plan) -> str:
    """`yes (patch deployments in shop)   dry run ok 80 ms`."""
    needs = ", ".join(dict.fromkeys(write.needs for write in plan.writes)) or "nothing is written"
    tried = "not tried on the server" if plan.dry_run_s is None else f"dry run ok {units.seconds(plan.dry_run_s)}"
    return f"yes ({needs})   {tried}"


def progress(run: Run) -> str:
    """How far it is, and whether it helped."""
    words = _clean(run.words)
    said = words if run.phase in words or run.phase in (Phase.ASKED, Phase.WRITTEN) else f"{run.phase}: {words}"
    parts = [said if words else run.phase.value]
    if run.helped is not Helped.NONE:
        more = f": {_clean(run.helped_words)}" if run.helped_words else ""
        if run.helped is Helped.WATCHING and run.helped_words:
            more = f": {_clean(run.helped_words.removeprefix('watching '))}"
        word = "helped: unknown" if run.helped is Helped.UNKNOWN else run.helped.value
        parts.append(f"{word}{more}")
    return " · ".join(parts)


def left(run: Run, why: str) -> str:
    """What a person must know who does not follow to the end."""
    what = "whether it helps is not known yet" if run.phase is Phase.READY else "the platform goes on"
    first = "left" if why == "interrupted" else "not waited for any longer"
    return f"{first}: {what}; `opsconsole journal show --run {run.plan.id}` tells what became of it{undo(run)}"


def undo(run: Run) -> str:
    """The command that takes it back, where that may be wanted."""
    wanted = run.phase is not Phase.READY or run.helped in (Helped.WORSE, Helped.NO_EFFECT)
    return f"\n  → opsconsole do undo {run.plan.id}" if wanted and run.plan.undo is not None else ""


def refusal(error: Refused) -> str:
    return f"refused ({error.guard}): {failure(error)}"


def failure(error: SourceError) -> str:
    """The sentence, and what to do."""
    remedy = f"\n  → {_clean(error.problem.remedy)}" if error.problem.remedy else ""
    return f"{_clean(error.problem.sentence)}{remedy}"


def document(code: int, sentence: str, guard: str, plan: Plan | None, run: Run | None) -> str:
    """Everything as JSON, without secrets."""
    return json.dumps(
        {
            "exit_code": code,
            "said": redact(sentence),
            "guard": guard or None,
            "plan": None if plan is None else _plan(plan),
            "run": None if run is None else _run(run),
        },
        indent=2,
    )


def _plan(plan: Plan) -> dict[str, Any]:
    return {
        "id": plan.id,
        "verb": plan.asked.verb,
        "title": plan.title,
        "context": plan.target.context,
        "namespace": plan.target.namespace,
        "object": plan.target.words,
        "uid": plan.target.uid,
        "was": redact(plan.was),
        "becomes": redact(plan.becomes),
        "lines": [{"title": line.title, "words": redact(line.words)} for line in plan.lines],
        "effect": plan.effect.value,
        "blast": {
            "pods": plan.blast.pods,
            "away": plan.blast.away,
            "requests_s": plan.blast.requests_s,
            "customers": plan.blast.customers,
        },
        "warnings": [{"id": each.id, "words": redact(each.words), "grave": each.grave} for each in plan.warnings],
        "needs": [write.needs for write in plan.writes],
        "commands": [redact(command) for command in plan.commands],
        "typed": plan.typed or None,
        "can_be_undone": plan.undo is not None,
        "dry_run_s": plan.dry_run_s,
    }


def _run(run: Run) -> dict[str, Any]:
    return {
        "id": run.plan.id,
        "phase": run.phase.value,
        "words": redact(run.words),
        "began": run.began.isoformat(),
        "ended": run.ended.isoformat() if run.ended is not None else None,
        "helped": run.helped.value or None,
        "helped_words": redact(run.helped_words) or None,
    }


def _line(title: str, words: str) -> str:
    return f"  {title:<9} {_clean(words)}"


def _clean(text: str) -> str:
    return clean(text, LONGEST)
