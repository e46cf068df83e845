"""Whose object it is: from a uid, a name or `namespace/name` on the board to the workload that owns it."""

from ..model.kubernetes import Workload
from ..rules.cluster_index import Key
from ..rules.workload_state import controller
from .board import Board
from .topics import HPAS, PODS, WORKLOADS


def owner(board: Board, identity: str) -> Key | None:
    """The workload itself, that of a pod, or that of an autoscaler; None where there is none, or more than one."""
    wanted = identity.strip()
    keys = {key for key in _keys(board, wanted) if key[1]} if wanted else set()
    return keys.pop() if len(keys) == 1 else None


def _keys(board: Board, identity: str) -> set[Key]:
    workloads, pods, hpas = board.get(WORKLOADS).value, board.get(PODS).value, board.get(HPAS).value
    found = {key_of(w) for uid, w in workloads.rows.items() if _is(identity, uid, w)} if workloads else set()
    if not found and pods:
        owners = ((pod.namespace, controller(pod)) for uid, pod in pods.rows.items() if _is(identity, uid, pod))
        found = {(namespace, owner.kind, owner.name) for namespace, owner in owners if owner is not None}
    if not found and hpas:
        found = {(h.namespace, h.target_kind, h.target_name) for uid, h in hpas.rows.items() if _is(identity, uid, h)}
    return found


def key_of(workload: Workload) -> Key:
    return workload.namespace, workload.kind, workload.name


def _is(identity: str, uid: str, row: object) -> bool:
    name = getattr(row, "name", "")
    return identity in (uid, name, f"{getattr(row, 'namespace', '')}/{name}")
