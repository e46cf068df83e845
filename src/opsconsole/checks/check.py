"""One finding of the doctor, and how checks run: all at once, each with an end."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from enum import IntEnum

import msgspec

from ..sources.errors import SourceError
from ..text.redact import redact

log = logging.getLogger(__name__)

LONGEST_S = 20.0
CLOSE_S = 2.0
CLOCK_LIMIT_S = 5.0
"""From this difference on, ages and time ranges are wrong by a visible amount."""


class Verdict(IntEnum):
    """Also the exit code of a run whose worst check this is."""

    FINE = 0
    DEGRADED = 1
    UNUSABLE = 2


class Check(msgspec.Struct, frozen=True, gc=False):
    """What was found out about one aspect of one source."""

    source: str
    verdict: Verdict
    said: str
    remedy: str = ""
    """The one thing to do; empty where it is fine."""
    took_ms: float | None = None
    """The round trip of one small request."""
    version: str = ""
    clock_difference_s: float | None = None
    """The server's clock less ours."""


Ask = Callable[[], AsyncIterator[Check]]


async def collected(source: str, ask: Ask, *, longest_s: float = LONGEST_S) -> list[Check]:
    """The checks that `ask` yields; what it raises, and a source that takes too long, is a check too."""
    found: list[Check] = []

    try:
        async with asyncio.timeout(longest_s):
            async for check in ask():
                found.append(check)
    except TimeoutError:
        found.append(
            Check(
                source,
                Verdict.UNUSABLE,
                f"gave no answer within {longest_s:g} s",
                "check that it runs and is not stopped",
            )
        )
    except SourceError as error:
        found.append(failure(source, error))
    except Exception as error:  # one check's mistake must not cost the others; it is shown and logged whole
        log.exception("the check of %s failed", source)
        said = redact(f"the check itself failed: {type(error).__name__}: {error}")
        found.append(Check(source, Verdict.UNUSABLE, said))
    return found


def failure(source: str, error: SourceError, verdict: Verdict = Verdict.UNUSABLE) -> Check:
    return Check(source, verdict, error.problem.sentence, error.problem.remedy)


def clock_check(source: str, difference_s: float | None) -> list[Check]:
    """A check where the clocks are too far apart; none where they agree or nothing is known."""
    if difference_s is None or abs(difference_s) < CLOCK_LIMIT_S:
        return []
    ahead = "ahead of" if difference_s > 0 else "behind"
    said = f"its clock is {abs(difference_s):.0f} s {ahead} this machine's: ages and ranges are wrong by as much"
    return [Check(source, Verdict.DEGRADED, said, "synchronise both clocks (chrony, systemd-timesyncd)")]


async def closing(close: Callable[[], Awaitable[None]]) -> None:
    """Close a connection without waiting long for a server that is gone."""
    try:
        async with asyncio.timeout(CLOSE_S):
            await close()
    except (TimeoutError, OSError):
        log.debug("a connection did not close in time")
