"""Whether a service has somebody behind it: pods that its selector selects, and of those the ready ones."""

from ..model.kubernetes import Service
from ..text import units
from .verdict import OK, Verdict, critical, info, warning


def judged(service: Service) -> bool:
    """Not a name for something outside, nor one whose endpoints somebody else writes."""
    return service.type != "ExternalName" and bool(service.selector)


def service_state(service: Service, selected: int, ready: int, *, idle: str = "") -> Verdict:
    """`selected`: pods that run and that its selector selects; `idle`: a workload scaled to 0 that would give some."""
    if not judged(service):
        return OK
    if not selected:
        return info(f"selects no pod: {idle} is scaled to 0") if idle else warning("its selector selects no pod")
    if ready or service.takes_unready:
        return OK
    return critical(f"no endpoint: {units.plural(selected, 'pod')}, none ready")
