"""Tests of what the benchmarks compute and of what they leave behind."""
