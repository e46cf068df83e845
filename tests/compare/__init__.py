"""Whole tables, side by side: what `kubectl get` prints of a real cluster, and what the console's rows say of it.

`pod_cases` has one pod for every word that kubectl knows, `objects` the other kinds, `kubectl` runs the real one and
reads its tables, `conftest` makes everything once and lends a console whose Pods tab is read.
"""
