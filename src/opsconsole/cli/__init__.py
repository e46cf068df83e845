"""The command line: one file per command group; each imports what it needs when it runs."""
