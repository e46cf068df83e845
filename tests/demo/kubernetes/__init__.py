"""The simulated Kubernetes is held to the real one: one suite runs against both, and the real kubectl against it."""
