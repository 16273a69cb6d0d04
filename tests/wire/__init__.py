"""Recorded bytes of the wire, by version, which every later version reads."""
