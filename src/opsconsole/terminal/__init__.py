"""The console and its terminal: keys as they arrive, hang-ups, the log, crashes; nothing of it knows a screen."""
