"""Actions against the real control plane and the simulated one."""
