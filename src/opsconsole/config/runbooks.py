"""What the runbooks' lines say that a policy names as the origin of a rule, word for word."""

import functools
import tomllib
from pathlib import Path

FILE = Path(__file__).with_name("runbook_lines.toml")


@functools.cache
def lines() -> dict[str, str]:
    """`file:line` → what stands there."""
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def quoted(origin: str) -> tuple[tuple[str, str], ...]:
    """Each `file:line` of an origin with its words; "" of those that only the settings know."""
    places = [place.strip() for place in origin.split(",") if place.strip()]
    return tuple((place, lines().get(place, "")) for place in places)
