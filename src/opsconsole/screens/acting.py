"""What the capitals that change the platform do: arm; scale, restart, roll back, undo, each through one dialog."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING

from ..config import keymap
from ..config.keymap import Action
from ..model.action import Asked, Plan, Target
from ..model.kubernetes import Pod, ReplicaSet
from ..poller import topics
from ..rules import capacity, runbook_steps
from ..rules import hpa as hpas
from ..rules.cluster_index import Key
from ..rules.workload_state import controller
from ..sources.errors import SourceError
from ..text.clean import clean, wrapped
from ..widgets.run_line import run_words
from . import baselines, recording, targets

if TYPE_CHECKING:
    from ..actions.actions import Actions, Told
    from ..app import Console

QUESTION_WIDTH = 70
NO_TARGET = "this row names no workload; on 2 Pods stand on one"


def start(app: "Console", action: Action) -> None:
    """A key of the group System was pressed, or chosen in the palette or the menu of actions."""
    begin = _BEGIN.get(action.id)
    actions = app.context.actions
    if action.id == "arm":
        arm(app)
    elif begin is None:
        app.say(keymap.refusal(action))
    elif actions is None:
        app.say(f"{keymap.unarmed(action)}. Read-only: {_no_actions(app)}")
    elif not actions.arming.armed:
        app.say(f"{keymap.unarmed(action)}. Read-only: {actions.arming.forbidden or 'W arms'}")
    else:
        begin(app, actions, action)


# ---- arming --------------------------------------------------------------------------------------------------------


def arm(app: "Console") -> None:
    """`W`: ten minutes of writing, after one question where the profile is production; a second time ends it."""
    actions = app.context.actions
    if actions is None:
        app.say(f"W: {_no_actions(app)}")
    elif actions.arming.forbidden:
        app.say(f"W: cannot be armed, {actions.arming.forbidden}")
    elif actions.arming.armed:
        actions.arming.disarm()
        app.frame.count_down()
        app.say("disarmed: read-only again")
    elif actions.arming.asks:
        _ask_to_arm(app, actions)
    else:
        _armed(app, actions)


def _ask_to_arm(app: "Console", actions: "Actions") -> None:
    from .dialogs.confirm import Confirm

    def answered(confirmed: bool | None) -> None:
        if confirmed:
            _armed(app, actions)
        else:
            app.say("not armed: read-only")

    where = targets.context_name(app.context) or "no context"
    question = f"{app.context.profile_name or 'this profile'} is production: allow writes for ten minutes?"
    lines = [question, *wrapped(f"context {clean(where)}", QUESTION_WIDTH)]
    app.push_screen(Confirm("ARM WRITES", lines, "Arm", app.palette), answered)


def _armed(app: "Console", actions: "Actions") -> None:
    actions.arming.arm()
    app.frame.count_down()
    app.say("armed for ten minutes: S scale  R restart  B roll back  U undo  a what can be done here  W ends it")


def _no_actions(app: "Console") -> str:
    if app.context.profile.kubernetes is None:
        return "the profile names no Kubernetes, so there is nothing to change"
    return "the sources have not started yet"


# ---- the verbs -----------------------------------------------------------------------------------------------------


def _scale(app: "Console", actions: "Actions", action: Action) -> None:
    from .dialogs.number import NumberDialog

    target = _target(app, action)
    if target is None:
        return

    def typed(asked: Asked | None) -> None:
        if asked is not None:
            _open(app, actions, asked)

    facts, autoscaled = _replica_facts(app, target)
    app.hold_keys()
    app.push_screen(NumberDialog(target, facts, autoscaled, app.palette, app.release_keys), typed)


def _restart(app: "Console", actions: "Actions", action: Action) -> None:
    target = _target(app, action)
    if target is not None:
        _open(app, actions, Asked("restart", target))


def _roll_back(app: "Console", actions: "Actions", action: Action) -> None:
    from .dialogs.revisions import RevisionsDialog
    from .object_pages import rollback_safety

    target = _target(app, action)
    if target is None:
        return

    def chosen(revision: ReplicaSet) -> None:
        _open(app, actions, Asked("rollback", target, revision=revision.revision))

    safety = rollback_safety(app, (target.namespace, target.kind, target.name))
    app.push_screen(RevisionsDialog(target, partial(actions.revisions, target), chosen, app.palette, safety))


def _undo(app: "Console", actions: "Actions", action: Action) -> None:
    """The run under the cursor of the journal, else the last one of this console."""
    run_id = app.tab.run_id()

    async def make(told: "Told") -> Plan:
        asked = await actions.undo_of_line(run_id) if run_id else actions.undo_of()
        return await actions.plan(asked, told)

    _dialog(app, actions, "UNDO", make)


def _target(app: "Console", action: Action) -> Target | None:
    target = app.tab.target()
    if target is None:
        app.say(f"{action.keys[0]} ({action.title}): {NO_TARGET}")
    return target


def _open(app: "Console", actions: "Actions", asked: Asked) -> None:
    async def make(told: "Told") -> Plan:
        return await actions.plan(asked, told)

    _dialog(app, actions, f"{asked.verb} {asked.target.words}", make)


def _dialog(app: "Console", actions: "Actions", heading: str, make: "Callable[[Told], Awaitable[Plan]]") -> None:
    from .dialogs.write import WriteDialog

    app.push_screen(WriteDialog(heading, make, actions, app.palette, app.glyphs))


def _replica_facts(app: "Console", target: Target) -> tuple[list[str], bool]:
    """What is there now, who owns it, what the nodes have room for; and whether an autoscaler is seen."""
    board = app.context.board
    workload, hpa = targets.workload_at(board, target)
    facts = ["now: not seen yet" if workload is None else f"now {workload.ready} of {workload.desired} ready"]
    if hpa is not None:
        want = hpas.wants(hpa)
        wants = f" and wants {want.replicas}" if want is not None else ""
        facts.append(
            f"HPA {clean(hpa.name, 80)} keeps {hpa.minimum}..{hpa.maximum}{wants}: "
            "a number moves its bounds, MIN..MAX sets them"
        )
    nodes, pods = board.get(topics.NODES).value, board.get(topics.PODS).value
    key = (target.namespace, target.kind, target.name)
    rows = list(pods.rows.values()) if pods is not None else []
    own = next((pod for pod in rows if _home(pod) == key), None)
    if nodes is None or own is None:
        facts.append("room on the nodes: unknown")
    else:
        facts.append(f"room: {capacity.room_words(capacity.room(own, list(nodes.rows.values()), rows))}")
    return facts, hpa is not None


def _home(pod: Pod) -> Key | None:
    owner = controller(pod)
    return (pod.namespace, owner.kind, owner.name) if owner is not None else None


_BEGIN: dict[str, Callable[["Console", "Actions", Action], None]] = {
    "scale": _scale,
    "restart": _restart,
    "rollback": _roll_back,
    "undo": _undo,
}


# ---- what can be done here -----------------------------------------------------------------------------------------


def menu(app: "Console") -> None:
    """`a`: what can be done here; it only opens."""
    from .dialogs.actions_menu import ActionsMenu, Offer

    target = app.tab.target()
    about = f" {clean(target.words, 80)}" if target is not None else ""
    offers = [
        Offer(action, _words(app, action, about), not_now(app, action))
        for action in map(keymap.by_id, (*_BEGIN, "arm", "acknowledge", "declare", "note", "mark"))
    ]
    offers += baselines.offers(app)
    heading = f"What can be done here{':' + about if about else ''}"
    finding = app.tab.finding()
    if finding is not None:
        heading += f" · {clean(finding.what, 80)}"
    steps = runbook_steps.steps(finding, app.context.policy)
    app.push_screen(ActionsMenu(heading, offers, app.do, app.palette, steps))


def _words(app: "Console", action: Action, about: str) -> str:
    if action.id == "arm" and app.frame.armed_s:
        return "read-only again"
    return f"{action.title}{about}" if about and action.id in _AT_TARGET else action.meaning


_AT_TARGET = ("scale", "restart", "rollback")


def not_now(app: "Console", action: Action) -> str:
    """Why an action cannot be done here and now; "" where it can."""
    actions = app.context.actions
    if action.id == "acknowledge":
        return "" if app.tab.finding() is not None else "no finding is about this row"
    if action.grade is keymap.Grade.RECORD:
        return "" if app.context.records is not None else "the store is not open"
    if actions is None:
        return _no_actions(app)
    if action.id == "arm":
        return actions.arming.forbidden
    if action.id in _AT_TARGET and app.tab.target() is None:
        return NO_TARGET
    if action.id == "undo" and not app.tab.run_id():
        try:
            actions.undo_of()
        except SourceError as error:
            return error.problem.sentence
    return "" if actions.arming.armed else f"read-only: {actions.arming.forbidden or 'W arms'}"


def makes_sense(app: "Console", action: Action) -> bool:
    """Whether the palette offers a capital that changes the platform: there is something here that it could change."""
    if action.id == "arm":
        return app.context.actions is not None
    if action.id not in _BEGIN or app.context.actions is None or app.frame.active is None:
        return False
    reason = not_now(app, action)
    return not reason or reason.startswith("read-only")


# ---- leaving --------------------------------------------------------------------------------------------------------


def leaving_costs(app: "Console") -> list[str]:
    """Why one may want to stay: armed, something goes on, something is not saved."""
    costs: list[str] = []
    runs = app.context.board.get(topics.RUNS).value or ()
    costs += [f"{run_words(run)} (leaving stops following it)" for run in runs if run.running]
    if app.frame.armed_s:
        costs.append("writes are armed")
    unsaved = recording.unsaved(app)
    return [*costs, f"not saved: {unsaved}"] if unsaved else costs
