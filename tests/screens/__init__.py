"""The console driven by keys, with stand-in tabs where the real ones do not matter."""
