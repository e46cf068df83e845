"""`n` and `b` after a jump from Now: from one piece of a finding's evidence to the next, each at its own place."""

from typing import TYPE_CHECKING

from ..rules.evidence import Piece, Ring
from .table_tab import TableTab

if TYPE_CHECKING:
    from ..app import Console


class EvidenceRing:
    """Which ring is at hand; there is none until `begin`, and none after `end`."""

    def __init__(self, app: "Console") -> None:
        self._app = app
        self.ring: Ring | None = None

    @property
    def words(self) -> str:
        """`evidence 2/4`; "" where no ring is at hand, or there is nothing beside the finding itself."""
        return self.ring.words if self.ring is not None and len(self.ring.pieces) > 1 else ""

    def begin(self, ring: Ring) -> None:
        """Go to the piece that the ring stands at."""
        self.ring = ring
        self._go(ring.pieces[ring.at])

    def turn(self, step: int) -> bool:
        """To the next piece; False where there is no ring to turn."""
        if self.ring is None or len(self.ring.pieces) < 2:
            return False
        self.ring = self.ring.turned(step)
        piece = self.ring.pieces[self.ring.at]
        self._go(piece)
        self._app.say(f"{self.ring.words}: {piece.what}")
        return True

    def end(self) -> None:
        """The jump is over: its place shows all rows again."""
        self.ring = None
        for tab in self._app.tabs.values():
            if isinstance(tab, TableTab):
                tab.widen()

    def _go(self, piece: Piece) -> None:
        self._app.go(piece.tab, piece.view, piece.object or None, piece.only)
        self._app.frame.draw()
