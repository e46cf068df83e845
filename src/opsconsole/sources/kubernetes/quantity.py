"""Kubernetes quantities (`250m`, `1.5Gi`, `2e3`) as plain numbers in cores or bytes."""

import math
from functools import lru_cache

_SUFFIXES = {
    "n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18,
    "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40, "Pi": 2.0**50, "Ei": 2.0**60,
}  # fmt: skip


@lru_cache(4096)
def quantity(value: str | int | float | None) -> float | None:
    """The number that a quantity stands for; None for null. ValueError where it is none.

    Notation: kubernetes/apimachinery, pkg/api/resource/quantity.go (`E` alone is exa, `1E3` an exponent).
    """
    if value is None:
        return value
    found = _number(value)
    if not math.isfinite(found):
        raise ValueError(f"{value} is no quantity")
    return found


def _number(value: str | int | float) -> float:
    if not isinstance(value, str):
        return value
    for length in (2, 1):
        factor = _SUFFIXES.get(value[-length:])
        if factor is not None and len(value) > length:
            return float(value[:-length]) * factor
    return float(value)


@lru_cache(256)
def go_duration(text: str | None) -> float:
    """Seconds of a Go duration such as `15s` or `1m30.5s`; 0 for nothing or what is no duration."""
    total, digits, unit = 0.0, "", ""
    units = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
    for letter in (text or "") + "0":
        if letter.isdigit() or letter == ".":
            if unit:
                if unit not in units or not digits:
                    return 0.0
                total, digits, unit = total + float(digits) * units[unit], "", ""
            digits += letter
        else:
            unit += letter
    return total
