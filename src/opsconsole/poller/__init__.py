"""When to ask which source, and the board that keeps the newest reading of each topic."""
