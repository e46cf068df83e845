"""How values become text, and the one clock."""
