"""Bad input on the real program: what the screen says when a system is wrong, and how it leaves while one hangs."""
