"""What a finding is about, by the name that people use: its object may be the uid of a row."""

import re

from ..model.finding import Finding
from ..poller.board import Board
from ..poller.owners import owner
from ..poller.topics import NODES
from ..rules.groups import name_of

_UID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.IGNORECASE)


def service_of(board: Board, finding: Finding) -> str:
    """Name of the workload or node that it is about, else the name in its object; "" where that names nothing."""
    workload = owner(board, finding.object)
    if workload is not None:
        return workload[2]
    nodes = board.get(NODES).value
    node = nodes.rows.get(finding.object) if nodes is not None else None
    if node is not None:
        return node.name
    name = name_of(finding)
    return "" if _UID.match(name) else name
