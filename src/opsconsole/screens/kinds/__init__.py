"""The lists of the Pods tab: one file for each kind of object, all of one shape (kind.py)."""
