"""What outlives the process: incidents with their timelines, and two days of samples, in one SQLite file."""
