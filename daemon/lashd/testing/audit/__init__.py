"""The promise, checked against what publishers sent and readers received."""
