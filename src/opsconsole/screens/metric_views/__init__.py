"""The views of tab 1, Metrics: one file each."""
