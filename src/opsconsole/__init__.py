"""A terminal console for the people who run a production platform."""
