"""A plan as a POSIX shell script that does the same with kubectl."""

import shlex

from ..model.action import Plan, Target
from ..text import clock
from ..text.clean import clean

_WAIT = "10m"
_WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet")


def script(plan: Plan) -> str:
    """The script's text, to be read and run elsewhere; it checks the uid first and waits for the rollout."""
    targets = {target.uid: target for target in (plan.target, *(write.target for write in plan.writes))}
    made = plan.made or clock.now()
    lines = [
        "#!/bin/sh",
        *_comment(f"{plan.title}: {plan.was} -> {plan.becomes}"),
        *_comment(f"Planned {made:%Y-%m-%d %H:%M:%S} UTC; context {plan.target.context or 'in use'}"),
        *(line for said in plan.lines for line in _comment(f"{said.title:<8} {said.words}")),
        *(line for warned in plan.warnings for line in _comment(f"WARNING  {warned.words}")),
        *(_comment(f"Undo: {plan.undo_words}") if plan.undo_words else ()),
        "set -eu",
        "",
        *(line for target in targets.values() for line in _uid_check(target)),
        *_write(plan),
        *_wait(plan),
    ]
    return "\n".join(lines) + "\n"


def _comment(text: str) -> list[str]:
    """One line, whatever the text holds."""
    return [f"# {clean(text, 400)}"]


def _uid_check(target: Target) -> list[str]:
    """The name may be another object by now: then nothing is done."""
    if not target.uid:
        return []
    kind = _resource(target)
    asked = _kubectl(target, "get", f"{kind}/{target.name}", "-o", "jsonpath={.metadata.uid}")
    refused = shlex.quote(f"{kind}/{target.name} is not the object that the plan was made for: nothing was done")
    return [
        f"uid=$({asked})",
        f'if [ "$uid" != {shlex.quote(target.uid)} ]; then',
        f"    echo {refused} >&2",
        "    exit 1",
        "fi",
        "",
    ]


def _write(plan: Plan) -> list[str]:
    """As somebody would type it; bounds with the console's own preconditions, which `kubectl patch` can carry."""
    if plan.target.kind in _WORKLOADS:
        return [*plan.commands, ""]
    return [
        "# refused, and nothing is done, where the bounds are not what the plan showed",
        *(
            _kubectl(
                write.target, "patch", f"{_resource(write.target)}/{write.target.name}", "--type=json", "-p", write.body
            )
            for write in plan.writes
        ),
        "",
    ]


def _wait(plan: Plan) -> list[str]:
    if plan.follows is None:
        return []
    follows = plan.follows
    name = f"{_resource(follows)}/{follows.name}"
    return [_kubectl(follows, "rollout", "status", name, f"--timeout={_WAIT}")]


def _resource(target: Target) -> str:
    return target.kind.lower()


def _kubectl(target: Target, *arguments: str) -> str:
    context = ("--context", target.context) if target.context else ()
    return shlex.join(["kubectl", *context, "-n", target.namespace, *arguments])
