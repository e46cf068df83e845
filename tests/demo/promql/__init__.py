"""Tests of the PromQL subset."""
