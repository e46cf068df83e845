"""Prometheus: a real server, and every wrong answer that one can get."""
