"""Benchmarks: they print figures beside goals and assert nothing about time. `python -m bench --help` lists them."""
