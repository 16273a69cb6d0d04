"""The daemon's decisions: what each connection is sent, over all sessions. No I/O."""
