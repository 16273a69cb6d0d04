"""What a reader does with a transcript: search, filter, jump, copy, export. Pure functions."""
