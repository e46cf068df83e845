"""One cache per feed in which equal values become one object: names, label tuples, conditions."""

from collections.abc import Mapping
from typing import Any, TypeVar

from ...model.kubernetes import Labels

T = TypeVar("T")


class Shared:
    """Hands out the first of all equal values; starts afresh when it has seen too many different ones."""

    MOST = 50_000

    def __init__(self) -> None:
        self._seen: dict[Any, Any] = {}

    def __call__(self, value: T) -> T:
        """The value itself or an equal one seen before; it must be hashable."""
        found = self._seen.get(value)
        if found is None:
            if len(self._seen) >= self.MOST:
                self._seen.clear()
            self._seen[value] = value
            return value
        return found  # type: ignore[no-any-return]  # an equal key is of the same type here

    def text(self, value: str | None) -> str:
        """A string that many rows hold; null is the empty one."""
        return self(value) if value else ""

    def labels(self, mapping: Mapping[str, str | None] | None) -> Labels:
        """Sorted pairs; null values are empty strings."""
        if not mapping:
            return ()
        return self(tuple(sorted((key, value or "") for key, value in mapping.items())))
