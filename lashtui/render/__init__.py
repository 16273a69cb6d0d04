"""Entries of a view as lines of text with looks. Pure: no widget, no terminal, no clock."""
