"""The console on a pseudo-terminal, and the parts that listen to it."""
