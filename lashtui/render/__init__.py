"""Entries of a view as lines of text with styles. Pure: no widget, no terminal, no clock."""
