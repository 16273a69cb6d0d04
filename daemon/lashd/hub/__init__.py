"""The daemon's decisions: who gets what, over all sessions. No I/O."""
