"""Real servers for tests, each in its own temporary folder, on a free port of loopback, ended with the test process."""
