"""Read-only is the default; arming allows writes for ten minutes, where the profile does not forbid them."""

from collections.abc import Callable

from ..config.settings import Profile
from ..text import clock

ARMED_S = 600.0


class Arming:
    """Whether this console may write now. Counts with a clock that goes on while the machine sleeps."""

    def __init__(self, profile: Profile, profile_name: str = "", now: Callable[[], float] = clock.boottime) -> None:
        self._now = now
        self._until = float("-inf")
        self.asks = profile.production
        """A production profile asks once, in one line, before it is armed."""
        self.forbidden = ""
        """Why it cannot be armed at all; "" where it can."""
        if profile.read_only:
            self.forbidden = f"the profile {profile_name or 'in use'} is read-only (read_only, or --read-only)"

    @property
    def armed(self) -> bool:
        return self.left_s > 0

    @property
    def left_s(self) -> float:
        """Seconds until it ends; 0 when it has."""
        return max(0.0, self._until - self._now())

    def arm(self) -> None:
        """Allow writes for ten minutes from now; a forbidden profile stays as it is."""
        if not self.forbidden:
            self._until = self._now() + ARMED_S

    def disarm(self) -> None:
        self._until = float("-inf")
