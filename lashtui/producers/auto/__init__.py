"""Recognises the format of an input."""
