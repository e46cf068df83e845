"""The demo's real servers, their supervisor, and what they hold."""
