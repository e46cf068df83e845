"""Prometheus and what answers like it: the source of every metric."""

from .source import BuildInfo, Probe, Prometheus

__all__ = ["BuildInfo", "Probe", "Prometheus"]
