"""A large cluster of nothing but answers: an API server with thousands of pods, in a process of its own."""
