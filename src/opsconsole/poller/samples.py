"""Where feeds keep samples beyond the process; the store is one, and a feed works without any."""

from datetime import datetime
from typing import Protocol

KEEP_S = 48 * 3600.0
SAVE_EVERY_S = 60.0


class Samples(Protocol):
    """Samples by kind and server, oldest first; neither call raises for a store that cannot be used."""

    async def save_sample(self, kind: str, server: str, taken: datetime, payload: bytes) -> None: ...

    async def samples(
        self,
        kind: str,
        server: str,
        since: datetime,
        *,
        until: datetime | None = None,
        every_s: float = 0.0,
    ) -> list[tuple[datetime, bytes]]: ...
