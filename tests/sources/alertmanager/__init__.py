"""Alertmanager: a real server, and wrong answers."""
