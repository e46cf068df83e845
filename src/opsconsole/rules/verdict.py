"""A judgement in words: how bad it is, and what."""

import msgspec

from ..model.finding import Severity


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """A judgement in words; no severity where all is well."""

    severity: Severity | None
    words: str

    @property
    def wrong(self) -> bool:
        """Whether `z` (only what is wrong) shows it."""
        return self.severity in (Severity.CRITICAL, Severity.BLIND, Severity.WARNING)


OK = Verdict(None, "ok")
COMPLETE = Verdict(None, "complete")


def critical(words: str) -> Verdict:
    return Verdict(Severity.CRITICAL, words)


def warning(words: str) -> Verdict:
    return Verdict(Severity.WARNING, words)


def info(words: str) -> Verdict:
    return Verdict(Severity.INFO, words)
