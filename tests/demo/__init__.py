"""Tests of the demo's platform."""
