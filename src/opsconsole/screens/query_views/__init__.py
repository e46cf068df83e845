"""The views of tab 3, Queries: one file each, and the desk from which all read."""
