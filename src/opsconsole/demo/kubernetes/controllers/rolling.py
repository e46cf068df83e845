"""How far a rolling update may go above and below the desired number of pods."""

from math import ceil, floor
from typing import Any


def limits(deployment: dict[str, Any]) -> tuple[int, int]:
    """(pods above the desired number, pods below it); surge rounds up, unavailable down, and not both are 0."""
    rolling = deployment["spec"]["strategy"].get("rollingUpdate") or {}
    desired = deployment["spec"]["replicas"]
    surge = ceil(_share(rolling.get("maxSurge", "25%"), desired))
    unavailable = floor(_share(rolling.get("maxUnavailable", "25%"), desired))
    return (surge, unavailable) if surge or unavailable else (0, 1)


def _share(value: int | str, whole: int) -> float:
    return int(value.removesuffix("%")) * whole / 100 if isinstance(value, str) else value
