"""Kubernetes: signing in, lists and watches, rows of the model, rights, logs, and the way to services inside."""
