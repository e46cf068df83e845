"""Kubernetes quantities to numbers and back, and ages as the server's tables print them."""

import calendar
import time
from functools import lru_cache

_SUFFIXES = {
    "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50,
    "n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15,
}  # fmt: skip


def parse_quantity(text: str) -> float:
    """The number a quantity stands for: "250m" → 0.25, "64Mi" → 67108864. Raises `ValueError`."""
    for suffix, factor in _SUFFIXES.items():
        if text.endswith(suffix):
            return float(text[: -len(suffix)]) * factor
    return float(text)


def millicores(text: str) -> int:
    return round(parse_quantity(text) * 1000)


def format_time(at: float) -> str:
    """Unix seconds as RFC 3339 in whole seconds."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


def format_micro_time(at: float) -> str:
    """Unix seconds as RFC 3339 with microseconds."""
    return format_time(at)[:-1] + f".{int(at % 1 * 1e6):06d}Z"


@lru_cache(maxsize=4096)
def parse_time(text: str) -> float:
    """RFC 3339 in UTC to unix seconds. Raises `ValueError`."""
    whole, _, fraction = text.removesuffix("Z").partition(".")
    return calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) + (float(f"0.{fraction}") if fraction else 0.0)


def age(seconds: float) -> str:
    """A duration as the server's tables shorten it (k8s.io/apimachinery/pkg/util/duration, HumanDuration)."""
    whole = int(seconds)
    minutes, hours, days = whole // 60, whole // 3600, whole // 86400
    if whole < 0:
        return "<invalid>" if whole < -1 else "0s"
    if whole < 120:
        return f"{whole}s"
    if minutes < 10:
        return _pair(minutes, "m", whole % 60, "s")
    if minutes < 180:
        return f"{minutes}m"
    if hours < 8:
        return _pair(hours, "h", minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    if days < 8:
        return _pair(days, "d", hours % 24, "h")
    if days < 365 * 2:
        return f"{days}d"
    if days < 365 * 8:
        return _pair(days // 365, "y", days % 365, "d")
    return f"{days // 365}y"


def _pair(large: int, large_unit: str, small: int, small_unit: str) -> str:
    return f"{large}{large_unit}{small}{small_unit}" if small else f"{large}{large_unit}"
