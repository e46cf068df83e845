"""The settings tree: its shape, where it is found, and the built-in policies."""
