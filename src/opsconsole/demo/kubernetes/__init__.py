"""A simulated Kubernetes: an API server with the real one's answers, and controllers that follow what is written."""

from opsconsole.demo.kubernetes.cluster import SimulatedCluster
from opsconsole.demo.kubernetes.serve import Server, serve

__all__ = ["Server", "SimulatedCluster", "serve"]
