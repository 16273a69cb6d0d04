"""Values to safe words: what may be printed, and how. Pure."""
