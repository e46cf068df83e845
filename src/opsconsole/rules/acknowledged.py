"""Which findings somebody knows of already."""

from collections.abc import Iterable

from ..model.finding import Finding
from ..model.incident import Acknowledgement


def acknowledged(found: Iterable[Finding], known: Iterable[Acknowledgement]) -> dict[str, str]:
    """Finding id → who knows. It holds for what had begun by then; what begins anew later, nobody knows of yet."""
    newest = {one.finding: one for one in known}
    return {
        finding.id: newest[finding.id].who
        for finding in found
        if finding.id in newest and (finding.since is None or finding.since <= newest[finding.id].at)
    }
