"""Measurements: `python -m benchmarks.run` makes the table of README.md. Nothing here ships."""
